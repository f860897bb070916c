import SystemPackage
package import Zip

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Log files in a zip archive.
package enum LogArchive {
  /// A file of the archive.
  package struct Entry: Sendable, Equatable {
    /// Such as `web.log`.
    package var name: String
    /// Of its contents, in bytes.
    package var size: UInt64
  }

  /// Writes what is in the files now; what is appended meanwhile stays out.
  ///
  /// - Throws: `ZipError`, ``FileError``, or ``Interrupted``.
  package static func write(
    _ logs: [LogFile], to sink: any ZipSink, isInterrupted: () -> Bool
  ) throws -> [Entry] {
    var writer = ZipWriter(to: sink, expecting: logs.count)
    var entries: [Entry] = []
    let deflater = Deflater()
    for log in logs {
      let file = try OpenLog(log.path)
      let entry = ZipEntry(
        path: Array(log.name.utf8), mode: 0o100600, modificationTime: file.modificationTime)
      try writer.appendPieces(entry, size: file.size) {
        if isInterrupted() { throw Interrupted() }
        let bytes = try file.next()
        return bytes.isEmpty ? nil : unsafe bytes.withUnsafeBytes { unsafe deflater.piece($0) }
      }
      entries.append(Entry(name: log.name, size: file.size))
    }
    try writer.finish()
    return entries
  }
}

/// A log file, read from its beginning to what was its end when it was opened.
private final class OpenLog {
  private let path: FilePath
  private let descriptor: Int32
  let size: UInt64
  /// Seconds since 1970.
  let modificationTime: Int64
  private var offset: UInt64 = 0

  init(_ path: FilePath) throws(FileError) {
    self.path = path
    descriptor = unsafe open(path.string, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw FileError(operation: "open", path: path.string, errno: errno)
    }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FileError(operation: "read", path: path.string, errno: EINVAL)
    }
    size = UInt64(max(0, status.st_size))
    #if os(macOS)
      modificationTime = Int64(status.st_mtimespec.tv_sec)
    #else
      modificationTime = Int64(status.st_mtim.tv_sec)
    #endif
  }

  deinit { close(descriptor) }

  /// The next piece, of ``DeflatedPiece/contentSize`` but for the last; empty at the end.
  func next() throws(FileError) -> [UInt8] {
    let wanted = Int(min(UInt64(DeflatedPiece.contentSize), size - offset))
    var bytes = [UInt8](repeating: 0, count: wanted)
    var filled = 0
    while filled < wanted {
      let count = unsafe bytes.withUnsafeMutableBytes {
        unsafe pread(
          descriptor, $0.baseAddress?.advanced(by: filled), wanted - filled,
          off_t(offset) + off_t(filled))
      }
      if count < 0, errno == EINTR { continue }
      // A file that shrank was begun anew while it was read.
      guard count > 0 else {
        throw FileError(operation: "read", path: path.string, errno: count < 0 ? errno : ESTALE)
      }
      filled += count
    }
    offset += UInt64(wanted)
    return bytes
  }
}
