import Git
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What git-eb is about to do to a repository's own index: on the disk before anything is done, so
/// that whoever finds it can undo it, whatever was done of it.
struct IndexJournal: Codable, Equatable {
  /// One path that is staged.
  struct Entry: Codable, Equatable {
    /// As hexadecimal digits: a path need not be text.
    var path: String
    var blob: IndexEdit.Blob
    /// What the index had there before.
    var replaced: IndexEdit.Blob?

    init(path: [UInt8], blob: IndexEdit.Blob, replaced: IndexEdit.Blob?) {
      self.path = Hexadecimal.text(of: path)
      self.blob = blob
      self.replaced = replaced
    }

    var bytes: [UInt8] { Hexadecimal.bytes(of: path) ?? [] }
    var name: String { String(decoding: bytes, as: UTF8.self) }
  }

  /// A loose object that was not there before.
  struct Object: Codable, Equatable {
    var hex: String
    /// Whether its directory was not there either.
    var makesDirectory: Bool
  }

  /// An index as it was or is to be; its bytes lie beside the journal, in ``JournalFiles/original``.
  struct Original: Codable, Equatable {
    var checksum: String
    var exists: Bool
    var mode: UInt32
    var modified: IndexTime
  }

  var format = 1
  /// ``ProcessIdentity/text`` of the git-eb that wrote it.
  var owner: String
  /// The private directory whose users are the other processes that this is for.
  var storage: String
  /// Seconds since 1970.
  var created: Int64
  /// From the git directory unless it is absolute, so that a repository may be moved.
  var index: String
  /// From the common directory, likewise.
  var objects: String
  var original: Original
  /// The checksum of the index with the entries.
  var staged: String
  var entries: [Entry]
  var added: [Object]
  /// What ``CollectionLock`` says.
  var collection: String
}

/// The journal and what lies beside it: `git-eb/` in the git directory of the work tree.
struct JournalFiles {
  let directory: String

  init(gitDirectory: String) { directory = gitDirectory + "/git-eb" }

  var journal: String { directory + "/journal" }
  /// The bytes of the index before.
  var original: String { directory + "/original" }
  /// What becomes the index.
  var draft: String { directory + "/draft" }
  /// The commits that references led to before.
  var tips: String { directory + "/tips" }
  /// A copy of the index that git changes.
  var copy: String { directory + "/copy" }
  var collectionDraft: String { directory + "/gc" }
  /// For objects that git makes while it only looks.
  var objects: String { directory + "/objects" }
  /// Held by whoever works here.
  var lock: String { directory + "/lock" }

  /// `nil` when there is none.
  func read() throws -> IndexJournal? {
    guard let bytes = try FileSystem.contents(journal, limit: 64 << 20) else { return nil }
    guard let found = try? LocalJSON.value(IndexJournal.self, from: bytes), found.format == 1 else {
      throw SafeguardError.badJournal(path: journal)
    }
    return found
  }

  /// Writes the journal and all that it speaks of, durably; `nil` for `tips` keeps those that are
  /// there.
  func write(_ content: IndexJournal, original bytes: [UInt8], tips commits: [UInt8]?) throws {
    // A journal that is there already has another one, by whose checksum it sees that.
    try DurableFile.create(original, holding: bytes, mode: 0o600)
    if let commits { try DurableFile.create(tips, holding: commits, mode: 0o600) }
    let draft = journal + ".tmp"
    try DurableFile.create(draft, holding: try LocalJSON.bytes(of: content), mode: 0o600)
    try DurableFile.rename(draft, to: journal)
    try DurableFile.syncDirectory(directory)
    try DurableFile.syncDirectory(DurableFile.directory(of: directory))
  }

  /// Removes everything, the journal after what it needs, and then the directory. Its lock is held.
  func remove() throws {
    for path in IndexLock.drafts(draft) + [collectionDraft, copy, copy + ".lock", journal + ".tmp"]
    {
      try DurableFile.remove(path)
    }
    FileSystem.removeTree(objects)
    // From here on there is nothing to undo.
    try DurableFile.remove(journal)
    try DurableFile.syncDirectory(directory)
    for path in [original, tips, lock] { try DurableFile.remove(path) }
    DurableFile.removeDirectory(directory)
    try DurableFile.syncDirectory(DurableFile.directory(of: directory))
  }
}

/// The right to work on a repository's journal: flock(2)'s, so that it ends with its holder.
final class JournalLock {
  private let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// `nil` when another process has it. Makes the directory where `makingIt` says so; else `nil`
  /// also where there is none.
  static func take(_ files: JournalFiles, makingIt: Bool) throws(FileError) -> JournalLock? {
    for _ in 0..<100 {
      if makingIt, unsafe mkdir(files.directory, 0o700) != 0, errno != EEXIST {
        throw FileError(operation: "create", path: files.directory, errno: errno)
      }
      let descriptor = unsafe open(files.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else {
        if errno == ENOENT {
          if makingIt { continue }
          return nil
        }
        throw FileError(operation: "create", path: files.lock, errno: errno)
      }
      let lock = JournalLock(descriptor)
      while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        if errno == EINTR { continue }
        if errno == EWOULDBLOCK { return nil }
        throw FileError(operation: "lock", path: files.lock, errno: errno)
      }
      // Whoever had it may have removed the file in this instant.
      if LocalLock.leads(FilePath(files.lock), to: descriptor) { return lock }
    }
    return nil
  }
}
