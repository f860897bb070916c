import AWS

extension ElasticBeanstalkClient {
  /// The instances, groups, load balancers and queues of an environment.
  package func describeEnvironmentResources(
    name: String
  ) async throws -> EnvironmentResourceDescription {
    var parameters = QueryParameters()
    parameters.set("EnvironmentName", name)
    return try await answer("DescribeEnvironmentResources", parameters) {
      (answer) throws(MissingMember) in
      try answer.result.required("EnvironmentResources")
    }
  }
}
