/// Writes an archive from its first byte to its last, without a step back.
///
/// The same calls give the same bytes. After an error the archive is worthless, and every further
/// call throws `abandoned`; an archive without `finish` has no directory and no program opens it.
package struct ZipWriter: ~Copyable, Sendable {
  /// How many bytes are written so far.
  package private(set) var offset: UInt64 = 0
  package private(set) var entryCount = 0

  private var sink: any ZipSink
  /// What is not given to the sink yet.
  private var pending: [UInt8] = []
  /// The central directory so far.
  private var directory: [UInt8] = []
  private var window = Window()
  private var isAbandoned = false
  private var lastTime: (seconds: Int64, dos: DOSTime) = (0, DOSTime(unixSeconds: 0))

  private static let bufferSize = 256 << 10

  /// - Parameter entryCount: how many entries are to be expected, so that room for their directory
  ///   is made once.
  package init(to sink: any ZipSink, expecting entryCount: Int = 0) {
    self.sink = sink
    pending.reserveCapacity(Self.bufferSize)
    directory.reserveCapacity(entryCount * 112)
  }

  /// Adds a file or symbolic link; a link's contents are its target.
  package mutating func append(_ entry: ZipEntry, _ content: CompressedContent)
    throws(ZipError)
  {
    try unsafe content.bytes.withUnsafeBufferPointer { (bytes) throws(ZipError) in
      try unsafe append(entry, content.facts, UnsafeRawBufferPointer(bytes))
    }
  }

  /// The same with compressed bytes that lie somewhere.
  package mutating func append(
    _ entry: ZipEntry, _ content: CompressedFacts, _ bytes: UnsafeRawBufferPointer
  ) throws(ZipError) {
    let facts = ContentFacts(
      method: content.method, crc32: content.crc32, compressedSize: UInt64(bytes.count),
      uncompressedSize: content.uncompressedSize, isStreamed: false)
    let header = try begin(entry, facts)
    try unsafe emit(bytes)
    end(header, facts)
  }

  /// Adds a directory; the slash at the end of its name may be left out.
  package mutating func appendDirectory(_ entry: ZipEntry) throws(ZipError) {
    var entry = entry
    if entry.path.last != UInt8(ascii: "/") { entry.path.append(UInt8(ascii: "/")) }
    entry.mode = entry.mode & ~FileMode.type | FileMode.directory
    try append(entry, .empty)
  }

  /// Adds a file too large for memory, of which there is only a piece at a time.
  ///
  /// - Parameters:
  ///   - size: of the contents; pieces that come to anything else are `wrongSize`.
  ///   - next: gives the pieces in order, each but the last of ``DeflatedPiece/contentSize``; `nil`
  ///     at the end.
  /// - Throws: `ZipError`, or what `next` throws.
  package mutating func appendPieces(
    _ entry: ZipEntry, size: UInt64, next: () throws -> DeflatedPiece?
  ) throws {
    var facts = ContentFacts(
      method: .deflate, crc32: 0, compressedSize: 0, uncompressedSize: size, isStreamed: true)
    let header = try begin(entry, facts)
    let start = offset
    var total: UInt64 = 0
    while let piece = try next() {
      total += UInt64(piece.uncompressedSize)
      guard total <= size else { throw ZipError(.wrongSize, .compress, entry.path) }
      facts.crc32 = piece.crc32(after: facts.crc32)
      try emit(piece.bytes)
    }
    guard total == size else { throw ZipError(.wrongSize, .compress, entry.path) }
    try emit(DeflatedPiece.end)
    facts.compressedSize = offset - start
    end(header, facts)
  }

  /// Adds an entry as it was written before: its compressed bytes come in pieces.
  ///
  /// - Parameters:
  ///   - isStreamed: whether it was made by ``appendPieces(_:size:next:)``.
  ///   - bytes: gives all of them to its argument.
  /// - Throws: `ZipError`, or what `bytes` throws.
  package mutating func appendAgain(
    _ entry: ZipEntry, _ content: CompressedFacts, compressedSize: UInt64, isStreamed: Bool,
    bytes: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    var facts = ContentFacts(
      method: content.method, crc32: content.crc32,
      compressedSize: isStreamed ? 0 : compressedSize,
      uncompressedSize: content.uncompressedSize, isStreamed: isStreamed)
    let header = try begin(entry, facts)
    let start = offset
    try unsafe bytes { piece in try unsafe emit(piece) }
    guard offset - start == compressedSize else {
      throw ZipError(.wrongSize, .write, entry.path)
    }
    facts.compressedSize = compressedSize
    end(header, facts)
  }

  /// Adds an entry of another archive as it is compressed there, unverified, under its own name or
  /// as `entry` says.
  package mutating func appendCopied(
    _ record: ZipReader.Record, from reader: ZipReader, as entry: ZipEntry? = nil
  ) throws(ZipError) {
    let entry = entry ?? record.entry
    guard !record.isEncrypted, [.stored, .deflate].contains(record.method) else {
      throw ZipError(.unsupported, .read, record.path)
    }
    let facts = ContentFacts(
      method: record.method, crc32: record.crc32, compressedSize: record.compressedSize,
      uncompressedSize: record.uncompressedSize, isStreamed: record.isStreamed)
    var position = try window.dataOffset(of: record, in: reader)
    let header = try begin(entry, facts)
    var rest = record.compressedSize
    while rest > 0 {
      let piece = try window.read(at: position, upTo: rest, from: reader)
      pending.append(contentsOf: window.bytes[piece])
      offset += UInt64(piece.count)
      position += UInt64(piece.count)
      rest -= UInt64(piece.count)
      if pending.count >= Self.bufferSize { try flush() }
    }
    end(header, facts)
  }

  /// Writes the directory of the archive.
  /// - Returns: the size of the whole.
  @discardableResult
  package consuming func finish(comment: [UInt8] = []) throws(ZipError) -> UInt64 {
    guard !isAbandoned else { throw ZipError(.abandoned, .write) }
    guard comment.count < Int(ZipFormat.in64Short) else {
      throw ZipError(.tooLong, .write, comment)
    }
    let start = offset
    let size = UInt64(directory.count)
    let count = UInt64(entryCount)
    try unsafe directory.withUnsafeBufferPointer { (bytes) throws(ZipError) in
      try unsafe emit(UnsafeRawBufferPointer(bytes))
    }
    var end: [UInt8] = []
    if count >= UInt64(ZipFormat.in64Short) || max(start, size) >= UInt64(ZipFormat.in64) {
      end.append(number: ZipFormat.zip64End)
      end.append(number: UInt64(ZipFormat.zip64EndSize - 12))
      end.append(number: ZipFormat.madeByZip64)
      end.append(number: 45 as UInt16)
      end.append(number: 0 as UInt64)  // this volume and the directory's
      end.append(number: count)
      end.append(number: count)
      end.append(number: size)
      end.append(number: start)
      end.append(number: ZipFormat.zip64Locator)
      end.append(number: 0 as UInt32)
      end.append(number: offset)
      end.append(number: 1 as UInt32)
    }
    let shortCount = UInt16(min(count, UInt64(ZipFormat.in64Short)))
    end.append(number: ZipFormat.end)
    end.append(number: 0 as UInt32)
    end.append(number: shortCount)
    end.append(number: shortCount)
    end.append(number: UInt32(min(size, UInt64(ZipFormat.in64))))
    end.append(number: UInt32(min(start, UInt64(ZipFormat.in64))))
    end.append(number: UInt16(comment.count))
    end += comment
    try unsafe end.withUnsafeBufferPointer { (bytes) throws(ZipError) in
      try unsafe emit(UnsafeRawBufferPointer(bytes))
    }
    try flush()
    return offset
  }

  // MARK: - Bytes

  /// Writes the local header. Until `end`, the archive counts as abandoned.
  private mutating func begin(_ entry: ZipEntry, _ facts: ContentFacts)
    throws(ZipError) -> EntryHeader
  {
    guard !isAbandoned else { throw ZipError(.abandoned, .write, entry.path) }
    guard entry.path.count <= Int(ZipFormat.in64Short) else {
      throw ZipError(.tooLong, .write, entry.path)
    }
    let name = EntryName.verdict(on: entry.path)
    guard name.isSafe else { throw ZipError(.unsafeName, .write, entry.path) }
    isAbandoned = true
    if lastTime.seconds != entry.modificationTime {
      lastTime = (entry.modificationTime, DOSTime(unixSeconds: entry.modificationTime))
    }
    let header = EntryHeader(
      entry, at: offset, time: lastTime.dos, needsUTF8Flag: name.needsUTF8Flag,
      isStreamed: facts.isStreamed)
    let start = pending.count
    header.appendLocal(facts, to: &pending)
    offset += UInt64(pending.count - start)
    return header
  }

  /// Adds the entry to the directory.
  private mutating func end(_ header: EntryHeader, _ facts: ContentFacts) {
    if facts.isStreamed {
      let start = pending.count
      facts.appendDataDescriptor(to: &pending)
      offset += UInt64(pending.count - start)
    }
    header.appendCentral(facts, to: &directory)
    entryCount += 1
    isAbandoned = false
  }

  private mutating func emit(_ bytes: UnsafeRawBufferPointer) throws(ZipError) {
    offset += UInt64(bytes.count)
    if pending.count + bytes.count > Self.bufferSize { try flush() }
    if bytes.count >= Self.bufferSize {
      try unsafe sink.write(bytes)
    } else {
      unsafe pending.append(contentsOf: bytes)
    }
  }

  /// A function of its own: within one of untyped throws the compiler trips over the closure.
  private mutating func emit(_ bytes: ContiguousArray<UInt8>) throws(ZipError) {
    try unsafe bytes.withUnsafeBufferPointer { (bytes) throws(ZipError) in
      try unsafe emit(UnsafeRawBufferPointer(bytes))
    }
  }

  private mutating func flush() throws(ZipError) {
    isAbandoned = true
    try unsafe pending.withUnsafeBufferPointer { (bytes) throws(ZipError) in
      try unsafe sink.write(UnsafeRawBufferPointer(bytes))
    }
    pending.removeAll(keepingCapacity: true)
  }
}

/// A part of another archive, read ahead: entries are mostly copied in the order they lie there.
private struct Window: Sendable {
  private(set) var bytes: [UInt8] = []
  private var start: UInt64 = 0
  private var count = 0
  /// Kept, so that another archive is not taken for it.
  private var source: ZipReader?

  /// Finds where an entry's contents begin, and makes sure that they end where they may.
  mutating func dataOffset(of record: ZipReader.Record, in reader: ZipReader)
    throws(ZipError) -> UInt64
  {
    let header = try read(
      at: record.localHeaderOffset, upTo: record.limit - record.localHeaderOffset,
      atLeast: ZipFormat.localHeaderSize + record.path.count, from: reader)
    let length = try record.checkLocalHeader(bytes[header])
    return record.localHeaderOffset + UInt64(length)
  }

  /// Has some of the bytes at `position` in `bytes`.
  /// - Returns: where they are: at least one of them, or `atLeast`; at most `limit`.
  mutating func read(
    at position: UInt64, upTo limit: UInt64, atLeast: Int = 1, from reader: ZipReader
  ) throws(ZipError) -> Range<Int> {
    let end = start + UInt64(count)
    let needed = UInt64(min(limit, UInt64(atLeast)))
    if source !== reader || position < start || position + needed > end {
      if bytes.isEmpty { bytes = [UInt8](repeating: 0, count: ZipReader.windowSize) }
      source = nil
      count = try unsafe bytes.withUnsafeMutableBufferPointer { (buffer) throws(ZipError) in
        try unsafe reader.readSome(
          into: UnsafeMutableRawBufferPointer(buffer), at: position, atLeast: Int(needed))
      }
      start = position
      source = reader
    }
    let first = Int(position - start)
    return first..<min(count, first + Int(min(limit, UInt64(count))))
  }
}
