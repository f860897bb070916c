/// Whether and when a request that failed is sent again. Pure: a value is asked, nothing is done.
///
/// Modelled on botocore's "standard" mode: exponential waits with full jitter, and a bucket of
/// tokens that keeps a service which fails for all from being asked again and again.
package struct RetryPolicy: Sendable, Equatable {
  /// How often a request is sent at most; throttled answers do not count (see ``patience``).
  package var attempts: Int
  /// The longest first wait; each further one may be twice as long.
  package var base: Duration
  /// The same after a throttled answer.
  package var throttledBase: Duration
  /// The longest wait of all, also where the service names a time.
  package var cap: Duration
  /// How long a request waits in all while it is throttled, before that is an error.
  package var patience: Duration
  /// What the bucket of tokens holds, in the units of ``cost(of:)``.
  package var capacity: Int

  package init(
    attempts: Int, base: Duration, throttledBase: Duration, cap: Duration, patience: Duration,
    capacity: Int = 500
  ) {
    self.attempts = attempts
    self.base = base
    self.throttledBase = throttledBase
    self.cap = cap
    self.patience = patience
    self.capacity = capacity
  }

  /// For requests that somebody waits for.
  package static let standard = RetryPolicy(
    attempts: 5, base: .milliseconds(250), throttledBase: .seconds(1), cap: .seconds(20),
    patience: .seconds(120))

  /// For what cleans up after an interruption: few attempts, and soon over.
  package var hurried: RetryPolicy {
    var policy = self
    policy.attempts = min(attempts, 3)
    policy.base = min(base, .milliseconds(100))
    policy.throttledBase = min(throttledBase, .milliseconds(500))
    policy.cap = min(cap, .seconds(2))
    policy.patience = min(patience, .seconds(5))
    policy.capacity = min(capacity, 50)
    return policy
  }

  /// What a failure means for sending again.
  package enum Failure: Sendable, Equatable {
    /// It cannot have reached the service.
    case unreached
    /// It may have taken effect, though there is no good answer: a connection that broke, a time
    /// limit, an answer cut short, a status of 500 and above.
    case uncertain(retryAfter: Duration?)
    /// The service did not look at it because there is too much to do.
    case throttled(retryAfter: Duration?)
    /// The service takes the credentials for expired.
    case expired
    /// The service's clock and ours differ by more than signatures allow.
    case skewed
    /// Sending it again would give the same.
    case final
  }

  /// What was tried of one request so far.
  package struct History: Sendable, Equatable {
    /// How often it was sent and failed, throttled answers apart.
    package var failures = 0
    package var throttled = 0
    /// How long it was waited for in all because of throttling.
    package var waited: Duration = .zero
    package var hasRenewed = false
    package var hasCorrected = false

    package init() {}
  }

  package enum Decision: Sendable, Equatable {
    case wait(Duration)
    /// At once, with credentials looked up anew.
    case renew
    /// At once, at the service's time.
    case correct
    case giveUp
  }

  /// The next step after a failure.
  ///
  /// - Parameters:
  ///   - history: without this failure; it is noted.
  ///   - isRepeatable: whether sending it again is harmless where it may have taken effect.
  ///   - tokens: what the bucket holds; what the decision costs is taken.
  ///   - jitter: from 0 to 1, drawn anew for each decision.
  package func decide(
    after failure: Failure, _ history: inout History, isRepeatable: Bool, tokens: inout Int,
    jitter: Double
  ) -> Decision {
    switch failure {
    case .final: return .giveUp
    case .expired:
      defer { history.hasRenewed = true }
      return history.hasRenewed ? .giveUp : .renew
    case .skewed:
      defer { history.hasCorrected = true }
      return history.hasCorrected ? .giveUp : .correct
    case .throttled(let retryAfter):
      let wait = wait(
        throttledBase, doubled: history.throttled, atLeast: retryAfter, jitter: jitter)
      history.throttled += 1
      guard history.waited + wait <= patience, take(failure, &tokens) else { return .giveUp }
      history.waited += wait
      return .wait(wait)
    case .unreached, .uncertain(_):
      if case .uncertain(_) = failure, !isRepeatable { return .giveUp }
      history.failures += 1
      guard history.failures < attempts, take(failure, &tokens) else { return .giveUp }
      var retryAfter: Duration?
      if case .uncertain(let time) = failure { retryAfter = time }
      return .wait(
        wait(base, doubled: history.failures - 1, atLeast: retryAfter, jitter: jitter))
    }
  }

  /// What an attempt after this failure takes from the bucket: 5, and 10 where there was no
  /// connection. botocore's `RetryQuotaChecker` has the same amounts, the larger for time limits.
  package func cost(of failure: Failure) -> Int {
    switch failure {
    case .unreached: 10
    case .uncertain, .throttled: 5
    case .expired, .skewed, .final: 0
    }
  }

  /// What a success gives back: what its last attempt took, or 1 for one at the first.
  package func refund(_ last: Failure?, tokens: inout Int) {
    tokens = min(capacity, tokens + max(1, last.map { cost(of: $0) } ?? 1))
  }

  private func take(_ failure: Failure, _ tokens: inout Int) -> Bool {
    let cost = cost(of: failure)
    guard tokens >= cost else { return false }
    tokens -= cost
    return true
  }

  /// Full jitter: anything from nothing to the exponential limit. A time that the service asks for is
  /// kept, within the cap.
  private func wait(
    _ base: Duration, doubled: Int, atLeast: Duration?, jitter: Double
  ) -> Duration {
    var limit = base
    for _ in 0..<min(doubled, 16) where limit < cap { limit = limit * 2 }
    let drawn = min(limit, cap) * min(max(jitter, 0), 1)
    return max(drawn, min(atLeast ?? .zero, cap))
  }
}
