/// Sends with time limits that are shorter by a factor, for tests of what happens when they pass.
package struct PacedTransport: Transport {
  private let transport: any Transport
  private let factor: Double

  package init(_ transport: any Transport, factor: Double) {
    self.transport = transport
    self.factor = factor
  }

  package func send(
    _ request: HTTPRequest, sent: @escaping @Sendable (Int64) -> Void
  ) async throws(TransportError) -> HTTPResponse {
    var request = request
    // The limit for connecting stays: a busy machine is not one that does not answer.
    request.limits.stall = request.limits.stall * factor
    request.limits.total = request.limits.total.map { $0 * factor }
    return try await transport.send(request, sent: sent)
  }
}
