import Foundation
import Synchronization
import Testing

@testable import AWS

@Suite("Session") struct SessionTests {
  private static let broken = TransportError.broken(host: "example.com", reason: "reset")
  private static let unreached = TransportError.cannotConnect(
    host: "example.com", reason: "refused")
  private static let slow = TransportError.timedOut(host: "example.com", what: "answer")

  @Test func `A request goes out signed, and its answer comes back`() async throws {
    let scripted = try ScriptedSession([.answer(204, "", ["ETag": "e"])])
    let told = Mutex<[Int64]>([])
    let response = try await scripted.send(sent: { count in told.withLock { $0.append(count) } })
    #expect(response.status == 204)
    #expect(response["etag"] == "e")
    let request = try #require(scripted.transport.requests.first)
    #expect(request["Authorization"]?.contains("AKID1/20270115/eu-central-1/s3/") == true)
    #expect(request["X-Amz-Date"] == "20270115T080000Z")
    #expect(told.withLock { $0 } == [4])
    #expect(scripted.clock.waits.isEmpty)
  }

  @Test func `What fails in passing is sent again, with longer waits and new signatures`()
    async throws
  {
    let scripted = try ScriptedSession([
      .failure(Self.broken), .error("InternalError", 500), .failure(Self.slow), .answer(503),
      .answer(),
    ])
    #expect(try await scripted.send().status == 200)
    #expect(
      scripted.clock.waits == [
        .milliseconds(250), .milliseconds(500), .seconds(1), .seconds(2),
      ])
    let dates = scripted.transport.requests.map { $0["X-Amz-Date"] }
    #expect(Set(dates).count > 1)
    #expect(Set(scripted.transport.requests.map { $0["Authorization"] }).count > 1)
    #expect(scripted.credentials.lookups == 1)
  }

  @Test func `After the last attempt the last error is thrown`() async throws {
    let scripted = try ScriptedSession(
      Array(repeating: .failure(Self.broken), count: 4) + [.error("InternalError", 500), .answer()])
    let error = try #require(try await scripted.refusal())
    #expect(
      error
        == ServiceError(
          service: "s3", operation: "PutObject", status: 500, code: "InternalError", message: "m",
          requestID: "id-1"))
    #expect(scripted.transport.remaining == 1)
  }

  @Test func `What says no is not asked twice`() async throws {
    for step in [
      ScriptedTransport.Step.error("AccessDenied", 403), .error("InvalidParameterValue"),
      .answer(412), .answer(301, "", ["x-amz-bucket-region": "eu-west-1"]),
    ] {
      let scripted = try ScriptedSession([step, .answer()])
      #expect(try await scripted.refusal() != nil)
      #expect(scripted.transport.remaining == 1)
    }
    let scripted = try ScriptedSession([
      .failure(.notTrusted(host: "example.com", reason: "expired")), .answer(),
    ])
    await #expect(throws: TransportError.self) { _ = try await scripted.send() }
    #expect(scripted.transport.remaining == 1)
  }

  @Test func `Throttling is waited out beyond the attempts, as long as the service asks`()
    async throws
  {
    let steps = (0..<8).map { _ in
      ScriptedTransport.Step.error("Throttling", 400, ["Retry-After": "3"])
    }
    let scripted = try ScriptedSession(steps + [.answer()], jitter: 0)
    #expect(try await scripted.send(isRepeatable: false).status == 200)
    #expect(scripted.clock.waits == Array(repeating: .seconds(3), count: 8))
  }

  @Test func `Throttling without an end is an error after two minutes`() async throws {
    let scripted = try ScriptedSession(Array(repeating: .error("SlowDown", 503), count: 100))
    #expect(try await scripted.refusal()?.code == "SlowDown")
    let total = scripted.clock.waits.reduce(.zero, +)
    #expect(total > .seconds(90) && total <= .seconds(120))
  }

  @Test func `Retry-After may be a date, and is never waited for without limit`() async throws {
    let now = ManualClock().now
    let scripted = try ScriptedSession(
      [
        .answer(
          503, "",
          [
            "Date": ScriptedSession.date(now),
            "Retry-After": ScriptedSession.date(now.addingTimeInterval(7)),
          ]), .answer(503, "", ["Retry-After": "99999999999999999999"]),
        .answer(503, "", ["Retry-After": "86400"]), .answer(503, "", ["Retry-After": "-5"]),
        .answer(),
      ], jitter: 0)
    _ = try await scripted.send()
    #expect(scripted.clock.waits == [.seconds(7), .zero, .seconds(20), .zero])
  }

  @Test func `A request that may have taken effect is not sent again by itself`() async throws {
    for step in [
      ScriptedTransport.Step.failure(Self.broken), .failure(Self.slow),
      .error("InternalError", 500), .answer(503),
    ] {
      let scripted = try ScriptedSession([step, .answer()])
      await #expect(throws: (any Error).self) { _ = try await scripted.send(isRepeatable: false) }
      #expect(scripted.transport.remaining == 1)
    }
  }

  @Test func `A request that cannot have taken effect is sent again`() async throws {
    let skewed = ManualClock().now.addingTimeInterval(3_600)
    let scripted = try ScriptedSession(
      [
        .failure(Self.unreached), .error("Throttling"), .error("ExpiredToken", 403),
        .error("RequestTimeTooSkewed", 403, ["Date": ScriptedSession.date(skewed)]), .answer(),
      ], keys: ["AKID1", "AKID2"])
    #expect(try await scripted.send(isRepeatable: false).status == 200)
  }

  @Test func `Expired credentials are looked up anew, once`() async throws {
    let scripted = try ScriptedSession(
      [.error("ExpiredToken", 403), .answer(), .answer()], keys: ["AKID1", "AKID2"])
    _ = try await scripted.send()
    let keys = scripted.transport.requests.compactMap { $0["Authorization"] }.map {
      $0.contains("AKID2")
    }
    #expect(keys == [false, true])
    #expect(scripted.clock.waits.isEmpty)
    _ = try await scripted.send()
    #expect(scripted.credentials.lookups == 2)
    let again = try ScriptedSession(
      Array(repeating: .error("ExpiredToken", 403), count: 3), keys: ["AKID1", "AKID2", "AKID3"])
    #expect(try await again.refusal()?.code == "ExpiredToken")
    #expect(again.transport.remaining == 1)
  }

  @Test func `Expired credentials that stay the same are an error without another request`()
    async throws
  {
    let scripted = try ScriptedSession([.error("ExpiredToken", 403), .answer()])
    #expect(try await scripted.refusal()?.code == "ExpiredToken")
    #expect(scripted.transport.remaining == 1)
  }

  @Test func `An answer to HEAD that tells nothing is taken for expired credentials`() async throws
  {
    let scripted = try ScriptedSession([.answer(400), .answer()], keys: ["AKID1", "AKID2"])
    #expect(try await scripted.send("HEAD").status == 200)
    let put = try ScriptedSession([.answer(400), .answer()], keys: ["AKID1", "AKID2"])
    #expect(try await put.refusal()?.status == 400)
  }

  @Test func `No credentials are an error before anything is sent`() async throws {
    let scripted = try ScriptedSession([.answer()], keys: [])
    await #expect(throws: CredentialError.none(looked: [])) { _ = try await scripted.send() }
    #expect(scripted.transport.requests.isEmpty)
  }

  @Test(arguments: [3_600.0, -3_600, 86_400 * 365.0] as [Double])
  func `A clock that is off is corrected from the answer, for later requests too`(
    _ offset: Double
  ) async throws {
    let server = ManualClock().now.addingTimeInterval(offset)
    let scripted = try ScriptedSession([
      .error("SignatureDoesNotMatch", 403, ["Date": ScriptedSession.date(server)]), .answer(),
      .answer(),
    ])
    _ = try await scripted.send()
    scripted.clock.advance(60)
    _ = try await scripted.send()
    let stamps = scripted.transport.requests.compactMap { $0["X-Amz-Date"] }
    #expect(
      stamps == [
        Timestamp.signing(ManualClock().now), Timestamp.signing(server),
        Timestamp.signing(server.addingTimeInterval(60)),
      ])
    #expect(scripted.clock.waits.isEmpty)
  }

  @Test func `A wrong key with a right clock is not taken for a wrong clock`() async throws {
    let now = ManualClock().now.addingTimeInterval(200)
    for headers in [["Date": ScriptedSession.date(now)], [:], ["Date": "soon"]] {
      let scripted = try ScriptedSession([
        .error("SignatureDoesNotMatch", 403, headers), .answer(),
      ])
      #expect(try await scripted.refusal()?.code == "SignatureDoesNotMatch")
      #expect(scripted.transport.remaining == 1)
    }
  }

  @Test func `A service whose clock runs wild is asked twice`() async throws {
    let date = { (offset: Double) in
      ["Date": ScriptedSession.date(ManualClock().now.addingTimeInterval(offset))]
    }
    let scripted = try ScriptedSession([
      .error("RequestTimeTooSkewed", 403, date(3_600)),
      .error("RequestTimeTooSkewed", 403, date(90_000)), .answer(),
    ])
    #expect(try await scripted.refusal()?.code == "RequestTimeTooSkewed")
    #expect(scripted.transport.remaining == 1)
  }

  @Test func `An error inside an answer of 200 is an error, where one may be there`() async throws {
    let inside = "<?xml version=\"1.0\"?>\n<Error><Code>%</Code><Message>m</Message></Error>"
    func step(_ code: String) -> ScriptedTransport.Step {
      .answer(200, inside.replacing("%", with: code))
    }
    let good = "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>"
    let scripted = try ScriptedSession([
      step("InternalError"), step("SlowDown"), .answer(200, "<CopyObj"), .answer(200, ""),
      .answer(200, good),
    ])
    let response = try await scripted.send(tellsErrorsLate: true)
    #expect(response.body == Array(good.utf8))
    let final = try ScriptedSession([step("NoSuchUpload"), .answer(200, good)])
    await #expect(
      throws: ServiceError(
        service: "s3", operation: "PutObject", status: 200, code: "NoSuchUpload", message: "m")
    ) { _ = try await final.send(tellsErrorsLate: true) }
    let plain = try ScriptedSession([step("NoSuchUpload")])
    #expect(try await plain.send().status == 200)
  }

  @Test func `An interruption ends the waiting, but not of what cleans up`() async throws {
    struct Interrupted: Error {}
    let steps = [ScriptedTransport.Step.failure(Self.broken), .answer()]
    let scripted = try ScriptedSession(steps, interrupted: Interrupted())
    await #expect(throws: Interrupted.self) { _ = try await scripted.send() }
    #expect(scripted.transport.remaining == 1)
    let cleaning = try ScriptedSession(steps, interrupted: Interrupted())
    #expect(try await cleaning.send(isInterruptible: false).status == 200)
    #expect(cleaning.clock.waits == [.milliseconds(100)])
  }

  @Test func `What cleans up gives up soon`() async throws {
    let scripted = try ScriptedSession(Array(repeating: .error("InternalError", 500), count: 9))
    #expect(try await scripted.refusal(isInterruptible: false)?.code == "InternalError")
    #expect(scripted.transport.requests.count == 3)
    let throttled = try ScriptedSession(
      Array(repeating: .error("SlowDown", 503), count: 50), jitter: 0)
    #expect(try await throttled.refusal(isInterruptible: false)?.code == "SlowDown")
    #expect(throttled.transport.requests.count == 11)
  }

  @Test func `A service that fails for all is left alone when the tokens are used up`()
    async throws
  {
    var policy = RetryPolicy.standard
    policy.capacity = 25
    let scripted = try ScriptedSession(
      Array(repeating: .answer(500), count: 8) + [.answer(500), .answer()], policy: policy)
    #expect(try await scripted.refusal()?.status == 500)
    #expect(scripted.transport.requests.count == 5)
    #expect(try await scripted.refusal()?.status == 500)
    #expect(scripted.transport.requests.count == 7)
    // What cleans up has its own.
    #expect(try await scripted.refusal(isInterruptible: false)?.status == nil)
  }

  @Test func `Twenty requests at once look credentials up once and all succeed`() async throws {
    let scripted = try ScriptedSession(
      Array(repeating: .error("ExpiredToken", 403), count: 1)
        + Array(repeating: .answer(), count: 20), keys: ["AKID1", "AKID2"])
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<20 {
        group.addTask { try await scripted.send().status }
      }
      for try await status in group { #expect(status == 200) }
    }
    #expect(scripted.credentials.lookups == 2)
    #expect(scripted.transport.remaining == 0)
  }

  @Test func `A pause goes on where the task is cancelled`() async {
    let task = Task {
      let start = ContinuousClock.now
      await Session.uninterrupted(.milliseconds(100))
      return ContinuousClock.now - start
    }
    task.cancel()
    #expect(await task.value >= .milliseconds(100))
  }

  @Test func `Whatever happens, in whatever order, a request ends and is never done twice`()
    async throws
  {
    var ends: [Bool: Int] = [:]
    for seed in 0..<1_000 as Range<UInt64> {
      var generator = SplitMix(seed: seed)
      let isRepeatable = Bool.random(using: &generator)
      let mishaps = (0..<Int.random(in: 0...12, using: &generator)).compactMap { _ in
        Mishap.all.randomElement(using: &generator)
      }
      let scripted = try ScriptedSession(
        mishaps.map(\.step) + [.answer(200, "<R/>")], keys: ["AKID1", "AKID2", "AKID3"],
        jitter: Double.random(in: 0...1, using: &generator))
      var hasAnswer = false
      do {
        let isInterruptible = Bool.random(using: &generator)
        _ = try await scripted.send(
          isRepeatable: isRepeatable, isInterruptible: isInterruptible, tellsErrorsLate: true)
        hasAnswer = true
      } catch {
        #expect(error is ServiceError || error is TransportError || error is InvalidAnswer)
      }
      let met = mishaps.prefix(scripted.transport.requests.count)
      if !isRepeatable {
        // It may have taken effect only at the last.
        let uncertain = met.dropLast(hasAnswer ? 0 : 1).filter(\.mayHaveTakenEffect)
        #expect(uncertain.isEmpty, "seed \(seed)")
      }
      #expect(met.filter(\.isRefusal).count <= (hasAnswer ? 0 : 1), "seed \(seed)")
      #expect(scripted.clock.waits.reduce(.zero, +) <= .seconds(240), "seed \(seed)")
      ends[hasAnswer, default: 0] += 1
    }
    #expect(ends[true, default: 0] > 150 && ends[false, default: 0] > 150)
  }

  /// What can happen to a request.
  private struct Mishap {
    var step: ScriptedTransport.Step
    var mayHaveTakenEffect = false
    var isRefusal = false

    static let all = [
      Mishap(step: .failure(unreached)), Mishap(step: .failure(broken), mayHaveTakenEffect: true),
      Mishap(step: .failure(slow), mayHaveTakenEffect: true),
      Mishap(step: .error("InternalError", 500), mayHaveTakenEffect: true),
      Mishap(step: .answer(502, "<html>"), mayHaveTakenEffect: true),
      Mishap(step: .answer(200, "<R"), mayHaveTakenEffect: true),
      Mishap(
        step: .answer(200, "<Error><Code>InternalError</Code></Error>"), mayHaveTakenEffect: true),
      Mishap(step: .error("Throttling")), Mishap(step: .error("SlowDown", 503)),
      Mishap(step: .answer(429, "", ["Retry-After": "2"])),
      Mishap(step: .error("ExpiredToken", 403)),
      Mishap(
        step: .error("RequestTimeTooSkewed", 403, ["Date": "Sun, 06 Nov 1994 08:49:37 GMT"])),
      Mishap(step: .error("AccessDenied", 403), isRefusal: true),
      Mishap(
        step: .failure(.notTrusted(host: "example.com", reason: "expired")), isRefusal: true),
    ]
  }
}
