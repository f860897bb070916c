import Git

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
    for leftover in Self.all(in: parent) where !leftover.isInUse {
      FileSystem.removeTree(leftover.path)
    }
    let start = parent + "/" + Self.prefix + ProcessIdentity.current.text
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

  /// Variables with which git writes objects in here, and finds those of the repository beside them.
  borrowing func objectDirectories(beside repository: Location) throws -> [String: String?] {
    let objects = path + "/objects"
    try FileSystem.makeDirectories(objects, mode: 0o700)
    return [
      "GIT_OBJECT_DIRECTORY": objects,
      "GIT_ALTERNATE_OBJECT_DIRECTORIES": AlternateDirectories.text(
        [repository.objectDirectory] + repository.alternates),
    ]
  }

  /// What the names of all of them begin with.
  static var prefix: String { "git-eb-\(getuid())-" }

  /// A file in it that names, one on each line, the processes that use it beside its owner.
  static let usersFile = "users"

  /// One that was found.
  struct Found: Equatable {
    var path: String
    var owner: ProcessIdentity
    var users: [ProcessIdentity]

    var isInUse: Bool { owner.isAlive || users.contains(where: \.isAlive) }
  }

  /// Those of this user in `parent`, whoever made them.
  static func all(in parent: String) -> [Found] {
    let prefix = prefix
    return ((try? FileSystem.names(in: parent)) ?? []).compactMap { name in
      guard name.hasPrefix(prefix) else { return nil }
      let path = parent + "/" + name
      let owner = name.dropFirst(prefix.count).prefix { $0 != "." }
      // In a directory that everybody may write to, only what is really ours is touched.
      guard let identity = ProcessIdentity(String(owner)),
        let status = try? FileSystem.status(path),
        status.isDirectory, status.owner == getuid()
      else { return nil }
      return Found(path: path, owner: identity, users: users(of: path))
    }
  }

  static func users(of path: String) -> [ProcessIdentity] {
    let bytes = (try? FileSystem.contents(path + "/" + usersFile, limit: 1 << 16)) ?? nil
    return String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n").compactMap {
      ProcessIdentity(String($0))
    }
  }
}
