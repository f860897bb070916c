import AWS

extension ElasticBeanstalkClient {
  /// Begins to collect logs from all instances. Gives the id of the request.
  @discardableResult
  package func requestEnvironmentInfo(name: String, kind: InfoKind) async throws -> String? {
    var parameters = QueryParameters()
    parameters.set("EnvironmentName", name)
    parameters.set("InfoType", kind.rawValue)
    return try await send("RequestEnvironmentInfo", parameters)
  }
}
