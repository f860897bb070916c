package import Git

/// What a bundle is made from: exactly one of these.
package enum Source: Sendable {
  case commit(Commit)
  /// A tree that no commit was named for; only `archive` takes one.
  case tree(ObjectID)
  /// The entries of the index, with the commit they stand on (`nil` when unborn).
  case staged(head: Commit?)
  /// Tracked and untracked files that are not ignored.
  case workTree(head: Commit?)
  /// A zip that was built elsewhere, as the configuration names it and where it lies, with the
  /// commit that is checked out beside it.
  case artifact(name: String, path: String, head: Commit?)
  /// A commit at CodeCommit, which Beanstalk fetches itself; the commit as far as it is here.
  case codeCommit(CodeCommitBranch, id: String, commit: Commit?)

  /// How records and labels call it.
  package var kind: String {
    switch self {
    case .commit: "commit"
    case .tree: "tree"
    case .staged: "staged"
    case .workTree: "worktree"
    case .artifact: "artifact"
    case .codeCommit: "codecommit"
    }
  }

  /// The full id of ``commit``, also where the commit itself is not here.
  package var commitID: String? {
    if case .codeCommit(_, let id, _) = self { return id }
    return commit?.id.hex
  }

  /// How the bundle's file name ends, without the dot: `zip`, or what an artifact's name ends with.
  package var fileKind: String {
    guard case .artifact(let name, _, _) = self,
      let dot = name.lastIndex(of: "."), !name[dot...].contains("/")
    else { return "zip" }
    return name[name.index(after: dot)...].lowercased()
  }

  /// The commit itself or the one that the source stands on.
  package var commit: Commit? {
    switch self {
    case .commit(let commit): commit
    case .tree: nil
    case .staged(let head), .workTree(let head), .artifact(_, _, let head): head
    case .codeCommit(_, _, let commit): commit
    }
  }

  /// The time of every entry: the commit's committer time, or DOS's first moment where there is no
  /// commit, so that one source always gives the same bytes.
  package var time: Int64 {
    commit.map { Int64($0.committer.time) } ?? 315_532_800
  }

  /// The zip file's comment: the full commit id when the source is a commit, as `git archive` has it.
  package var comment: [UInt8] {
    if case .commit(let commit) = self { return Array(commit.id.hex.utf8) }
    return []
  }
}

/// A source that cannot be made into a bundle.
package enum SourceError: Error, Equatable {
  package struct Link: Sendable, Equatable {
    package var path: String
    package var target: String
  }

  /// Paths of the index that are in conflict.
  case conflicts([String])
  case noWorkTree
  /// Path limits that match nothing.
  case nothingMatches(String)
  case empty
  /// Nothing of the source lies below the directory that is to be the bundle's root.
  case emptyRoot(String)
  /// The file that `bundle.artifact` names is not there.
  case missingArtifact(String)
  /// It is no zip, war or jar; why.
  case unusableArtifact(String, reason: String)
  /// Symbolic links that lead out of the bundle, with their targets.
  case outwardLinks([Link])
  /// The contents of paths that are still encrypted by git-crypt.
  case encrypted([String])
  /// A submodule that is not initialised or, with `commit`, lacks the commit that is recorded.
  case submodule(String, commit: String?)
  /// Paths whose contents Git LFS does not have here.
  case missingLargeObjects([String])
  /// The contents that Git LFS keeps for a path are not those that were recorded.
  case damagedLargeObject(String)
  /// A file of the work tree cannot be read, or changed while it was.
  case unreadable(path: String, reason: String)
  /// `git` was needed for something that libgit2 cannot do, and failed.
  case git(operation: String, reason: String)

  /// For a file of the work tree that cannot be named as text.
  static func nameIsNotUTF8(_ name: String) -> SourceError {
    .unreadable(
      path: name, reason: "its name is not UTF-8, which only a commit or the index may have")
  }
}
