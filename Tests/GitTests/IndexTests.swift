import Foundation
import Git
import TestSupport
import Testing

/// `mode id stage TAB path`, as git lists it.
private func listed(_ fixture: GitFixture, environment: [String: String] = [:]) throws -> [String] {
  try fixture.git(["ls-files", "--stage", "-z"], environment: environment)
    .split(separator: "\0").map(String.init)
}

private func ours(_ repository: Repository) throws -> [String] {
  try repository.indexEntries().map {
    String($0.mode, radix: 8) + " \($0.id) \($0.stage)\t" + String(decoding: $0.path, as: UTF8.self)
  }
}

@Suite struct IndexTests {
  @Test(arguments: [2, 3, 4]) func `every version of the index is read`(version: Int) throws {
    let fixture = try GitFixture()
    for file in ["a", "a.b", "a/b", "a0", "dir/sub/file", "dir/sub/file2", "é"] where file != "a" {
      try fixture.write(file, file)
    }
    try fixture.write("run", "x", executable: true)
    try fixture.link("link", to: "run")
    try fixture.git("add", ".")
    if version == 3 {
      try fixture.write("later", "x")
      try fixture.git("add", "--intent-to-add", "later")
    } else {
      try fixture.git("update-index", "--index-version=\(version)")
    }
    let bytes = try Data(contentsOf: URL(filePath: "\(fixture.path)/.git/index"))
    #expect(Int(bytes[7]) == version)
    let repository = try fixture.open()
    #expect(try ours(repository) == listed(fixture))
    let later = try repository.indexEntries().first { $0.isIntentToAdd }
    #expect((later != nil) == (version == 3))
    #expect(try repository.isTracked("dir/sub/file"))
    #expect(try repository.isTracked("dir/sub"))
    #expect(try repository.isTracked("dir/sub/"))
    #expect(try !repository.isTracked("dir/su"))
    #expect(try !repository.isTracked("nothing"))
  }

  @Test func `conflicts have their stages`() throws {
    let fixture = try GitFixture()
    try fixture.write("file", "base\n")
    try fixture.commit()
    try fixture.git("checkout", "--quiet", "-b", "side")
    try fixture.write("file", "theirs\n")
    try fixture.commit()
    try fixture.git("checkout", "--quiet", "master")
    try fixture.write("file", "ours\n")
    try fixture.commit()
    #expect(throws: ShellError.self) { try fixture.git("merge", "side") }
    let repository = try fixture.open()
    #expect(try ours(repository) == listed(fixture))
    #expect(try repository.indexEntries().map(\.stage) == [1, 2, 3])
    #expect(try repository.isTracked("file"))
    #expect(try repository.status().conflicted.names == ["file"])
  }

  @Test func `an index of another kind is told, so that git can be asked`() throws {
    let split = try GitFixture()
    try split.write("file", "x")
    try split.commit()
    try split.git("update-index", "--split-index")
    #expect(code { _ = try split.open().indexEntries() } == .unsupportedIndex)
    #expect(code { _ = try split.open().isTracked("file") } == .unsupportedIndex)
    #expect(code { _ = try split.open().status() } == .unsupportedIndex)
    #expect(try split.open().head().commit != nil)

    let sparse = try GitFixture()
    for file in ["in/file", "out/file", "out/sub/file"] { try sparse.write(file, "x") }
    try sparse.commit()
    try sparse.git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
    #expect(code { _ = try sparse.open().indexEntries() } == .unsupportedIndex)
    try sparse.git("sparse-checkout", "reapply", "--no-sparse-index")
    let entries = try sparse.open().indexEntries()
    #expect(entries.map(\.isSkipWorktree) == [false, true, true])
    #expect(try sparse.open().status().isClean)
    #expect(try text(sparse.open().workTreeFiles()) == ["in/file"])
  }

  @Test func `a missing index is empty, a broken one is an error`() throws {
    let fixture = try GitFixture()
    #expect(try fixture.open().indexEntries().isEmpty)
    try fixture.write("file", "x")
    try fixture.write("other", "x")
    try fixture.commit()
    let path = "\(fixture.path)/.git/index"
    let bytes = try Data(contentsOf: URL(filePath: path))
    for count in [0, 4, 11, 12, 40, bytes.count - 21, bytes.count - 1] {
      try bytes.prefix(count).write(to: URL(filePath: path))
      #expect(code { _ = try fixture.open().indexEntries() } == .corrupt, "\(count)")
    }
    var flipped = bytes
    flipped[60] ^= 1
    try flipped.write(to: URL(filePath: path))
    #expect(code { _ = try fixture.open().indexEntries() } == .corrupt)
    var newer = bytes
    newer[7] = 5
    try newer.write(to: URL(filePath: path))
    #expect(code { _ = try fixture.open().indexEntries() } == .unsupportedIndex)
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    #expect(code { _ = try fixture.open().indexEntries() } == .io)
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "index")
    #expect(code { _ = try fixture.open().indexEntries() } == .io)
  }

  @Test func `the index is read again when it has changed`() throws {
    let fixture = try GitFixture()
    try fixture.write("one", "x")
    try fixture.git("add", ".")
    let repository = try fixture.open()
    #expect(try repository.isTracked("one"))
    #expect(try !repository.isTracked("two"))
    try fixture.write("two", "x")
    try fixture.git("add", ".")
    #expect(try repository.isTracked("two"))
    try fixture.remove(".git/index")
    #expect(try !repository.isTracked("one"))
  }
}
