import AWS

extension ElasticBeanstalkClient {
  /// Begins to terminate an environment with everything that is its own; `force` does so although
  /// another environment links to it. Not repeated: by then the name can be a new environment's.
  package func terminateEnvironment(
    name: String, force: Bool = false
  ) async throws -> EnvironmentDescription {
    var parameters = QueryParameters()
    parameters.set("EnvironmentName", name)
    parameters.set("ForceTerminate", force)
    return try await answer("TerminateEnvironment", parameters, isRepeatable: false) {
      (answer) throws(MissingMember) in
      try EnvironmentDescription(answer)
    }
  }
}
