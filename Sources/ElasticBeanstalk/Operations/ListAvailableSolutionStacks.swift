import AWS

extension ElasticBeanstalkClient {
  /// The names of the platform versions, in the service's order.
  package func listAvailableSolutionStacks() async throws -> [String] {
    try await answer("ListAvailableSolutionStacks") { (answer) throws(MissingMember) in
      answer.result.strings("SolutionStacks")
    }
  }
}
