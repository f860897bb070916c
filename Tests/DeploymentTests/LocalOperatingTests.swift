import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Deployment

private let blue = LocalFixture.environmentName
private let green = EnvironmentName(trusted: "shop-green")

extension LocalFixture {
  fileprivate func layout(of name: EnvironmentName) -> LocalEnvironmentLayout {
    LocalLayout(root: root).environment(name)
  }

  /// What the address says that the environment has now.
  fileprivate func page(of name: EnvironmentName, _ path: String = "/") async throws -> String {
    guard let port = LocalFront.port(layout(of: name)) else { return "no port" }
    return try await exchange("GET \(path) HTTP/1.0\r\n\r\n", port: port)
  }

  fileprivate func create(
    _ name: EnvironmentName, _ label: String? = nil, variables: [String: String] = [:],
    like: String? = nil, tags: [String: String] = [:], on other: LocalHost? = nil
  ) async throws -> Outcome {
    var settings = CreationSettings()
    settings.like = like
    settings.tags = tags
    let request = CreationRequest(
      environment: name, label: label.flatMap { VersionLabel($0) }, variables: variables,
      settings: settings, timeout: .seconds(30))
    return try await (other ?? host).create(request) { _ in }
  }

  fileprivate func swap(on other: LocalHost? = nil) async throws -> Outcome {
    try await (other ?? host).swap(green, blue, wait: nil, timeout: .seconds(30)) { _ in }
  }

  fileprivate func messages(of name: EnvironmentName) async throws -> [String] {
    try await host.events(of: name, since: nil).map(\.message)
  }

  /// Two environments that serve `v1` and `v2`; answers with their ports.
  fileprivate func makePair() async throws -> (blue: UInt16, green: UInt16) {
    for label in ["v1", "v2", "v3"] { try await publish(label, LocalApp.web()) }
    #expect(try await create(blue, "v1") == .deployed)
    #expect(try await create(green, "v2") == .deployed)
    return (
      try #require(LocalFront.port(layout(of: blue))),
      try #require(LocalFront.port(layout(of: green)))
    )
  }

  fileprivate func ports() -> [UInt16?] {
    [LocalFront.port(layout(of: blue)), LocalFront.port(layout(of: green))]
  }

  fileprivate func endAll() async throws {
    for name in [blue, green] where try await host.environment(named: name) != nil {
      try await host.terminate(name, wait: .seconds(10)) { _ in }
    }
  }
}

@Suite("Local host: making environments", .serialized) struct LocalCreationTests {
  @Test func `An environment that runs nothing is Ready and Grey, and a deployment finds it`()
    async throws
  {
    try await withLocalHost { local in
      #expect(
        try await local.create(blue, variables: ["A": "set"], tags: ["team": "shop"]) == .deployed)
      let empty = try #require(try await local.describe())
      #expect(empty.status == .ready)
      #expect(empty.health == .grey)
      #expect(empty.version == nil)
      #expect(empty.url == nil)
      #expect(empty.tags == ["team": "shop"])
      #expect(try await local.host.variables(of: blue) == ["A": "set"])
      #expect(try await local.setVariables(["B": "too", "A": nil]) == .deployed)
      #expect(try await local.host.variables(of: blue) == ["B": "too"])
      try await local.publish("v1", LocalApp.web())
      #expect(try await local.deploy("v1") == .deployed)
      #expect(try await local.get("/env/B") == "too")
      #expect(try await local.get("/env/A") == "unset")
      #expect(
        try await local.eventMessages() == [
          "createEnvironment is starting.", "Successfully launched environment: shop-dev.",
          "Environment update is starting.", "Environment update completed successfully.",
          "Environment update is starting.", "New application version was deployed.",
          "Environment update completed successfully.",
        ])
    }
  }

  @Test func `One that is there is refused, and what is to run has to be published`() async throws {
    try await withLocalHost { local in
      await #expect(throws: HostError.noSuchVersion(VersionLabel(trusted: "v1"))) {
        try await local.create(blue, "v1")
      }
      #expect(try await local.describe() == nil)
      try await local.publish("v1", LocalApp.web())
      #expect(try await local.create(blue, "v1") == .deployed)
      #expect(try await local.get() == "v1")
      await #expect(throws: HostError.environmentExists(blue)) { try await local.create(blue) }
      #expect(try await local.describe()?.version?.label.text == "v1")
    }
  }

  @Test func `One made like another has its variables, and those that differ`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", LocalApp.web())
      #expect(try await local.create(blue, "v1", variables: ["A": "a", "B": "b"]) == .deployed)
      #expect(
        try await local.create(green, "v1", variables: ["B": "other"], like: blue.text)
          == .deployed)
      #expect(try await local.host.variables(of: green) == ["A": "a", "B": "other"])
      #expect(try await local.page(of: green, "/env/A") == "a")
      #expect(try await local.host.variables(of: blue) == ["A": "a", "B": "b"])
      try await local.endAll()
    }
  }

  @Test(arguments: LocalStep.ofDeployment.prefix { $0 != .oldStopped })
  func `Cut off at any step, the next push heals`(step: LocalStep) async throws {
    try await withLocalHost { local in
      for label in ["v1", "v2"] { try await local.publish(label, LocalApp.web()) }
      let cut = local.host { $0.faultPoint = { if $0 == step { throw LocalAbandonment() } } }
      await #expect(throws: LocalAbandonment.self) {
        try await local.create(blue, "v1", variables: ["A": "set"], on: cut)
      }
      #expect(try await local.describe()?.status == .ready)
      #expect(try await local.deploy("v2") == .deployed)
      #expect(try await local.get() == "v2")
      #expect(try await local.get("/env/A") == "set")
      #expect(try local.runningProcesses().count == 1)
    }
  }

  @Test func `Rebuilding starts the same version again, in a new release at the same address`()
    async throws
  {
    try await withLocalHost { local in
      #expect(try await local.create(blue) == .deployed)
      await #expect(throws: HostError.nothingDeployed(blue)) {
        try await local.host.rebuild(blue, wait: nil, timeout: .seconds(30)) { _ in }
      }
      try await local.publish("v1", LocalApp.web())
      #expect(try await local.deploy("v1") == .deployed)
      #expect(try await local.setVariables(["A": "set"]) == .deployed)
      let (port, process) = (LocalFront.port(local.layout), try await local.get("/pid"))
      #expect(
        try await local.host.rebuild(blue, wait: nil, timeout: .seconds(30)) { _ in } == .deployed)
      #expect(LocalFront.port(local.layout) == port)
      #expect(try await local.get("/pid") != process)
      #expect(try await local.get("/env/A") == "set")
      #expect(try local.layout.currentNumber() == 2)
      #expect(try local.runningProcesses().count == 1)
      #expect(
        try await local.eventMessages().suffix(3) == [
          "rebuildEnvironment is starting.", "New application version was deployed.",
          "Successfully launched environment: shop-dev.",
        ])
    }
  }

  @Test func `Nothing is aborted where nobody is at work, and never this process itself`()
    async throws
  {
    try await withLocalHost { local in
      func abort(_ name: EnvironmentName) async throws {
        try await local.host.abort(name, timeout: .seconds(1)) { _ in }
      }
      await #expect(throws: HostError.noSuchEnvironment(blue)) { try await abort(blue) }
      #expect(try await local.create(blue) == .deployed)
      await #expect(throws: HostError.nothingToAbort(blue)) { try await abort(blue) }
      let lock = try #require(try LocalLock.take(local.layout.lock))
      defer { lock.release() }
      for process in [
        ProcessIdentity.current.text, "\(getpid())-1-00000000", "1-1-00000000", nil,
      ] {
        lock.describe(.init(pid: getpid(), work: "testing", status: "Updating", process: process))
        await #expect(throws: HostError.nothingToAbort(blue)) { try await abort(blue) }
      }
    }
  }
}

@Suite("Local host: swapping addresses", .serialized) struct LocalSwapTests {
  @Test func `Two environments change addresses, and back again`() async throws {
    try await withLocalHost { local in
      let ports = try await local.makePair()
      #expect(try await local.page(of: blue) == "v1")
      #expect(try await local.swap() == .deployed)
      #expect(local.ports() == [ports.green, ports.blue])
      #expect(try await local.exchange("GET / HTTP/1.0\r\n\r\n", port: ports.blue) == "v2")
      #expect(try await local.exchange("GET / HTTP/1.0\r\n\r\n", port: ports.green) == "v1")
      #expect(try await local.describe()?.url == "http://127.0.0.1:\(ports.green)/")
      // A deployment goes to the environment, not to the address.
      #expect(try await local.deploy("v3") == .deployed)
      #expect(try await local.exchange("GET / HTTP/1.0\r\n\r\n", port: ports.green) == "v3")
      #expect(try await local.swap() == .deployed)
      #expect(local.ports() == [ports.blue, ports.green])
      #expect(try await local.page(of: blue) == "v3")
      let end = "Completed swapping CNAMEs for environments 'shop-dev' and 'shop-green'."
      #expect(try await local.messages(of: blue).last == end)
      #expect(try await local.messages(of: green).last == end)
      #expect(try LocalStorage.names(in: LocalLayout(root: local.root).swaps).isEmpty)
      try await local.endAll()
    }
  }

  @Test func `What has no address, or is not there, or is the same, is refused`() async throws {
    try await withLocalHost { local in
      await #expect(throws: HostError.noSuchEnvironment(blue)) { try await local.swap() }
      #expect(try await local.create(blue) == .deployed)
      await #expect(throws: HostError.noSuchEnvironment(green)) { try await local.swap() }
      try await local.publish("v1", LocalApp.web())
      #expect(try await local.create(green, "v1") == .deployed)
      await #expect(throws: HostError.nothingToSwap(blue)) { try await local.swap() }
      await #expect(throws: HostError.sameEnvironment(green)) {
        try await local.host.swap(green, green, wait: nil, timeout: .seconds(1)) { _ in }
      }
      let lock = try #require(try LocalLock.take(local.layout(of: green).lock))
      lock.describe(.init(pid: 1, work: "testing", status: "Updating"))
      await #expect(throws: HostError.busy(name: green, holder: "process 1, testing")) {
        try await local.swap()
      }
      lock.release()
      #expect(LocalLock.holder(of: local.layout.lock) == nil)
      #expect(try await local.page(of: green) == "v1")
      try await local.endAll()
    }
  }

  @Test(arguments: LocalStep.ofSwap)
  func `Cut off at any step, neither has the other's address or the next operation finishes it`(
    step: LocalStep
  ) async throws {
    try await withLocalHost { local in
      let ports = try await local.makePair()
      let cut = local.host { $0.faultPoint = { if $0 == step { throw LocalAbandonment() } } }
      await #expect(throws: LocalAbandonment.self) { try await local.swap(on: cut) }
      let isSwapped = ![.locked, .healed].contains(step)
      // The next operation on either of them.
      #expect(
        try await local.host.restart(green, wait: nil, timeout: .seconds(30)) { _ in } == .deployed)
      #expect(
        local.ports()
          == (isSwapped ? [ports.green, ports.blue] : [ports.blue, ports.green]))
      #expect(try await local.page(of: blue) == "v1")
      #expect(try await local.page(of: green) == "v2")
      for name in [blue, green] {
        #expect(try await local.host.environment(named: name)?.health == .green)
      }
      #expect(try LocalStorage.names(in: LocalLayout(root: local.root).swaps).isEmpty)
      #expect(try await local.swap() == .deployed)
      #expect(
        local.ports()
          == (isSwapped ? [ports.blue, ports.green] : [ports.green, ports.blue]))
      try await local.endAll()
    }
  }

  @Test(arguments: LocalStep.ofSwap.dropFirst(2))
  func `A failure at any step gives both their addresses back`(step: LocalStep) async throws {
    struct Fault: Error {}
    try await withLocalHost { local in
      let ports = try await local.makePair()
      let isFirst = Box(true)
      let faulty = local.host {
        $0.faultPoint = {
          guard $0 == step, isFirst.value else { return }
          isFirst.value = false
          throw Fault()
        }
      }
      #expect(
        try await local.swap(on: faulty)
          == .failed(reasons: ["Fault()"], runningLabel: VersionLabel("v1")))
      #expect(local.ports() == [ports.blue, ports.green])
      #expect(try await local.page(of: blue) == "v1")
      #expect(try await local.page(of: green) == "v2")
      #expect(try LocalStorage.names(in: LocalLayout(root: local.root).swaps).isEmpty)
      try await local.endAll()
    }
  }

  @Test func `Going back that was cut off is finished as well`() async throws {
    struct Fault: Error {}
    try await withLocalHost { local in
      let ports = try await local.makePair()
      let faulty = local.host { $0.faultPoint = { if $0 == .firstMoved { throw Fault() } } }
      guard case .failed(let reasons, _) = try await local.swap(on: faulty) else {
        Issue.record("swapped")
        return
      }
      #expect(reasons.count == 2, "\(reasons)")
      let found = try await local.host.recover(isDry: true).compactMap(\.detail)
      #expect(found.contains { $0.contains("a swap of the addresses of shop-dev and shop-green") })
      _ = try await local.host.recover(isDry: false)
      #expect(local.ports() == [ports.blue, ports.green])
      #expect(try await local.page(of: blue) == "v1")
      #expect(try await local.page(of: green) == "v2")
      try await local.endAll()
    }
  }

  @Test func `One of them that is terminated after a cut leaves the other its address`()
    async throws
  {
    try await withLocalHost { local in
      let ports = try await local.makePair()
      let cut = local.host {
        $0.faultPoint = { if $0 == .frontsStopped { throw LocalAbandonment() } }
      }
      await #expect(throws: LocalAbandonment.self) { try await local.swap(on: cut) }
      try await local.host.terminate(green, wait: nil) { _ in }
      #expect(LocalFront.port(local.layout) == ports.green)
      #expect(try await local.page(of: blue) == "v1")
      try await local.endAll()
    }
  }

  @Test func `A request that is on its way is answered while its address moves`() async throws {
    try await withLocalHost { local in
      let ports = try await local.makePair()
      let descriptor = try #require(LocalSocket.connect(port: ports.blue))
      defer { close(descriptor) }
      let start = Array("POST / HTTP/1.0\r\nContent-Length: 4\r\n\r\nab".utf8)
      while LocalSocket.connectionError(descriptor) != 0
        || LocalWire.send(start[...], to: descriptor) < 0
      { try await Task.sleep(for: .milliseconds(1)) }
      // The front has it once something serves it.
      try await Task.sleep(for: .milliseconds(200))
      #expect(try await local.swap() == .deployed)
      #expect(LocalWire.send(Array("cd".utf8)[...], to: descriptor) == 2)
      var answer: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 4096)
      let deadline = ContinuousClock.now + .seconds(10)
      while ContinuousClock.now < deadline {
        let count = LocalWire.receive(&chunk, from: descriptor)
        if count == 0 { break }
        if count > 0 { answer += chunk[..<count] }
        try await Task.sleep(for: .milliseconds(1))
      }
      #expect(String(decoding: answer, as: UTF8.self).hasSuffix("\r\n\r\nabcd"))
      try await local.endAll()
    }
  }
}

@Suite("Local host: taking back versions", .serialized) struct LocalDeletionTests {
  private let v1 = VersionLabel(trusted: "v1")

  @Test func `A version goes with its bundle, unless an environment runs it`() async throws {
    try await withLocalHost { local in
      for label in ["v1", "v2"] { try await local.publish(label, LocalApp.web()) }
      #expect(try await local.deploy("v1") == .deployed)
      await #expect(throws: HostError.versionInUse(v1, by: [blue])) {
        try await local.host.delete(v1)
      }
      #expect(try await local.deploy("v2") == .deployed)
      try await local.host.delete(v1)
      #expect(try await local.host.versions().map(\.label.text) == ["v2"])
      #expect(
        try LocalStorage.names(in: LocalLayout(root: local.root).versions)
          == ["v2.json", "v2.zip"])
      await #expect(throws: HostError.noSuchVersion(v1)) { try await local.host.delete(v1) }
      // The same label may be published with other content.
      #expect(try await local.publish("v1", ["a": "b"], digest: "another") == .uploaded)
      #expect(try await local.get() == "v2")
    }
  }

  @Test func `A version that is just being deployed stays`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", LocalApp.web())
      let outcome = Box<HostError?>(nil)
      let host = local.host
      let watched = local.host {
        $0.faultPoint = { step in
          guard step == .locked else { return }
          let done = DispatchSemaphore(value: 0)
          Task.detached {
            do {
              try await host.delete(VersionLabel(trusted: "v1"))
            } catch let error as HostError {
              outcome.value = error
            }
            done.signal()
          }
          done.wait()
        }
      }
      #expect(try await watched.deploy(local.request("v1")) { _ in } == .deployed)
      #expect(outcome.value == .versionInUse(v1, by: [blue]))
    }
  }

  @Test func `Cut off between record and bundle, the next publishing removes the bundle`()
    async throws
  {
    try await withLocalHost { local in
      for label in ["v1", "v2"] { try await local.publish(label, ["a": label]) }
      let cut = local.host { $0.faultPoint = { if $0 == .unrecorded { throw LocalAbandonment() } } }
      await #expect(throws: LocalAbandonment.self) { try await cut.delete(v1) }
      #expect(try await local.host.versions().map(\.label.text) == ["v2"])
      await #expect(throws: HostError.noSuchVersion(v1)) { try await local.deploy("v1") }
      try await local.publish("v3", ["a": "v3"])
      #expect(
        try LocalStorage.names(in: LocalLayout(root: local.root).versions)
          == ["v2.json", "v2.zip", "v3.json", "v3.zip"])
    }
  }
}
