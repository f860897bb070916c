import Foundation
import TestSupport
import Testing

@Suite("git eb push to AWS: what a push that met trouble left") struct BeanstalkMendingTests {
  /// One thing that goes wrong at the server, as Tests/Server/cloud/faults.py has it.
  private struct Rule: Encodable {
    var action: String
    var operation: String
    var times = 50
  }

  private struct Rules: Encodable {
    var rules: [Rule]
  }

  private struct Nothing: Decodable {}

  /// What there is, as far as these tests look at it.
  private struct State: Decodable {
    struct Region: Decodable {
      var applications: [String: Application]
      var environments: [Environment]
    }

    struct Application: Decodable {
      var templates: [String]
      var versions: [String: Version]
    }

    struct Version: Decodable {
      var key: String?
    }

    struct Environment: Decodable {
      var name: String
      var status: String
      var version: String?
    }

    var regions: [Region]

    var templates: [String] { regions.flatMap { $0.applications.values.flatMap(\.templates) } }
    var versions: Int { regions.flatMap(\.applications.values).map(\.versions.count).reduce(0, +) }
    var living: [String] {
      regions.flatMap(\.environments).filter { $0.status != "Terminated" }.map(\.name).sorted()
    }
  }

  /// A repository and a server of its own, with the roles that an account has.
  private struct Trouble {
    let shop: Workplace
    let server: CloudServer

    init() async throws {
      server = try CloudServer(step: 0.01)
      let key = try #require(server.keys.first)
      let _: Nothing = try await server.control("roles")
      shop = try Workplace(environment: [
        "AWS_ACCESS_KEY_ID": key.accessKey, "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://\(CloudServer.host):\(server.port)",
        "AWS_EC2_METADATA_DISABLED": "true", "GIT_EB_TEST_PACE": "0.02",
      ])
      try shop.repository.write(
        ".git-eb.yml",
        """
        application: shop
        platform: Python 3.13 running on 64bit Amazon Linux 2023
        beanstalk: {createApplication: true}
        branches: {master: production}

        """)
      try commit("one")
    }

    func commit(_ text: String) throws {
      try shop.repository.write("greeting.txt", text + "\n")
      try shop.repository.commit(text)
    }

    func push(_ options: String...) throws -> Screen {
      try shop.command(["git", "eb", "push"] + options)
    }

    func fail(_ operation: String, with action: String = "500") async throws {
      let rules = Rules(rules: [Rule(action: action, operation: operation)])
      let _: Nothing = try await server.control("faults", rules)
    }

    func relieve() async throws {
      let _: Nothing = try await server.control("clear-faults")
    }

    func state() async throws -> State { try await server.control("state") }
  }

  @Test func `A configuration that was saved for a moment goes with the next push`() async throws {
    let trouble = try await Trouble()
    #expect(try trouble.push().status == 0)
    try trouble.commit("two")
    try await trouble.fail("DeleteConfigurationTemplate")
    let deployed = try trouble.push("--blue-green")
    #expect(deployed.status == 0, "\(deployed)")
    #expect(try await trouble.state().templates == ["git-eb-production"])
    try await trouble.relieve()
    // It found that all was deployed already, and looked no further.
    let again = try trouble.push("--blue-green")
    #expect(again.output.contains("[up to date]"), "\(again)")
    #expect(try await trouble.state().templates == [])
  }

  @Test func `What was to be terminated is terminated by the next push`() async throws {
    let trouble = try await Trouble()
    #expect(try trouble.push().status == 0)
    try trouble.commit("two")
    try await trouble.fail("TerminateEnvironment")
    let cut = try trouble.push("--blue-green", "--terminate-old")
    #expect(cut.status == 69, "\(cut)")
    #expect(try await trouble.state().living == ["production", "production-green"])
    try await trouble.relieve()
    // Without being told to, it leaves the old one alone.
    #expect(try trouble.push("--blue-green").status == 0)
    #expect(try await trouble.state().living == ["production", "production-green"])
    let again = try trouble.push("--blue-green", "--terminate-old")
    #expect(again.output.contains("[up to date]"), "\(again)")
    #expect(try await trouble.state().living == ["production-green"])
  }

  @Test func `No version is made before open uploads have been looked for`() async throws {
    let trouble = try await Trouble()
    // More than one part, and nothing that compression makes smaller.
    var chance = SystemRandomNumberGenerator()
    let data = Data((0..<(9 << 20)).map { _ in UInt8.random(in: .min ... .max, using: &chance) })
    try data.write(to: URL(filePath: trouble.shop.path).appending(path: "data"))
    try trouble.commit("large")
    try await trouble.fail("ListMultipartUploads")
    // It went on, and the next push found the version and looked for no uploads.
    let cut = try trouble.push()
    #expect(cut.status == 69, "\(cut)")
    #expect(try await trouble.state().versions == 0)
    try await trouble.relieve()
    #expect(try trouble.push().status == 0)
    #expect(try await trouble.state().versions == 1)
  }
}
