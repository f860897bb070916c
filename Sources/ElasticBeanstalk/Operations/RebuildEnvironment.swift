import AWS

extension ElasticBeanstalkClient {
  /// Begins to make all of an environment's resources anew; not repeated, since it would do so
  /// twice. Gives the id of the request, by which its events are found.
  @discardableResult
  package func rebuildEnvironment(name: String) async throws -> String? {
    var parameters = QueryParameters()
    parameters.set("EnvironmentName", name)
    return try await send("RebuildEnvironment", parameters, isRepeatable: false)
  }
}
