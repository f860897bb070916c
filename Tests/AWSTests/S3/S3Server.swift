import Foundation
import Synchronization
import TestSupport
import Testing

@testable import AWS

/// The server of Tests/Server, with sessions to talk to it. Tests share it; it ends with the last
/// one that has it.
final class S3Server: Sendable {
  private let server: CloudServer
  private let endpoint: Endpoint
  private let transport = CurlTransport(
    caBundle: nil, userAgent: "git-eb-tests", isInterrupted: { false })

  /// The one that runs, or a new one.
  static func shared() throws -> S3Server {
    try running.withLock { running in
      if let server = running.server { return server }
      let server = try S3Server()
      running.server = server
      return server
    }
  }

  private struct Running { weak var server: S3Server? }
  private static let running = Mutex(Running())

  private init() throws {
    server = try CloudServer()
    endpoint = Endpoint(scheme: "http", host: CloudServer.host, port: server.port)
  }

  /// One that signs with a key that the server knows, or with another secret.
  func session(secret: String? = nil) throws -> Session {
    let key = try #require(server.keys.first)
    let keys = ServerKeys(id: key.accessKey, secret: secret ?? key.secret)
    let endpoint = endpoint
    return Session(
      transport: transport, credentials: CredentialCache(keys, now: { Date() }),
      region: try #require(Region("us-east-1")), endpoint: { _, _ in endpoint },
      now: { Date() }, sleep: { try await Task.sleep(for: $0) })
  }

  /// Calls what Tests/Server has under `/_control/`.
  func control(_ call: String, _ parameters: some Encodable) async throws {
    _ = try await server.control(call, parameters, as: Anything.self)
  }

  /// Makes the next request of that kind to a bucket go wrong.
  func `break`(_ operation: String, of bucket: String, _ fault: String) async throws {
    try await control(
      "faults", ["rules": [["action": fault, "operation": operation, "path": bucket]]])
  }
}

/// An answer that nobody reads.
private struct Anything: Decodable {}

private struct ServerKeys: CredentialSource {
  let id: String
  let secret: String

  func credentials() async throws -> Credentials {
    Credentials(accessKeyID: id, secretAccessKey: secret, origin: "a test")
  }
}

/// A new bucket on the server.
struct S3Place {
  let server: S3Server
  let session: Session
  private let bucket: String

  static func make() async throws -> S3Place {
    let server = try S3Server.shared()
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
