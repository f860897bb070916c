private import Crypto
import Git
import Zip

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// Reads entries and compresses them. One for each thread.
final class EntryReader {
  /// What becomes of an entry.
  enum Result: Sendable {
    /// Its compressed bytes are appended to those of other entries.
    case content(
      CompressedFacts, count: Int, digest: [UInt8], isText: Bool, Examined?)
    /// An entry of an archive, to be taken over as it is: it was read once, and is right.
    case copy(digest: [UInt8], Examined?)
    /// Too large to hold; nothing is read.
    case large(size: Int)
    /// git-crypt has encrypted it, and nobody has decrypted it.
    case encrypted
    case failed(any Error)
  }

  let deflater: Deflater
  /// What is made of contents besides their compressed form, and how that is made.
  struct Wants: Sendable {
    var needsDigest: Bool
    var level: Int
    var examiner: ContentExaminer?
  }

  private let wants: Wants
  private let readers: BlobReaders

  init(_ locations: [Location], _ wants: Wants) {
    self.wants = wants
    readers = BlobReaders(locations)
    deflater = Deflater(level: wants.level)
  }

  /// Appends the compressed contents of `entry`, which is no directory, to `output`.
  func read(_ entry: BundleEntry, appendingTo output: inout ContiguousArray<UInt8>) -> Result {
    do {
      switch entry.content {
      case .directory:
        preconditionFailure("a directory has no contents")
      case .secret(let secret):
        return unsafe secret.withContents { unsafe compress($0, entry, &output) }
      case .file(let path), .largeObject(_, let path, _):
        return try readFile(path, entry, &output)
      case .blob(let id, let conversion, let repository):
        return try readBlob(id, conversion, try readers[repository], entry, &output)
      case .rendered(let record, let archive):
        return try readRendered(record, archive, entry, &output)
      case .copied(let record, let archive):
        return try copy(record, archive, entry)
      }
    } catch {
      return .failed(error)
    }
  }

  private func readBlob(
    _ id: ObjectID, _ conversion: Conversion, _ reader: BlobReader, _ entry: BundleEntry,
    _ output: inout ContiguousArray<UInt8>
  ) throws -> Result {
    if conversion.isNone {
      let size = try reader.size(of: id)
      if size > SourceBundler.largeFile { return .large(size: size) }
    }
    return unsafe try reader.withContents(of: id) { bytes in
      if !conversion.isNone, let converted = unsafe conversion.apply(to: bytes, blob: id) {
        return unsafe converted.withUnsafeBytes { unsafe compress($0, entry, &output) }
      }
      return unsafe compress(bytes, entry, &output)
    }
  }

  private func readRendered(
    _ record: ZipReader.Record, _ archive: ZipReader, _ entry: BundleEntry,
    _ output: inout ContiguousArray<UInt8>
  ) throws -> Result {
    if record.uncompressedSize > UInt64(SourceBundler.largeFile) {
      return .large(size: Int(record.uncompressedSize))
    }
    let bytes = try archive.contents(of: record, limit: SourceBundler.largeFile)
    return unsafe bytes.withUnsafeBytes { unsafe compress($0, entry, &output) }
  }

  /// Reads an entry of an archive to its end, which verifies it.
  private func copy(
    _ record: ZipReader.Record, _ archive: ZipReader, _ entry: BundleEntry
  ) throws -> Result {
    var hash = SHA256()
    let examined = unsafe try Self.examined(entry, record, archive, wants.examiner) { bytes in
      unsafe hash.update(bufferPointer: bytes)
    }
    return .copy(digest: Array(hash.finalize()), examined)
  }

  /// Reads an entry of an archive to its end, and looks at it. What rules read is small; of the rest
  /// the beginning tells enough.
  static func examined(
    _ entry: BundleEntry, _ record: ZipReader.Record, _ archive: ZipReader,
    _ examiner: ContentExaminer?, chunk: (UnsafeRawBufferPointer) -> Void = { _ in }
  ) throws -> Examined? {
    if entry.isDirectory { return nil }
    var start: [UInt8] = []
    try unsafe archive.withContents(of: record) { bytes in
      unsafe chunk(bytes)
      if examiner != nil, start.count < SourceBundler.largeFile {
        unsafe start.append(contentsOf: bytes.prefix(SourceBundler.largeFile - start.count))
      }
    }
    return unsafe start.withUnsafeBytes { unsafe examiner?.examine(entry, $0) }
  }

  private func readFile(
    _ path: String, _ entry: BundleEntry, _ output: inout ContiguousArray<UInt8>
  ) throws -> Result {
    do {
      if entry.isSymbolicLink {
        let target = try FileSystem.linkTarget(path)
        return unsafe target.withUnsafeBytes { unsafe compress($0, entry, &output) }
      }
      guard let status = try FileSystem.status(path) else {
        throw SourceError.unreadable(path: entry.name, reason: "it is gone")
      }
      if status.size > Int64(SourceBundler.largeFile) { return .large(size: Int(status.size)) }
      guard let bytes = try FileSystem.contents(path, limit: SourceBundler.largeFile) else {
        throw SourceError.unreadable(path: entry.name, reason: "it is gone")
      }
      let result = unsafe bytes.withUnsafeBytes { unsafe compress($0, entry, &output) }
      if case .content(_, _, let digest, _, _) = result { try Self.verify(entry, digest) }
      return result
    } catch let error as FileError {
      throw SourceError.unreadable(path: entry.name, reason: error.reason)
    }
  }

  /// What Git LFS keeps is taken only when it is what was recorded.
  static func verify(_ entry: BundleEntry, _ digest: [UInt8]) throws {
    guard case .largeObject(let object, _, _) = entry.content else { return }
    if Hexadecimal.text(of: digest) != object.digest {
      throw SourceError.damagedLargeObject(entry.name)
    }
  }

  /// Whether contents that git gave are still encrypted by git-crypt: such a blob begins with this
  /// (git-crypt's commands.cpp).
  static func isEncrypted(_ bytes: UnsafeRawBufferPointer, _ entry: BundleEntry) -> Bool {
    switch entry.content {
    case .blob, .file, .rendered: unsafe bytes.starts(with: encryptedStart)
    case .secret, .copied, .largeObject, .directory: false
    }
  }

  /// Git calls contents binary when there is a NUL in the first 8,000 bytes (xdiff-interface.c).
  static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
    unsafe bytes.baseAddress.map { unsafe memchr($0, 0, min(bytes.count, 8000)) == nil } ?? true
  }

  static let encryptedStart = Array("\0GITCRYPT\0".utf8)

  private func compress(
    _ bytes: UnsafeRawBufferPointer, _ entry: BundleEntry,
    _ output: inout ContiguousArray<UInt8>
  ) -> Result {
    if unsafe Self.isEncrypted(bytes, entry) { return .encrypted }
    var digest: [UInt8] = []
    if wants.needsDigest || entry.isLargeObject {
      var hash = SHA256()
      unsafe hash.update(bufferPointer: bytes)
      digest = Array(hash.finalize())
    }
    let start = output.count
    // The target of a link is stored, as `git archive` has it.
    let facts =
      unsafe entry.isSymbolicLink
      ? Deflater.store(bytes, appendingTo: &output)
      : deflater.compress(bytes, appendingTo: &output)
    return .content(
      facts, count: output.count - start, digest: digest, isText: unsafe Self.isText(bytes),
      unsafe wants.examiner?.examine(entry, bytes))
  }
}
