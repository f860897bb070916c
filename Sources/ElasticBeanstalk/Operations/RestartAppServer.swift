import AWS

extension ElasticBeanstalkClient {
  /// Begins to restart the application on every instance; not repeated, since it would do so twice.
  /// Gives the id of the request, by which its events are found.
  @discardableResult
  package func restartAppServer(name: String) async throws -> String? {
    var parameters = QueryParameters()
    parameters.set("EnvironmentName", name)
    return try await send("RestartAppServer", parameters, isRepeatable: false)
  }
}
