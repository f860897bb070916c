/// An archive's directory, read and verified.
struct ZipDirectory {
  let records: [ZipReader.Record]
  let comment: [UInt8]

  init(_ file: RandomAccessFile, size: UInt64) throws(ZipError) {
    let end = try EndRecord(file, size: size)
    guard end.size <= end.limit, end.offset <= end.limit - end.size else {
      throw ZipError(.corrupt, .open)
    }
    // A program may stand before the archive, and the offsets not count it.
    let declared = end.offset
    let actual = end.limit - end.size
    var prefix: UInt64 = 0
    if end.count > 0, declared != actual {
      let first = try file.bytes(at: declared, count: min(4, Int(clamping: end.limit - declared)))
      if first.count < 4 || first.number(at: 0) != ZipFormat.centralHeader {
        prefix = actual - declared
      }
    }
    let start = declared + prefix
    guard end.count <= end.size / UInt64(ZipFormat.centralHeaderSize) else {
      throw ZipError(.corrupt, .open)
    }
    let bytes = try file.bytes(at: start, count: Int(end.size))
    var drafts: [Draft] = []
    drafts.reserveCapacity(Int(end.count))
    var position = 0
    for _ in 0..<end.count {
      drafts.append(try Draft(bytes, at: &position, prefix: prefix))
    }
    guard position == bytes.count else { throw ZipError(.corrupt, .open) }
    records = try Self.withLimits(drafts, directoryStart: start)
    comment = end.comment
  }

  /// Gives each entry the room up to the next one. Entries that share bytes, as in a "zip bomb",
  /// are refused.
  private static func withLimits(_ drafts: [Draft], directoryStart: UInt64) throws(ZipError)
    -> [ZipReader.Record]
  {
    var limits = [UInt64](repeating: directoryStart, count: drafts.count)
    var order = Array(drafts.indices)
    let isInOrder = zip(drafts, drafts.dropFirst()).allSatisfy { $0.offset < $1.offset }
    if !isInOrder { order.sort { (drafts[$0].offset, $0) < (drafts[$1].offset, $1) } }
    for (index, next) in zip(order, order.dropFirst()) {
      limits[index] = drafts[next].offset
    }
    var records: [ZipReader.Record] = []
    records.reserveCapacity(drafts.count)
    for (draft, limit) in zip(drafts, limits) {
      let header = UInt64(ZipFormat.localHeaderSize + draft.path.count)
      guard draft.offset <= limit, header <= limit - draft.offset,
        draft.compressedSize <= limit - draft.offset - header
      else { throw ZipError(.corrupt, .open, draft.path) }
      records.append(draft.record(limit: limit))
    }
    return records
  }
}

/// The end of an archive, which says where its directory is.
private struct EndRecord {
  var count: UInt64
  var size: UInt64
  var offset: UInt64
  /// Where the end records begin.
  var limit: UInt64
  var comment: [UInt8]

  init(_ file: RandomAccessFile, size fileSize: UInt64) throws(ZipError) {
    let longest = ZipFormat.endSize + Int(ZipFormat.in64Short)
    let tailSize = Int(min(fileSize, UInt64(longest)))
    let tail = try file.bytes(at: fileSize - UInt64(tailSize), count: tailSize)
    guard let position = Self.find(in: tail) else {
      let head = try file.bytes(at: 0, count: min(tailSize, 4))
      let beginsLikeAZip = head.count == 4 && head.number(at: 0) == ZipFormat.localHeader
      throw ZipError(beginsLikeAZip ? .truncated : .notAZip, .open)
    }
    let volumes: UInt32 = tail.number(at: position + 4)
    count = UInt64(tail.number(at: position + 10, as: UInt16.self))
    size = UInt64(tail.number(at: position + 12, as: UInt32.self))
    offset = UInt64(tail.number(at: position + 16, as: UInt32.self))
    limit = fileSize - UInt64(tailSize - position)
    comment = Array(tail[(position + ZipFormat.endSize)...])

    let mayBeZip64 =
      count == UInt64(ZipFormat.in64Short) || max(size, offset) == UInt64(ZipFormat.in64)
    if mayBeZip64, limit >= UInt64(ZipFormat.zip64LocatorSize) {
      let locatorOffset = limit - UInt64(ZipFormat.zip64LocatorSize)
      let locator = try file.bytes(at: locatorOffset, count: ZipFormat.zip64LocatorSize)
      if locator.number(at: 0) == ZipFormat.zip64Locator {
        try readZip64(file, at: locator.number(at: 8), before: locatorOffset)
        return
      }
    }
    guard volumes == 0, tail.number(at: position + 8) == UInt16(count) else {
      throw ZipError(.unsupported, .open)
    }
  }

  private mutating func readZip64(
    _ file: RandomAccessFile, at position: UInt64, before limit: UInt64
  ) throws(ZipError) {
    guard limit >= UInt64(ZipFormat.zip64EndSize),
      position <= limit - UInt64(ZipFormat.zip64EndSize)
    else { throw ZipError(.corrupt, .open) }
    let bytes = try file.bytes(at: position, count: ZipFormat.zip64EndSize)
    guard bytes.number(at: 0) == ZipFormat.zip64End else { throw ZipError(.corrupt, .open) }
    guard bytes.number(at: 16) == 0 as UInt64,
      bytes.number(at: 24) == bytes.number(at: 32, as: UInt64.self)
    else { throw ZipError(.unsupported, .open) }
    count = bytes.number(at: 32)
    size = bytes.number(at: 40)
    offset = bytes.number(at: 48)
    self.limit = position
  }

  /// Looks for the record whose comment reaches exactly to the end of the file.
  private static func find(in tail: [UInt8]) -> Int? {
    var position = tail.count - ZipFormat.endSize
    while position >= 0 {
      if tail[position] == UInt8(ascii: "P"), tail.number(at: position) == ZipFormat.end,
        Int(tail.number(at: position + 20, as: UInt16.self))
          == tail.count - position - ZipFormat.endSize
      {
        return position
      }
      position -= 1
    }
    return nil
  }
}

/// An entry of the directory, before it is known where the next one lies.
private struct Draft {
  var path: [UInt8]
  var mode: UInt32
  var method: CompressionMethod
  var flags: UInt16
  var crc32: UInt32
  var compressedSize: UInt64
  var uncompressedSize: UInt64
  var offset: UInt64
  var modificationTime: Int64
  var isText: Bool

  /// Reads the entry at `position` and moves behind it.
  init(_ bytes: [UInt8], at position: inout Int, prefix: UInt64) throws(ZipError) {
    let start = position
    guard bytes.count - start >= ZipFormat.centralHeaderSize,
      bytes.number(at: start) == ZipFormat.centralHeader
    else { throw ZipError(.corrupt, .open) }
    let nameSize = Int(bytes.number(at: start + 28, as: UInt16.self))
    let extraSize = Int(bytes.number(at: start + 30, as: UInt16.self))
    let commentSize = Int(bytes.number(at: start + 32, as: UInt16.self))
    let nameStart = start + ZipFormat.centralHeaderSize
    let extraStart = nameStart + nameSize
    let extraEnd = extraStart + extraSize
    guard extraEnd + commentSize <= bytes.count else { throw ZipError(.corrupt, .open) }
    position = extraEnd + commentSize

    path = Array(bytes[nameStart..<extraStart])
    flags = bytes.number(at: start + 8)
    method = CompressionMethod(rawValue: bytes.number(at: start + 10))
    let dos = DOSTime(
      time: bytes.number(at: start + 12), date: bytes.number(at: start + 14))
    modificationTime = dos.unixSeconds
    crc32 = bytes.number(at: start + 16)
    compressedSize = UInt64(bytes.number(at: start + 20, as: UInt32.self))
    uncompressedSize = UInt64(bytes.number(at: start + 24, as: UInt32.self))
    offset = UInt64(bytes.number(at: start + 42, as: UInt32.self))
    isText = bytes.number(at: start + 36, as: UInt16.self) & 1 != 0
    mode = Self.mode(
      madeBy: bytes[start + 5], attributes: bytes.number(at: start + 38),
      isNamedDirectory: path.last == UInt8(ascii: "/"))
    let volume: UInt16 = bytes.number(at: start + 34)
    guard volume == 0 || volume == ZipFormat.in64Short else {
      throw ZipError(.unsupported, .open, path)
    }
    try readExtra(bytes, extraStart..<extraEnd)
    let (sum, overflow) = offset.addingReportingOverflow(prefix)
    guard !overflow else { throw ZipError(.corrupt, .open, path) }
    offset = sum
  }

  /// Reads the fields that matter: sizes of zip64 and the time in UTC.
  private mutating func readExtra(_ bytes: [UInt8], _ range: Range<Int>) throws(ZipError) {
    let limit = UInt64(ZipFormat.in64)
    var wants64 = max(compressedSize, uncompressedSize, offset) == limit
    var position = range.lowerBound
    while range.upperBound - position >= 4 {
      let kind: UInt16 = bytes.number(at: position)
      let size = Int(bytes.number(at: position + 2, as: UInt16.self))
      position += 4
      // Some programs pad with bytes that are no field.
      guard size <= range.upperBound - position else { break }
      let field = position..<position + size
      position += size
      if kind == ZipFormat.zip64Field, wants64 {
        var place = field.lowerBound
        func next(_ short: UInt64) throws(ZipError) -> UInt64 {
          guard short == limit else { return short }
          guard field.upperBound - place >= 8 else { throw ZipError(.corrupt, .open, path) }
          defer { place += 8 }
          return bytes.number(at: place)
        }
        uncompressedSize = try next(uncompressedSize)
        compressedSize = try next(compressedSize)
        offset = try next(offset)
        wants64 = false
      } else if kind == ZipFormat.timestampField, size >= 5, bytes[field.lowerBound] & 1 != 0 {
        modificationTime = Int64(bytes.number(at: field.lowerBound + 1, as: Int32.self))
      }
    }
  }

  /// The mode, from the high half of the attributes where the archive comes from a Unix (3) or from
  /// macOS (19).
  private static func mode(madeBy: UInt8, attributes: UInt32, isNamedDirectory: Bool) -> UInt32 {
    let isUnix = madeBy == 3 || madeBy == 19
    var mode = isUnix ? attributes >> 16 : 0
    let isDirectory = isNamedDirectory || mode == 0 && attributes & ZipFormat.dosDirectory != 0
    if mode & ~FileMode.type == 0, mode & FileMode.type != FileMode.link {
      mode = mode & FileMode.type | (isDirectory ? 0o755 : 0o644)
    }
    if isDirectory {
      mode = mode & ~FileMode.type | FileMode.directory
    } else if mode & FileMode.type == 0 || mode & FileMode.type == FileMode.pipe {
      // Info-ZIP gives a file that it reads from a pipe the pipe's type.
      mode = mode & ~FileMode.type | FileMode.regular
    }
    return mode
  }

  func record(limit: UInt64) -> ZipReader.Record {
    ZipReader.Record(
      path: path, mode: mode, method: method, flags: flags, crc32: crc32,
      compressedSize: compressedSize, uncompressedSize: uncompressedSize,
      localHeaderOffset: offset, modificationTime: modificationTime, isText: isText, limit: limit)
  }
}
