private import Crypto
private import Git
package import Zip

/// What was written.
package struct BundleSummary: Sendable, Equatable {
  /// SHA-256 over names, modes and contents, 64 hexadecimal digits: the same for the same files,
  /// whatever the times, the compression or the order of reading. Empty when none was asked for.
  package var digest: String
  /// Bytes of the zip file.
  package var size: Int64
  /// Bytes of the files in it.
  package var contentSize: Int64
  package var entryCount: Int
  /// The ten largest entries by compressed size, the largest first.
  package var largest: [Entry]

  /// Where nothing was bundled.
  static let nothing = BundleSummary(
    digest: "", size: 0, contentSize: 0, entryCount: 0, largest: [])

  package struct Entry: Sendable, Equatable {
    package var name: String
    /// Bytes of the contents.
    package var size: Int64
    /// Bytes in the zip, with the entry's header.
    package var compressedSize: Int64
  }
}

/// Progress of a bundle that is being written.
package struct BundleProgress: Sendable {
  package var entries: Int
  package var totalEntries: Int
  /// Bytes of zip so far.
  package var bytes: Int64
}

/// Writes a listing as a zip: read and compressed on all processors (see ``ReadAhead``), written in
/// order.
package struct SourceBundler: Sendable {
  /// Bytes above which a file is never held whole, but deflated in pieces. A constant, since the
  /// bytes depend on it.
  package static let largeFile = 4 << 20

  private let needsDigest: Bool
  private let level: Int
  private let store: StoreOptions?

  /// - Parameters:
  ///   - needsDigest: whether contents are hashed, for a digest that somebody reads.
  ///   - level: libdeflate's, from 1 (fast) to 12 (small).
  ///   - store: where compressed contents are kept from one bundle to the next.
  package init(
    needsDigest: Bool = true, level: Int = Deflater.defaultLevel, store: StoreOptions? = nil
  ) {
    self.needsDigest = needsDigest
    self.level = level
    self.store = store
  }

  /// Writes the bundle of `listing` into `sink`. Times and comment are the source's.
  ///
  /// `isInterrupted` is asked often; when it says so, ``Interrupted`` is thrown. All closures are
  /// called on a thread of the bundler's own; `progress` now and then and at the end. `examination`
  /// is told of all contents, for the checks.
  package func bundle(
    _ listing: Listing, of source: Source, into sink: any ZipSink,
    isInterrupted: @escaping @Sendable () -> Bool = { false },
    progress: (@Sendable (BundleProgress) -> Void)? = nil,
    entry: (@Sendable (BundleSummary.Entry) -> Void)? = nil, examination: Examination? = nil
  ) async throws -> BundleSummary {
    let assembly = Assembly(
      listing: listing, source: source, needsDigest: needsDigest, level: level, store: store,
      examination: examination, isInterrupted: isInterrupted, progress: progress, noteEntry: entry)
    return try await Threads.run { try assembly.write(into: sink) }
  }
}

/// One run of the bundler.
private struct Assembly: Sendable {
  let listing: Listing
  let source: Source
  let needsDigest: Bool
  let level: Int
  let store: StoreOptions?
  let examination: Examination?
  let isInterrupted: @Sendable () -> Bool
  let progress: (@Sendable (BundleProgress) -> Void)?
  let noteEntry: (@Sendable (BundleSummary.Entry) -> Void)?

  private var examiner: ContentExaminer? { examination?.examiner }

  func write(into sink: any ZipSink) throws -> BundleSummary {
    var needs: CompressedStore.Merits = needsDigest ? .digest : []
    if examiner != nil { needs.insert(.examination) }
    let kept = KeptContents(store, listing, level: level, needs: needs) {
      examiner?.reads($0) == true
    }
    let indexes = listing.entries.indices.filter {
      !listing.entries[$0].isDirectory && kept?.has($0) != true
    }
    let ahead = ReadAhead(
      listing, reading: indexes,
      .init(needsDigest: needsDigest, level: level, examiner: examiner))
    ahead.start()
    defer { ahead.stop() }
    var results = ReadAhead.Results(ahead)
    let behind = WriteBehind(sink)
    defer { behind.abandon() }
    var writer = ZipWriter(to: behind, expecting: listing.entries.count)
    var totals = Totals(needsDigest: needsDigest)
    for (index, entry) in listing.entries.enumerated() {
      if isInterrupted() { throw Interrupted() }
      let start = writer.offset
      var size: UInt64 = 0
      var examined: Examined?
      if entry.isDirectory {
        try writer.appendDirectory(directoryHeader(of: entry))
      } else if kept?.has(index) != true {
        let result = results.next()
        size = try append(
          entry, result, results.bytes(of: result), kept, to: &writer, &totals, &examined, ahead)
      } else if let content = kept?.content(at: index), let store = kept?.store {
        examined = content.facts.traits.map { Examined(traits: $0) }
        size = try append(entry, content, of: store, to: &writer, &totals)
      } else {
        // What was kept is damaged: it is made again.
        var bytes = ContiguousArray<UInt8>()
        let result = ahead.makeReader().read(entry, appendingTo: &bytes)
        size = try append(entry, result, bytes[...], kept, to: &writer, &totals, &examined, ahead)
      }
      totals.count(entry, size: Int(size), compressedSize: Int64(writer.offset - start))
      noteEntry?(
        .init(
          name: entry.name, size: Int64(size), compressedSize: Int64(writer.offset - start)))
      examination?.note(size: size, examined)
      if let progress, index % 64 == 0 || index == listing.entries.count - 1 {
        progress(
          BundleProgress(
            entries: index + 1, totalEntries: listing.entries.count, bytes: Int64(writer.offset)))
      }
    }
    if !totals.encrypted.isEmpty { throw SourceError.encrypted(totals.encrypted) }
    let total = try writer.finish(comment: source.comment)
    try behind.finish()
    kept?.store.finish()
    return totals.summary(size: Int64(total), entryCount: listing.entries.count)
  }

  /// Writes what was made of an entry, and keeps it.
  /// - Returns: the bytes of its contents.
  private func append(
    _ entry: BundleEntry, _ result: EntryReader.Result, _ bytes: ArraySlice<UInt8>,
    _ kept: KeptContents?, to writer: inout ZipWriter, _ totals: inout Totals,
    _ examined: inout Examined?, _ ahead: ReadAhead
  ) throws -> UInt64 {
    switch result {
    case .failed(let error):
      throw error
    case .encrypted:
      totals.encrypted.append(entry.name)
      return 0
    case .content(let facts, _, let hash, let isText, let seen):
      examined = seen
      try unsafe bytes.withUnsafeBytes { bytes in
        try unsafe writer.append(header(of: entry, isText: isText), facts, bytes)
        if let kept, let key = kept.key(of: entry) {
          unsafe kept.store.add(
            key,
            CompressedStore.Facts(
              method: facts.method, crc32: facts.crc32,
              uncompressedSize: facts.uncompressedSize, isText: isText,
              digest: CompressedStore.Digest(hash), traits: seen?.traits),
            bytes)
        }
      }
      totals.add(entry, contents: hash)
      return facts.uncompressedSize
    case .copy(let hash, let seen):
      examined = seen
      guard case .copied(let record, let archive) = entry.content else {
        preconditionFailure("only entries of archives are copied")
      }
      var header = record.entry
      header.path = entry.path
      try writer.appendCopied(record, from: archive, as: header)
      totals.add(entry, contents: hash)
      return record.uncompressedSize
    case .large(let size):
      do {
        totals.add(
          entry, contents: try stream(entry, size, kept, to: &writer, &totals, &examined, ahead))
      } catch {
        // The signal may have ended the program that gives the contents first.
        throw isInterrupted() ? Interrupted() : error
      }
      return UInt64(size)
    }
  }

  /// Writes an entry as it was kept.
  private func append(
    _ entry: BundleEntry, _ content: CompressedStore.Content, of store: CompressedStore,
    to writer: inout ZipWriter, _ totals: inout Totals
  ) throws -> UInt64 {
    let facts = content.facts
    do {
      try unsafe writer.appendAgain(
        header(of: entry, isText: facts.isText),
        CompressedFacts(
          method: facts.method, crc32: facts.crc32, uncompressedSize: facts.uncompressedSize),
        compressedSize: content.compressedSize, isStreamed: facts.isStreamed
      ) { emit in
        try unsafe store.withBytes(of: content) { bytes in try unsafe emit(bytes) }
      }
    } catch is CompressedStore.ContentLost {
      throw SourceError.unreadable(
        path: entry.name, reason: "what is kept of it changed while it was read")
    }
    if needsDigest { totals.add(entry, contents: facts.digest?.bytes ?? []) }
    return facts.uncompressedSize
  }

  private func header(of entry: BundleEntry, isText: Bool) -> ZipEntry {
    ZipEntry(
      path: entry.path, mode: entry.mode, modificationTime: source.time,
      isText: entry.isText ?? isText)
  }

  /// A directory of a finished bundle stays as it is there.
  private func directoryHeader(of entry: BundleEntry) -> ZipEntry {
    guard case .copied(let record, _) = entry.content else {
      return header(of: entry, isText: false)
    }
    var header = record.entry
    header.path = entry.path
    return header
  }

  /// Writes a large entry: read here, deflated by the other threads, piece by piece.
  /// - Returns: the hash of the contents, if there has to be one.
  private func stream(
    _ entry: BundleEntry, _ size: Int, _ kept: KeptContents?, to writer: inout ZipWriter,
    _ totals: inout Totals, _ examined: inout Examined?, _ ahead: ReadAhead
  ) throws -> [UInt8] {
    let stream = try ContentStream(entry.content, repositories: listing.repositories)
    var hash = needsDigest || entry.isLargeObject ? SHA256() : nil
    let key = kept?.key(of: entry)
    // What the contents are is told by their beginning.
    var first: ContiguousArray<UInt8>? = try stream.read(upTo: DeflatedPiece.contentSize)
    let (isText, isEncrypted) =
      unsafe first?.withUnsafeBytes {
        unsafe (EntryReader.isText($0), EntryReader.isEncrypted($0, entry))
      } ?? (false, false)
    if let examiner, let start = first {
      examined = unsafe start.withUnsafeBytes { unsafe examiner.examine(entry, $0) }
    }
    var facts = CompressedStore.Facts(
      method: .deflate, crc32: 0, uncompressedSize: UInt64(size), isText: isText,
      isStreamed: true, traits: examined?.traits)
    var (added, taken) = (0, 0)
    var isAtEnd = false
    if let key { kept?.store.begin(key) }
    defer { kept?.store.abandon() }
    do {
      try writer.appendPieces(header(of: entry, isText: isText), size: UInt64(size)) {
        while !isAtEnd, added - taken < ReadAhead.pieceLimit {
          if isInterrupted() { throw Interrupted() }
          let piece = try first.take() ?? stream.read(upTo: DeflatedPiece.contentSize)
          isAtEnd = piece.count < DeflatedPiece.contentSize
          if piece.isEmpty { break }
          unsafe piece.withUnsafeBytes { unsafe hash?.update(bufferPointer: $0) }
          ahead.add(piece: added, piece)
          added += 1
        }
        guard taken < added else { return nil }
        defer { taken += 1 }
        let piece = ahead.piece(taken)
        if key != nil {
          unsafe piece.bytes.withUnsafeBytes { unsafe kept?.store.append($0) }
          facts.crc32 = piece.crc32(after: facts.crc32)
        }
        return piece
      }
    } catch let error as ZipError where error.code == .wrongSize {
      // Of a program that failed, its own status says more.
      try stream.finish()
      throw SourceError.unreadable(path: entry.name, reason: "it changed while it was read")
    }
    try stream.finish()
    let contents = hash.map { Array($0.finalize()) } ?? []
    try EntryReader.verify(entry, contents)
    if isEncrypted {
      totals.encrypted.append(entry.name)
    } else if key != nil {
      unsafe DeflatedPiece.end.withUnsafeBytes { unsafe kept?.store.append($0) }
      facts.digest = CompressedStore.Digest(contents)
      kept?.store.end(facts)
    }
    return contents
  }
}

/// What a summary says, as it comes together.
private struct Totals {
  private var digest: BundleDigest?
  private var contentSize: Int64 = 0
  private var largest = LargestEntries()
  /// Names of entries that git-crypt has encrypted.
  var encrypted: [String] = []

  init(needsDigest: Bool) {
    digest = needsDigest ? BundleDigest() : nil
  }

  mutating func add(_ entry: BundleEntry, contents: [UInt8]) {
    digest?.add(entry, contents: contents)
  }

  mutating func count(_ entry: BundleEntry, size: Int, compressedSize: Int64) {
    contentSize += Int64(size)
    if !entry.isDirectory { largest.note(entry, Int64(size), compressedSize) }
  }

  consuming func summary(size: Int64, entryCount: Int) -> BundleSummary {
    BundleSummary(
      digest: digest?.finish() ?? "", size: size, contentSize: contentSize,
      entryCount: entryCount, largest: largest.entries)
  }
}

/// Thrown where a signal asked to stop.
package struct Interrupted: Error {
  package init() {}
}

/// SHA-256 over an entry's name, mode and contents' hash, for each file and link in order.
private struct BundleDigest {
  private var hash = SHA256()

  mutating func add(_ entry: BundleEntry, contents: [UInt8]) {
    hash.update(data: Array("\(String(entry.mode, radix: 8)) ".utf8))
    hash.update(data: entry.path)
    hash.update(data: [0])
    hash.update(data: contents)
  }

  consuming func finish() -> String { Hexadecimal.text(of: hash.finalize()) }
}

/// Keeps the ten largest of many.
private struct LargestEntries {
  private(set) var entries: [BundleSummary.Entry] = []

  mutating func note(_ entry: BundleEntry, _ contentSize: Int64, _ size: Int64) {
    if entries.count == 10, let last = entries.last, size <= last.compressedSize { return }
    let place = entries.firstIndex { $0.compressedSize < size } ?? entries.count
    entries.insert(
      .init(name: entry.name, size: contentSize, compressedSize: size), at: place)
    if entries.count > 10 { entries.removeLast() }
  }
}
