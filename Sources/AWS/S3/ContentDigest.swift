private import Crypto
package import FoundationEssentials

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// The SHA-256 of an upload or of one of its parts.
///
/// One hash serves twice: signed as `x-amz-content-sha256`, so that nobody on the way can change
/// the bytes, also where there is no TLS; and as `x-amz-checksum-sha256`, which S3 compares with
/// what arrived, keeps, and answers again. CRC-32C would be cheaper to compute but for that the
/// signature wants the SHA-256 anyway, unless the payload stayed unsigned.
package struct ContentDigest: Sendable, Hashable {
  /// 32 of them.
  package let bytes: [UInt8]

  /// `nil` for anything but 64 hexadecimal digits.
  package init?(hexadecimal text: String) {
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in text {
      guard character.isASCII, let digit = character.hexDigitValue else { return nil }
      if let half = high {
        bytes.append(half << 4 | UInt8(digit))
        high = nil
      } else {
        high = UInt8(digit)
      }
    }
    guard high == nil, bytes.count == SHA256.byteCount else { return nil }
    self.bytes = bytes
  }

  /// Of bytes in memory.
  package init(of bytes: some DataProtocol) {
    self.bytes = Array(SHA256.hash(data: bytes))
  }

  /// The checksum that S3 gives an object of several parts: the digest of the parts' digests in
  /// their order (S3 User Guide, "Checking object integrity": composite checksums).
  init(composedOf parts: [ContentDigest]) {
    var hash = SHA256()
    for part in parts { hash.update(data: part.bytes) }
    bytes = Array(hash.finalize())
  }

  /// Of `length` bytes of an open file from `offset`, read in pieces of 256 KiB; the descriptor's
  /// position stays.
  ///
  /// - Throws: ``TransportError/file(errno:)`` when the file cannot be read, with `EIO` when it is
  ///   shorter; `CancellationError`.
  @concurrent
  package init(descriptor: Int32, offset: Int64, length: Int64) async throws {
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: Int(min(256 << 10, max(length, 1))))
    var position = offset
    let end = offset + length
    while position < end {
      let count = try unsafe buffer.withUnsafeMutableBytes { bytes throws(TransportError) in
        let wanted = min(bytes.count, Int(end - position))
        let count = unsafe pread(descriptor, bytes.baseAddress, wanted, off_t(position))
        if count < 0, errno != EINTR { throw .file(errno: errno) }
        if count == 0 { throw .file(errno: EIO) }
        if count > 0 {
          unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        }
        return max(count, 0)
      }
      position += Int64(count)
      // The pool's thread is lent to others now and then: a part may be half a gigabyte.
      if position & (4 << 20 - 1) < Int64(count) {
        try Task.checkCancellation()
        await Task.yield()
      }
    }
    bytes = Array(hash.finalize())
  }

  /// 64 lower-case digits.
  package var hexadecimal: String { Hexadecimal.text(bytes) }

  /// As the `x-amz-checksum-sha256` header has it.
  package var base64: String { Data(bytes).base64EncodedString() }
}
