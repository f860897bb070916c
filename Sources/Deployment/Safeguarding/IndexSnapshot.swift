private import Crypto

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An index file as it was read, whole and checked.
///
/// Nothing is ever made of an index that could not be read: libgit2's `git_index_write` takes a
/// file that it cannot stat for none, and so writes one that lacks all that was staged.
struct IndexSnapshot {
  /// Empty where there is no file.
  let bytes: [UInt8]
  let exists: Bool
  /// `st_mode` without the type.
  let mode: UInt32
  /// git compares it with the times of files: a copy needs the same.
  let modified: IndexTime

  /// git's own limit is 4 GB; one that is larger than this is no index of ours to copy.
  private static let sizeLimit = 2 << 30

  /// Reads the file at `path`. That there is none must be said by the directory's listing too.
  init(at path: String) throws {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let error = FileError(operation: "open", path: path, errno: errno)
      guard error.errno == ENOENT, try !Self.isListed(path) else { throw error }
      self.init(
        bytes: [], exists: false, mode: 0o644, modified: IndexTime(seconds: 0, nanoseconds: 0))
      return
    }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw FileError(operation: "stat", path: path, errno: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.sizeLimit else {
      throw SafeguardError.damagedIndex(path: path, reason: "it is no file of a fitting size")
    }
    let bytes = try Self.read(descriptor, size: Int(status.st_size), path: path)
    if let reason = Self.damage(of: bytes) {
      throw SafeguardError.damagedIndex(path: path, reason: reason)
    }
    self.init(
      bytes: bytes, exists: true, mode: UInt32(status.st_mode & 0o7777),
      modified: IndexTime(status))
  }

  private init(bytes: [UInt8], exists: Bool, mode: UInt32, modified: IndexTime) {
    self.bytes = bytes
    self.exists = exists
    self.mode = mode
    self.modified = modified
  }

  /// What tells one index from another: the hash that it ends with, or its own where git wrote none
  /// (`index.skipHash`). Empty where there is no file.
  var checksum: String { Self.checksum(of: bytes) }

  static func checksum(of bytes: [UInt8]) -> String {
    bytes.isEmpty ? "" : Hexadecimal.text(of: Insecure.SHA1.hash(data: bytes))
  }

  /// Writes a copy with the same time.
  func copy(to path: String) throws(FileError) {
    guard exists else { return }
    try DurableFile.create(path, holding: bytes, mode: 0o600, modified: modified, isSynced: false)
  }

  /// Why the bytes cannot be an index; `nil` when they can. Source: gitformat-index(5).
  private static func damage(of bytes: [UInt8]) -> String? {
    // A header, and a hash over everything before it.
    guard bytes.count >= 12 + 20 else { return "it is cut off" }
    guard bytes.starts(with: "DIRC".utf8) else { return "bad signature" }
    let version = bytes[4..<8].reduce(0) { $0 << 8 | Int($1) }
    guard (2...4).contains(version) else { return "version \(version)" }
    let written = bytes.suffix(20)
    if written.allSatisfy({ $0 == 0 }) { return nil }
    let computed = Insecure.SHA1.hash(data: bytes.dropLast(20))
    return computed.elementsEqual(written) ? nil : "its checksum does not match"
  }

  private static func isListed(_ path: String) throws(FileError) -> Bool {
    guard let slash = path.lastIndex(of: "/") else { return true }
    let name = String(path[path.index(after: slash)...])
    return try FileSystem.names(in: String(path[..<slash])).contains(name)
  }

  private static func read(
    _ descriptor: Int32, size: Int, path: String
  ) throws(FileError) -> [UInt8] {
    var failed: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      filled = 0
      while filled < size {
        let count = unsafe Glue.read(
          descriptor, UnsafeMutableRawPointer(buffer.baseAddress?.advanced(by: filled)),
          size - filled)
        if count < 0, errno == EINTR { continue }
        if count < 0 { failed = errno }
        if count <= 0 { break }
        filled += count
      }
    }
    if failed != 0 { throw FileError(operation: "read", path: path, errno: failed) }
    return bytes
  }
}
