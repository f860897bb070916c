import AWS

extension ElasticBeanstalkClient {
  /// The applications of these names, or all of the region; names that do not exist are left out.
  package func describeApplications(
    _ names: [String] = []
  ) async throws -> [ApplicationDescription] {
    var parameters = QueryParameters()
    parameters.list("ApplicationNames", names)
    return try await answer("DescribeApplications", parameters) {
      (answer) throws(MissingMember) in
      try answer.result.shapes("Applications")
    }
  }
}
