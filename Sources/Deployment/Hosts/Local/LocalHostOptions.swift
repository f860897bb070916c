package import FoundationEssentials
package import SystemPackage

/// How the local host works, beside where.
package struct LocalHostOptions: Sendable {
  /// Whether a bundle's `.platform/hooks` are run.
  package var hooks: Bool
  /// The path that must answer 200; `nil` takes the bundle's own setting, and then "/".
  package var healthPath: String?
  /// git-eb itself, absolute: it is started as `git-eb local-front <directory>`.
  package var executable: FilePath
  /// How many releases stay unpacked, the one that serves among them.
  package var keptReleases: Int
  /// How long a process may take to end after SIGTERM.
  package var grace: Duration = .seconds(10)
  /// How long the old processes go on after the switch, for the connections they have.
  package var drain: Duration = .milliseconds(200)
  /// How long processes must run that have no port to be asked on.
  package var settling: Duration = .seconds(1)
  /// The variables that the few common ones of a process are taken from.
  package var environment: [String: String] = ProcessEnvironment.current()
  package var now: @Sendable () -> Date = { Date() }
  /// Asked during waits; `true` ends the operation with `CancellationError`.
  package var isInterrupted: @Sendable () -> Bool = { false }
  /// Called at every step of a deployment, for tests: what it throws fails that step.
  package var faultPoint: (@Sendable (LocalStep) throws -> Void)?
  /// Starts the front of the environment in this directory in another way, for tests.
  package var startFront: (@Sendable (FilePath) throws -> Void)?

  package init(
    hooks: Bool = false, healthPath: String? = nil, executable: FilePath, keptReleases: Int = 3
  ) {
    self.hooks = hooks
    self.healthPath = healthPath
    self.executable = executable
    self.keptReleases = keptReleases
  }
}

/// The steps of an operation between which it can be cut off. Those of a deployment or a restart
/// come first, in their order.
package enum LocalStep: String, Sendable, CaseIterable {
  case locked, healed, unpacking, unpacked, recorded, prepared
  case spawned, processRecorded, processStarted, healthy
  case live, fronted, switched, postdeployed, oldStopped, pruned
  // Of a swap of addresses.
  case journaled, frontsStopped, firstMoved, secondMoved, frontsStarted, settled
  // Of taking back a version.
  case unrecorded

  /// Those of a deployment, in their order.
  package static let ofDeployment = allCases.prefix { $0 != .journaled }
  /// Those of a swap, in their order.
  package static let ofSwap: [LocalStep] = [
    .locked, .healed, .journaled, .frontsStopped, .firstMoved, .secondMoved, .frontsStarted,
    .settled,
  ]
}

/// Thrown by a fault point to stop where a kill would: nothing is cleaned up.
package struct LocalAbandonment: Error {
  package init() {}
}
