package import Git

/// The entries of a bundle in the order in which they are written, and what was noticed on the way.
package struct Listing: Sendable {
  package var entries: [BundleEntry] = []
  /// The repositories that blobs come from: the one itself, then its submodules.
  package var repositories: [Location] = []
  /// Repositories in the work tree that are no submodules; each is an empty directory in the bundle.
  package var nestedRepositories: [String] = []
  /// Files with a `filter` attribute that no configuration defines, by the filter's name; their
  /// contents go in as stored.
  package var filtered: [String: [String]] = [:]
  /// Names of entries that a secret took the place of.
  package var replaced: [String] = []
  /// Names of entries that `.ebignore` brought in from the work tree.
  package var broughtIn: [String] = []
  /// Whether the work tree has an `.ebignore` that the source has not.
  package var hasForeignIgnoreFile = false

  /// Files and links, without directories.
  package var fileCount: Int { entries.count { !$0.isDirectory } }
}
