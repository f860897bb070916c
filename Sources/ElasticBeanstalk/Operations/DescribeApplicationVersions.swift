import AWS

extension ElasticBeanstalkClient {
  /// The versions of an application that have one of `labels`, or all of them; labels and
  /// applications that do not exist are left out.
  package func describeApplicationVersions(
    application: String, labels: [String] = []
  ) async throws -> [ApplicationVersionDescription] {
    var parameters = QueryParameters()
    parameters.set("ApplicationName", application)
    parameters.list("VersionLabels", labels)
    return try await pages("DescribeApplicationVersions", parameters) {
      (page) throws(MissingMember) in
      try page.shapes("ApplicationVersions")
    }
  }
}
