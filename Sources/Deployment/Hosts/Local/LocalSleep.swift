import SystemPackage

extension LocalEnvironmentLayout {
  /// Says which run was put to sleep: see ``isAsleep``.
  private var sleeper: FilePath { directory.appending("asleep") }

  /// Whether what would serve was put to sleep. Whatever is deployed or started afterwards is another
  /// run, so that nobody has to take the file away.
  var isAsleep: Bool {
    guard let bytes = (try? LocalStorage.read(sleeper, limit: 64)) ?? nil,
      let number = (try? currentNumber()) ?? nil, let live = (try? readLive(number)) ?? nil
    else { return false }
    return bytes == Self.sleeper(number, live)
  }

  fileprivate func putToSleep(_ number: Int, _ live: LiveRun) throws(HostError) {
    try LocalStorage.write(Self.sleeper(number, live), to: sleeper)
  }

  private static func sleeper(_ number: Int, _ live: LiveRun) -> [UInt8] {
    Array("\(number) \(live.generation)\n".utf8)
  }
}

/// Ends the processes of what serves, and keeps what is needed to start them again; the
/// environment's lock is held.
struct LocalSleep {
  let environment: LocalEnvironment

  private var layout: LocalEnvironmentLayout { environment.layout }

  func run(progress: (Event) -> Void) async throws -> Outcome {
    try await environment.heal()
    guard var (release, run) = try layout.serving() else {
      throw HostError.nothingDeployed(environment.name)
    }
    let label = release.version.label
    if layout.isAsleep, run.processes.isEmpty { return .deployed }
    environment.say(.info, "Environment is going to sleep.", label: label, to: progress)
    // Before the processes end: the port may be somebody else's right afterwards.
    let live = LiveRun(generation: run.generation, port: nil)
    try layout.putToSleep(release.number, live)
    try layout.write(live, of: release.number)
    await LocalProcesses.pause(environment.options.drain)
    let stuck = await LocalProcesses.stop(run.marked, grace: environment.options.grace)
    guard stuck.isEmpty else {
      return .failed(
        reasons: ["could not end \(stuck.joined(separator: ", "))"], runningLabel: label)
    }
    run.processes = []
    release.runs = [run]
    try layout.write(release)
    environment.say(.info, "Environment is asleep.", label: label, to: progress)
    return .deployed
  }
}
