import FoundationEssentials
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Stops an environment and removes it; its lock is held.
struct LocalTermination {
  let environment: LocalEnvironment
  /// Where terminated environments lie until they are removed.
  let trash: FilePath

  private var layout: LocalEnvironmentLayout { environment.layout }

  func run(progress: (Event) -> Void) async throws {
    environment.say(.info, "terminateEnvironment is starting.", to: progress)
    var processes: [(process: LocalProcess, mark: String)] = []
    for number in try layout.releaseNumbers() {
      guard let release = try? layout.readRelease(number) else { continue }
      processes += release.runs.flatMap(\.marked)
    }
    let stuck = await LocalProcesses.stop(processes, grace: environment.options.grace)
    guard stuck.isEmpty else {
      throw LocalFailure("could not end \(stuck.joined(separator: ", "))")
    }
    await LocalFront.stop(layout)
    environment.say(.info, "terminateEnvironment completed successfully.", to: progress)
    // Gone in one step; whatever of it cannot be removed now is removed by a later operation.
    let grave = trash.appending("\(environment.name)-\(UUID().uuidString)")
    try bury(at: grave)
    FileSystem.removeTree(grave)
  }

  /// How often the trash may be swept away under a move.
  private static let attempts = 10

  /// Others terminate environments at the same time, and sweep the trash when they are done.
  private func bury(at grave: FilePath) throws {
    for attempt in 1...Self.attempts {
      try LocalStorage.makeDirectory(trash)
      do {
        try LocalStorage.move(layout.directory, to: grave)
        return
      } catch let error {
        guard case .storage(_, _, let number) = error, number == ENOENT else { throw error }
        // It was swept after the move.
        if !LocalStorage.exists(layout.directory) { return }
        if attempt == Self.attempts { throw error }
      }
    }
  }
}
