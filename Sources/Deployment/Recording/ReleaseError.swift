package import Git

/// Why there is no release. `Failure` in the command gives it words.
package enum ReleaseError: Error, Equatable {
  /// git would not take it for a tag's name.
  case invalidTag(String)
  /// No tag is named, and there is nobody to ask; what would be proposed.
  case noTag(proposed: TagName)
  /// The environment is being changed, so that what it runs is not settled.
  case unsettled(EnvironmentName)
  /// The version was not made from a commit alone; `source` is `staged` or `worktree`.
  case holdsMore(VersionLabel, source: String)
  /// Nothing says which commit the version was made from: another tool made it.
  case noCommit(VersionLabel, EnvironmentName)
  /// No version was made from the commit.
  case noVersion(of: Commit, EnvironmentName)
  /// The tag is there and names something else than is `wanted`.
  case taken(ReleaseTag, wanted: ReleaseTag)
  /// The remote has the tag, and it is not the one that is here: what it leads to there.
  case takenOnRemote(String, there: ObjectID, wanted: ReleaseTag)
  /// There is no remote to push to.
  case noRemote
  /// The tag was to be signed, and could not be; it is not made.
  case notSigned(TagName)
  /// The tag is made, and the remote did not take it.
  case notPushed(ReleaseTag, remote: String)
}
