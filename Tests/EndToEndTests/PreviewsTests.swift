import Foundation
import TestSupport
import Testing

@Suite("git eb previews") struct PreviewsTests {
  private struct Answer: Decodable {
    struct Cost: Decodable {
      var instanceType: String
      var instances: Int
      var hourly: Double
    }

    var environment: String
    var branch: String
    var base: String?
    var pullRequest: Int?
    var commit: String?
    var lastDeployment: Date
    var ttl: Int?
    var expires: Date?
    var expiresBy: String?
    var cost: Cost?
  }

  private func shop(_ more: String = "previews: {ttl: 72h}\n") throws -> (Workplace, PreviewGround)
  {
    let shop = try Workplace.shop(configuration: Shop.configuration + more)
    return (shop, try PreviewGround(shop.repository))
  }

  @Test func `Each branch's own environment is a row, and no other`() throws {
    let (shop, ground) = try shop()
    try #require(try shop.eb("push", "-q").status == 0)
    expect(
      try shop.eb("previews"), "! 'shop' has no previews of this repository")
    try ground.branch("issue91")
    try #require(try shop.eb("push", "-q").status == 0)
    try ground.branch("issue92")
    let variables = [
      "GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/pull/12/merge", "GITHUB_HEAD_REF": "issue92",
      "GITHUB_BASE_REF": "master",
    ]
    try #require(try shop.eb("push", "-q", with: variables).status == 0)
    expect(
      try shop.eb("previews"),
      """
      issue91       issue91  Green  <id>  deployed just now  expires in 2 days  -  \
      http://127.0.0.1:<port>/
      issue92  #12  issue92  Green  <id>  deployed just now  expires in 2 days  -  \
      http://127.0.0.1:<port>/
      """.replacing("  -  ", with: "  "))
    let answers = try shop.eb("previews", "--json").json([Answer].self)
    #expect(answers.map(\.branch) == ["issue91", "issue92"])
    #expect(answers.map(\.pullRequest) == [nil, 12])
    #expect(answers.map(\.base) == ["master", "master"])
    #expect(answers.map(\.ttl) == [259_200, 259_200])
    #expect(answers.map(\.expiresBy) == ["ttl", "ttl"])
    #expect(answers.map(\.cost?.hourly) == [nil, nil])
    let last = try #require(answers.last)
    #expect(last.commit == (try shop.repository.git("rev-parse", "issue92")))
    #expect(last.expires == last.lastDeployment + 259_200)
  }

  @Test func `A table in Markdown shows names as they are`() throws {
    let (shop, ground) = try shop("")
    try ground.branch("issue|`<b>_x_@all")
    try #require(try shop.eb("push", "-q").status == 0)
    let lines = try shop.eb("previews", "--markdown").output.split(separator: "\n")
    try #require(lines.count == 3)
    #expect(lines[2].hasPrefix("| issue\\|\\`\\<b>\\_x\\_&#64;all |  | "))
    #expect(lines[2].contains(" | just now |  | - | <http://127.0.0.1:"))
    let refused = try shop.eb("previews", "--markdown", "--json")
    #expect(refused.status == 64)
  }

  @Test func `Another repository's environments are not listed`() throws {
    let (shop, ground) = try shop()
    try ground.branch("issue91")
    try #require(try shop.eb("push", "-q").status == 0)
    try shop.repository.git("remote", "set-url", "origin", "https://host.example/other.git")
    #expect(try shop.eb("previews", "--json").json([Answer].self).isEmpty)
    // However this one is reached.
    try shop.repository.git("remote", "set-url", "origin", "file://" + ground.remote)
    #expect(try shop.eb("previews", "--json").json([Answer].self).count == 1)
  }

  @Test func `On Beanstalk instances cost what the table says`() async throws {
    try await Tenant.open { tenant in
      let ground = try PreviewGround(tenant.repository)
      try ground.branch("issue91")
      try tenant.push()
      let answers = try tenant.eb("previews", "--json").json([Answer].self)
      #expect(answers.map(\.branch) == ["issue91"])
      #expect(answers.first?.cost?.instanceType == "t3.micro")
      #expect(answers.first?.cost?.hourly == 0.0104)
      #expect(try tenant.eb("previews").output.contains("about $0.0"))
      #expect(try tenant.eb("previews").output.contains(" ($0.0104/h)"))
    }
  }
}
