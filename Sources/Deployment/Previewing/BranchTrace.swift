import Git

/// What a push to a preview sees of its branch, and a later prune on another machine cannot see any
/// more.
struct BranchTrace: Sendable, Equatable {
  /// The remote has the branch.
  var isPushed = false
  /// The commit has something that the base has not.
  var isAhead = false

  /// By what this clone follows; in continuous integration, whose clones follow little, a remote that
  /// was not heard to have the branch is asked. What cannot be told is `false`.
  static func find(
    of branch: BranchName, at commit: ObjectID?, base: BranchName?, in location: Location
  ) async throws -> BranchTrace {
    var trace = BranchTrace()
    let repository = try Repository.open(location)
    let remote = ReleaseRemote.name(for: branch, in: location.configuration)
    func followed(_ branch: BranchName) throws(GitError) -> ObjectID? {
      guard let remote else { return nil }
      return try repository.reference("refs/remotes/\(remote)/\(branch)")
    }
    trace.isPushed = try followed(branch) != nil
    if !trace.isPushed, let remote, ContinuousIntegration(environment: location.environment) != nil,
      case .branches(let there) = try await RemoteBranches.ask(
        remote, of: location, isInterrupted: { false })
    {
      trace.isPushed = there.heads[branch] != nil
    }
    guard let commit, let base, base != branch else { return trace }
    let tips = try [followed(base), repository.branch(base)].compactMap { $0 }
    trace.isAhead =
      try !tips.isEmpty && !tips.contains { try repository.isAncestor(commit, of: $0) }
    return trace
  }
}
