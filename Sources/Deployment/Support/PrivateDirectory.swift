#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A private directory (mode 0700) whose name says which process it belongs to, so that what a
/// killed one left is told apart from what a living one uses.
struct PrivateDirectory: ~Copyable {
  let path: String

  /// In `parent`, where those of dead processes are removed first.
  init(below parent: String) throws(FileError) {
    let prefix = "git-eb-\(getuid())-"
    Self.removeLeftovers(in: parent, prefix: prefix)
    let start = parent + "/" + prefix + ProcessIdentity.current.text
    for attempt in 0..<100 {
      let candidate = attempt == 0 ? start : "\(start).\(attempt)"
      if unsafe mkdir(candidate, 0o700) == 0 {
        path = candidate
        return
      }
      if errno != EEXIST { throw FileError(operation: "mkdir", path: candidate, errno: errno) }
    }
    throw FileError(operation: "mkdir", path: start, errno: EEXIST)
  }

  /// Removes it with all that is in it.
  func remove() { FileSystem.removeTree(path) }

  private static func removeLeftovers(in parent: String, prefix: String) {
    for name in (try? FileSystem.names(in: parent)) ?? [] where name.hasPrefix(prefix) {
      let path = parent + "/" + name
      let owner = name.dropFirst(prefix.count).prefix { $0 != "." }
      // In a directory that everybody may write to, only what is really ours is touched.
      guard ProcessIdentity(String(owner))?.isAlive == false,
        let status = try? FileSystem.status(path), status.isDirectory, status.owner == getuid()
      else { continue }
      FileSystem.removeTree(path)
    }
  }
}
