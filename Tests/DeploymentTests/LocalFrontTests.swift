import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Deployment

@Suite("Local host: front", .serialized) struct LocalFrontTests {
  private let name = LocalFixture.environmentName

  /// Runs a front over an environment that has a release whose `.live` file names `port`.
  private func withFront(
    livePort: UInt16?, _ body: (LocalFixture, UInt16) async throws -> Void
  ) async throws {
    try await withLocalHost { local in
      for directory in [local.layout.run, local.layout.releases] {
        try LocalStorage.makeDirectory(directory)
      }
      try local.layout.write(LocalEnvironmentRecord(created: Date(), tags: [:]))
      if let livePort { try pointFront(local, to: livePort, release: 1) }
      let directory = local.layout.directory
      Thread.detachNewThread { _ = LocalFront.run(directory: directory) }
      while LocalFront.running(local.layout) == nil { try await Task.sleep(for: .milliseconds(2)) }
      try await body(local, try #require(LocalFront.port(local.layout)))
      await LocalFront.stop(local.layout)
    }
  }

  private func pointFront(_ local: LocalFixture, to port: UInt16, release: Int) throws {
    try local.layout.write(LiveRun(generation: 1, port: port), of: release)
    try LocalStorage.pointLink(local.layout.current, to: "releases/\(release)")
  }

  /// Accepts one connection, reads it to its end, and writes it back with "echo:" before it.
  private func echo(_ listener: Int32) -> Task<Void, any Error> {
    Task.detached {
      var accepted = LocalSocket.accept(listener)
      while accepted == nil {
        try await Task.sleep(for: .milliseconds(1))
        accepted = LocalSocket.accept(listener)
      }
      let client = try #require(accepted)
      defer { close(client) }
      var bytes = Array("echo:".utf8)
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = LocalWire.receive(&chunk, from: client)
        if count == 0 { break }
        if count > 0 {
          bytes += chunk[..<count]
        } else {
          try await Task.sleep(for: .milliseconds(1))
        }
      }
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = LocalWire.send(rest, to: client)
        if count > 0 {
          rest = rest.dropFirst(count)
        } else {
          try await Task.sleep(for: .milliseconds(1))
        }
      }
    }
  }

  @Test func `Where nothing serves, the front says so`() async throws {
    try await withFront(livePort: nil) { local, _ in
      let answer = try await local.get()
      #expect(answer.hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
      #expect(answer.hasSuffix("\r\n\r\nNothing runs here: see 'git eb status'.\n"))
    }
    try await withFront(livePort: try LocalSocket.freePort()) { local, _ in
      let answer = try await local.get()
      #expect(answer.hasPrefix("HTTP/1.1 502 "))
    }
  }

  @Test func `A request whose sender closed its half is answered, however large`() async throws {
    let listener = try #require(LocalSocket.listen(port: 0))
    defer { close(listener) }
    try await withFront(livePort: LocalSocket.port(of: listener)) { local, port in
      for size in [0, 1, 100_000, 5_000_000] {
        let server = echo(listener)
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
        #expect(try await local.exchangeBytes(bytes, port) == Array("echo:".utf8) + bytes)
        try await server.value
      }
    }
  }

  @Test func `Each connection goes to what serves when it is made`() async throws {
    let first = try #require(LocalSocket.listen(port: 0))
    let second = try #require(LocalSocket.listen(port: 0))
    defer { close(second) }
    try await withFront(livePort: LocalSocket.port(of: first)) { local, port in
      var server = echo(first)
      #expect(try await local.exchangeBytes([65], port) == Array("echo:A".utf8))
      try await server.value
      close(first)
      #expect(try await local.get().hasPrefix("HTTP/1.1 502 "))
      try pointFront(local, to: try #require(LocalSocket.port(of: second)), release: 2)
      server = echo(second)
      #expect(try await local.exchangeBytes([66], port) == Array("echo:B".utf8))
      try await server.value
    }
  }

  @Test func `A thousand connections at once are served`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", LocalApp.web())
      #expect(try await local.deploy("v1") == .deployed)
      let port = try #require(LocalFront.port(local.layout))
      let script = """
        import resource, socket, sys
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(limit, 4096), limit))
        sockets = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(1000)]
        for s in sockets: s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
        good = 0
        for s in sockets:
            s.settimeout(30)
            answer = b""
            while chunk := s.recv(4096): answer += chunk
            good += answer.startswith(b"HTTP/1.0 200") and answer.endswith(b"v1")
        print(good)
        """
      let output = try await Threads.run {
        try check([LocalApp.python, "-c", script, "\(port)"])
      }
      #expect(output == "1000\n")
    }
  }

  @Test func `A large body passes unharmed in both directions`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", LocalApp.web())
      #expect(try await local.deploy("v1") == .deployed)
      let body = String(repeating: "0123456789abcdef", count: 200_000)
      let port = try #require(LocalFront.port(local.layout))
      let request = "POST / HTTP/1.0\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
      #expect(try await local.exchange(request, port: port) == body)
    }
  }

  @Test func `There is only one front, and it ends when its directory is gone`() async throws {
    try await withFront(livePort: nil) { local, port in
      #expect(LocalFront.run(directory: local.layout.directory) == 0)
      #expect(LocalFront.running(local.layout)?.port == port)
      try FileManager.default.removeItem(atPath: local.layout.directory.string)
      let deadline = ContinuousClock.now + .seconds(10)
      while ContinuousClock.now < deadline {
        guard let connection = LocalSocket.connect(port: port) else { break }
        let isRefused = LocalSocket.connectionError(connection) != 0
        close(connection)
        if isRefused { break }
        try await Task.sleep(for: .milliseconds(20))
      }
      #expect(ContinuousClock.now < deadline)
    }
  }

  @Test func `A front that is gone makes the environment red, and a restart brings back its port`()
    async throws
  {
    try await withLocalHost { local in
      try await local.publish("v1", LocalApp.web())
      #expect(try await local.deploy("v1") == .deployed)
      let port = LocalFront.port(local.layout)
      await LocalFront.stop(local.layout)
      let environment = try #require(try await local.describe())
      #expect(environment.health == .red)
      #expect(
        environment.causes == ["the front, which holds the environment's port, is not running"])
      #expect(try await local.restart() == .deployed)
      #expect(LocalFront.port(local.layout) == port)
      #expect(try await local.get() == "v1")
    }
  }

  @Test func `A front whose port was taken meanwhile takes another one`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", LocalApp.web())
      #expect(try await local.deploy("v1") == .deployed)
      let port = try #require(LocalFront.port(local.layout))
      await LocalFront.stop(local.layout)
      let thief = try #require(LocalSocket.listen(port: port))
      defer { close(thief) }
      #expect(try await local.restart() == .deployed)
      #expect(LocalFront.port(local.layout) != port)
      #expect(try await local.get() == "v1")
    }
  }

  @Test func `A front that does not start fails the deployment`() async throws {
    try await withLocalHost({
      $0.startFront = nil
      $0.executable = "/bin/false"
    }) { local in
      try await local.publish("v1", LocalApp.web())
      #expect(
        try await local.deploy("v1")
          == .failed(
            reasons: ["the front, which holds the environment's port, exited with status 1"],
            runningLabel: nil))
      #expect(try local.runningProcesses().isEmpty)
    }
  }
}
