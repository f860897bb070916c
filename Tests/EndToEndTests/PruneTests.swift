import Foundation
import TestSupport
import Testing

@Suite("git eb prune: the local host") struct PruneTests {
  private static let configuration = """
    application: shop
    host: local
    branches:
      master: production
      "issue*": "{branch}"
    push: {timeout: 60s}

    """

  private let shop: Workplace
  private let ground: PreviewGround

  init() throws {
    shop = try Workplace.shop(configuration: Self.configuration)
    // Files alone are deployed faster.
    try shop.repository.remove("Procfile")
    try shop.repository.commit("Serve nothing")
    ground = try PreviewGround(shop.repository)
  }

  private func push(_ branches: String...) throws {
    for branch in branches {
      try ground.branch(branch)
      try deploy()
    }
  }

  private func deploy() throws {
    let screen = try shop.eb("push", "-q")
    try #require(screen.status == 0, "\(screen)")
  }

  private func prune(_ options: String..., in directory: String? = nil) throws -> PrunedPreviews {
    let screen = try shop.command(
      ["git", "eb", "prune", "--yes", "--json"] + options, in: directory)
    try #require(screen.status == 0, "\(screen)")
    return try screen.json(PrunedPreviews.self)
  }

  private var environments: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: "\(shop.host)/environments")
        .filter { !$0.hasPrefix(".") }.sorted()
    }
  }

  /// Changes what an environment is said to be, as time or somebody else would.
  private func change(_ environment: String, _ statements: String) throws {
    try shop.python(
      """
      import json, sys
      from datetime import datetime, timedelta
      def ago(text, hours):
          date = datetime.fromisoformat(text.replace("Z", "+00:00")) - timedelta(hours=hours)
          return date.strftime("%Y-%m-%dT%H:%M:%SZ")
      import glob
      path = sys.argv[1] + "/environment.json"
      state = json.load(open(path))
      tags = state["tags"]
      def age(hours):
          state["created"] = ago(state["created"], hours)
          for name in glob.glob(sys.argv[1] + "/releases/*.json"):
              release = json.load(open(name))
              for run in release["runs"]: run["started"] = ago(run["started"], hours)
              json.dump(release, open(name, "w"))
      \(statements)
      json.dump(state, open(path, "w"))
      """, shop.environmentDirectory(environment))
  }

  /// As long ago as if the records of this clone had gone with time.
  private func age(_ environment: String, hours: Int) throws {
    try change(environment, "age(\(hours))")
    let records = try shop.repository.git(
      "for-each-ref", "--format=delete %(refname)", "refs/eb/deployments/shop/\(environment)/")
    try shop.repository.git(["update-ref", "--stdin"], input: records + "\n")
  }

  @Test func `A branch that is gone takes its environment, version and reference along`() throws {
    try push("issue1", "issue2")
    try ground.delete("issue1")
    expect(
      try shop.eb("prune", "--dry-run"),
      """
      would terminate 'issue1'  branch 'issue1' is gone from 'origin'
      would remove issue1-<id>-<digest8>
      ! keeps 'issue2'  branch 'issue2' is open
      """)
    #expect(try environments == ["issue1", "issue2"])
    expect(
      try shop.eb("prune", "--yes"),
      """
      terminated 'issue1': branch 'issue1' is gone from 'origin'
      removed issue1-<id>-<digest8>
      ! keeps 'issue2'  branch 'issue2' is open
      """)
    #expect(try environments == ["issue2"])
    #expect(shop.published.allSatisfy { $0.hasPrefix("issue2-") })
    #expect(
      try shop.repository.git("for-each-ref", "--format=%(refname)", "refs/remotes/eb")
        == "refs/remotes/eb/issue2")
    expect(
      try shop.eb("prune", "--yes"),
      """
      ! keeps 'issue2'  branch 'issue2' is open
      ! nothing to prune
      """)
  }

  @Test func `Without a terminal it wants to be told`() throws {
    try push("issue1")
    try ground.delete("issue1")
    expect(
      try shop.eb("prune"),
      """
      ! error: not confirmed
      ! hint: --yes goes ahead without asking
      [2]
      """)
    #expect(try environments == ["issue1"])
    #expect(try shop.eb("prune", "--keep", "..").status == 2)
  }

  @Test func `However a branch is merged, its environment goes, also when the branch stays`()
    throws
  {
    try push("issue1", "issue2", "issue3", "issue4")
    try ground.branch("issue5")
    try ground.change("issue5b", "5b\n")
    try ground.push("issue5")
    try deploy()
    // One without a commit of its own, which is no less in its base.
    try shop.repository.git("switch", "--quiet", "--create", "issue6", "master")
    try ground.push("issue6")
    try deploy()
    try ground.merge("issue1", "--ff-only")
    try ground.merge("issue2", "--no-ff", "--no-edit")
    try ground.merge("issue3", "--squash")
    try shop.repository.git("cherry-pick", "master..issue5")
    try ground.change("issue3", "and on\n")
    try ground.push("master")
    let answer = try prune()
    #expect(
      answer.gone
        == ["issue1": "merged", "issue2": "merged", "issue3": "squashed", "issue5": "rebased"])
    #expect(answer.staying == ["issue4": "open", "issue6": "open"])
    #expect(try environments == ["issue4", "issue6"])
  }

  @Test func `What was deployed after the merge, or never pushed, stays`() throws {
    try push("issue1")
    try ground.merge("issue1", "--squash")
    try shop.repository.git("switch", "--quiet", "issue1")
    // Only here, and on the environment.
    try ground.change("issue1", "again\n")
    try deploy()
    try ground.branch("issue2", pushed: false)
    try deploy()
    #expect(try prune().staying == ["issue1": "open", "issue2": "unpushed"])
    // Another machine knows no more of it.
    try shop.repository.git("clone", "--quiet", ground.remote, "\(shop.base)/clone")
    let elsewhere = try prune(in: "\(shop.base)/clone")
    #expect(elsewhere.staying == ["issue1": "open", "issue2": "unpushed"])
    // Once it was pushed, and a push said so, everybody knows.
    try ground.push("issue2")
    try deploy()
    try ground.delete("issue2")
    try shop.repository.git("clone", "--quiet", ground.remote, "\(shop.base)/another")
    #expect(try prune(in: "\(shop.base)/another").gone == ["issue2": "gone"])
  }

  @Test func `Time is counted from the last deployment`() throws {
    try push("issue1", "issue2")
    try change("issue1", "tags['git-eb:ttl'] = '72h'")
    try change("issue2", "tags['git-eb:ttl'] = '72h'")
    try age("issue1", hours: 71)
    try age("issue2", hours: 73)
    #expect(try shop.eb("previews").output.contains("expires in 59 minutes"))
    let answer = try prune()
    #expect(answer.gone == ["issue2": "expired"])
    #expect(answer.terminated.first?.reason == "expired 1 hour ago, after its last deployment")
    #expect(answer.staying == ["issue1": "open"])
  }

  @Test func `What is asked for, protected, busy or another's is let alone`() throws {
    try push("issue1", "issue2", "issue3", "issue4", "issue5")
    for branch in ["issue1", "issue2", "issue3", "issue4", "issue5"] { try ground.delete(branch) }
    try change("issue3", "tags['git-eb:repository'] = 'host.example/other'")
    try change("issue4", "tags.clear()")
    try shop.repository.write(
      ".git-eb.yml", Self.configuration + "environments: {issue2: {protected: true}}\n")
    try shop.repository.git("switch", "--quiet", "--detach")
    let holder = try shop.start(
      "flock", "\(shop.environmentDirectory("issue5"))/lock", "sh", "-c",
      "echo '{\"pid\": 4, \"work\": \"deploying\", \"status\": \"Updating\"}' "
        + "> \(shop.environmentDirectory("issue5"))/lock; echo ready; sleep 60")
    try #require(eventually { holder.output.contains("ready") })
    let answer = try prune("--keep", "issue1")
    #expect(answer.gone == [:])
    #expect(answer.staying == ["issue1": "keep", "issue2": "protected", "issue5": "busy"])
    #expect(answer.versions == [])
    #expect(try environments == ["issue1", "issue2", "issue3", "issue4", "issue5"])
  }

  @Test func `A remote that cannot be read, or is empty, takes nothing away but what has expired`()
    throws
  {
    try push("issue1", "issue2")
    try ground.merge("issue1", "--squash")
    try change("issue2", "tags['git-eb:ttl'] = '72h'")
    try age("issue2", hours: 100)
    try FileManager.default.moveItem(atPath: ground.remote, toPath: ground.remote + ".away")
    let screen = try shop.eb("prune", "--dry-run", "--json")
    let answer = try screen.json(PrunedPreviews.self)
    #expect(answer.gone == ["issue2": "expired"])
    #expect(answer.staying == ["issue1": "unknown"])
    #expect(answer.unreadable.map(\.remote) == ["origin"])
    #expect(screen.error.contains("warning: cannot read the branches of 'origin': "))
    try shop.repository.git("init", "--quiet", "--bare", ground.remote)
    #expect(try prune().staying == ["issue1": "unknown"])
    #expect(try environments == ["issue1"])
  }

  @Test func `Versions stay that something runs, can go back to, or a tag names`() throws {
    try push("issue1")
    try shop.repository.git("tag", "v1", "issue1")
    try ground.change("issue1", "two\n")
    try deploy()
    try ground.change("issue1", "three\n")
    try deploy()
    let labels = try shop.eb("versions", "--json").json([PublishedAnswer].self)
      .map(\.version.label)
    try #require(labels.count == 3)
    // Another repository's, and one of production that nothing runs any more.
    try shop.repository.git("switch", "--quiet", "master")
    for round in 0..<4 {
      try ground.change("greeting.txt", "\(round)\n")
      try deploy()
    }
    let all = Set(shop.published)
    #expect(all.count == 7)
    #expect(try prune().versions == [])
    // The newest runs on production now, and the one between on nothing.
    try #require(
      try shop.eb("promote", "issue1", "production", "--force", "-q").status == 0)
    try ground.delete("issue1")
    let answer = try prune()
    #expect(answer.gone == ["issue1": "gone"])
    #expect(answer.versions == [labels[1]])
    #expect(Set(shop.published) == all.subtracting([labels[1]]))
  }

  @Test func `Two at once do it once`() throws {
    try push("issue1", "issue2", "issue3", "issue4")
    for branch in ["issue1", "issue2", "issue3", "issue4"] { try ground.delete(branch) }
    let both = try (0..<2).map { _ in try shop.start("git", "eb", "prune", "--yes", "--json") }
    let screens = try both.map { try #require($0.wait()) }
    #expect(screens.map(\.status) == [0, 0], "\(screens)")
    #expect(try environments == [])
    #expect(shop.published == [])
    #expect(try prune().gone == [:])
  }

  @Test func `What a prune was cut off from, the next one does`() throws {
    for round in 1...6 {
      let names = ["issue\(round)1", "issue\(round)2"]
      for name in names { try push(name) }
      for name in names { try ground.delete(name) }
      let cut = try shop.start("git", "eb", "prune", "--yes", "--json")
      usleep(useconds_t(round * 60_000))
      cut.interrupt(SIGKILL)
      _ = cut.wait()
      _ = try prune()
      #expect(try environments == [])
      #expect(shop.published == [])
      #expect(try shop.repository.git("for-each-ref", "refs/remotes/eb") == "")
    }
    #expect(shop.leftovers == [])
  }
}

@Suite("git eb prune: Beanstalk", .serialized) struct PruneBeanstalkTests {
  private func prune(_ tenant: Tenant, _ options: String...) throws -> PrunedPreviews {
    let screen = try tenant.shop.command(
      ["git", "eb", "prune", "--yes", "--json"] + options)
    tenant.checkSecrecy(screen)
    try #require(screen.status == 0, "\(screen)")
    return try screen.json(PrunedPreviews.self)
  }

  private func tag(_ tenant: Tenant, _ environment: String, _ key: String, _ value: String) throws {
    try tenant.boto(
      """
      client = boto3.client("elasticbeanstalk")
      arn = client.describe_environments(EnvironmentNames=[sys.argv[1]])["Environments"][0]
      client.update_tags_for_resource(
          ResourceArn=arn["EnvironmentArn"], TagsToAdd=[{"Key": sys.argv[2], "Value": sys.argv[3]}])
      """, environment, key, value)
  }

  @Test func `Gone, merged, squashed and expired go, and versions and bundles with them`()
    async throws
  {
    try await Tenant.open { tenant in
      let ground = try PreviewGround(tenant.repository)
      for branch in ["issue1", "issue2", "issue3", "issue4", "issue5", "issue6", "issue7"] {
        try ground.branch(branch)
        try tenant.push()
      }
      try ground.delete("issue1")
      try ground.merge("issue2", "--no-ff", "--no-edit")
      try ground.merge("issue3", "--squash")
      try tag(tenant, "issue4", "git-eb:ttl", "1s")
      try ground.delete("issue6")
      try tag(tenant, "issue6", "git-eb:repository", "host.example/other")
      try ground.delete("issue7")
      try await tenant.settle()
      try await Task.sleep(for: .milliseconds(1100))
      let answer = try prune(tenant, "--keep", "issue7")
      #expect(
        answer.gone
          == ["issue1": "gone", "issue2": "merged", "issue3": "squashed", "issue4": "expired"])
      #expect(answer.staying == ["issue5": "open", "issue7": "keep"])
      let state = try await tenant.state()
      #expect(
        state.environments.filter { $0.status != "Terminated" }.map(\.name).sorted()
          == ["issue5", "issue6", "issue7"])
      #expect(state.labels.map { String($0.prefix(6)) } == ["issue5", "issue6", "issue7"])
      #expect(state.objects.filter { $0.hasSuffix(".zip") }.count == 3)
      let requests = try await tenant.requests { _ = try prune(tenant, "--keep", "issue7") }
      let writing = requests.map(\.operation).filter {
        ["Terminate", "Update", "Delete", "Create"].contains(where: $0.hasPrefix)
      }
      #expect(writing == [])
    }
  }

  @Test func `Two at once, and one that was killed`() async throws {
    try await Tenant.open { tenant in
      let ground = try PreviewGround(tenant.repository)
      for round in 0..<2 {
        let branches = (0..<3).map { "issue\(round)\($0)" }
        for branch in branches {
          try ground.branch(branch)
          try tenant.push()
        }
        for branch in branches { try ground.delete(branch) }
        if round == 0 {
          let both = try (0..<2).map { _ in try tenant.start("prune", "--yes", "--json") }
          let screens = try both.map { try #require($0.wait()) }
          #expect(screens.map(\.status) == [0, 0], "\(screens)")
        } else {
          let before = try await tenant.log().last?.number ?? 0
          let cut = try tenant.start("prune", "--yes", "--json")
          #expect(try await tenant.hasSeen("TerminateEnvironment", since: before))
          cut.interrupt(SIGKILL)
          _ = cut.wait()
          _ = try prune(tenant)
        }
        let state = try await tenant.state()
        #expect(state.environments.allSatisfy { $0.status == "Terminated" })
        #expect(state.labels == [])
        #expect(state.objects.filter { $0.hasSuffix(".zip") } == [])
      }
    }
  }

  @Test func `A version that is pruned between publishing and deploying is published again`()
    async throws
  {
    try await Tenant.open { tenant in
      let ground = try PreviewGround(tenant.repository)
      try ground.branch("issue1")
      try tenant.push()
      try ground.change("issue1", "two\n")
      let before = try await tenant.log().last?.number ?? 0
      try await tenant.breaks(.init("delay", "UpdateEnvironment", seconds: 8))
      let push = try tenant.start("push", "-q")
      #expect(try await tenant.hasSeen("CreateApplicationVersion", since: before))
      let label = try #require(
        try await tenant.state().labels.first { !(try tenant.eb("status").output.contains($0)) })
      try tenant.boto(
        """
        boto3.client("elasticbeanstalk").delete_application_version(
            ApplicationName="shop", VersionLabel=sys.argv[1], DeleteSourceBundle=True)
        """, label)
      let screen = try #require(push.wait())
      #expect(screen.status == 0, "\(screen)")
      #expect(try await tenant.environment("issue1")?.summary == "Ready Green \(label)")
    }
  }
}
