import Foundation
import Git
import TestSupport
import Testing

@testable import Deployment

@Suite("Safeguarding: a repository's own index, staged and taken back") struct SafeguardingTests {
  private static let canary = "canary-of-safeguarding-7"

  /// A repository with a secret that is about to be staged.
  private struct Place {
    let fixture: GitFixture
    let storage: PrivateStorage
    let location: Location
    let before: [String: Data]

    init(staging: [String] = ["staged"]) throws {
      fixture = try GitFixture()
      try fixture.write("file", "file\n")
      try fixture.commit()
      for name in staging {
        try fixture.write(name, name)
        try fixture.git("add", name)
      }
      location = try Repository.discover(
        startingAt: fixture.path,
        environment: fixture.environment.merging(["PATH": "/usr/local/bin:/usr/bin:/bin"]) { $1 }
      ).location
      storage = try PrivateStorage(places: [fixture.home], size: 0)
      before = try fixture.snapshot()
    }

    var files: JournalFiles { JournalFiles(gitDirectory: location.gitDirectory) }

    func secret(_ path: String = "secrets/key") -> Secret {
      let bytes = Array(SafeguardingTests.canary.utf8)
      let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
      unsafe storage.copyBytes(from: bytes)
      return unsafe Secret(path: path, source: path, mode: 0o100600, storage: storage)
    }

    func prepared(_ paths: String...) throws -> StagedSecrets {
      try StagedSecrets(
        paths.map(secret), over: .index, in: storage, location, root: "", isInterrupted: { false })
    }

    /// Stages, and forgets it as one that was killed would.
    func stage(_ paths: String...) throws {
      let index = InPlaceIndex(location, waiting: .seconds(1), isInterrupted: { false })
      #expect(try index.claim() == nil)
      _ = try index.stage(watchedBy: getpid()) {
        try StagedSecrets(
          paths.map(secret), over: .index, in: storage, location, root: "",
          isInterrupted: { false })
      }
    }

    /// Makes the journal one of a process that is gone.
    func forget() throws {
      var journal = try #require(try files.read())
      journal.owner = "1-1-00000000"
      journal.storage = "/nonexistent"
      try DurableFile.create(files.journal, holding: try LocalJSON.bytes(of: journal), mode: 0o600)
    }

    func rollBack() throws -> TakenBack {
      // A program that another test starts in this instant has the lock until it runs.
      var taken: JournalLock?
      _ = try eventually(seconds: 5) {
        taken = try JournalLock.take(files, makingIt: false)
        return taken != nil
      }
      let lock = try #require(taken)
      defer { withExtendedLifetime(lock) {} }
      return try IndexRollback(try #require(try files.read()), files, location).run()
    }

    func expectAsBefore(sourceLocation: SourceLocation = #_sourceLocation) throws {
      #expect(try fixture.snapshot() == before, sourceLocation: sourceLocation)
    }
  }

  @Test func `What is taken back is the same to the byte, and the time`() throws {
    let place = try Place()
    let time = try IndexSnapshot(at: place.location.indexPath).modified
    try place.stage("secrets/key", "other")
    #expect(try place.fixture.git("ls-files") == "file\nother\nsecrets/key\nstaged")
    #expect(try place.rollBack() == TakenBack(names: ["secrets/key", "other"]))
    try place.expectAsBefore()
    #expect(try IndexSnapshot(at: place.location.indexPath).modified == time)
  }

  /// Each is a state that a kill may leave: what is there beside the journal, and not.
  @Test(arguments: [
    "nothing was done", "an object's draft", "half a draft of the index", "the lock was taken",
    "the index was replaced, the draft is still there", "a copy that git locked", "no object",
    "the lock was held, and the index not known yet", "the lock was held, and is the new index",
    "the index is as before already", "the journal's own draft",
  ])
  func `Whatever was done of it, all is taken back, and once more changes nothing`(_ state: String)
    throws
  {
    let place = try Place()
    let index = place.location.indexPath
    let original = try Data(contentsOf: URL(filePath: index))
    try place.stage("secrets/key")
    let staged = try Data(contentsOf: URL(filePath: index))
    let files = place.files
    let journal = try #require(try files.read())
    let object = LooseObject(
      try #require(journal.added.first).hex, in: place.location.objectDirectory)
    func put(_ data: Data, _ path: String) throws { try data.write(to: URL(filePath: path)) }
    switch state {
    case "nothing was done":
      try put(original, index)
      try FileManager.default.removeItem(atPath: object.directory)
    case "an object's draft":
      try put(original, index)
      try FileManager.default.moveItem(atPath: object.path, toPath: object.draft)
    case "half a draft of the index":
      try put(original, index)
      try put(staged.prefix(100), files.draft)
    case "the lock was taken":
      try put(original, index)
      try put(staged, files.draft)
      try FileManager.default.linkItem(atPath: files.draft, toPath: index + ".lock")
    case "the index was replaced, the draft is still there":
      try FileManager.default.linkItem(atPath: index, toPath: files.draft)
    case "a copy that git locked":
      try put(staged, files.copy)
      try put(Data(), files.copy + ".lock")
    case "the lock was held, and the index not known yet":
      try put(original, index)
      try put(Data(), files.draft + ".held")
      try FileManager.default.linkItem(
        atPath: files.draft + ".held", toPath: index + ".lock")
    case "the lock was held, and is the new index":
      try put(original, index)
      try put(Data(), files.draft + ".held")
      try put(staged, files.draft)
      try FileManager.default.linkItem(atPath: files.draft, toPath: index + ".lock")
    case "no object": try FileManager.default.removeItem(atPath: object.path)
    case "the index is as before already": try put(original, index)
    case "the journal's own draft": try put(Data(), files.journal + ".tmp")
    default: Issue.record("no such state")
    }
    try place.forget()
    let copy = try Data(contentsOf: URL(filePath: files.journal))
    #expect(try place.rollBack().names == ["secrets/key"])
    try place.expectAsBefore()
    // The journal came back, as after a power cut before its removal was durable.
    try FileManager.default.createDirectory(
      atPath: files.directory, withIntermediateDirectories: true)
    try put(copy, files.journal)
    _ = try place.rollBack()
    try place.expectAsBefore()
  }

  @Test func `A lock that is not git-eb's is left alone`() throws {
    let place = try Place()
    try place.stage("secrets/key")
    try place.forget()
    let lock = place.location.indexPath + ".lock"
    try Data().write(to: URL(filePath: lock))
    let files = place.files
    try DurableFile.create(files.draft, holding: [1, 2, 3], mode: 0o600)
    try IndexLock(index: place.location.indexPath, draft: files.draft).removeLeftover()
    #expect(FileManager.default.fileExists(atPath: lock))
    #expect(!FileManager.default.fileExists(atPath: files.draft))
    try FileManager.default.removeItem(atPath: lock)
    _ = try place.rollBack()
    try place.expectAsBefore()
  }

  @Test func `An index that others have written since is not replaced`() throws {
    let place = try Place()
    let files = place.files
    try FileSystem.makeDirectories(files.directory, mode: 0o700)
    let index = place.location.indexPath
    let old = try IndexSnapshot(at: index)
    try place.fixture.write("later", "later")
    try place.fixture.git("add", "later")
    let now = try Data(contentsOf: URL(filePath: index))
    let lock = IndexLock(index: index, draft: files.draft)
    #expect(try lock.replace(expecting: old.checksum, with: .init(bytes: old.bytes)) == false)
    #expect(try Data(contentsOf: URL(filePath: index)) == now)
    #expect(!FileManager.default.fileExists(atPath: index + ".lock"))
    // Held, nobody can write it, so that it is the same.
    try lock.hold()
    #expect(throws: ShellError.self) { try place.fixture.git("add", "file") }
    let same = try IndexSnapshot(at: index)
    #expect(try lock.replace(expecting: same.checksum, with: .init(bytes: old.bytes)))
    #expect(try place.fixture.git("ls-files") == "file\nstaged")
    try lock.hold()
    lock.release()
    #expect(try FileSystem.names(in: place.location.gitDirectory).contains("index.lock") == false)
    #expect(try FileSystem.names(in: files.directory) == [])
  }

  @Test func `Only the entries that are still git-eb's are taken out`() throws {
    let place = try Place()
    try place.stage("secrets/key", "secrets/changed", "secrets/removed", "secrets/executable")
    try place.fixture.write("secrets/changed", "changed")
    try place.fixture.git("add", "secrets/changed")
    try place.fixture.git("update-index", "--force-remove", "secrets/removed")
    let id = try place.fixture.git("rev-parse", ":secrets/executable")
    try place.fixture.git("update-index", "--cacheinfo", "100755,\(id),secrets/executable")
    try place.forget()
    let taken = try place.rollBack()
    #expect(Set(taken.changedByOthers) == ["secrets/changed", "secrets/executable"])
    #expect(
      try place.fixture.git("ls-files") == "file\nsecrets/changed\nsecrets/executable\nstaged")
    // The contents are still staged, under the mode that somebody gave them.
    #expect(taken.stillReferenced.contains("secrets/executable"))
    #expect(try place.fixture.git("show", ":secrets/executable") == Self.canary)
  }

  @Test func `Without an index before there is none after`() throws {
    let fixture = try GitFixture()
    let location = try Repository.discover(
      startingAt: fixture.path, environment: fixture.environment
    ).location
    #expect(!FileManager.default.fileExists(atPath: location.indexPath))
    let place = try Place()
    try place.fixture.remove(".git/index")
    try place.stage("secrets/key")
    #expect(try place.fixture.git("ls-files") == "secrets/key")
    _ = try place.rollBack()
    #expect(!FileManager.default.fileExists(atPath: place.location.indexPath))
  }

  @Test func `An index that cannot be opened is an error, and not none`() throws {
    let place = try Place()
    let link = place.fixture.path + "/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/nonexistent")
    #expect(throws: FileError(operation: "open", path: link, errno: ENOENT)) {
      try IndexSnapshot(at: link)
    }
    #expect(try IndexSnapshot(at: place.fixture.path + "/none").exists == false)
    #expect(throws: FileError.self) { try IndexSnapshot(at: place.fixture.path + "/no/index") }
    #expect(throws: SafeguardError.self) { try IndexSnapshot(at: place.fixture.path) }
  }

  @Test func `What git makes of a copy has to be what it was told`() throws {
    let listing = try #require(
      IndexListing(
        Array(
          ("100644 \(String(repeating: "1", count: 40)) 0\ta/b\0"
            + "100644 \(String(repeating: "2", count: 40)) 0\tc\0").utf8)))
    #expect(listing.obstacle(to: Array("a".utf8))?.name == "a/b")
    #expect(listing.obstacle(to: Array("c/d".utf8))?.name == "c")
    #expect(listing.obstacle(to: Array("a/c".utf8)) == nil)
    let id = try #require(ObjectID(hex: String(repeating: "3", count: 40)))
    let blob = IndexEdit.Blob(mode: 0o100644, id: id)
    let after = listing.applying([
      IndexEdit(path: Array("b".utf8), blob: blob), IndexEdit(path: Array("c".utf8), blob: nil),
    ])
    #expect(after.entries.map(\.name) == ["a/b", "b"])
    #expect(IndexListing(Array("nonsense\0".utf8)) == nil)
  }

  @Test func `Alternates are quoted as git reads them`() throws {
    let place = try Place()
    let odd = place.fixture.base + "/a:b\"c\\d"
    try FileManager.default.createDirectory(atPath: odd, withIntermediateDirectories: true)
    try check(["git", "init", "-q", odd], environment: place.fixture.environment)
    let id = try check(
      ["git", "-C", odd, "hash-object", "-w", "--stdin"], environment: place.fixture.environment,
      input: "far away\n"
    ).trimmingCharacters(in: .newlines)
    let list = AlternateDirectories.text(["/nonexistent", odd + "/.git/objects"])
    #expect(
      try place.fixture.git(
        ["cat-file", "-p", id], environment: ["GIT_ALTERNATE_OBJECT_DIRECTORIES": list])
        == "far away")
  }

  @Test func `Private storage is in the first place that has room, and closed to others`() throws {
    let base = try TemporaryDirectory()
    let runtime = base.file("runtime")
    try FileManager.default.createDirectory(
      atPath: runtime, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let places = PrivateStorage.places(
      environment: ["XDG_RUNTIME_DIR": runtime], temporaryDirectory: base.path)
    #expect(places.first == runtime)
    #expect(places.last == base.path)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: runtime)
    #expect(
      PrivateStorage.places(
        environment: ["XDG_RUNTIME_DIR": runtime], temporaryDirectory: base.path
      ).contains(runtime) == false)
    let storage = try PrivateStorage(places: ["/nonexistent", base.path], size: 1)
    let status = try #require(try FileSystem.status(storage.path))
    #expect(status.mode & 0o7777 == 0o700)
    #expect(storage.path.hasPrefix(base.path))
    storage.remove()
    #expect(try FileSystem.status(storage.path) == nil)
    #expect(throws: SafeguardError.self) {
      try PrivateStorage(places: ["/nonexistent"], size: 1)
    }
    #expect(throws: SafeguardError.self) {
      try PrivateStorage(places: [base.path], size: Int64.max)
    }
  }

  @Test func `A directory is in use as long as its owner or one of its users lives`() throws {
    let base = try TemporaryDirectory()
    let path = base.path + "/" + PrivateDirectory.prefix + "1-1-00000000"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    #expect(PrivateDirectory.all(in: base.path).map(\.isInUse) == [false])
    try base.write(ProcessIdentity.current.text + "\n", to: "x")
    try FileManager.default.copyItem(
      atPath: base.file("x"), toPath: path + "/" + PrivateDirectory.usersFile)
    #expect(PrivateDirectory.all(in: base.path).map(\.isInUse) == [true])
    let found = Recovery(nil, places: [base.path]).run(isDry: false, draftsIn: [])
    #expect(found.count == 1)
    #expect(FileManager.default.fileExists(atPath: path))
    // The same number and start in another boot is another process.
    let parts = ProcessIdentity.current.text.split(separator: "-")
    try Data("\(parts[0])-\(parts[1])-00000000\n".utf8).write(
      to: URL(filePath: path + "/" + PrivateDirectory.usersFile))
    _ = Recovery(nil, places: [base.path]).run(isDry: false, draftsIn: [])
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func `Looking for leftovers takes no time`() throws {
    let place = try Place()
    let places = PrivateStorage.places(environment: [:], temporaryDirectory: place.fixture.base)
    let recovery = Recovery(place.location, places: places)
    let rounds = 200
    let time = ContinuousClock().measure {
      for _ in 0..<rounds { #expect(recovery.heal().isEmpty) }
    }
    // A tenth of that is usual, even without optimization.
    #expect(time / rounds < .milliseconds(2), "\(time / rounds)")
    print("looking for leftovers: \(time / rounds)")
  }
}
