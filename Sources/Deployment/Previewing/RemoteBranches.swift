package import Git

/// The branches that a remote has, as it says itself.
package struct RemoteBranches: Sendable, Equatable {
  package var heads: [BranchName: ObjectID]
  /// What its HEAD leads to.
  package var defaultBranch: BranchName?

  package init(_ heads: [BranchName: ObjectID], defaultBranch: BranchName? = nil) {
    self.heads = heads
    self.defaultBranch = defaultBranch
  }

  /// What came of asking a remote.
  package enum Answer: Sendable, Equatable {
    case branches(RemoteBranches)
    /// Why it cannot be gone by, for people.
    case unreadable(String)
  }

  /// Asks the remote, by git itself: it knows how to get there. Throws ``Interrupted``.
  package static func ask(
    _ remote: String, of location: Location, isInterrupted: @escaping @Sendable () -> Bool
  ) async throws -> Answer {
    if isInterrupted() { throw Interrupted() }
    do {
      let output = try await GitProgram(location).ask(
        ["ls-remote", "--symref", "--", remote, "HEAD", "refs/heads/*"])
      // From a terminal a signal comes to git too.
      if isInterrupted() { throw Interrupted() }
      guard output.succeeded else { return .unreadable(GitComplaint.text(output)) }
      return answer(String(decoding: output.output, as: UTF8.self))
    } catch let error as ProgramError {
      switch error {
      case .timedOut: return .unreadable("it took too long")
      default: return .unreadable("git gave no answer")
      }
    }
  }

  /// From what `git ls-remote --symref` prints. A remote without any branch is more likely the wrong
  /// one, or one that is being made anew, than one whose branches are all gone.
  static func answer(_ text: String) -> Answer {
    var found = RemoteBranches([:])
    for line in text.split(separator: "\n") {
      let words = line.split(separator: "\t", maxSplits: 1).map(String.init)
      guard words.count == 2 else { continue }
      if words[1] == "HEAD", words[0].hasPrefix("ref: ") {
        found.defaultBranch = BranchName(fullName: String(words[0].dropFirst("ref: ".count)))
      } else if let name = BranchName(fullName: words[1]), let id = ObjectID(hex: words[0]) {
        found.heads[name] = id
      }
    }
    return found.heads.isEmpty ? .unreadable("it has no branches") : .branches(found)
  }
}
