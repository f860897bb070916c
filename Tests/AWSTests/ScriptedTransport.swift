import Foundation
import Synchronization

@testable import AWS

/// Answers from a list, in order, and keeps what was sent. It fails when there are no more.
final class ScriptedTransport: Transport {
  private let state: Mutex<(steps: [Step], requests: [HTTPRequest])>

  init(_ steps: [Step]) {
    state = Mutex((steps, []))
  }

  var requests: [HTTPRequest] { state.withLock { $0.requests } }
  var remaining: Int { state.withLock { $0.steps.count } }

  func send(
    _ request: HTTPRequest, sent: @escaping @Sendable (Int64) -> Void
  ) async throws(TransportError) -> HTTPResponse {
    let step = state.withLock { state -> Step? in
      state.requests.append(request)
      return state.steps.isEmpty ? nil : state.steps.removeFirst()
    }
    guard let step else { throw .unavailable(reason: "the script has ended") }
    sent(request.body.length)
    return try step.act(request)
  }
}

extension ScriptedTransport {
  /// What one request meets.
  struct Step: Sendable {
    var act: @Sendable (HTTPRequest) throws(TransportError) -> HTTPResponse

    init(_ act: @escaping @Sendable (HTTPRequest) throws(TransportError) -> HTTPResponse) {
      self.act = act
    }

    static func answer(
      _ status: Int = 200, _ body: String = "", _ headers: [String: String] = [:]
    ) -> Step {
      Step { _ throws(TransportError) in
        HTTPResponse(
          status: status, headers: headers.map { HTTPHeader($0.key, $0.value) },
          body: Array(body.utf8))
      }
    }

    /// An error as the Query services tell it.
    static func error(
      _ code: String, _ status: Int = 400, _ headers: [String: String] = [:]
    ) -> Step {
      answer(
        status,
        "<ErrorResponse><Error><Code>\(code)</Code><Message>m</Message></Error>"
          + "<RequestId>id-1</RequestId></ErrorResponse>", headers)
    }

    /// No answer.
    static func failure(_ error: TransportError) -> Step {
      Step { _ throws(TransportError) in throw error }
    }
  }
}

/// A clock that goes only where it is told, and notes how long it was waited on.
final class ManualClock: Sendable {
  private let state: Mutex<(now: Date, waits: [Duration])>

  init(_ now: Date = Date(timeIntervalSince1970: 1_800_000_000)) {
    state = Mutex((now, []))
  }

  var now: Date { state.withLock { $0.now } }
  var waits: [Duration] { state.withLock { $0.waits } }

  func sleep(_ duration: Duration) {
    state.withLock { state in
      state.waits.append(duration)
      let parts = duration.components
      state.now += Double(parts.seconds) + Double(parts.attoseconds) / 1e18
    }
  }

  func advance(_ seconds: Double) {
    state.withLock { $0.now += seconds }
  }
}

/// Gives credentials from a list, in order; the last one again and again.
final class ScriptedCredentials: CredentialSource {
  private let state: Mutex<(keys: [String], lookups: Int)>

  init(_ keys: [String]) {
    state = Mutex((keys, 0))
  }

  var lookups: Int { state.withLock { $0.lookups } }

  func credentials() async throws -> Credentials {
    try state.withLock { state in
      state.lookups += 1
      guard let key = state.keys.first else { throw CredentialError.none(looked: []) }
      if state.keys.count > 1 { state.keys.removeFirst() }
      return Credentials(accessKeyID: key, secretAccessKey: "secret", origin: "test")
    }
  }
}

/// A session over a script.
struct ScriptedSession {
  let transport: ScriptedTransport
  let clock: ManualClock
  let credentials: ScriptedCredentials
  let session: Session
  static let endpoint = Endpoint(scheme: "https", host: "example.com")

  /// - Parameter interrupted: what waiting throws, as after a signal.
  init(
    _ steps: [ScriptedTransport.Step], keys: [String] = ["AKID1"], policy: RetryPolicy = .standard,
    jitter: Double = 1, interrupted: (any Error)? = nil
  ) throws {
    let clock = ManualClock()
    transport = ScriptedTransport(steps)
    self.clock = clock
    credentials = ScriptedCredentials(keys)
    guard let region = Region("eu-central-1") else { throw NoRegion() }
    session = Session(
      transport: transport, credentials: CredentialCache(credentials, now: { clock.now }),
      region: region, endpoint: { _, _ in Self.endpoint }, policy: policy, now: { clock.now },
      sleep: { duration in
        if let interrupted { throw interrupted }
        clock.sleep(duration)
      }, pause: { clock.sleep($0) }, jitter: { jitter })
  }

  func send(
    _ method: String = "PUT", isRepeatable: Bool = true, isInterruptible: Bool = true,
    tellsErrorsLate: Bool = false, sent: @escaping @Sendable (Int64) -> Void = { _ in }
  ) async throws -> HTTPResponse {
    try await session.send(
      HTTPRequest(
        method, Self.endpoint, path: "/key", body: .bytes(Array("body".utf8)),
        isInterruptible: isInterruptible), to: .s3, operation: "PutObject",
      isRepeatable: isRepeatable, tellsErrorsLate: tellsErrorsLate, sent: sent)
  }

  /// The error that sending ends with, if it is a service's.
  func refusal(
    _ method: String = "PUT", isRepeatable: Bool = true, isInterruptible: Bool = true
  ) async throws -> ServiceError? {
    do {
      _ = try await send(method, isRepeatable: isRepeatable, isInterruptible: isInterruptible)
      return nil
    } catch let error as ServiceError {
      return error
    }
  }

  static func date(_ date: Date) -> String {
    date.formatted(
      Date.VerbatimFormatStyle(
        format: """
          \(weekday: .abbreviated), \(day: .twoDigits) \(month: .abbreviated) \(year: .padded(4)) \
          \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\
          \(minute: .twoDigits):\(second: .twoDigits) GMT
          """, locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt,
        calendar: Calendar(identifier: .gregorian)))
  }
}
