import AWS

extension ElasticBeanstalkClient {
  /// Where the logs are that were collected so far, those of earlier requests among them.
  package func retrieveEnvironmentInfo(
    name: String, kind: InfoKind
  ) async throws -> [EnvironmentInfoDescription] {
    var parameters = QueryParameters()
    parameters.set("EnvironmentName", name)
    parameters.set("InfoType", kind.rawValue)
    return try await answer("RetrieveEnvironmentInfo", parameters) {
      (answer) throws(MissingMember) in
      try answer.result.shapes("EnvironmentInfo")
    }
  }
}
