private import Zip

/// A segment that is being written, under a temporary name until it is complete.
///
/// The first failure is the end: the file is removed at once, so that a full disk has room for what
/// matters, and all further calls do nothing. A record that the limit has no room for is left out.
@safe final class StoreWriter {
  private struct Entry {
    var row: StoreRow
    var hour: UInt32
  }

  private let directory: StoreDirectory
  private let hour: UInt32
  private let largestSize: UInt64
  private let reserve: UInt64
  private var file: StoreFile?
  private var entries: ContiguousArray<Entry> = []
  /// What was added, as far as a word tells; a record that is wrongly taken for one is added another
  /// time.
  private var added: Set<UInt64> = []

  private let buffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: StoreWriter.capacity, alignment: 16)
  private var filled = 0
  /// Where in the file the buffer begins.
  private var written: UInt64 = 0
  /// The farthest place that was ever written to.
  private var extent: UInt64 = 0

  /// The large record that is on its way.
  private var draft: Draft?

  private struct Draft {
    let key: CompressedStore.Key
    let start: UInt64
    var size: UInt64 = 0
    /// Bytes of the last piece, and their checksum.
    var pieceCount = 0
    var pieceChecksum: UInt32 = 0
    var table: ContiguousArray<UInt32> = []

    /// Bytes that the piece of the next ones has room for.
    var room: Int {
      let size = StoreRecordHeader.pieceSize
      return pieceCount == size ? size : size - pieceCount
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
      if pieceCount == StoreRecordHeader.pieceSize { endPiece() }
      unsafe pieceChecksum = Deflater.crc32(bytes, after: pieceChecksum)
      pieceCount += bytes.count
      size += UInt64(bytes.count)
    }

    mutating func endPiece() {
      table.append(pieceChecksum)
      pieceCount = 0
      pieceChecksum = 0
    }
  }

  private static let capacity = StoreRecordHeader.size + StoreRecordHeader.pieceSize
  /// Bytes that are left free on the file system: the store is not what fills it.
  static let reserve: UInt64 = 64 << 20

  /// - Parameters:
  ///   - header: how the records were made.
  ///   - limit: bytes that the segment may have.
  ///   - count: an estimate of the number of records.
  init?(
    in directory: StoreDirectory, header: [UInt8], hour: UInt32, limit: UInt64, count: Int = 0,
    reserve: UInt64 = StoreWriter.reserve
  ) {
    self.reserve = reserve
    self.directory = directory
    self.hour = hour
    largestSize = min(limit, StoreFile.largestSize)
    guard directory.make(), let file = StoreFile.create(directory.temporaryPath()) else {
      return nil
    }
    self.file = file
    entries.reserveCapacity(count)
    unsafe header.withUnsafeBytes { unsafe put($0) }
  }

  deinit {
    if let file { StoreDirectory.remove(file.path) }
    unsafe buffer.deallocate()
  }

  /// Whether anything can still be added.
  var isOpen: Bool { file != nil }

  var isEmpty: Bool { entries.isEmpty }

  func contains(_ key: CompressedStore.Key) -> Bool { added.contains(Self.mark(of: key)) }

  private static func mark(of key: CompressedStore.Key) -> UInt64 {
    key.first ^ UInt64(key.conversion) &* 0x9e37_79b9_7f4a_7c15
  }

  /// Adds a record whose bytes are at hand. One that was begun and not ended is given up.
  func add(
    _ key: CompressedStore.Key, _ facts: CompressedStore.Facts, _ bytes: UnsafeRawBufferPointer,
    lastUse: UInt32? = nil
  ) {
    abandon()
    guard bytes.count <= StoreRecordHeader.pieceSize else {
      begin(key)
      unsafe append(bytes)
      end(facts, lastUse: lastUse)
      return
    }
    let header = StoreRecordHeader(key: key, facts: facts, compressedSize: UInt64(bytes.count))
    let size = StoreRecordHeader.size + bytes.count
    guard makeRoom(for: size) else { return }
    let start = position
    let checksum = unsafe Deflater.crc32(bytes)
    unsafe header.encode(
      into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]), after: checksum)
    filled += StoreRecordHeader.size
    unsafe put(bytes)
    note(header, at: start, lastUse: lastUse)
  }

  /// Begins a record of many bytes.
  func begin(_ key: CompressedStore.Key) {
    abandon()
    guard makeRoom(for: StoreRecordHeader.size) else { return }
    draft = Draft(key: key, start: position)
    for index in filled..<filled + StoreRecordHeader.size { unsafe buffer[index] = 0 }
    filled += StoreRecordHeader.size
  }

  /// Adds to the record that was begun.
  func append(_ bytes: UnsafeRawBufferPointer) {
    var rest = unsafe bytes[...]
    while let room = draft?.room, unsafe !rest.isEmpty {
      let count = unsafe min(rest.count, room)
      guard makeRoom(for: 0, ahead: UInt64(count)) else { return }
      let piece = unsafe UnsafeRawBufferPointer(rebasing: rest.prefix(count))
      unsafe draft?.add(piece)
      unsafe put(piece)
      unsafe rest.removeFirst(count)
    }
  }

  /// Completes the record that was begun.
  func end(_ facts: CompressedStore.Facts, lastUse: UInt32? = nil) {
    guard var draft else { return }
    self.draft = nil
    let header = StoreRecordHeader(key: draft.key, facts: facts, compressedSize: draft.size)
    var checksum = draft.pieceChecksum
    if header.tableCount > 0 {
      draft.endPiece()
      self.draft = draft
      guard makeRoom(for: 0, ahead: UInt64(draft.table.count * 4)) else { return }
      self.draft = nil
      unsafe draft.table.withUnsafeBytes { unsafe put($0) }
      checksum = unsafe draft.table.withUnsafeBytes { unsafe Deflater.crc32($0) }
    }
    guard let file else { return }
    // The header comes last, and goes to the front.
    if draft.start >= written {
      let place = Int(draft.start - written)
      unsafe header.encode(
        into: UnsafeMutableRawBufferPointer(rebasing: buffer[place...]), after: checksum)
    } else {
      var bytes = [UInt8](repeating: 0, count: StoreRecordHeader.size)
      let isWritten = unsafe bytes.withUnsafeMutableBytes { bytes in
        unsafe header.encode(into: bytes, after: checksum)
        return unsafe file.write(UnsafeRawBufferPointer(bytes), at: draft.start)
      }
      guard isWritten else { return fail() }
    }
    note(header, at: draft.start, lastUse: lastUse)
  }

  /// Takes back the record that was begun, if one was.
  func abandon() {
    guard let draft else { return }
    self.draft = nil
    if draft.start >= written {
      filled = Int(draft.start - written)
    } else {
      written = draft.start
      filled = 0
    }
  }

  /// Writes the index, and gives the file its name.
  /// - Returns: the name; `nil` when there is nothing to keep, or it could not be written.
  /// - Parameter isWanted: asked last, before the segment appears.
  func publish(isWanted: () -> Bool = { true }) -> StoreName? {
    abandon()
    defer { fail() }
    guard let file, !entries.isEmpty else { return nil }
    entries.sort {
      $0.row.prefix == $1.row.prefix
        ? $0.row.place < $1.row.place : $0.row.prefix < $1.row.prefix
    }
    let indexOffset = position
    guard flush(), let checksum = writeIndex() else { return nil }
    let footer = StoreFooter(
      indexOffset: indexOffset, count: UInt64(entries.count), hour: hour, indexChecksum: checksum)
    unsafe footer.encode(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
    filled += StoreFooter.size
    guard flush(), extent == written || file.truncate(to: written) else { return nil }
    let name = StoreName.unique()
    writeUses(name)
    guard isWanted(), StoreDirectory.rename(file.path, to: directory.path(of: name, .records))
    else {
      directory.remove(name)
      return nil
    }
    self.file = nil
    return name
  }

  // MARK: - Bytes

  private var position: UInt64 { written + UInt64(filled) }

  private func note(_ header: StoreRecordHeader, at offset: UInt64, lastUse: UInt32?) {
    guard isOpen else { return }
    entries.append(Entry(row: StoreRow(header, offset: offset), hour: lastUse ?? hour))
    // Whoever merges sees to it that nothing comes twice.
    if lastUse == nil { added.insert(Self.mark(of: header.key)) }
  }

  private func writeIndex() -> UInt32? {
    var checksum: UInt32 = 0
    for entry in entries {
      if Self.capacity - filled < StoreRow.size {
        unsafe checksum = Deflater.crc32(
          UnsafeRawBufferPointer(rebasing: buffer[..<filled]), after: checksum)
        guard flush() else { return nil }
      }
      unsafe buffer.storeBytes(of: entry.row.prefix, toByteOffset: filled, as: UInt64.self)
      unsafe buffer.storeBytes(of: entry.row.place, toByteOffset: filled + 8, as: UInt64.self)
      filled += StoreRow.size
    }
    unsafe checksum = Deflater.crc32(
      UnsafeRawBufferPointer(rebasing: buffer[..<filled]), after: checksum)
    return flush() ? checksum : nil
  }

  /// Beside the records, where some were last used before this hour.
  private func writeUses(_ name: StoreName) {
    guard entries.contains(where: { $0.hour != hour }),
      let uses = StoreFile.create(directory.path(of: name, .uses))
    else { return }
    let hours = ContiguousArray(entries.lazy.map(\.hour))
    _ = unsafe hours.withUnsafeBytes { unsafe uses.write($0, at: 0) }
  }

  /// Makes sure that `count` bytes fit into the buffer, and they and `ahead` more into the segment.
  private func makeRoom(for count: Int, ahead: UInt64 = 0) -> Bool {
    guard isOpen else { return false }
    // The index, which grows with the records, has to fit as well.
    let rest = UInt64((entries.count + 1) * StoreRow.size + StoreFooter.size)
    guard position + UInt64(count) + ahead + rest <= largestSize else {
      abandon()
      return false
    }
    return Self.capacity - filled >= count || flush()
  }

  private func put(_ bytes: UnsafeRawBufferPointer) {
    if bytes.count > Self.capacity - filled {
      guard flush() else { return }
      if bytes.count > Self.capacity / 2 {
        unsafe write(bytes)
        return
      }
    }
    unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]).copyMemory(from: bytes)
    filled += bytes.count
  }

  private func flush() -> Bool {
    let count = filled
    filled = 0
    return unsafe count == 0 ? isOpen : write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
  }

  @discardableResult
  private func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let file, file.freeSpace >= reserve,
      unsafe file.write(bytes, at: written)
    else {
      fail()
      return false
    }
    written += UInt64(bytes.count)
    extent = max(extent, written)
    return true
  }

  private func fail() {
    if let file { StoreDirectory.remove(file.path) }
    file = nil
    draft = nil
    entries = []
    added = []
    filled = 0
  }
}
