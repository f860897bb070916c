import AWS

extension ElasticBeanstalkClient {
  /// The environments for which everything that is given holds, on all pages. Without
  /// `includeDeleted` those that were terminated are left out.
  package func describeEnvironments(
    application: String? = nil, names: [String] = [], ids: [String] = [],
    versionLabel: String? = nil, includeDeleted: Bool = false
  ) async throws -> [EnvironmentDescription] {
    var parameters = QueryParameters()
    parameters.set("ApplicationName", application)
    parameters.list("EnvironmentNames", names)
    parameters.list("EnvironmentIds", ids)
    parameters.set("VersionLabel", versionLabel)
    parameters.set("IncludeDeleted", includeDeleted)
    return try await pages("DescribeEnvironments", parameters) { (page) throws(MissingMember) in
      try page.shapes("Environments")
    }
  }
}
