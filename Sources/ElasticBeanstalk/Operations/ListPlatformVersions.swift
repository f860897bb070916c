import AWS

extension ElasticBeanstalkClient {
  /// The platform versions for which every filter holds, on all pages.
  package func listPlatformVersions(
    _ filters: [PlatformFilter] = []
  ) async throws -> [PlatformSummary] {
    var parameters = QueryParameters()
    parameters.list("Filters", filters.map(\.parameters))
    return try await pages("ListPlatformVersions", parameters) { (page) throws(MissingMember) in
      try page.shapes("PlatformSummaryList")
    }
  }
}
