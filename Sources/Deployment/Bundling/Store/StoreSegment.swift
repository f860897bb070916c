private import Zip

/// One line of a segment's index: by which key a record is found, and where it is.
struct StoreRow {
  /// The first word of the blob's id.
  var prefix: UInt64
  /// The conversion in the highest byte, what is known besides in the next, and the offset.
  var place: UInt64

  static let size = 16

  init(_ header: StoreRecordHeader, offset: UInt64) {
    prefix = header.key.first
    place =
      UInt64(header.key.conversion) << 56 | (header.facts.digest == nil ? 0 : 1 << 48)
      | (header.facts.traits == nil ? 0 : 1 << 49)
      | (header.facts.traits?.contains(.suspicious) == true ? 1 << 50 : 0)
      | offset & Self.offsetMask
  }

  private static let offsetMask: UInt64 = 1 << 48 - 1

  var conversion: UInt8 { UInt8(place >> 56) }
  /// What it is good for: contents that look like a secret are examined every time.
  var merits: CompressedStore.Merits {
    var merits: CompressedStore.Merits = []
    if place >> 48 & 1 != 0 { merits.insert(.digest) }
    if place >> 49 & 0b11 == 0b01 { merits.insert(.examination) }
    return merits
  }
  var offset: UInt64 { place & Self.offsetMask }
}

/// What a segment ends with. Like all of the store's numbers, these are in the machine's own order:
/// a store does not travel.
struct StoreFooter {
  var indexOffset: UInt64
  var count: UInt64
  /// The hour in which it was written, since 1970.
  var hour: UInt32
  var indexChecksum: UInt32

  static let size = 36
  private static let magic: UInt64 = 0x6f6f_7462_6567_0a21

  init(indexOffset: UInt64, count: UInt64, hour: UInt32, indexChecksum: UInt32) {
    self.indexOffset = indexOffset
    self.count = count
    self.hour = hour
    self.indexChecksum = indexChecksum
  }

  /// `nil` unless these are the end of a file of `fileSize` bytes, which are more than these.
  init?(_ bytes: UnsafeRawBufferPointer, fileSize: UInt64) {
    unsafe self.init(
      indexOffset: bytes.loadUnaligned(as: UInt64.self),
      count: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
      hour: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self),
      indexChecksum: bytes.loadUnaligned(fromByteOffset: 20, as: UInt32.self))
    let checksum = unsafe Deflater.crc32(UnsafeRawBufferPointer(rebasing: bytes[..<24]))
    let (rows, isTooMany) = count.multipliedReportingOverflow(by: UInt64(StoreRow.size))
    guard unsafe bytes.loadUnaligned(fromByteOffset: 24, as: UInt32.self) == checksum,
      unsafe bytes.loadUnaligned(fromByteOffset: 28, as: UInt64.self) == Self.magic,
      !isTooMany, count > 0, count < 1 << 31, indexOffset >= UInt64(StoreSegment.headerSize),
      rows <= fileSize - UInt64(Self.size), indexOffset == fileSize - UInt64(Self.size) - rows
    else { return nil }
  }

  func encode(into bytes: UnsafeMutableRawBufferPointer) {
    unsafe bytes.storeBytes(of: indexOffset, as: UInt64.self)
    unsafe bytes.storeBytes(of: count, toByteOffset: 8, as: UInt64.self)
    unsafe bytes.storeBytes(of: hour, toByteOffset: 16, as: UInt32.self)
    unsafe bytes.storeBytes(of: indexChecksum, toByteOffset: 20, as: UInt32.self)
    let checksum = unsafe Deflater.crc32(UnsafeRawBufferPointer(rebasing: bytes[..<24]))
    unsafe bytes.storeBytes(of: checksum, toByteOffset: 24, as: UInt32.self)
    unsafe bytes.storeBytes(of: Self.magic, toByteOffset: 28, as: UInt64.self)
  }
}

/// A file of records that is complete and does not change: a header that says how they were made,
/// the records one behind the other, the index, and the footer.
final class StoreSegment {
  let name: StoreName
  let file: StoreFile
  /// Where the records end.
  let indexOffset: UInt64
  /// Sorted by prefix, then conversion.
  let rows: ContiguousArray<StoreRow>
  let hour: UInt32

  /// Where in ``rows`` each bucket of prefixes begins, and the end.
  private let buckets: ContiguousArray<UInt32>
  private let bucketShift: UInt64
  private var used: StoreBits
  private var forgotten: StoreBits

  static let headerSize = 128

  enum Refusal: Error {
    /// It may be all right, but cannot be read now.
    case unavailable
    /// It is damaged, or made by another writer: of no use to this one.
    case useless
  }

  /// Opens a segment whose header is `header`, and reads its index.
  init(_ name: StoreName, in directory: StoreDirectory, header: [UInt8]) throws(Refusal) {
    self.name = name
    do throws(StoreFile.Refusal) {
      file = try StoreFile.open(directory.path(of: name, .records))
    } catch {
      throw error == .foreign ? .useless : .unavailable
    }
    guard let footer = try Self.footer(of: file), try Self.header(of: file) == header else {
      throw .useless
    }
    indexOffset = footer.indexOffset
    hour = footer.hour
    rows = try Self.index(of: file, footer)
    used = StoreBits(count: rows.count)
    forgotten = StoreBits(count: rows.count)
    (buckets, bucketShift) = Self.buckets(of: rows)
  }

  static func footer(of file: StoreFile) throws(Refusal) -> StoreFooter? {
    guard file.size >= UInt64(headerSize + StoreFooter.size) else { return nil }
    let place = file.size - UInt64(StoreFooter.size)
    guard let bytes = file.bytes(at: place, count: StoreFooter.size) else { throw .unavailable }
    return unsafe bytes.withUnsafeBytes { unsafe StoreFooter($0, fileSize: file.size) }
  }

  private static func header(of file: StoreFile) throws(Refusal) -> [UInt8] {
    guard let bytes = file.bytes(at: 0, count: headerSize) else { throw .unavailable }
    return bytes
  }

  private static func index(
    of file: StoreFile, _ footer: StoreFooter
  ) throws(Refusal) -> ContiguousArray<StoreRow> {
    let count = Int(footer.count)
    var isRead = false
    let rows = unsafe ContiguousArray<StoreRow>(unsafeUninitializedCapacity: count) {
      rows, filled in
      isRead = unsafe file.read(
        into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: rows[..<count])),
        at: footer.indexOffset)
      filled = isRead ? count : 0
    }
    guard isRead else { throw .unavailable }
    let checksum = unsafe rows.withUnsafeBytes { unsafe Deflater.crc32($0) }
    guard checksum == footer.indexChecksum else { throw .useless }
    return rows
  }

  private static func buckets(
    of rows: ContiguousArray<StoreRow>
  ) -> (starts: ContiguousArray<UInt32>, shift: UInt64) {
    // About eight rows in each.
    let bits = max(0, UInt64.bitWidth - (UInt64(rows.count) >> 3).leadingZeroBitCount)
    let shift = UInt64(64 - bits)
    var starts = ContiguousArray<UInt32>()
    starts.reserveCapacity(1 << bits + 1)
    for (index, row) in rows.enumerated() {
      let bucket = Int(row.prefix >> shift)
      while starts.count <= bucket { starts.append(UInt32(index)) }
    }
    while starts.count <= 1 << bits { starts.append(UInt32(rows.count)) }
    return (starts, shift)
  }

  /// The numbers of the rows in the order in which their records lie in the file.
  private(set) lazy var order: ContiguousArray<UInt32> = {
    var order = ContiguousArray(0..<UInt32(rows.count))
    order.sort { rows[Int($0)].offset < rows[Int($1)].offset }
    return order
  }()

  /// The bytes that each record takes, with its row.
  var recordSizes: ContiguousArray<Int64> {
    var sizes = ContiguousArray<Int64>(repeating: 0, count: rows.count)
    var end = indexOffset
    for row in order.reversed() {
      let start = min(rows[Int(row)].offset, end)
      sizes[Int(row)] = Int64(end - start) + Int64(StoreRow.size)
      end = start
    }
    return sizes
  }

  /// The row of a key, other than those that were forgotten.
  func row(of key: CompressedStore.Key, needs: CompressedStore.Merits) -> Int? {
    row(prefix: key.first, conversion: key.conversion, needs: needs)
  }

  /// The row of what a row of another segment stands for.
  func row(like other: StoreRow, needs: CompressedStore.Merits) -> Int? {
    row(prefix: other.prefix, conversion: other.conversion, needs: needs)
  }

  private func row(prefix: UInt64, conversion: UInt8, needs: CompressedStore.Merits) -> Int? {
    let bucket = Int(prefix >> bucketShift)
    var low = Int(buckets[bucket])
    var high = Int(buckets[bucket + 1])
    while high - low > 8 {
      let middle = (low + high) / 2
      if rows[middle].prefix < prefix { low = middle + 1 } else { high = middle }
    }
    while low < rows.count, rows[low].prefix <= prefix {
      let row = rows[low]
      if row.prefix == prefix, row.conversion == conversion, row.merits.isSuperset(of: needs),
        !forgotten[low]
      {
        return low
      }
      low += 1
    }
    return nil
  }

  /// Treats a record as if it were not there, from now on.
  func forget(_ row: Int) { forgotten[row] = true }

  // MARK: - Last use

  func noteUse(of row: Int) { used[row] = true }

  /// The hour of each row's last use, none later than `now`.
  ///
  /// What the file beside the records says is a hint: where it is missing or damaged, a record was
  /// used when it was written.
  func uses(in directory: StoreDirectory, now: UInt32) -> ContiguousArray<UInt32> {
    let file = try? StoreFile.open(directory.path(of: name, .uses))
    return uses(from: file, now: now)
  }

  private func uses(from file: StoreFile?, now: UInt32) -> ContiguousArray<UInt32> {
    Self.readUses(from: file, count: rows.count, hour: min(hour, now), now: now)
  }

  private static func readUses(
    from file: StoreFile?, count: Int, hour: UInt32, now: UInt32
  ) -> ContiguousArray<UInt32> {
    let unknown = ContiguousArray(repeating: hour, count: count)
    guard let file, file.size == UInt64(count) * 4 else { return unknown }
    var isRead = false
    var uses = unsafe ContiguousArray<UInt32>(unsafeUninitializedCapacity: count) { uses, filled in
      isRead = unsafe file.read(
        into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: uses[..<count])),
        at: 0)
      filled = isRead ? count : 0
    }
    guard isRead else { return unknown }
    for index in uses.indices where uses[index] > now { uses[index] = hour }
    return uses
  }

  /// How many records a segment of any writer has, and the hours of the first and the latest use.
  static func summary(
    of name: StoreName, in directory: StoreDirectory, now: UInt32
  ) -> (count: Int, oldestUse: UInt32, newestUse: UInt32)? {
    guard let file = try? StoreFile.open(directory.path(of: name, .records)),
      let footer = try? footer(of: file)
    else { return nil }
    let count = Int(footer.count)
    let hour = min(footer.hour, now)
    let uses = readUses(
      from: try? StoreFile.open(directory.path(of: name, .uses)), count: count, hour: hour, now: now
    )
    return (count, uses.min() ?? hour, uses.max() ?? hour)
  }

  /// Writes down that the records whose use was noted were used now.
  func saveUses(in directory: StoreDirectory, now: UInt32) {
    guard !used.isEmpty else { return }
    let path = directory.path(of: name, .uses)
    let old = try? StoreFile.open(path, forWriting: true)
    // Without a file, every record counts as used when it was written.
    if old == nil, hour == now { return }
    var uses = uses(from: old, now: now)
    var isChanged = false
    for row in uses.indices where used[row] && uses[row] != now {
      uses[row] = now
      isChanged = true
    }
    // Another process may have replaced this segment; the uses of one that is gone are litter.
    guard isChanged, directory.exists(name, .records),
      let file = old ?? (try? StoreFile.open(path, forWriting: true, creating: true))
    else { return }
    _ = unsafe uses.withUnsafeBytes { unsafe file.write($0, at: 0) }
  }
}

/// As many yes or no as there are rows; memory only once there is a yes.
struct StoreBits {
  private let count: Int
  private var words: ContiguousArray<UInt64> = []

  init(count: Int) { self.count = count }

  /// Whether there was never a yes.
  var isEmpty: Bool { words.isEmpty }

  subscript(index: Int) -> Bool {
    get { !words.isEmpty && words[index >> 6] >> UInt64(index & 63) & 1 != 0 }
    set {
      if words.isEmpty { words = ContiguousArray(repeating: 0, count: count >> 6 + 1) }
      let bit: UInt64 = 1 << UInt64(index & 63)
      if newValue { words[index >> 6] |= bit } else { words[index >> 6] &= ~bit }
    }
  }
}

extension StoreFile {
  func bytes(at offset: UInt64, count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    let isRead = unsafe bytes.withUnsafeMutableBytes { unsafe read(into: $0, at: offset) }
    return isRead ? bytes : nil
  }
}
