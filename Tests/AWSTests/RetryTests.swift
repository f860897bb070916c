import Testing

@testable import AWS

@Suite("Retries: the policy") struct RetryTests {
  private let policy = RetryPolicy(
    attempts: 4, base: .seconds(1), throttledBase: .seconds(2), cap: .seconds(5),
    patience: .seconds(12), capacity: 20)

  /// What the policy says to the same failure again and again, until it gives up.
  private func decisions(
    _ failure: RetryPolicy.Failure, isRepeatable: Bool = true, tokens: Int = 1_000,
    jitter: Double = 1
  ) -> [RetryPolicy.Decision] {
    var history = RetryPolicy.History()
    var tokens = tokens
    var decisions: [RetryPolicy.Decision] = []
    while decisions.last != .giveUp {
      decisions.append(
        policy.decide(
          after: failure, &history, isRepeatable: isRepeatable, tokens: &tokens, jitter: jitter))
    }
    return decisions
  }

  private func waits(_ seconds: Double...) -> [RetryPolicy.Decision] {
    seconds.map { .wait(.seconds($0)) } + [.giveUp]
  }

  @Test func `Waits double up to the number of attempts`() {
    #expect(decisions(.uncertain(retryAfter: nil)) == waits(1, 2, 4))
    #expect(decisions(.unreached) == waits(1, 2, 4))
  }

  @Test func `Jitter takes anything from nothing to the whole wait`() {
    #expect(decisions(.unreached, jitter: 0) == waits(0, 0, 0))
    #expect(decisions(.unreached, jitter: 0.5) == waits(0.5, 1, 2))
    #expect(decisions(.unreached, jitter: 7) == waits(1, 2, 4))
  }

  @Test func `Throttling is borne longer, within its time`() {
    #expect(decisions(.throttled(retryAfter: nil)) == waits(2, 4, 5))
    #expect(
      decisions(.throttled(retryAfter: nil), jitter: 0.25)
        == waits(
          0.5, 1, 1.25, 1.25, 1.25, 1.25, 1.25, 1.25, 1.25, 1.25))
  }

  @Test func `Throttling without any wait still ends, by the tokens`() {
    #expect(decisions(.throttled(retryAfter: nil), tokens: 20, jitter: 0) == waits(0, 0, 0, 0))
  }

  @Test func `The time that a service asks for is kept, within the cap`() {
    #expect(decisions(.uncertain(retryAfter: .seconds(3)), jitter: 0) == waits(3, 3, 3))
    #expect(decisions(.uncertain(retryAfter: .seconds(3))) == waits(3, 3, 4))
    #expect(decisions(.throttled(retryAfter: .seconds(3_600)), jitter: 0) == waits(5, 5))
  }

  @Test func `What may have taken effect is only repeated where that is harmless`() {
    #expect(decisions(.uncertain(retryAfter: nil), isRepeatable: false) == [.giveUp])
    #expect(decisions(.unreached, isRepeatable: false) == waits(1, 2, 4))
    #expect(decisions(.throttled(retryAfter: nil), isRepeatable: false) == waits(2, 4, 5))
    #expect(decisions(.expired, isRepeatable: false) == [.renew, .giveUp])
    #expect(decisions(.skewed, isRepeatable: false) == [.correct, .giveUp])
  }

  @Test func `Credentials are renewed once, the clock is corrected once, and all else ends`() {
    #expect(decisions(.expired) == [.renew, .giveUp])
    #expect(decisions(.skewed) == [.correct, .giveUp])
    #expect(decisions(.final) == [.giveUp])
  }

  @Test func `Repeating takes tokens, and a success gives back what its last attempt took`() {
    var history = RetryPolicy.History()
    var tokens = 20
    let failure = RetryPolicy.Failure.unreached
    #expect(
      policy.decide(after: failure, &history, isRepeatable: true, tokens: &tokens, jitter: 0)
        == .wait(.zero))
    #expect(tokens == 10)
    policy.refund(failure, tokens: &tokens)
    #expect(tokens == 20)
    policy.refund(nil, tokens: &tokens)
    #expect(tokens == 20)
    tokens = 4
    policy.refund(nil, tokens: &tokens)
    #expect(tokens == 5)
    #expect(
      policy.decide(
        after: .unreached, &history, isRepeatable: true, tokens: &tokens, jitter: 0) == .giveUp)
    #expect(tokens == 5)
  }

  @Test func `What cleans up is soon over`() {
    let hurried = RetryPolicy.standard.hurried
    for failure in [RetryPolicy.Failure.unreached, .throttled(retryAfter: .seconds(60))] {
      var history = RetryPolicy.History()
      var tokens = hurried.capacity
      var total = Duration.zero
      while case .wait(let time) = hurried.decide(
        after: failure, &history, isRepeatable: true, tokens: &tokens, jitter: 1)
      {
        total += time
      }
      #expect(total <= .seconds(5))
    }
  }

  @Test(
    arguments: [
      ("Throttling", 400, .throttled(retryAfter: .seconds(7))),
      ("RequestLimitExceeded", 503, .throttled(retryAfter: .seconds(7))),
      ("SlowDown", 503, .throttled(retryAfter: .seconds(7))),
      ("", 429, .throttled(retryAfter: .seconds(7))),
      ("InternalError", 500, .uncertain(retryAfter: .seconds(7))),
      ("InternalError", 200, .uncertain(retryAfter: .seconds(7))),
      ("RequestTimeout", 400, .uncertain(retryAfter: .seconds(7))),
      ("", 500, .uncertain(retryAfter: .seconds(7))),
      ("", 502, .uncertain(retryAfter: .seconds(7))),
      ("", 503, .uncertain(retryAfter: .seconds(7))),
      ("", 504, .uncertain(retryAfter: .seconds(7))),
      ("NotImplemented", 501, .final), ("ExpiredToken", 403, .expired),
      ("ExpiredTokenException", 400, .expired), ("RequestExpired", 400, .expired),
      ("TokenRefreshRequired", 400, .expired), ("InvalidParameterValue", 400, .final),
      ("AccessDenied", 403, .final), ("NoSuchKey", 404, .final), ("", 403, .final),
      ("", 400, .final), ("SignatureDoesNotMatch", 403, .final), ("AuthFailure", 401, .final),
      ("PermanentRedirect", 301, .final), ("PreconditionFailed", 412, .final),
    ] as [(String, Int, RetryPolicy.Failure)])
  func `A service's error is what it means for repeating`(
    _ code: String, _ status: Int, _ expected: RetryPolicy.Failure
  ) {
    #expect(classified(code, status) == expected)
  }

  @Test func `A time that is off is only believed with the answer's date`() {
    for code in [
      "RequestTimeTooSkewed", "RequestExpired", "SignatureDoesNotMatch",
      "InvalidSignatureException",
      "AuthFailure", "RequestInTheFuture",
    ] {
      #expect(classified(code, 403, isSkewed: true) == .skewed)
      #expect(classified(code, 403) != .skewed)
    }
    #expect(classified("AccessDenied", 403, isSkewed: true) == .final)
  }

  @Test func `An answer to HEAD tells by its status alone`() {
    #expect(classified("", 400, hasBody: false) == .expired)
    #expect(classified("", 403, hasBody: false) == .final)
    #expect(classified("", 403, hasBody: false, isSkewed: true) == .skewed)
    #expect(classified("", 404, hasBody: false, isSkewed: true) == .final)
    #expect(classified("", 400, hasBody: false, bucketRegion: "eu-west-1") == .final)
    #expect(classified("", 503, hasBody: false) == .uncertain(retryAfter: .seconds(7)))
  }

  @Test(
    arguments: [
      (.cannotConnect(host: "h", reason: "r"), .unreached),
      (.broken(host: "h", reason: "r"), .uncertain(retryAfter: nil)),
      (.timedOut(host: "h", what: "w"), .uncertain(retryAfter: nil)),
      (.notTrusted(host: "h", reason: "r"), .final), (.unavailable(reason: "r"), .final),
      (.tooLarge(host: "h"), .final), (.file(errno: 5), .final), (.interrupted, .final),
    ] as [(TransportError, RetryPolicy.Failure)])
  func `A request without an answer is what it can have done`(
    _ error: TransportError, _ expected: RetryPolicy.Failure
  ) {
    #expect(RetryPolicy.Failure(error) == expected)
  }

  private func classified(
    _ code: String, _ status: Int, hasBody: Bool = true, isSkewed: Bool = false,
    bucketRegion: String? = nil
  ) -> RetryPolicy.Failure {
    RetryPolicy.Failure(
      ServiceError(
        service: "s3", operation: "Act", status: status, code: code, message: "",
        bucketRegion: bucketRegion), retryAfter: .seconds(7), hasBody: hasBody, isSkewed: isSkewed)
  }
}
