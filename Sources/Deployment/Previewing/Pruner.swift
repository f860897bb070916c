/// Carries out what was decided about previews. Every step looks first whether it is done, so that
/// it may be cut off anywhere, and several may be at it at once.
package struct Pruner: Sendable {
  /// How many environments are worked on at once.
  private static let width = 4

  /// What became of a preview that was to go or to sleep.
  package enum Ending: Sendable {
    case terminated
    /// Somebody else has terminated it.
    case gone
    case asleep
    /// It cannot be put to sleep, or runs nothing that could.
    case awake
    /// Something was deployed to it, or it was made anew, since it was looked at: it stays.
    case changed
    /// Something is being done to it: it stays. By whom, for people, where that is known.
    case busy(String?)
    case failed(any Error)
  }

  package struct Result: Sendable {
    package var decision: Reconciliation.Decision
    package var ending: Ending
  }

  private let host: any Host
  /// How long an environment is waited for that somebody else terminates.
  private let timeout: Duration
  private let isInterrupted: @Sendable () -> Bool

  package init(
    _ host: any Host, timeout: Duration, isInterrupted: @escaping @Sendable () -> Bool
  ) {
    self.host = host
    self.timeout = timeout
    self.isInterrupted = isInterrupted
  }

  /// Terminates, and puts to sleep, what shall be; several at once, and none is begun after an
  /// interrupt. `ended` is told of each as soon as it has ended.
  package func carryOut(
    _ decisions: [Reconciliation.Decision],
    progress: @escaping @Sendable (EnvironmentName, Event) -> Void, ended: (Result) async -> Void
  ) async {
    await withTaskGroup(of: Result.self) { group in
      var waiting = decisions.filter { $0.action != .keep }[...]
      func begin() {
        guard !isInterrupted(), let decision = waiting.popFirst() else { return }
        group.addTask {
          Result(decision: decision, ending: await carryOut(decision, progress))
        }
      }
      for _ in 0..<Self.width { begin() }
      while let result = await group.next() {
        await ended(result)
        begin()
      }
    }
  }

  private func carryOut(
    _ decision: Reconciliation.Decision,
    _ progress: @Sendable (EnvironmentName, Event) -> Void
  ) async -> Ending {
    let preview = decision.preview
    do {
      // What was decided was decided of what was there then.
      guard let now = try await host.environment(named: preview.name) else { return .gone }
      if now.created != preview.created { return .changed }
      if now.status == .terminating || now.status == .terminated {
        return try await waitUntilGone(preview)
      }
      if now.status != .ready { return .busy(now.holder) }
      if now.version?.label != preview.environment.version?.label
        || now.updated != preview.environment.updated
      {
        return .changed
      }
      if decision.action == .sleep { return try await putToSleep(preview, progress) }
      try await host.terminate(preview.name, wait: nil) { progress(preview.name, $0) }
      return .terminated
    } catch HostError.noSuchEnvironment {
      return .gone
    } catch HostError.busy(_, let holder) {
      return await busy(preview, holder)
    } catch {
      return .failed(error)
    }
  }

  /// Who has it may be somebody who terminates it, too.
  private func busy(_ preview: Preview, _ holder: String?) async -> Ending {
    do {
      let now = try await host.environment(named: preview.name)
      guard let now, now.created == preview.created else { return .gone }
      return now.status == .terminating ? try await waitUntilGone(preview) : .busy(holder)
    } catch {
      return .failed(error)
    }
  }

  private func waitUntilGone(_ preview: Preview) async throws -> Ending {
    let clock = ContinuousClock()
    let deadline = clock.now + timeout
    while clock.now < deadline {
      let now = try await host.environment(named: preview.name)
      guard let now, now.created == preview.created, now.status != .terminated else {
        return .gone
      }
      // It was given up.
      if now.status != .terminating { return .busy(now.holder) }
      try await host.waitForNextLook()
    }
    return .busy(nil)
  }

  private func putToSleep(
    _ preview: Preview, _ progress: @Sendable (EnvironmentName, Event) -> Void
  ) async throws -> Ending {
    do {
      let outcome = try await host.sleep(preview.name, wait: nil, timeout: timeout) {
        progress(preview.name, $0)
      }
      switch outcome {
      case .deployed, .started: return .asleep
      case .timedOut: return .busy(nil)
      case .failed(let reasons, _):
        return .failed(HostError.operationFailed(name: preview.name, reasons: reasons))
      }
    } catch HostError.alwaysAwake, HostError.nothingDeployed {
      return .awake
    }
  }
}
