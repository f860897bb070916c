package import FoundationEssentials
package import Git

/// What becomes of each preview, by what it is, how its branch stands and what time it is: pure.
///
/// What is doubtful is kept: an environment that stays too long costs a little, one that goes too
/// early costs somebody's work.
package struct Reconciliation: Sendable {
  package enum Action: String, Sendable {
    case keep
    case terminate
    case sleep
  }

  package enum Reason: Sendable, Equatable {
    // Why it stays.
    case isProtected
    /// Something is being done to it; by whom, for people, where that is known.
    case busy(String?)
    /// The command line says so.
    case asked
    /// The remote has the branch, or the branch is this clone's own.
    case open
    /// The branch is not on the remote, and nothing says that it ever was.
    case unpushed
    /// The remote could not be asked: why, for people.
    case unknown(String)
    // Why it goes.
    case gone
    case merged(BranchState.Merge, into: BranchName)
    case expired(Preview.Expiry)
    /// Somebody is terminating it; what is left to do is what comes after.
    case terminating
    // Why it sleeps.
    case idle(since: Date)
  }

  package struct Decision: Sendable, Equatable {
    package var preview: Preview
    package var state: BranchState
    package var action: Action
    package var reason: Reason
  }

  /// The branches whose previews stay whatever else is so, by their names.
  package var kept: Set<BranchName>

  package init(keeping kept: Set<BranchName> = []) {
    self.kept = kept
  }

  package func decision(on preview: Preview, _ state: BranchState, now: Date) -> Decision {
    let (action, reason) = verdict(on: preview, state, now)
    return Decision(preview: preview, state: state, action: action, reason: reason)
  }

  private func verdict(
    on preview: Preview, _ state: BranchState, _ now: Date
  ) -> (Action, Reason) {
    if preview.isProtected { return (.keep, .isProtected) }
    if kept.contains(where: preview.tags.isOf) { return (.keep, .asked) }
    switch preview.environment.status {
    case .ready: break
    case .terminating, .terminated: return (.terminate, .terminating)
    case .launching, .updating: return (.keep, .busy(preview.environment.holder))
    }
    if state.presence == .gone { return (.terminate, .gone) }
    if let merge = state.merge, let base = state.base {
      return (.terminate, .merged(merge, into: base))
    }
    if let expiry = preview.expiry, expiry.date <= now { return (.terminate, .expired(expiry)) }
    if let sleep = preview.sleep, !preview.isAsleep {
      let idle = now.timeIntervalSince(preview.lastDeployment)
      if idle >= Double(sleep.components.seconds) {
        return (.sleep, .idle(since: preview.lastDeployment))
      }
    }
    switch state.presence {
    case .unpushed: return (.keep, .unpushed)
    case .unknown(let why): return (.keep, .unknown(why))
    case .present, .local, .gone: return (.keep, .open)
    }
  }
}
