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
    var fields = HeaderFields()
    fields.append(number: ZipFormat.localHeader)
    appendCommon(facts, needsZip64: needsZip64, to: &fields)
    fields.append(number: facts.isStreamed ? 0 : facts.crc32)
    if needsZip64 {
      fields.append(number: UInt64.max)  // both 32-bit sizes
    } else {
      fields.append(number: facts.isStreamed ? 0 : UInt32(facts.compressedSize))
      fields.append(number: facts.isStreamed ? 0 : UInt32(facts.uncompressedSize))
    }
    fields.append(number: UInt16(entry.path.count))
    fields.append(number: UInt16((timestamp == nil ? 0 : 9) + (needsZip64 ? 20 : 0)))
    fields.append(to: &bytes)
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

    var fields = HeaderFields()
    fields.append(number: ZipFormat.centralHeader)
    fields.append(number: needsZip64 ? ZipFormat.madeByZip64 : ZipFormat.madeBy)
    appendCommon(facts, needsZip64: needsZip64, to: &fields)
    fields.append(number: facts.crc32)
    fields.append(number: UInt32(min(facts.compressedSize, limit)))
    fields.append(number: UInt32(min(facts.uncompressedSize, limit)))
    fields.append(number: UInt16(entry.path.count))
    fields.append(
      number: UInt16((timestamp == nil ? 0 : 9) + (wide.isEmpty ? 0 : 4 + 8 * wide.count)))
    fields.append(number: 0 as UInt32)  // no comment; the first volume
    fields.append(number: entry.isText ? 1 : 0 as UInt16)
    fields.append(number: entry.mode << 16 | (isDirectory ? ZipFormat.dosDirectory : 0))
    fields.append(number: UInt32(min(offset, limit)))
    fields.append(to: &bytes)
    bytes += entry.path
    appendTimestamp(to: &bytes)
    if !wide.isEmpty {
      bytes.append(number: ZipFormat.zip64Field)
      bytes.append(number: UInt16(8 * wide.count))
      for number in wide { bytes.append(number: number) }
    }
  }

  private func appendCommon(_ facts: ContentFacts, needsZip64: Bool, to fields: inout HeaderFields)
  {
    // The version that a program must understand: 4.5 for zip64, 2.0 for deflate.
    fields.append(number: needsZip64 ? 45 : facts.method == .deflate ? 20 : 10 as UInt16)
    fields.append(number: flags)
    fields.append(number: facts.method.rawValue)
    fields.append(number: time.time)
    fields.append(number: time.date)
  }

  private func appendTimestamp(to bytes: inout [UInt8]) {
    guard let timestamp else { return }
    var fields = HeaderFields()
    fields.append(number: ZipFormat.timestampField)
    fields.append(number: 5 as UInt16)
    fields.append(number: 1 as UInt8)  // only the time of modification
    fields.append(number: timestamp)
    fields.append(to: &bytes)
  }
}
