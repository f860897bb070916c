import Foundation
import TestSupport
import Testing

/// What others make, git-eb sees, and the other way round.
@Suite("git-eb beside boto3 and the EB CLI", .serialized) struct BeanstalkNeighbourTests {
  @Test func `boto3 sees what git-eb made`() async throws {
    try await Tenant.open { shop in
      let answer = try shop.eb("push", "--json").json(PushAnswer.self)
      let text = try shop.boto(
        """
        client = boto3.client("elasticbeanstalk")
        environment = client.describe_environments(EnvironmentNames=["production"])["Environments"][0]
        version = client.describe_application_versions(
            ApplicationName="shop", VersionLabels=[environment["VersionLabel"]]
        )["ApplicationVersions"][0]
        tags = client.list_tags_for_resource(ResourceArn=version["ApplicationVersionArn"])
        print(json.dumps({
            "label": environment["VersionLabel"], "health": environment["Health"],
            "commit": {one["Key"]: one["Value"] for one in tags["ResourceTags"]}["git-eb:commit"],
            "key": version["SourceBundle"]["S3Key"],
        }))
        """)
      let seen = try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
      #expect(seen["label"] == answer.version.label)
      #expect(seen["health"] == "Green")
      #expect(seen["commit"] == answer.version.commit)
      #expect(seen["key"] == "shop/\(answer.version.label).zip")
    }
  }

  @Test(.enabled(if: BeanstalkNeighbourTests.ebCLI != nil, "GIT_EB_TEST_EB names the EB CLI"))
  func `The EB CLI and git-eb take turns on one environment`() async throws {
    let eb = try #require(Self.ebCLI)
    try await Tenant.open { shop in
      let first = try shop.eb("push", "--json").json(PushAnswer.self)
      func run(_ arguments: String...) throws -> String {
        let screen = try shop.shop.command([eb] + arguments)
        #expect(screen.status == 0, "\(screen)")
        return screen.output
      }
      try shop.repository.write(
        ".elasticbeanstalk/config.yml",
        """
        branch-defaults:
          master:
            environment: production
        global:
          application_name: shop
          default_region: eu-central-1
          sc: git

        """)
      try shop.repository.write(".gitignore", ".elasticbeanstalk/\n.secrets/\n")
      try shop.repository.commit("Use the EB CLI, too")
      let status = try run("status")
      #expect(status.contains("Deployed Version: \(first.version.label)"), "\(status)")
      #expect(status.contains("Health: Green"))
      #expect(try run("deploy").contains("Environment update completed successfully."))
      // A version that git-eb did not make.
      let theirs = try shop.eb("status", "--json").json(EnvironmentAnswer.self)
      let label = try #require(theirs.version?.label)
      #expect(label.hasPrefix("app-"))
      #expect(theirs.version?.commit == nil)
      // Nothing says its commit, but its label and its description lead there.
      #expect(
        try shop.repository.git("rev-parse", "refs/remotes/eb/production")
          == shop.repository.git("rev-parse", "HEAD"))
      expectCloud(
        try shop.eb("status"),
        """
        environment:  production
        branch:       master (up to date)
        host:         beanstalk shop in eu-central-1
        status:       Ready
        health:       Green
        version:      \(label)
        commit:       <id> Use the EB CLI, too (<age>)
        url:          http://production.eba-<code>.eu-central-1.elasticbeanstalk.com
        updated:      <time> (just now)
        """)
      // Nothing says which commit runs, so nothing can be lost.
      let second = try shop.eb("push", "--json").json(PushAnswer.self)
      #expect(second.published)
      #expect(try run("status").contains("Deployed Version: \(second.version.label)"))
      let labels = try shop.eb("versions", "--json").json([PublishedAnswer].self)
        .map(\.version.label)
      #expect(Set(labels) == [first.version.label, second.version.label, label])
    }
  }

  /// The EB CLI of the environment that Scripts/lib/python_environment makes.
  private static var ebCLI: String? {
    ProcessInfo.processInfo.environment["GIT_EB_TEST_EB"].flatMap { $0.isEmpty ? nil : $0 }
  }
}
