import AWS

extension ElasticBeanstalkClient {
  /// Gives a version another description, of at most 200 characters. Its other properties stay.
  package func updateApplicationVersion(
    application: String, label: String, description: String
  ) async throws -> ApplicationVersionDescription {
    var parameters = QueryParameters()
    parameters.set("ApplicationName", application)
    parameters.set("VersionLabel", label)
    parameters.set("Description", description)
    return try await answer("UpdateApplicationVersion", parameters) {
      (answer) throws(MissingMember) in
      try answer.result.required("ApplicationVersion")
    }
  }
}
