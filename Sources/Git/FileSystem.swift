#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What stat(2) says, as far as git looks at it.
struct FileStatus: Equatable {
  enum Kind { case file, directory, link, other }

  var kind: Kind
  var isExecutable: Bool
  var device: UInt64
  var inode: UInt64
  var owner: UInt32
  var group: UInt32
  var size: Int64
  var modified: (seconds: Int64, nanoseconds: Int64)
  var changed: (seconds: Int64, nanoseconds: Int64)

  static func == (left: Self, right: Self) -> Bool {
    left.kind == right.kind && left.device == right.device && left.inode == right.inode
      && left.size == right.size && left.modified == right.modified
      && left.changed == right.changed
  }

  fileprivate init(_ status: stat) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFDIR: kind = .directory
    case S_IFLNK: kind = .link
    default: kind = .other
    }
    isExecutable = status.st_mode & S_IXUSR != 0
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(truncatingIfNeeded: status.st_ino)
    owner = status.st_uid
    group = status.st_gid
    size = Int64(status.st_size)
    #if canImport(Glibc)
      modified = (Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec))
      changed = (Int64(status.st_ctim.tv_sec), Int64(status.st_ctim.tv_nsec))
    #else
      modified = (Int64(status.st_mtimespec.tv_sec), Int64(status.st_mtimespec.tv_nsec))
      changed = (Int64(status.st_ctimespec.tv_sec), Int64(status.st_ctimespec.tv_nsec))
    #endif
  }
}

/// The few file operations that the repository layer needs beside libgit2. All of them only read.
enum FileSystem {
  static func status(of path: String, followingLinks: Bool = true) -> FileStatus? {
    var result = stat()
    let failed = unsafe followingLinks ? stat(path, &result) : lstat(path, &result)
    return failed == 0 ? FileStatus(result) : nil
  }

  /// lstat(2) of a path that need not be UTF-8.
  static func status(ofBytes path: [UInt8]) -> FileStatus? {
    var result = stat()
    let failed = unsafe withCString(path) { unsafe lstat($0, &result) }
    return failed == 0 ? FileStatus(result) : nil
  }

  private static func withCString<R>(
    _ path: [UInt8], _ body: (UnsafePointer<CChar>) -> R
  ) -> R {
    unsafe (path + [0]).map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { characters in
      guard let start = characters.baseAddress else { preconditionFailure("there is the NUL") }
      return unsafe body(start)
    }
  }

  static func isDirectory(_ path: String) -> Bool { status(of: path)?.kind == .directory }

  static func isFile(_ path: String) -> Bool { status(of: path)?.kind == .file }

  /// Whether this process may enter the directory.
  static func isEnterable(_ path: String) -> Bool {
    unsafe access(path, X_OK) == 0
  }

  /// The whole file; `nil` when there is none.
  static func contents(
    of path: String, followingLinks: Bool = true, for operation: String
  ) throws(GitError) -> [UInt8]? {
    try read(path, limit: Int.max, followingLinks: followingLinks, for: operation)
  }

  /// The first `limit` bytes of the file; `nil` when there is none.
  static func read(
    _ path: String, limit: Int, followingLinks: Bool = true, for operation: String
  ) throws(GitError) -> [UInt8]? {
    try read(
      bytes: Array(path.utf8), limit: limit, followingLinks: followingLinks, for: operation)
  }

  /// The same of a path that need not be UTF-8.
  static func read(
    bytes name: [UInt8], limit: Int, followingLinks: Bool = true, for operation: String
  ) throws(GitError) -> [UInt8]? {
    let path = String(decoding: name, as: UTF8.self)
    let descriptor = unsafe withCString(name) {
      unsafe open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followingLinks ? 0 : O_NOFOLLOW))
    }
    guard descriptor >= 0 else {
      // ELOOP: it is a link, and links were not wanted.
      if errno == ENOENT || errno == ENOTDIR || (errno == ELOOP && !followingLinks) { return nil }
      throw GitError(errno: errno, operation, path)
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var status = stat()
    if unsafe fstat(descriptor, &status) == 0 {
      bytes.reserveCapacity(max(0, min(limit, Int(status.st_size))))
    }
    let chunk = min(limit, 1 << 16)
    while bytes.count < limit {
      let wanted = min(chunk, limit - bytes.count)
      var count = 0
      let part = unsafe [UInt8](unsafeUninitializedCapacity: wanted) { buffer, initialized in
        count = unsafe Self.read(descriptor, into: UnsafeMutableRawBufferPointer(buffer))
        initialized = max(0, count)
      }
      if count < 0 { throw GitError(errno: errno, operation, path) }
      if count == 0 { break }
      bytes += part
    }
    return bytes
  }

  private static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    while true {
      #if canImport(Glibc)
        let count = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      #else
        let count = unsafe Darwin.read(descriptor, buffer.baseAddress, buffer.count)
      #endif
      if count >= 0 || errno != EINTR { return count }
    }
  }

  /// Where a symbolic link points; `nil` when it is not one.
  static func target(ofLink path: String) -> [UInt8]? {
    var count = -1
    let target = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, initialized in
      unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
        guard let start = characters.baseAddress else { return }
        count = unsafe readlink(path, start, characters.count)
      }
      initialized = max(0, count)
    }
    return count < 0 ? nil : target
  }

  /// The path without links, `.` and `..`; `nil` when something of it is not there.
  static func realPath(_ path: String) -> String? {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  static func workingDirectory() -> String? {
    guard let path = unsafe getcwd(nil, 0) else { return nil }
    defer { unsafe free(path) }
    return unsafe String(cString: path)
  }

  /// The names in a directory and, where the file system tells it, what they are.
  static func names(
    in path: String, for operation: String
  ) throws(GitError) -> [(name: [UInt8], kind: FileStatus.Kind?)] {
    try names(inBytes: Array(path.utf8), for: operation)
  }

  /// The same of a path that need not be UTF-8.
  static func names(
    inBytes bytes: [UInt8], for operation: String
  ) throws(GitError) -> [(name: [UInt8], kind: FileStatus.Kind?)] {
    var names: [(name: [UInt8], kind: FileStatus.Kind?)] = []
    unsafe try forEachName(inBytes: bytes, for: operation) { name, kind in
      names.append((unsafe Array(name), kind))
    }
    return names
  }

  /// The same one after the other, each for as long as `body` runs.
  static func forEachName(
    inBytes bytes: [UInt8], for operation: String,
    _ body: (_ name: UnsafeRawBufferPointer, _ kind: FileStatus.Kind?) -> Void
  ) throws(GitError) {
    let path = String(decoding: bytes, as: UTF8.self)
    guard let directory = unsafe withCString(bytes, { unsafe opendir($0) }) else {
      throw GitError(errno: errno, operation, path)
    }
    defer { unsafe closedir(directory) }
    guard let nameOffset = MemoryLayout<dirent>.offset(of: \dirent.d_name) else {
      throw GitError(.other, operation, path)
    }
    while true {
      errno = 0
      guard let entry = unsafe readdir(directory) else { break }
      let kind: FileStatus.Kind? =
        switch Int(unsafe entry.pointee.d_type) {
        case Int(DT_REG): .file
        case Int(DT_DIR): .directory
        case Int(DT_LNK): .link
        case Int(DT_UNKNOWN): nil
        default: .other
        }
      // Not `pointee.d_name`: its 256 bytes may reach behind what readdir(3) has in memory.
      let start = unsafe UnsafeRawPointer(entry) + nameOffset
      let count = unsafe strlen(start.assumingMemoryBound(to: CChar.self))
      let name = unsafe UnsafeRawBufferPointer(start: start, count: count)
      let isOwnOrParent = unsafe name.count < 3 && name.allSatisfy { $0 == UInt8(ascii: ".") }
      if !isOwnOrParent { unsafe body(name, kind) }
    }
    if errno != 0 { throw GitError(errno: errno, operation, path) }
  }

  /// The home directory of a user of this machine.
  static func home(ofUser name: String) -> String? {
    guard let record = unsafe getpwnam(name), let home = unsafe record.pointee.pw_dir else {
      return nil
    }
    return unsafe String(cString: home)
  }
}

extension GitError {
  init(errno number: Int32, _ operation: String, _ subject: String) {
    let code: Code =
      switch number {
      case EACCES, EPERM: .permission
      case ENOENT, ENOTDIR: .notFound
      default: .io
      }
    self.init(code, operation, subject, detail: unsafe String(cString: strerror(number)))
  }
}

/// Paths as text.
extension String {
  var isAbsolutePath: Bool { utf8.first == UInt8(ascii: "/") }

  /// `path` below this directory, or `path` itself when it is absolute.
  func appending(path: String) -> String {
    if path.isAbsolutePath || isEmpty { return path }
    return utf8.last == UInt8(ascii: "/") ? self + path : "\(self)/\(path)"
  }

  /// The directory that this path is in; `/` stays `/`.
  var parentPath: String {
    let trimmed = withoutTrailingSlash
    guard let slash = trimmed.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == trimmed.utf8.startIndex ? "/" : String(trimmed[..<slash])
  }

  var withoutTrailingSlash: String {
    var text = self[...]
    while text.utf8.count > 1, text.utf8.last == UInt8(ascii: "/") {
      text = text[..<text.utf8.index(before: text.endIndex)]
    }
    return String(text)
  }

  /// Without `.`, `..` and doubled slashes, by the letters alone.
  var normalizedPath: String {
    var parts: [Substring] = []
    for part in split(separator: "/", omittingEmptySubsequences: true) where part != "." {
      if part != ".." {
        parts.append(part)
      } else if !parts.isEmpty {
        parts.removeLast()
      }
    }
    return "/" + parts.joined(separator: "/")
  }
}
