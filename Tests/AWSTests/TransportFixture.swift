import AWS
import Foundation
import Synchronization
import TestSupport

/// A transport, and a server to try it on.
struct TransportFixture {
  let server: MisbehavingServer
  let transport: CurlTransport
  /// For files, and for what the server counts.
  let directory: TemporaryDirectory
  /// Whether a signal asked to stop.
  let signal = Flag()

  /// - Parameter caBundle: from the server and the directory; without it the system's certificates
  ///   are trusted.
  init(caBundle: (MisbehavingServer, TemporaryDirectory) throws -> String? = { _, _ in nil }) throws
  {
    server = try .shared()
    directory = try TemporaryDirectory()
    let signal = signal
    transport = CurlTransport(
      caBundle: try caBundle(server, directory), userAgent: "git-eb/test",
      isInterrupted: { signal.isRaised })
  }

  var endpoint: Endpoint {
    Endpoint(scheme: "http", host: "127.0.0.1", port: server.port, basePath: user)
  }
  var secureEndpoint: Endpoint {
    Endpoint(scheme: "https", host: "localhost", port: server.securePort, basePath: user)
  }
  /// What the server knows the test by.
  private var user: String {
    String(directory.path[(directory.path.lastIndex(of: "/") ?? directory.path.startIndex)...])
  }

  /// Limits that no test reaches unless it wants to.
  static let patient = HTTPRequest.Limits(
    connect: .seconds(20), stall: .seconds(20), total: .seconds(60))

  func request(
    _ method: String, _ path: String, query: [QueryItem] = [], headers: [HTTPHeader] = [],
    body: HTTPBody = .none, destination: HTTPRequest.Destination = .memory(limit: 1 << 20),
    limits: HTTPRequest.Limits = patient
  ) -> HTTPRequest {
    HTTPRequest(
      method, endpoint, path: path, query: query, headers: headers, body: body,
      destination: destination, limits: limits)
  }

  func get(
    _ path: String, query: [QueryItem] = [], limits: HTTPRequest.Limits = patient
  ) async throws(TransportError) -> HTTPResponse {
    try await transport.send(request("GET", path, query: query, limits: limits))
  }

  func statistics() async throws -> MisbehavingServer.Statistics {
    let response = try await get("/statistics")
    return try JSONDecoder().decode(
      MisbehavingServer.Statistics.self, from: Data(response.body))
  }
}

/// What `/echo` saw.
struct Echo: Decodable {
  var method: String
  var target: String
  var headers: [[String]]
  var digest: String
  var length: Int
  var connection: Int

  init(_ response: HTTPResponse) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(response.body))
  }

  /// All values of the header.
  func values(_ name: String) -> [String] {
    headers.filter { $0.first?.lowercased() == name.lowercased() }.compactMap(\.last)
  }
}

final class Flag: Sendable {
  private let value = Mutex(false)
  var isRaised: Bool { value.withLock { $0 } }
  func raise() { value.withLock { $0 = true } }
}
