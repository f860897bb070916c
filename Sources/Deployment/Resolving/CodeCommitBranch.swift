package import Git

/// A branch of a repository at AWS CodeCommit, from which Beanstalk itself takes the source.
package struct CodeCommitBranch: Sendable, Equatable {
  package var repository: String
  package var branch: BranchName

  /// Reads `codecommit/<repository>/<branch>`, as the EB CLI's `--source` has it; `nil` for
  /// anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].lowercased() == "codecommit", !parts[1].isEmpty,
      let branch = BranchName(String(parts[2]))
    else { return nil }
    repository = String(parts[1])
    self.branch = branch
  }
}

/// A host that can take the source from CodeCommit.
package protocol CodeCommitHost: Host {
  /// The full id of the commit that the branch is at.
  func commit(of source: CodeCommitBranch) async throws -> String

  /// Makes the version of a commit at CodeCommit. Nothing is uploaded.
  func publish(_ version: ApplicationVersion, from source: CodeCommitBranch) async throws
    -> Publication
}
