import AWS

extension ElasticBeanstalkClient {
  /// Deletes a version that no environment runs, and its bundle too when asked to.
  package func deleteApplicationVersion(
    application: String, label: String, deletingSourceBundle: Bool
  ) async throws {
    var parameters = QueryParameters()
    parameters.set("ApplicationName", application)
    parameters.set("VersionLabel", label)
    parameters.set("DeleteSourceBundle", deletingSourceBundle)
    _ = try await send("DeleteApplicationVersion", parameters)
  }
}
