package import Git
package import Zip

extension CompressedStore {
  /// What a record is found by: a blob, and what was done to its contents.
  package struct Key: Hashable, Sendable {
    /// A number for the conversion that was applied, of the caller's choice.
    let conversion: UInt8
    // The id as it lies in memory. Ids are spread evenly, so the first word alone nearly always
    // tells two of them apart.
    let first: UInt64
    let second: UInt64
    let third: UInt32

    package init(_ id: ObjectID, conversion: UInt8) {
      precondition(MemoryLayout<ObjectID>.size == 20)
      self.conversion = conversion
      unsafe (first, second, third) = withUnsafeBytes(of: id) { bytes in
        unsafe (
          bytes.loadUnaligned(as: UInt64.self),
          bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
          bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
        )
      }
    }

    fileprivate init(conversion: UInt8, first: UInt64, second: UInt64, third: UInt32) {
      self.conversion = conversion
      self.first = first
      self.second = second
      self.third = third
    }
  }

  /// What a record may say of contents beyond their compressed form.
  package struct Merits: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let digest = Merits(rawValue: 1)
    /// They were looked at, and nothing in them has to be read again.
    package static let examination = Merits(rawValue: 2)

    /// These, each time with one more of the others.
    var more: [Merits] {
      [Merits.digest, .examination].filter { !contains($0) }.map { union($0) }
    }
  }

  /// SHA-256 of contents.
  package struct Digest: Hashable, Sendable {
    private let words: SIMD4<UInt64>

    package static let count = 32

    /// `nil` unless there are exactly 32 bytes.
    package init?(_ bytes: UnsafeRawBufferPointer) {
      guard bytes.count == Self.count else { return nil }
      words = unsafe bytes.loadUnaligned(as: SIMD4<UInt64>.self)
    }

    /// `nil` unless there are exactly 32 bytes.
    package init?(_ bytes: [UInt8]) {
      let digest = unsafe bytes.withUnsafeBytes { unsafe Self($0) }
      guard let digest else { return nil }
      self = digest
    }

    /// The 32 bytes.
    package var bytes: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }

    /// The 32 bytes, without an array around them.
    package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
      try unsafe Swift.withUnsafeBytes(of: words, body)
    }
  }

  /// What an archive says of an entry's contents, besides their compressed bytes.
  package struct Facts: Hashable, Sendable {
    package var method: CompressionMethod
    /// Of the contents before compression.
    package var crc32: UInt32
    package var uncompressedSize: UInt64
    /// No NUL in what git looks at.
    package var isText: Bool
    /// Whether the entry is written with a data descriptor.
    package var isStreamed: Bool
    /// Of the contents before compression; `nil` when nobody wanted it.
    package var digest: Digest?
    /// What the contents say of themselves; `nil` when nobody looked.
    package var traits: ContentTraits?

    package init(
      method: CompressionMethod, crc32: UInt32, uncompressedSize: UInt64, isText: Bool,
      isStreamed: Bool = false, digest: Digest? = nil, traits: ContentTraits? = nil
    ) {
      self.method = method
      self.crc32 = crc32
      self.uncompressedSize = uncompressedSize
      self.isText = isText
      self.isStreamed = isStreamed
      self.digest = digest
      self.traits = traits
    }
  }
}

/// What lies in front of a record's bytes.
///
/// A record is this, the compressed bytes and, when those are more than one piece, the checksums of
/// the pieces: what is large is checked before any of it is given out, and again piece by piece.
struct StoreRecordHeader {
  var key: CompressedStore.Key
  var facts: CompressedStore.Facts
  var compressedSize: UInt64

  /// Bytes that it takes.
  static let size = 80
  /// Bytes of which one checksum is made.
  static let pieceSize = 256 << 10

  private static let textFlag: UInt8 = 1
  private static let streamFlag: UInt8 = 2
  private static let digestFlag: UInt8 = 4
  private static let traitsFlag: UInt8 = 8

  init(key: CompressedStore.Key, facts: CompressedStore.Facts, compressedSize: UInt64) {
    self.key = key
    self.facts = facts
    self.compressedSize = compressedSize
  }

  /// The number of checksums behind the bytes: none when one piece is all.
  var tableCount: Int { Self.tableCount(of: compressedSize) }

  static func tableCount(of size: UInt64) -> Int {
    size <= UInt64(pieceSize) ? 0 : Int((size - 1) / UInt64(pieceSize)) + 1
  }

  /// Reads what ``encode(into:after:)`` wrote.
  init(_ bytes: UnsafeRawBufferPointer) {
    let flags = unsafe bytes[7]
    unsafe key = CompressedStore.Key(
      conversion: bytes[6],
      first: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
      second: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
      third: bytes.loadUnaligned(fromByteOffset: 24, as: UInt32.self))
    unsafe facts = CompressedStore.Facts(
      method: CompressionMethod(
        rawValue: UInt16(bytes[4])),
      crc32: bytes.loadUnaligned(fromByteOffset: 28, as: UInt32.self),
      uncompressedSize: bytes.loadUnaligned(fromByteOffset: 32, as: UInt64.self),
      isText: flags & Self.textFlag != 0, isStreamed: flags & Self.streamFlag != 0,
      digest: flags & Self.digestFlag == 0
        ? nil : CompressedStore.Digest(UnsafeRawBufferPointer(rebasing: bytes[48..<Self.size])),
      traits: flags & Self.traitsFlag == 0 ? nil : ContentTraits(rawValue: bytes[5]))
    unsafe compressedSize = bytes.loadUnaligned(fromByteOffset: 40, as: UInt64.self)
  }

  /// Writes the header of a record.
  ///
  /// - Parameter checksum: of the bytes, or of the checksums of their pieces where there are some.
  func encode(into bytes: UnsafeMutableRawBufferPointer, after checksum: UInt32) {
    let flags =
      (facts.isText ? Self.textFlag : 0) | (facts.isStreamed ? Self.streamFlag : 0)
      | (facts.digest == nil ? 0 : Self.digestFlag)
      | (facts.traits == nil ? 0 : Self.traitsFlag)
    unsafe bytes[4] = UInt8(truncatingIfNeeded: facts.method.rawValue)
    unsafe bytes[5] = facts.traits?.rawValue ?? 0
    unsafe bytes[6] = key.conversion
    unsafe bytes[7] = flags
    unsafe bytes.storeBytes(of: key.first, toByteOffset: 8, as: UInt64.self)
    unsafe bytes.storeBytes(of: key.second, toByteOffset: 16, as: UInt64.self)
    unsafe bytes.storeBytes(of: key.third, toByteOffset: 24, as: UInt32.self)
    unsafe bytes.storeBytes(of: facts.crc32, toByteOffset: 28, as: UInt32.self)
    unsafe bytes.storeBytes(of: facts.uncompressedSize, toByteOffset: 32, as: UInt64.self)
    unsafe bytes.storeBytes(of: compressedSize, toByteOffset: 40, as: UInt64.self)
    let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[48..<Self.size])
    if let digest = facts.digest {
      unsafe digest.withUnsafeBytes { unsafe rest.copyMemory(from: $0) }
    } else {
      for index in rest.indices { unsafe rest[index] = 0 }
    }
    let sum = unsafe Self.checksum(of: UnsafeRawBufferPointer(bytes), after: checksum)
    unsafe bytes.storeBytes(of: sum, as: UInt32.self)
  }

  /// Whether `bytes` are a header that was written with `checksum`.
  static func isWhole(_ bytes: UnsafeRawBufferPointer, after checksum: UInt32) -> Bool {
    unsafe bytes.loadUnaligned(as: UInt32.self) == Self.checksum(of: bytes, after: checksum)
  }

  private static func checksum(
    of bytes: UnsafeRawBufferPointer, after checksum: UInt32
  ) -> UInt32 {
    unsafe Deflater.crc32(
      UnsafeRawBufferPointer(rebasing: bytes[4..<size]), after: checksum)
  }
}
