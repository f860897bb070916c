import CDeflate

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Reads one entry after the other, in pieces, and verifies size and checksum.
@safe final class InflateStream {
  private let reader: ZipReader
  private let stream: UnsafeMutablePointer<z_stream>
  private let input = UnsafeMutableRawBufferPointer.allocate(
    byteCount: ZipReader.windowSize, alignment: 16)
  private let output = UnsafeMutableRawBufferPointer.allocate(
    byteCount: 128 << 10, alignment: 16)

  private var record: ZipReader.Record?
  /// The part of `input` that is not used yet.
  private var available = 0..<0
  /// Where in the file the bytes after `available` are, and how many of them belong to the entry.
  private var position: UInt64 = 0
  private var unread: UInt64 = 0
  private var produced: UInt64 = 0
  private var crc32: UInt32 = 0

  init(_ reader: ZipReader) throws(ZipError) {
    self.reader = reader
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let code = unsafe inflateInit2_(
      stream, -MAX_WBITS, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else { throw ZipError(.io(ENOMEM), .read) }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
    unsafe input.deallocate()
    unsafe output.deallocate()
  }

  /// Goes to the beginning of an entry.
  func begin(_ record: ZipReader.Record) throws(ZipError) {
    self.record = nil
    guard !record.isEncrypted, [.stored, .deflate].contains(record.method) else {
      throw ZipError(.unsupported, .read, record.path)
    }
    // Header, name and contents of a small entry in one go.
    let room = record.limit - record.localHeaderOffset
    let wanted = unsafe Int(min(room, UInt64(input.count)))
    try unsafe reader.read(
      into: UnsafeMutableRawBufferPointer(rebasing: input[..<wanted]),
      at: record.localHeaderOffset, for: record.path)
    let header = unsafe [UInt8](
      input[..<min(wanted, ZipFormat.localHeaderSize + record.path.count)])
    let start = try record.checkLocalHeader(header[...])
    let end = start + Int(min(record.compressedSize, UInt64(wanted - start)))
    available = start..<end
    position = record.localHeaderOffset + UInt64(end)
    unread = record.compressedSize - UInt64(available.count)
    produced = 0
    crc32 = 0
    if record.method == .deflate { unsafe inflateReset(stream) }
    self.record = record
  }

  /// The bytes that follow, good until the next call; `nil` at the end, which is verified.
  func next() throws(ZipError) -> UnsafeRawBufferPointer? {
    guard let record else { return nil }
    do throws(ZipError) {
      let bytes = try unsafe record.method == .stored ? nextStored(record) : nextInflated(record)
      guard let bytes = unsafe bytes else {
        self.record = nil
        guard produced == record.uncompressedSize else {
          throw ZipError(.wrongSize, .read, record.path)
        }
        guard crc32 == record.crc32 else { throw ZipError(.badChecksum, .read, record.path) }
        return nil
      }
      produced += UInt64(bytes.count)
      // Never more than was said: what is said was weighed before.
      guard produced <= record.uncompressedSize else {
        throw ZipError(.wrongSize, .read, record.path)
      }
      unsafe crc32 = Deflater.crc32(bytes, after: crc32)
      return unsafe bytes
    } catch {
      self.record = nil
      throw error
    }
  }

  private func nextStored(_ record: ZipReader.Record) throws(ZipError) -> UnsafeRawBufferPointer? {
    try refill(record)
    guard !available.isEmpty else { return nil }
    let bytes = unsafe UnsafeRawBufferPointer(rebasing: input[available])
    available = 0..<0
    return unsafe bytes
  }

  private func nextInflated(_ record: ZipReader.Record) throws(ZipError)
    -> UnsafeRawBufferPointer?
  {
    while true {
      try refill(record)
      let bytes = unsafe input.assumingMemoryBound(to: UInt8.self)
      unsafe stream.pointee.next_in = bytes.baseAddress?.advanced(by: available.lowerBound)
      unsafe stream.pointee.avail_in = UInt32(available.count)
      unsafe stream.pointee.next_out = output.assumingMemoryBound(to: UInt8.self).baseAddress
      unsafe stream.pointee.avail_out = UInt32(output.count)
      let code = unsafe inflate(stream, Z_NO_FLUSH)
      available = unsafe available.upperBound - Int(stream.pointee.avail_in)..<available.upperBound
      let count = unsafe output.count - Int(stream.pointee.avail_out)
      switch code {
      case Z_STREAM_END where count == 0:
        guard available.isEmpty, unread == 0 else {
          throw ZipError(.corrupt, .read, record.path)
        }
        return nil
      case Z_OK where count == 0, Z_BUF_ERROR where count == 0:
        guard !available.isEmpty || unread > 0 else {
          throw ZipError(.truncated, .read, record.path)
        }
      case Z_OK, Z_STREAM_END, Z_BUF_ERROR:
        // After the end, the next call says so again.
        return unsafe UnsafeRawBufferPointer(rebasing: output[..<count])
      case Z_MEM_ERROR:
        throw ZipError(.io(ENOMEM), .read, record.path)
      default:
        throw ZipError(.corrupt, .read, record.path)
      }
    }
  }

  /// Has something in `available`, unless the entry is at its end.
  private func refill(_ record: ZipReader.Record) throws(ZipError) {
    guard available.isEmpty, unread > 0 else { return }
    let count = unsafe Int(min(unread, UInt64(input.count)))
    try unsafe reader.read(
      into: UnsafeMutableRawBufferPointer(rebasing: input[..<count]), at: position,
      for: record.path)
    available = 0..<count
    position += UInt64(count)
    unread -= UInt64(count)
  }
}
