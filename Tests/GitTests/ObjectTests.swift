import Foundation
import Git
import TestSupport
import Testing

@Suite struct ObjectTests {
  @Test func `a commit is read with all it says`() throws {
    let fixture = try GitFixture()
    try fixture.write("file", "1")
    try fixture.git("add", ".")
    try fixture.git(
      ["commit", "--quiet", "--message=two\nlines \n\nbody\n"],
      environment: [
        "GIT_AUTHOR_NAME": "Jos\u{e9}", "GIT_AUTHOR_DATE": "1600000000 -0330",
        "GIT_COMMITTER_DATE": "1700000001 +0545",
      ])
    try fixture.git("checkout", "--quiet", "-b", "side")
    try fixture.commit("side")
    try fixture.git("checkout", "--quiet", "master")
    try fixture.commit("main")
    try fixture.git("merge", "--quiet", "--no-ff", "--message=merge", "side")
    let repository = try fixture.open()
    let first = try #require(try repository.commit(fixture.id("HEAD~2")))
    #expect(first.summary == "two lines")
    #expect(first.message == "two\nlines\n\nbody\n")
    #expect(
      first.author
        == Signature(
          name: "José", email: "author@example.com", time: 1_600_000_000, offsetMinutes: -210))
    #expect(first.committer.offsetMinutes == 345)
    #expect(first.committer.time == 1_700_000_001)
    #expect(first.parents.isEmpty)
    #expect(first.tree == (try fixture.id("HEAD~2^{tree}")))
    let merge = try #require(try repository.commit(fixture.id("HEAD")))
    #expect(merge.parents == (try [fixture.id("HEAD^1"), fixture.id("HEAD^2")]))
    #expect(try repository.commit(first.tree) == nil)
    #expect(try repository.commit(.emptyTree) == nil)
    #expect(try repository.kind(of: first.tree) == .tree)
  }

  @Test func `a commit in another encoding keeps its letters`() throws {
    let fixture = try GitFixture()
    let tree = try fixture.git(["mktree"], input: "")
    let raw =
      Data(
        "tree \(tree)\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\nencoding ISO-8859-1\n\n"
          .utf8)
      + Data([0x63, 0x61, 0x66, 0xe9, 0x0a])
    try raw.write(to: URL(filePath: "\(fixture.base)/raw"))
    let id = try #require(
      ObjectID(hex: fixture.git("hash-object", "-t", "commit", "-w", "\(fixture.base)/raw")))
    #expect(try fixture.open().commit(id)?.summary == "café")
  }

  @Test func `a tree is listed as git lists it`() throws {
    let fixture = try GitFixture()
    for file in ["a.b", "a/x", "a-b", "a0", "z/y/x/w", "é", "with space"] {
      try fixture.write(file, file)
    }
    try fixture.write("run", "#!/bin/sh\n", executable: true)
    try fixture.link("link", to: "a.b")
    try fixture.git("add", ".")
    try fixture.git(
      "update-index", "--add", "--cacheinfo", "160000,\(String(repeating: "1", count: 40)),module")
    try fixture.git("commit", "--quiet", "--message=m")
    let repository = try fixture.open()
    func lines(_ entries: [TreeEntry]) -> [String] {
      entries.map {
        String(repeating: "0", count: 6 - String($0.mode, radix: 8).count)
          + String($0.mode, radix: 8)
          + " \($0.mode == TreeEntry.submoduleMode ? "commit" : "blob") \($0.id)\t"
          + String(decoding: $0.path, as: UTF8.self)
      }
    }
    func git(_ options: String...) throws -> [String] {
      try fixture.git(["ls-tree", "-z", "--full-tree"] + options)
        .split(separator: "\0").map(String.init)
    }
    let tree = try fixture.id("HEAD^{tree}")
    #expect(try lines(repository.entries(ofTree: tree)) == git("-r", "HEAD"))
    #expect(try repository.entries(ofTree: .emptyTree).isEmpty)
    let directory = try #require(try repository.entry(at: "z/y", inTree: tree))
    #expect(directory.mode == TreeEntry.directoryMode)
    #expect(directory.id == (try fixture.id("HEAD:z/y")))
    #expect(try repository.entry(at: "z/y/x/w", inTree: tree)?.id == fixture.id("HEAD:z/y/x/w"))
    #expect(try repository.entry(at: "z/none", inTree: tree) == nil)
    #expect(try repository.entry(at: "run/below", inTree: tree) == nil)
    #expect(code { _ = try repository.entries(ofTree: fixture.id("HEAD")) } == .wrongType)
  }

  @Test func `blobs are read packed and loose`() throws {
    let fixture = try GitFixture()
    let large = String(repeating: "0123456789abcdef\n", count: 200_000)
    try fixture.write("large", large)
    try fixture.write("small", "small\n")
    try fixture.write("empty", "")
    try fixture.commit()
    for _ in 0..<2 {
      let repository = try fixture.open()
      let blobs = try BlobReader(repository.location)
      #expect(try blobs.size(of: fixture.id("HEAD:large")) == large.utf8.count)
      #expect(try blobs.contents(of: fixture.id("HEAD:large")) == Array(large.utf8))
      let count = try unsafe blobs.withContents(of: fixture.id("HEAD:small")) { $0.count }
      #expect(count == 6)
      #expect(try blobs.contents(of: .emptyBlob).isEmpty)
      #expect(code { _ = try blobs.size(of: fixture.id("HEAD")) } == .wrongType)
      #expect(code { _ = try blobs.contents(of: fixture.id("HEAD^{tree}")) } == .wrongType)
      try fixture.git("gc", "--quiet")
    }
  }

  /// Larger than the window that libgit2 maps of a pack, so that many an object begins in one and
  /// ends in another; incompressible, repeated with changes, tiny and empty.
  private func packed(window: Int = 10) throws -> (
    fixture: GitFixture, blobs: [(id: ObjectID, contents: Data)]
  ) {
    let fixture = try GitFixture()
    var numbers = SeededGenerator(state: 11)
    var names: [String] = []
    for index in 0..<6 {
      var noise = Data(
        (0..<(700_000 + index)).map { _ in UInt8.random(in: 0...255, using: &numbers) })
      for version in 0..<3 {
        noise[version * 1000] ^= 1
        noise.append(UInt8(version))
        names.append("noise\(index).\(version)")
        try fixture.write("noise\(index).\(version)", noise)
      }
    }
    for index in 0..<200 {
      names.append("text\(index)")
      let text = String(repeating: "line \(index % 7) of a text\n", count: index * index % 5000)
      try fixture.write("text\(index)", text + "\(index)\n")
    }
    try fixture.commit()
    try fixture.git("repack", "-adfq", "--window=\(window)")
    let blobs = try names.map { name in
      (
        id: try fixture.id("HEAD:\(name)"),
        contents: try Data(contentsOf: URL(filePath: "\(fixture.path)/\(name)"))
      )
    }
    return (fixture, blobs)
  }

  @Test func `objects are whole that lie in several windows or are made from others`() throws {
    let (fixture, blobs) = try packed()
    let reader = try BlobReader(fixture.open().location)
    for blob in blobs + blobs.reversed() {
      #expect(try reader.size(of: blob.id) == blob.contents.count)
      #expect(try Data(reader.contents(of: blob.id)) == blob.contents)
    }
  }

  @Test func `a damaged pack gives an error or the right bytes`() throws {
    // Without deltas: what a delta is applied to is nothing that its checksum knows of.
    let (fixture, blobs) = try packed(window: 0)
    let directory = "\(fixture.path)/.git/objects/pack"
    let names = try FileManager.default.contentsOfDirectory(atPath: directory)
    let name = try #require(names.first { $0.hasSuffix(".pack") })
    let file = URL(filePath: "\(directory)/\(name)")
    let whole = try Data(contentsOf: file)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
    var numbers = SeededGenerator(state: 12)
    var failed = 0
    for _ in 0..<8 {
      var damaged = whole
      for _ in 0..<100 {
        // Between the header and the checksum, which are looked at when a pack is opened.
        damaged[Int.random(in: 12..<whole.count - 20, using: &numbers)] ^= 1
      }
      try damaged.write(to: file)
      let reader = try BlobReader(fixture.open().location)
      for blob in blobs {
        do {
          #expect(try Data(reader.contents(of: blob.id)) == blob.contents)
        } catch {
          failed += 1
        }
      }
    }
    #expect(failed > 8)
    for count in [0, 11, 1000, 1 << 20, whole.count - 21, whole.count - 1] {
      try whole.prefix(count).write(to: file)
      let location = try fixture.open().location
      for blob in blobs.prefix(20) {
        #expect(throws: GitError.self) { try BlobReader(location).contents(of: blob.id) }
      }
    }
  }

  @Test func `a missing object is an error, and git could fetch it in a partial clone`() throws {
    let origin = try GitFixture()
    try origin.write("file", "contents")
    try origin.commit()
    try origin.git("config", "uploadpack.allowFilter", "true")
    let blob = try origin.id("HEAD:file")
    try origin.git(
      "clone", "--quiet", "--no-checkout", "--filter=blob:none", "file://\(origin.path)",
      "../partial")
    let partial = try origin.open("\(origin.base)/partial")
    #expect(partial.isPartialClone)
    #expect(!partial.contains(blob))
    #expect(
      code { _ = try BlobReader(partial.location).contents(of: blob) } == .missingPromisorObject)
    #expect(code { _ = try BlobReader(partial.location).size(of: blob) } == .missingPromisorObject)

    let repository = try origin.open()
    #expect(!repository.isPartialClone)
    let object = "\(origin.path)/.git/objects/\(blob.hex.prefix(2))/\(blob.hex.dropFirst(2))"
    let bytes = try Data(contentsOf: URL(filePath: object))
    try FileManager.default.removeItem(atPath: object)
    #expect(code { _ = try BlobReader(repository.location).contents(of: blob) } == .missingObject)
    // A broken one is not a missing one.
    for count in 0..<bytes.count {
      try bytes.prefix(count).write(to: URL(filePath: object))
      #expect(code { _ = try BlobReader(repository.location).contents(of: blob) } == .corrupt)
    }
    try (bytes.prefix(10) + [1] + bytes.dropFirst(11)).write(to: URL(filePath: object))
    #expect(code { _ = try BlobReader(repository.location).contents(of: blob) } == .corrupt)
    let tree = try origin.git("rev-parse", "HEAD^{tree}")
    try FileManager.default.removeItem(
      atPath: "\(origin.path)/.git/objects/\(tree.prefix(2))/\(tree.dropFirst(2))")
    #expect(
      code { _ = try origin.open().entries(ofTree: #require(ObjectID(hex: tree))) }
        == .missingObject)
  }

  @Test func `replaced objects are read in the place of the old`() throws {
    let fixture = try GitFixture()
    try fixture.write("file", "old")
    try fixture.commit("old")
    try fixture.write("file", "new")
    try fixture.commit("new")
    let old = try fixture.id("HEAD~1:file")
    try fixture.git("replace", "HEAD~1:file", "HEAD:file")
    try fixture.git("replace", "HEAD~1", "HEAD")
    for _ in 0..<2 {
      let repository = try fixture.open()
      #expect(try BlobReader(repository.location).contents(of: old) == Array("new".utf8))
      #expect(try repository.commit(fixture.id("HEAD~1"))?.summary == "new")
      try fixture.git("pack-refs", "--all")
    }
    for environment in [
      ["GIT_NO_REPLACE_OBJECTS": "1"], ["GIT_CONFIG_PARAMETERS": "'core.useReplaceRefs'='false'"],
    ] {
      let repository = try fixture.open(environment: environment)
      #expect(try BlobReader(repository.location).contents(of: old) == Array("old".utf8))
    }
  }

  @Test func `changes between trees are git's`() throws {
    let fixture = try GitFixture()
    for file in [
      "same", "changed", "removed", "dir/a", "dir/b", "becomes/a", "file", "run", "linked",
    ] {
      try fixture.write(file, file)
    }
    try fixture.commit("one")
    try fixture.write("changed", "2")
    try fixture.remove("removed")
    try fixture.remove("dir/b")
    try fixture.write("dir/sub/c", "c")
    try fixture.remove("becomes")
    try fixture.write("becomes", "a file")
    try fixture.remove("file")
    try fixture.write("file/now/deep", "x")
    try fixture.write("run", "run", executable: true)
    try fixture.remove("linked")
    try fixture.link("linked", to: "same")
    try fixture.commit("two")
    let repository = try fixture.open()
    let old = try fixture.id("HEAD~1^{tree}")
    let new = try fixture.id("HEAD^{tree}")
    func expectSame(_ left: ObjectID?, _ right: ObjectID?) throws {
      let git = try fixture.git(
        "diff-tree", "-r", "--no-renames", "--name-status", (left ?? .emptyTree).hex,
        (right ?? .emptyTree).hex)
      let letters: [Change.Kind: String] = [.added: "A", .changed: "M", .removed: "D"]
      let ours = try repository.changes(from: left, to: right).map {
        "\(letters[$0.kind] ?? "")\t\(String(decoding: $0.path, as: UTF8.self))"
      }
      let theirs = git.replacing("T\t", with: "M\t").split(separator: "\n").map(String.init)
      #expect(ours == theirs.sorted { $0.dropFirst(2) < $1.dropFirst(2) })
    }
    try expectSame(old, new)
    try expectSame(new, old)
    try expectSame(nil, new)
    try expectSame(old, nil)
    #expect(try repository.changes(from: new, to: new).isEmpty)
    #expect(try repository.changes(from: nil, to: nil).isEmpty)
  }

  @Test func `a tree of twenty thousand files is listed`() throws {
    let fixture = try GitFixture()
    var input = ""
    for number in 0..<20_000 {
      input += "100644 \(ObjectID.emptyBlob)\tdir\(number % 100)/sub\(number % 7)/file\(number)\n"
    }
    try fixture.git(["hash-object", "-w", "--stdin"], input: "")
    try fixture.git(["update-index", "--index-info"], input: input)
    try fixture.git("commit", "--quiet", "--message=many")
    let repository = try fixture.open()
    let entries = try repository.entries(ofTree: fixture.id("HEAD^{tree}"))
    #expect(entries.count == 20_000)
    let index = try repository.indexEntries()
    #expect(index.map(\.path) == entries.map(\.path))
    #expect(try repository.isTracked("dir42/sub0"))
    #expect(try AttributeReader(repository.location, entries: entries).isEmpty)
    #expect(try repository.status().modified.count == 20_000)
  }
}

/// SplitMix64: the same numbers in every run.
private struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
