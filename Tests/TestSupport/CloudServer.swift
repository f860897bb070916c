import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Amazon's services on this machine (`Tests/Server/serve.py`), for as long as this lives.
package final class CloudServer: Sendable {
  /// What the server says when it listens.
  private struct Greeting: Decodable {
    var port: Int
    var keys: [Key]
  }

  /// An access key that the server knows.
  package struct Key: Decodable, Sendable {
    package var accessKey: String
    package var secret: String
    package var account: String

    private enum CodingKeys: String, CodingKey {
      case accessKey = "access_key"
      case secret
      case account
    }
  }

  package static let host = "127.0.0.1"
  package let port: Int
  package let keys: [Key]
  private let process: Background
  private let state: TemporaryDirectory

  /// Starts a server and waits until it listens.
  /// - Parameter step: seconds that each step of an operation takes.
  package init(step: Double = 0.05) throws {
    state = try TemporaryDirectory()
    let script = Self.script("serve.py")
    process = try Background(
      [
        Self.python, script, "--state", state.path, "--step", String(step), "--parent",
        "\(getpid())",
      ], in: "/", environment: ["PYTHONDONTWRITEBYTECODE": "1"], base: state.path)
    let process = process
    var greeting: Greeting?
    _ = eventually(seconds: 60) {
      greeting = try? JSONDecoder().decode(Greeting.self, from: Data(process.output.utf8))
      return greeting != nil || !process.isRunning
    }
    guard let greeting else {
      throw ShellError(
        arguments: [script], status: -1, output: process.output, error: process.error)
    }
    port = greeting.port
    keys = greeting.keys
  }

  /// The one that all tests of this process share: it takes longer to start than most of them.
  /// Those have an account of their own on it.
  package static func shared() throws -> CloudServer {
    try sharedServer.withLock { shared in
      if let shared { return shared }
      let server = try CloudServer(step: 0.02)
      shared = server
      atexit { CloudServer.sharedServer.withLock { $0 = nil } }
      return server
    }
  }

  private static let sharedServer = Mutex<CloudServer?>(nil)

  /// What clients need to find the server.
  package var endpoint: String { "http://\(Self.host):\(port)" }

  /// The interpreter with moto and botocore: `GIT_EB_TEST_PYTHON`, or `python3`.
  package static var python: String {
    ProcessInfo.processInfo.environment["GIT_EB_TEST_PYTHON"] ?? "python3"
  }

  /// The path of a Python program in `Tests/Server`.
  package static func script(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Server/\(name)").path
  }

  /// A call of the server's own, below `/_control/`: JSON in, JSON out.
  package func control<Answer: Decodable>(
    _ call: String, _ body: some Encodable = [String: String](), as type: Answer.Type = Answer.self
  ) async throws -> Answer {
    guard let url = URL(string: "http://\(Self.host):\(port)/_control/\(call)") else {
      throw URLError(.badURL)
    }
    var request = URLRequest(url: url)
    request.httpMethod = "POST"
    request.httpBody = try JSONEncoder().encode(body)
    let (data, response) = try await URLSession.shared.data(for: request)
    guard (response as? HTTPURLResponse)?.statusCode == 200 else {
      throw ShellError(
        arguments: ["_control", call], status: -1, output: String(decoding: data, as: UTF8.self),
        error: process.error)
    }
    return try JSONDecoder().decode(Answer.self, from: data)
  }
}
