import Git

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Secrets in a repository's own index, for programs that know no other. The journal is on the disk
/// before anything is done.
final class InPlaceIndex {
  private let location: Location
  private let files: JournalFiles
  private let limit: Duration
  private let isInterrupted: () -> Bool
  private var lock: JournalLock?

  /// `limit` is for each thing that is waited for: another git-eb, and a foreign `index.lock`.
  init(
    _ location: Location, waiting limit: Duration, isInterrupted: @escaping () -> Bool
  ) {
    self.location = location
    files = JournalFiles(gitDirectory: location.gitDirectory)
    self.limit = limit
    self.isInterrupted = isInterrupted
  }

  /// Makes sure that no other git-eb is at work here, and takes back what a dead one left.
  func claim() throws -> TakenBack? {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    var healed: TakenBack?
    while true {
      if let lock = try JournalLock.take(files, makingIt: true) {
        guard let journal = try files.read() else {
          self.lock = lock
          return healed
        }
        if !journal.isInUse {
          healed = try IndexRollback(journal, files, location).run()
          continue
        }
      }
      if isInterrupted() { throw Interrupted() }
      guard clock.now < deadline else {
        let owner = (try? files.read()).flatMap { $0 }.flatMap { ProcessIdentity($0.owner) }
        throw SafeguardError.inUse(process: owner?.id ?? 0)
      }
      usleep(50_000)
    }
  }

  /// Waits until no other git-eb has secrets staged here. Its secrets would be taken for tracked
  /// files.
  func waitForOthers() throws {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while let journal = try files.read(), journal.isInUse {
      if isInterrupted() { throw Interrupted() }
      guard clock.now < deadline else {
        throw SafeguardError.inUse(process: ProcessIdentity(journal.owner)?.id ?? 0)
      }
      usleep(50_000)
    }
  }

  /// Stages what was prepared in private storage. `prepare` is called again when the index has
  /// changed since.
  ///
  /// - Parameter watcher: the process that lives until all is taken back.
  func stage(
    watchedBy watcher: pid_t, _ prepare: () throws -> StagedSecrets
  ) throws -> StagedSecrets {
    let collection = CollectionLock(
      commonDirectory: location.commonDirectory, process: watcher)
    let indexLock = IndexLock(
      index: location.indexPath, draft: files.draft, waiting: limit, isInterrupted: isInterrupted)
    var added: [IndexJournal.Object]?
    for _ in 0..<50 {
      let staged = try prepare()
      let bytes = try IndexSnapshot(at: staged.storage.index).bytes
      var journal = try journal(of: staged, bytes: bytes, collection.text)
      if let added {
        // Those that are there by now are there from the attempt before.
        journal.added = added
        try files.write(journal, original: staged.base.bytes, tips: nil)
      } else {
        try files.write(journal, original: staged.base.bytes, tips: try tips())
        // One that runs longer has seen what there is to pack already.
        _ = try collection.take(
          draft: files.collectionDraft, until: ContinuousClock().now + limit,
          isInterrupted: isInterrupted)
        let foreign = try writeObjects(journal, from: staged.storage.objects)
        if !foreign.isEmpty {
          journal.added.removeAll { foreign.contains($0.hex) }
          try files.write(journal, original: staged.base.bytes, tips: nil)
        }
        added = journal.added
      }
      let mode = staged.base.exists ? staged.base.mode : defaultMode
      if try indexLock.replace(
        expecting: journal.original.checksum, with: .init(bytes: bytes, mode: mode))
      {
        return staged
      }
      // It was written meanwhile: this time nobody is to.
      try indexLock.hold()
    }
    throw SafeguardError.restless(path: location.indexPath)
  }

  /// Takes back what was staged; `nil` when nothing was. May be called again.
  func takeBack() throws -> TakenBack? {
    guard lock != nil else { return nil }
    defer { lock = nil }
    guard let journal = try files.read() else {
      try files.remove()
      return nil
    }
    return try IndexRollback(journal, files, location).run()
  }

  /// What git gives a new file.
  private var defaultMode: UInt32 {
    let mask = umask(0)
    umask(mask)
    return 0o666 & ~UInt32(mask)
  }

  private func journal(
    of staged: StagedSecrets, bytes: [UInt8], _ collection: String
  ) throws -> IndexJournal {
    let reader = try BlobReader(location)
    var added: [IndexJournal.Object] = []
    for hex in Set(staged.edits.compactMap { $0.blob?.hex }).sorted() {
      guard let id = ObjectID(hex: hex), !reader.contains(id) else { continue }
      let directory = LooseObject(hex, in: location.objectDirectory).directory
      added.append(.init(hex: hex, makesDirectory: try FileSystem.status(directory) == nil))
    }
    func relative(_ path: String, _ base: String) -> String {
      path.hasPrefix(base + "/") ? String(path.dropFirst(base.count + 1)) : path
    }
    let base = staged.base
    return IndexJournal(
      owner: ProcessIdentity.current.text, storage: staged.storage.path,
      created: Int64(time(nil)), index: relative(location.indexPath, location.gitDirectory),
      objects: relative(location.objectDirectory, location.commonDirectory),
      original: .init(
        checksum: base.checksum, exists: base.exists, mode: base.mode, modified: base.modified),
      staged: IndexSnapshot.checksum(of: bytes),
      entries: staged.edits.compactMap { edit in
        edit.blob.map {
          .init(
            path: edit.path, blob: $0,
            replaced: staged.before.entry(at: edit.path).map { .init(mode: $0.mode, id: $0.id) })
        }
      }, added: added, collection: collection)
  }

  /// Every commit that references and reflogs lead to now, to tell later ones from.
  private func tips() throws -> [UInt8] {
    try ShieldedGit(location).run(
      "look for references",
      ["rev-list", "--no-walk=unsorted", "--ignore-missing", "--all", "--reflog"])
  }

  /// Copies the objects that are to be added, durably. Gives those that others have written in this
  /// instant.
  private func writeObjects(
    _ journal: IndexJournal, from source: String
  ) throws -> Set<String> {
    var foreign: Set<String> = []
    for object in journal.added {
      let target = LooseObject(object.hex, in: location.objectDirectory)
      let made = LooseObject(object.hex, in: source).path
      guard let bytes = try FileSystem.contents(made, limit: 64 << 20) else {
        throw FileError(operation: "read", path: made, errno: ENOENT)
      }
      if unsafe mkdir(target.directory, 0o777) != 0, errno != EEXIST {
        throw FileError(operation: "create", path: target.directory, errno: errno)
      }
      try DurableFile.create(target.draft, holding: bytes, mode: 0o444)
      defer { _ = unsafe unlink(target.draft) }
      if unsafe link(target.draft, target.path) != 0 {
        if errno == EEXIST {
          foreign.insert(object.hex)
        } else if try FileSystem.status(target.path) == nil {
          try DurableFile.rename(target.draft, to: target.path)
        } else {
          foreign.insert(object.hex)
        }
      }
      try DurableFile.syncDirectory(target.directory)
    }
    if !journal.added.isEmpty { try DurableFile.syncDirectory(location.objectDirectory) }
    return foreign
  }
}

extension IndexJournal {
  /// Whether the git-eb that wrote it, its watcher or its command lives.
  var isInUse: Bool {
    if ProcessIdentity(owner)?.isAlive == true { return true }
    return PrivateDirectory.users(of: storage).contains(where: \.isAlive)
  }
}
