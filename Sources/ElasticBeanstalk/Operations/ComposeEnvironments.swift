import AWS

extension ElasticBeanstalkClient {
  /// Begins to create or update a group of environments, one for each version, as the `env.yaml` of
  /// its bundle says; not repeated. `group` is at most 19 characters.
  package func composeEnvironments(
    application: String, group: String, versionLabels: [String]
  ) async throws -> [EnvironmentDescription] {
    var parameters = QueryParameters()
    parameters.set("ApplicationName", application)
    parameters.set("GroupName", group)
    parameters.list("VersionLabels", versionLabels)
    return try await answer("ComposeEnvironments", parameters, isRepeatable: false) {
      (answer) throws(MissingMember) in
      try answer.result.shapes("Environments", EnvironmentDescription.self).map {
        var environment = $0
        environment.requestID = answer.requestID
        return environment
      }
    }
  }
}
