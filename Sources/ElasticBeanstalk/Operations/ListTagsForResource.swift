import AWS

extension ElasticBeanstalkClient {
  /// The tags of an application, a version, an environment or a saved configuration.
  package func listTagsForResource(arn: String) async throws -> [Tag] {
    var parameters = QueryParameters()
    parameters.set("ResourceArn", arn)
    return try await answer("ListTagsForResource", parameters) { (answer) throws(MissingMember) in
      try answer.result.shapes("ResourceTags")
    }
  }
}
