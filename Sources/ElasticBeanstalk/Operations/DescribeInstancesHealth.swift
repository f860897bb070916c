import AWS

extension ElasticBeanstalkClient {
  /// The health of every instance of an environment with enhanced health reporting; without it the
  /// service refuses (``BeanstalkFailure/noEnhancedHealth``).
  package func describeInstancesHealth(name: String) async throws -> [SingleInstanceHealth] {
    var parameters = QueryParameters()
    parameters.set("EnvironmentName", name)
    parameters.list("AttributeNames", ["All"])
    return try await pages("DescribeInstancesHealth", parameters) {
      (page) throws(MissingMember) in
      try page.shapes("InstanceHealthList")
    }
  }
}
