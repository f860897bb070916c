import Foundation
import TestSupport
import Testing

/// Deployments that Beanstalk begins and that end badly. A bundle decides its fate there by files
/// below `.test/` (Tests/Server/cloud/beanstalk/life.py).
@Suite("git eb push: Beanstalk, failing", .serialized) struct BeanstalkFailureTests {
  /// Pushes a first version that runs, and gives its label.
  private func begin(_ shop: Tenant) throws -> String {
    let screen = try shop.eb("push", "--json")
    try #require(screen.status == 0, "\(screen)")
    return try screen.json(PushAnswer.self).version.label
  }

  @Test func `Failing on the instances: the reason is in the last lines, and the old one runs`()
    async throws
  {
    try await Tenant.open { shop in
      let first = try begin(shop)
      try shop.commit("Break", [".test/fail-deployment": "npm: not found\n"])
      expectCloud(
        try shop.eb("push", "-q"),
        """
        ! error: deployment failed on 'production'
        !   Instance deployment failed. For details, see 'eb-engine.log'.
        !   [Instance: <instance>] Command failed on instance. Return code: 1 Output: npm: not found.
        !   Unsuccessful command execution on instance id(s) '<instance>'. Aborting the operation.
        !   Failed to deploy application.
        !   <time> [ERROR] npm: not found
        !   <time> [ERROR] An error occurred during execution of command [app-deploy] - \
        [StageApplication]. Stop running the command.
        ! note: 'production' runs master-<id>-<digest8>
        ! hint: install it in a prebuild hook or under 'packages' in .ebextensions, or correct its \
        name (ES205)
        ! hint: git eb logs -e production
        [1]
        """)
      #expect(try await shop.environment("production")?.version == first)
      let answer = try shop.eb("push", "--json")
      #expect(answer.status == 1)
      let result = try answer.json(PushAnswer.self).result
      #expect(result.outcome == "failed")
      #expect(result.runningLabel == first)
      // The mended one is deployed.
      try shop.repository.remove(".test/fail-deployment")
      try shop.repository.commit("Mend")
      #expect(try shop.eb("push", "-q").status == 0)
    }
  }

  @Test func `The health may be green after a failure: the label decides`() async throws {
    try await Tenant.open { shop in
      let first = try begin(shop)
      try shop.commit(
        "Break", [".test/fail-deployment": "no", ".test/green-after-failure": ""])
      let screen = try shop.eb("push")
      #expect(screen.status == 1, "\(screen)")
      #expect(try await shop.environment("production")?.version == first)
    }
  }

  @Test func `A new environment that fails is a failure, and can be pushed to`() async throws {
    try await Tenant.open { shop in
      try shop.commit("Break", [".test/fail-deployment": "no such module\n"])
      let screen = try shop.eb("push")
      #expect(screen.status == 1)
      #expect(screen.error.contains("Output: no such module."), "\(screen)")
      try shop.repository.remove(".test/fail-deployment")
      try shop.repository.commit("Mend")
      #expect(try shop.eb("push").status == 0)
    }
  }

  @Test func `Files of .ebextensions that cannot be read are named, before they are sent`()
    async throws
  {
    try await Tenant.open { shop in
      let first = try begin(shop)
      try shop.commit("Break", [".ebextensions/web.config": "option_settings: [\n"])
      let checked = try shop.eb("push")
      #expect(checked.status == 2)
      #expect(
        checked.error.contains("error: .ebextensions/web.config:2:1: "), "\(checked)")
      #expect(checked.error.contains("[EB115]\n") && !checked.error.contains("published"))
      let screen = try shop.eb("push", "--no-check")
      #expect(screen.status == 1)
      #expect(
        screen.error.contains(
          "\n  The configuration file .ebextensions/web.config in application version "),
        "\(screen)")
      #expect(try await shop.environment("production")?.version == first)
    }
  }

  @Test func `What Beanstalk cannot process fails, and is made anew by the next push`()
    async throws
  {
    try await Tenant.open { shop in
      let first = try begin(shop)
      try shop.commit("Break", [".test/fail-processing": ""])
      for _ in 1...2 {
        // The second time it used to be deployed, and to be refused.
        expectCloud(
          try shop.eb("push", "--process", "-q"),
          """
          ! error: Beanstalk could not process version 'master-<id>-<digest8>'
          ! hint: look at env.yaml, Dockerrun.aws.json and .ebextensions: it gives no reason
          [1]
          """)
      }
      #expect(try await shop.environment("production")?.version == first)
      #expect(try await shop.state().labels.count == 2)
      // Unprocessed it can be deployed.
      let requests = try await shop.requests { try shop.push("-q") }
      #expect(!requests.contains { $0.operation == "PutObject" })
      #expect(try await shop.state().labels.count == 2)
      try shop.commit("Greet", ["greeting.txt": "hello\n", ".test/fail-processing": ""])
      try shop.repository.remove(".test/fail-processing")
      try shop.repository.commit("Mend")
      let answer = try shop.eb("push", "--process", "--json").json(PushAnswer.self)
      #expect(answer.result.outcome == "deployed")
      #expect(try await shop.state().version(answer.version.label)?.status == "PROCESSED")
    }
  }

  @Test func `Red after the deployment is a failure; --rollback-on-failure puts the old one back`()
    async throws
  {
    try await Tenant.open { shop in
      let first = try begin(shop)
      try shop.commit("Break", [".test/health": "Red Severe"])
      // Health may take fifteen seconds to turn.
      let screen = try shop.eb(
        "push", "--rollback-on-failure", "-q", with: ["GIT_EB_TEST_PACE": "0.2"])
      expectCloud(
        screen,
        """
        ! error: deployment failed on 'production'
        !   100.0 % of the requests are failing with HTTP 5xx.
        ! note: 'production' runs master-<id>-<digest8>
        ! hint: git eb logs -e production
        ! note: 'production' was put back to master-<id>-<digest8>
        [1]
        """)
      #expect(try await shop.environment("production")?.summary == "Ready Green \(first)")
    }
  }

  @Test func `Never healthy and never ready: given up in time, and the deployment goes on`()
    async throws
  {
    try await Tenant.open { shop in
      _ = try begin(shop)
      let words = """
        ! error: gave up waiting for 'production'; the deployment goes on
        ! hint: git eb events -f -e production
        [3]
        """
      try shop.commit("Slow", [".test/slow-health": "1000000"])
      let start = Date()
      expectCloud(try shop.eb("push", "-q", "--timeout", "3s"), words)
      #expect(Date().timeIntervalSince(start) < 20)
      try shop.repository.remove(".test/slow-health")
      try shop.commit("Stuck", [".test/never-ready": ""])
      expectCloud(try shop.eb("push", "-q", "--timeout", "2s"), words)
      expectCloud(
        try shop.eb("push", "-q"),
        """
        ! error: environment 'production' is busy: Beanstalk is at work on it
        ! hint: --wait 10m waits for it
        [2]
        """)
      expectCloud(
        try shop.eb("push", "-q", "--wait", "1s"),
        """
        ! error: gave up waiting: environment 'production' is busy: Beanstalk is at work on it
        [3]
        """)
    }
  }

  @Test func `Not waited for, it has begun`() async throws {
    try await Tenant.open { shop in
      _ = try begin(shop)
      try shop.commit("Greet", ["greeting.txt": "hello\n"])
      let screen = try shop.eb("push", "--no-wait")
      #expect(screen.status == 0)
      #expect(!screen.error.contains("Environment update is starting."), "\(screen)")
      try await shop.settle()
      let status = try shop.eb("status", "--json").json(EnvironmentAnswer.self)
      let head = try shop.repository.git("rev-parse", "HEAD")
      #expect(status.version?.commit == head)
    }
  }
}
