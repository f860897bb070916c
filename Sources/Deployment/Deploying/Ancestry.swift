import Git

/// No going backwards unasked: what is pushed must descend from what runs.
package struct Ancestry {
  /// Why a push is refused.
  package enum Refusal: Error, Equatable {
    /// The environment runs `running`, which is not an ancestor of `pushed`; in a shallow clone, as
    /// far as can be seen.
    case backwards(EnvironmentName, running: String, pushed: String, isShallow: Bool)
    /// The environment runs a commit that this clone does not have.
    case unknownCommit(EnvironmentName, running: String, isShallow: Bool)
    /// The environment does not run the commit that it was said to run; `nil` where nothing says
    /// which one it runs.
    case stale(EnvironmentName, running: String?, expected: String)
  }

  /// A commit on its way to an environment.
  package struct Step: Sendable {
    package var environment: EnvironmentName
    /// The full id; `nil` where there is none, which is never refused.
    package var commit: String?

    package init(_ environment: EnvironmentName, _ commit: String?) {
      self.environment = environment
      self.commit = commit
    }
  }

  /// What of this is not to be refused.
  package enum Override: Sendable, Equatable {
    case nothing
    case everything
    /// That the environment runs this commit, and nothing else; the full id.
    case commit(String)
  }

  private let location: Location

  init(_ location: Location) {
    self.location = location
  }

  /// Throws the ``Refusal`` unless it is overridden.
  package func check(
    _ step: Step, running: ApplicationVersion?, _ override: Override
  ) throws {
    switch override {
    case .everything: return
    case .commit(let expected):
      if running?.commit != expected {
        throw Refusal.stale(step.environment, running: running?.commit, expected: expected)
      }
    case .nothing:
      if let refusal = try refusal(of: step, running: running) { throw refusal }
    }
  }

  /// Why the step would be refused if nothing were overridden.
  package func refusal(of step: Step, running: ApplicationVersion?) throws -> Refusal? {
    guard let text = running?.commit, let deployed = ObjectID(hex: text),
      let name = step.commit, let pushed = ObjectID(hex: name), pushed != deployed
    else { return nil }
    let repository = try Repository.open(location)
    for id in [pushed, deployed] where !repository.contains(id) {
      return .unknownCommit(step.environment, running: id.hex, isShallow: repository.isShallow)
    }
    if try repository.isAncestor(deployed, of: pushed) { return nil }
    return .backwards(
      step.environment, running: text, pushed: pushed.hex, isShallow: repository.isShallow)
  }
}
