import FoundationEssentials
import SystemPackage

/// Two environments that change their addresses: each one's port becomes the other's.
///
/// What is to be is written down first, so that whoever takes the lock of one of them afterwards
/// finishes a swap that was cut off. Every step may be taken again.
struct LocalSwap {
  /// In the order of their names, in which their locks are taken.
  let first: LocalEnvironment
  let second: LocalEnvironment

  init(_ one: LocalEnvironment, _ other: LocalEnvironment) {
    first = one.name < other.name ? one : other
    second = one.name < other.name ? other : one
  }

  /// The ports that the environments shall have.
  private struct Journal: Codable {
    var first: UInt16
    var second: UInt16

    var reversed: Journal { Journal(first: second, second: first) }
  }

  private var path: FilePath { first.host.swap(first.name, second.name) }

  /// The swap that an environment was cut off in; `nil` when there is none.
  static func pending(of environment: LocalEnvironment) throws -> LocalSwap? {
    try named(environment, ending: ".json").first?.swap
  }

  /// Removes what was written down only halfway. A lock of the environment is held, so nobody is at
  /// it.
  static func removeDrafts(of environment: LocalEnvironment) throws {
    for (_, file) in try named(environment, ending: ".json.tmp") { try LocalStorage.remove(file) }
  }

  /// Lets them change addresses. Throws ``HostError/nothingToSwap(_:)``.
  func run(wait: Duration?, progress: (Event) -> Void) async throws -> Outcome {
    let locks = try await lock(wait: wait)
    defer { for lock in locks { lock.release() } }
    try first.step(.locked)
    for environment in [first, second] { try await environment.heal() }
    try first.step(.healed)
    let journal = Journal(first: try address(of: second), second: try address(of: first))
    try first.checkInterruption()
    say(
      .info, "Swapping CNAMEs for environments '\(first.name)' and '\(second.name)'.", to: progress)
    do {
      try write(journal)
      try first.step(.journaled)
      try await carryOut(journal)
    } catch let abandonment as LocalAbandonment {
      throw abandonment
    } catch {
      return await goBack(from: journal, error, progress: progress)
    }
    say(
      .info, "Completed swapping CNAMEs for environments '\(first.name)' and '\(second.name)'.",
      to: progress)
    return .deployed
  }

  /// Finishes a swap that was cut off. Nothing is left to do where somebody else was faster.
  func finish(wait: Duration?) async throws {
    var locks: [LocalLock] = []
    defer { for lock in locks { lock.release() } }
    for environment in [first, second] where LocalStorage.exists(environment.layout.record) {
      locks.append(try await environment.lockAlone("swapping addresses", wait: wait))
    }
    guard let bytes = try LocalStorage.read(path) else { return }
    guard let journal = try? LocalJSON.value(Journal.self, from: bytes) else {
      throw HostError.storage(operation: "understand", path: path.string, errno: 0)
    }
    try await carryOut(journal)
  }

  // MARK: - Steps

  /// Takes both locks, when no swap that was cut off is left to either of them.
  private func lock(wait: Duration?) async throws -> [LocalLock] {
    while true {
      var locks: [LocalLock] = []
      for environment in [first, second] {
        do {
          locks.append(try await environment.lockAlone("swapping addresses", wait: wait))
        } catch {
          for lock in locks { lock.release() }
          throw error
        }
      }
      let pending = try Self.pending(of: first) ?? Self.pending(of: second)
      guard let pending else { return locks }
      for lock in locks { lock.release() }
      try await pending.finish(wait: wait)
    }
  }

  private func address(of environment: LocalEnvironment) throws -> UInt16 {
    guard try environment.layout.serving()?.run.port != nil,
      let port = LocalFront.port(environment.layout)
    else { throw HostError.nothingToSwap(environment.name) }
    return port
  }

  private func write(_ journal: Journal) throws {
    try LocalStorage.makeDirectory(first.host.swaps)
    try LocalStorage.write(try LocalJSON.bytes(of: journal), to: path)
  }

  private func carryOut(_ journal: Journal) async throws {
    let present = [
      (first, journal.first, LocalStep.firstMoved), (second, journal.second, .secondMoved),
    ]
    .filter { LocalStorage.exists($0.0.layout.record) }
    // Both, before one of them takes the other's port.
    for (environment, _, _) in present { await LocalFront.stop(environment.layout) }
    try first.step(.frontsStopped)
    for (environment, port, step) in present {
      try LocalStorage.write(Array("\(port)\n".utf8), to: environment.layout.port)
      try first.step(step)
    }
    for (environment, _, _) in present where try environment.layout.serving()?.run.port != nil {
      try await environment.ensureFront()
    }
    try first.step(.frontsStarted)
    try LocalStorage.remove(path)
    try LocalStorage.sync(first.host.swaps)
    try first.step(.settled)
  }

  /// Gives both their own addresses again. Where not even that succeeds, the next operation does it.
  private func goBack(
    from journal: Journal, _ error: any Error, progress: (Event) -> Void
  ) async -> Outcome {
    var reasons = LocalEnvironment.reasons(for: error)
    do {
      try write(journal.reversed)
      try await carryOut(journal.reversed)
    } catch {
      reasons.append("the addresses could not be given back; the next operation tries that again")
    }
    for reason in reasons { say(.error, reason, to: progress) }
    say(.error, "Failed to swap CNAMEs.", to: progress)
    let running = try? first.layout.serving()?.release.version.label
    return .failed(reasons: reasons, runningLabel: running)
  }

  /// Both environments keep the event; it is passed on once.
  private func say(_ severity: Event.Severity, _ message: String, to progress: (Event) -> Void) {
    first.say(severity, message, to: progress)
    second.say(severity, message) { _ in }
  }

  /// The swaps whose file names the environment, and those files.
  private static func named(
    _ environment: LocalEnvironment, ending: String
  ) throws -> [(swap: LocalSwap, file: FilePath)] {
    try LocalStorage.names(in: environment.host.swaps).compactMap { name in
      guard name.hasSuffix(ending) else { return nil }
      let names = name.dropLast(ending.count).split(separator: "+").compactMap {
        EnvironmentName(String($0))
      }
      guard names.count == 2, names.contains(environment.name) else { return nil }
      var environments: [LocalEnvironment] = []
      for name in names {
        environments.append(
          LocalEnvironment(
            application: environment.application, name: name, host: environment.host,
            options: environment.options))
      }
      return (LocalSwap(environments[0], environments[1]), environment.host.swaps.appending(name))
    }
  }
}
