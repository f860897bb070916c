/// How a deployment ended. A deployment that failed on the host is a result, not an error.
package enum Outcome: Sendable, Equatable {
  /// The environment is Ready, runs the label that was asked for, and is healthy.
  case deployed
  /// It failed. `reasons` are lines for people, the first cause first; `runningLabel` is what the
  /// environment runs now.
  case failed(reasons: [String], runningLabel: VersionLabel?)
  /// It was begun, and nobody waits for its end.
  case started
  /// The time limit passed first; the deployment goes on.
  case timedOut
}

/// A signal asked git-eb to stop while the host works on: what was begun goes on without it.
package struct StillGoingOn: Error, Equatable {
  package var environment: EnvironmentName

  package init(_ environment: EnvironmentName) {
    self.environment = environment
  }
}
