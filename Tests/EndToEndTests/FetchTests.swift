import Foundation
import TestSupport
import Testing

@Suite("git eb fetch, and the references that follow environments") struct FetchTests {
  private struct Answer: Decodable {
    struct Change: Decodable, Equatable {
      var environment: String
      var reference: String
      var kind: String
      var old: String?
      var new: String?
    }

    struct Missing: Decodable, Equatable {
      var environment: String
      var commit: String
    }

    struct Unknown: Decodable, Equatable {
      var environment: String
      var label: String
    }

    var location: String
    var changes: [Change]
    var missing: [Missing]
    var unknown: [Unknown]
  }

  private func commit(_ shop: Workplace, _ words: String) throws -> String {
    try shop.repository.write("greeting.txt", words + "\n")
    return try shop.repository.commit(words)
  }

  @Test func `It tells what moved as git fetch does, and nothing when nothing did`() throws {
    let shop = try Workplace.shop()
    expect(try shop.eb("fetch"), "")
    let first = try shop.repository.git("rev-parse", "HEAD")
    try #require(try shop.eb("push", "-q").status == 0)
    try #require(try shop.eb("push", "-q", "-e", "dev").status == 0)
    expect(try shop.eb("fetch"), "")
    let second = try commit(shop, "Second")
    try #require(try shop.eb("push", "-q").status == 0)
    // As if nothing had been heard of it here.
    try shop.repository.git("update-ref", "refs/remotes/eb/production", first)
    try shop.repository.git("update-ref", "-d", "refs/remotes/eb/dev")
    expect(
      try shop.eb("fetch"),
      """
      From <base>/state/git-eb/shop
       * [new environment]  dev        -> eb/dev
         <id>..<id>   production -> eb/production
      """)
    #expect(try shop.repository.git("rev-parse", "eb/production") == second)
    #expect(try shop.repository.git("log", "--format=%s", "eb/dev..eb/production") == "Second")
    expect(try shop.eb("fetch"), "")
  }

  @Test func `A reference that does not descend is forced, and its reflog says fetch`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push", "-q").status == 0)
    let running = try shop.repository.git("rev-parse", "HEAD")
    let other = try shop.repository.git(
      "commit-tree", "-m", "Elsewhere", "HEAD^{tree}")
    try shop.repository.git("update-ref", "refs/remotes/eb/production", other)
    expect(
      try shop.eb("fetch", "production"),
      """
      From <base>/state/git-eb/shop
       + <id>...<id>  production -> eb/production  (forced update)
      """)
    #expect(try shop.repository.git("rev-parse", "eb/production") == running)
    #expect(try shop.repository.git("log", "-1", "-g", "--format=%gs", "eb/production") == "fetch")
  }

  @Test func `Packed references and linked work trees are the same to it`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push", "-q").status == 0)
    let running = try shop.repository.git("rev-parse", "HEAD")
    let other = try shop.repository.git("commit-tree", "-m", "Elsewhere", "HEAD^{tree}")
    try shop.repository.git("update-ref", "refs/remotes/eb/production", other)
    try shop.repository.git("pack-refs", "--all")
    let linked = "\(shop.base)/linked"
    try shop.repository.git("worktree", "add", "-q", "-b", "issue91", linked)
    #expect(try shop.eb("fetch", "--json", in: linked).json(Answer.self).changes.count == 1)
    #expect(try shop.repository.git("rev-parse", "eb/production") == running)
    #expect(try shop.repository.git("fsck", "--strict") == "")
  }

  @Test func `References of environments that are gone are removed when that is asked for`() throws
  {
    let shop = try Workplace.shop()
    let head = try shop.repository.git("rev-parse", "HEAD")
    try #require(try shop.eb("push", "-q").status == 0)
    // Configured and gone; recorded and gone; of somebody else.
    try shop.repository.git("update-ref", "refs/remotes/eb/dev", head)
    try shop.repository.git("update-ref", "refs/remotes/eb/theirs", head)
    expect(try shop.eb("fetch"), "")
    expect(
      try shop.eb("fetch", "--prune"),
      """
      From <base>/state/git-eb/shop
       - [deleted]          (none) -> eb/dev
      """)
    let left = try shop.repository.git("for-each-ref", "--format=%(refname)", "refs/remotes")
    #expect(left == "refs/remotes/eb/production\nrefs/remotes/eb/theirs")
    try shop.repository.git("update-ref", "refs/remotes/eb/dev", head)
    try shop.repository.git("config", "fetch.prune", "true")
    let answer = try shop.eb("fetch", "--json").json(Answer.self)
    #expect(answer.changes.map(\.kind) == ["deleted"])
    #expect(answer.changes.first?.old == head)
  }

  @Test func `An environment that there is not is an error`() throws {
    let shop = try Workplace.shop()
    expect(
      try shop.eb("fetch", "nothing"),
      """
      ! error: there is no environment 'nothing'
      ! hint: git eb list
      [2]
      """)
  }

  @Test func `A commit that this clone lacks is told, with what to type`() throws {
    let shop = try Workplace.shop()
    let clone = "\(shop.base)/clone"
    try shop.repository.git("clone", "--quiet", shop.path, clone)
    try FileManager.default.copyItem(atPath: "\(shop.path)/.secrets", toPath: "\(clone)/.secrets")
    let second = try commit(shop, "Second")
    try #require(try shop.eb("push", "-q").status == 0)
    expect(
      try shop.eb("fetch", in: clone),
      """
      ! note: 'production' runs <id>, a commit that this clone does not have
      ! hint: git fetch
      """)
    let answer = try shop.eb("fetch", "--json", in: clone).json(Answer.self)
    #expect(answer.missing == [.init(environment: "production", commit: second)])
    let row = try shop.eb("list", in: clone).output
    #expect(row.contains("Second (not in this clone)"), "\(row)")
    try shop.repository.git(["fetch", "--quiet"], in: clone)
    #expect(
      try shop.eb("fetch", "--json", in: clone).json(Answer.self).changes.map(\.new) == [second])
  }

  @Test func `A version of another tool that names no commit is told`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push", "-q", "--label", "handmade").status == 0)
    try shop.python(
      """
      import json, sys
      for path in sys.argv[1:]:
          state = json.load(open(path))
          for part in [state, *state.values()]:
              if isinstance(part, dict):
                  part.pop("commit", None)
          json.dump(state, open(path, "w"))
      """, "\(shop.host)/versions/handmade.json",
      "\(shop.environmentDirectory("production"))/releases/1.json")
    try shop.repository.git("update-ref", "-d", "refs/remotes/eb/production")
    expect(
      try shop.eb("fetch"),
      "! note: 'production' runs handmade, and nothing says which commit that is")
  }

  @Test func `A remote of that name is respected, and another name can be chosen`() throws {
    let shop = try Workplace.shop()
    try shop.repository.git("remote", "add", "eb", "\(shop.base)/elsewhere.git")
    expect(
      try shop.eb("fetch"),
      """
      ! error: 'eb' is a remote here, so no references of that name follow environments
      ! hint: git config eb.records.tracking deployed
      [2]
      """)
    let push = try shop.eb("push")
    #expect(push.status == 0)
    #expect(
      push.error.hasSuffix(
        """
        warning: 'eb' is a remote here, so no references of that name follow environments
        hint: git config eb.records.tracking deployed

        """), "\(push)")
    #expect(try shop.eb("status").status == 0)
    #expect(try shop.repository.git("for-each-ref", "refs/remotes") == "")
    try shop.repository.git("config", "eb.records.tracking", "deployed")
    expect(
      try shop.eb("fetch"),
      """
      From <base>/state/git-eb/shop
       * [new environment]  production -> deployed/production
      """)
  }

  @Test func `status and list hear of it too`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push", "-q").status == 0)
    let running = try shop.repository.git("rev-parse", "HEAD")
    for command in ["status", "list"] {
      try shop.repository.git("update-ref", "-d", "refs/remotes/eb/production")
      try #require(try shop.eb(command).status == 0)
      #expect(try shop.repository.git("rev-parse", "eb/production") == running, "\(command)")
    }
  }
}
