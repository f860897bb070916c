import Git
import TestSupport
import Testing

@Suite struct DescribeTests {
  /// Commits with random parents, clocks that run as they like, and tags of all kinds.
  private func history(_ fixture: GitFixture, _ count: Int, seed: UInt64) throws -> [String] {
    var random = Random(seed: seed)
    let tree = try fixture.git(["mktree"], input: "")
    var ids: [String] = []
    for number in 0..<count {
      var parents: Set<String> = []
      if number > 0 {
        // Mostly what is recent, so that there are long lines and merges.
        for _ in 0...random.below(2) {
          parents.insert(ids[max(0, ids.count - 1 - random.below(random.below(3) == 0 ? 20 : 3))])
        }
        if random.below(15) == 0 { parents = [] }
      }
      let time = 1_700_000_000 + (random.below(5) == 0 ? random.below(600) : number * 10)
      ids.append(
        try fixture.git(
          ["commit-tree", tree, "-m", "\(number)"] + parents.sorted().flatMap { ["-p", $0] },
          environment: ["GIT_COMMITTER_DATE": "\(time) +0000"]))
    }
    for number in 0..<random.below(count) {
      let target = ids[random.below(ids.count)]
      let name = "v\(random.below(10)).\(number)"
      switch random.below(5) {
      case 0, 1:
        try fixture.git("tag", name, target)
      case 2, 3:
        try fixture.git(
          ["tag", "-a", "-m", name, name, target],
          environment: ["GIT_COMMITTER_DATE": "\(1_700_000_000 + random.below(9)) +0000"])
      default:
        try fixture.git("tag", "-a", "-m", "inner", "inner\(number)", target)
        try fixture.git("tag", "-a", "-m", name, name, "inner\(number)")
      }
    }
    if random.below(2) == 0 { try fixture.git("pack-refs", "--all") }
    return ids
  }

  private func describe(_ fixture: GitFixture, _ id: String) -> String? {
    try? fixture.git("describe", "--tags", "--abbrev=7", id)
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func `A commit is described as git describes it, whatever the clocks say`(seed: UInt64) throws {
    let fixture = try GitFixture()
    let ids = try history(fixture, 40, seed: seed)
    let repository = try fixture.open()
    var describer = try TagDescriber(repository)
    for id in ids {
      let commit = try #require(ObjectID(hex: id))
      let git = describe(fixture, id)
      #expect(try describer.describe(commit)?.text == git, "\(id)")
      #expect(try repository.describe(commit)?.text == git, "\(id)")
    }
  }

  @Test func `Of two tags at one commit the annotated one is taken, and the younger of those`()
    throws
  {
    let fixture = try GitFixture()
    try fixture.commit("one")
    try fixture.git("tag", "a-light")
    #expect(try fixture.open().describe(fixture.id("HEAD"))?.text == "a-light")
    for (name, time) in [("m-old", 10), ("n-young", 20), ("z-old", 10)] {
      try fixture.git(
        ["tag", "-a", "-m", name, name],
        environment: ["GIT_COMMITTER_DATE": "17000000\(time) +0000"])
    }
    let exact = try #require(try fixture.open().describe(fixture.id("HEAD")))
    #expect(exact.text == "n-young")
    #expect(exact.isAnnotated)
    #expect(describe(fixture, "HEAD") == "n-young")
    try fixture.commit("two")
    let later = try #require(try fixture.open().describe(fixture.id("HEAD")))
    #expect(later.distance == 1)
    #expect(later.tagged == (try fixture.id("HEAD~1")))
    #expect(later.text == describe(fixture, "HEAD"))
  }

  @Test func `Without a tag on the way there is no description`() throws {
    let fixture = try GitFixture()
    try fixture.commit("one")
    #expect(try fixture.open().describe(fixture.id("HEAD")) == nil)
    // Neither a tag of a tree nor one of somebody else's history is on the way.
    try fixture.git("tag", "tree", "HEAD^{tree}")
    try fixture.git("switch", "--quiet", "--orphan", "other")
    try fixture.commit("other")
    try fixture.git("tag", "elsewhere")
    #expect(try fixture.open().describe(fixture.id("master")) == nil)
    #expect(describe(fixture, "master") == nil)
  }

  @Test func `Only the tags that are wanted are taken`() throws {
    let fixture = try GitFixture()
    try fixture.commit("one")
    try fixture.git("tag", "v1")
    try fixture.commit("two")
    try fixture.git("tag", "nightly")
    let repository = try fixture.open()
    var describer = try TagDescriber(repository) { name, _ in name.hasPrefix("v") }
    #expect(
      try describer.describe(fixture.id("HEAD"))?.text
        == fixture.git("describe", "--tags", "--match=v*"))
  }

  @Test func `The walk ends at its limit`() throws {
    let fixture = try GitFixture()
    try fixture.commit("0")
    try fixture.git("tag", "-a", "-m", "v1", "v1")
    for number in 1..<6 { try fixture.commit("\(number)") }
    var describer = try TagDescriber(fixture.open())
    let head = try fixture.id("HEAD")
    #expect(try describer.describe(head, limit: 5) == nil)
    #expect(try describer.describe(head, limit: 6)?.distance == 5)
  }

  @Test func `A shallow clone is described as far as it goes`() throws {
    let fixture = try GitFixture()
    for number in 0..<4 {
      try fixture.commit("\(number)")
      if number < 2 { try fixture.git("tag", "v\(number)") }
    }
    try fixture.git("clone", "--quiet", "--depth=3", "file://\(fixture.path)", "../shallow")
    let shallow = try fixture.open("\(fixture.base)/shallow")
    #expect(try shallow.describe(fixture.id("HEAD"))?.text == describe(fixture, "HEAD"))
    try fixture.git("clone", "--quiet", "--depth=2", "file://\(fixture.path)", "../shallower")
    let shallower = try fixture.open("\(fixture.base)/shallower")
    #expect(try shallower.describe(fixture.id("HEAD")) == nil)
  }

  @Test(arguments: [
    ("v1.4.0", true), ("release/2026-11", true), ("é", true), ("a@b", true), ("@", true),
    ("a'b", true),
    ("", false), ("-a", false), ("HEAD", false), ("a b", false), ("a..b", false), ("a~", false),
    ("a/", false), ("a.lock", false), ("a@{b", false), ("a\u{7f}", false), ("a\n", false),
    ("a*", false), ("/a", false), (".a", false), ("a.", false), ("a^{}", false),
  ])
  func `A tag's name obeys git's rules`(name: String, isValid: Bool) throws {
    #expect((TagName(name) != nil) == isValid)
    // Newer versions of git than some in use refuse HEAD.
    if name == "HEAD" { return }
    let fixture = try GitFixture()
    try fixture.commit("one")
    #expect(((try? fixture.git("tag", "--", name, "HEAD")) != nil) == isValid)
  }

  @Test func `Commits without merges are counted and read`() throws {
    let fixture = try GitFixture()
    try fixture.commit("0")
    try fixture.git("switch", "--quiet", "--create", "topic")
    try fixture.commit("topic")
    try fixture.git("switch", "--quiet", "master")
    try fixture.commit("1")
    try fixture.git("merge", "--quiet", "--no-ff", "--no-edit", "topic")
    try fixture.commit("2")
    let repository = try fixture.open()
    let head = try fixture.id("HEAD")
    let all = try repository.commitsWithoutMerges(from: nil, to: head, limit: 2)
    #expect(all.count == 4)
    #expect(all.commits.count == 2)
    #expect(all.commits.first?.summary == "2")
    let some = try repository.commitsWithoutMerges(from: fixture.id("HEAD~2"), to: head, limit: 9)
    #expect(Set(some.commits.map(\.summary)) == ["2", "topic"])
  }
}
