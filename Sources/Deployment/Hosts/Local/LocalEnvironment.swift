import CPlatform
import FoundationEssentials
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One environment of the local host. Whatever changes it holds its lock.
struct LocalEnvironment: Sendable {
  let application: ApplicationName
  let name: EnvironmentName
  /// Of the whole host.
  let host: LocalLayout
  let options: LocalHostOptions

  var layout: LocalEnvironmentLayout { host.environment(name) }

  /// Takes the environment's lock. `makingIt` makes the directories of one that is not there, else
  /// that is ``HostError/noSuchEnvironment(_:)``. `nil` for `wait` refuses at once when it is busy.
  /// `label` is the version that it is taken for.
  ///
  /// A swap of addresses that was cut off is finished before.
  func lock(
    _ work: String, status: EnvironmentDescription.Status = .updating,
    label: VersionLabel? = nil, makingIt: Bool = false, wait: Duration?
  ) async throws -> LocalLock {
    while true {
      let lock = try await lockAlone(
        work, status: status, label: label, makingIt: makingIt, wait: wait)
      guard let swap = try LocalSwap.pending(of: self) else { return lock }
      // It needs both locks, which are taken in the order of names.
      lock.release()
      try await swap.finish(wait: wait)
    }
  }

  /// Takes the lock and leaves a swap that was cut off as it is.
  func lockAlone(
    _ work: String, status: EnvironmentDescription.Status = .updating,
    label: VersionLabel? = nil, makingIt: Bool = false, wait: Duration?
  ) async throws -> LocalLock {
    let clock = ContinuousClock()
    // Whoever only looks at the lock has it for an instant: so "at once" is not the first refusal.
    let deadline = clock.now + max(wait ?? .zero, .milliseconds(100))
    while true {
      if makingIt {
        for directory in [layout.releases, layout.logs, layout.run] {
          try LocalStorage.makeDirectory(directory)
        }
      } else if !LocalStorage.exists(layout.record) {
        throw HostError.noSuchEnvironment(name)
      }
      if let lock = try LocalLock.take(layout.lock) {
        lock.describe(
          .init(
            pid: getpid(), work: work, status: status.rawValue,
            process: ProcessIdentity.current.text, label: label?.text))
        return lock
      }
      guard clock.now < deadline else {
        let holder = LocalLock.holder(of: layout.lock)?.text
        throw wait == nil
          ? HostError.busy(name: name, holder: holder)
          : .gaveUpWaiting(name: name, holder: holder)
      }
      try checkInterruption()
      try await Task.sleep(for: .milliseconds(wait == nil ? 10 : 50))
    }
  }

  /// Stores an event and passes it on.
  func say(
    _ severity: Event.Severity, _ message: String, label: VersionLabel? = nil,
    to progress: (Event) -> Void
  ) {
    let event = Event(
      date: LocalJSON.stored(options.now()), severity: severity, message: message,
      versionLabel: label?.text)
    LocalEvents(path: layout.events).append(event)
    progress(event)
  }

  func step(_ step: LocalStep) throws { try options.faultPoint?(step) }

  func checkInterruption() throws {
    try Task.checkCancellation()
    if options.isInterrupted() { throw CancellationError() }
  }

  /// Makes sure that the environment's front runs.
  func ensureFront() async throws {
    guard LocalFront.running(layout) == nil else { return }
    var front: LocalProcess?
    if let start = options.startFront {
      try start(layout.directory)
    } else {
      let program = LocalProgram(
        path: options.executable.string,
        arguments: [options.executable.string, "local-front", layout.directory.string],
        environment: baseVariables, directory: "/", log: "/dev/null")
      let waiting = try WaitingProcess(program)
      front = waiting.record(name: "front", isHook: false)
      if let error = waiting.run() {
        throw LocalFailure("the front could not be started: \(Self.text(of: error))")
      }
    }
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(10)
    while LocalFront.running(layout) == nil {
      if let front, let ending = LocalProcesses.ending(of: front), ending != .exited(0) {
        throw LocalFailure("the front, which holds the environment's port, \(ending.text)")
      }
      guard clock.now < deadline else {
        throw LocalFailure("the front, which holds the environment's port, did not start")
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// The few variables that a process takes over from git-eb's own.
  var baseVariables: [String: String] {
    let names = [
      "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR",
    ]
    var variables = options.environment.filter { names.contains($0.key) }
    if variables["PATH"] == nil { variables["PATH"] = "/usr/local/bin:/usr/bin:/bin" }
    return variables
  }

  /// The system's words for an error number.
  static func text(of error: Int32) -> String { unsafe String(cString: strerror(error)) }

  /// What to tell people of an error, the first cause first.
  static func reasons(for error: any Error) -> [String] {
    switch error {
    case let failure as LocalFailure: failure.reasons
    case HostError.storage(let operation, let path, let errno):
      ["could not \(operation) '\(path)'" + (errno == 0 ? "" : ": \(text(of: errno))")]
    case HostError.badBundle(let reason): ["the source bundle cannot be used: \(reason)"]
    default: ["\(error)"]
    }
  }
}

extension Duration {
  /// Such as `60 s` or `0.5 s`, for people.
  var seconds: String {
    let (seconds, attoseconds) = components
    let tenths = attoseconds / 100_000_000_000_000_000
    return tenths == 0 ? "\(seconds) s" : "\(seconds).\(tenths) s"
  }
}
