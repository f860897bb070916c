import Foundation
import TestSupport
import Testing

@Suite("git eb sleep and wake") struct SleepTests {
  private struct Asleep: Decodable {
    var asleep: Bool
    var health: String
  }

  private func health(_ environment: String, _ shop: Workplace) throws -> String {
    let answer = try shop.eb("status", "-e", environment, "--json").json(Asleep.self)
    return answer.asleep ? "asleep" : answer.health
  }

  @Test func `An environment that sleeps has no processes, and says so at its address`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push", "-e", "dev").status == 0)
    let url = try shop.eb("open", "--print", "-e", "dev").output
    expect(
      try shop.eb("sleep", "dev"),
      """
      ! <time>  INFO   Environment is going to sleep.
      ! <time>  INFO   Environment is asleep.
      """)
    let python = try shop.command(["pgrep", "-f", "\(shop.host)/environments/dev/.*app.py"])
    #expect(python.output == "")
    #expect(try shop.page("dev").contains("This environment sleeps: 'git eb wake'"))
    let answer = try shop.command(
      ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}"]
        + [url.trimmingCharacters(in: .whitespacesAndNewlines)])
    #expect(answer.output == "503")
    #expect(try health("dev", shop) == "asleep")
    let list = try shop.eb("list").output
    #expect(list.contains("dev  Asleep  "), "\(list)")
    // Again, and as a document.
    let again = try shop.eb("sleep", "dev", "--json")
    #expect(again.status == 0 && again.error == "" && again.output.contains("\"deployed\""))
    expect(try shop.eb("recover"), "! note: nothing was left")
    expect(
      try shop.eb("wake", "dev"),
      """
      ! <time>  INFO   restartAppServer is starting.
      ! <time>  INFO   restartAppServer completed successfully.
      """)
    expect(try shop.eb("wake", "dev"), "")
    #expect(try shop.eb("open", "--print", "-e", "dev").output == url)
    #expect(try shop.page("dev").contains("greeting: "))
    #expect(try health("dev", shop) == "Green")
  }

  @Test func `A push wakes what sleeps, also with what it ran before`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    try #require(try shop.eb("sleep").status == 0)
    try #require(try shop.eb("push").status == 0)
    #expect(try health("production", shop) == "Green")
    try #require(try shop.eb("sleep").status == 0)
    try shop.repository.write("greeting.txt", "again\n")
    try shop.repository.commit("Greet again")
    try #require(try shop.eb("push").status == 0)
    #expect(try shop.page("production").contains("greeting: again\n"))
  }

  @Test func `A push that fails leaves asleep what slept`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    try #require(try shop.eb("sleep").status == 0)
    try shop.repository.write("broken", "closed\n")
    try shop.repository.commit("Break it")
    #expect(try shop.eb("push").status == 1)
    #expect(try health("production", shop) == "asleep")
    try #require(try shop.eb("wake").status == 0)
    #expect(try health("production", shop) == "Green")
  }

  @Test func `A protected environment sleeps only when that is confirmed`() throws {
    let shop = try Workplace.shop(
      configuration: Shop.configuration + "environments: {production: {protected: true}}\n")
    try #require(try shop.eb("push").status == 0)
    expect(
      try shop.eb("sleep"),
      """
      ! error: not confirmed
      ! hint: --yes goes ahead without asking
      [2]
      """)
    #expect(try health("production", shop) == "Green")
    try #require(try shop.eb("sleep", "--yes").status == 0)
    #expect(try health("production", shop) == "asleep")
  }

  @Test func `One that cannot sleep does not keep the others awake`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    try #require(try shop.eb("create", "qa").status == 0)
    let screen = try shop.eb("sleep", "-q", "nowhere", "qa", "production")
    expect(
      screen,
      """
      ! error: there is no environment 'nowhere'
      ! hint: git eb list
      ! error: nothing is deployed to 'qa'
      ! hint: git eb push
      [2]
      """)
    #expect(try health("production", shop) == "asleep")
  }

  // MARK: - On Elastic Beanstalk

  private let group = "aws:autoscaling:asg"

  private func size(_ environment: CloudState.Environment?) -> String {
    "\(environment?.option(group, "MinSize") ?? "") \(environment?.option(group, "MaxSize") ?? "")"
  }

  @Test func `On Beanstalk it has no instances, and as many as before when it wakes`() async throws
  {
    try await Tenant.open { shop in
      try shop.push()
      try #require(try shop.eb("scale", "2-3").status == 0)
      try #require(try shop.eb("sleep").status == 0)
      var production = try await shop.environment("production")
      #expect(size(production) == "0 0")
      #expect(production?.tags["git-eb:awake"] == "2-3")
      #expect(try health("production", shop.shop) == "asleep")
      #expect(try shop.eb("list").output.contains("Asleep"))
      try #require(try shop.eb("wake").status == 0)
      production = try await shop.environment("production")
      #expect(size(production) == "2 3")
      #expect(try health("production", shop.shop) == "Green")
      // The tag is right already, so that it is one update.
      let requests = try await shop.requests { try shop.eb("sleep") }
      #expect(requests.count { $0.operation == "UpdateEnvironment" } == 1)
      #expect(!requests.contains { $0.operation == "UpdateTagsForResource" })
      try shop.commit("Change", ["greeting.txt": "changed\n"])
      let push = try await shop.requests { try shop.push() }
      #expect(push.count { $0.operation == "UpdateEnvironment" } == 1)
      production = try await shop.environment("production")
      #expect(size(production) == "2 3")
      #expect(production?.health == "Green")
    }
  }

  @Test func `A preview that is made like one that sleeps is awake`() async throws {
    try await Tenant.open(Tenant.configuration + "previews: {like: production}\n") { shop in
      try shop.push()
      try #require(try shop.eb("scale", "1-2").status == 0)
      try #require(try shop.eb("sleep").status == 0)
      try shop.repository.git("switch", "--quiet", "--create", "issue91")
      try shop.push()
      #expect(size(try await shop.environment("issue91")) == "1 2")
    }
  }

  @Test func `A single instance is refused, since Beanstalk keeps it running`() async throws {
    try await Tenant.open(
      Tenant.configuration + "environments: {production: {single: true}}\n"
    ) { shop in
      try shop.push()
      expectCloud(
        try shop.eb("sleep"),
        """
        ! error: 'production' cannot sleep: Beanstalk keeps an environment with a single instance \
        running
        ! hint: git eb terminate -e production; the next push makes it again
        [2]
        """)
    }
  }
}
