import Foundation
import TestSupport
import Testing

@testable import AWS

/// The server of Tests/Server, which all tests of a run share. It ends with them.
final class S3Server: Sendable {
  let endpoint: Endpoint
  private let transport = CurlTransport(
    caBundle: nil, userAgent: "git-eb-tests", isInterrupted: { false })
  private let state: TemporaryDirectory
  private let process: Process
  /// The server ends when this one does.
  private let input: Pipe

  private static let started = Task { try await S3Server() }

  static func shared() async throws -> S3Server { try await started.value }

  private init() async throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let interpreter = try check([root.path + "/Scripts/lib/python_environment"])
      .trimmingCharacters(in: .whitespacesAndNewlines)
    state = try TemporaryDirectory()
    process = Process()
    input = Pipe()
    let output = Pipe()
    process.executableURL = URL(filePath: interpreter)
    process.arguments = [
      root.path + "/Tests/Server/serve.py", "--until-eof", "--state", state.path,
    ]
    process.environment = ["PYTHONDONTWRITEBYTECODE": "1"]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    var line = Data()
    while !line.contains(UInt8(ascii: "\n")) {
      let piece = output.fileHandleForReading.availableData
      try #require(!piece.isEmpty, "the server did not start")
      line += piece
    }
    endpoint = Endpoint(
      scheme: "http", host: "127.0.0.1",
      port: try JSONDecoder().decode(Greeting.self, from: line).port)
  }

  private struct Greeting: Decodable { var port: Int }

  /// One that signs with a key that the server knows.
  func session(
    secret: String = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
  ) throws -> Session {
    let keys = ServerKeys(secret: secret)
    let endpoint = endpoint
    return Session(
      transport: transport, credentials: CredentialCache(keys, now: { Date() }),
      region: try #require(Region("us-east-1")), endpoint: { _, _ in endpoint },
      now: { Date() }, sleep: { try await Task.sleep(for: $0) })
  }

  /// Calls what Tests/Server has under `/_control/`.
  func control(_ call: String, _ parameters: [String: String]) async throws {
    let request = HTTPRequest(
      "POST", endpoint, path: "/_control/\(call)",
      headers: [HTTPHeader("Content-Type", "application/json")],
      body: .bytes(Array(try JSONEncoder().encode(parameters))))
    let response = try await transport.send(request)
    try #require(response.status == 200, "\(String(decoding: response.body, as: UTF8.self))")
  }
}

private struct ServerKeys: CredentialSource {
  let secret: String

  func credentials() async throws -> Credentials {
    Credentials(
      accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: secret, origin: "a test")
  }
}

/// A new bucket on the server.
struct S3Place {
  let server: S3Server
  let session: Session
  private let bucket: String

  static func make() async throws -> S3Place {
    let server = try await S3Server.shared()
    let bucket = try await bucket(on: server, in: "us-east-1", account: "123456789012")
    return S3Place(server: server, session: try server.session(), bucket: bucket)
  }

  func client(bucket: String? = nil) -> S3Client {
    S3Client(session, bucket: bucket ?? self.bucket)
  }

  /// Makes another one, somewhere and for somebody.
  func bucket(in region: String, account: String = "123456789012") async throws -> String {
    try await Self.bucket(on: server, in: region, account: account)
  }

  private static func bucket(
    on server: S3Server, in region: String, account: String
  ) async throws -> String {
    let name = "git-eb-\(UUID().uuidString.lowercased())"
    try await server.control("bucket", ["name": name, "region": region, "account": account])
    return name
  }
}
