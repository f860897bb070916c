import AWS

extension ElasticBeanstalkClient {
  /// The health of an environment with enhanced health reporting; without it the service refuses
  /// (``BeanstalkFailure/noEnhancedHealth``).
  package func describeEnvironmentHealth(
    name: String
  ) async throws -> EnvironmentHealthDescription {
    var parameters = QueryParameters()
    parameters.set("EnvironmentName", name)
    parameters.list("AttributeNames", ["All"])
    return try await answer("DescribeEnvironmentHealth", parameters) {
      (answer) throws(MissingMember) in
      try EnvironmentHealthDescription(answer.result)
    }
  }
}
