import Foundation
import TestSupport
import Testing

@Suite("git eb push --supersede", .serialized) struct SupersedeTests {
  /// A push of something that takes half a minute to start, when the host has begun with it.
  private func beginSlowly(_ shop: Workplace, _ arguments: String...) throws -> Background {
    try shop.repository.write("slow", "30\n")
    try shop.repository.commit("Be slow")
    let push = try shop.start(["git", "eb", "push"] + arguments)
    try #require(eventually { push.error.contains(" is starting.") }, "\(push.error)")
    return push
  }

  private func mend(_ shop: Workplace) throws -> String {
    try shop.repository.remove("slow")
    try shop.repository.write("greeting.txt", "newer\n")
    return try shop.repository.commit("Be fast")
  }

  @Test(arguments: [false, true])
  func `The newer push of a branch takes the place of the older one`(_ isNew: Bool) throws {
    let shop = try Workplace.shop()
    try shop.repository.git("switch", "--quiet", "--create", "issue91")
    if !isNew { try #require(try shop.eb("push").status == 0) }
    let older = try beginSlowly(shop)
    let newest = try mend(shop)
    let start = Date()
    let newer = try shop.eb("push", "--supersede")
    #expect(newer.status == 0, "\(newer)")
    #expect(Date().timeIntervalSince(start) < 25)
    #expect(
      newer.error.contains(/taking the place of issue91-\S+, which is on its way to 'issue91'\n/))
    #expect(try #require(older.wait()).status == 128 + SIGTERM)
    #expect(try shop.page("issue91") == Shop.page(newest, greeting: "newer"))
    #expect(shop.leftovers == [])
  }

  @Test func `A branch that was rebased takes the place of what it was`() throws {
    let shop = try Workplace.shop()
    try shop.repository.git("switch", "--quiet", "--create", "issue91")
    let older = try beginSlowly(shop)
    try shop.repository.git("reset", "--quiet", "--hard", "master")
    try shop.repository.write("greeting.txt", "rebased\n")
    let newest = try shop.repository.commit("Rebased")
    #expect(try shop.eb("push", "--supersede", "--force").status == 0)
    #expect(try #require(older.wait()).status == 128 + SIGTERM)
    #expect(try shop.page("issue91") == Shop.page(newest, greeting: "rebased"))
  }

  @Test func `What is newer, or of another branch, is left alone`() throws {
    let shop = try Workplace.shop()
    let older = try shop.repository.git("rev-parse", "HEAD")
    let push = try beginSlowly(shop)
    let refused = try shop.eb("push", "--supersede", older, "--branch", "master")
    #expect(refused.status == 2, "\(refused)")
    #expect(refused.error.contains(", which is on its way to 'production', is newer than what is"))
    try shop.repository.git("switch", "--quiet", "--create", "other", older)
    try shop.repository.write("greeting.txt", "other\n")
    try shop.repository.commit("Other")
    let other = try shop.eb("push", "--supersede", "-e", "production")
    #expect(other.status == 2, "\(other)")
    #expect(other.error.contains(", is not of the branch that is pushed\n"), "\(other)")
    #expect(push.isRunning)
  }

  @Test func `The same commit is waited for, and nothing is done twice`() throws {
    let shop = try Workplace.shop()
    try shop.repository.write("slow", "3\n")
    try shop.repository.commit("Be slow")
    let first = try shop.start("git", "eb", "push")
    try #require(eventually { first.error.contains(" is starting.") })
    let second = try shop.eb("push", "--supersede")
    #expect(second.status == 0, "\(second)")
    #expect(second.output.contains("[up to date]"), "\(second)")
    #expect(try #require(first.wait()).status == 0)
  }

  @Test func `On Beanstalk the newer push of a branch takes the place of the older one`()
    async throws
  {
    try await Tenant.open { shop in
      try #require(try shop.eb("push").status == 0)
      try shop.commit("Stuck", [".test/never-ready": ""])
      let older = try shop.start("push")
      try #require(eventually { older.error.contains("Environment update is starting.") })
      try shop.repository.remove(".test/never-ready")
      let newest = try shop.commit("Mend", ["greeting.txt": "hello\n"])
      let newer = try shop.eb("push", "--supersede")
      #expect(newer.status == 0, "\(newer)")
      #expect(newer.error.contains("taking the place of master-"), "\(newer)")
      #expect(try #require(older.wait()).status == 1)
      let status = try shop.eb("status", "--json").json(EnvironmentAnswer.self)
      #expect(status.version?.commit == newest)
    }
  }

  @Test func `On Beanstalk what is no deployment is not stopped, but waited for`() async throws {
    try await Tenant.open { shop in
      try #require(try shop.eb("push").status == 0)
      try shop.commit("Two", ["greeting.txt": "two\n"])
      try #require(try shop.eb("push").status == 0)
      let change = try shop.start("setenv", "MODE=new")
      try #require(try await shop.hasSeen("UpdateEnvironment"))
      try #require(eventually { change.error.contains("Environment update is starting.") })
      try shop.commit("Three", ["greeting.txt": "three\n"])
      let before = try await shop.log().last?.number ?? 0
      #expect(try shop.eb("push", "--supersede").status == 0)
      #expect(try #require(change.wait()).status == 0)
      let asked = try await shop.log(since: before).map(\.operation)
      #expect(!asked.contains("AbortEnvironmentUpdate"))
    }
  }
}
