package import Git

/// Where the compressed contents of a repository are kept: outside of it, one directory for all its
/// work trees.
package enum StorePlace {
  /// Below `caches`, which is git-eb's own directory for what can be made again.
  ///
  /// The name starts with the repository's, for people, and goes on with what tells it from others
  /// of that name.
  package static func directory(of repository: Location, below caches: String) -> String {
    let common = FileSystem.realPath(repository.commonDirectory) ?? repository.commonDirectory
    let parts = common.split(separator: "/").map(String.init)
    let last = parts.last == ".git" ? parts.dropLast().last : parts.last
    let name = (last ?? "repository").unicodeScalars.map {
      $0.properties.isAlphabetic || $0.properties.numericType != nil
        || "._-".unicodeScalars.contains($0)
        ? String($0) : "-"
    }.joined()
    return "\(caches)/bundles/\(name.prefix(60))-\(NameHash.text(of: common, count: 16))"
  }
}
