import Foundation
import TestSupport
import Testing

@Suite("git eb push") struct PushTests {
  @Test func `Each branch goes to its own environment, and each page is of its own commit`()
    throws
  {
    let shop = try Workplace.shop()
    let first = try shop.repository.git("rev-parse", "HEAD")
    expect(
      try shop.eb("push"),
      """
      To <base>/state/git-eb/shop
       * [new environment]  master -> production  (master-<id>-<digest8>, <size>, <duration>)
      http://127.0.0.1:<port>/
      ! bundled 7 entries, <size>
      ! published master-<id>-<digest8>
      ! <time>  INFO   createEnvironment is starting.
      ! <time>  INFO   New application version was deployed.
      ! <time>  INFO   Successfully launched environment: production.
      """)
    try shop.repository.git("switch", "--quiet", "--create", "issue91")
    try shop.repository.write("greeting.txt", "now with carts\n")
    let second = try shop.repository.commit("Add carts")
    #expect(try shop.eb("push").status == 0)
    #expect(try shop.page("production") == Shop.page(first))
    #expect(try shop.page("issue91") == Shop.page(second, greeting: "now with carts"))
    #expect(try shop.repository.git("status", "--porcelain") == "")
    #expect(shop.leftovers == [])
  }

  @Test func `A second push is up to date and uploads nothing`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    let before = shop.files(below: "\(shop.host)/versions")
    let page = try shop.page("production")
    expect(
      try shop.eb("push"),
      """
      To <base>/state/git-eb/shop
       = [up to date]       master -> production  (master-<id>-<digest8>, <size>, <duration>)
      http://127.0.0.1:<port>/
      ! bundled 7 entries, <size>
      ! master-<id>-<digest8> is published already
      """)
    #expect(shop.files(below: "\(shop.host)/versions") == before)
    #expect(try shop.page("production") == page)
    #expect(shop.files(below: "\(shop.environmentDirectory("production"))/releases/2") == [])
  }

  @Test func `A newer commit replaces the one that runs at the same address`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    let address = try shop.eb("open", "--print").output
    try shop.repository.write("greeting.txt", "welcome back\n")
    let commit = try shop.repository.commit("Greet again")
    expect(
      try shop.eb("push"),
      """
      To <base>/state/git-eb/shop
         <id>..<id>  master -> production  (master-<id>-<digest8>, <size>, <duration>)
      http://127.0.0.1:<port>/
      ! bundled 7 entries, <size>
      ! published master-<id>-<digest8>
      ! <time>  INFO   Environment update is starting.
      ! <time>  INFO   New application version was deployed.
      ! <time>  INFO   Environment update completed successfully.
      """)
    #expect(try shop.eb("open", "--print").output == address)
    #expect(try shop.page("production") == Shop.page(commit, greeting: "welcome back"))
  }

  @Test func `Another branch with the same commit uploads nothing`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    try shop.repository.git("switch", "--quiet", "--create", "dev")
    let answer = try shop.eb("push", "--json").json(PushAnswer.self)
    #expect(answer.environment == "dev")
    #expect(answer.branch == "dev")
    #expect(!answer.published)
    #expect(!answer.upToDate)
    #expect(shop.published == [answer.version.label])
    #expect(try shop.page("dev") == shop.page("production"))
  }

  @Test func `What is staged is deployed as it is in the index, and the index stays`() throws {
    let shop = try Workplace.shop()
    try shop.repository.write("greeting.txt", "staged\n")
    try shop.repository.git("add", "greeting.txt")
    try shop.repository.write("greeting.txt", "not staged\n")
    try shop.repository.write("later.txt", "intended\n")
    try shop.repository.git("add", "--intent-to-add", "later.txt")
    let before = try shop.repository.snapshot()
    let screen = try shop.eb("push", "--staged")
    expect(
      screen,
      """
      To <base>/state/git-eb/shop
       * [new environment]  master -> production  (master-<id>-staged-<digest8>, <size>, \
      <duration>)
      http://127.0.0.1:<port>/
      ! warning: not deployed: 2 modified ('greeting.txt', 'later.txt')
      ! bundled 7 entries, <size>
      ! published master-<id>-staged-<digest8>
      ! <time>  INFO   createEnvironment is starting.
      ! <time>  INFO   New application version was deployed.
      ! <time>  INFO   Successfully launched environment: production.
      """)
    #expect(try shop.repository.snapshot() == before)
    #expect(try shop.page("production").hasPrefix("greeting: staged\n"))
    let release = "\(shop.environmentDirectory("production"))/releases/1"
    #expect(!shop.files(below: release).contains("later.txt"))
  }

  @Test func `The work tree is deployed with untracked files and without ignored ones`() throws {
    let shop = try Workplace.shop()
    try shop.repository.write("greeting.txt", "modified\n")
    try shop.repository.write("new/page.txt", "untracked\n")
    try shop.repository.write("debug.log", "ignored\n")
    let before = try shop.repository.snapshot()
    let answer = try shop.eb("push", "--worktree", "--json").json(PushAnswer.self)
    #expect(answer.version.source == "worktree")
    #expect(answer.version.label.contains("-worktree-"))
    #expect(try shop.repository.snapshot() == before)
    #expect(try shop.page("production").hasPrefix("greeting: modified\n"))
    let release = shop.files(below: "\(shop.environmentDirectory("production"))/releases/1")
    #expect(release.contains("new/page.txt"))
    #expect(!release.contains("debug.log"))
    #expect(!release.contains { $0.hasPrefix(".git/") || $0 == ".git" })
  }

  @Test func `A tag is deployed without being checked out, and names the version`() throws {
    let shop = try Workplace.shop()
    let tagged = try shop.repository.git("rev-parse", "HEAD")
    try shop.repository.git("tag", "--annotate", "--message=1.4", "v1.4.0")
    try shop.repository.write("greeting.txt", "later\n")
    try shop.repository.commit("Later")
    let answer = try shop.eb("push", "v1.4.0", "--json").json(PushAnswer.self)
    #expect(answer.environment == "production")
    #expect(answer.version.label.hasPrefix("v1.4.0-\(tagged.prefix(7))-"))
    #expect(answer.version.reference == "refs/tags/v1.4.0")
    #expect(answer.version.commit == tagged)
    #expect(try shop.page("production") == Shop.page(tagged))
  }

  @Test func `Another branch's commit goes to that branch's environment`() throws {
    let shop = try Workplace.shop()
    try shop.repository.git("switch", "--quiet", "--create", "issue91")
    try shop.repository.write("greeting.txt", "carts\n")
    let commit = try shop.repository.commit("Carts")
    try shop.repository.git("switch", "--quiet", "master")
    let answer = try shop.eb("push", "issue91", "--json").json(PushAnswer.self)
    #expect(answer.environment == "issue91")
    #expect(try shop.page("issue91") == Shop.page(commit, greeting: "carts"))
    let older = try shop.eb("push", "issue91~1", "-e", "production", "--json")
    #expect(try older.json(PushAnswer.self).environment == "production")
  }

  @Test func `Label and message are taken over`() throws {
    let shop = try Workplace.shop()
    let screen = try shop.eb("push", "--label", "release-7", "-m", "The seventh", "--json")
    let answer = try screen.json(PushAnswer.self)
    #expect(answer.version.label == "release-7")
    #expect(answer.version.description == "The seventh")
    #expect(shop.published == ["release-7"])
  }

  @Test func `A label that other content has is refused, and nothing changes`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push", "--label", "release-7").status == 0)
    let page = try shop.page("production")
    try shop.repository.write("greeting.txt", "other\n")
    try shop.repository.commit("Other")
    #expect(
      try shop.eb("push", "-q", "--label", "release-7").description.replacing(
        /digest [0-9a-f]{8}/, with: "digest <digest8>") == """
          ! error: label 'release-7' is taken by other content (digest <digest8>)
          ! hint: leave --label out, or choose another
          [2]
          """)
    #expect(try shop.page("production") == page)
    #expect(shop.leftovers == [])
  }

  @Test func `A dry run says what would happen, and changes nothing`() throws {
    let shop = try Workplace.shop()
    let before = try shop.repository.snapshot()
    expect(
      try shop.eb("push", "--dry-run"),
      """
      environment:  production (branches.master, .git-eb.yml:4), would be created
      host:         local <base>/state/git-eb/shop
      version:      master-<id>-<digest8>
      commit:       <id> Open the shop
      digest:       <digest>
      bundle:       <size>, 7 entries
      secrets:      .secrets/key
      """)
    #expect(shop.published == [])
    #expect(shop.files(below: "\(shop.host)/environments") == [])
    #expect(shop.leftovers == [])
    #expect(try shop.repository.snapshot() == before)

    try #require(try shop.eb("push").status == 0)
    try shop.repository.write("greeting.txt", "changed\n")
    try shop.repository.write("added.txt", "added\n")
    try shop.repository.remove("Procfile")
    try shop.repository.commit("Change much")
    let state = shop.files(below: "\(shop.base)/state")
    let screen = try shop.eb("push", "--dry-run")
    expect(
      screen,
      """
      environment:  production (branches.master, .git-eb.yml:4)
      host:         local <base>/state/git-eb/shop
      runs:         master-<id>-<digest8> (<id>)
      version:      master-<id>-<digest8>
      commit:       <id> Change much
      digest:       <digest>
      bundle:       <size>, 7 entries
      secrets:      .secrets/key
      commits:      1
        <id> Change much
      files:        1 added, 1 changed, 1 removed
        R Procfile
        A added.txt
        C greeting.txt
      """)
    let plan = try shop.eb("push", "--dry-run", "--json").json(PlanAnswer.self)
    #expect(plan.commits?.map(\.subject) == ["Change much"])
    #expect(
      plan.changes == [
        .init(path: "Procfile", kind: "removed"), .init(path: "added.txt", kind: "added"),
        .init(path: "greeting.txt", kind: "changed"),
      ])
    #expect(shop.files(below: "\(shop.base)/state") == state)
    #expect(try shop.page("production").hasPrefix("greeting: welcome\n"))
  }

  @Test func `The plan says the label that the push then gives`() throws {
    let shop = try Workplace.shop()
    let plan = try shop.eb("push", "--dry-run", "--json").json(PlanAnswer.self)
    let done = try shop.eb("push", "--json").json(PushAnswer.self)
    #expect(plan.version.label == done.version.label)
    #expect(plan.version.digest == done.version.digest)
    #expect(plan.version.size == done.version.size)
  }

  @Test func `Quiet means the answer alone`() throws {
    let shop = try Workplace.shop()
    expect(
      try shop.eb("push", "-q"),
      """
      To <base>/state/git-eb/shop
       * [new environment]  master -> production  (master-<id>-<digest8>, <size>, <duration>)
      http://127.0.0.1:<port>/
      """)
  }

  @Test func `What lies in the work tree and is not deployed is told`() throws {
    let shop = try Workplace.shop()
    try shop.repository.write("greeting.txt", "modified\n")
    try shop.repository.write("new.txt", "untracked\n")
    try shop.repository.write("staged.txt", "staged\n")
    try shop.repository.git("add", "staged.txt")
    let screen = try shop.eb("push")
    #expect(screen.status == 0)
    #expect(
      screen.error.hasPrefix(
        """
        warning: not deployed: 1 staged, 1 modified, 1 untracked \
        ('staged.txt', 'greeting.txt', 'new.txt')

        """))
    #expect(try shop.page("production").hasPrefix("greeting: welcome\n"))
  }

  @Test func `A clone of the same commit makes the same label and bytes`() throws {
    let shop = try Workplace.shop()
    let clone = "\(shop.base)/clone"
    try shop.repository.git("clone", "--quiet", shop.path, clone)
    try FileManager.default.copyItem(atPath: "\(shop.path)/.secrets", toPath: "\(clone)/.secrets")
    let here = try shop.eb("push", "--dry-run", "--json").json(PlanAnswer.self)
    let there = try shop.eb("push", "--dry-run", "--json", in: clone).json(PlanAnswer.self)
    #expect(here.version.label == there.version.label)
    #expect(try shop.bytes("git", "eb", "archive") == shop.bytes("git", "eb", "archive", in: clone))
  }

  @Test func `A variable of the configuration reaches the processes`() throws {
    let shop = try Workplace.shop(
      configuration: Shop.configuration + """
        environments:
          production:
            variables: {MODE: strict}

        """)
    let commit = try shop.repository.git("rev-parse", "HEAD")
    try #require(try shop.eb("push").status == 0)
    #expect(try shop.page("production") == Shop.page(commit, mode: "strict"))
  }

  @Test func `A repository without a Procfile is deployed as its files`() throws {
    let shop = try Workplace()
    try shop.repository.write(".git-eb.yml", "{application: shop, host: local}\n")
    try shop.repository.write("index.html", "hello\n")
    try shop.repository.commit()
    #expect(try shop.eb("push", "-q").status == 0)
    let status = try shop.eb("status", "--json").json(EnvironmentAnswer.self)
    #expect(status.health == "Green")
    #expect(status.url == nil)
    let file = "\(shop.environmentDirectory("production"))/current/index.html"
    #expect(FileManager.default.contents(atPath: file) == Data("hello\n".utf8))
  }

  @Test func `A push from a subdirectory deploys the whole repository`() throws {
    let shop = try Workplace.shop()
    try shop.repository.write("deep/down/file.txt", "x\n")
    try shop.repository.commit("Deeper")
    let answer = try shop.eb("push", "--dry-run", "--json").json(PlanAnswer.self)
    let below = try shop.eb("push", "--json", in: "\(shop.path)/deep/down").json(PushAnswer.self)
    #expect(below.version.label == answer.version.label)
  }
}
