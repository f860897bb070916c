package import Git

/// Which local branch goes to which environment: ``BranchMapping`` the other way round.
package struct EnvironmentBranches: Sendable {
  private let mapping: BranchMapping
  private let current: BranchName?
  private let branches: [EnvironmentName: [BranchName]]

  /// - Parameter current: the branch that is checked out; where several map to one environment, it is
  ///   the one that is meant.
  package init(_ mapping: BranchMapping, _ branches: [BranchName], current: BranchName?) {
    self.mapping = mapping
    self.current = current
    var found: [EnvironmentName: [BranchName]] = [:]
    for branch in branches {
      if let own = mapping.mapping(of: branch) {
        found[own.environment, default: []].append(branch)
      }
    }
    self.branches = found
  }

  /// The branch that maps to the environment: the current one, else the first that `isMeant`, else
  /// the first by name; `nil` when none is here.
  package func branch(
    of environment: EnvironmentName, where isMeant: (BranchName) -> Bool = { _ in false }
  ) -> BranchName? {
    guard let all = branches[environment] else { return nil }
    if let current, all.contains(current) { return current }
    return all.first(where: isMeant) ?? all.first
  }

  /// Whether the branch, which may be gone, maps to the environment.
  package func maps(_ branch: BranchName, to environment: EnvironmentName) -> Bool {
    mapping.mapping(of: branch)?.environment == environment
  }
}
