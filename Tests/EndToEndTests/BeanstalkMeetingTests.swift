import Foundation
import TestSupport
import Testing

@Suite("git eb push: Beanstalk, interrupted, waiting, and at the same time", .serialized)
struct BeanstalkMeetingTests {
  /// Both pushes at once, started together.
  private func together(
    _ shop: Tenant, _ first: [String], _ second: [String]
  ) throws -> [Screen] {
    let pushes = try [first, second].map { try shop.shop.start(["git", "eb", "push"] + $0) }
    let screens = try pushes.map { try #require($0.wait()) }
    for screen in screens { shop.checkSecrecy(screen) }
    return screens
  }

  @Test func `Two pushes of the same to a new environment: one makes it, both end well`()
    async throws
  {
    try await Tenant.open { shop in
      let screens = try together(shop, ["--wait", "1m"], ["--wait", "1m"])
      #expect(screens.map(\.status) == [0, 0], "\(screens)")
      let state = try await shop.state()
      #expect(state.labels.count == 1)
      #expect(state.environments.map(\.name) == ["production"])
      #expect(state.environments.map(\.summary) == ["Ready Green \(state.labels[0])"])
    }
  }

  @Test func `Two pushes of different commits: the newer one runs in the end`() async throws {
    try await Tenant.open { shop in
      try #require(try shop.eb("push").status == 0)
      try shop.commit("Two", ["greeting.txt": "two\n"])
      let newest = try shop.commit("Three", ["greeting.txt": "three\n"])
      let screens = try together(shop, ["HEAD~1", "--wait", "1m"], ["--wait", "1m"])
      #expect(screens[1].status == 0, "\(screens[1])")
      // The older one came first, or was refused because it came second.
      if screens[0].status != 0 {
        #expect(screens[0].status == 2)
        #expect(screens[0].error.contains("which is not an ancestor of"), "\(screens[0])")
      }
      let status = try shop.eb("status", "--json").json(EnvironmentAnswer.self)
      #expect(status.version?.commit == newest)
      #expect(status.status == "Ready")
    }
  }

  @Test func `A busy environment is refused before anything is bundled, and waited for if asked`()
    async throws
  {
    try await Tenant.open { shop in
      try #require(try shop.eb("push").status == 0)
      try shop.commit("Stuck", [".test/never-ready": ""])
      try #require(try shop.eb("push", "--no-wait").status == 0)
      try shop.repository.remove(".test/never-ready")
      try shop.commit("Mend", ["greeting.txt": "hello\n"])
      let refused = try await shop.requests {
        expectCloud(
          try shop.eb("push"),
          """
          ! error: environment 'production' is busy: Beanstalk is at work on it
          ! hint: --wait 10m waits for it
          [2]
          """)
      }
      #expect(refused.map(\.operation) == ["DescribeEnvironments", "DescribeApplicationVersions"])
      let push = try shop.start("push", "--wait", "1m")
      let told = "waiting for 'production', which is busy\n"
      #expect(eventually { push.error.hasPrefix(told) }, "\(push.error)")
      try shop.boto(
        """
        boto3.client("elasticbeanstalk").abort_environment_update(EnvironmentName="production")
        """)
      let screen = try #require(push.wait())
      #expect(screen.status == 0, "\(screen)")
      let head = try shop.repository.git("rev-parse", "HEAD")
      let status = try shop.eb("status", "--json").json(EnvironmentAnswer.self)
      #expect(status.version?.commit == head)
    }
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `Interrupted while it uploads it takes the upload back`(_ signal: Int32) async throws {
    try await Tenant.open { shop in
      try #require(try shop.eb("push").status == 0)
      let before = try await shop.state()
      try shop.grow(20)
      try await shop.breaks(.init("delay", "UploadPart", times: nil, seconds: 60))
      let push = try shop.start("push")
      try #require(try await shop.hasSeen("UploadPart"))
      push.interrupt(signal)
      let start = Date()
      let screen = try #require(push.wait())
      #expect(Date().timeIntervalSince(start) < 10)
      #expect(screen.status == 128 + signal, "\(screen)")
      #expect(screen.error.contains("error: interrupted\n"), "\(screen)")
      let state = try await shop.state()
      #expect(state.uploads == [])
      #expect(state.labels == before.labels)
      #expect(state.objects == before.objects)
      #expect(state.environments.map(\.summary) == before.environments.map(\.summary))
      try await shop.mend()
      #expect(try shop.eb("push", "-q").status == 0)
    }
  }

  @Test func `Interrupted while Beanstalk deploys it says that the work goes on`() async throws {
    try await Tenant.open { shop in
      try #require(try shop.eb("push").status == 0)
      try shop.commit("Stuck", [".test/never-ready": ""])
      let push = try shop.start("push")
      let began = eventually { push.error.contains("Environment update is starting.") }
      try #require(began, "\(push.error)")
      push.interrupt()
      let screen = try #require(push.wait())
      #expect(screen.status == 130)
      #expect(
        screen.error.hasSuffix(
          """
          error: interrupted; the work on 'production' goes on
          hint: git eb events -f -e production
          hint: git eb abort -e production

          """), "\(screen)")
      #expect(try await shop.environment("production")?.status == "Updating")
    }
  }

  @Test func `Killed while it uploads, the next push leaves nothing of it`() async throws {
    try await Tenant.open { shop in
      try #require(try shop.eb("push").status == 0)
      try shop.grow(20)
      try await shop.breaks(.init("delay", "UploadPart", times: nil, seconds: 60))
      let push = try shop.start("push")
      try #require(try await shop.hasSeen("UploadPart"))
      push.interrupt(SIGKILL)
      _ = try #require(push.wait())
      try await shop.mend()
      #expect(try await shop.state().uploads.count == 1)
      #expect(try shop.eb("push", "-q").status == 0)
      #expect(try await shop.state().uploads == [])
      #expect(try await shop.state().labels.count == 2)
    }
  }
}
