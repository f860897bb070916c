import Foundation
import TestSupport
import Testing

/// Versions that are deployed once more, and what keeps a commit from an environment.
@Suite("git eb rollback, promote and what they hold to") struct ReuseTests {
  /// Three releases on production; gives their commits.
  private func released(_ shop: Workplace, _ count: Int = 3) throws -> [String] {
    try (1...count).map { number in
      try shop.repository.write("greeting.txt", "release \(number)\n")
      let commit = try shop.repository.commit("Release \(number)")
      try #require(try shop.eb("push", "--quiet").status == 0)
      return commit
    }
  }

  private func greeting(_ shop: Workplace, _ environment: String = "production") throws -> String {
    String(try shop.page(environment).prefix { $0 != "\n" })
  }

  private func tracked(_ shop: Workplace, _ environment: String) throws -> String {
    try shop.repository.git("rev-parse", "refs/remotes/eb/\(environment)")
  }

  // MARK: - Rollback

  @Test func `The version before comes back without a build, and going back twice leads two back`()
    throws
  {
    let shop = try Workplace.shop()
    let commits = try released(shop)
    let versions = shop.published
    expect(
      try shop.eb("rollback"),
      """
      To <base>/state/git-eb/shop
       - <id>...<id>  production  (rolled back)  (master-<id>-<digest8>, <duration>)
      http://127.0.0.1:<port>/
      ! <time>  INFO   Environment update is starting.
      ! <time>  INFO   New application version was deployed.
      ! <time>  INFO   Environment update completed successfully.
      """)
    #expect(try greeting(shop) == "greeting: release 2")
    #expect(try tracked(shop, "production") == commits[1])
    #expect(try shop.eb("rollback", "--quiet").status == 0)
    #expect(try greeting(shop) == "greeting: release 1")
    #expect(try tracked(shop, "production") == commits[0])
    #expect(shop.published == versions)
    let kinds = try shop.repository.git(
      "for-each-ref", "--format=%(contents:trailers:key=Kind,valueonly,separator=)", "refs/eb")
    #expect(kinds.split(separator: "\n") == ["push", "push", "push", "rollback", "rollback"])
    // The one after what was taken back is no step behind it.
    let screen = try shop.eb("rollback")
    #expect(screen.status == 2)
    #expect(screen.error.contains("the records know 0 versions of 'production' before"))
  }

  @Test func `A number and a label say how far back`() throws {
    let shop = try Workplace.shop()
    let commits = try released(shop, 4)
    #expect(try shop.eb("rollback", "-n", "2", "--quiet").status == 0)
    #expect(try tracked(shop, "production") == commits[1])
    let label = try #require(
      shop.published.first { $0.hasPrefix("master-\(commits[3].prefix(7))") })
    let look = try shop.eb("rollback", "--to", label, "--dry-run")
    #expect(look.output.contains("goes back to:  \(label)\n"))
    #expect(look.output.contains("Release 4"))
    #expect(try tracked(shop, "production") == commits[1])
    #expect(try shop.eb("rollback", "--to", label, "--quiet").status == 0)
    #expect(try tracked(shop, "production") == commits[3])
    let screen = try shop.eb("rollback", "--to", "nothing-of-this")
    #expect(screen.status == 2)
    #expect(screen.error.contains("there is no version 'nothing-of-this'"))
  }

  @Test func `A version that is gone is built again, and that is said`() throws {
    let shop = try Workplace.shop()
    let commits = try released(shop, 2)
    for file in shop.files(below: "\(shop.host)/versions") {
      try FileManager.default.removeItem(atPath: "\(shop.host)/versions/\(file)")
    }
    try shop.repository.write(".secrets/key", "another key\n")
    let screen = try shop.eb("rollback")
    #expect(screen.status == 0, "\(screen.error)")
    let note = "is gone from the host; building it again from \(commits[0].prefix(7)), with the"
    #expect(screen.error.contains(note))
    #expect(try shop.page("production").contains("secret: another key"))
    #expect(try greeting(shop) == "greeting: release 1")
    #expect(try tracked(shop, "production") == commits[0])
  }

  @Test func `A version whose content is not what was recorded is refused`() throws {
    let shop = try Workplace.shop()
    let commits = try released(shop, 2)
    let name = try #require(
      shop.files(below: "\(shop.host)/versions").first {
        $0.hasPrefix("master-\(commits[0].prefix(7))") && $0.hasSuffix(".json")
      })
    let path = URL(filePath: "\(shop.host)/versions/\(name)")
    let text = try String(contentsOf: path, encoding: .utf8)
    let digest = try #require(text.firstMatch(of: #/"digest" ?: ?"([0-9a-f]{64})"/#)).output.1
    let other = String(repeating: "0", count: 64)
    try text.replacing(digest, with: other).write(to: path, atomically: true, encoding: .utf8)
    let screen = try shop.eb("rollback")
    #expect(screen.status == 2)
    #expect(screen.error.contains("is not what was deployed: its digest is 000000000000"))
    #expect(try tracked(shop, "production") == commits[1])
  }

  @Test func `Without records there is nowhere to go back to`() throws {
    let shop = try Workplace.shop()
    _ = try released(shop, 2)
    for name in try shop.repository.git("for-each-ref", "--format=%(refname)", "refs/eb")
      .split(separator: "\n")
    {
      try shop.repository.git("update-ref", "-d", String(name))
    }
    let screen = try shop.eb("rollback")
    #expect(screen.status == 2)
    #expect(screen.error.contains("no record says what 'production' ran before"))
    #expect(screen.error.contains("git eb log --fetch <remote>"))
  }

  @Test func `A protected environment is taken back only to commits of its own branch`() throws {
    let shop = try Workplace.shop(
      configuration: Shop.configuration + "environments: {production: {protected: true}}\n")
    let commits = try released(shop, 2)
    #expect(try shop.eb("rollback", "--quiet").status == 0)
    #expect(try tracked(shop, "production") == commits[0])
    // The first release is made to have been on another branch.
    try shop.repository.git("switch", "--quiet", "--orphan", "dev")
    try shop.repository.git("checkout", "--quiet", commits[1], "--", ".")
    try shop.repository.commit("Begin anew")
    try shop.repository.git("branch", "--force", "master", "dev")
    let label = try #require(
      shop.published.first { $0.hasPrefix("master-\(commits[1].prefix(7))") })
    let screen = try shop.eb("rollback", "-e", "production", "--to", label)
    #expect(screen.status == 2)
    #expect(screen.error.contains("is not on branch 'master'"))
    #expect(try tracked(shop, "production") == commits[0])
  }

  // MARK: - Promote

  @Test func `What one environment runs is deployed to another, and nothing is built`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push", "--quiet").status == 0)
    try shop.repository.git("switch", "--quiet", "--create", "dev")
    try shop.repository.write("greeting.txt", "tried\n")
    let commit = try shop.repository.commit("Try")
    try #require(try shop.eb("push", "--quiet").status == 0)
    let versions = shop.published
    expect(
      try shop.eb("promote", "dev", "production"),
      """
      To <base>/state/git-eb/shop
         <id>..<id>  dev -> production  (dev-<id>-<digest8>, <duration>)
      http://127.0.0.1:<port>/
      ! <time>  INFO   Environment update is starting.
      ! <time>  INFO   New application version was deployed.
      ! <time>  INFO   Environment update completed successfully.
      """)
    #expect(shop.published == versions)
    #expect(try greeting(shop) == "greeting: tried")
    #expect(try tracked(shop, "production") == commit)
    let again = try shop.eb("promote", "dev", "production", "--json").json(PushAnswer.self)
    #expect(again.upToDate)
    // What runs there comes from production, so it may not go the other way round unasked.
    try shop.repository.write("greeting.txt", "tried again\n")
    let next = try shop.repository.commit("Try again")
    try #require(try shop.eb("push", "--quiet").status == 0)
    let back = try shop.eb("promote", "production", "dev")
    #expect(back.status == 2)
    #expect(back.error.contains("'dev' runs \(next.prefix(7)), which is not an ancestor of"))
    #expect(
      try shop.eb("promote", "production", "dev", "--force-with-lease=\(next)", "--quiet").status
        == 0)
    #expect(try tracked(shop, "dev") == commit)
  }

  @Test func `A version with the secrets of one environment does not get to another`() throws {
    let shop = try Workplace.shop(
      configuration: Shop.configuration.replacing(
        "  - .secrets/\n", with: "  - {from: .secrets/key, to: key, environments: [dev]}\n"))
    try shop.repository.git("switch", "--quiet", "--create", "dev")
    try #require(try shop.eb("push", "--quiet").status == 0)
    let screen = try shop.eb("promote", "dev", "production")
    #expect(screen.status == 2)
    #expect(screen.error.contains("'production' has others: 'key'"))
    #expect(screen.error.contains("git eb push <commit> -e production"))
    #expect(try shop.eb("promote", "dev", "nowhere").status == 2)
    #expect(try shop.eb("promote", "dev", "dev").status == 64)
  }

  // MARK: - Releases

  @Test func `Pushing a release deploys its very version, and builds one that is gone again`()
    throws
  {
    let shop = try Workplace.shop()
    let commits = try released(shop, 1)
    try #require(try shop.eb("release", "v1.0.0").status == 0)
    let label = try #require(shop.published.first)
    try shop.repository.write("greeting.txt", "later\n")
    try shop.repository.commit("Go on")
    // Pushed with a secret that has changed since, it would not be the same version.
    try #require(try shop.eb("push", "--quiet").status == 0)
    try shop.repository.write(".secrets/key", "another key\n")
    let plan = try shop.eb("push", "v1.0.0", "--dry-run", "--force")
    #expect(plan.output.contains("\(label), published already"))
    let back = try shop.eb("push", "v1.0.0", "--force")
    #expect(back.status == 0, "\(back.error)")
    #expect(!back.error.contains("bundled"))
    #expect(try shop.page("production").contains("secret: \(Shop.secret)"))
    #expect(try tracked(shop, "production") == commits[0])
    let references = try shop.repository.git(
      "for-each-ref", "--sort=-refname", "--count=1",
      "--format=%(contents:trailers:key=Reference,valueonly,separator=)", "refs/eb")
    #expect(references == "refs/tags/v1.0.0")
    try #require(try shop.eb("push", "--quiet").status == 0)
    for file in shop.files(below: "\(shop.host)/versions") where file.hasPrefix(label) {
      try FileManager.default.removeItem(atPath: "\(shop.host)/versions/\(file)")
    }
    let built = try shop.eb("push", "v1.0.0", "--force")
    #expect(built.status == 0, "\(built.error)")
    #expect(built.error.contains("note: \(label) is gone from the host; building it again"))
    #expect(try shop.page("production").contains("secret: another key"))
  }

  // MARK: - Leases

  @Test func `A lease lets one commit be replaced, and no other`() throws {
    let shop = try Workplace.shop()
    let commits = try released(shop, 2)
    let stale = try shop.eb("push", commits[0], "--force-with-lease=\(commits[0])")
    #expect(stale.status == 2)
    #expect(
      stale.error.contains(
        "'production' runs \(commits[1].prefix(7)), and not \(commits[0].prefix(7)) as expected"))
    #expect(try tracked(shop, "production") == commits[1])
    let fits = try shop.eb("push", commits[0], "--force-with-lease=eb/production")
    #expect(fits.status == 0, "\(fits.error)")
    #expect(fits.output.contains("(forced)"))
    #expect(try tracked(shop, "production") == commits[0])
    #expect(try shop.eb("push", "--force", "--force-with-lease=HEAD").status == 64)
    // Also what would be no step back is refused where something else runs.
    #expect(try shop.eb("push", "--force-with-lease=\(commits[1])").status == 2)
  }

  // MARK: - Only

  @Test func `An environment that takes tags alone refuses what no tag names`() throws {
    let shop = try Workplace.shop(
      configuration: Shop.configuration + "environments: {production: {only: tags}}\n")
    let refused = try shop.eb("push")
    #expect(refused.status == 2)
    #expect(refused.error.contains("'production' takes only what a tag names, and none names"))
    #expect(refused.error.contains("hint: git tag -a <tag> "))
    #expect(try shop.eb("push", "--force").status == 2)
    try shop.repository.git("tag", "v1")
    #expect(try shop.eb("push", "--quiet").status == 0)
    try shop.repository.write("greeting.txt", "staged\n")
    try shop.repository.git("add", "greeting.txt")
    let staged = try shop.eb("push", "--staged")
    #expect(staged.status == 2)
    #expect(staged.error.contains("not a source that is staged"))
    try shop.repository.git("switch", "--quiet", "--create", "dev")
    try shop.repository.commit("Not tagged")
    try #require(try shop.eb("push", "--quiet").status == 0)
    #expect(try shop.eb("promote", "dev", "production").status == 2)
  }

  @Test func `An environment that takes signed commits alone has git verify them`() throws {
    let shop = try Workplace.shop(
      configuration: Shop.configuration + "environments: {production: {only: signed}}\n")
    let refused = try shop.eb("push")
    #expect(refused.status == 2)
    #expect(refused.error.contains("git verifies no signature of"))
    let key = "\(shop.repository.base)/key"
    let made = try run(
      ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f", key],
      in: shop.repository.base, environment: shop.repository.environment)
    try #require(made.status == 0)
    let signers = "\(shop.repository.base)/signers"
    try "* \(String(contentsOfFile: key + ".pub", encoding: .utf8))".write(
      toFile: signers, atomically: true, encoding: .utf8)
    for (name, value) in [
      ("gpg.format", "ssh"), ("user.signingKey", key), ("gpg.ssh.allowedSignersFile", signers),
    ] {
      try shop.repository.git("config", name, value)
    }
    // A tag's signature will do.
    try shop.repository.git("tag", "--sign", "--message=One", "v1")
    #expect(try shop.eb("push", "--quiet").status == 0)
    try shop.repository.git("commit", "--quiet", "--allow-empty", "-S", "--message=Signed")
    #expect(try shop.eb("push", "--quiet").status == 0)
    try shop.repository.commit("Not signed")
    #expect(try shop.eb("push").status == 2)
    // One that git does not verify is none.
    try "".write(toFile: signers, atomically: true, encoding: .utf8)
    try shop.repository.git("commit", "--quiet", "--allow-empty", "-S", "--message=Unknown")
    #expect(try shop.eb("push").status == 2)
  }
}
