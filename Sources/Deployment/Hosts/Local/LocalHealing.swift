import FoundationEssentials
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension LocalEnvironment {
  /// Takes away what an operation left that was cut off: everything that does not serve.
  func heal() async throws {
    try removeDrafts()
    let serving = try layout.currentNumber()
    let live = try serving.flatMap { try layout.readLive($0) }
    var leftovers: [(process: LocalProcess, mark: String)] = []
    var mended: [LocalRelease] = []
    for number in try layout.releaseNumbers() {
      guard var release = try? layout.readRelease(number) else { continue }
      let before = release.runs
      release.runs = before.compactMap { run in
        var run = run
        let serves = number == serving && run.generation == live?.generation
        let stopped = run.processes.filter { !serves || $0.isHook }
        leftovers += stopped.map { ($0, run.mark) }
        run.processes.removeAll { !serves || $0.isHook }
        return serves ? run : nil
      }
      if before.map(\.processes) != release.runs.map(\.processes) { mended.append(release) }
    }
    let stuck = await LocalProcesses.stop(leftovers, grace: options.grace)
    guard stuck.isEmpty else {
      throw LocalFailure("an earlier process could not be ended: \(stuck.joined(separator: ", "))")
    }
    for release in mended { try layout.write(release) }
    // A newer release than the one that serves was never finished.
    for number in try layout.releaseNumbers() where number > serving ?? 0 { removeRelease(number) }
  }

  /// Removes a release that does not serve.
  func removeRelease(_ number: Int) {
    // Out of the way in one step, so that no half of a release is ever taken for one.
    let partial = layout.partial(number)
    if LocalStorage.exists(layout.release(number)) {
      FileSystem.removeTree(partial)
      try? LocalStorage.move(layout.release(number), to: partial)
    }
    try? LocalStorage.remove(layout.live(number))
    try? LocalStorage.remove(layout.releaseRecord(number))
    FileSystem.removeTree(partial)
  }

  /// Removes the oldest releases beyond those that are kept.
  func prune() throws {
    guard let serving = try layout.currentNumber() else { return }
    let older = try layout.releaseNumbers().filter { $0 < serving }
    for number in older.dropLast(max(0, options.keptReleases - 1)) { removeRelease(number) }
  }

  private func removeDrafts() throws {
    for name in try LocalStorage.names(in: layout.releases) {
      if name.hasSuffix(".partial") { FileSystem.removeTree(layout.releases.appending(name)) }
      if name.hasSuffix(".tmp") { try LocalStorage.remove(layout.releases.appending(name)) }
    }
    for draft in [layout.record, layout.current] {
      try LocalStorage.remove(draft.appendingToName(".tmp"))
    }
    try LocalStorage.remove(layout.current.appendingToName(".previous"))
    try LocalSwap.removeDrafts(of: self)
  }
}
