package import FoundationEssentials
import Synchronization

/// Signs requests, sends them, and sends them again where that can help.
///
/// Safe to use from many tasks at once: they share what is known of the service's clock, and the
/// bucket of tokens that limits repeating (see ``RetryPolicy``).
package final class Session: Sendable {
  /// The region of requests that name no other.
  package let region: Region
  private let transport: any Transport
  private let credentials: CredentialCache
  private let endpoints: @Sendable (Service, Region) throws -> Endpoint
  private let policy: RetryPolicy
  private let now: @Sendable () -> Date
  let sleep: @Sendable (Duration) async throws -> Void
  let pause: @Sendable (Duration) async -> Void
  private let jitter: @Sendable () -> Double
  private let state: Mutex<State>

  /// What the requests share.
  private struct State {
    /// What is added to our clock to get the services'.
    var skew: TimeInterval = 0
    var tokens: Int
  }

  /// Less than the five minutes that the Query services allow, as in the AWS SDKs.
  private static let allowedSkew: TimeInterval = 240

  /// - Parameters:
  ///   - sleep: waits between attempts; throws when it is interrupted, and so does ``send``.
  ///   - pause: the same for requests that are not to be interrupted, which clean up.
  ///   - jitter: a number from 0 to 1, drawn anew at each call.
  package init(
    transport: any Transport, credentials: CredentialCache, region: Region,
    endpoint: @escaping @Sendable (Service, Region) throws -> Endpoint,
    policy: RetryPolicy = .standard, now: @escaping @Sendable () -> Date,
    sleep: @escaping @Sendable (Duration) async throws -> Void,
    pause: @escaping @Sendable (Duration) async -> Void = Session.uninterrupted,
    jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
  ) {
    self.transport = transport
    self.credentials = credentials
    self.region = region
    endpoints = endpoint
    self.policy = policy
    self.now = now
    self.sleep = sleep
    self.pause = pause
    self.jitter = jitter
    state = Mutex(State(tokens: policy.capacity))
  }

  /// Where the service answers in that region, or in the session's.
  package func endpoint(of service: Service, in region: Region? = nil) throws -> Endpoint {
    try endpoints(service, region ?? self.region)
  }

  /// Sends a request until there is an answer that is not worth repeating, and gives one with a
  /// status of 2xx.
  ///
  /// - Parameters:
  ///   - operation: for errors, such as `PutObject`.
  ///   - isRepeatable: whether sending it again is harmless although it may have taken effect. What
  ///     is not is only sent again where it cannot have: without a connection, throttled, with
  ///     expired credentials or at a wrong time. Its other failures are thrown at once, and the
  ///     caller looks first.
  ///   - tellsErrorsLate: whether an answer of 200 may hold an error, as those of CopyObject,
  ///     UploadPartCopy and CompleteMultipartUpload may. An answer that is no whole XML counts as
  ///     cut short.
  ///   - sent: told how much of the body has gone out; starts again from 0 with each attempt.
  /// - Throws: ``ServiceError``, ``InvalidAnswer``, ``TransportError``, ``CredentialError``, or what
  ///   `sleep` throws.
  package func send(
    _ request: HTTPRequest, to service: Service, operation: String,
    payload: PayloadHash = .bytes, isRepeatable: Bool, region: Region? = nil,
    tellsErrorsLate: Bool = false, sent: @escaping @Sendable (Int64) -> Void = { _ in }
  ) async throws -> HTTPResponse {
    try await perform(
      Call(
        request: request, service: service, operation: operation, payload: payload,
        isRepeatable: isRepeatable, region: region ?? self.region, sent: sent)
    ) { response in
      if tellsErrorsLate {
        let root = try response.document(service, operation)
        if let error = ServiceError(in: root, of: response, service, operation) { throw error }
      }
      return response
    }
  }

  /// One request with all that is to be known for sending it.
  struct Call {
    var request: HTTPRequest
    var service: Service
    var operation: String
    var payload: PayloadHash
    var isRepeatable: Bool
    var region: Region
    var sent: @Sendable (Int64) -> Void = { _ in }
  }

  /// Sends until `read` gives a value. It may throw a ``ServiceError`` that a good status hides, or
  /// an ``InvalidAnswer``, which counts as an answer cut short.
  func perform<Value>(
    _ call: Call, read: (HTTPResponse) throws -> Value
  ) async throws -> Value {
    let isHurried = !call.request.isInterruptible
    let policy = isHurried ? policy.hurried : policy
    var history = RetryPolicy.History()
    // What cleans up does not depend on what the others have used up.
    var spare = policy.capacity
    var last: RetryPolicy.Failure?
    var refused: (credentials: Credentials, error: any Error)?
    while true {
      let used = try await credentials.credentials()
      if let refused, refused.credentials.hasSameKey(as: used) { throw refused.error }
      refused = nil
      let error: any Error
      let failure: RetryPolicy.Failure
      let serverDate: Date?
      switch await attempt(call, used, read: read) {
      case .done(let value):
        let last = last
        state.withLock { policy.refund(last, tokens: &$0.tokens) }
        return value
      case .failed(let reason, let kind, let date):
        (error, failure, serverDate) = (reason, kind, date)
      }
      last = failure
      let drawn = jitter()
      let decision = state.withLock { state in
        isHurried
          ? policy.decide(
            after: failure, &history, isRepeatable: call.isRepeatable, tokens: &spare,
            jitter: drawn)
          : policy.decide(
            after: failure, &history, isRepeatable: call.isRepeatable, tokens: &state.tokens,
            jitter: drawn)
      }
      switch decision {
      case .giveUp: throw error
      case .wait(let time): if isHurried { await pause(time) } else { try await sleep(time) }
      case .renew:
        await credentials.discard(used)
        refused = (used, error)
      case .correct:
        guard let serverDate else { throw error }
        let skew = serverDate.timeIntervalSince(now())
        state.withLock { $0.skew = skew }
      }
    }
  }

  private enum Attempt<Value> {
    case done(Value)
    /// With what it means for repeating, and the answer's date where there was an answer.
    case failed(any Error, RetryPolicy.Failure, Date?)
  }

  private func attempt<Value>(
    _ call: Call, _ credentials: Credentials, read: (HTTPResponse) throws -> Value
  ) async -> Attempt<Value> {
    let signedAt = now().addingTimeInterval(state.withLock { $0.skew })
    let signer = Signer(
      credentials: credentials, region: call.service.signingRegion(in: call.region),
      service: call.service.signingName)
    let request = signer.sign(call.request, at: signedAt, payload: call.payload)
    let response: HTTPResponse
    do {
      response = try await transport.send(request, sent: call.sent)
    } catch {
      return .failed(error, RetryPolicy.Failure(error), nil)
    }
    let date = response["Date"].flatMap { Timestamp.date(ofHeader: $0) }
    let failed = { (error: ServiceError) -> Attempt<Value> in
      let distance = date.map { abs($0.timeIntervalSince(signedAt)) } ?? 0
      let failure = RetryPolicy.Failure(
        error, retryAfter: response.retryAfter(date ?? signedAt),
        hasBody: call.request.method != "HEAD", isSkewed: distance > Self.allowedSkew)
      return .failed(error, failure, date)
    }
    guard (200...299).contains(response.status) else {
      return failed(ServiceError(response, call.service, call.operation))
    }
    do {
      return .done(try read(response))
    } catch {
      if let error = error as? ServiceError { return failed(error) }
      return .failed(error, error is InvalidAnswer ? .uncertain(retryAfter: nil) : .final, date)
    }
  }

  /// Waits even where the task is cancelled.
  package static let uninterrupted: @Sendable (Duration) async -> Void = { duration in
    await Task.detached { try? await Task.sleep(for: duration) }.value
  }
}

extension Credentials {
  /// Whether a service would see no difference.
  fileprivate func hasSameKey(as other: Credentials) -> Bool {
    accessKeyID == other.accessKeyID && secretAccessKey == other.secretAccessKey
      && sessionToken == other.sessionToken
  }
}

extension HTTPResponse {
  /// The body as XML.
  func document(_ service: Service, _ operation: String) throws(InvalidAnswer) -> XMLElement {
    do {
      return try XMLElement(parsing: body)
    } catch {
      throw InvalidAnswer(service: service.signingName, operation: operation, reason: error.reason)
    }
  }

  /// The `Retry-After` header: seconds, or a date (RFC 9110, 10.2.3).
  fileprivate func retryAfter(_ date: Date) -> Duration? {
    guard let text = self["Retry-After"] else { return nil }
    if let seconds = Int(text) { return .seconds(min(max(seconds, 0), 86_400)) }
    guard let then = Timestamp.date(ofHeader: text) else { return nil }
    return .seconds(min(max(then.timeIntervalSince(date), 0), 86_400))
  }
}

extension XMLError {
  /// For people.
  fileprivate var reason: String {
    switch self {
    case .malformed(let line, let reason): "line \(line): \(reason)"
    case .documentType(let line): "line \(line): a document type"
    case .tooDeep(let line): "line \(line): too many levels"
    case .tooLarge: "too large"
    }
  }
}
