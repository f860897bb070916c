/// How a deployment ended. A deployment that failed on the host is a result, not an error.
package enum Outcome: Sendable, Equatable {
  /// The environment is Ready, runs the label that was asked for, and is healthy.
  case deployed
  /// It failed. `reasons` are lines for people, the first cause first; `runningLabel` is what the
  /// environment runs now.
  case failed(reasons: [String], runningLabel: VersionLabel?)
  /// The time limit passed first; the deployment goes on.
  case timedOut
}
