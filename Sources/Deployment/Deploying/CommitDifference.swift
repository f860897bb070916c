package import Git

/// What would become of an environment that runs one commit if it ran another.
package struct CommitDifference: Sendable {
  /// The commits that would come, the newest first.
  package var coming: [Commit]
  /// The commits that would go: those of what runs that the other does not descend from.
  package var going: [Commit]
  /// The files that would differ in the bundle; secrets are not compared.
  package var changes: [Change]

  /// - Parameter options: of the bundle that would be made.
  package init(
    from running: Commit, to other: Commit, in repository: Repository,
    _ options: SourceLister.Options
  ) async throws {
    coming = try repository.commits(from: running.id, to: other.id, limit: Planner.commitLimit)
    going = try repository.commits(from: other.id, to: running.id, limit: Planner.commitLimit)
    let listing = try await SourceLister(repository: repository, options: options)
      .listing(of: .commit(other), overlay: Overlay())
    changes =
      try Planner(repository: repository.location, running: running.id)
      .changes(to: listing)
      ?? []
  }
}
