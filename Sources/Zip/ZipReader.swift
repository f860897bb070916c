#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An archive that is read where it lies: its directory in memory, its contents in pieces.
///
/// It may be used from several threads. Names come as they are; `check` and `extract` apply the
/// rules for them.
package final class ZipReader: Sendable {
  /// The entries, in the order of the directory.
  package let records: [Record]
  package let comment: [UInt8]
  /// The size of the archive in bytes.
  package let size: UInt64

  private let descriptor: Int32
  private let ownsDescriptor: Bool

  /// A local header with the longest name and extra field, or the first piece of an entry.
  static let windowSize = 160 << 10

  /// Opens the archive at `path`, and reads its directory.
  package convenience init(path: String) throws(ZipError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ZipError(.io(errno), .open, path) }
    do throws(ZipError) {
      try self.init(descriptor: descriptor, ownsDescriptor: true)
    } catch {
      close(descriptor)
      throw ZipError(error.code, error.operation, error.subject.isEmpty ? path : error.subject)
    }
  }

  /// Reads the archive in a file that is open for reading, and stays the caller's. Its offset does
  /// not matter and does not change.
  package convenience init(descriptor: Int32) throws(ZipError) {
    try self.init(descriptor: descriptor, ownsDescriptor: false)
  }

  private init(descriptor: Int32, ownsDescriptor: Bool) throws(ZipError) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw ZipError(.io(errno), .open) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw ZipError(.notAZip, .open) }
    let directory = try ZipDirectory(RandomAccessFile(descriptor), size: UInt64(status.st_size))
    records = directory.records
    comment = directory.comment
    size = UInt64(status.st_size)
    self.descriptor = descriptor
    self.ownsDescriptor = ownsDescriptor
  }

  deinit {
    if ownsDescriptor { close(descriptor) }
  }

  // MARK: - Contents

  /// Gives an entry's contents to `chunk`, piece by piece, in bounded memory.
  ///
  /// The last piece may have been given when it turns out that the contents are not right.
  /// - Throws: `ZipError`, or what `chunk` throws.
  package func withContents(
    of record: Record, chunk: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let stream = try InflateStream(self)
    try stream.begin(record)
    while let bytes = try unsafe stream.next() {
      try unsafe chunk(bytes)
    }
  }

  /// An entry's contents.
  /// - Throws: `tooLarge` when they have more than `limit` bytes.
  package func contents(of record: Record, limit: Int) throws(ZipError) -> [UInt8] {
    try contents(of: record, limit: limit, with: try InflateStream(self))
  }

  func contents(of record: Record, limit: Int, with stream: InflateStream) throws(ZipError)
    -> [UInt8]
  {
    guard record.uncompressedSize <= UInt64(max(limit, 0)) else {
      throw ZipError(.tooLarge, .read, record.path)
    }
    var contents: [UInt8] = []
    try stream.begin(record)
    while let bytes = try unsafe stream.next() {
      unsafe contents.append(contentsOf: bytes)
    }
    return contents
  }

  // MARK: - Bytes

  /// Fills `buffer` from `offset` on.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64, for subject: [UInt8]
  ) throws(ZipError) {
    do throws(ZipError) {
      try unsafe RandomAccessFile(descriptor).read(
        into: buffer, at: offset, atLeast: buffer.count)
    } catch {
      throw ZipError(error.code, error.operation, subject)
    }
  }

  /// Reads what is there, at least `minimum` bytes.
  func readSome(
    into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64, atLeast minimum: Int
  ) throws(ZipError) -> Int {
    try unsafe RandomAccessFile(descriptor).read(into: buffer, at: offset, atLeast: minimum)
  }
}

/// Reading at a place, whatever else is read from the same file.
struct RandomAccessFile {
  private let descriptor: Int32

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// Reads until the buffer has at least `minimum` bytes.
  /// - Returns: how many it has.
  @discardableResult
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64, atLeast minimum: Int)
    throws(ZipError) -> Int
  {
    var total = 0
    while total < minimum {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[total...])
      let count = unsafe pread(
        descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(total))
      if count > 0 {
        total += count
      } else if count == 0 {
        throw ZipError(.truncated, .read)
      } else if errno != EINTR {
        throw ZipError(.io(errno), .read)
      }
    }
    return total
  }

  func bytes(at offset: UInt64, count: Int) throws(ZipError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try unsafe bytes.withUnsafeMutableBufferPointer { (buffer) throws(ZipError) in
      _ = try unsafe read(
        into: UnsafeMutableRawBufferPointer(buffer), at: offset, atLeast: count)
    }
    return bytes
  }
}
