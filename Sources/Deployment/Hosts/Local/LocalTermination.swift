import FoundationEssentials
import SystemPackage

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
    try LocalStorage.makeDirectory(trash)
    let grave = trash.appending("\(environment.name)-\(UUID().uuidString)")
    try LocalStorage.move(layout.directory, to: grave)
    FileSystem.removeTree(grave)
  }
}
