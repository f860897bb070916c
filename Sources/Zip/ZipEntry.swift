/// What an archive says about one of its files, besides the contents.
package struct ZipEntry: Sendable, Hashable {
  /// The name as it is in the archive: raw bytes, `/` between components, `/` at a directory's end.
  package var path: [UInt8]
  /// A `st_mode` with its type: 0o100644, 0o100755, 0o120777, 0o040755.
  package var mode: UInt32
  /// Seconds since 1970, UTC.
  package var modificationTime: Int64
  /// A hint for programs that translate the ends of lines when they unpack.
  package var isText: Bool

  package init(path: [UInt8], mode: UInt32, modificationTime: Int64, isText: Bool = false) {
    self.path = path
    self.mode = mode
    self.modificationTime = modificationTime
    self.isText = isText
  }
}

/// How an entry's bytes are kept, as the number that zip gives it.
package struct CompressionMethod: RawRepresentable, Sendable, Hashable {
  package var rawValue: UInt16

  package init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  package static let stored = CompressionMethod(rawValue: 0)
  package static let deflate = CompressionMethod(rawValue: 8)
}

/// What is known of a file's contents besides the compressed bytes.
package struct CompressedFacts: Sendable, Hashable {
  package var method: CompressionMethod
  /// Of the contents before compression.
  package var crc32: UInt32
  package var uncompressedSize: UInt64

  package init(method: CompressionMethod, crc32: UInt32, uncompressedSize: UInt64) {
    self.method = method
    self.crc32 = crc32
    self.uncompressedSize = uncompressedSize
  }
}

/// A file's contents as they go into an archive. Made by a `Deflater`, or kept from an earlier one.
package struct CompressedContent: Sendable, Hashable {
  package var method: CompressionMethod
  /// Of the contents before compression.
  package var crc32: UInt32
  package var uncompressedSize: UInt64
  /// The stored or deflated bytes.
  package var bytes: ContiguousArray<UInt8>

  package init(
    method: CompressionMethod, crc32: UInt32, uncompressedSize: UInt64,
    bytes: ContiguousArray<UInt8>
  ) {
    self.method = method
    self.crc32 = crc32
    self.uncompressedSize = uncompressedSize
    self.bytes = bytes
  }

  package init(_ facts: CompressedFacts, bytes: ContiguousArray<UInt8>) {
    self.init(
      method: facts.method, crc32: facts.crc32, uncompressedSize: facts.uncompressedSize,
      bytes: bytes)
  }

  package var facts: CompressedFacts {
    CompressedFacts(method: method, crc32: crc32, uncompressedSize: uncompressedSize)
  }

  /// No contents: an empty file, or a directory.
  package static let empty = CompressedContent(
    method: .stored, crc32: 0, uncompressedSize: 0, bytes: [])
}
