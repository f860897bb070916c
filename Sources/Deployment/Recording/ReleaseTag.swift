package import Git

/// A tag and the release that it names, if it does.
package struct ReleaseTag: Sendable, Equatable {
  package var name: TagName
  /// What the tag leads to in the end; the commit unless somebody tagged something else.
  package var target: ObjectID
  package var release: Release?

  package init(name: TagName, target: ObjectID, release: Release?) {
    self.name = name
    self.target = target
    self.release = release
  }

  /// The tag of that name; `nil` when there is none.
  package static func find(
    _ name: TagName, in repository: Repository
  ) throws(GitError) -> ReleaseTag? {
    guard let id = try repository.reference(name.fullName) else { return nil }
    return ReleaseTag(
      name: name, target: try repository.peel(id).id,
      release: try Release.read(id, in: repository))
  }

  /// Whether both name the same version at the same commit.
  package func isSame(as other: ReleaseTag) -> Bool {
    guard name == other.name, target == other.target, let release, let another = other.release
    else { return false }
    return release.isSame(as: another)
  }
}
