import AWS

extension ElasticBeanstalkClient {
  /// Begins to exchange the CNAMEs of two environments; not repeated, since the second time would
  /// undo the first. Gives the id of the request, by which its events are found.
  @discardableResult
  package func swapEnvironmentCNAMEs(
    source: String, destination: String
  ) async throws -> String? {
    var parameters = QueryParameters()
    parameters.set("SourceEnvironmentName", source)
    parameters.set("DestinationEnvironmentName", destination)
    return try await send("SwapEnvironmentCNAMEs", parameters, isRepeatable: false)
  }
}
