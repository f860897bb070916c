import AWS

extension ElasticBeanstalkClient {
  /// Adds or changes tags and takes others away by their keys. For an environment this begins an
  /// update, during which it is not Ready.
  package func updateTagsForResource(
    arn: String, adding: [Tag] = [], removing: [String] = []
  ) async throws {
    var parameters = QueryParameters()
    parameters.set("ResourceArn", arn)
    parameters.list("TagsToAdd", adding.map(\.parameters))
    parameters.list("TagsToRemove", removing)
    _ = try await send("UpdateTagsForResource", parameters)
  }
}
