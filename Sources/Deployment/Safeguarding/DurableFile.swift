import CPlatform

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Files whose contents are on the disk before their names are relied on.
enum DurableFile {
  /// Makes a new file in place of one of that name.
  static func create(
    _ path: String, holding bytes: [UInt8], mode: UInt32, modified: IndexTime? = nil,
    isSynced: Bool = true
  ) throws(FileError) {
    _ = unsafe unlink(path)
    let descriptor = unsafe open(
      path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw FileError(operation: "create", path: path, errno: errno) }
    defer { close(descriptor) }
    try fill(
      descriptor, of: path, with: bytes, mode: mode, modified: modified, isSynced: isSynced)
  }

  /// Fills a file that was just made, or removes it.
  static func fill(
    _ descriptor: Int32, of path: String, with bytes: [UInt8], mode: UInt32,
    modified: IndexTime? = nil, isSynced: Bool = true
  ) throws(FileError) {
    func check(_ isDone: Bool, _ operation: String) throws(FileError) {
      if isDone { return }
      let error = FileError(operation: operation, path: path, errno: errno)
      _ = unsafe unlink(path)
      throw error
    }
    try check(LocalStorage.writeAll(bytes[...], to: descriptor), "write")
    try check(fchmod(descriptor, mode_t(mode)) == 0, "chmod")
    if let modified {
      try check(
        platform_set_modified(descriptor, modified.seconds, modified.nanoseconds) == 0,
        "set the time of")
    }
    try check(!isSynced || fsync(descriptor) == 0, "sync")
  }

  /// Makes what was created, renamed or removed in a directory durable.
  static func syncDirectory(_ path: String) throws(FileError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(operation: "open", path: path, errno: errno) }
    defer { close(descriptor) }
    // Some file systems of other machines cannot sync a directory, and say so.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw FileError(operation: "sync", path: path, errno: errno)
    }
  }

  static func rename(_ old: String, to new: String) throws(FileError) {
    #if canImport(Glibc)
      let status = unsafe Glibc.rename(old, new)
    #else
      let status = unsafe Darwin.rename(old, new)
    #endif
    guard status == 0 else { throw FileError(operation: "rename", path: old, errno: errno) }
  }

  /// Removes a file, if it is there.
  static func remove(_ path: String) throws(FileError) {
    guard unsafe unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR else {
      throw FileError(operation: "remove", path: path, errno: errno)
    }
  }

  /// Removes a directory unless something is in it. One that stays does no harm, so this tries again
  /// and then leaves it.
  static func removeDirectory(_ path: String) {
    for _ in 0..<3 {
      if unsafe rmdir(path) == 0 || [ENOTEMPTY, EEXIST, ENOENT].contains(errno) { return }
    }
  }

  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }
}

/// When a file was written, as the file system has it.
struct IndexTime: Codable, Equatable, Sendable {
  var seconds: Int64
  var nanoseconds: Int64

  init(seconds: Int64, nanoseconds: Int64) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  init(_ status: stat) {
    var status = status
    self.init(seconds: 0, nanoseconds: 0)
    unsafe platform_modified(&status, &seconds, &nanoseconds)
  }
}
