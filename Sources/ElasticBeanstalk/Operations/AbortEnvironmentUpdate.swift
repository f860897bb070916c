import AWS

extension ElasticBeanstalkClient {
  /// Begins to take back an update that is going on; not repeated, since the second time there is
  /// nothing to take back. Gives the id of the request, by which its events are found.
  @discardableResult
  package func abortEnvironmentUpdate(name: String) async throws -> String? {
    var parameters = QueryParameters()
    parameters.set("EnvironmentName", name)
    return try await send("AbortEnvironmentUpdate", parameters, isRepeatable: false)
  }
}
