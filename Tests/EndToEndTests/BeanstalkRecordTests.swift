import Foundation
import TestSupport
import Testing

/// Records, rollback and promotion where environments live on Beanstalk.
@Suite("Records of deployments: Beanstalk", .serialized) struct BeanstalkRecordTests {
  /// What changes something there.
  private static let writing: Set<String> = [
    "PutObject", "CreateMultipartUpload", "CreateApplicationVersion", "UpdateApplicationVersion",
    "UpdateEnvironment", "CreateEnvironment", "SwapEnvironmentCNAMEs", "DeleteObject",
  ]

  private func tracked(_ shop: Tenant, _ environment: String) throws -> String {
    try shop.repository.git(
      "for-each-ref", "--format=%(objectname)", "refs/remotes/eb/\(environment)")
  }

  private func outcomes(_ shop: Tenant) throws -> [String] {
    let format = "%(contents:trailers:key=Outcome,valueonly,separator=)"
    return try shop.repository.git(
      "for-each-ref", "--sort=refname", "--format=" + format, "refs/eb"
    ).split(separator: "\n").map(String.init)
  }

  @Test func `Going back is one write, and what is promoted is not uploaded`() async throws {
    try await Tenant.open { shop in
      let first = try shop.push()
      try shop.commit("Sell more", ["greeting.txt": "more\n"])
      let second = try shop.push()
      #expect(try tracked(shop, "production") == second.version.commit)
      let requests = try await shop.requests {
        let screen = try shop.eb("rollback", "--quiet")
        #expect(screen.status == 0, "\(screen)")
        #expect(screen.output.contains("(rolled back)"))
      }
      #expect(
        requests.map(\.operation).filter(Self.writing.contains) == ["UpdateEnvironment"])
      #expect(try tracked(shop, "production") == first.version.commit)
      let running = try #require(try await shop.environment("production"))
      #expect(running.summary == "Ready Green \(first.version.label)")

      try shop.repository.git("switch", "--quiet", "--create", "dev")
      let third = try shop.push()
      let promotion = try await shop.requests {
        let screen = try shop.eb("promote", "dev", "production", "--quiet")
        #expect(screen.status == 0, "\(screen)")
      }
      #expect(
        promotion.map(\.operation).filter(Self.writing.contains) == ["UpdateEnvironment"])
      #expect(try tracked(shop, "production") == third.version.commit)
      #expect(try outcomes(shop) == ["deployed", "deployed", "deployed", "deployed", "deployed"])
    }
  }

  @Test func `A version that was deleted is built again from its commit`() async throws {
    try await Tenant.open { shop in
      let first = try shop.push()
      try shop.commit("Sell more", ["greeting.txt": "more\n"])
      try shop.push()
      try #require(
        try shop.eb("versions", "--delete", first.version.label).status == 0)
      let screen = try shop.eb("rollback")
      #expect(screen.status == 0, "\(screen)")
      #expect(screen.error.contains("note: \(first.version.label) is gone from the host"))
      #expect(try tracked(shop, "production") == first.version.commit)
    }
  }

  @Test func `What failed, and what nobody waited for, moves nothing until it is seen to run`()
    async throws
  {
    try await Tenant.open { shop in
      let first = try shop.push()
      try shop.commit("Break", [".test/fail-deployment": "the shop is closed\n"])
      #expect(try shop.eb("push", "--quiet").status == 1)
      #expect(try outcomes(shop) == ["deployed", "failed"])
      #expect(try tracked(shop, "production") == first.version.commit)
      try shop.repository.git("rm", "--quiet", ".test/fail-deployment")
      let last = try shop.commit("Mend", ["greeting.txt": "mended\n"])
      #expect(try shop.eb("push", "--quiet", "--no-wait").status == 0)
      #expect(try outcomes(shop) == ["deployed", "failed", "started"])
      try await shop.settle()
      #expect(try shop.eb("status").status == 0)
      #expect(try tracked(shop, "production") == last)
    }
  }

  @Test func `The second of two blue/green environments is followed by its name`() async throws {
    try await Tenant.open { shop in
      try shop.push()
      let commit = try shop.commit("Sell more", ["greeting.txt": "more\n"])
      try shop.push("--blue-green")
      #expect(try tracked(shop, "production") == commit)
    }
  }
}
