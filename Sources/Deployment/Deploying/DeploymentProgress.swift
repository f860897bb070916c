/// Decides from what is seen of an environment whether an operation on it goes on, and how it ended.
///
/// Pure: it takes what was seen and the time, and answers with the next step. It looks at status,
/// health, label and the severity of events; never at an event's words.
package struct DeploymentProgress: Sendable {
  /// What the operation is to lead to.
  package enum Goal: Sendable, Equatable {
    /// The environment is Ready, healthy, and runs this version.
    case runs(VersionLabel)
    /// It is Ready and healthy, whatever it runs.
    case ready
    /// It is Ready, whatever state it is in and whatever events say.
    case settled
    /// It is gone.
    case gone
  }

  /// One look at the environment.
  package struct Sight: Sendable, Equatable {
    /// `nil` when there is no such environment (any more).
    package var status: EnvironmentDescription.Status?
    package var health: EnvironmentDescription.Health
    package var label: VersionLabel?
    /// Whether an event of this operation has been seen at all.
    package var hasEvents: Bool
    /// Whether one of them was an error.
    package var hasErrors: Bool

    package init(
      status: EnvironmentDescription.Status?, health: EnvironmentDescription.Health,
      label: VersionLabel?, hasEvents: Bool, hasErrors: Bool
    ) {
      self.status = status
      self.health = health
      self.label = label
      self.hasEvents = hasEvents
      self.hasErrors = hasErrors
    }
  }

  /// How it ended.
  package enum Verdict: Sendable, Equatable {
    case done
    case failed(Reason)
    case timedOut
  }

  package enum Reason: Sendable, Equatable {
    /// Events of the operation say errors.
    case errors
    /// The environment runs another version than it was told to.
    case otherVersion
    /// It stays red.
    case red
    /// It is gone, or going.
    case gone
  }

  package enum Step: Sendable, Equatable {
    case look(after: Duration)
    case end(Verdict)
  }

  /// How often to look.
  package struct Pace: Sendable, Equatable {
    /// Before the second look; every further wait is longer, up to ``longest``.
    package var first: Duration
    package var longest: Duration
    /// When the service asks for less.
    package var throttled: Duration
    /// So long a red environment that is Ready may take to turn: health follows the instances by
    /// some seconds.
    package var settling: Duration
    /// So long the service may take until it shows that it has begun.
    package var beginning: Duration

    package init(
      first: Duration, longest: Duration, throttled: Duration, settling: Duration,
      beginning: Duration
    ) {
      self.first = first
      self.longest = longest
      self.throttled = throttled
      self.settling = settling
      self.beginning = beginning
    }

    /// The EB CLI looks every five seconds; what is over sooner is seen sooner.
    package static let standard = Pace(
      first: .milliseconds(500), longest: .seconds(5), throttled: .seconds(20),
      settling: .seconds(15), beginning: .seconds(30))
  }

  private let goal: Goal
  private let timeout: Duration
  private let pace: Pace
  private var wait: Duration
  private var hasBegun = false
  private var readySince: Duration?

  package init(_ goal: Goal, timeout: Duration, pace: Pace = .standard) {
    self.goal = goal
    self.timeout = timeout
    self.pace = pace
    wait = pace.first
  }

  /// The next step after a look at `elapsed` since the operation was asked for; `nil` when the look
  /// failed, `wasThrottled` when that was for asking too often.
  package mutating func next(
    _ sight: Sight?, at elapsed: Duration, wasThrottled: Bool = false
  ) -> Step {
    if let sight, let verdict = verdict(sight, at: elapsed) { return .end(verdict) }
    if elapsed >= timeout { return .end(.timedOut) }
    if wasThrottled {
      wait = min(max(wait * 2, .seconds(1)), pace.throttled)
    } else if sight != nil {
      defer { wait = min(wait * 3 / 2, max(pace.longest, pace.first)) }
      return .look(after: min(wait, timeout - elapsed))
    }
    return .look(after: min(wait, timeout - elapsed))
  }

  private mutating func verdict(_ sight: Sight, at elapsed: Duration) -> Verdict? {
    guard let status = sight.status else {
      return goal == .gone ? .done : .failed(.gone)
    }
    switch status {
    case .terminated: return goal == .gone ? .done : .failed(.gone)
    case .terminating:
      hasBegun = true
      return goal == .gone ? nil : .failed(.gone)
    case .launching, .updating:
      hasBegun = true
      readySince = nil
      return nil
    case .ready:
      if sight.hasEvents { hasBegun = true }
      // What was asked for a moment ago need not show yet.
      guard hasBegun || elapsed >= pace.beginning else { return nil }
    }
    if goal == .settled { return .done }
    if sight.hasErrors { return .failed(.errors) }
    switch goal {
    case .gone: return .failed(.errors)
    case .runs(let label) where sight.label != label: return .failed(.otherVersion)
    case .runs, .ready, .settled: break
    }
    switch sight.health {
    case .green: return .done
    case .red:
      let since = readySince ?? elapsed
      readySince = since
      return elapsed - since >= pace.settling ? .failed(.red) : nil
    case .yellow, .grey:
      readySince = nil
      return nil
    }
  }
}
