private import Zip

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// The compressed form of blobs that were bundled before, found by the blob's id.
///
/// Everything is checked when it is used, so nothing is synced and a kill or a power cut costs what
/// was being written. Whatever is wrong with the store, the answer is that it has nothing, and what
/// cannot be kept is not kept. Several processes may use it at once; one instance is for one thread.
///
/// What is given to it has to be made of the repository's own objects: no secret, and nothing that
/// depends on more than the key and what ``init(directory:level:writer:limit:now:)`` was told.
package final class CompressedStore {
  /// Where a record is, in this instance.
  package struct Location: Sendable {
    fileprivate let segment: Int32
    fileprivate let row: Int32
  }

  /// A record that was read and is right.
  package struct Content {
    fileprivate let record: StoredRecord

    package var facts: Facts { record.header.facts }
    package var compressedSize: UInt64 { record.header.compressedSize }
  }

  /// Bytes that were right a moment ago are not any more: the disk fails, or somebody wrote into the
  /// file.
  package struct ContentLost: Error {}

  private let directory: StoreDirectory
  private let header: [UInt8]
  private let limit: Int64
  private let hour: UInt32
  /// The newest first.
  private var segments: [StoreSegment] = []
  private let reader = StoreReader()
  private var writer: StoreWriter?
  private var isWritable = true
  private var needsUpkeep = false

  /// The limit where none is set, in bytes.
  package static let defaultLimit: Int64 = 1 << 30

  /// Opens what is there; what is missing is made when something is kept.
  ///
  /// - Parameters:
  ///   - directory: it is made for its owner only, and left alone when it is anybody else's.
  ///   - level: the compressor's. Records of another one are not found.
  ///   - writer: names whatever else the compressed bytes depend on, such as a library's version.
  ///   - limit: bytes that are kept at most, when the store is finished.
  ///   - now: seconds since 1970.
  package init?(
    directory: String, level: Int, writer: String, limit: Int64 = CompressedStore.defaultLimit,
    now: Int64 = Int64(time(nil))
  ) {
    self.directory = StoreDirectory(path: directory)
    self.limit = max(limit, 0)
    header = Self.header(level: level, writer: writer)
    hour = UInt32(clamping: now / 3600)
    guard self.directory.state != .foreign else { return nil }
    openSegments()
  }

  /// The first bytes of each segment that may be used.
  private static func header(level: Int, writer: String) -> [UInt8] {
    let text =
      "git-eb store 2\nlevel \(level)\ntraits \(ContentTraits.version)\n\(writer)\n"
    // A long name counts as a whole, though its end is not there.
    var bytes = Array(text.utf8.prefix(StoreSegment.headerSize - 8))
    bytes += [UInt8](repeating: 0, count: StoreSegment.headerSize - 8 - bytes.count)
    unsafe withUnsafeBytes(of: Deflater.crc32(Array(text.utf8))) { unsafe bytes += $0 }
    // Records are written in the machine's order of bytes.
    unsafe withUnsafeBytes(of: 0x0102_0304 as UInt32) { unsafe bytes += $0 }
    return bytes
  }

  private func openSegments() {
    let contents = directory.contents()
    needsUpkeep = !contents.leftovers.isEmpty
    var size: Int64 = 0
    var count = 0
    for name in contents.segments {
      do throws(StoreSegment.Refusal) {
        let segment = try StoreSegment(name, in: directory, header: header)
        segments.append(segment)
        size += Int64(segment.file.size)
        count += segment.rows.count
      } catch {
        if error == .useless { needsUpkeep = true }
      }
      // More than an upkeep would leave, so one is overdue; the oldest can wait for it.
      if count > 2 * StoreUpkeep.recordLimit || segments.count >= 64 {
        needsUpkeep = true
        break
      }
    }
    if size > limit || count > StoreUpkeep.recordLimit { needsUpkeep = true }
  }

  // MARK: - Finding

  /// Where the record of a blob is; nothing but memory is looked at.
  /// - Parameter needs: what one without is of no use.
  package func find(_ key: Key, needs: Merits = []) -> Location? {
    for (index, segment) in segments.enumerated() {
      if let row = segment.row(of: key, needs: needs) {
        return Location(segment: Int32(index), row: Int32(row))
      }
    }
    return nil
  }

  /// Reads a record and checks all of it. `nil` when it is damaged: it is then not found any more,
  /// and another one may be added.
  package func content(at location: Location, of key: Key) -> Content? {
    let segment = segments[Int(location.segment)]
    let row = Int(location.row)
    guard let record = reader.record(row, of: segment, for: key), reader.isWhole(record) else {
      segment.forget(row)
      return nil
    }
    segment.noteUse(of: row)
    return Content(record: record)
  }

  /// Gives the compressed bytes to `body`, in pieces of 256 KiB at most. The pieces are good until
  /// the next call, and none is given that is not right.
  /// - Throws: what `body` throws, or ``ContentLost``. Where all is one piece, nothing was given then;
  ///   of more, some may have been.
  package func withBytes(
    of content: Content, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    guard try unsafe reader.withPieces(of: content.record, body) else { throw ContentLost() }
  }

  // MARK: - Adding

  /// Keeps a blob's compressed form, unless that was done before in this instance.
  package func add(_ key: Key, _ facts: Facts, _ bytes: UnsafeRawBufferPointer) {
    guard let writer = openWriter(), !writer.contains(key) else { return }
    unsafe writer.add(key, facts, bytes)
  }

  /// Begins to keep a compressed form that comes in pieces; one that was begun before and did not end
  /// is forgotten.
  package func begin(_ key: Key) {
    abandon()
    guard let writer = openWriter(), !writer.contains(key) else { return }
    writer.begin(key)
  }

  /// Goes on with what was begun.
  package func append(_ bytes: UnsafeRawBufferPointer) { unsafe writer?.append(bytes) }

  /// Ends what was begun: its bytes are complete.
  package func end(_ facts: Facts) { writer?.end(facts) }

  /// Forgets what was begun.
  package func abandon() { writer?.abandon() }

  private func openWriter() -> StoreWriter? {
    if writer == nil, isWritable {
      writer = StoreWriter(
        in: directory, header: header, hour: hour, limit: UInt64(limit / 4 * 3))
    }
    isWritable = writer?.isOpen ?? false
    return isWritable ? writer : nil
  }

  // MARK: - Finishing

  /// Makes what was added available to others, notes what was used, and keeps to the limit. Without
  /// it, nothing of this instance is kept.
  package func finish() {
    if writer?.publish() != nil { needsUpkeep = true }
    writer = nil
    isWritable = false
    for segment in segments { segment.saveUses(in: directory, now: hour) }
    if needsUpkeep, directory.state == .ours {
      StoreUpkeep(directory: directory, header: header, limit: limit, hour: hour)
        .run(known: segments)
    }
    needsUpkeep = false
  }
}

extension CompressedStore {
  /// What a store takes, for people to read.
  package struct Usage: Sendable, Equatable {
    package var records = 0
    /// Of all files.
    package var bytes: Int64 = 0
    package var segments = 0
    /// Seconds since 1970, to the hour; `nil` when there are no records.
    package var oldestUse: Int64?
    package var newestUse: Int64?

    package init() {}
  }

  /// What is kept in a directory, by whatever writer. Nothing when it is missing or not ours.
  /// - Parameter now: seconds since 1970.
  package static func usage(of directory: String, now: Int64 = Int64(time(nil))) -> Usage {
    let directory = StoreDirectory(path: directory)
    var usage = Usage()
    guard directory.state == .ours else { return usage }
    let contents = directory.contents()
    for path in contents.leftovers + contents.drafts { usage.bytes += StoreDirectory.size(path) }
    for name in contents.segments + contents.orphans {
      for kind in StoreDirectory.Kind.allCases {
        usage.bytes += StoreDirectory.size(directory.path(of: name, kind))
      }
    }
    for name in contents.segments {
      usage.segments += 1
      guard
        let summary = StoreSegment.summary(
          of: name, in: directory, now: UInt32(clamping: now / 3600))
      else { continue }
      usage.records += summary.count
      let oldest = Int64(summary.oldestUse) * 3600
      let newest = Int64(summary.newestUse) * 3600
      usage.oldestUse = min(usage.oldestUse ?? oldest, oldest)
      usage.newestUse = max(usage.newestUse ?? newest, newest)
    }
    return usage
  }

  /// Empties the store. Those who have it open go on with what they have; what they are writing is
  /// theirs, and appears when they are done.
  /// - Returns: what was there.
  @discardableResult
  package static func clear(_ directory: String) -> Usage {
    let usage = usage(of: directory)
    let directory = StoreDirectory(path: directory)
    guard directory.state == .ours else { return usage }
    let lock = directory.waitForLock()
    defer { withExtendedLifetime(lock) {} }
    let contents = directory.contents()
    for path in contents.leftovers { StoreDirectory.remove(path) }
    for name in contents.segments + contents.orphans { directory.remove(name) }
    return usage
  }
}
