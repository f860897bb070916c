/// Sends one request and gives the answer, once: repeating is ``Session``'s decision.
package protocol Transport: Sendable {
  /// `sent` is told how many bytes of the body have gone out so far; it may be called from any
  /// thread and starts again from 0 when a redirect or a repeat is made.
  func send(
    _ request: HTTPRequest, sent: @escaping @Sendable (Int64) -> Void
  ) async throws(TransportError) -> HTTPResponse
}

extension Transport {
  package func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    try await send(request, sent: { _ in })
  }
}

/// Why there is no whole answer.
package enum TransportError: Error, Equatable, Sendable {
  /// libcurl is not on this machine, or too old.
  case unavailable(reason: String)
  /// No connection was made, so the request cannot have reached the service. `reason` is for people.
  case cannotConnect(host: String, reason: String)
  /// The certificate or the TLS handshake was refused.
  case notTrusted(host: String, reason: String)
  /// The connection broke, or the answer was cut short: the request may have taken effect.
  case broken(host: String, reason: String)
  /// A time limit passed. The request may have taken effect.
  case timedOut(host: String, what: String)
  /// The answer's body is longer than was allowed.
  case tooLarge(host: String)
  /// The request's body or the answer's file could not be read or written.
  case file(errno: Int32)
  /// A signal asked git-eb to stop, or the task was cancelled.
  case interrupted
}
