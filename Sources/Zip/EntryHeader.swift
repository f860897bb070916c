/// What an archive says about an entry's contents.
struct ContentFacts {
  var method: CompressionMethod
  var crc32: UInt32
  var compressedSize: UInt64
  var uncompressedSize: UInt64
  /// Whether sizes and checksum follow the contents instead of leading them.
  var isStreamed: Bool

  /// Whether the local header has a zip64 field. For a streamed entry this is decided before its
  /// compressed size is known, so room is left for what deflate may add (less than 0.1 %).
  var needsZip64: Bool {
    let limit = UInt64(ZipFormat.in64)
    return max(compressedSize, uncompressedSize) >= limit
      || isStreamed && uncompressedSize >= limit - (16 << 20)
  }

  /// The record that follows a streamed entry's contents.
  func appendDataDescriptor(to bytes: inout [UInt8]) {
    bytes.append(number: ZipFormat.dataDescriptor)
    bytes.append(number: crc32)
    if needsZip64 {
      bytes.append(number: compressedSize)
      bytes.append(number: uncompressedSize)
    } else {
      bytes.append(number: UInt32(compressedSize))
      bytes.append(number: UInt32(uncompressedSize))
    }
  }
}

/// What stands in front of an entry's contents and, with a little more, in the directory.
struct EntryHeader {
  let entry: ZipEntry
  /// Where the local header is in the archive.
  let offset: UInt64
  let flags: UInt16
  let time: DOSTime
  /// The time in UTC, unless the field for it is too short.
  let timestamp: Int32?

  init(
    _ entry: ZipEntry, at offset: UInt64, time: DOSTime, needsUTF8Flag: Bool, isStreamed: Bool
  ) {
    self.entry = entry
    self.offset = offset
    self.time = time
    flags =
      (needsUTF8Flag ? ZipFormat.utf8 : 0) | (isStreamed ? ZipFormat.hasDataDescriptor : 0)
    timestamp = Int32(exactly: entry.modificationTime)
  }

  func appendLocal(_ facts: ContentFacts, to bytes: inout [UInt8]) {
    let needsZip64 = facts.needsZip64
    bytes.append(number: ZipFormat.localHeader)
    appendCommon(facts, needsZip64: needsZip64, to: &bytes)
    bytes.append(number: facts.isStreamed ? 0 : facts.crc32)
    if needsZip64 {
      bytes.append(number: UInt64.max)  // both 32-bit sizes
    } else {
      bytes.append(number: facts.isStreamed ? 0 : UInt32(facts.compressedSize))
      bytes.append(number: facts.isStreamed ? 0 : UInt32(facts.uncompressedSize))
    }
    bytes.append(number: UInt16(entry.path.count))
    bytes.append(number: UInt16((timestamp == nil ? 0 : 9) + (needsZip64 ? 20 : 0)))
    bytes += entry.path
    appendTimestamp(to: &bytes)
    if needsZip64 {
      bytes.append(number: ZipFormat.zip64Field)
      bytes.append(number: 16 as UInt16)
      bytes.append(number: facts.isStreamed ? 0 : facts.uncompressedSize)
      bytes.append(number: facts.isStreamed ? 0 : facts.compressedSize)
    }
  }

  func appendCentral(_ facts: ContentFacts, to bytes: inout [UInt8]) {
    let limit = UInt64(ZipFormat.in64)
    var wide: [UInt64] = []
    if facts.uncompressedSize >= limit { wide.append(facts.uncompressedSize) }
    if facts.compressedSize >= limit { wide.append(facts.compressedSize) }
    if offset >= limit { wide.append(offset) }
    let needsZip64 = facts.needsZip64 || !wide.isEmpty
    let isDirectory = entry.path.last == UInt8(ascii: "/")

    bytes.append(number: ZipFormat.centralHeader)
    bytes.append(number: needsZip64 ? ZipFormat.madeByZip64 : ZipFormat.madeBy)
    appendCommon(facts, needsZip64: needsZip64, to: &bytes)
    bytes.append(number: facts.crc32)
    bytes.append(number: UInt32(min(facts.compressedSize, limit)))
    bytes.append(number: UInt32(min(facts.uncompressedSize, limit)))
    bytes.append(number: UInt16(entry.path.count))
    bytes.append(
      number: UInt16((timestamp == nil ? 0 : 9) + (wide.isEmpty ? 0 : 4 + 8 * wide.count)))
    bytes.append(number: 0 as UInt32)  // no comment; the first volume
    bytes.append(number: entry.isText ? 1 : 0 as UInt16)
    bytes.append(number: entry.mode << 16 | (isDirectory ? ZipFormat.dosDirectory : 0))
    bytes.append(number: UInt32(min(offset, limit)))
    bytes += entry.path
    appendTimestamp(to: &bytes)
    if !wide.isEmpty {
      bytes.append(number: ZipFormat.zip64Field)
      bytes.append(number: UInt16(8 * wide.count))
      for number in wide { bytes.append(number: number) }
    }
  }

  private func appendCommon(_ facts: ContentFacts, needsZip64: Bool, to bytes: inout [UInt8]) {
    // The version that a program must understand: 4.5 for zip64, 2.0 for deflate.
    bytes.append(number: needsZip64 ? 45 : facts.method == .deflate ? 20 : 10 as UInt16)
    bytes.append(number: flags)
    bytes.append(number: facts.method.rawValue)
    bytes.append(number: time.time)
    bytes.append(number: time.date)
  }

  private func appendTimestamp(to bytes: inout [UInt8]) {
    guard let timestamp else { return }
    bytes.append(number: ZipFormat.timestampField)
    bytes.append(number: 5 as UInt16)
    bytes.append(1)  // only the time of modification
    bytes.append(number: timestamp)
  }
}
