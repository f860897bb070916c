package import Git

/// Finds how the branches of previews stand: on the remote, and to their base. Reads only; what is
/// not in this clone is not fetched.
package struct BranchStateReader {
  private let repository: Repository
  private let configuration: GitConfiguration
  private let finder: MergeFinder
  private let isInterrupted: @Sendable () -> Bool
  /// Each remote is asked once.
  private var answers: [String: RemoteBranches.Answer] = [:]
  private var following: Set<String>?

  package init(_ repository: Repository, isInterrupted: @escaping @Sendable () -> Bool) {
    self.repository = repository
    configuration = repository.location.configuration
    finder = MergeFinder(repository.location, isInterrupted: isInterrupted)
    self.isInterrupted = isInterrupted
  }

  /// Remotes that could not be read, and why, by their names.
  package var unreadable: [String: String] {
    answers.compactMapValues { if case .unreadable(let why) = $0 { why } else { nil } }
  }

  package mutating func state(of preview: Preview) async throws -> BranchState {
    guard let remote = preview.remote else {
      return try await compared(.init(.local), preview, with: nil)
    }
    switch try await ask(remote) {
    case .unreadable(let why): return BranchState(.unknown(why))
    case .branches(let there):
      let isThere = there.heads.keys.contains(where: preview.tags.isOf)
      let presence = isThere ? .present : try evidence(of: preview, remote).presence
      return try await compared(.init(presence), preview, with: there)
    }
  }

  private mutating func ask(_ remote: String) async throws -> RemoteBranches.Answer {
    if let known = answers[remote] { return known }
    let answer = try await RemoteBranches.ask(
      remote, of: repository.location, isInterrupted: isInterrupted)
    answers[remote] = answer
    return answer
  }

  // MARK: - Whether it ever was there

  private func evidence(of preview: Preview, _ remote: String) throws -> BranchEvidence {
    var evidence = BranchEvidence(isTagged: preview.tags.isPushed)
    guard let branch = preview.branch else { return evidence }
    let upstream = "branch.\(branch)."
    let isUpstream =
      configuration[upstream + "remote"]?.value == remote
      && configuration[upstream + "merge"]?.value == branch.fullName
    evidence.isFollowed =
      try isUpstream || repository.reference("refs/remotes/\(remote)/\(branch)") != nil
    return evidence
  }

  // MARK: - Whether it is merged

  private func compared(
    _ state: BranchState, _ preview: Preview, with there: RemoteBranches?
  ) async throws -> BranchState {
    var state = state
    guard let branch = preview.branch, state.presence != .gone,
      let base = preview.tags.base.flatMap({ BranchName($0) }) ?? there?.defaultBranch,
      base != branch, let baseTip = try tip(ofBase: base, preview.remote, there)
    else { return state }
    state.base = base
    let isThere = there?.heads[branch] != nil
    guard let tip = try tip(of: branch, there) ?? (isThere ? nil : running(preview)) else {
      return state
    }
    let mayBeNew = !preview.tags.isAhead
    guard let merge = try await finder.merge(of: tip, into: baseTip, mayBeNew: mayBeNew) else {
      return state
    }
    // What runs may be newer than what was pushed: then there is work that is nowhere else.
    if preview.commit != nil {
      guard let running = try running(preview) else { return state }
      if try !repository.isAncestor(running, of: tip),
        try await finder.merge(of: running, into: baseTip, mayBeNew: mayBeNew) == nil
      {
        return state
      }
    }
    state.merge = merge
    return state
  }

  /// Where the branch is: on the remote, where that has it, else as this clone has it. `nil` where
  /// that commit is not here.
  private func tip(of branch: BranchName, _ there: RemoteBranches?) throws -> ObjectID? {
    if let id = there?.heads[branch] { return try isHere(id) ? id : nil }
    return try repository.branch(branch)
  }

  /// An older state of the base does: what was merged by then is merged now.
  private func tip(
    ofBase base: BranchName, _ remote: String?, _ there: RemoteBranches?
  ) throws -> ObjectID? {
    guard let remote, let there else { return try repository.branch(base) }
    guard let id = there.heads[base] else { return nil }
    return try isHere(id) ? id : repository.reference("refs/remotes/\(remote)/\(base)")
  }

  private func running(_ preview: Preview) throws -> ObjectID? {
    guard let id = preview.commit.flatMap({ ObjectID(hex: $0) }) else { return nil }
    return try isHere(id) ? id : nil
  }

  private func isHere(_ id: ObjectID) throws -> Bool { try repository.kind(of: id) == .commit }
}
