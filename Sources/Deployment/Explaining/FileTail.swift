#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The end of a file, which may be larger than what anybody reads.
struct FileTail {
  let bytes: [UInt8]
  /// Of all of it, in bytes.
  let size: Int64
  /// Whether ``bytes`` is all of it.
  let isWhole: Bool
  /// Its first bytes, which say what kind of file it is.
  let beginning: [UInt8]

  init(_ path: String, limit: Int) throws(FileError) {
    // Not blocking: the name may be a pipe that nobody writes to.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(operation: "open", path: path, errno: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(operation: "read", path: path, errno: EINVAL)
    }
    let size = Int(status.st_size)
    self.size = Int64(size)
    isWhole = size <= limit
    beginning = try Self.read(descriptor, at: 0, count: min(size, 8), path)
    bytes = try Self.read(descriptor, at: max(0, size - limit), count: min(size, limit), path)
  }

  /// Fewer where the file shrinks meanwhile.
  private static func read(
    _ descriptor: Int32, at start: Int, count: Int, _ path: String
  ) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = unsafe bytes.withUnsafeMutableBytes {
        unsafe pread(
          descriptor, $0.baseAddress?.advanced(by: filled), count - filled, off_t(start + filled))
      }
      if got < 0, errno == EINTR { continue }
      if got < 0 { throw FileError(operation: "read", path: path, errno: errno) }
      if got == 0 { break }
      filled += got
    }
    bytes.removeLast(count - filled)
    return bytes
  }
}
