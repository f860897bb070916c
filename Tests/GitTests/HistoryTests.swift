import Foundation
import Git
import TestSupport
import Testing

@Suite struct HistoryTests {
  private func expectAgreement(
    _ fixture: GitFixture, _ repository: Repository, _ ids: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for a in ids {
      for b in ids {
        let (left, right) = (try #require(ObjectID(hex: a)), try #require(ObjectID(hex: b)))
        let isAncestor = (try? fixture.git("merge-base", "--is-ancestor", a, b)) != nil
        #expect(
          try repository.isAncestor(left, of: right) == isAncestor, sourceLocation: sourceLocation)
        let counts = try fixture.git("rev-list", "--left-right", "--count", "\(a)...\(b)")
        let (ahead, behind) = try repository.aheadBehind(left, right)
        #expect("\(ahead)\t\(behind)" == counts, sourceLocation: sourceLocation)
        let git = try fixture.git("rev-list", "\(a)..\(b)").split(separator: "\n").map(String.init)
        let ours = try repository.commits(from: left, to: right, limit: 1000).map(\.id.hex)
        #expect(Set(ours) == Set(git) && ours.count == git.count, sourceLocation: sourceLocation)
      }
    }
  }

  /// Commits with random parents and with clocks that run as they like.
  private func history(_ fixture: GitFixture, _ count: Int, seed: UInt64) throws -> [String] {
    var random = Random(seed: seed)
    let tree = try fixture.git(["mktree"], input: "")
    var ids: [String] = []
    for number in 0..<count {
      var parents: [String] = []
      if number > 0 {
        for _ in 0...random.below(2) { parents.append(ids[random.below(ids.count)]) }
        if random.below(8) == 0 { parents = [] }
      }
      let time = 1_700_000_000 + (random.below(4) == 0 ? random.below(1000) : number * 10)
      ids.append(
        try fixture.git(
          ["commit-tree", tree, "-m", "\(number)"] + Set(parents).sorted().flatMap { ["-p", $0] },
          environment: ["GIT_COMMITTER_DATE": "\(time) +0000"]))
    }
    try fixture.git("update-ref", "refs/heads/master", ids[count - 1])
    return ids
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `ancestors are git's, whatever the clocks say`(seed: UInt64) throws {
    let fixture = try GitFixture()
    let ids = try history(fixture, 12, seed: seed)
    try expectAgreement(fixture, fixture.open(), ids)
  }

  @Test func `commits come the newest first and none before one that comes from it`() throws {
    let fixture = try GitFixture()
    for number in 0..<6 { try fixture.commit("\(number)") }
    let repository = try fixture.open()
    let head = try fixture.id("HEAD")
    #expect(
      try repository.commits(from: nil, to: head, limit: 10).map(\.summary) == [
        "5", "4", "3", "2", "1", "0",
      ])
    #expect(
      try repository.commits(from: fixture.id("HEAD~3"), to: head, limit: 2).map(\.summary) == [
        "5", "4",
      ])
    #expect(try repository.commits(from: head, to: head, limit: 2).isEmpty)
    #expect(try repository.commits(from: head, to: fixture.id("HEAD~1"), limit: 2).isEmpty)
    #expect(try repository.commits(from: nil, to: head, limit: 0).isEmpty)
    #expect(try repository.isAncestor(head, of: head))
    #expect(code { _ = try repository.isAncestor(.emptyTree, of: head) } != nil)
  }

  @Test func `a shallow clone ends where it was cut`() throws {
    let fixture = try GitFixture()
    for number in 0..<6 { try fixture.commit("\(number)") }
    try fixture.git("clone", "--quiet", "--depth=3", "file://\(fixture.path)", "../shallow")
    let repository = try fixture.open("\(fixture.base)/shallow")
    #expect(repository.isShallow)
    #expect(try !fixture.open().isShallow)
    let head = try fixture.id("HEAD")
    #expect(
      try repository.commits(from: nil, to: head, limit: 10).map(\.summary) == ["5", "4", "3"])
    #expect(try repository.isAncestor(fixture.id("HEAD~2"), of: head))
    #expect(try repository.aheadBehind(head, fixture.id("HEAD~2")) == (2, 0))
    #expect(try !repository.contains(fixture.id("HEAD~3")))
    #expect(try repository.commit(fixture.id("HEAD~3")) == nil)
    #expect(
      code { _ = try repository.isAncestor(fixture.id("HEAD~4"), of: head) } == .missingObject)
    #expect(try repository.resolve("HEAD~4") == nil)
  }

  @Test func `a parent that is missing without being cut off is an error`() throws {
    let fixture = try GitFixture()
    for number in 0..<3 { try fixture.commit("\(number)") }
    let (head, lost) = try (fixture.id("HEAD"), fixture.id("HEAD~1"))
    try fixture.remove(".git/objects/\(lost.hex.prefix(2))/\(lost.hex.dropFirst(2))")
    #expect(
      code { _ = try fixture.open().commits(from: nil, to: head, limit: 9) } == .missingObject)
  }
}

@Suite struct UntouchedTests {
  @Test func `nothing is written, whatever is asked`() throws {
    let fixture = try GitFixture()
    try fixture.write(".gitattributes", "*.txt text\n")
    for file in ["a.txt", "dir/b", "c"] { try fixture.write(file, file) }
    try fixture.commit("one")
    try fixture.git("tag", "--annotate", "--message=m", "v1")
    try fixture.git("gc", "--quiet")
    try fixture.write("c", "changed")
    try fixture.commit("two")
    // Times that git would write down in the index.
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: "\(fixture.path)/a.txt")
    try fixture.write("c", "changed again")
    try fixture.write("untracked", "x")
    let before = try fixture.snapshot()
    let repository = try fixture.open()
    let head = try #require(try repository.head().commit)
    let commit = try #require(try repository.commit(head))
    _ = try repository.status()
    _ = try repository.workTreeFiles()
    _ = try repository.indexEntries()
    _ = try repository.isIgnored("untracked")
    _ = try repository.isTracked("c")
    _ = try repository.branches()
    _ = try repository.tags(at: head)
    _ = try repository.describe(head)
    _ = try repository.resolve("v1~0")
    _ = try repository.resolve(":/one")
    _ = try repository.entries(ofTree: commit.tree)
    _ = try repository.changes(from: nil, to: commit.tree)
    _ = try repository.aheadBehind(head, #require(commit.parents.first))
    _ = try repository.hashBlob(Array("new".utf8))
    _ = try repository.configuration()
    for source in [AttributeReader.Source.tree(commit.tree), .index, .workTree] {
      _ = try AttributeReader(repository.location, source: source).values(
        ["text"], for: Array("a.txt".utf8))
    }
    _ = try BlobReader(repository.location).contents(of: fixture.id("HEAD:c"))
    #expect(try fixture.snapshot() == before)
  }
}
