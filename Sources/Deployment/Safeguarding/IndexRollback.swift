import Git

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What was taken out of a repository's own index again, for people.
package struct TakenBack: Sendable, Equatable {
  /// The secrets that were staged.
  package var names: [String]
  /// Those whose place others have changed meanwhile; what they staged is kept.
  package var changedByOthers: [String] = []
  /// Those whose contents stay, since a commit, a stash or an index of somebody else holds them.
  package var stillReferenced: [String] = []
  /// Those whose contents went into a pack meanwhile; nothing leads there, but they are there.
  package var packed: [String] = []
}

/// Undoes what a journal says, as far as it was done. May be cut off anywhere and run again.
struct IndexRollback {
  private let files: JournalFiles
  private let journal: IndexJournal
  private let git: ShieldedGit
  private let index: String
  private let objects: String
  private var location: Location

  /// The journal's lock is held.
  init(_ journal: IndexJournal, _ files: JournalFiles, _ location: Location) {
    self.journal = journal
    self.files = files
    func absolute(_ path: String, _ base: String) -> String {
      path.hasPrefix("/") ? path : base + "/" + path
    }
    index = absolute(journal.index, location.gitDirectory)
    objects = absolute(journal.objects, location.commonDirectory)
    self.location = location
    self.location.indexPath = index
    self.location.objectDirectory = objects
    git = ShieldedGit(self.location)
  }

  func run() throws -> TakenBack {
    var result = TakenBack(names: journal.entries.map(\.name))
    let lock = IndexLock(index: index, draft: files.draft)
    try lock.removeLeftover()
    // First without being in anybody's way.
    while try !restore(&result, lock) { try lock.hold() }
    lock.release()
    try removeObjects(&result)
    try CollectionLock(commonDirectory: location.commonDirectory, text: journal.collection)
      .release()
    try files.remove()
    return result
  }

  // MARK: - The index

  /// `false` when the index was changed by others in this instant.
  private func restore(_ result: inout TakenBack, _ lock: IndexLock) throws -> Bool {
    result.changedByOthers = []
    let now = try IndexSnapshot(at: index)
    // Nothing was staged yet, or it was taken back already.
    if now.checksum == journal.original.checksum { return true }
    if now.checksum == journal.staged, let contents = try originalContents() {
      return try lock.replace(expecting: journal.staged, with: contents)
    }
    return try takeOut(of: now, &result, lock)
  }

  /// What the index was; `nil` where it is not there any more, or not readable by git, such as a
  /// split index whose other half is gone.
  private func originalContents() throws -> IndexLock.Contents? {
    let original = journal.original
    guard original.exists else { return IndexLock.Contents(bytes: nil) }
    guard let bytes = try FileSystem.contents(files.original, limit: 2 << 30),
      IndexSnapshot.checksum(of: bytes) == original.checksum
    else { return nil }
    try DurableFile.create(
      files.copy, holding: bytes, mode: 0o600, modified: original.modified, isSynced: false)
    defer {
      _ = unsafe unlink(files.copy)
      FileSystem.removeTree(files.objects)
    }
    // Reading a sparse index, git writes the trees of what it makes of it.
    try FileSystem.makeDirectories(files.objects, mode: 0o700)
    var reading = git
    reading.variables["GIT_OBJECT_DIRECTORY"] = files.objects
    reading.variables["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = AlternateDirectories.text(
      [objects] + location.alternates)
    guard (try? IndexEditor(reading, copy: files.copy).listing()) != nil else { return nil }
    return IndexLock.Contents(bytes: bytes, mode: original.mode, modified: original.modified)
  }

  /// Takes out just the entries that are still ours.
  private func takeOut(
    of now: IndexSnapshot, _ result: inout TakenBack, _ lock: IndexLock
  ) throws -> Bool {
    guard now.exists else { return true }
    try DurableFile.remove(files.copy)
    try DurableFile.remove(files.copy + ".lock")
    try now.copy(to: files.copy)
    defer { _ = unsafe unlink(files.copy) }
    let editor = IndexEditor(git, copy: files.copy)
    let listing = try editor.listing()
    var edits: [IndexEdit] = []
    for entry in journal.entries {
      let found = listing.entry(at: entry.bytes)
      if let found, found.mode == entry.blob.mode, found.id == entry.blob.id {
        edits.append(IndexEdit(path: entry.bytes, blob: entry.replaced))
      } else if found.map({ IndexEdit.Blob(mode: $0.mode, id: $0.id) }) != entry.replaced {
        result.changedByOthers.append(entry.name)
      }
    }
    guard !edits.isEmpty else { return true }
    try editor.apply(edits, to: listing)
    let bytes = try IndexSnapshot(at: files.copy).bytes
    return try lock.replace(
      expecting: now.checksum, with: .init(bytes: bytes, mode: now.mode))
  }

  // MARK: - Objects

  private func removeObjects(_ result: inout TakenBack) throws {
    var present: [IndexJournal.Object] = []
    for object in journal.added {
      let loose = LooseObject(object.hex, in: objects)
      try DurableFile.remove(loose.draft)
      if try FileSystem.status(loose.path) != nil { present.append(object) }
    }
    let ids = Set(journal.added.map(\.hex))
    let referenced = present.isEmpty ? [] : try referenced(among: ids)
    for object in journal.added {
      let loose = LooseObject(object.hex, in: objects)
      if !referenced.contains(object.hex) { try DurableFile.remove(loose.path) }
      // Only an empty one can be removed.
      if object.makesDirectory { DurableFile.removeDirectory(loose.directory) }
    }
    if !journal.added.isEmpty { try DurableFile.syncDirectory(objects) }
    let reader = try BlobReader(location)
    for entry in journal.entries where ids.contains(entry.blob.hex) {
      if referenced.contains(entry.blob.hex) {
        result.stillReferenced.append(entry.name)
      } else if reader.contains(entry.blob.id) {
        result.packed.append(entry.name)
      }
    }
  }

  /// Those of `ids` that an index, a reference or a reflog leads to by what was not there before.
  private func referenced(among ids: Set<String>) throws -> Set<String> {
    let tips = try FileSystem.contents(files.tips, limit: 1 << 30) ?? []
    var input: [UInt8] = []
    for tip in tips.split(separator: 0x0a) { input += [UInt8(ascii: "^")] + tip + [0x0a] }
    let output = try git.run(
      "look for references",
      [
        "rev-list", "--objects", "--ignore-missing", "--missing=allow-any", "--all", "--reflog",
        "--indexed-objects", "--stdin",
      ], input: input)
    var found: Set<String> = []
    for line in output.split(separator: 0x0a) where line.count >= 40 {
      let id = String(decoding: line.prefix(40), as: UTF8.self)
      if ids.contains(id) { found.insert(id) }
    }
    return found
  }
}

/// Where a loose object lies.
struct LooseObject {
  let directory: String
  let path: String
  /// The name under which git-eb writes it first. git takes such a file for one of its own that was
  /// cut off.
  let draft: String

  init(_ hex: String, in objects: String) {
    directory = "\(objects)/\(hex.prefix(2))"
    path = "\(directory)/\(hex.dropFirst(2))"
    draft = "\(directory)/tmp_obj_git-eb-\(hex.dropFirst(2))"
  }
}
