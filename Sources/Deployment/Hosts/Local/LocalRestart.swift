import FoundationEssentials
import SystemPackage

extension LocalEnvironment {
  /// Sets variables of an environment that runs nothing yet: its first deployment finds them.
  func prepareVariables(_ changes: [String: String?], progress: (Event) -> Void) throws {
    guard var record = try layout.readRecord() else { throw HostError.noSuchEnvironment(name) }
    say(.info, "Environment update is starting.", to: progress)
    var variables = record.variables ?? [:]
    for (name, value) in changes { variables[name] = value }
    record.variables = variables
    try layout.write(record)
    say(.info, "Environment update completed successfully.", to: progress)
  }
}

/// Starts the processes of the release that serves once more, whose environment's lock is held.
///
/// As in a deployment, the new ones start beside the old; renaming the release's `.live` file is
/// the switch.
struct LocalRestart {
  let environment: LocalEnvironment
  /// To set, or to remove with `nil`, for the new processes.
  let changes: [String: String?]
  let timeout: Duration

  private var layout: LocalEnvironmentLayout { environment.layout }

  func run(progress: (Event) -> Void) async throws -> Outcome {
    try environment.step(.locked)
    try await environment.heal()
    try environment.step(.healed)
    guard let (release, old) = try layout.serving() else {
      throw HostError.nothingDeployed(environment.name)
    }
    let label = release.version.label
    func say(_ severity: Event.Severity, _ message: String) {
      environment.say(severity, message, label: label, to: progress)
    }
    say(
      .info,
      changes.isEmpty ? "restartAppServer is starting." : "Environment update is starting.")
    var launch: LocalLaunch?
    do {
      try LocalLogs.rotate(layout.logs)
      LocalLogs.noteSizes(of: layout.logs, at: layout.logSizes)
      launch = try LocalLaunch(
        environment, release: release, variables: variables(over: old.variables),
        deadline: ContinuousClock().now + timeout, timeout: timeout)
      try environment.step(.recorded)
      try launch?.start()
      try await launch?.waitUntilHealthy(say: say)
      try environment.step(.healthy)
      if launch?.live.port != nil { try await environment.ensureFront() }
      try environment.step(.fronted)
      try environment.checkInterruption()
      if let launch { try layout.write(launch.live, of: release.number) }
    } catch let abandonment as LocalAbandonment {
      throw abandonment
    } catch {
      return try await fail(error, release, old, launch, say: say)
    }
    try environment.step(.switched)
    if !old.processes.isEmpty {
      await LocalProcesses.pause(environment.options.drain)
      let stuck = await LocalProcesses.stop(old.marked, grace: environment.options.grace)
      try environment.step(.oldStopped)
      if stuck.isEmpty { try? launch?.forgetOtherRuns() }
    } else {
      try? launch?.forgetOtherRuns()
    }
    say(
      .info,
      changes.isEmpty
        ? "restartAppServer completed successfully." : "Environment update completed successfully.")
    return .deployed
  }

  private func variables(over old: [String: String]) -> [String: String] {
    var variables = old
    for (name, value) in changes { variables[name] = value }
    return variables
  }

  private func fail(
    _ error: any Error, _ release: LocalRelease, _ old: LocalRun, _ launch: LocalLaunch?,
    say: (Event.Severity, String) -> Void
  ) async throws -> Outcome {
    if let launch, (try? layout.readLive(release.number)) == launch.live {
      // The rename happened, though its directory could not be synced: the new processes serve.
      say(.warn, LocalEnvironment.reasons(for: error).first ?? "\(error)")
      return .deployed
    }
    if let launch {
      await LocalProcesses.stop(launch.processes, grace: environment.options.grace)
      var release = release
      release.runs = [old]
      try? layout.write(release)
    }
    if error is CancellationError {
      say(.warn, "The restart was interrupted; the processes that served before go on.")
      throw error
    }
    let reasons = LocalEnvironment.reasons(for: error)
    if let first = reasons.first { say(.error, first) }
    say(.error, "The new processes did not start; those that served before were left as they were.")
    return .failed(reasons: reasons, runningLabel: release.version.label)
  }
}
