import Foundation
import TestSupport
import Testing

@Suite("git eb log: what was deployed") struct LogTests {
  private struct Answer: Decodable {
    struct Person: Decodable {
      var name: String
      var email: String
    }

    var application: String
    var environment: String
    var kind: String
    var outcome: String
    var label: String
    var digest: String
    var source: String
    var commit: String?
    var reference: String?
    var subject: String
    var secrets: [String]
    var previousLabel: String?
    var previousCommit: String?
    var host: String
    var location: String
    var deployedBy: Person
    var machine: String
    var startedAt: Date
    var endedAt: Date
    var seconds: Double
    var recordedBy: String
    var reasons: [String]
    var record: String
    var id: String
  }

  private struct Shared: Decodable {
    var remote: String
    var records: Int
  }

  private func records(_ shop: Workplace, in directory: String? = nil) throws -> [String] {
    try shop.repository.git(
      ["for-each-ref", "--format=%(refname) %(objectname)", "refs/eb"], in: directory ?? shop.path
    ).split(separator: "\n").map(String.init)
  }

  private func log(_ shop: Workplace, _ words: String..., in directory: String? = nil) throws
    -> [Answer]
  {
    try shop.command(["git", "eb", "log", "--json"] + words, in: directory).json([Answer].self)
  }

  /// A record as another clone would write it, of HEAD.
  private static let recording = """
    set -e
    time=$1 environment=$2 label=$3 outcome=${4:-deployed}
    text="object $(git rev-parse HEAD)
    type commit
    tag shop/$environment/$time
    tagger C O Mitter <committer@example.com> 1700000000 +0000

    Deploy $label to $environment

    Application: shop
    Environment: $environment
    Outcome: $outcome
    Version-Label: $label
    Commit: $(git rev-parse HEAD)
    Subject: Open the shop
    Began-At: ${time%%T*}
    Ended-At: $(echo $time | sed 's/^\\(....\\)\\(..\\)\\(..T..\\)\\(..\\)/\\1-\\2-\\3:\\4:/')"
    id=$(printf '%s\\n' "$text" | git mktag)
    git update-ref refs/eb/deployments/shop/$environment/$time-$(echo $id | cut -c 1-7) $id
    """

  /// - Parameter time: such as `20240101T120000.000Z`.
  private func record(
    _ shop: Workplace, _ time: String, _ label: String, environment: String = "production",
    outcome: String = "deployed", in directory: String? = nil
  ) throws {
    let screen = try shop.command(
      ["sh", "-c", Self.recording, "sh", time, environment, label, outcome], in: directory)
    try #require(screen.status == 0, "\(screen)")
  }

  // MARK: - Looking

  @Test func `Deployments are listed, the newest first, and why one failed`() throws {
    let shop = try Workplace.shop()
    expect(
      try shop.eb("log"),
      """
      ! no deployment of 'shop' is recorded here
      ! hint: git eb log --fetch <remote>
      """)
    try #require(try shop.eb("push").status == 0)
    try #require(try shop.eb("push", "-e", "dev").status == 0)
    try shop.repository.write("broken", "closed\n")
    try shop.repository.commit("Break it")
    #expect(try shop.eb("push").status == 1)
    let screen = try shop.eb("log")
    expect(
      screen,
      """
      <time>  production  master-<id>-<digest8>  failed
          <id> Break it (C O Mitter, <duration>)
          \(try #require(log(shop).first?.reasons.first))
      <time>  dev         master-<id>-<digest8>
          <id> Open the shop (C O Mitter, <duration>)
      <time>  production  master-<id>-<digest8>
          <id> Open the shop (C O Mitter, <duration>)
      """)
    #expect(try shop.eb("log", "-n", "2").output.split(separator: "\n").count == 5)
    #expect(try shop.eb("log", "dev").output.split(separator: "\n").count == 2)
    // It needs no host.
    try FileManager.default.moveItem(atPath: shop.host, toPath: "\(shop.base)/away")
    defer { try? FileManager.default.moveItem(atPath: "\(shop.base)/away", toPath: shop.host) }
    #expect(try shop.eb("log").description == screen.description)
  }

  @Test func `Every field is in the JSON`() throws {
    let shop = try Workplace.shop()
    let first = try shop.repository.git("rev-parse", "HEAD")
    let push = try shop.eb("push", "--json").json(PushAnswer.self)
    try shop.repository.write("greeting.txt", "later\n")
    let second = try shop.repository.commit("Later")
    try #require(try shop.eb("push", "-q").status == 0)
    let records = try log(shop, "production")
    #expect(records.map(\.commit) == [second, first])
    let (newest, oldest) = (try #require(records.first), try #require(records.last))
    #expect(newest.previousLabel == oldest.label)
    #expect(newest.previousCommit == first)
    #expect(oldest.previousLabel == nil)
    #expect(oldest.application == "shop" && oldest.environment == "production")
    #expect(oldest.kind == "push" && oldest.outcome == "deployed" && oldest.source == "commit")
    #expect(oldest.label == push.version.label && oldest.digest == push.version.digest)
    #expect(oldest.reference == "refs/heads/master" && oldest.subject == "Open the shop")
    #expect(oldest.secrets == [".secrets/key"])
    #expect(oldest.host == "local" && oldest.location == shop.host)
    #expect(oldest.deployedBy.name == "C O Mitter")
    #expect(oldest.startedAt <= oldest.endedAt && oldest.seconds >= 0 && oldest.seconds < 120)
    #expect(!oldest.machine.isEmpty && !oldest.recordedBy.isEmpty && oldest.reasons.isEmpty)
    #expect(try shop.repository.git("rev-parse", oldest.record) == oldest.id)
    #expect(try !shop.repository.git("cat-file", "-p", oldest.id).contains(Shop.secret))
  }

  @Test func `A tag says where its commit has been`() throws {
    let shop = try Workplace.shop()
    try shop.repository.git("tag", "--annotate", "--message=1.4", "v1.4.0")
    try #require(try shop.eb("push", "-q").status == 0)
    try shop.repository.write("greeting.txt", "later\n")
    try shop.repository.commit("Later")
    try #require(try shop.eb("push", "-q").status == 0)
    try #require(try shop.eb("push", "-q", "v1.4.0", "-e", "dev").status == 0)
    #expect(try log(shop, "v1.4.0").map(\.environment) == ["dev", "production"])
    #expect(try log(shop, "v1.4.0", "-n", "1").map(\.environment) == ["dev"])
    #expect(try log(shop, "HEAD").map(\.environment) == ["production"])
    let id = try shop.repository.git("rev-parse", "--short", "v1.4.0^{commit}")
    #expect(try log(shop, id).count == 2)
    try shop.repository.commit("Never deployed")
    expect(
      try shop.eb("log", "HEAD"),
      """
      ! no deployment of <id> is recorded here
      ! hint: git eb log --fetch <remote>
      """)
    // An environment comes before a branch of the same name.
    try shop.repository.git("branch", "dev")
    #expect(try log(shop, "dev").map(\.environment) == ["dev"])
    #expect(try log(shop, "refs/heads/dev").isEmpty)
    expect(
      try shop.eb("log", "nowhere"),
      """
      ! error: 'nowhere' is neither an environment with records nor a commit here
      ! hint: git eb log shows all records, git fetch --tags brings tags
      [2]
      """)
  }

  @Test func `Options that do not go together are misuse`() throws {
    let shop = try Workplace.shop()
    for words in [
      ["-n", "0"], ["--push", "a", "--fetch", "a"], ["--expire", "--push", "a"], ["--dry-run"],
      ["--push", "origin", "production"], ["--graph", "--json"], ["--expire", "-n", "3"],
    ] {
      let screen = try shop.command(["git", "eb", "log"] + words)
      #expect(screen.status == 64, "\(words): \(screen)")
    }
  }

  @Test func `The graph is of the commits that were deployed, each with where and when`() throws {
    let shop = try Workplace.shop()
    try record(shop, "20240101T120000.000Z", "v1")
    try shop.repository.commit("Never deployed")
    try shop.repository.commit("Deployed again")
    try record(shop, "20240102T120000.000Z", "v2", outcome: "failed")
    try record(shop, "20240103T120000.000Z", "v2", environment: "dev")
    #expect(
      try shop.eb("log", "--graph").output.replacing(/\b[0-9a-f]{7}\b/, with: "<id>") == """
        * <id> (production failed 2024-01-02 12:00:00, dev 2024-01-03 12:00:00) Deployed again
        * <id> (production 2024-01-01 12:00:00) Open the shop

        """)
    #expect(
      try shop.eb("log", "--graph", "dev").output.replacing(/\b[0-9a-f]{7}\b/, with: "<id>") == """
        * <id> (dev 2024-01-03 12:00:00) Deployed again
        * <id> Open the shop

        """, "git draws the root as well")
    #expect(try shop.eb("log", "--graph", "-n", "1").output.split(separator: "\n").count == 1)
    let local = try shop.eb("log", "--graph", "-n", "1", with: ["TZ": "Asia/Seoul"])
    #expect(local.output.contains("dev 2024-01-03 21:00:00"), "\(local)")
    #expect(try shop.eb("log", with: ["TZ": "Asia/Seoul"]).output.hasPrefix("2024-01-03 21:00:00"))
  }

  @Test func `Records are found packed, in a linked work tree, in a bare one, and after git gc`()
    throws
  {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push", "-q").status == 0)
    try #require(try shop.eb("push", "-q", "-e", "dev").status == 0)
    let before = try log(shop).map(\.record)
    #expect(before.count == 2)
    try shop.repository.git("pack-refs", "--all")
    #expect(try log(shop).map(\.record) == before)
    #expect(try log(shop, "dev").count == 1)
    try shop.repository.git("reflog", "expire", "--expire=now", "--all")
    try shop.repository.git("gc", "--quiet", "--prune=now")
    #expect(try log(shop).map(\.record) == before)
    let linked = "\(shop.base)/linked"
    try shop.repository.git("worktree", "add", "-q", "-b", "issue91", linked)
    #expect(try log(shop, in: linked).map(\.record) == before)
    // Some loose, some packed.
    try FileManager.default.copyItem(atPath: "\(shop.path)/.secrets", toPath: "\(linked)/.secrets")
    try #require(try shop.eb("push", "-q", in: linked).status == 0)
    #expect(try log(shop).map(\.environment) == ["issue91", "dev", "production"])
    let bare = "\(shop.base)/bare.git"
    try shop.repository.git("clone", "--quiet", "--mirror", shop.path, bare)
    #expect(try log(shop, in: bare).map(\.record).suffix(2) == before[...])
    #expect(try shop.eb("log", "--graph", in: bare).status == 0)
  }

  @Test func `What runs was brought by the last deployment that did not fail`() throws {
    struct Status: Decodable { var record: String? }
    let shop = try Workplace.shop()
    let label = try shop.eb("push", "--json").json(PushAnswer.self).version.label
    func recorded() throws -> String? {
      try shop.eb("status", "--json").json(Status.self).record.map {
        String($0.split(separator: "/")[5].prefix(4))
      }
    }
    #expect(try recorded() != nil)
    try record(shop, "20980101T120000.000Z", label, outcome: "failed")
    #expect(try recorded() != "2098")
    try record(shop, "20980101T120000.000Z", label, outcome: "started")
    #expect(try recorded() == "2098")
    try record(shop, "20990101T120000.000Z", "elsewhere", outcome: "interrupted")
    #expect(try recorded() == "2098")
    try record(shop, "20990101T120000.000Z", "elsewhere")
    #expect(try recorded() == nil)
  }

  // MARK: - Sharing

  @Test func `Two clones end with all records of both`() throws {
    let shop = try Workplace.shop()
    let (bare, clone) = ("\(shop.base)/bare.git", "\(shop.base)/clone")
    try shop.repository.git("clone", "--quiet", "--bare", shop.path, bare)
    try shop.repository.git("remote", "add", "origin", bare)
    try shop.repository.git("clone", "--quiet", bare, clone)
    try FileManager.default.copyItem(atPath: "\(shop.path)/.secrets", toPath: "\(clone)/.secrets")
    try #require(try shop.eb("push", "-q").status == 0)
    try #require(try shop.eb("push", "-q", "-e", "dev", in: clone).status == 0)
    expect(try shop.eb("log", "--push", "origin"), "pushed 1 record to origin")
    expect(try shop.eb("log", "--push", "origin", in: clone), "pushed 1 record to origin")
    expect(try shop.eb("log", "--push", "origin"), "pushed 0 records to origin")
    expect(try shop.eb("log", "--fetch", "origin"), "fetched 1 record from origin")
    expect(try shop.eb("log", "--fetch", "origin", in: clone), "fetched 1 record from origin")
    expect(try shop.eb("log", "--fetch", "origin"), "fetched 0 records from origin")
    let all = try records(shop)
    #expect(all.count == 2)
    #expect(try records(shop, in: clone) == all)
    #expect(try records(shop, in: bare) == all)
    #expect(try shop.eb("log").description == shop.eb("log", in: clone).description)
    #expect(!FileManager.default.fileExists(atPath: "\(clone)/.git/FETCH_HEAD"))
    let answer = try shop.eb("log", "--push", "origin", "--json").json(Shared.self)
    #expect(answer.remote == "origin" && answer.records == 0)
    // A remote by its path, which begins where it is typed.
    expect(try shop.eb("log", "--push", "../bare.git"), "pushed 0 records to ../bare.git")
  }

  @Test func `A record of the same name and other content is refused, and nothing is forced`()
    throws
  {
    let shop = try Workplace.shop()
    let bare = "\(shop.base)/bare.git"
    try shop.repository.git("clone", "--quiet", "--bare", shop.path, bare)
    try record(shop, "20240101T120000.000Z", "v1")
    try record(shop, "20240102T120000.000Z", "v2")
    let name = try #require(records(shop).first?.split(separator: " ").first.map(String.init))
    // What does not descend from the record's commit; git would move forward by itself.
    let other = try shop.repository.git("commit-tree", "-m", "Elsewhere", "HEAD^{tree}")
    try shop.repository.git("push", "--quiet", bare, "\(other):\(name)")
    let push = try shop.eb("log", "--push", bare)
    #expect(push.status == 2, "\(push)")
    #expect(push.output == "pushed 1 record to \(bare)\n")
    #expect(push.error.contains(name), "\(push)")
    #expect(try shop.repository.git("-C", bare, "rev-parse", name) == other)
    let fetch = try shop.eb("log", "--fetch", bare)
    #expect(fetch.status == 2, "\(fetch)")
    #expect(try shop.repository.git("rev-parse", name) != other)
  }

  @Test func `A remote that cannot be reached is an error, after git's own words`() throws {
    let shop = try Workplace.shop()
    for option in ["--push", "--fetch"] {
      let screen = try shop.eb("log", option, "nowhere")
      #expect(screen.status == 2)
      #expect(screen.error.contains("fatal: 'nowhere' does not appear to be a git repository"))
      #expect(
        screen.error.hasSuffix(
          "error: cannot exchange records with 'nowhere': git ended with exit status 128\n"))
    }
  }

  @Test func `A hundred clones that push at once lose nothing`() throws {
    let shop = try Workplace.shop()
    let bare = "\(shop.base)/bare.git"
    try shop.repository.git("clone", "--quiet", "--bare", shop.path, bare)
    // Each has a record of its own and one that all of them have.
    let program = """
      set -e
      cd "$1"
      for number in $(seq 100); do
        git clone --quiet --shared bare.git clones/$number
        cd clones/$number
        sh -c "$2" sh 20240101T120000.000Z production everywhere
        sh -c "$2" sh 20240102T120000.000Z production v$number
        cd ../..
      done
      for number in $(seq 100); do
        (cd clones/$number && git eb log --quiet --push origin >../$number.out 2>&1 ||
          echo "$number: $?" >>../failed) &
      done
      wait
      """
    try FileManager.default.createDirectory(
      atPath: "\(shop.base)/clones", withIntermediateDirectories: true)
    let screen = try shop.command(["sh", "-c", program, "sh", shop.base, Self.recording])
    #expect(screen.status == 0, "\(screen)")
    let failed = FileManager.default.contents(atPath: "\(shop.base)/failed") ?? Data()
    #expect(String(decoding: failed, as: UTF8.self) == "")
    let all = try records(shop, in: bare)
    #expect(all.count == 101)
    #expect(try shop.repository.git("-C", bare, "fsck", "--strict", "--no-dangling") == "")
    expect(try shop.eb("log", "--fetch", bare), "fetched 101 records from <base>/bare.git")
    #expect(try Set(log(shop).map(\.label)).count == 101)
  }

  // MARK: - Expiring

  @Test func `Old records expire, and what a rollback needs stays`() throws {
    let shop = try Workplace.shop()
    for day in 1...6 {
      try record(shop, "2020010\(day)T120000.000Z", "v\(day)")
    }
    try record(shop, "20200107T120000.000Z", "broken", outcome: "failed")
    try record(shop, "20200101T120000.000Z", "other", environment: "dev")
    try #require(try shop.eb("push", "-q").status == 0)
    try shop.repository.git("pack-refs", "--all")
    #expect(try log(shop).count == 9)
    expect(try shop.eb("log", "--expire"), "! 0 records removed, 9 kept")
    try shop.repository.git("config", "eb.records.keep", "2")
    let before = try records(shop)
    let plan = try shop.eb("log", "--expire", "--dry-run")
    #expect(plan.output.split(separator: "\n").count == 5)
    #expect(plan.error == "5 records would be removed, 4 kept\n")
    #expect(try records(shop) == before)
    expect(try shop.eb("log", "--expire"), "! 5 records removed, 4 kept")
    #expect(
      try log(shop).map(\.label).filter { !$0.hasPrefix("master-") } == ["broken", "v6", "other"])
    try shop.repository.git("config", "eb.records.expire", "3600d")
    expect(try shop.eb("log", "--expire"), "! 0 records removed, 4 kept")
    #expect(try shop.repository.git("fsck", "--strict", "--no-dangling") == "")
  }

  // MARK: - What was left behind

  @Test func `A deployment whose git-eb was killed is recorded by the next command`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push", "-q").status == 0)
    try shop.repository.write("slow", "60\n")
    try shop.repository.commit("Slow it down")
    let push = try shop.start("git", "eb", "push")
    let pending = "\(shop.base)/state/git-eb/.records"
    let release = "\(shop.environmentDirectory("production"))/releases/2/app.py"
    try #require(eventually { FileManager.default.fileExists(atPath: release) })
    #expect(shop.files(below: pending).count == 2)
    push.interrupt(SIGKILL)
    _ = try #require(push.wait(seconds: 10))
    // And what is left of the release, on which it depends how far it had come.
    let found = try shop.eb("recover", "--dry-run").description.split(separator: "\n").last
    #expect(
      found == """
        found no record of the deployment of master-<id>-<digest8> to 'production' that \
        process <pid> began (interrupted)
        """)
    let screen = try shop.eb("log", "-n", "1")
    expect(
      screen,
      """
      <time>  production  master-<id>-<digest8>  interrupted
          <id> Slow it down (C O Mitter, <duration>)
      ! note: recorded 1 earlier deployment: 'production' (interrupted)
      """)
    #expect(shop.files(below: pending) == [])
    #expect(try shop.eb("log", "-n", "1").error == "")
    #expect(try log(shop).map(\.outcome) == ["interrupted", "deployed"])
  }

  @Test func `recover, fetch, list, status, events and push write it as well`() throws {
    for words in [["recover"], ["fetch"], ["list"], ["status"], ["events"], ["push"]] {
      let shop = try Workplace.shop()
      try #require(try shop.eb("push", "-q").status == 0)
      // As if the last push had been killed right before its record was written.
      let name = try #require(records(shop).first?.split(separator: " ").first.map(String.init))
      let text = try shop.repository.git("cat-file", "tag", name) + "\n"
      try shop.repository.git("update-ref", "-d", name)
      let place = try shop.python(
        """
        import hashlib, os, sys
        print(hashlib.sha256(os.path.realpath(sys.argv[1]).encode()).hexdigest()[:16], end="")
        """, "\(shop.path)/.git")
      let directory = "\(shop.base)/state/git-eb/.records/\(place)"
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(filePath: "\(directory)/2147480000-1-00000000-0"))
      let screen = try shop.command(["git", "eb"] + words)
      #expect(screen.status == 0, "\(words): \(screen)")
      #expect((screen.output + screen.error).contains("recorded "), "\(words): \(screen)")
      // The same record under the same name.
      #expect(try records(shop).map { $0.prefix { $0 != " " } } == [name[...]], "\(words)")
    }
  }
}
