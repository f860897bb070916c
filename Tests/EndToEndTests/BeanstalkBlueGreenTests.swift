import Foundation
import TestSupport
import Testing

@Suite("git eb push --blue-green", .serialized) struct BeanstalkBlueGreenTests {
  /// Who serves, and who stands by: what runs, by name.
  private struct Pair: Equatable {
    var live: String?
    var idle: String?
    /// The address that people know.
    var address: String?

    init(_ shop: Tenant) throws {
      let list = try shop.eb("list", "--json").json([EnvironmentAnswer].self)
      let live = list.first { $0.name == "production" }
      self.live = live?.version?.label
      address = live?.url
      idle = list.first { $0.name == "production-idle" }?.version?.label
    }
  }

  private func push(_ shop: Tenant, _ options: String...) throws -> String {
    let screen = try shop.shop.command(["git", "eb", "push", "--json"] + options)
    try #require(screen.status == 0, "\(screen)")
    return try screen.json(PushAnswer.self).version.label
  }

  @Test func `The second environment takes over the address, and back, and the old one goes`()
    async throws
  {
    try await Tenant.open { shop in
      let first = try push(shop, "--blue-green")
      let address = try Pair(shop).address
      #expect(try Pair(shop).idle == nil)
      var labels = [first]
      for text in ["two\n", "three\n"] {
        try shop.commit("Greet", ["greeting.txt": text])
        labels.append(try push(shop, "--blue-green"))
        let pair = try Pair(shop)
        #expect(pair.live == labels.last)
        #expect(pair.idle == labels.dropLast().last)
        #expect(pair.address == address)
      }
      // The same once more changes nothing.
      let requests = try await shop.requests { _ = try push(shop, "--blue-green") }
      #expect(requests.allSatisfy { $0.operation.hasPrefix("Describe") })
      try shop.commit("Greet", ["greeting.txt": "four\n"])
      labels.append(try push(shop, "--blue-green", "--terminate-old"))
      let pair = try Pair(shop)
      #expect(pair.live == labels.last)
      #expect(pair.idle == nil)
      #expect(pair.address == address)
      // Whatever it is called on Beanstalk, the next push finds it.
      try shop.commit("Greet", ["greeting.txt": "five\n"])
      labels.append(try push(shop))
      #expect(try Pair(shop).live == labels.last)
      #expect(try Pair(shop).address == address)
      #expect(try await shop.state().environments.count { $0.status == "Ready" } == 1)
    }
  }

  @Test func `A failure leaves what serves as it is`() async throws {
    try await Tenant.open { shop in
      let first = try push(shop)
      let address = try Pair(shop).address
      try shop.commit("Break", [".test/fail-deployment": "no such module\n"])
      let screen = try shop.eb("push", "--blue-green")
      #expect(screen.status == 1)
      #expect(screen.error.contains("Output: no such module."), "\(screen)")
      // It used to say that production runs the broken one.
      #expect(screen.error.contains("note: 'production' runs \(first)\n"), "\(screen)")
      #expect(try Pair(shop).live == first)
      #expect(try Pair(shop).address == address)
      try shop.repository.remove(".test/fail-deployment")
      try shop.repository.commit("Mend")
      let mended = try push(shop, "--blue-green")
      #expect(try Pair(shop).live == mended)
      #expect(try Pair(shop).address == address)
    }
  }

  @Test func `Two accounts may have the same names`() async throws {
    // The idle addresses of both used to be the same.
    try await Tenant.open { one in
      try await Tenant.open { other in
        for shop in [one, other] {
          _ = try push(shop)
          try shop.commit("Greet", ["greeting.txt": "hello\n"])
          let label = try push(shop, "--blue-green")
          #expect(try Pair(shop).live == label)
        }
      }
    }
  }

  @Test func `Swapped back it runs what ran before`() async throws {
    try await Tenant.open { shop in
      let first = try push(shop)
      try shop.commit("Greet", ["greeting.txt": "hello\n"])
      let second = try push(shop, "--blue-green")
      #expect(try Pair(shop).live == second)
      let swap = try shop.eb("swap", "production", "production-idle")
      #expect(swap.status == 0, "\(swap)")
      try await shop.settle()
      #expect(try Pair(shop).live == first)
      #expect(try Pair(shop).idle == second)
    }
  }

  /// Each step, before or after it took effect; `Scripts/torture` does the same with every request.
  @Test(arguments: [
    ("CreateConfigurationTemplate", true), ("CreateEnvironment", false),
    ("CreateEnvironment", true), ("DescribeEvents", false), ("SwapEnvironmentCNAMEs", false),
    ("SwapEnvironmentCNAMEs", true), ("TerminateEnvironment", true),
  ])
  func `Killed at any step, the next push goes on from there`(
    _ operation: String, _ tookEffect: Bool
  ) async throws {
    try await Tenant.open { shop in
      let first = try push(shop)
      let address = try Pair(shop).address
      try shop.commit("Greet", ["greeting.txt": "hello\n"])
      let before = try await shop.log().last?.number ?? 0
      // Until the addresses are exchanged the first one serves.
      let isExchanged =
        operation == "TerminateEnvironment" || operation == "SwapEnvironmentCNAMEs" && tookEffect
      try await shop.breaks(
        .init(tookEffect ? "stall-after" : "stall-before", operation, times: nil, seconds: 60))
      let killed = try shop.start("push", "--blue-green", "--terminate-old")
      try #require(try await shop.hasSeen(operation, since: before))
      // What takes effect has done so once the server says nothing more.
      try await Task.sleep(for: .milliseconds(tookEffect ? 300 : 0))
      // What serves goes on to serve.
      killed.interrupt(SIGKILL)
      _ = try #require(killed.wait())
      try await shop.mend()
      try await shop.settle()
      let between = try Pair(shop)
      #expect(between.address == address)
      let served = between.live
      #expect(served != nil && (served == first) == !isExchanged)
      let label = try push(shop, "--blue-green", "--terminate-old", "--wait", "1m")
      let pair = try Pair(shop)
      #expect(pair.live == label)
      #expect(pair.address == address)
      let state = try await shop.state()
      #expect(state.labels.count == 2)
      #expect(state.environments.count { $0.status == "Ready" } <= 2)
    }
  }
}
