import AWS

extension ElasticBeanstalkClient {
  /// Makes an application; not repeated, since the name would be taken the second time.
  package func createApplication(
    _ name: String, description: String? = nil, tags: [Tag] = []
  ) async throws {
    var parameters = QueryParameters()
    parameters.set("ApplicationName", name)
    parameters.set("Description", description)
    parameters.list("Tags", tags.map(\.parameters))
    _ = try await send("CreateApplication", parameters, isRepeatable: false)
  }
}
