import Foundation
import Synchronization
import TestSupport
import Testing

@testable import AWS
@testable import ElasticBeanstalk

/// Keeps what is sent, and answers what it was given, the last answer again and again.
final class ScriptedTransport: Transport {
  enum Answer: Sendable {
    case xml(String)
    case bytes([UInt8])
    case error(status: Int, code: String, message: String)
    case failure(TransportError)
  }

  private let state: Mutex<(requests: [HTTPRequest], answers: [Answer])>

  init(_ answers: [Answer]) { state = Mutex(([], answers)) }

  var requests: [HTTPRequest] { state.withLock { $0.requests } }

  /// The bodies, as they were sent.
  var bodies: [String] {
    requests.map { request in
      guard case .bytes(let bytes) = request.body else { return "" }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  func send(
    _ request: HTTPRequest, sent: @escaping @Sendable (Int64) -> Void
  ) async throws(TransportError) -> HTTPResponse {
    let answer = state.withLock { state in
      state.requests.append(request)
      return state.answers.count > 1 ? state.answers.removeFirst() : state.answers.first
    }
    switch answer {
    case .xml(let text): return HTTPResponse(status: 200, headers: [], body: Array(text.utf8))
    case .bytes(let bytes): return HTTPResponse(status: 200, headers: [], body: bytes)
    case .error(let status, let code, let message):
      let text = """
        <ErrorResponse><Error><Type>Sender</Type><Code>\(code)</Code>\
        <Message>\(message)</Message></Error><RequestId>request-1</RequestId></ErrorResponse>
        """
      return HTTPResponse(status: status, headers: [], body: Array(text.utf8))
    case .failure(let error): throw error
    case nil: throw .interrupted
    }
  }
}

/// Credentials that are always there.
struct FixedCredentials: CredentialSource {
  var accessKeyID = "AKIDEXAMPLE"
  var secretAccessKey = "secret"

  func credentials() async throws -> Credentials {
    Credentials(
      accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, origin: "the test")
  }
}

/// A session that never waits.
func testSession(_ transport: any Transport) throws -> Session {
  let credentials = CredentialCache(FixedCredentials(), now: { Date() })
  return Session(
    transport: transport, credentials: credentials,
    region: try #require(Region("eu-central-1")),
    endpoint: { service, region in
      Endpoint(scheme: "https", host: "\(service.endpointPrefix).\(region.name).example.com")
    },
    now: { Date() }, sleep: { _ in }, pause: { _ in })
}

/// Runs a script of `Tests/Model` with JSON in and JSON out.
func runModel<Output: Decodable>(
  _ script: String, _ input: some Encodable, _ output: Output.Type = Output.self
) throws -> Output {
  let path = testsDirectory.appending(path: "Model/\(script)").path
  let result = try runForBytes([CloudServer.python, path], input: JSONEncoder().encode(input))
  try #require(
    result.status == 0, "\(script): \(String(decoding: result.error, as: UTF8.self))")
  return try JSONDecoder().decode(Output.self, from: result.output)
}

let testsDirectory = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent()
