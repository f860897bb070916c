import Foundation
import Git
import TestSupport
import Testing

@Suite struct ReferenceTests {
  @Test func `HEAD is a branch, an unborn branch or a commit`() throws {
    let fixture = try GitFixture()
    let master = try #require(BranchName("master"))
    #expect(try fixture.open().head() == .unborn(master))
    try fixture.write("file", "1")
    try fixture.commit()
    let id = try fixture.id("HEAD")
    #expect(try fixture.open().head() == .branch(master, id))
    try fixture.git("checkout", "--quiet", "--detach")
    #expect(try fixture.open().head() == .detached(id))
    try fixture.git("checkout", "--quiet", "--orphan", "new/one")
    #expect(try fixture.open().head() == .unborn(#require(BranchName("new/one"))))
    try fixture.git("symbolic-ref", "HEAD", "refs/heads/master")
    try fixture.git("pack-refs", "--all")
    #expect(try fixture.open().head() == .branch(master, id))
  }

  @Test(arguments: [
    ("master", true), ("feature/login", true), ("é", true), ("a.b", true), ("-a", true),
    ("", false),
    ("a..b", false), ("a b", false), ("a~", false), ("a/", false), ("/a", false), ("a.lock", false),
    ("a//b", false), (".a", false), ("a/.b", false), ("a@{b", false), ("a\u{7}", false),
    ("a\\b", false),
    ("a[b", false), ("a*", false), ("a:b", false), ("a.", false), ("@", true),
  ])
  func `a branch name obeys git's rules`(name: String, isValid: Bool) throws {
    #expect((BranchName(name) != nil) == isValid)
    let fixture = try GitFixture(nil)
    #expect(((try? fixture.git("check-ref-format", "refs/heads/\(name)")) != nil) == isValid)
  }

  @Test func `branches are listed by name, packed and loose`() throws {
    let fixture = try GitFixture()
    try fixture.commit("one")
    for name in ["b", "a/x", "a-x", "Z"] { try fixture.git("branch", name) }
    try fixture.git("pack-refs", "--all")
    try fixture.commit("two")
    try fixture.git("branch", "c")
    try fixture.git("tag", "not-a-branch")
    let repository = try fixture.open()
    let git = try fixture.git(
      "for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads/")
    #expect(
      try repository.branches().map { "\($0.name) \($0.id)" }.joined(separator: "\n") == git)
    #expect(try repository.branch(#require(BranchName("c"))) == fixture.id("HEAD"))
    #expect(try repository.branch(#require(BranchName("b"))) == fixture.id("HEAD~1"))
    #expect(try repository.branch(#require(BranchName("not-a-branch"))) == nil)
    #expect(BranchName(fullName: "refs/heads/a/x")?.text == "a/x")
    #expect(BranchName(fullName: "refs/tags/a") == nil)
  }

  @Test func `names are those of git, in the order of their bytes`() throws {
    let fixture = try GitFixture()
    let id = try fixture.commit("one")
    var names = ["a-c", "a/b", "a/b-c/d", "a/bc", "a/b.x", "Z", "zz", "é", "\u{ac00}/x"]
    for number in 0..<300 {
      let time = String(String(number * 37 % 300 + 1000).dropFirst())
      names.append("e/deployments/2026\(time)T0000-\(number % 7)")
    }
    func create(_ names: some Sequence<String>) throws {
      try fixture.git(
        ["update-ref", "--stdin"],
        input: names.map { "create refs/x/\($0) \(id)\n" }.joined())
    }
    func expectSame(sourceLocation: SourceLocation = #_sourceLocation) throws {
      for prefix in ["refs/x/", "refs/x/a/", "refs/x/e/deployments/", "refs/none/"] {
        let git = try fixture.git("for-each-ref", "--format=%(refname)", prefix)
        let ours = try fixture.open().referenceNames(under: prefix)
        #expect(ours.joined(separator: "\n") == git, "\(prefix)", sourceLocation: sourceLocation)
      }
    }
    try create(names.prefix(150))
    try expectSame()
    try fixture.git("pack-refs", "--all")
    try expectSame()
    try create(names.dropFirst(150))
    try fixture.write(".git/refs/x/e/deployments/20269.lock", "")
    try fixture.git("update-ref", "refs/x/zz", id)
    try expectSame()
    #expect(try fixture.open().referenceNames(under: "refs/x/").count == names.count)
  }

  @Test func `the last names of a directory can be had one by one`() throws {
    let fixture = try GitFixture()
    let id = try fixture.commit("one")
    func create(_ names: [String]) throws {
      try fixture.git(
        ["update-ref", "--stdin"], input: names.map { "create \($0) \(id)\n" }.joined())
    }
    func expectSame(sourceLocation: SourceLocation = #_sourceLocation) throws {
      let git = try fixture.git("for-each-ref", "--format=%(refname)", "refs/x/")
      let names = git.split(separator: "\n").map(String.init)
      var found: [String] = []
      for directory in try fixture.open().referenceDirectories(under: "refs/x/") {
        var directory = directory
        var own: [String] = []
        while let name = directory.popLast() { own.append(name) }
        let wanted = names.filter {
          $0.hasPrefix(directory.path) && !$0.dropFirst(directory.path.count).contains("/")
        }
        #expect(own == wanted.reversed(), "\(directory.path)", sourceLocation: sourceLocation)
        found += own
      }
      #expect(found.sorted() == names.sorted(), sourceLocation: sourceLocation)
    }
    try expectSame()
    // Times that differ behind and within the eight bytes that are compared first, and ends.
    let names = (0..<60).map { "refs/x/p/2026\($0 * 7919 % 60 + 10)T\($0 % 9)-\($0)" }
    try create(names + ["refs/x/p/2026", "refs/x/q/1", "refs/x/1", "refs/x/q-1/a/b"])
    try expectSame()
    try fixture.git("pack-refs", "--all")
    try expectSame()
    try create(["refs/x/p/20265", "refs/x/r/1"])
    // Loose over packed.
    let other = try fixture.commit("two")
    try fixture.git("update-ref", names[7], other)
    try expectSame()
    // Without what git itself sorts them for.
    let packed = fixture.path + "/.git/packed-refs"
    let lines = try String(contentsOfFile: packed, encoding: .utf8).split(separator: "\n")
    try fixture.write(".git/packed-refs", lines.dropFirst().reversed().map { $0 + "\n" }.joined())
    try expectSame()
  }

  @Test func `references are those of git, wherever they are kept`() throws {
    let fixture = try GitFixture()
    try fixture.commit("one")
    for name in ["a", "b/c", "b-c", "é"] {
      try fixture.git("tag", name)
      try fixture.git("tag", "--annotate", "--message=m", "of/\(name)")
    }
    let repository = try fixture.open()
    func expectSame(sourceLocation: SourceLocation = #_sourceLocation) throws {
      for prefix in ["refs/tags/", "refs/heads/", "refs/remotes/", "refs/none/"] {
        let git = try fixture.git("for-each-ref", "--format=%(refname) %(objectname)", prefix)
        let ours = try repository.references(under: prefix).map { "\($0.name) \($0.id)" }
        #expect(ours.joined(separator: "\n") == git, "\(prefix)", sourceLocation: sourceLocation)
      }
    }
    try expectSame()
    try fixture.git("pack-refs", "--all")
    try expectSame()
    // Over packed ones, and beside them.
    try fixture.commit("two")
    try fixture.git("tag", "--force", "b/c")
    try fixture.git("update-ref", "refs/remotes/origin/main", "HEAD")
    try fixture.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    try expectSame()
    // By the same handle, which has read them before.
    try fixture.git("pack-refs", "--all")
    #expect(try repository.reference("refs/tags/b/c") == fixture.id("HEAD"))
    try fixture.git("tag", "--delete", "a")
    #expect(try repository.reference("refs/tags/a") == nil)
    try expectSame()
    // What is no reference, or leads to nothing, is left out.
    let names = try repository.references(under: "refs/").map(\.name)
    try fixture.write(".git/refs/tags/broken", "what?\n")
    try fixture.write(".git/refs/heads/nowhere", "ref: refs/heads/none\n")
    try fixture.write(".git/refs/heads/x.lock", "")
    #expect(try repository.references(under: "refs/").map(\.name) == names)
  }

  @Test func `revisions are resolved as git resolves them`() throws {
    let fixture = try GitFixture()
    try fixture.write("dir/file", "1")
    try fixture.commit("first words")
    try fixture.git("tag", "--annotate", "--message=m", "v1")
    try fixture.git("tag", "--annotate", "--message=m", "nested", "v1")
    try fixture.git("tag", "tree-tag", "HEAD^{tree}")
    try fixture.write("dir/file", "2")
    try fixture.commit("second words")
    try fixture.git("branch", "feature/x", "HEAD~1")
    try fixture.git("update-ref", "refs/remotes/origin/main", "HEAD~1")
    try fixture.git("checkout", "--quiet", "feature/x")
    try fixture.git("checkout", "--quiet", "master")
    let repository = try fixture.open()
    let short = try fixture.id("HEAD~1").abbreviated(8)
    for (words, reference) in [
      ("HEAD", "refs/heads/master"), ("@", "refs/heads/master"), ("master", "refs/heads/master"),
      ("refs/heads/master", "refs/heads/master"), ("heads/master", "refs/heads/master"),
      ("HEAD~1", nil), ("@~", nil), ("HEAD^", nil), (short, nil), ("v1", "refs/tags/v1"),
      ("nested", "refs/tags/nested"), ("v1^{}", nil), ("v1^{commit}", nil), ("v1~0", nil),
      ("feature/x", "refs/heads/feature/x"), ("origin/main", "refs/remotes/origin/main"),
      (":/first", nil), ("HEAD^{/first}", nil), ("@{-1}", "refs/heads/feature/x"),
      ("master@{0}", nil), ("v1-0-g\(short)", nil),
    ] as [(String, String?)] {
      let commit = try fixture.id("\(fixture.id(words))^{commit}")
      let revision = try #require(try repository.resolve(words), "\(words)")
      #expect(revision.commit == commit, "\(words)")
      #expect(revision.tree == (try fixture.id("\(commit)^{tree}")), "\(words)")
      if reference != nil { #expect(revision.reference == reference, "\(words)") }
      #expect(!revision.isAmbiguous)
    }
    for words in ["HEAD:dir", "HEAD^{tree}", "tree-tag", "v1:"] {
      let revision = try #require(try repository.resolve(words), "\(words)")
      #expect(revision.commit == nil, "\(words)")
      #expect(revision.tree == (try fixture.id("\(fixture.id(words))^{tree}")), "\(words)")
    }
    for words in ["nothing", "HEAD~7", "HEAD:none", "0000000", String(repeating: "1", count: 40)] {
      #expect(try repository.resolve(words) == nil, "\(words)")
    }
    #expect(code { _ = try repository.resolve("HEAD:dir/file") } == .wrongType)
    #expect(code { _ = try repository.resolve("") } == .invalidName)
    #expect(code { _ = try repository.resolve("a b~{") } == .invalidName)
  }

  @Test func `a tag of the same name wins and is told`() throws {
    let fixture = try GitFixture()
    try fixture.commit("one")
    try fixture.git("tag", "same")
    try fixture.commit("two")
    try fixture.git("branch", "same")
    let repository = try fixture.open()
    let revision = try #require(try repository.resolve("same"))
    #expect(revision.isAmbiguous)
    #expect(revision.reference == "refs/tags/same")
    #expect(revision.commit == (try fixture.id("HEAD~1")))
    let exact = try #require(try repository.resolve("refs/heads/same"))
    #expect(!exact.isAmbiguous)
    #expect(exact.commit == (try fixture.id("HEAD")))
    #expect(try repository.branch(#require(BranchName("same"))) == fixture.id("HEAD"))
  }

  @Test func `an abbreviated id that several objects have is ambiguous`() throws {
    let fixture = try GitFixture()
    try fixture.commit()
    var seen: [String: Int] = [:]
    var shared: String?
    for number in 0..<2000 where shared == nil {
      let id = try BlobReader.id(of: Array("\(number)".utf8))
      if let other = seen.updateValue(number, forKey: id.abbreviated(4)) {
        shared = id.abbreviated(4)
        for text in ["\(other)", "\(number)"] {
          try fixture.git(["hash-object", "-w", "--stdin"], input: text)
        }
      }
    }
    let prefix = try #require(shared)
    #expect(code { _ = try fixture.open().resolve(prefix) } == .ambiguous)
  }

  @Test func `the tags of a commit are found, annotated ones too`() throws {
    let fixture = try GitFixture()
    try fixture.commit("one")
    try fixture.git("tag", "light")
    try fixture.git("tag", "--annotate", "--message=first\n\nsecond", "annotated")
    try fixture.git("tag", "--annotate", "--message=m", "nested", "annotated")
    try fixture.git("pack-refs", "--all")
    try fixture.commit("two")
    try fixture.git("tag", "later")
    let repository = try fixture.open()
    #expect(try repository.tags(at: fixture.id("HEAD~1")) == ["annotated", "light", "nested"])
    #expect(try repository.tags(at: fixture.id("HEAD")) == ["later"])
    let tag = try #require(try repository.tag(fixture.id("refs/tags/annotated")))
    #expect(tag.name == "annotated")
    #expect(tag.target == (try fixture.id("light")))
    #expect(tag.message == "first\n\nsecond\n")
    #expect(tag.tagger?.email == "committer@example.com")
    #expect(try repository.tag(fixture.id("HEAD")) == nil)
    #expect(
      try repository.references(under: "refs/tags/").map(\.name)
        == ["annotated", "later", "light", "nested"].map { "refs/tags/\($0)" })
    #expect(try repository.reference("refs/tags/none") == nil)
  }
}
