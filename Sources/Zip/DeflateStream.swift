import CDeflate

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Deflates what does not fit into memory, with zlib.
@safe final class DeflateStream {
  /// What `begin` is given at a time, except at the end.
  static let chunkSize = 256 << 10

  private let stream: UnsafeMutablePointer<z_stream>
  private let output = UnsafeMutableRawBufferPointer.allocate(
    byteCount: 128 << 10, alignment: 16)
  /// Judges each chunk before it is deflated.
  private let judge = Deflater(level: 1)
  private var level = bestLevel

  private var input = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
  private var wantedLevel = bestLevel
  private var flush = Z_NO_FLUSH
  private var isDone = true

  private static let bestLevel: Int32 = 6

  init() throws(ZipError) {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let code = unsafe deflateInit2_(
      stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, zlibVersion(),
      Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else { throw ZipError(.io(ENOMEM), .compress) }
  }

  deinit {
    unsafe deflateEnd(stream)
    unsafe stream.deallocate()
    unsafe output.deallocate()
  }

  /// Gives it the bytes that follow. They must stay until `next` has returned `nil`.
  func begin(_ bytes: UnsafeRawBufferPointer, isLast: Bool) {
    unsafe input = bytes
    // What does not shrink goes into blocks that are stored, which takes a tenth of the time.
    unsafe wantedLevel = judge.looksCompressible(bytes) ? Self.bestLevel : 0
    flush = isLast ? Z_FINISH : Z_NO_FLUSH
    isDone = false
  }

  /// Some deflated bytes, good until the next call; `nil` when it wants more input or is at the end.
  func next() throws(ZipError) -> UnsafeRawBufferPointer? {
    guard !isDone else { return nil }
    unsafe stream.pointee.next_out = output.assumingMemoryBound(to: UInt8.self).baseAddress
    unsafe stream.pointee.avail_out = UInt32(output.count)
    let code: Int32
    if level != wantedLevel {
      // Puts out what is pending at the old level; `Z_BUF_ERROR` says that there is more.
      unsafe code = deflateParams(stream, wantedLevel, Z_DEFAULT_STRATEGY)
      if code == Z_OK { level = wantedLevel }
    } else {
      if unsafe !input.isEmpty {
        unsafe stream.pointee.next_in = UnsafeMutablePointer(
          mutating: input.assumingMemoryBound(to: UInt8.self).baseAddress)
        unsafe stream.pointee.avail_in = UInt32(input.count)
        unsafe input = UnsafeRawBufferPointer(start: nil, count: 0)
      }
      unsafe code = deflate(stream, flush)
      isDone = unsafe flush == Z_FINISH ? code == Z_STREAM_END : stream.pointee.avail_out > 0
    }
    guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
      throw ZipError(.corrupt, .compress)
    }
    let count = unsafe output.count - Int(stream.pointee.avail_out)
    return unsafe UnsafeRawBufferPointer(rebasing: output[..<count])
  }
}
