import AWS

extension ElasticBeanstalkClient {
  /// Deletes a saved configuration; environments that were made from it keep theirs.
  package func deleteConfigurationTemplate(application: String, name: String) async throws {
    var parameters = QueryParameters()
    parameters.set("ApplicationName", application)
    parameters.set("TemplateName", name)
    _ = try await send("DeleteConfigurationTemplate", parameters)
  }
}
