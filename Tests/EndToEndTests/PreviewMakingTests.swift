import Foundation
import TestSupport
import Testing

@Suite("Previews: made by a push") struct PreviewMakingTests {
  private static func configuration(_ more: String) -> String {
    Shop.configuration + more
  }

  private func branch(_ name: String, _ text: String, in shop: GitFixture) throws {
    try shop.git("switch", "--quiet", "--create", name, "master")
    try shop.write("greeting.txt", text + "\n")
    try shop.commit("Say \(text)")
  }

  // MARK: - On the local host

  @Test func `A preview is tagged, and takes what its model has not for itself alone`() throws {
    let shop = try Workplace.shop(
      configuration: Self.configuration(
        """
        environments: {production: {variables: {TOKEN: canary}}}
        previews: {like: production, ttl: 72h}

        """))
    try shop.repository.git("remote", "add", "origin", "https://u:p@GitHub.com/o/shop.git")
    // The base branch's configuration counts for a pull request.
    try shop.repository.git("update-ref", "refs/remotes/origin/master", "master")
    try #require(try shop.eb("push").status == 0)
    try #require(try shop.eb("setenv", "MODE=lax").status == 0)
    try branch("issue91", "carts", in: shop.repository)
    let pull = [
      "GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/pull/12/merge", "GITHUB_BASE_REF": "master",
    ]
    expect(
      try shop.eb("push", with: pull),
      """
      To <base>/state/git-eb/shop
       * [new environment]  issue91 -> issue91  (issue91-<id>-<digest8>, <size>, <duration>)
      http://127.0.0.1:<port>/
      ! bundled 7 entries, <size>
      ! published issue91-<id>-<digest8>
      ! <time>  INFO   createEnvironment is starting.
      ! <time>  INFO   New application version was deployed.
      ! <time>  INFO   Successfully launched environment: issue91.
      """)
    func tags() throws -> [String: String] {
      try shop.eb("status", "-e", "issue91", "--json").json(EnvironmentAnswer.self).tags
    }
    #expect(
      try tags() == [
        "git-eb:ephemeral": "true", "git-eb:repository": "github.com/o/shop",
        "git-eb:branch": "issue91", "git-eb:ttl": "3d", "git-eb:base": "master",
        "git-eb:pull-request": "12", "git-eb:ahead": "true",
      ])
    expect(try shop.eb("printenv", "--values"), "MODE=lax")
    // What only continuous integration knows stays; what is configured otherwise changes.
    try #require(
      try shop.eb("push", with: ["GIT_EB_PREVIEWS_TTL": "1h"]).status == 0)
    #expect(try tags()["git-eb:ttl"] == "1h")
    #expect(try tags()["git-eb:pull-request"] == "12")
    // An environment of that name that nobody made as a preview does not become one.
    try branch("issue92", "more", in: shop.repository)
    try #require(try shop.eb("create", "issue92").status == 0)
    try #require(try shop.eb("push").status == 0)
    #expect(
      try shop.eb("status", "--json").json(EnvironmentAnswer.self).tags["git-eb:ephemeral"] == nil)
  }

  @Test func `A preview more than the limit is refused before anything is built`() throws {
    let shop = try Workplace.shop(configuration: Self.configuration("previews: {limit: 2}\n"))
    for name in ["issue1", "issue2", "issue3"] { try branch(name, name, in: shop.repository) }
    try #require(try shop.eb("push", "issue1").status == 0)
    try #require(try shop.eb("push", "issue2").status == 0)
    let refusal = """
      ! error: this repository has 2 previews, and previews.limit is 2
      !   oldest: issue1, branch issue1, deployed just now
      !   oldest: issue2, branch issue2, deployed just now
      ! hint: git eb prune
      [2]
      """
    expect(try shop.eb("push", "issue3"), refusal)
    expect(try shop.eb("push", "issue3", "--dry-run"), refusal)
    #expect(try shop.eb("versions").output.split(separator: "\n").count == 2)
    // Those that are there are deployed to, and shared environments do not count.
    try #require(try shop.eb("push", "issue2").status == 0)
    try #require(try shop.eb("push", "master").status == 0)
    try #require(try shop.eb("terminate", "-e", "issue1", "--yes").status == 0)
    try #require(try shop.eb("push", "issue3").status == 0)
  }

  @Test func `--open shows the address in the browser`() throws {
    let shop = try Workplace.shop()
    let browser = "\(shop.base)/browser"
    try shop.python(
      """
      import os, sys
      open(sys.argv[1], "w").write("#!/bin/sh\\necho $1 > " + sys.argv[1] + ".seen\\n")
      os.chmod(sys.argv[1], 0o755)
      """, browser)
    let answer = try shop.eb("push", "--open", "--json", with: ["BROWSER": browser])
    let url = try #require(try answer.json(PushAnswer.self).url)
    #expect(try String(contentsOfFile: browser + ".seen", encoding: .utf8) == url + "\n")
  }

  @Test func `Two pushes of one branch at once make one environment`() throws {
    let shop = try Workplace.shop()
    try branch("issue91", "carts", in: shop.repository)
    let pushes = try (1...3).map { _ in try shop.start("git", "eb", "push", "--wait", "60s") }
    for push in pushes {
      let screen = try #require(push.wait())
      #expect(screen.status == 0, "\(screen)")
    }
    let events = try shop.eb("events").output
    #expect(events.components(separatedBy: "createEnvironment is starting.").count == 2)
    #expect(try shop.page("issue91").contains("greeting: carts\n"))
  }

  @Test func `Fifty branches that four pushes make at once are fifty environments`() throws {
    let shop = try Workplace.shop(configuration: Self.configuration("previews: {limit: 50}\n"))
    try shop.repository.git("rm", "--quiet", "Procfile")
    try shop.repository.commit("Be files alone")
    let names = (1...50).map { "issue\($0)" }
    let made = try shop.command(
      [
        "bash", "-euc",
        """
        for name; do
          git switch --quiet --create "$name" master
          echo "$name" > greeting.txt
          git commit --quiet --all --message="Say $name"
        done
        """, "bash",
      ] + names)
    try #require(made.status == 0, "\(made)")
    let pushes = try (0..<4).map { part in
      let own = names.enumerated().filter { $0.offset % 4 == part }.map(\.element)
      return try shop.start(
        ["bash", "-euc", #"for name; do git eb push --quiet "$name"; done"#, "bash"] + own)
    }
    for push in pushes {
      let screen = try #require(push.wait(seconds: 120))
      #expect(screen.status == 0, "\(screen)")
    }
    let found = try shop.eb("list", "--json").json([EnvironmentAnswer].self)
    #expect(found.map(\.name) == names.sorted())
    for environment in found {
      #expect(environment.health == "Green")
      #expect(environment.tags["git-eb:branch"] == environment.name)
      let current = "\(shop.environmentDirectory(environment.name))/current"
      #expect(
        try String(contentsOfFile: current + "/greeting.txt", encoding: .utf8)
          == environment.name + "\n")
    }
    let records = try shop.repository.git("for-each-ref", "refs/eb/deployments")
    #expect(records.split(separator: "\n").count == 50)
  }

  // MARK: - On Elastic Beanstalk

  private static let like = """
    previews:
      like: production
      ttl: 72h
      instanceType: t4g.small
      settings: {"aws:autoscaling:asg": {MaxSize: 2}}
    environments:
      production: {variables: {TOKEN: canary-of-production}}

    """

  /// Sets options of the environment as somebody else would.
  private func set(_ options: [[String]], of environment: String, in shop: Tenant) async throws {
    let text = String(decoding: try JSONEncoder().encode(options), as: UTF8.self)
    try shop.boto(
      """
      boto3.client("elasticbeanstalk").update_environment(
          EnvironmentName=sys.argv[1],
          OptionSettings=[
              {"Namespace": n, "OptionName": o, "Value": v}
              for n, o, v in json.loads(sys.argv[2])])
      """, environment, text)
    try await shop.settle()
  }

  @Test func `On Beanstalk a preview is tagged in the creating call, and takes no secrets`()
    async throws
  {
    try await Tenant.open(Tenant.configuration + Self.like) { shop in
      try shop.repository.git("remote", "add", "origin", "git@github.com:o/shop.git")
      try shop.push()
      let secrets = "aws:elasticbeanstalk:application:environmentsecrets"
      let variables = "aws:elasticbeanstalk:application:environment"
      try await set(
        [
          [variables, "MODE", "lax"], [secrets, "KEY", "arn:aws:secretsmanager:x"],
          ["aws:autoscaling:asg", "Cooldown", "720"],
        ], of: "production", in: shop)
      try branch("issue9100", "carts", in: shop.repository)
      let requests = try await shop.requests {
        let answer = try shop.push()
        #expect(answer.url == "http://issue9100.eu-central-1.elasticbeanstalk.com")
      }
      #expect(requests.filter { $0.operation == "UpdateTagsForResource" }.isEmpty)
      let preview = try #require(try await shop.environment("issue9100"))
      #expect(
        preview.tags == [
          "git-eb:ephemeral": "true", "git-eb:repository": "github.com/o/shop",
          "git-eb:branch": "issue9100", "git-eb:ttl": "3d", "git-eb:base": "master",
          "git-eb:ahead": "true",
        ])
      #expect(preview.option(variables, "MODE") == "lax")
      #expect(preview.option(variables, "TOKEN") == nil)
      #expect(preview.option(secrets, "KEY") == nil)
      #expect(preview.option("aws:autoscaling:asg", "Cooldown") == "720")
      #expect(preview.option("aws:autoscaling:asg", "MaxSize") == "2")
      #expect(preview.option("aws:ec2:instances", "InstanceTypes") == "t4g.small")
      // Another push changes tags only where they differ.
      try shop.commit("Change", ["greeting.txt": "changed\n"])
      let again = try await shop.requests { try shop.push() }
      #expect(!again.contains { $0.operation == "UpdateTagsForResource" })
      let screen = try shop.eb("push", with: ["GIT_EB_PREVIEWS_TTL": "1h"])
      #expect(screen.status == 0, "\(screen)")
      #expect(try await shop.environment("issue9100")?.tags["git-eb:ttl"] == "1h")
    }
  }

  @Test func `An address that is taken is left to whoever has it`() async throws {
    try await Tenant.open { shop in
      let free = """
        client = boto3.client("elasticbeanstalk")
        client.create_application(ApplicationName="other")
        client.create_environment(
            ApplicationName="other", EnvironmentName="otherone", CNAMEPrefix="issue9200",
            SolutionStackName=client.list_available_solution_stacks()["SolutionStacks"][0])
        """
      try shop.boto(free)
      try await shop.settle()
      try branch("issue9200", "carts", in: shop.repository)
      let url = try #require(try shop.push().url)
      #expect(url.hasPrefix("http://issue9200-") && url.hasSuffix(".elasticbeanstalk.com"))
    }
  }

  @Test func `A model with a database of its own is refused before anything is uploaded`()
    async throws
  {
    try await Tenant.open(Tenant.configuration + "previews: {like: production}\n") { shop in
      try shop.push()
      try await set(
        [["aws:rds:dbinstance", "HasCoupledDatabase", "true"]], of: "production", in: shop)
      try branch("issue91", "carts", in: shop.repository)
      let before = try await shop.state().objects
      expectCloud(
        try shop.eb("push"),
        """
        ! error: 'production' has a database tied to it, and what is made like it would get another
        ! hint: save a configuration without aws:rds:dbinstance, and set previews.like to it
        ! hint: or leave previews.like out, and write previews.settings
        [2]
        """)
      #expect(try await shop.state().objects == before)
    }
  }

  @Test func `On Beanstalk two pushes of one branch at once make one environment`() async throws {
    try await Tenant.open(Tenant.configuration + "previews: {like: production}\n") { shop in
      try shop.push()
      try branch("issue91", "carts", in: shop.repository)
      let requests = try await shop.requests {
        let pushes = try (1...3).map { _ in try shop.start("push", "--wait", "60s") }
        for push in pushes {
          let screen = push.wait(seconds: 120)
          #expect(screen?.status == 0, "\(screen?.description ?? "it goes on")")
        }
      }
      #expect(requests.count { $0.operation == "CreateEnvironment" && $0.status == 200 } == 1)
      let found = try await shop.state().environments.filter { $0.name == "issue91" }
      #expect(found.map(\.status) == ["Ready"])
    }
  }

  @Test func `A push that waits makes a preview again that is being terminated`() async throws {
    try await Tenant.open { shop in
      try branch("issue93", "carts", in: shop.repository)
      try shop.push()
      try shop.boto(
        #"boto3.client("elasticbeanstalk").terminate_environment(EnvironmentName="issue93")"#)
      try shop.push("--wait", "60s")
      #expect(try await shop.environment("issue93")?.status == "Ready")
      #expect(try await shop.state().environments.count { $0.name == "issue93" } == 2)
    }
  }

  @Test func `Fifty branches that four pushes make at once on Beanstalk are fifty environments`()
    async throws
  {
    try await Tenant.open(
      Tenant.configuration + "previews: {like: production, limit: 50}\n"
    ) { shop in
      try shop.push()
      let names = (1...50).map { "issue\($0)" }
      for name in names { try branch(name, name, in: shop.repository) }
      let pushes = try (0..<4).map { part in
        let own = names.enumerated().filter { $0.offset % 4 == part }.map(\.element)
        return try shop.shop.start(
          ["bash", "-euc", #"for name; do git eb push --quiet "$name"; done"#, "bash"] + own)
      }
      for push in pushes {
        let screen = try #require(push.wait(seconds: 180))
        #expect(screen.status == 0, "\(screen)")
      }
      for name in names {
        let made = try #require(try await shop.environment(name))
        #expect(made.tags["git-eb:branch"] == name)
        let label = try #require(made.version)
        #expect(try await shop.bundle(label)["greeting.txt"] == name + "\n")
      }
      try branch("issue51", "one more", in: shop.repository)
      let screen = try shop.eb("push")
      #expect(screen.status == 2 && screen.error.contains("previews.limit is 50"), "\(screen)")
    }
  }
}
