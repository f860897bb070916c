import AWS

extension ElasticBeanstalkClient {
  /// A platform version.
  package func describePlatformVersion(arn: String) async throws -> PlatformDescription {
    var parameters = QueryParameters()
    parameters.set("PlatformArn", arn)
    return try await answer("DescribePlatformVersion", parameters) {
      (answer) throws(MissingMember) in
      try answer.result.required("PlatformDescription")
    }
  }
}
