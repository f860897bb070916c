package import Git

/// `refs/remotes/eb/<environment>`: the commit that each environment runs, as far as this clone has
/// heard, just as remote-tracking branches say where a remote's branches are.
package struct TrackingReferences: Sendable {
  /// A commit that an environment runs, or `nil` for none.
  package struct Sighting: Sendable {
    package var environment: EnvironmentName
    package var commit: ObjectID?

    package init(_ environment: EnvironmentName, _ commit: ObjectID?) {
      self.environment = environment
      self.commit = commit
    }
  }

  /// How one reference was moved.
  package struct Move: Sendable, Equatable {
    package var environment: EnvironmentName
    package var old: ObjectID?
    package var new: ObjectID?
  }

  /// The remote's name that they stand under, such as `eb`.
  package let name: String
  /// Whether a remote of that name is configured: then the references are that remote's, and none
  /// is read or moved here.
  package let isTaken: Bool
  private let location: Location

  package init(_ location: Location, name: String) {
    self.location = location
    self.name = name
    let remote = "remote.\(name)."
    isTaken = location.configuration.entries.contains {
      $0.name.hasPrefix(remote) && !$0.name.dropFirst(remote.count).contains(".")
    }
  }

  /// The whole name of an environment's reference.
  package func reference(of environment: EnvironmentName) -> String {
    "refs/remotes/\(name)/\(environment)"
  }

  /// As a revision is written, such as `eb/production`.
  package func shortName(of environment: EnvironmentName) -> String { "\(name)/\(environment)" }

  package func commit(
    of environment: EnvironmentName, in repository: Repository
  ) throws(GitError) -> ObjectID? {
    isTaken ? nil : try repository.reference(reference(of: environment))
  }

  /// All of them, by name.
  package func all(in repository: Repository) throws(GitError) -> [EnvironmentName: ObjectID] {
    if isTaken { return [:] }
    let prefix = "refs/remotes/\(name)/"
    var commits: [EnvironmentName: ObjectID] = [:]
    for reference in try repository.referenceNames(under: prefix) {
      guard let environment = EnvironmentName(String(reference.dropFirst(prefix.count))) else {
        continue
      }
      commits[environment] = try repository.reference(reference)
    }
    return commits
  }

  /// What would change if the environments ran these commits; commits that are not here are passed
  /// over.
  package func moves(
    to sightings: [Sighting], in repository: Repository
  ) throws(GitError) -> [Move] {
    if isTaken { return [] }
    var moves: [Move] = []
    for sighting in sightings {
      let old = try commit(of: sighting.environment, in: repository)
      if old == sighting.commit { continue }
      if let new = sighting.commit, try repository.kind(of: new) != .commit { continue }
      moves.append(Move(environment: sighting.environment, old: old, new: sighting.commit))
    }
    return moves
  }

  /// Makes them all, or throws because one was moved by somebody else meanwhile.
  ///
  /// - Parameter message: for the reflogs, such as `fetch: master-1a2b3c4-5d6e7f80`.
  package func make(_ moves: [Move], message: String, by committer: Signature) async throws {
    guard !moves.isEmpty else { return }
    try await ReferenceTransaction(location).run(
      moves.map(change), message: message, by: committer)
  }

  func change(_ move: Move) -> ReferenceTransaction.Change {
    .init(name: reference(of: move.environment), old: move.old, new: move.new)
  }
}
