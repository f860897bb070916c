/// Where a repository and its parts are, and what was learnt when it was found. A value, so that
/// every thread can open its own handle with it.
package struct Location: Sendable {
  /// Absolute, without a trailing slash: `.git`, or `.git/worktrees/<name>` of a linked work tree.
  package var gitDirectory: String
  /// What linked work trees share: `.git`. The same as `gitDirectory` otherwise.
  package var commonDirectory: String
  /// Absolute, without a trailing slash; `nil` when there is none.
  package var workTree: String?
  /// Where in the work tree the search started: empty or `sub/directory`.
  package var prefix: String
  package var indexPath: String
  package var objectDirectory: String
  /// Object directories beside those that the repository itself names.
  package var alternates: [String]
  /// The whole configuration, as it was when the repository was found.
  package var configuration: GitConfiguration
  /// Whether objects may be missing that git would fetch when it needs them.
  package var isPartialClone: Bool
  /// The commits of a shallow clone whose parents are not there.
  package var shallowCommits: Set<ObjectID>
  /// The environment that the repository was found with: `HOME` and the `GIT_` variables decide.
  package var environment: [String: String]

  /// Objects that stand for others (`git replace`), by the id that is asked for.
  package var replacements: [ObjectID: ObjectID]

  /// Whether a part of the history is cut off.
  package var isShallow: Bool { !shallowCommits.isEmpty }

  package var isBare: Bool { workTree == nil }

  /// Whether `GIT_INDEX_FILE` names another index than the repository's own.
  var usesOtherIndex: Bool { indexPath != gitDirectory.appending(path: "index") }
}
