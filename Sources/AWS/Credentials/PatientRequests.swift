/// Requests that credentials come by: few, small and safe to repeat. ``Session`` is not there yet
/// when they are made, because it needs credentials.
struct PatientRequests {
  let transport: any Transport
  let sleep: @Sendable (Duration) async throws -> Void
  var attempts = 3
  var pause: Duration = .milliseconds(250)

  /// Sends up to `attempts` times, with pauses that double. What is repeated: a request without a
  /// whole answer, a server's own failure, too many requests, and what `isTransient` recognises.
  func send(
    _ request: HTTPRequest, isTransient: (HTTPResponse) -> Bool = { _ in false }
  ) async throws -> HTTPResponse {
    var pause = pause
    for attempt in 1... {
      let isLast = attempt >= attempts
      do {
        let response = try await transport.send(request)
        let mayPass = response.status >= 500 || response.status == 429 || isTransient(response)
        if isLast || !mayPass { return response }
      } catch {
        guard !isLast, Self.mayPass(error) else { throw error }
      }
      try await sleep(pause)
      pause *= 2
    }
    throw TransportError.interrupted
  }

  private static func mayPass(_ error: TransportError) -> Bool {
    switch error {
    case .cannotConnect, .broken, .timedOut: true
    case .unavailable, .notTrusted, .tooLarge, .file, .interrupted: false
    }
  }
}
