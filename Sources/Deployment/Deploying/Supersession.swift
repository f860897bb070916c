package import Git

/// Stops an older push of the same branch that is under way, so that a newer one takes its place.
package struct Supersession: Sendable {
  /// What keeps a push from stopping the one that is under way.
  package enum Refusal: Error, Equatable {
    /// It has nothing to do with the branch that is pushed; the commit that is on its way.
    case elsewhere(EnvironmentName, VersionLabel, commit: String?)
    /// It is the newer one of both.
    case newer(EnvironmentName, VersionLabel, commit: String)
  }

  /// A commit on its way, and the branch that it is pushed from.
  package struct Push: Sendable {
    package var commit: String?
    /// The branch's full name.
    package var branch: String?
    /// Whether everything that runs on the environment comes from that branch.
    package var isBranchesOwn: Bool

    package init(commit: String?, branch: String?, isBranchesOwn: Bool) {
      self.commit = commit
      self.branch = branch
      self.isBranchesOwn = isBranchesOwn
    }
  }

  /// What to do about the version that is on its way.
  package enum Decision: Equatable {
    case stop
    /// It is the same commit: its end is what is wanted.
    case wait
    case refuse(Refusal)
  }

  let location: Location
  let environment: EnvironmentName
  let push: Push

  package init(_ location: Location, _ environment: EnvironmentName, _ push: Push) {
    self.location = location
    self.environment = environment
    self.push = push
  }

  /// Stops what is on its way to the environment, if that is to be stopped.
  ///
  /// - Returns: whether something was stopped; `false` for what has to be waited for, too.
  func run(on host: any Host, timeout: Duration, _ reporter: any Reporter) async throws -> Bool {
    guard let version = try await host.versionOnItsWay(to: environment) else { return false }
    switch try decision(about: version) {
    case .wait: return false
    case .refuse(let refusal): throw refusal
    case .stop: break
    }
    reporter.superseding(version, on: environment)
    do {
      try await host.abort(environment, timeout: timeout) { reporter.event($0) }
    } catch HostError.nothingToAbort {
      // It came to its end in this moment.
      return false
    }
    return true
  }

  package func decision(about version: ApplicationVersion) throws -> Decision {
    let isOfBranch = push.isBranchesOwn || push.branch != nil && version.reference == push.branch
    guard let pushed = push.commit.flatMap({ ObjectID(hex: $0) }),
      let other = version.commit.flatMap({ ObjectID(hex: $0) })
    else {
      return isOfBranch
        ? .stop : .refuse(.elsewhere(environment, version.label, commit: version.commit))
    }
    if pushed == other { return .wait }
    let repository = try Repository.open(location)
    if repository.contains(other), repository.contains(pushed) {
      if try repository.isAncestor(other, of: pushed) { return .stop }
      if try repository.isAncestor(pushed, of: other) {
        return .refuse(.newer(environment, version.label, commit: other.hex))
      }
    }
    // A branch that was rebased.
    return isOfBranch ? .stop : .refuse(.elsewhere(environment, version.label, commit: other.hex))
  }
}
