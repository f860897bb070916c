import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Deployment

@Suite("Local host: deploying", .serialized) struct LocalDeploymentTests {
  private let name = LocalFixture.environmentName

  @Test func `The first deployment makes the environment, and its address answers`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", LocalApp.web())
      let seen = Box<[Event]>([])
      let outcome = try await local.host.deploy(
        local.request("v1", variables: ["A": "1"], tags: ["git-eb:branch": "issue-1"])
      ) { event in seen.update { $0.append(event) } }
      #expect(outcome == .deployed)
      #expect(
        seen.value.map(\.message) == [
          "createEnvironment is starting.", "New application version was deployed.",
          "Successfully launched environment: shop-dev.",
        ])
      #expect(try await local.host.events(of: name, since: nil) == seen.value)

      let environment = try #require(try await local.describe())
      #expect(environment.status == .ready)
      #expect(environment.health == .green)
      #expect(environment.causes.isEmpty)
      #expect(environment.version == local.version("v1"))
      #expect(environment.tags == ["git-eb:branch": "issue-1"])
      let port = try #require(LocalFront.port(local.layout))
      #expect(environment.url == "http://127.0.0.1:\(port)/")
      #expect(try await local.host.environments() == [environment])
      #expect(try await local.get() == "v1")
      #expect(try await local.host.variables(of: name) == ["A": "1"])
      #expect(try await local.host.logs(of: name).map(\.name) == ["web.log"])
    }
  }

  @Test func `The next deployment takes over at the same address, and the old processes end`()
    async throws
  {
    try await withLocalHost { local in
      try await local.publish("v1", LocalApp.web())
      try await local.publish("v2", LocalApp.web())
      #expect(try await local.deploy("v1") == .deployed)
      let port = LocalFront.port(local.layout)
      #expect(try await local.deploy("v2") == .deployed)
      #expect(try await local.get() == "v2")
      #expect(LocalFront.port(local.layout) == port)
      #expect(try local.runningProcesses().count == 1)
      #expect(try local.layout.currentNumber() == 2)
    }
  }

  @Test func `No request fails while versions change`() async throws {
    try await withLocalHost { local in
      for label in ["v1", "v2"] { try await local.publish(label, LocalApp.web()) }
      #expect(try await local.deploy("v1") == .deployed)
      let isDone = Box(false)
      let answers = try await withThrowingTaskGroup(of: [String: Int].self) { group in
        for _ in 0..<4 {
          group.addTask {
            var answers: [String: Int] = [:]
            while !isDone.value { answers[try await local.get(), default: 0] += 1 }
            return answers
          }
        }
        for label in ["v2", "v1", "v2"] { #expect(try await local.deploy(label) == .deployed) }
        #expect(try await local.restart() == .deployed)
        isDone.value = true
        return try await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
      }
      #expect(Set(answers.keys) == ["v1", "v2"], "\(answers)")
    }
  }

  @Test func `Without a Procfile the files are the deployment`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", ["index.html": "<p>"])
      #expect(try await local.deploy("v1") == .deployed)
      let environment = try #require(try await local.describe())
      #expect(environment.health == .green)
      #expect(environment.url == nil)
      #expect(
        try LocalStorage.read(local.layout.current.appending("index.html")) == Array("<p>".utf8))
      #expect(LocalFront.running(local.layout) == nil)
      #expect(try await local.restart() == .deployed)
    }
  }

  @Test func `Processes without a port must only keep running`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", ["Procfile": "worker: while :; do sleep 1; done"])
      try await local.publish("v2", ["Procfile": "worker: sleep 0.1; echo gave up; exit 4"])
      #expect(try await local.deploy("v1") == .deployed)
      #expect(
        try await local.deploy("v2")
          == .failed(
            reasons: ["process 'worker' exited with status 4", "gave up"],
            runningLabel: VersionLabel("v1")))
      let environment = try #require(try await local.describe())
      #expect(environment.health == .green)
      #expect(environment.url == nil)
      #expect(environment.version?.label.text == "v1")
    }
  }

  @Test func `Variables come from the bundle, the environment and the push, the last wins`()
    async throws
  {
    try await withLocalHost { local in
      let settings = "option_settings: [{option_name: A, value: a}, {option_name: B, value: b}]"
      for label in ["v1", "v2"] {
        try await local.publish(label, LocalApp.web([".ebextensions/a.config": settings]))
      }
      _ = try await local.host.deploy(local.request("v1", variables: ["B": "1", "C": "1"])) { _ in }
      _ = try await local.host.deploy(local.request("v2", variables: ["C": "2"])) { _ in }
      let names = ["A", "B", "C", "GIT_EB_ENVIRONMENT", "GIT_EB_APPLICATION", "GIT_EB_LABEL"]
      var values: [String] = []
      for name in names { values.append(try await local.get("/env/\(name)")) }
      #expect(values == ["a", "1", "2", "shop-dev", "shop", "v2"])
      #expect(try await local.get("/env/GIT_EB_COMMIT") == String(repeating: "a", count: 40))
      #expect(try await local.get("/env/GIT_AUTHOR_NAME") == "unset")
      #expect(try await local.host.variables(of: name) == ["B": "1", "C": "2"])
    }
  }

  @Test func `The health path of the bundle is asked for, and the host's own over it`() async throws
  {
    try await withLocalHost { local in
      let option = "aws:elasticbeanstalk:application: {Application Healthcheck URL: /missing}"
      let settings = "option_settings: {\(option)}"
      try await local.publish("v1", LocalApp.web([".ebextensions/a.config": settings]))
      #expect(
        try await local.deploy("v1", timeout: .seconds(2))
          == .failed(
            reasons: ["GET /missing did not answer 200 within 2 s; last answer: 404"],
            runningLabel: nil))
      #expect(try await local.describe()?.health == .grey)
      let other = local.host { $0.healthPath = "/up" }
      #expect(try await other.deploy(local.request("v1")) { _ in } == .deployed)
    }
  }

  @Test func `Hooks run in order around the switch, with the variables`() async throws {
    try await withLocalHost({ $0.hooks = true }) { local in
      let note = "#!/bin/sh\necho $(basename $0) $A $GIT_EB_LABEL $(readlink ../../current)\n"
      try await local.publish(
        "v1",
        LocalApp.web([
          ".platform/hooks/prebuild/02": note, ".platform/hooks/prebuild/01": note,
          ".platform/hooks/predeploy/a": note, ".platform/hooks/postdeploy/z": note,
          ".platform/hooks/other/x": note, ".platform/hooks/prebuild/sub/x": note,
        ]))
      _ = try await local.host.deploy(local.request("v1", variables: ["A": "value"])) { _ in }
      let log = try #require(try LocalStorage.read(local.layout.hooksLog))
      #expect(
        String(decoding: log, as: UTF8.self)
          == "01 value v1\n02 value v1\na value v1\nz value v1 releases/1\n")
      #expect(
        try await local.eventMessages().contains("Running hook .platform/hooks/postdeploy/z."))
      #expect(try local.layout.serving()?.run.processes.map(\.name) == ["web"])
    }
  }

  @Test func `Hooks are left alone unless they are asked for`() async throws {
    try await withLocalHost { local in
      try await local.publish(
        "v1", LocalApp.web([".platform/hooks/prebuild/a": "#!/bin/sh\nexit 1"]))
      #expect(try await local.deploy("v1") == .deployed)
    }
  }

  @Test func `What a hook leaves running is ended with it`() async throws {
    try await withLocalHost({ $0.hooks = true }) { local in
      try await local.publish(
        "v1", ["a": "", ".platform/hooks/prebuild/a": "#!/bin/sh\nsleep 600 &\n"])
      #expect(try await local.deploy("v1") == .deployed)
      #expect(try local.runningProcesses().isEmpty)
    }
  }

  @Test func `Only the newest releases stay unpacked`() async throws {
    try await withLocalHost({ $0.keptReleases = 2 }) { local in
      for label in ["v1", "v2", "v3", "v4"] {
        try await local.publish(label, ["a": label])
        #expect(try await local.deploy(label) == .deployed)
      }
      #expect(
        try LocalStorage.names(in: local.layout.releases)
          == ["3", "3.json", "3.live", "4", "4.json", "4.live"])
    }
  }

  @Test func `A version or an environment that is not there is told, and nothing is made`()
    async throws
  {
    try await withLocalHost { local in
      let environments = try await local.host.environments()
      #expect(environments.isEmpty)
      await #expect(throws: HostError.noSuchVersion(VersionLabel("v9")!)) {
        try await local.deploy("v9")
      }
      let missing = HostError.noSuchEnvironment(name)
      await #expect(throws: missing) { try await local.restart() }
      await #expect(throws: missing) { try await local.setVariables(["A": "1"]) }
      await #expect(throws: missing) { try await local.host.variables(of: name) }
      await #expect(throws: missing) { try await local.host.events(of: name, since: nil) }
      await #expect(throws: missing) { try await local.host.logs(of: name) }
      await #expect(throws: missing) {
        try await local.host.terminate(name, wait: nil) { _ in }
      }
      #expect(try await local.describe() == nil)
      #expect(try await local.host.environments().isEmpty)
    }
  }

  @Test func `A restart starts new processes at the same address`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", LocalApp.web())
      _ = try await local.deploy("v1")
      let before = try await local.get("/pid")
      #expect(try await local.restart() == .deployed)
      #expect(try await local.get("/pid") != before)
      #expect(try local.runningProcesses().count == 1)
      #expect(try local.layout.serving()?.release.runs.count == 1)
    }
  }

  @Test func `Variables are kept only when the processes start with them`() async throws {
    try await withLocalHost { local in
      try await local.publish(
        "v1", LocalApp.web(["Procfile": "web: test -z \"$BAD\" || exit 7; \(LocalApp.webCommand)"]))
      _ = try await local.host.deploy(local.request("v1", variables: ["A": "1", "B": "2"])) { _ in }
      #expect(try await local.setVariables(["A": nil, "C": "3"]) == .deployed)
      #expect(try await local.host.variables(of: name) == ["B": "2", "C": "3"])
      #expect(try await local.get("/env/A") == "unset")
      #expect(try await local.get("/env/C") == "3")
      let before = try await local.get("/pid")
      #expect(
        try await local.setVariables(["BAD": "1"])
          == .failed(
            reasons: ["process 'web' exited with status 7"], runningLabel: VersionLabel("v1")))
      #expect(try await local.host.variables(of: name) == ["B": "2", "C": "3"])
      #expect(try await local.get("/pid") == before)
      #expect(try local.runningProcesses().count == 1)
      #expect(
        try await local.setVariables(["A=B": "1"])
          == .failed(
            reasons: ["the variable 'A=B' cannot be given to a process"],
            runningLabel: VersionLabel("v1")))
    }
  }

  @Test func `An environment in which every deployment failed cannot be restarted`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", ["Procfile": "web: exit 1"])
      _ = try await local.deploy("v1")
      await #expect(throws: HostError.nothingDeployed(name)) { try await local.restart() }
      #expect(try await local.describe()?.causes == ["nothing is deployed"])
    }
  }

  @Test func `Terminating ends everything and leaves nothing`() async throws {
    try await withLocalHost { local in
      try await local.publish(
        "v1", LocalApp.web(["Procfile": "web: \(LocalApp.webCommand)\nworker: sleep 600 & wait"]))
      _ = try await local.deploy("v1")
      #expect(try local.runningProcesses().count == 3)
      let port = try #require(LocalFront.port(local.layout))
      try await local.host.terminate(name, wait: nil) { _ in }
      #expect(try local.runningProcesses().isEmpty)
      #expect(try await local.describe() == nil)
      #expect(LocalSocket.connect(port: port).map { LocalSocket.connectionError($0) } != 0)
      #expect(try FileSystem.names(in: local.root.appending("environments").string).isEmpty)
      #expect(try await local.host.versions().count == 1)
      // And it can be made again.
      #expect(try await local.deploy("v1") == .deployed)
    }
  }

  @Test func `A busy environment refuses, says who has it, and is waited for`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", ["Procfile": "worker: exec sleep 600"])
      let isHeld = Box(false)
      let mayGoOn = Box(false)
      let slow = local.host {
        $0.faultPoint = { step in
          guard step == .healed else { return }
          isHeld.value = true
          while !mayGoOn.value { usleep(1000) }
        }
      }
      let first = Task { try await slow.deploy(local.request("v1")) { _ in } }
      while !isHeld.value { try await Task.sleep(for: .milliseconds(1)) }
      #expect(try await local.describe()?.status == .launching)
      let holder = "process \(getpid()), deploying v1"
      await #expect(throws: HostError.busy(name: name, holder: holder)) {
        try await local.deploy("v1")
      }
      await #expect(throws: HostError.gaveUpWaiting(name: name, holder: holder)) {
        try await local.host.deploy(local.request("v1", wait: .milliseconds(200))) { _ in }
      }
      let second = Task {
        try await local.host.deploy(local.request("v1", wait: .seconds(30))) { _ in }
      }
      try await Task.sleep(for: .milliseconds(100))
      mayGoOn.value = true
      #expect(try await first.value == .deployed)
      #expect(try await second.value == .deployed)
      #expect(try await local.describe()?.status == .ready)
      #expect(try local.layout.currentNumber() == 2)
      #expect(try local.runningProcesses().count == 1)
    }
  }

  @Test func `A process that ended makes the environment red until a restart`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", LocalApp.web())
      _ = try await local.deploy("v1")
      kill(try #require(Int32(try await local.get("/pid"))), SIGKILL)
      while try !local.runningProcesses().isEmpty { try await Task.sleep(for: .milliseconds(5)) }
      var environment = try #require(try await local.describe())
      #expect(environment.health == .red)
      #expect(environment.causes == ["process 'web' is not running"])
      #expect(try await local.get().hasPrefix("HTTP/1.1 502 "))
      #expect(try await local.restart() == .deployed)
      environment = try #require(try await local.describe())
      #expect(environment.health == .green)
      #expect(try await local.get() == "v1")
    }
  }

  @Test func `Another answer than 200 makes the environment yellow`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", LocalApp.web())
      _ = try await local.deploy("v1")
      var (release, run) = try #require(try local.layout.serving())
      run.healthPath = "/missing"
      release.runs = [run]
      try local.layout.write(release)
      let environment = try #require(try await local.describe())
      #expect(environment.health == .yellow)
      #expect(environment.causes == ["GET /missing: 404"])
    }
  }
}
