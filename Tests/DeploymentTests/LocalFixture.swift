// swift-format-ignore-file: NeverForceUnwrap
import Foundation
import SystemPackage
import TestSupport
import Zip

@testable import Deployment

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A local host in a temporary directory, whose fronts are threads of the test process, and bundles
/// for it. Made by ``withLocalHost(_:_:)``, which ends everything that was started.
final class LocalFixture: Sendable {
  static let environmentName = EnvironmentName("shop-dev")!

  let directory: TemporaryDirectory
  let host: LocalHost
  let options: LocalHostOptions

  var root: FilePath { FilePath(directory.file("host")) }
  var layout: LocalEnvironmentLayout { LocalLayout(root: root).environment(Self.environmentName) }

  init(_ adjust: (inout LocalHostOptions) -> Void) throws {
    directory = try TemporaryDirectory()
    var options = LocalHostOptions(executable: "/nonexistent/git-eb")
    options.environment = hermeticEnvironment
    options.grace = .seconds(3)
    options.drain = .milliseconds(50)
    options.settling = .milliseconds(300)
    options.startFront = { directory in
      Thread.detachNewThread { _ = LocalFront.run(directory: directory) }
    }
    adjust(&options)
    self.options = options
    host = LocalHost(
      root: FilePath(directory.file("host")), application: ApplicationName("shop")!,
      options: options)
  }

  /// The same host as it is with other options.
  func host(_ adjust: (inout LocalHostOptions) -> Void) -> LocalHost {
    var options = options
    adjust(&options)
    return LocalHost(root: root, application: host.application, options: options)
  }

  /// Writes a zip of these files, all executable, and publishes it.
  @discardableResult
  func publish(_ label: String, _ files: [String: String], digest: String? = nil) async throws
    -> Publication
  {
    let bundle = try writeBundle(files, to: "\(label).zip")
    return try await host.publish(version(label, digest: digest), bundle: bundle)
  }

  func writeBundle(_ files: [String: String], to name: String) throws -> FilePath {
    let sink = MemorySink()
    var writer = ZipWriter(to: sink)
    let deflater = Deflater()
    for (path, contents) in files.sorted(by: { $0.key < $1.key }) {
      let entry = ZipEntry(
        path: Array(path.utf8), mode: 0o100755, modificationTime: 1_700_000_000)
      try writer.append(entry, deflater.compress(Array(contents.utf8)))
    }
    _ = try writer.finish()
    return FilePath(try directory.write(sink.bytes, to: name))
  }

  func version(_ label: String, digest: String? = nil) -> ApplicationVersion {
    ApplicationVersion(
      label: VersionLabel(label)!, digest: digest ?? "digest of \(label)", size: 1,
      created: Date(timeIntervalSince1970: 1_700_000_000), description: "a subject",
      commit: String(repeating: "a", count: 40), reference: "refs/heads/dev", source: "commit",
      secrets: [], builtBy: "1.0")
  }

  func request(
    _ label: String, variables: [String: String] = [:], tags: [String: String] = [:],
    wait: Duration? = nil, timeout: Duration = .seconds(30)
  ) -> DeploymentRequest {
    var request = DeploymentRequest(
      environment: Self.environmentName, label: VersionLabel(label)!, variables: variables,
      wait: wait, timeout: timeout)
    request.creation.tags = tags
    return request
  }

  func deploy(_ label: String, timeout: Duration = .seconds(30)) async throws -> Outcome {
    try await host.deploy(request(label, timeout: timeout)) { _ in }
  }

  func restart() async throws -> Outcome {
    try await host.restart(Self.environmentName, wait: nil, timeout: .seconds(30)) { _ in }
  }

  func setVariables(_ changes: [String: String?]) async throws -> Outcome {
    try await host.setVariables(
      changes, of: Self.environmentName, wait: nil, timeout: .seconds(30)
    ) { _ in }
  }

  func describe() async throws -> EnvironmentDescription? {
    try await host.environment(named: Self.environmentName)
  }

  func eventMessages() async throws -> [String] {
    try await host.events(of: Self.environmentName, since: nil).map(\.message)
  }

  /// What the environment's address answers.
  func get(_ path: String = "/") async throws -> String {
    guard let port = LocalFront.port(layout) else { return "no port" }
    return try await exchange("GET \(path) HTTP/1.0\r\n\r\n", port: port)
  }

  /// The body of the answer to these bytes, or the whole answer when it is no success.
  func exchange(_ request: String, port: UInt16) async throws -> String {
    let answer = String(decoding: try await exchangeBytes(Array(request.utf8), port), as: UTF8.self)
    guard answer.contains(" 200 "), let body = answer.range(of: "\r\n\r\n") else { return answer }
    return String(answer[body.upperBound...])
  }

  /// All that comes back after these bytes and the end of them were sent.
  func exchangeBytes(_ request: [UInt8], _ port: UInt16) async throws -> [UInt8] {
    guard let descriptor = LocalSocket.connect(port: port) else { return [] }
    defer { close(descriptor) }
    var rest = request[...]
    var answer: [UInt8] = []
    var isEnded = false
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
      if !rest.isEmpty {
        let count = LocalWire.send(rest, to: descriptor)
        if count > 0 { rest = rest.dropFirst(count) }
      } else if !isEnded {
        isEnded = true
        shutdown(descriptor, Int32(SHUT_WR))
      }
      let count = LocalWire.receive(&chunk, from: descriptor)
      if count > 0 {
        answer += chunk[..<count]
      } else if count == 0 || (errno != EAGAIN && errno != ENOTCONN) {
        return answer
      } else {
        try await Task.sleep(for: .milliseconds(1))
      }
    }
    return answer
  }

  /// The processes of this host's environments that run, by `GIT_EB_RUN` and directory.
  func runningProcesses() throws -> [Int32] {
    try LocalStorage.names(in: "/proc").compactMap { Int32($0) }.filter { pid in
      guard ProcessIdentity.startTime(of: pid) != nil,
        let directory = try? FileSystem.linkTarget("/proc/\(pid)/cwd")
      else { return false }
      return String(decoding: directory, as: UTF8.self).hasPrefix(root.string)
    }
  }

  func endEverything() async {
    for name in (try? await host.environments().map(\.name)) ?? [] {
      try? await host.terminate(name, wait: .seconds(10)) { _ in }
    }
    for pid in (try? runningProcesses()) ?? [] { kill(pid, SIGKILL) }
  }
}

/// Runs `body` with a local host of its own.
func withLocalHost(
  _ adjust: (inout LocalHostOptions) -> Void = { _ in },
  _ body: (LocalFixture) async throws -> Void
) async throws {
  platformIgnoreSigpipe
  let fixture = try LocalFixture(adjust)
  do {
    try await body(fixture)
  } catch {
    await fixture.endEverything()
    throw error
  }
  await fixture.endEverything()
}

private let platformIgnoreSigpipe: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

/// Applications for the tests.
enum LocalApp {
  /// The interpreter itself: a version manager's stand-in takes long to start.
  static let python: String =
    (try? check(["python3", "-c", "import sys; print(sys.executable, end='')"])) ?? "python3"

  /// Serves its label on every path but `/env/NAME` (a variable), `/pid` and `/missing` (404).
  static let server = """
    import http.server, os, signal, sys, threading
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            path, status = self.path, 200
            if path.startswith("/env/"): text = os.environ.get(path[5:], "unset")
            elif path == "/pid": text = str(os.getpid())
            elif path == "/missing": text, status = "missing", 404
            else: text = os.environ["GIT_EB_LABEL"]
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        def log_message(self, *arguments): pass
    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 1024
    server = Server(("127.0.0.1", int(os.environ["PORT"])), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(0.02)
    """

  static var webCommand: String { "exec \(python) -S -E server.py" }

  /// A web application, with these files beside or over its own.
  static func web(_ files: [String: String] = [:]) -> [String: String] {
    ["Procfile": "web: \(webCommand)\n", "server.py": server].merging(files) { $1 }
  }
}

/// Bytes over a socket that does not block.
enum LocalWire {
  static func send(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int {
    unsafe bytes.withUnsafeBytes { unsafe Glue.write(descriptor, $0.baseAddress, $0.count) }
  }

  static func receive(_ chunk: inout [UInt8], from descriptor: Int32) -> Int {
    unsafe chunk.withUnsafeMutableBytes {
      unsafe Glue.read(descriptor, $0.baseAddress, $0.count)
    }
  }
}

/// A value that closures of several threads share.
final class Box<Value: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var stored: Value

  init(_ value: Value) { stored = value }

  var value: Value {
    get { lock.withLock { stored } }
    set { lock.withLock { stored = newValue } }
  }

  func update(_ change: (inout Value) -> Void) { lock.withLock { change(&stored) } }
}

extension LocalHost {
  /// Publishes a zip that nobody watches.
  func publish(_ version: ApplicationVersion, bundle: FilePath) async throws -> Publication {
    try await publish(version, bundle: bundle, kind: "zip", progress: { _ in })
  }
}
