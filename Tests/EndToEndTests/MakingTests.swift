import Foundation
import TestSupport
import Testing

/// What `create` and `clone` answer.
struct CreationAnswer: Decodable {
  var environment: EnvironmentAnswer?
  var result: OutcomeAnswer
}

/// What `swap` answers.
struct SwapAnswer: Decodable {
  var environments: [EnvironmentAnswer]
  var result: OutcomeAnswer
}

/// What `versions --prune` answers.
struct VersionPruneAnswer: Decodable {
  struct Kept: Decodable, Equatable {
    var label: String
    var reason: String
  }

  var removed: [String]
  var kept: [Kept]
}

@Suite("git eb: making, swapping and pruning") struct MakingTests {
  private func label(_ shop: Workplace, _ environment: String = "production") throws -> String {
    try #require(
      try shop.eb("status", "-e", environment, "--json").json(EnvironmentAnswer.self).version
    ).label
  }

  /// Pushes another content, and gives its label.
  private func push(_ shop: Workplace, _ greeting: String) throws -> String {
    try shop.repository.write("greeting.txt", greeting + "\n")
    try shop.repository.commit("Greet with \(greeting)")
    try #require(try shop.eb("push").status == 0)
    return try label(shop)
  }

  // MARK: - Making

  @Test func `An environment is made empty, from a version, or like another one`() throws {
    let shop = try Workplace.shop(
      configuration: Shop.configuration + "environments: {qa: {variables: {MODE: qa}}}\n")
    expect(
      try shop.eb("create", "empty", "--tag", "team=shop"),
      """
      To <base>/state/git-eb/shop
       * [new environment]  empty
      ! <time>  INFO   createEnvironment is starting.
      ! <time>  INFO   Successfully launched environment: empty.
      """)
    let empty = try shop.eb("status", "-e", "empty", "--json").json(EnvironmentAnswer.self)
    #expect(empty.health == "Grey")
    #expect(empty.tags == ["team": "shop"])
    try #require(try shop.eb("push").status == 0)
    try #require(try shop.eb("setenv", "MODE=production", "TOKEN=t").status == 0)
    let commit = try shop.repository.git("rev-parse", "HEAD")
    let label = try label(shop)
    expect(
      try shop.eb("create", "qa", "--version", label, "--like", "production"),
      """
      To <base>/state/git-eb/shop
       * [new environment]  qa  (master-<id>-<digest8>)
      http://127.0.0.1:<port>/
      ! <time>  INFO   createEnvironment is starting.
      ! <time>  INFO   New application version was deployed.
      ! <time>  INFO   Successfully launched environment: qa.
      """)
    #expect(try shop.page("qa") == Shop.page(commit, mode: "qa"))
    expect(try shop.eb("printenv", "TOKEN", "-e", "qa"), "t")
    let json = try shop.eb(
      "create", "own", "--label", label, "--envvar", "MODE=own", "--no-wait", "--json"
    ).json(CreationAnswer.self)
    #expect(json.result.outcome == "deployed")
    #expect(json.environment?.name == "own")
    #expect(json.environment?.version?.label == label)
    #expect(try shop.page("own") == Shop.page(commit, mode: "own"))
    expect(
      try shop.eb("clone", "rehearsal", "--envvar", "TOKEN="),
      """
      To <base>/state/git-eb/shop
       * [new environment]  rehearsal  (master-<id>-<digest8>)
      http://127.0.0.1:<port>/
      ! <time>  INFO   createEnvironment is starting.
      ! <time>  INFO   New application version was deployed.
      ! <time>  INFO   Successfully launched environment: rehearsal.
      """)
    #expect(try shop.page("rehearsal") == Shop.page(commit, mode: "production"))
    let clone = try shop.eb("clone", "empty", "another", "--json").json(CreationAnswer.self)
    #expect(clone.environment?.version == nil)
    #expect(clone.environment?.health == "Grey")
  }

  @Test func `What cannot be made is refused, and nothing is made`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    expect(
      try shop.eb("create", "production"),
      """
      ! error: there is an environment 'production' already
      ! hint: git eb push -e production
      [2]
      """)
    expect(
      try shop.eb("create", "qa", "--version", "nothing"),
      """
      ! error: there is no version 'nothing'
      ! hint: git eb versions
      [2]
      """)
    expect(
      try shop.eb(
        "create", "qa", "--platform", "x", "--tier", "worker", "--single", "--instance-type", "a",
        "--spot", "--min", "1", "--max", "2", "--cname", "c", "--vpc", "v", "--subnets", "s",
        "--elb-subnets", "e", "--security-groups", "g", "--service-role", "r",
        "--instance-profile", "p", "--key-pair", "k", "--option", "a:b=c"),
      """
      ! error: '--platform', '--tier', '--single', '--instance-type', '--spot', '--min', '--max', \
      '--cname', '--vpc', '--subnets', '--elb-subnets', '--security-groups', '--service-role', \
      '--instance-profile', '--key-pair', '--option' are for Elastic Beanstalk, and this is another \
      host
      ! hint: git eb config shows the host and where it is set
      [2]
      """)
    #expect(try shop.eb("create", "qa", "--saved-config", "x").status == 2)
    #expect(try shop.eb("create", "qa", "--like", "x", "--saved-config", "y").status == 64)
    #expect(try shop.eb("create", "qa", "--max", "0").status == 64)
    #expect(try shop.eb("create", "qa", "--tier", "x").status == 64)
    #expect(try shop.eb("create", "-qa-").status == 64)
    #expect(try shop.eb("create", "q_a").status == 2)
    expect(
      try shop.eb("create", "qa", "--tag", "git-eb:ephemeral=true"),
      """
      ! error: 'git-eb:ephemeral' is no tag of yours
      ! hint: --tag key=value, where the key begins with neither 'aws:' nor 'git-eb:'
      [64]
      """)
    let secret = try shop.eb("create", "qa", "--envvar", "DB-PASS=hunter2")
    #expect(secret.status == 64)
    #expect(!secret.description.contains("hunter2"))
    expect(
      try shop.eb("clone", "nothing", "qa"),
      """
      ! error: there is no environment 'nothing'
      ! hint: git eb list
      [2]
      """)
    #expect(try shop.eb("clone", "a", "b", "c").status == 64)
    #expect(try shop.eb("clone").status == 64)
    #expect(
      try shop.eb("list", "--json").json([EnvironmentAnswer].self).map(\.name) == ["production"])
  }

  // MARK: - Swapping

  @Test func `Two environments swap their addresses, a protected one when that is confirmed`()
    throws
  {
    let shop = try Workplace.shop(
      configuration: Shop.configuration + "environments: {production: {protected: true}}\n")
    try #require(try shop.eb("push").status == 0)
    let commit = try shop.repository.git("rev-parse", "HEAD")
    try #require(try shop.eb("clone", "production", "green").status == 0)
    try #require(try shop.eb("setenv", "-e", "green", "MODE=green").status == 0)
    let address = try shop.eb("open", "--print").output.trimmingCharacters(in: .newlines)
    expect(
      try shop.eb("swap", "green"),
      """
      ! error: not confirmed
      ! hint: --yes goes ahead without asking
      [2]
      """)
    #expect(try Workplace.page(at: address) == Shop.page(commit))
    expect(
      try shop.eb("swap", "green", "production", "--yes"),
      """
      green       http://127.0.0.1:<port>/
      production  http://127.0.0.1:<port>/
      ! <time>  INFO   Swapping CNAMEs for environments 'green' and 'production'.
      ! <time>  INFO   Completed swapping CNAMEs for environments 'green' and 'production'.
      """)
    #expect(try Workplace.page(at: address) == Shop.page(commit, mode: "green"))
    #expect(try shop.page("production") == Shop.page(commit))
    let json = try shop.eb("swap", "green", "--yes", "--json").json(SwapAnswer.self)
    #expect(json.result.outcome == "deployed")
    #expect(json.environments.map(\.name) == ["green", "production"])
    #expect(json.environments.last?.url == address)
    #expect(try Workplace.page(at: address) == Shop.page(commit))
    let typed = try shop.terminal("swap", "green", typing: "production\n")
    #expect(typed.status == 0, "\(typed)")
    #expect(try Workplace.page(at: address) == Shop.page(commit, mode: "green"))
    expect(
      try shop.eb("swap", "green", "green"),
      """
      ! error: 'green' is one environment, and two are needed
      [2]
      """)
    try #require(try shop.eb("create", "empty").status == 0)
    expect(
      try shop.eb("swap", "green", "empty"),
      """
      ! error: environment 'empty' has no address to give away
      ! hint: git eb status -e empty
      [2]
      """)
  }

  @Test func `A swap that is killed is none, or is finished by the next command`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    try #require(try shop.eb("clone", "production", "green").status == 0)
    func addresses() throws -> [String?] {
      try ["production", "green"].map {
        try shop.eb("status", "-e", $0, "--json").json(EnvironmentAnswer.self).url
      }
    }
    for milliseconds in stride(from: 2, through: 120, by: 8) {
      let before = try addresses()
      let swap = try shop.start("git", "eb", "swap", "green", "production")
      Thread.sleep(forTimeInterval: Double(milliseconds) / 1000)
      swap.interrupt(SIGKILL)
      _ = try #require(swap.wait())
      // The program that git runs goes on for the moment that it needs to see its end.
      let settled = try eventually {
        try shop.eb("restart", "-e", "green", "--wait", "30s").status == 0
      }
      #expect(settled)
      let after = try addresses()
      #expect(after == before || after == before.reversed(), "after \(milliseconds) ms")
      for name in ["production", "green"] {
        #expect(try shop.eb("health", "-e", name).status == 0, "\(name) after \(milliseconds) ms")
      }
    }
  }

  // MARK: - Stopping and making anew

  @Test func `A push that waits for health is aborted by another command`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    let page = try shop.page("production")
    try shop.repository.write("slow", "600\n")
    try shop.repository.commit("Be slow")
    let push = try shop.start("git", "eb", "push")
    try #require(
      eventually {
        (try? shop.eb("status", "--json").json(EnvironmentAnswer.self))?.status == "Updating"
          && push.error.contains("Environment update is starting.")
      })
    expect(
      try shop.eb("abort"),
      "! <time>  WARN   The deployment was interrupted; nothing was changed.")
    let screen = try #require(push.wait(seconds: 20))
    #expect(screen.status == 128 + SIGTERM, "\(screen)")
    #expect(screen.error.contains("error: interrupted\n"), "\(screen)")
    #expect(try shop.page("production") == page)
    expect(
      try shop.eb("abort"),
      """
      ! error: nothing that could be stopped is being done to environment 'production'
      ! hint: git eb status -e production
      [2]
      """)
    #expect(try shop.eb("abort", "-e", "nothing").status == 2)
  }

  @Test func `An environment is made anew with what it runs`() throws {
    let shop = try Workplace.shop(
      configuration: Shop.configuration + "environments: {dev: {protected: true}}\n")
    try #require(try shop.eb("push").status == 0)
    let page = try shop.page("production")
    for process in shop.processes { kill(process, SIGKILL) }
    #expect(try eventually { try shop.eb("health").status == 1 })
    expect(
      try shop.eb("rebuild"),
      """
      ! <time>  INFO   rebuildEnvironment is starting.
      ! <time>  INFO   New application version was deployed.
      ! <time>  INFO   Successfully launched environment: production.
      """)
    #expect(try shop.page("production") == page)
    #expect(try shop.eb("rebuild", "--json").json(OutcomeAnswer.self).outcome == "deployed")
    try #require(try shop.eb("clone", "production", "dev").status == 0)
    #expect(try shop.eb("rebuild", "-e", "dev").status == 2)
    #expect(try shop.eb("rebuild", "-e", "dev", "--yes").status == 0)
    try #require(try shop.eb("create", "empty").status == 0)
    #expect(try shop.eb("rebuild", "-e", "empty").error.hasPrefix("error: nothing is deployed"))
  }

  // MARK: - Taking back versions

  @Test func `Versions that nobody needs are taken back`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    let tagged = try label(shop)
    try shop.repository.git("tag", "v1.0.0")
    try shop.repository.git("tag", "-a", "-m", "one", "v1.0.1")
    let labels = try ["one", "two", "three", "four", "five"].map { try push(shop, $0) }
    try #require(try shop.eb("create", "old", "--version", labels[0]).status == 0)
    expect(
      try shop.eb("versions", "--prune", "--dry-run"),
      """
      ! keeps \(labels[4])  runs on production
      ! keeps \(labels[3])  ran before on production
      ! keeps \(labels[2])  ran before on production
      ! keeps \(labels[1])  one of the newest
      ! keeps \(labels[0])  runs on old
      ! keeps \(tagged)  a tag names its commit
      ! 0 versions would be removed, 6 kept
      """.normalized(shop))
    expect(
      try shop.eb("versions", "--prune", "--keep", "2", "--dry-run", "--quiet"),
      "would remove \(labels[1])".normalized(shop))
    #expect(try shop.eb("versions", "--prune", "--older-than", "1h").output == "")
    #expect(try shop.eb("versions").output.split(separator: "\n").count == 6)
    let pruned = try shop.eb("versions", "--prune", "--keep", "2", "--json").json(
      VersionPruneAnswer.self)
    #expect(pruned.removed == [labels[1]])
    #expect(pruned.kept.map(\.label) == [labels[4], labels[3], labels[2], labels[0], tagged])
    #expect(shop.published.count == 5)
    expect(
      try shop.eb("versions", "--delete", labels[0]),
      """
      ! error: version '\(labels[0])' runs on 'old'
      ! hint: deploy another version there first
      [2]
      """.normalized(shop))
    expect(
      try shop.eb("versions", "--delete", labels[2], "--delete", tagged),
      "removed \(labels[2])\nremoved \(tagged)".normalized(shop))
    expect(
      try shop.eb("versions", "--delete", tagged),
      """
      ! error: there is no version '\(tagged)'
      ! hint: git eb versions
      [2]
      """.normalized(shop))
    #expect(shop.published.count == 3)
    for arguments in [
      ["--keep", "1"], ["--dry-run"], ["--prune", "--delete", "x"], ["--prune", "--keep", "-1"],
      ["--prune", "--older-than", "soon"],
    ] {
      let screen = try shop.command(["git", "eb", "versions"] + arguments)
      #expect(screen.status == 64, "\(arguments): \(screen)")
    }
  }

  @Test func `What other tools call a command is corrected where git-eb calls it otherwise`() throws
  {
    let shop = try Workplace.shop()
    for (name, own) in ["deploy": "push", "appversion": "versions", "copy": "clone"] {
      expect(
        try shop.eb(name),
        """
        ! error: '\(name)' is not a command of git eb
        ! hint: did you mean '\(own)'?
        [64]
        """)
    }
  }
}

extension String {
  /// As a screen shows it.
  fileprivate func normalized(_ shop: Workplace) -> String {
    Screen.normalized(self, base: shop.base)
  }
}
