import Git

/// The `.ebignore` of a source: what its patterns exclude stays out of the bundle, what they negate
/// comes in from the work tree.
///
/// The patterns are `.gitignore`'s, relative to the bundle's root, and so is their meaning: nothing
/// below an excluded directory can be brought back. Unlike with the EB CLI, the file never takes the
/// place of git: only what a pattern with `!` names comes in beside what the source holds.
struct IgnoreFile {
  static let name = Array(".ebignore".utf8)

  private let patterns: IgnorePatterns
  /// What is known of directories, by their path without a slash at the end.
  private var directories: [[UInt8]: IgnorePatterns.Decision?] = [:]

  init(_ contents: [UInt8]) {
    patterns = IgnorePatterns(contents)
  }

  /// Whether the path, or a directory above it, is excluded. `path` is relative to the bundle's
  /// root, with a slash at the end of a directory.
  mutating func excludes(_ path: [UInt8]) -> Bool { decision(for: path) == .ignored }

  private mutating func decision(for path: [UInt8]) -> IgnorePatterns.Decision? {
    let isDirectory = path.last == UInt8(ascii: "/")
    let plain = isDirectory ? Array(path.dropLast()) : path
    if isDirectory, let known = directories[plain] { return known }
    var above: IgnorePatterns.Decision?
    if let slash = plain.lastIndex(of: UInt8(ascii: "/")) {
      above = decision(for: Array(plain[...slash]))
    }
    let answer =
      above == .ignored ? above : patterns.decision(for: plain, isDirectory: isDirectory) ?? above
    if isDirectory { directories[plain] = answer }
    return answer
  }

  /// The files and links of a work tree that patterns with `!` bring in, by their paths from
  /// `root`, which is a directory of the file system. Never what `.git` holds.
  mutating func included(below root: String) throws -> [String] {
    guard patterns.hasInclusions else { return [] }
    var found: [String] = []
    try collect(root, "", &found)
    return found
  }

  private mutating func collect(
    _ directory: String, _ prefix: String, _ found: inout [String]
  ) throws {
    for name in try FileSystem.names(in: directory) where name != ".git" {
      let path = prefix + name
      let place = directory + "/" + name
      guard let status = try FileSystem.status(place) else {
        // A name that is not UTF-8 was repaired on the way here, and so is nobody's.
        if name.unicodeScalars.contains("\u{fffd}"), decision(for: Array(path.utf8)) == .included {
          throw SourceError.nameIsNotUTF8(path)
        }
        continue
      }
      if status.isDirectory {
        if decision(for: Array((path + "/").utf8)) != .ignored {
          try collect(place, path + "/", &found)
        }
      } else if status.isRegular || status.isSymbolicLink,
        decision(for: Array(path.utf8)) == .included
      {
        found.append(path)
      }
    }
  }
}
