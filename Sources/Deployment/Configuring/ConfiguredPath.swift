package import Git

/// A path as settings have it: absolute, from `~/`, or from the work tree's root.
package enum ConfiguredPath {
  /// The absolute path; in a bare repository a relative one is the git directory's. `nil` for `~/`
  /// where there is no home.
  package static func absolute(
    _ text: String, in repository: Repository, home: String?
  ) -> String? {
    if text.hasPrefix("~/") { return home.map { $0 + text.dropFirst(1) } }
    if text.hasPrefix("/") { return text }
    return (repository.workTree ?? repository.gitDirectory) + "/" + text
  }
}
