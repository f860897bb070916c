import Foundation
import TestSupport
import Testing

@Suite("git eb list and git eb status: the picture of what runs") struct ListTests {
  /// What of `list --json` this is about.
  private struct Answer: Decodable {
    struct Person: Decodable {
      var name: String
      var email: String
    }

    var name: String
    var branch: String?
    var ahead: Int?
    var behind: Int?
    var release: String?
    var deployedBy: Person?
    var deployedAt: Date?
    var record: String?
    var expires: Date?
  }

  /// `production` is one commit behind `master`; `issue91` is one ahead of its branch and one behind.
  private func shop() throws -> Workplace {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push", "-q").status == 0)
    try shop.repository.git("tag", "v1.4.0")
    try shop.repository.git("switch", "--quiet", "--create", "issue91")
    try shop.repository.write("greeting.txt", "carts\n")
    try shop.repository.commit("Add carts")
    try #require(try shop.eb("push", "-q").status == 0)
    try shop.repository.git("commit", "--quiet", "--amend", "--message=Add better carts")
    try shop.repository.git("switch", "--quiet", "master")
    try shop.repository.write("greeting.txt", "good morning\n")
    try shop.repository.commit("Greet")
    return shop
  }

  @Test func `A row says what runs, how far it is from its branch, and who deployed it when`()
    throws
  {
    let shop = try shop()
    expect(
      try shop.eb("list"),
      """
      issue91     Green  <id> Add carts (<age>)      1 ahead, 1 behind  v1.4.0-1-g<id>  just now by C O \
      Mitter  http://127.0.0.1:<port>/
      production  Green  <id> Open the shop (<age>)  1 behind           v1.4.0             just now by C O \
      Mitter  http://127.0.0.1:<port>/
      """)
    let answers = try shop.eb("list", "--json").json([Answer].self)
    #expect(answers.map(\.branch) == ["issue91", "master"])
    #expect(answers.map(\.ahead) == [1, 0])
    #expect(answers.map(\.behind) == [1, 1])
    let running = try shop.repository.git("rev-parse", "eb/issue91")
    #expect(answers.map(\.release) == ["v1.4.0-1-g\(running.prefix(7))", "v1.4.0"])
    #expect(answers.allSatisfy { $0.deployedBy?.email == "committer@example.com" })
    #expect(answers.allSatisfy { abs($0.deployedAt?.timeIntervalSinceNow ?? 1e9) < 600 })
    let record = try #require(answers.last?.record)
    #expect(try shop.repository.git("cat-file", "-t", record) == "tag")
  }

  @Test func `status says what to type when there is something to deploy`() throws {
    let shop = try shop()
    expect(
      try shop.eb("status"),
      """
      environment:  production
      branch:       master (1 behind)
      host:         local <base>/state/git-eb/shop
      status:       Ready
      health:       Green
      version:      master-<id>-<digest8>
      release:      v1.4.0
      commit:       <id> Open the shop (<age>)
      source:       commit
      secrets:      .secrets/key
      deployed:     <time> (just now) by C O Mitter
      url:          http://127.0.0.1:<port>/
      updated:      <time> (just now)
      ! hint: git eb push
      """)
    #expect(try shop.eb("status", "-e", "issue91").error == "hint: git eb push issue91\n")
    #expect(try shop.eb("status", "-q").error == "")
  }

  @Test func `What lies over the commit is shown, and what somebody else deployed is not ours`()
    throws
  {
    let shop = try Workplace.shop()
    try shop.repository.write("greeting.txt", "staged\n")
    try shop.repository.git("add", "greeting.txt")
    try #require(try shop.eb("push", "-q", "--staged").status == 0)
    #expect(try shop.eb("list").output.contains("+staged Open the shop"))
    // As if the record of another clone's deployment had not come yet.
    let records = try shop.repository.git("for-each-ref", "--format=%(refname)", "refs/eb")
    try shop.repository.git("update-ref", "-d", records)
    let answer = try shop.eb("status", "--json").json(Answer.self)
    #expect(answer.deployedBy == nil)
    #expect(answer.record == nil)
    #expect(answer.branch == "master")
  }

  @Test func `An environment that was made for a while says when that is over`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push", "-q").status == 0)
    let file = "\(shop.environmentDirectory("production"))/environment.json"
    try shop.python(
      """
      import json, sys
      state = json.load(open(sys.argv[1]))
      state["tags"]["git-eb:ttl"] = "72h"
      json.dump(state, open(sys.argv[1], "w"))
      """, file)
    let answer = try shop.eb("status", "--json").json(Answer.self)
    let (deployed, expires) = (try #require(answer.deployedAt), try #require(answer.expires))
    #expect(abs(expires.timeIntervalSince(deployed) - 72 * 3600) < 1)
    #expect(try shop.eb("list").output.contains("  expires in 2 days\n"))
    #expect(try shop.eb("status").output.contains("expires:      "))
  }

  // MARK: - Terminals

  /// Runs `git eb` on a terminal of so many columns, and gives what it shows.
  private func onTerminal(
    _ shop: Workplace, _ columns: Int, _ words: String..., variables: [String: String] = [:]
  ) throws -> String {
    let program = """
      import fcntl, os, pty, struct, sys, termios
      columns, words = int(sys.argv[1]), sys.argv[2:]
      process, terminal = pty.fork()
      if process == 0:
          fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
          os.execvp("git", ["git", "eb", *words])
      shown = b""
      while True:
          try:
              piece = os.read(terminal, 65536)
          except OSError:
              break
          if not piece:
              break
          shown += piece
      os.waitpid(process, 0)
      sys.stdout.write(shown.decode().replace("\\r\\n", "\\n"))
      """
    let screen = try shop.command(
      ["python3", "-c", program, "\(columns)"] + words,
      with: ["TERM": "xterm", "GIT_PAGER": "cat"].merging(variables) { $1 })
    #expect(screen.status == 0, "\(screen)")
    return screen.output
  }

  private func width(_ text: String) -> Int {
    let plain = text.replacing(/\u{1b}\[\d*m/, with: "")
    // Each of these letters is two columns wide.
    return plain.count + plain.count { "더많은수레".contains($0) }
  }

  @Test func `A row is cut to the terminal, by what it shows and not by its letters`() throws {
    let shop = try Workplace.shop()
    try shop.repository.write("greeting.txt", "long\n")
    try shop.repository.commit(
      "Add 더 많은 수레 and " + String(repeating: "much more of everything ", count: 8))
    try #require(try shop.eb("push", "-q").status == 0)
    for columns in [60, 80, 100, 140, 200] {
      let lines = try onTerminal(shop, columns, "list").split(separator: "\n").map(String.init)
      #expect(lines.count == 1)
      #expect(lines.allSatisfy { width($0) <= columns }, "\(columns): \(lines)")
      #expect(lines.allSatisfy { $0.contains("...") }, "\(lines)")
      #expect(lines.allSatisfy { $0.contains("up to date") }, "\(lines)")
    }
    #expect(try onTerminal(shop, 200, "list").contains("http://127.0.0.1:"))
    #expect(try !onTerminal(shop, 60, "list").contains("http://127.0.0.1:"))
    #expect(try onTerminal(shop, 200, "list", variables: ["COLUMNS": "60"]).count < 100)
    // Without a terminal nothing is cut.
    #expect(try shop.eb("list").output.contains("of everything (<age>)") == false)
    #expect(
      try shop.eb("list").output.contains(String(repeating: "much more of everything ", count: 7)))
  }

  @Test func `Colours are for terminals, as git decides it`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push", "-q").status == 0)
    #expect(try onTerminal(shop, 80, "list").contains("\u{1b}[32mGreen\u{1b}[m"))
    #expect(try !onTerminal(shop, 80, "list", variables: ["NO_COLOR": "1"]).contains("\u{1b}"))
    #expect(try !onTerminal(shop, 80, "list", variables: ["TERM": "dumb"]).contains("\u{1b}"))
    #expect(try !shop.eb("list", with: ["TERM": "xterm"]).output.contains("\u{1b}"))
    try shop.repository.git("config", "color.ui", "never")
    #expect(try !onTerminal(shop, 80, "list").contains("\u{1b}"))
    try shop.repository.git("config", "color.ui", "always")
    #expect(try shop.eb("list").output.contains("\u{1b}[32mGreen\u{1b}[m"))
    #expect(try !shop.eb("list", with: ["NO_COLOR": "1"]).output.contains("\u{1b}"))
  }

  @Test func `Long answers go through git's pager on a terminal, and nowhere else`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push", "-q").status == 0)
    let pager = ["GIT_PAGER": "sed 's/^/paged: /'"]
    for words in [["log"], ["log", "--graph"], ["diff", "production"], ["graph"]] {
      let screen = try onTerminal(
        shop, 80, words[0], words.count > 1 ? words[1] : "-q", variables: pager)
      #expect(screen.hasPrefix("paged: "), "\(words): \(screen)")
    }
    #expect(try !onTerminal(shop, 80, "list", variables: pager).contains("paged"))
    #expect(try !shop.eb("log", with: pager).output.contains("paged"))
    let broken = try onTerminal(shop, 80, "log", variables: ["GIT_PAGER": "no-such-pager"])
    #expect(broken.contains("Open the shop"), "\(broken)")
  }
}
