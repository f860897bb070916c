import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Deployment

/// Everything that can go wrong: the release that served goes on, and the next push heals.
@Suite("Local host: failures", .serialized) struct LocalFailureTests {
  private let name = LocalFixture.environmentName

  /// Deploys v1, lets `fail` try v2, and expects v1 as it was, and then a deployment that works.
  private func withFailedUpdate(
    _ local: LocalFixture, _ files: [String: String],
    _ fail: (LocalFixture) async throws -> Void
  ) async throws {
    try await local.publish("v1", LocalApp.web())
    try await local.publish("v2", files)
    try await local.publish("v3", LocalApp.web())
    #expect(try await local.deploy("v1") == .deployed)
    let before = try await local.get("/pid")
    try await fail(local)
    #expect(try await local.get("/pid") == before)
    let environment = try #require(try await local.describe())
    #expect(environment.version?.label.text == "v1")
    #expect(environment.health == .green)
    #expect(environment.status == .ready)
    #expect(try local.runningProcesses().count == 1)
    #expect(try LocalStorage.names(in: local.layout.releases) == ["1", "1.json", "1.live"])
    #expect(try await local.deploy("v3") == .deployed)
    #expect(try await local.get() == "v3")
    #expect(try local.runningProcesses().count == 1)
  }

  private func expectFailure(
    _ files: [String: String], _ reasons: [String], timeout: Duration = .seconds(30),
    _ adjust: @escaping (inout LocalHostOptions) -> Void = { _ in }
  ) async throws {
    try await withLocalHost(adjust) { local in
      try await withFailedUpdate(local, files) { local in
        let outcome = try await local.deploy("v2", timeout: timeout)
        #expect(outcome == .failed(reasons: reasons, runningLabel: VersionLabel("v1")))
        let events = try await local.host.events(of: name, since: nil).suffix(2)
        #expect(events.map(\.message) == [reasons[0], "Failed to deploy application."])
        #expect(events.map(\.severity) == [.error, .error])
      }
    }
  }

  @Test func `A process that ends is told with its status and its last lines`() async throws {
    try await expectFailure(
      ["Procfile": "web: echo one; echo two >&2; exit 3"],
      ["process 'web' exited with status 3", "one", "two"])
  }

  @Test func `A process that is killed is told with the signal`() async throws {
    try await expectFailure(
      LocalApp.web(["Procfile": "web: \(LocalApp.webCommand)\nworker: kill -9 $$"]),
      ["process 'worker' was ended by signal 9"])
  }

  @Test func `A process that never answers is told with what it answered`() async throws {
    try await expectFailure(
      ["Procfile": "web: echo waiting; sleep 600"],
      ["GET / did not answer 200 within 1 s; last answer: connection refused", "waiting"],
      timeout: .seconds(1))
  }

  @Test func `A Procfile that cannot be read is told with its line`() async throws {
    try await expectFailure(
      ["Procfile": "# web\nweb python3"], ["Procfile, line 2: not of the form 'name: command'"])
  }

  @Test func `A configuration file that cannot be read is told with its line`() async throws {
    try await expectFailure(
      LocalApp.web([".ebextensions/a.config": "option_settings: 1"]),
      [".ebextensions/a.config, line 1: 'option_settings' is no list and no map"])
  }

  @Test func `A hook that fails is told with its last lines`() async throws {
    try await expectFailure(
      LocalApp.web([".platform/hooks/predeploy/a": "#!/bin/sh\necho no database\nexit 5"]),
      ["hook '.platform/hooks/predeploy/a' exited with status 5", "no database"]
    ) { $0.hooks = true }
  }

  @Test func `A hook that is no program is told`() async throws {
    try await expectFailure(
      LocalApp.web([".platform/hooks/predeploy/a": "#!/nonexistent/interpreter\n"]),
      [
        "'.platform/hooks/predeploy/a' could not be started: No such file or directory"
      ]
    ) { $0.hooks = true }
  }

  @Test func `A hook that does not end is ended`() async throws {
    try await expectFailure(
      LocalApp.web([".platform/hooks/prebuild/a": "#!/bin/sh\nsleep 600\n"]),
      ["hook '.platform/hooks/prebuild/a' did not end within 0.5 s"], timeout: .milliseconds(500)
    ) { $0.hooks = true }
  }

  @Test func `When a postdeploy hook fails, the release before serves again`() async throws {
    try await expectFailure(
      LocalApp.web([".platform/hooks/postdeploy/a": "#!/bin/sh\nreadlink ../../current\nexit 1"]),
      ["hook '.platform/hooks/postdeploy/a' exited with status 1", "releases/2"]
    ) { $0.hooks = true }
  }

  @Test func `A bundle that was damaged since it was published is refused`() async throws {
    try await withLocalHost { local in
      try await withFailedUpdate(local, LocalApp.web()) { local in
        let path = local.directory.file("host/versions/v2.zip")
        var bytes = Array(try Data(contentsOf: URL(filePath: path)))
        for index in 60..<90 { bytes[index] ^= 0xff }
        try Data(bytes).write(to: URL(filePath: path))
        guard case .failed(let reasons, VersionLabel("v1")) = try await local.deploy("v2") else {
          Issue.record("deployed")
          return
        }
        #expect(
          reasons.first?.hasPrefix("the source bundle cannot be used: ") == true, "\(reasons)")
      }
    }
  }

  @Test func `A bundle whose names lead out of it is refused, and writes nothing there`()
    async throws
  {
    try await withLocalHost { local in
      try await withFailedUpdate(local, LocalApp.web()) { local in
        let path = local.directory.file("host/versions/v2.zip")
        let script =
          "import sys, zipfile as z; z.ZipFile(sys.argv[1], 'w').writestr(sys.argv[2], 'x')"
        try check([LocalApp.python, "-c", script, path, "../../../../escaped"])
        let outcome = try await local.deploy("v2")
        #expect(
          outcome
            == .failed(
              reasons: [
                "the source bundle cannot be used: an entry's name leads out of the bundle "
                  + "('../../../../escaped')"
              ], runningLabel: VersionLabel("v1")))
        let escaped = local.directory.file("host/escaped")
        #expect(!FileManager.default.fileExists(atPath: escaped))
      }
    }
  }

  @Test(arguments: LocalStep.ofDeployment.prefix { $0 != .oldStopped })
  func `A failure at any step before the end puts everything back`(step: LocalStep) async throws {
    struct Fault: Error {}
    try await withLocalHost { local in
      try await withFailedUpdate(local, LocalApp.web()) { local in
        let faulty = local.host { $0.faultPoint = { if $0 == step { throw Fault() } } }
        let outcome = try await faulty.deploy(local.request("v2")) { _ in }
        #expect(outcome == .failed(reasons: ["Fault()"], runningLabel: VersionLabel("v1")))
      }
    }
  }

  @Test(arguments: LocalStep.ofDeployment)
  func `Cut off at any step, one whole release serves, and the next push heals`(step: LocalStep)
    async throws
  {
    try await withLocalHost { local in
      for label in ["v1", "v2", "v3"] { try await local.publish(label, LocalApp.web()) }
      #expect(try await local.deploy("v1") == .deployed)
      let cut = local.host { $0.faultPoint = { if $0 == step { throw LocalAbandonment() } } }
      await #expect(throws: LocalAbandonment.self) {
        try await cut.deploy(local.request("v2")) { _ in }
      }
      let isSwitched = [.switched, .postdeployed, .oldStopped, .pruned].contains(step)
      #expect(try await local.get() == (isSwitched ? "v2" : "v1"))
      let environment = try #require(try await local.describe())
      #expect(environment.status == .ready)
      #expect(environment.health == .green)
      #expect(environment.version?.label.text == (isSwitched ? "v2" : "v1"))
      #expect(try await local.deploy("v3") == .deployed)
      #expect(try await local.get() == "v3")
      #expect(try local.runningProcesses().count == 1)
      let leftovers = try LocalStorage.names(in: local.layout.releases)
        .filter { $0.hasSuffix(".partial") || $0.hasSuffix(".tmp") }
      #expect(leftovers.isEmpty)
    }
  }

  @Test(
    arguments: [.healed, .recorded, .spawned, .processStarted, .healthy, .switched, .oldStopped]
      as [LocalStep])
  func `A restart that is cut off at any step leaves one run that serves`(step: LocalStep)
    async throws
  {
    try await withLocalHost { local in
      try await local.publish("v1", LocalApp.web())
      #expect(try await local.deploy("v1") == .deployed)
      let cut = local.host { $0.faultPoint = { if $0 == step { throw LocalAbandonment() } } }
      await #expect(throws: LocalAbandonment.self) {
        try await cut.setVariables(["A": "new"], of: name, wait: nil, timeout: .seconds(30)) { _ in
        }
      }
      let isSwitched = [.switched, .oldStopped].contains(step)
      #expect(try await local.get("/env/A") == (isSwitched ? "new" : "unset"))
      #expect(try await local.host.variables(of: name) == (isSwitched ? ["A": "new"] : [:]))
      #expect(try await local.restart() == .deployed)
      #expect(try await local.get("/env/A") == (isSwitched ? "new" : "unset"))
      #expect(try local.runningProcesses().count == 1)
    }
  }

  @Test func `A deployment that is interrupted while it waits leaves the release before`()
    async throws
  {
    try await withLocalHost { local in
      try await withFailedUpdate(
        local, ["Procfile": "web: trap '' TERM; while :; do sleep 1; done"]
      ) {
        local in
        let isStarted = Box(false)
        let host = local.host {
          $0.faultPoint = { if $0 == .processStarted { isStarted.value = true } }
          $0.grace = .milliseconds(200)
        }
        let deployment = Task { try await host.deploy(local.request("v2")) { _ in } }
        while !isStarted.value { try await Task.sleep(for: .milliseconds(2)) }
        deployment.cancel()
        await #expect(throws: CancellationError.self) { try await deployment.value }
        #expect(
          try await local.eventMessages().last
            == "The deployment was interrupted; nothing was changed.")
      }
    }
  }

  @Test func `An interruption that the host is asked for ends the deployment as well`() async throws
  {
    try await withLocalHost { local in
      try await withFailedUpdate(local, LocalApp.web()) { local in
        let isInterrupted = Box(false)
        let host = local.host {
          $0.faultPoint = { if $0 == .fronted { isInterrupted.value = true } }
          $0.isInterrupted = { isInterrupted.value }
        }
        await #expect(throws: CancellationError.self) {
          try await host.deploy(local.request("v2")) { _ in }
        }
      }
    }
  }

  @Test func `A process that only has the same id as a recorded one is left alone`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", LocalApp.web())
      #expect(try await local.deploy("v1") == .deployed)
      let stranger = Process()
      stranger.executableURL = URL(filePath: "/bin/sleep")
      stranger.arguments = ["600"]
      stranger.standardOutput = FileHandle.nullDevice
      stranger.standardError = FileHandle.nullDevice
      try stranger.run()
      defer { kill(stranger.processIdentifier, SIGKILL) }
      var (release, run) = try #require(try local.layout.serving())
      let start = try #require(ProcessIdentity.startTime(of: stranger.processIdentifier))
      for (start, boot) in [(start - 1, ProcessIdentity.boot), (start, "another boot")] {
        run.processes.append(
          LocalProcess(
            name: "old", pid: stranger.processIdentifier, started: start, boot: boot, isHook: true))
      }
      release.runs = [run]
      try local.layout.write(release)
      #expect(try await local.restart() == .deployed)
      #expect(stranger.isRunning)
      #expect(try local.layout.serving()?.run.processes.map(\.name) == ["web"])
    }
  }

  @Test func `What a process started is ended also when the process itself was killed`()
    async throws
  {
    try await withLocalHost { local in
      try await local.publish("v1", ["Procfile": "worker: sleep 600 & sleep 600 & echo $$; wait"])
      try await local.publish("v2", ["a": ""])
      #expect(try await local.deploy("v1") == .deployed)
      #expect(try local.runningProcesses().count == 3)
      let worker = try #require(try local.layout.serving()?.run.processes.first)
      kill(worker.pid, SIGKILL)
      while worker.isRunning { try await Task.sleep(for: .milliseconds(2)) }
      #expect(try await local.describe()?.causes == ["process 'worker' is not running"])
      #expect(try await local.deploy("v2") == .deployed)
      #expect(try local.runningProcesses().isEmpty)
    }
  }

  @Test func `A process that ignores the request to end is killed`() async throws {
    try await withLocalHost({ $0.grace = .milliseconds(300) }) { local in
      try await local.publish(
        "v1", ["Procfile": "worker: trap '' TERM; while :; do sleep 0.1; done"])
      try await local.publish("v2", ["a": ""])
      #expect(try await local.deploy("v1") == .deployed)
      #expect(try await local.deploy("v2") == .deployed)
      #expect(try local.runningProcesses().isEmpty)
    }
  }

  @Test func `The logs and the record of a failed first deployment stay`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", ["Procfile": "web: echo why; exit 1"])
      try await local.publish("v2", LocalApp.web())
      #expect(
        try await local.deploy("v1")
          == .failed(
            reasons: ["process 'web' exited with status 1", "why"], runningLabel: nil))
      #expect(try await local.describe()?.health == .grey)
      #expect(try LocalStorage.read(local.layout.log(of: "web")) == Array("why\n".utf8))
      #expect(try await local.deploy("v2") == .deployed)
      #expect(try await local.eventMessages().last == "Environment update completed successfully.")
    }
  }
}
