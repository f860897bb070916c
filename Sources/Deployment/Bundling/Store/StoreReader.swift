private import Zip

/// A record that was found whole, and how to get at its bytes.
struct StoredRecord {
  let header: StoreRecordHeader
  let segment: StoreSegment
  let offset: UInt64

  var dataOffset: UInt64 { offset + UInt64(StoreRecordHeader.size) }
  var isSmall: Bool { header.tableCount == 0 }
}

/// Reads records through a few windows, each a stretch of a segment.
///
/// Records of one bundle lie one behind the other, but for what was added since: a window that is
/// read on grows, one at a new place is small. With pread and not with mapped memory, where an error
/// of the disk would end the process.
@safe final class StoreReader {
  @safe private struct Window {
    var bytes: UnsafeMutableRawBufferPointer
    var segment: StoreSegment?
    var start: UInt64 = 0
    var count = 0
    /// Bytes that the next read of this window asks for.
    var appetite = 0
    var lastUse = 0
  }

  private var windows: [Window] = []
  private var clock = 0
  /// How often a window was filled.
  private var fills = 0
  /// The small record that was checked last, and the number of fills then: while that is the same,
  /// so are its bytes.
  private var checked: (segment: StoreSegment?, offset: UInt64, fills: Int) = (nil, 0, 0)

  private static let windowCount = 4
  private static let smallestRead = 8 << 10
  private static let capacity = StoreRecordHeader.pieceSize + 2 * StoreRecordHeader.size
  /// A window may skip this much without starting anew.
  private static let gap: UInt64 = 64 << 10

  deinit {
    for index in windows.indices { unsafe windows[index].bytes.deallocate() }
  }

  /// Reads a record and checks what says what it is and, of a small one, all of it.
  ///
  /// - Parameter key: whose it should be; `nil` for whatever the row stands for.
  func record(_ row: Int, of segment: StoreSegment, for key: CompressedStore.Key?) -> StoredRecord?
  {
    let row = segment.rows[row]
    let size = UInt64(StoreRecordHeader.size)
    guard row.offset >= UInt64(StoreSegment.headerSize), row.offset < segment.indexOffset,
      segment.indexOffset - row.offset >= size,
      let bytes = unsafe bytes(of: segment, at: row.offset, count: StoreRecordHeader.size)
    else { return nil }
    let header = unsafe StoreRecordHeader(bytes)
    let room = segment.indexOffset - row.offset - size
    guard header.key.first == row.prefix, header.key.conversion == row.conversion,
      key == nil || header.key == key, header.compressedSize <= room,
      UInt64(header.tableCount) * 4 <= room - header.compressedSize
    else { return nil }
    let record = StoredRecord(header: header, segment: segment, offset: row.offset)
    let isRight = record.isSmall ? unsafe smallBytes(of: record) != nil : table(of: record) != nil
    return isRight ? record : nil
  }

  /// Whether all pieces of a large record are what they should be.
  func isWhole(_ record: StoredRecord) -> Bool {
    guard !record.isSmall else { return true }
    guard let table = table(of: record) else { return false }
    return table.indices.allSatisfy {
      unsafe bytes(ofPiece: $0, of: record, checksum: table[$0]) != nil
    }
  }

  /// Gives the bytes of a record to `body`, one piece after the other, each of them checked anew.
  /// - Returns: false when one of them is not what it was; the ones before it have been given.
  func withPieces(
    of record: StoredRecord, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) rethrows -> Bool {
    if record.isSmall {
      guard let bytes = unsafe smallBytes(of: record) else { return false }
      try unsafe body(bytes)
      return true
    }
    guard let table = table(of: record) else { return false }
    for piece in table.indices {
      guard let bytes = unsafe bytes(ofPiece: piece, of: record, checksum: table[piece]) else {
        return false
      }
      try unsafe body(bytes)
    }
    return true
  }

  // MARK: - Checking

  private func smallBytes(of record: StoredRecord) -> UnsafeRawBufferPointer? {
    let count = StoreRecordHeader.size + Int(record.header.compressedSize)
    guard let whole = unsafe bytes(of: record.segment, at: record.offset, count: count) else {
      return nil
    }
    let data = unsafe UnsafeRawBufferPointer(rebasing: whole[StoreRecordHeader.size...])
    if checked.offset == record.offset, checked.fills == fills, checked.segment === record.segment {
      return unsafe data
    }
    let header = unsafe UnsafeRawBufferPointer(rebasing: whole[..<StoreRecordHeader.size])
    guard unsafe StoreRecordHeader.isWhole(header, after: Deflater.crc32(data)) else { return nil }
    checked = (record.segment, record.offset, fills)
    return unsafe data
  }

  /// The checksums of a large record's pieces.
  private func table(of record: StoredRecord) -> ContiguousArray<UInt32>? {
    var table = ContiguousArray<UInt32>(repeating: 0, count: record.header.tableCount)
    let isRead = unsafe table.withUnsafeMutableBytes {
      unsafe record.segment.file.read(
        into: $0, at: record.dataOffset + record.header.compressedSize)
    }
    guard isRead,
      let header = unsafe bytes(
        of: record.segment, at: record.offset, count: StoreRecordHeader.size)
    else { return nil }
    let checksum = unsafe table.withUnsafeBytes { unsafe Deflater.crc32($0) }
    return unsafe StoreRecordHeader.isWhole(header, after: checksum) ? table : nil
  }

  private func bytes(
    ofPiece piece: Int, of record: StoredRecord, checksum: UInt32
  ) -> UnsafeRawBufferPointer? {
    let size = StoreRecordHeader.pieceSize
    let start = UInt64(piece) * UInt64(size)
    let count = Int(min(UInt64(size), record.header.compressedSize - start))
    guard
      let bytes = unsafe bytes(of: record.segment, at: record.dataOffset + start, count: count),
      unsafe Deflater.crc32(bytes) == checksum
    else { return nil }
    return unsafe bytes
  }

  // MARK: - Windows

  /// Bytes of a segment, good until the next call; at most ``capacity``.
  private func bytes(
    of segment: StoreSegment, at offset: UInt64, count: Int
  ) -> UnsafeRawBufferPointer? {
    clock += 1
    var chosen: Int?
    for index in windows.indices where windows[index].segment === segment {
      let start = windows[index].start
      let end = start + UInt64(windows[index].count)
      guard offset >= start, offset <= end + Self.gap else { continue }
      if offset + UInt64(count) <= end {
        let first = Int(offset - start)
        windows[index].lastUse = clock
        return unsafe UnsafeRawBufferPointer(
          rebasing: windows[index].bytes[first..<first + count])
      }
      chosen = index
    }
    if let chosen {
      windows[chosen].appetite = min(windows[chosen].appetite * 4, Self.capacity)
      return unsafe fill(chosen, segment, offset, count)
    }
    let free = vacantWindow()
    windows[free].appetite = Self.smallestRead
    return unsafe fill(free, segment, offset, count)
  }

  /// A new window, or the one that was not used for the longest time.
  private func vacantWindow() -> Int {
    if windows.count < Self.windowCount {
      unsafe windows.append(Window(bytes: .allocate(byteCount: Self.capacity, alignment: 16)))
      return windows.count - 1
    }
    return windows.indices.min { windows[$0].lastUse < windows[$1].lastUse } ?? 0
  }

  private func fill(
    _ index: Int, _ segment: StoreSegment, _ offset: UInt64, _ count: Int
  ) -> UnsafeRawBufferPointer? {
    fills += 1
    windows[index].segment = nil
    guard count <= Self.capacity, segment.indexOffset - offset >= UInt64(count) else { return nil }
    let wanted = max(count, windows[index].appetite)
    let length = Int(min(UInt64(wanted), segment.indexOffset - offset))
    let buffer = unsafe UnsafeMutableRawBufferPointer(rebasing: windows[index].bytes[..<length])
    guard let read = unsafe segment.file.read(into: buffer, at: offset, atLeast: count) else {
      return nil
    }
    windows[index].segment = segment
    windows[index].start = offset
    windows[index].count = read
    windows[index].lastUse = clock
    return unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
  }
}
