import AWS

extension ElasticBeanstalkClient {
  /// The platform branches for which every filter holds, on all pages.
  package func listPlatformBranches(
    _ filters: [SearchFilter] = []
  ) async throws -> [PlatformBranchSummary] {
    var parameters = QueryParameters()
    parameters.list("Filters", filters.map(\.parameters))
    return try await pages("ListPlatformBranches", parameters) { (page) throws(MissingMember) in
      try page.shapes("PlatformBranchSummaryList")
    }
  }
}
