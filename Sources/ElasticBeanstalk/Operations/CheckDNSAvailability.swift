import AWS

/// Whether a prefix can be had.
package struct DNSAvailability: Sendable, Equatable {
  package var isAvailable: Bool
  /// The whole name that the prefix makes; `nil` where the service leaves it out.
  package var name: String?
}

extension ElasticBeanstalkClient {
  /// Asks whether `prefix` can be an environment's `CNAMEPrefix`.
  package func checkDNSAvailability(prefix: String) async throws -> DNSAvailability {
    var parameters = QueryParameters()
    parameters.set("CNAMEPrefix", prefix)
    return try await answer("CheckDNSAvailability", parameters) {
      (answer) throws(MissingMember) in
      guard let isAvailable = answer.result.flag("Available") else {
        throw MissingMember(name: "Available")
      }
      return DNSAvailability(
        isAvailable: isAvailable, name: answer.result.string("FullyQualifiedCNAME"))
    }
  }
}
