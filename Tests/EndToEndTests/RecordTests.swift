import Foundation
import TestSupport
import Testing

/// What a deployment leaves in the repository.
@Suite("Records of deployments") struct RecordTests {
  private static let trailer = "%(contents:trailers:key=NAME,valueonly,separator=%x2C)"

  /// A trailer of every record, the oldest first.
  private func values(_ name: String, _ shop: Workplace) throws -> [String] {
    let format = "--format=" + Self.trailer.replacing("NAME", with: name) + "."
    return try shop.repository.git("for-each-ref", "--sort=refname", format, "refs/eb")
      .split(separator: "\n").map { String($0.dropLast()) }
  }

  private func tracked(_ shop: Workplace) throws -> String {
    try shop.repository.git("for-each-ref", "--format=%(objectname)", "refs/remotes/eb/production")
  }

  /// Records that wait outside of the repository.
  private func waiting(_ shop: Workplace) -> [String] {
    shop.files(below: "\(shop.base)/state/git-eb/.records").filter { $0.contains("/") }
  }

  @Test func `A deployment is one annotated tag that git itself can read`() throws {
    let shop = try Workplace.shop()
    let commit = try shop.repository.git("rev-parse", "HEAD")
    let objects = try shop.repository.git("count-objects").prefix { $0 != " " }
    let version = try shop.eb("push", "--json").json(PushAnswer.self).version
    let name = try shop.repository.git("for-each-ref", "--format=%(refname)", "refs/eb")
    #expect(
      name.contains(#/^refs/eb/deployments/shop/production/\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{7}$/#))
    let id = try shop.repository.git("rev-parse", name)
    #expect(name.hasSuffix(id.prefix(7)))
    #expect(try shop.repository.git("rev-parse", "\(name)^{commit}") == commit)
    #expect(try shop.repository.git("count-objects").hasPrefix("\((Int(objects) ?? 0) + 1) "))
    #expect(try values("Application", shop) == ["shop"])
    #expect(try values("Environment", shop) == ["production"])
    #expect(try values("Outcome", shop) == ["deployed"])
    #expect(try values("Version-Label", shop) == [version.label])
    #expect(try values("Bundle-Digest", shop) == [version.digest])
    #expect(try values("Commit", shop) == [commit])
    #expect(try values("Reference", shop) == ["refs/heads/master"])
    #expect(try values("Subject", shop) == ["Open the shop"])
    #expect(try values("Secret", shop) == [".secrets/key"])
    let text = try shop.repository.git("cat-file", "tag", name)
    #expect(text.contains("tagger C O Mitter <committer@example.com> "))
    #expect(!text.contains(Shop.secret))
    // What git makes of the message with its own parser.
    let message = try #require(text.firstRange(of: "\n\n")).upperBound
    let parsed = try shop.repository.git(
      ["interpret-trailers", "--parse"], input: String(text[message...]) + "\n")
    #expect(parsed.contains("Outcome: deployed\n"))
    #expect(try shop.repository.git("fsck", "--full", "--strict") == "")
    #expect(waiting(shop) == [])
    // Nothing is deployed, nothing is recorded.
    #expect(try shop.eb("push").status == 0)
    #expect(try values("Outcome", shop) == ["deployed"])
  }

  @Test func `What an environment runs is where its reference is, with a reflog`() throws {
    let shop = try Workplace.shop()
    let first = try shop.repository.git("rev-parse", "HEAD")
    try #require(try shop.eb("push", "--quiet").status == 0)
    #expect(try tracked(shop) == first)
    try shop.repository.write("greeting.txt", "more\n")
    let second = try shop.repository.commit("Sell more")
    #expect(try shop.repository.git("log", "--format=%s", "eb/production..HEAD") == "Sell more")
    try shop.repository.git("pack-refs", "--all")
    try #require(try shop.eb("push", "--quiet").status == 0)
    #expect(try tracked(shop) == second)
    let log = try shop.repository.git("reflog", "--format=%gs", "refs/remotes/eb/production")
    #expect(log.contains(#/^push: master-[0-9a-f]{7}-[0-9a-f]{8}\npush: master-/#))
    #expect(try shop.eb("terminate", "--yes", "--quiet").status == 0)
    #expect(try tracked(shop) == "")
  }

  @Test func `A failed deployment is recorded with its reason and moves nothing`() throws {
    let shop = try Workplace.shop()
    let first = try shop.repository.git("rev-parse", "HEAD")
    try #require(try shop.eb("push", "--quiet").status == 0)
    try shop.repository.write("broken", "closed\n")
    try shop.repository.commit("Break")
    #expect(try shop.eb("push", "--quiet").status == 1)
    #expect(try values("Outcome", shop) == ["deployed", "failed"])
    #expect(try values("Reason", shop).last?.isEmpty == false)
    #expect(try tracked(shop) == first)
    // What is refused has not been begun.
    #expect(try shop.eb("push", "HEAD~1", "--force-with-lease=HEAD").status == 2)
    #expect(try values("Outcome", shop).count == 2)
    #expect(waiting(shop) == [])
  }

  @Test func `A push that is killed while it deploys is recorded by the next command`() throws {
    let shop = try Workplace.shop()
    let first = try shop.repository.git("rev-parse", "HEAD")
    try #require(try shop.eb("push", "--quiet").status == 0)
    try shop.repository.write("slow", "30\n")
    try shop.repository.commit("Slow down")
    let push = try shop.start("git", "eb", "push", "--quiet")
    try #require(eventually { waiting(shop) != [] })
    push.interrupt(SIGKILL)
    _ = try #require(push.wait())
    #expect(waiting(shop).count == 1)
    #expect(try values("Outcome", shop) == ["deployed"])
    try shop.repository.remove("slow")
    try shop.repository.commit("Be quick")
    let next = try shop.eb("push")
    #expect(next.status == 0, "\(next.error)")
    #expect(try values("Outcome", shop) == ["deployed", "interrupted", "deployed"])
    #expect(waiting(shop) == [])
    #expect(try tracked(shop) == shop.repository.git("rev-parse", "HEAD"))
    #expect(try tracked(shop) != first)
  }

  @Test func `A record that cannot be written fails nothing, and is written later`() throws {
    let shop = try Workplace.shop()
    try shop.repository.git("pack-refs", "--all")
    // Something else is in the place of the records.
    let blocked = "\(shop.repository.path)/.git/refs/eb"
    try "in the way\n".write(toFile: blocked, atomically: true, encoding: .utf8)
    let screen = try shop.eb("push")
    #expect(screen.status == 0)
    #expect(screen.error.contains("warning: deployed, but not recorded yet: "))
    #expect(waiting(shop).count == 1)
    try FileManager.default.removeItem(atPath: blocked)
    let next = try shop.eb("status")
    #expect(next.status == 0)
    #expect(try values("Outcome", shop) == ["deployed"])
    #expect(waiting(shop) == [])
    #expect(try tracked(shop) == shop.repository.git("rev-parse", "HEAD"))
  }

  @Test func `A remote that is called eb keeps its references`() throws {
    let shop = try Workplace.shop()
    try shop.repository.git("remote", "add", "eb", "https://example.com/shop.git")
    let screen = try shop.eb("push")
    #expect(screen.status == 0)
    #expect(screen.error.contains("warning: 'eb' is a remote here, so no references of that"))
    #expect(screen.error.contains("hint: git config eb.records.tracking deployed"))
    #expect(try tracked(shop) == "")
    try shop.repository.git("config", "eb.records.tracking", "deployed")
    #expect(try shop.eb("status").status == 0)
    #expect(
      try shop.repository.git("rev-parse", "refs/remotes/deployed/production")
        == shop.repository.git("rev-parse", "HEAD"))
  }

  @Test func `Nameless, in a linked work tree and in a bare repository it is recorded too`() throws
  {
    let shop = try Workplace.shop(
      configuration: Shop.configuration.replacing("secrets:\n  - .secrets/\n", with: ""),
      environment: ["GIT_COMMITTER_NAME": "", "GIT_COMMITTER_EMAIL": ""])
    let tree = "\(shop.repository.base)/second"
    try shop.repository.git("worktree", "add", "--quiet", "-b", "dev", tree)
    let linked = try shop.eb("push", "-C", tree, "--quiet")
    #expect(linked.status == 0, "\(linked.error)")
    #expect(try values("Environment", shop) == ["dev"])
    let tagger = try shop.repository.git("for-each-ref", "--format=%(taggername)", "refs/eb")
    #expect(!tagger.isEmpty)
    let bare = "\(shop.repository.base)/bare.git"
    try shop.repository.git("clone", "--quiet", "--bare", shop.repository.path, bare)
    try shop.repository.git(
      ["config", "--file", "\(bare)/config", "user.useConfigOnly", "true"])
    let pushed = try shop.eb("push", "-C", bare, "--quiet")
    #expect(pushed.status == 0, "\(pushed.error)")
    let log = try shop.repository.git(
      ["reflog", "--format=%gs", "refs/remotes/eb/production"], in: bare)
    #expect(log.hasPrefix("push: "))
  }

  @Test func `Two pushes at once leave one record each`() throws {
    let shop = try Workplace.shop()
    try shop.repository.git("branch", "dev")
    let other = try shop.start("git", "eb", "push", "--quiet", "-e", "dev", "--branch", "dev")
    #expect(try shop.eb("push", "--quiet").status == 0)
    #expect(other.wait()?.status == 0)
    #expect(try values("Environment", shop).sorted() == ["dev", "production"])
    #expect(
      try shop.repository.git("for-each-ref", "--format=%(refname)", "refs/remotes/eb")
        == "refs/remotes/eb/dev\nrefs/remotes/eb/production")
  }
}
