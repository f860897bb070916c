private import Crypto
private import Git
package import Zip

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

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

/// Writes a listing as a zip: read and compressed on all processors, written in order.
///
/// Workers take entries by number, each with its own repository handle and compressor, and hand
/// their results to one writer. What is finished but not yet its turn is bounded, so memory does
/// not grow with the repository; files above ``largeFile`` are streamed by the writer instead.
package struct SourceBundler: Sendable {
  /// Bytes above which a file is never held whole. A constant, since streamed and whole entries
  /// differ in their bytes.
  package static let largeFile = 8 << 20
  /// Compressed bytes that may wait for their turn.
  private static let waitingLimit = 8 << 20

  fileprivate let needsDigest: Bool
  fileprivate let level: Int

  /// - Parameters:
  ///   - needsDigest: whether contents are hashed, for a digest that somebody reads.
  ///   - level: libdeflate's, from 1 (fast) to 12 (small).
  package init(needsDigest: Bool = true, level: Int = Deflater.defaultLevel) {
    self.needsDigest = needsDigest
    self.level = level
  }

  /// Writes the bundle of `listing` into `sink`. Times and comment are the source's.
  ///
  /// `isInterrupted` is asked often; when it says so, ``Interrupted`` is thrown. Both closures are
  /// called on a thread of the bundler's own.
  package func bundle(
    _ listing: Listing, of source: Source, into sink: any ZipSink,
    isInterrupted: @escaping @Sendable () -> Bool = { false },
    progress: @escaping @Sendable (BundleProgress) -> Void = { _ in },
    entry: @escaping @Sendable (BundleSummary.Entry) -> Void = { _ in }
  ) async throws -> BundleSummary {
    return try await Threads.run { [self] in
      let assembly = Assembly(listing: listing, bundler: self)
      return try assembly.write(
        source: source, sink: sink, isInterrupted: isInterrupted, progress: progress,
        noteEntry: entry)
    }
  }

  /// One run: the entries, what is done of them, and the threads that do it.
  private final class Assembly: Sendable {
    private enum Result: Sendable {
      case content(CompressedContent, digest: [UInt8], isText: Bool)
      /// An entry of an archive that is taken over as it is; it was read once.
      case copy(digest: [UInt8])
      /// Too large to hold; the writer streams it.
      case large(size: Int)
      case failed(any Error)
    }

    private struct State {
      var next = 0
      var results: [Int: Result] = [:]
      var waiting = 0
      var turn = 0
      var workers = 0
      var isCancelled = false
    }

    private let listing: Listing
    private let bundler: SourceBundler
    private let state = Monitor(State())

    init(listing: Listing, bundler: SourceBundler) {
      self.listing = listing
      self.bundler = bundler
    }

    func write(
      source: Source, sink: any ZipSink, isInterrupted: @Sendable () -> Bool,
      progress: @Sendable (BundleProgress) -> Void,
      noteEntry: @Sendable (BundleSummary.Entry) -> Void
    ) throws -> BundleSummary {
      startWorkers()
      defer { stopWorkers() }
      var writer = ZipWriter(to: sink)
      var digest = BundleDigest()
      var contentSize: Int64 = 0
      var largest = LargestEntries()
      for (index, entry) in listing.entries.enumerated() {
        if isInterrupted() { throw Interrupted() }
        let start = writer.offset
        let size = try write(entry, index, to: &writer, time: source.time, digest: &digest)
        contentSize += Int64(size)
        let written = BundleSummary.Entry(
          name: entry.name, size: Int64(size), compressedSize: Int64(writer.offset - start))
        noteEntry(written)
        if !entry.isDirectory { largest.note(written) }
        progress(
          BundleProgress(
            entries: index + 1, totalEntries: listing.entries.count, bytes: Int64(writer.offset)))
      }
      let total = try writer.finish(comment: source.comment)
      return BundleSummary(
        digest: bundler.needsDigest ? digest.finish() : "", size: Int64(total),
        contentSize: contentSize,
        entryCount: listing.entries.count, largest: largest.entries)
    }

    /// Writes one entry and answers with the size of its contents.
    private func write(
      _ entry: BundleEntry, _ index: Int, to writer: inout ZipWriter, time: Int64,
      digest: inout BundleDigest
    ) throws -> Int {
      func header(isText: Bool) -> ZipEntry {
        ZipEntry(path: entry.path, mode: entry.mode, modificationTime: time, isText: isText)
      }
      switch take(index) {
      case .failed(let error):
        throw error
      case .content(let content, let hash, let isText):
        if entry.isDirectory {
          try writer.appendDirectory(header(isText: false))
          return 0
        }
        try writer.append(header(isText: isText), content)
        digest.add(entry, contents: hash)
        return Int(content.uncompressedSize)
      case .copy(let hash):
        guard case .copied(let record, let archive) = entry.content else {
          preconditionFailure("only entries of archives are copied")
        }
        var header = record.entry
        header.path = entry.path
        try writer.appendCopied(record, from: archive, as: header)
        digest.add(entry, contents: hash)
        return Int(record.uncompressedSize)
      case .large(let size):
        let stream = try ContentStream(entry.content, repositories: listing.repositories)
        var hash = SHA256()
        let needsHash = bundler.needsDigest || entry.isLargeObject
        do {
          try unsafe writer.appendStream(header(isText: false), size: UInt64(size)) { buffer in
            let count = unsafe try stream.read(into: buffer)
            if needsHash {
              unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
            return count
          }
        } catch let error as ZipError where error.code == .wrongSize {
          // Of a program that failed, its own status says more.
          try stream.finish()
          throw SourceError.unreadable(path: entry.name, reason: "it changed while it was read")
        }
        try stream.finish()
        let contents = Array(hash.finalize())
        try Self.verify(entry, contents)
        digest.add(entry, contents: contents)
        return size
      }
    }

    // MARK: - Workers

    private func startWorkers() {
      for _ in 0..<Threads.processorCount {
        state.update { $0.workers += 1 }
        let started = Threads.start { [self] in
          work()
          state.update { $0.workers -= 1 }
        }
        if !started {
          state.update { $0.workers -= 1 }
          break
        }
      }
      // Where not even one thread is to be had, there is still this one.
      if state.update({ $0.workers == 0 && $0.next < listing.entries.count }) {
        state.update { $0.waiting = Int.min / 2 }
        work()
      }
    }

    private func stopWorkers() {
      state.update { $0.isCancelled = true }
      state.await { $0.workers == 0 ? () : nil }
    }

    private func work() {
      let readers = BlobReaders(listing.repositories)
      let deflater = Deflater(level: bundler.level)
      while let index = claim() {
        let result: Result
        do {
          result = try read(listing.entries[index], readers, deflater)
        } catch {
          result = .failed(error)
        }
        hand(result, index)
      }
    }

    private func claim() -> Int? {
      state.update { state in
        guard !state.isCancelled, state.next < listing.entries.count else { return nil }
        defer { state.next += 1 }
        return state.next
      }
    }

    private func hand(_ result: Result, _ index: Int) {
      let size: Int
      if case .content(let content, _, _) = result { size = content.bytes.count } else { size = 0 }
      state.await { state -> Void? in
        // The entry whose turn it is never waits, or nothing would move.
        guard
          state.isCancelled || index == state.turn || state.waiting < SourceBundler.waitingLimit
        else { return nil }
        state.results[index] = result
        state.waiting += size
        return ()
      }
    }

    private func take(_ index: Int) -> Result {
      state.update { $0.turn = index }
      return state.await { state in
        guard let result = state.results.removeValue(forKey: index) else { return nil }
        if case .content(let content, _, _) = result { state.waiting -= content.bytes.count }
        return result
      }
    }

    // MARK: - Reading

    private static let emptyHash = Array(SHA256().finalize())

    private func read(
      _ entry: BundleEntry, _ readers: BlobReaders, _ deflater: Deflater
    ) throws -> Result {
      switch entry.content {
      case .directory:
        return .content(.empty, digest: Self.emptyHash, isText: false)
      case .secret(let secret):
        return unsafe secret.withContents { unsafe compress($0, entry, deflater) }
      case .file(let path), .largeObject(_, let path, _):
        return try readFile(path, entry, deflater)
      case .rendered(let record, let archive):
        if record.uncompressedSize > UInt64(SourceBundler.largeFile) {
          return .large(size: Int(record.uncompressedSize))
        }
        let bytes = try archive.contents(of: record, limit: SourceBundler.largeFile)
        return unsafe bytes.withUnsafeBytes { unsafe compress($0, entry, deflater) }
      case .copied(let record, let archive):
        var hash = SHA256()
        try unsafe archive.withContents(of: record) { unsafe hash.update(bufferPointer: $0) }
        return .copy(digest: Array(hash.finalize()))
      case .blob(let id, let conversion, let repository):
        let reader = try readers[repository]
        if conversion.isNone {
          let size = try reader.size(of: id)
          if size > SourceBundler.largeFile { return .large(size: size) }
        }
        return unsafe try reader.withContents(of: id) { bytes in
          if !conversion.isNone, let converted = unsafe conversion.apply(to: bytes, blob: id) {
            return unsafe converted.withUnsafeBytes { unsafe compress($0, entry, deflater) }
          }
          return unsafe compress(bytes, entry, deflater)
        }
      }
    }

    private func readFile(
      _ path: String, _ entry: BundleEntry, _ deflater: Deflater
    ) throws -> Result {
      do {
        if entry.isSymbolicLink {
          let target = try FileSystem.linkTarget(path)
          return unsafe target.withUnsafeBytes { unsafe compress($0, entry, deflater) }
        }
        guard let status = try FileSystem.status(path) else {
          throw SourceError.unreadable(path: entry.name, reason: "it is gone")
        }
        if status.size > Int64(SourceBundler.largeFile) { return .large(size: Int(status.size)) }
        guard let bytes = try FileSystem.contents(path, limit: SourceBundler.largeFile) else {
          throw SourceError.unreadable(path: entry.name, reason: "it is gone")
        }
        let result = unsafe bytes.withUnsafeBytes { unsafe compress($0, entry, deflater) }
        if case .content(_, let digest, _) = result { try Self.verify(entry, digest) }
        return result
      } catch let error as FileError {
        throw SourceError.unreadable(path: entry.name, reason: error.reason)
      }
    }

    /// What Git LFS keeps is taken only when it is what was recorded.
    private static func verify(_ entry: BundleEntry, _ digest: [UInt8]) throws {
      guard case .largeObject(let object, _, _) = entry.content else { return }
      if Hexadecimal.text(of: digest) != object.digest {
        throw SourceError.damagedLargeObject(entry.name)
      }
    }

    private func compress(
      _ bytes: UnsafeRawBufferPointer, _ entry: BundleEntry, _ deflater: Deflater
    ) -> Result {
      var hash = SHA256()
      if bundler.needsDigest || entry.isLargeObject { unsafe hash.update(bufferPointer: bytes) }
      // Git calls contents binary when there is a NUL in the first 8,000 bytes (xdiff-interface.c).
      let isText =
        unsafe bytes.baseAddress.map { unsafe memchr($0, 0, min(bytes.count, 8000)) == nil } ?? true
      // The target of a link is stored, as `git archive` has it.
      let content =
        unsafe entry.isSymbolicLink ? Deflater.store(Array(bytes)) : deflater.compress(bytes)
      return .content(content, digest: Array(hash.finalize()), isText: isText)
    }
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

  mutating func note(_ entry: BundleSummary.Entry) {
    let size = entry.compressedSize
    if entries.count == 10, let last = entries.last, size <= last.compressedSize { return }
    let place = entries.firstIndex { $0.compressedSize < size } ?? entries.count
    entries.insert(entry, at: place)
    if entries.count > 10 { entries.removeLast() }
  }
}
