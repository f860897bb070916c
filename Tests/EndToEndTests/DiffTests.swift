import Foundation
import TestSupport
import Testing

@Suite("git eb diff and git eb graph") struct DiffTests {
  private struct Answer: Decodable {
    var environment: String
    var running: PlanAnswer.Commit
    var other: String
    var wanted: PlanAnswer.Commit
    var coming: [PlanAnswer.Commit]
    var going: [PlanAnswer.Commit]
    var changes: [PlanAnswer.Change]
  }

  /// `production` runs the first commit, `dev` the second; `master` is at the third.
  private func shop() throws -> Workplace {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push", "-q").status == 0)
    try shop.repository.git("switch", "--quiet", "--create", "dev")
    try shop.repository.write("carts.txt", "carts\n")
    try shop.repository.commit("Add carts")
    try #require(try shop.eb("push", "-q").status == 0)
    try shop.repository.git("switch", "--quiet", "master")
    try shop.repository.write("greeting.txt", "good morning\n")
    try shop.repository.commit("Greet")
    return shop
  }

  @Test func `It shows what a push would bring`() throws {
    let shop = try shop()
    expect(
      try shop.eb("diff", "production"),
      """
      from:  eb/production  <id> Open the shop
      to:    master         <id> Greet
      commits:  1
        <id> Greet
      files:    0 added, 1 changed, 0 removed
        C greeting.txt
      """)
    // The same as a dry run says.
    let plan = try shop.eb("push", "--dry-run", "--json").json(PlanAnswer.self)
    let answer = try shop.eb("diff", "production", "--json").json(Answer.self)
    #expect(answer.changes == plan.changes)
    #expect(answer.coming.map(\.id) == plan.commits?.map(\.id))
    #expect(answer.going.isEmpty)
    #expect(answer.other == "master")
  }

  @Test func `Between environments it shows what would be lost`() throws {
    let shop = try shop()
    expect(
      try shop.eb("diff", "dev", "production"),
      """
      from:  eb/dev         <id> Add carts
      to:    eb/production  <id> Open the shop
      commits:  0
      lost:     1
        <id> Add carts
      files:    0 added, 0 changed, 1 removed
        R carts.txt
      """)
    let answer = try shop.eb("diff", "dev", "HEAD", "--json").json(Answer.self)
    #expect(answer.going.map(\.subject) == ["Add carts"])
    #expect(answer.coming.map(\.subject) == ["Greet"])
    #expect(answer.changes.map(\.kind) == ["removed", "changed"])
  }

  @Test func `It needs no host and no secrets, and says so where nothing was heard`() throws {
    let shop = try shop()
    try FileManager.default.removeItem(atPath: shop.host + "/versions")
    try shop.repository.remove(".secrets")
    #expect(try shop.eb("diff", "production").status == 0)
    try shop.repository.git("update-ref", "-d", "refs/remotes/eb/production")
    expect(
      try shop.eb("diff", "production"),
      """
      ! error: nothing is known here of what 'production' runs
      ! hint: git eb fetch production
      [2]
      """)
    #expect(try shop.eb("diff", "dev", "production").error.contains("git eb fetch production"))
    expect(
      try shop.eb("diff", "dev", "nowhere"),
      """
      ! error: 'nowhere' is neither an environment that is followed nor a commit here
      ! hint: git eb fetch, or git fetch
      [2]
      """)
    #expect(try shop.eb("diff", "dev", "HEAD:app.py").error.contains("is not a commit"))
  }

  @Test func `What the bundle leaves out is no difference`() throws {
    let shop = try shop()
    try shop.repository.write(".gitattributes", "notes.txt export-ignore\n")
    try shop.repository.write("notes.txt", "ours\n")
    try shop.repository.commit("Take notes")
    let answer = try shop.eb("diff", "production", "--json").json(Answer.self)
    #expect(answer.changes.map(\.path) == [".gitattributes", "greeting.txt"])
  }

  @Test func `With --patch and --stat it is git's own`() throws {
    let shop = try shop()
    for options in [["--stat"], ["--patch"], ["--stat", "--patch"]] {
      let ours = try shop.command(["git", "eb", "diff", "production"] + options)
      let gits = try shop.command(["git", "diff"] + options + ["eb/production", "master"])
      #expect(ours.status == 0)
      #expect(ours.output == gits.output)
      #expect(!ours.output.isEmpty)
    }
    #expect(try shop.eb("diff", "production", "--stat", "--json").status == 64)
  }

  // MARK: - The graph

  private struct Node: Decodable {
    var environment: String
    var reference: String
    var commit: String
    var branch: String?
  }

  @Test func `The graph is git's, with the environments on it`() throws {
    let shop = try shop()
    let screen = try shop.eb("graph")
    #expect(screen.error == "" && screen.status == 0)
    let lines = Screen.normalized(screen.output, base: shop.base).split(separator: "\n").map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    #expect(
      lines == [
        "* <id> (eb/dev, dev) Add carts", "| * <id> (HEAD -> master) Greet", "|/",
        "* <id> (eb/production) Open the shop",
      ])
    #expect(try shop.eb("graph", "-n", "1").output.split(separator: "\n").count == 1)
    #expect(try shop.eb("graph", "--format=%s", "--", "carts.txt").output == "* Add carts\n")
    let nodes = try shop.eb("graph", "--json").json([Node].self)
    #expect(nodes.map(\.environment) == ["dev", "production"])
    #expect(nodes.map(\.branch) == ["dev", "master"])
    #expect(nodes.last?.commit == (try shop.repository.git("rev-parse", "eb/production")))
    let wrong = try shop.eb("graph", "--no-such-option")
    #expect(wrong.status == 128)
    #expect(wrong.error.contains("no-such-option"))
  }

  @Test func `Without environments it is the history, and a hint`() throws {
    let shop = try Workplace.shop()
    expect(
      try shop.eb("graph"),
      """
      * <id> (HEAD -> master) Open the shop
      ! note: nothing is known here of what environments run
      ! hint: git eb fetch
      """)
  }
}
