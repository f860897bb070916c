package import SystemPackage

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// A file operation that failed: which, on what, and the system's error number.
package struct FileError: Error, Equatable {
  package var operation: String
  package var path: String
  package var errno: Int32

  package init(operation: String, path: String, errno: Int32) {
    self.operation = operation
    self.path = path
    self.errno = errno
  }

  /// The system's words for the error number.
  package var reason: String { unsafe String(cString: strerror(errno)) }
}

/// The few file operations that git-eb needs beyond SystemPackage's, with errors that say where.
package enum FileSystem {
  /// What `lstat` says, cut down to what is used here.
  package struct Status: Sendable {
    package var mode: UInt32
    package var size: Int64
    package var device: UInt64
    package var inode: UInt64
    package var owner: UInt32

    package var isDirectory: Bool { mode & 0o170000 == 0o040000 }
    package var isSymbolicLink: Bool { mode & 0o170000 == 0o120000 }
    package var isRegular: Bool { mode & 0o170000 == 0o100000 }
  }

  /// The status of the path itself, not of what a link points to; `nil` when it does not exist.
  package static func status(_ path: String) throws(FileError) -> Status? {
    var buffer = stat()
    if unsafe lstat(path, &buffer) == 0 { return Self.status(buffer) }
    if errno == ENOENT || errno == ENOTDIR { return nil }
    throw FileError(operation: "stat", path: path, errno: errno)
  }

  /// All of a file, at most `limit` bytes; a larger one is an error (EFBIG). `nil` when missing.
  package static func contents(_ path: String, limit: Int) throws(FileError) -> [UInt8]? {
    // Not blocking: the name may be a pipe that nobody writes to.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw FileError(operation: "open", path: path, errno: errno)
    }
    defer { close(descriptor) }
    var kind = stat()
    guard unsafe fstat(descriptor, &kind) == 0, kind.st_mode & S_IFMT == S_IFREG else {
      throw FileError(operation: "read", path: path, errno: EINVAL)
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes {
        unsafe read(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError(operation: "read", path: path, errno: errno)
      }
      if count == 0 { return bytes }
      if bytes.count + count > limit {
        throw FileError(operation: "read", path: path, errno: EFBIG)
      }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// All of the standard input.
  package static func standardInput() throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes {
        unsafe read(STDIN_FILENO, $0.baseAddress, $0.count)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError(operation: "read", path: "standard input", errno: errno)
      }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// The target of a symbolic link, as bytes.
  package static func linkTarget(_ path: String) throws(FileError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return -1 }
      return unsafe readlink(path, start.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    guard count >= 0 else { throw FileError(operation: "readlink", path: path, errno: errno) }
    return Array(buffer[..<count])
  }

  /// The absolute path without links, `.` and `..`; `nil` when something of it does not exist.
  package static func realPath(_ path: String) -> String? {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  /// The names in a directory, sorted by their bytes, without `.` and `..`.
  package static func names(in directory: String) throws(FileError) -> [String] {
    guard let stream = unsafe opendir(directory) else {
      throw FileError(operation: "open", path: directory, errno: errno)
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while true {
      // A directory that cannot be read to its end must not look like one with less in it.
      errno = 0
      guard let entry = unsafe readdir(stream) else { break }
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    if errno != 0 { throw FileError(operation: "read", path: directory, errno: errno) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Makes a directory and those above it that are missing, all with `mode` less the umask.
  package static func makeDirectories(_ path: String, mode: UInt32) throws(FileError) {
    if unsafe mkdir(path, mode_t(mode)) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw FileError(operation: "mkdir", path: path, errno: errno)
    }
    try makeDirectories(String(path[..<slash]), mode: mode)
    if unsafe mkdir(path, mode_t(mode)) != 0, errno != EEXIST {
      throw FileError(operation: "mkdir", path: path, errno: errno)
    }
  }

  /// Removes a directory with everything in it, also where a program took away its own permissions;
  /// links are not followed. What cannot be removed stays.
  package static func removeTree(_ path: FilePath) {
    if unsafe unlink(path.string) == 0 || errno == ENOENT { return }
    _ = unsafe chmod(path.string, 0o700)
    for entry in rawEntries(path) { removeTree(path.appending(entry)) }
    _ = unsafe rmdir(path.string)
  }

  /// The same of a path that is text.
  package static func removeTree(_ path: String) { removeTree(FilePath(path)) }

  /// The entries of a directory as they are on disk, which need not be text.
  private static func rawEntries(_ directory: FilePath) -> [FilePath.Component] {
    guard let stream = unsafe opendir(directory.string) else { return [] }
    defer { unsafe closedir(stream) }
    var entries: [FilePath.Component] = []
    while let entry = unsafe readdir(stream) {
      let component = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe FilePath.Component(platformString: $0)
        }
      }
      guard let component, component.kind == .regular else { continue }
      entries.append(component)
    }
    return entries
  }

  private static func status(_ buffer: stat) -> Status {
    Status(
      mode: UInt32(buffer.st_mode), size: Int64(buffer.st_size),
      device: UInt64(truncatingIfNeeded: buffer.st_dev), inode: UInt64(buffer.st_ino),
      owner: buffer.st_uid)
  }
}
