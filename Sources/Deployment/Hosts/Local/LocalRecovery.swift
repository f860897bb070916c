import SystemPackage

extension LocalHost {
  /// Takes away what operations left that were cut off, in every environment; `isDry` only looks. An
  /// environment that somebody works on is left alone.
  package func recover(isDry: Bool) async throws -> [Leftover] {
    var found: [Leftover] = []
    for environment in try recoverableEnvironments() {
      var leftover = Leftover(
        kind: .release, path: environment.layout.directory.string, outcome: .found)
      if let holder = LocalLock.holder(of: environment.layout.lock) {
        leftover.owner = holder.pid
        leftover.outcome = .inUse
        leftover.detail = "\(environment.name), \(holder.work)"
        found.append(leftover)
        continue
      }
      let names = try environment.leftovers()
      guard !names.isEmpty else { continue }
      leftover.detail = "\(environment.name): \(names.joined(separator: ", "))"
      if !isDry {
        do {
          let lock = try await environment.lock("recovering", wait: nil)
          defer { lock.release() }
          try await environment.heal()
          leftover.outcome = .removed
        } catch {
          leftover.outcome = .failed(error)
        }
      }
      found.append(leftover)
    }
    return found
  }
}

extension LocalEnvironment {
  /// What ``heal()`` would take away, in words.
  fileprivate func leftovers() throws -> [String] {
    var names: [String] = []
    let serving = try layout.currentNumber()
    let live = try serving.flatMap { try layout.readLive($0) }
    for number in try layout.releaseNumbers() {
      if number > serving ?? 0 { names.append("release \(number), which was never finished") }
      for run in (try? layout.readRelease(number))?.runs ?? [] {
        let serves = number == serving && run.generation == live?.generation
        for process in run.processes where (!serves || process.isHook) && process.isRunning {
          names.append("process \(process.pid) (\(process.name))")
        }
      }
    }
    names += try LocalStorage.names(in: layout.releases).filter {
      $0.hasSuffix(".partial") || $0.hasSuffix(".tmp")
    }
    for draft in [layout.record, layout.current]
    where LocalStorage.exists(draft.appendingToName(".tmp")) {
      names.append("\(draft.lastComponent?.string ?? "").tmp")
    }
    if let swap = try LocalSwap.pending(of: self) {
      names.append("a swap of the addresses of \(swap.first.name) and \(swap.second.name)")
    }
    return names
  }
}
