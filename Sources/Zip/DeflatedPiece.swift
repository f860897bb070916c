import CDeflate

/// A part of a file too large for memory, deflated by itself so that several are at the same time.
///
/// Each is a number of whole blocks that end at a byte, and none of them is the last of a stream;
/// one behind the other, and an empty last block, they are one stream. Nothing in a piece leads back
/// into another, which makes an archive about a thousandth larger.
package struct DeflatedPiece: Sendable {
  /// How many bytes make a piece, except at the end. A constant, since the bytes depend on it.
  package static let contentSize = 1 << 20

  /// The deflated bytes.
  package let bytes: ContiguousArray<UInt8>
  /// Of the contents before compression.
  package let crc32: UInt32
  package let uncompressedSize: Int

  /// An empty block with fixed codes, the last of a stream.
  package static let end: ContiguousArray<UInt8> = [0x03, 0x00]

  /// The checksum of what `previous` belongs to and then of this piece.
  package func crc32(after previous: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32_combine(UInt(previous), UInt(crc32), uncompressedSize))
  }
}

extension Deflater {
  /// Deflates a piece; the same bytes and level always give the same result.
  package func piece(_ bytes: UnsafeRawBufferPointer) -> DeflatedPiece {
    var deflated: ContiguousArray<UInt8>?
    if unsafe looksCompressible(bytes) {
      deflated = unsafe deflate(bytes) { unsafe Self.joinable($0, limit: bytes.count) }
    }
    return unsafe DeflatedPiece(
      bytes: deflated ?? Self.storedBlocks(bytes), crc32: Deflater.crc32(bytes),
      uncompressedSize: bytes.count)
  }

  /// A stream without its end: its last block is no longer marked as the last, and an empty stored
  /// block fills the last byte. The way of zlib's `examples/gzjoin.c`.
  private static func joinable(
    _ stream: UnsafeRawBufferPointer, limit: Int
  ) -> ContiguousArray<UInt8>? {
    var (start, end) = (0, 0)
    guard stream.count < limit,
      unsafe cdeflate_last_block(stream.baseAddress, stream.count, &start, &end) == 0,
      (end + 7) / 8 == stream.count
    else { return nil }
    var bytes = ContiguousArray<UInt8>()
    bytes.reserveCapacity(stream.count + 5)
    unsafe bytes.append(contentsOf: stream)
    bytes[start / 8] &= ~(1 << (start % 8))
    if end % 8 != 0 {
      // Three bits of header, which are zeros as what is left of the byte is.
      if end % 8 > 5 { bytes.append(0) }
      bytes.append(contentsOf: [0x00, 0x00, 0xff, 0xff])
    }
    return bytes
  }

  /// Blocks that hold bytes as they are.
  private static func storedBlocks(_ bytes: UnsafeRawBufferPointer) -> ContiguousArray<UInt8> {
    let limit = 0xffff
    var blocks = ContiguousArray<UInt8>()
    blocks.reserveCapacity(bytes.count + (bytes.count / limit + 1) * 5)
    for start in stride(from: 0, to: bytes.count, by: limit) {
      let count = min(limit, bytes.count - start)
      let (low, high) = (UInt8(count & 0xff), UInt8(count >> 8))
      blocks.append(contentsOf: [0, low, high, ~low, ~high])
      unsafe blocks.append(contentsOf: bytes[start..<start + count])
    }
    return blocks
  }
}
