import CPlatform
import FoundationEssentials
import SystemPackage
import Zip

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Puts one version into an environment, whose lock is held.
///
/// The new processes start beside the old ones; renaming `current` is the only step that changes
/// what serves, and it is taken when the new ones have answered. Whatever ends this before then
/// leaves the old release as it was.
struct LocalDeployment {
  let environment: LocalEnvironment
  let request: DeploymentRequest
  let version: ApplicationVersion
  let bundle: FilePath
  let kind: Kind

  /// What it is, as far as its events tell.
  enum Kind {
    case creation
    case update
    case rebuild
  }

  private var layout: LocalEnvironmentLayout { environment.layout }

  func run(progress: (Event) -> Void) async throws -> Outcome {
    let deadline = ContinuousClock().now + request.timeout
    let label = version.label
    func say(_ severity: Event.Severity, _ message: String) {
      environment.say(severity, message, label: label, to: progress)
    }
    say(.info, kind.start)
    var previous: (release: LocalRelease, run: LocalRun)?
    var attempt = Attempt()
    do {
      try environment.step(.locked)
      try await environment.heal()
      try environment.step(.healed)
      previous = try layout.serving()
      try await start(&attempt, over: previous?.run, deadline: deadline, say: say)
      try await serve(&attempt, say: say)
    } catch let abandonment as LocalAbandonment {
      throw abandonment
    } catch {
      return try await fail(error, attempt, say: say)
    }
    try await finish(previous, say: say)
    return .deployed
  }

  /// What there is to undo.
  private struct Attempt {
    var number: Int?
    var launch: LocalLaunch?
    /// `current` leads to the new release.
    var isSwitched = false
    /// Where `current` led before.
    var previous: Int?
  }

  /// Unpacks the version and starts its processes, up to their health.
  private func start(
    _ attempt: inout Attempt, over previous: LocalRun?, deadline: ContinuousClock.Instant,
    say: (Event.Severity, String) -> Void
  ) async throws {
    try LocalLogs.rotate(layout.logs)
    LocalLogs.noteSizes(of: layout.logs, at: layout.logSizes)
    attempt.previous = try layout.currentNumber()
    let number = (try layout.releaseNumbers().last ?? 0) + 1
    attempt.number = number
    try await unpack(number)
    try environment.checkInterruption()
    let old = try previous?.variables ?? layout.readRecord()?.variables ?? [:]
    let variables = old.merging(request.variables) { $1 }
    let release = LocalRelease(number: number, version: version, created: environment.options.now())
    attempt.launch = try LocalLaunch(
      environment, release: release, variables: variables, deadline: deadline,
      timeout: request.timeout)
    try environment.step(.recorded)
    for phase in ["prebuild", "predeploy"] {
      try await attempt.launch?.runHooks(phase) { say(.info, "Running hook \($0).") }
    }
    try environment.step(.prepared)
    try attempt.launch?.start()
    try await attempt.launch?.waitUntilHealthy(say: say)
    try environment.step(.healthy)
  }

  /// Lets the new processes serve.
  private func serve(_ attempt: inout Attempt, say: (Event.Severity, String) -> Void) async throws {
    guard let launch = attempt.launch else { return }
    let number = launch.release.number
    try layout.write(launch.live, of: number)
    try environment.step(.live)
    if launch.live.port != nil { try await environment.ensureFront() }
    try environment.step(.fronted)
    try environment.checkInterruption()
    if let previous = attempt.previous {
      // Made beforehand, so that going back needs no space on a full disk.
      try LocalStorage.pointLink(
        wayBack, to: LocalEnvironmentLayout.target(previous))
    }
    // Said before it is done: a rename whose directory cannot be synced has still happened.
    attempt.isSwitched = true
    try LocalStorage.pointLink(layout.current, to: LocalEnvironmentLayout.target(number))
    try environment.step(.switched)
    try await attempt.launch?.runHooks("postdeploy") { say(.info, "Running hook \($0).") }
    try environment.step(.postdeployed)
  }

  /// The new release serves; what it replaced goes.
  private func finish(
    _ previous: (release: LocalRelease, run: LocalRun)?, say: (Event.Severity, String) -> Void
  ) async throws {
    do {
      // First what needs no space on a full disk.
      try LocalStorage.remove(wayBack)
      if let previous, !previous.run.processes.isEmpty {
        await LocalProcesses.pause(environment.options.drain)
        let stuck = await LocalProcesses.stop(previous.run.marked, grace: environment.options.grace)
        if !stuck.isEmpty {
          say(.warn, "Old processes could not be ended: \(stuck.joined(separator: ", ")).")
        }
        try environment.step(.oldStopped)
        if stuck.isEmpty {
          var release = previous.release
          release.runs = []
          try layout.write(release)
        }
      }
      try environment.prune()
      try environment.step(.pruned)
    } catch let abandonment as LocalAbandonment {
      throw abandonment
    } catch {
      // The version is deployed. The next operation takes away what is left.
      let reason = LocalEnvironment.reasons(for: error).first ?? "\(error)"
      say(.warn, "Cleaning up after the deployment failed: \(reason).")
    }
    say(.info, "New application version was deployed.")
    say(.info, kind.end(of: environment.name))
  }

  /// Puts everything back, also in a task that is cancelled.
  private func fail(
    _ error: any Error, _ attempt: Attempt, say: (Event.Severity, String) -> Void
  ) async throws -> Outcome {
    var reasons = LocalEnvironment.reasons(for: error)
    if attempt.isSwitched, !goBack(from: attempt) {
      // Both releases go on, and the new one serves: better than none.
      reasons.append("the previous release could not be put back")
    } else {
      if attempt.isSwitched { await LocalProcesses.pause(environment.options.drain) }
      if let launch = attempt.launch {
        await LocalProcesses.stop(launch.processes, grace: environment.options.grace)
      }
      if let number = attempt.number { environment.removeRelease(number) }
    }
    if error is CancellationError {
      say(.warn, "The deployment was interrupted; nothing was changed.")
      throw error
    }
    if let first = reasons.first { say(.error, first) }
    say(.error, "Failed to deploy application.")
    let running = try? layout.serving()?.release.version.label
    return .failed(reasons: reasons, runningLabel: running)
  }

  /// Lets `current` lead where it led before. `false` when that is not possible.
  private func goBack(from attempt: Attempt) -> Bool {
    guard (try? layout.currentNumber()) != attempt.previous else { return true }
    do {
      if attempt.previous == nil {
        try LocalStorage.remove(layout.current)
      } else {
        try LocalStorage.move(wayBack, to: layout.current)
      }
    } catch {
      return (try? layout.currentNumber()) == attempt.previous
    }
    return true
  }

  private var wayBack: FilePath { layout.current.appendingToName(".previous") }

  private func unpack(_ number: Int) async throws {
    let partial = layout.partial(number)
    try LocalStorage.makeDirectory(partial)
    try environment.step(.unpacking)
    let source = bundle.string
    let target = partial.string
    do {
      try await Threads.run { try ZipReader(path: source).extract(to: target) }
    } catch let error as ZipError {
      throw LocalVersions.failure(error)
    }
    let descriptor = unsafe open(target, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw LocalStorage.failure("open", partial) }
    defer { close(descriptor) }
    // Thousands of files at once; one by one it would take minutes on a hard disk.
    guard platform_sync_filesystem(descriptor) == 0 else {
      throw LocalStorage.failure("sync", partial)
    }
    try LocalStorage.move(partial, to: layout.release(number))
    try environment.step(.unpacked)
  }
}

extension LocalDeployment.Kind {
  fileprivate var start: String {
    switch self {
    case .creation: "createEnvironment is starting."
    case .update: "Environment update is starting."
    case .rebuild: "rebuildEnvironment is starting."
    }
  }

  fileprivate func end(of name: EnvironmentName) -> String {
    switch self {
    case .creation, .rebuild: "Successfully launched environment: \(name)."
    case .update: "Environment update completed successfully."
    }
  }
}
