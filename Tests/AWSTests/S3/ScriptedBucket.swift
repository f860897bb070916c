import Foundation
import Synchronization

@testable import AWS

/// A bucket in memory that fails when it is told to: what a test needs of S3 where the failure is
/// the point. How S3 itself answers is the server's affair (S3ServerTests).
final class ScriptedBucket: Transport {
  /// What happens to one request.
  enum Fate: Sendable {
    /// It is not done, and answered with this.
    case answer(HTTPResponse)
    /// It is done, and answered with this instead.
    case doneBut(HTTPResponse)
    /// It is done, and the answer is lost.
    case doneThen(TransportError)
    /// It is not done.
    case fail(TransportError)
    /// Nothing happens until the task is cancelled.
    case hang
  }

  struct Stored: Sendable, Equatable {
    var bytes: [UInt8]
    var headers: [String: String]
  }

  struct Open: Sendable {
    var key: String
    var headers: [String: String]
    var initiated: Date
    var parts: [Int: [UInt8]] = [:]
    /// Parts that come to light only after so many further looks.
    var late: [Int: [UInt8]] = [:]
  }

  struct State: Sendable {
    var objects: [String: Stored] = [:]
    var uploads: [String: Open] = [:]
    /// The operations in their order, `UploadPart 3` for a part.
    var log: [String] = []
    var requests: [HTTPRequest] = []
    var lastID = 0
  }

  let state = Mutex(State())
  /// By S3's clock, which is not ours.
  let date = Date(timeIntervalSince1970: 1_700_000_000)
  /// Asked for each request with its name in the log, and how often that came before, from 0.
  private let fate: @Sendable (String, Int) -> Fate?

  init(_ fate: @escaping @Sendable (String, Int) -> Fate? = { _, _ in nil }) { self.fate = fate }

  var log: [String] { state.withLock { $0.log } }

  func count(of operation: String) -> Int { log.count { $0 == operation } }

  static func error(_ status: Int, _ code: String) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: [],
      body: Array("<Error><Code>\(code)</Code><Message>a test</Message></Error>".utf8))
  }

  func send(
    _ request: HTTPRequest, sent: @escaping @Sendable (Int64) -> Void
  ) async throws(TransportError) -> HTTPResponse {
    let name = Self.name(of: request)
    let (count, body) = state.withLock { state in
      state.log.append(name)
      state.requests.append(request)
      return (state.log.count { $0 == name } - 1, request.body)
    }
    switch fate(name, count) {
    case .answer(let response): return response
    case .fail(let error):
      sent(body.length / 2)
      throw error
    case .hang:
      sent(body.length / 2)
      while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
      throw .interrupted
    case .doneBut(let response):
      _ = perform(request, try bytes(of: body))
      return response
    case .doneThen(let error):
      _ = perform(request, try bytes(of: body))
      sent(body.length)
      throw error
    case nil:
      if Task.isCancelled, request.isInterruptible { throw .interrupted }
      let response = perform(request, try bytes(of: body))
      sent(body.length)
      return response
    }
  }

  private static func name(of request: HTTPRequest) -> String {
    let query = Dictionary(
      request.query.map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { first, _ in first })
    switch (request.method, query["uploadId"] != nil) {
    case ("HEAD", _): return "HeadObject"
    case ("PUT", false): return "PutObject"
    case ("PUT", true): return "UploadPart \(query["partNumber"] ?? "")"
    case ("POST", false): return "CreateMultipartUpload"
    case ("POST", true): return "CompleteMultipartUpload"
    case ("DELETE", true): return "AbortMultipartUpload"
    case ("DELETE", false): return "DeleteObject"
    case ("GET", true): return "ListParts"
    default:
      return query["uploads"] != nil
        ? "ListMultipartUploads" : query["list-type"] != nil ? "ListObjectsV2" : "GetObject"
    }
  }

  private func bytes(of body: HTTPBody) throws(TransportError) -> [UInt8] {
    switch body {
    case .none: return []
    case .bytes(let bytes): return bytes
    case .file(let descriptor, let offset, let length):
      var bytes = [UInt8](repeating: 0, count: Int(length))
      let count = unsafe pread(descriptor, &bytes, bytes.count, off_t(offset))
      guard count == bytes.count else { throw .file(errno: EIO) }
      return bytes
    }
  }

  private func perform(_ request: HTTPRequest, _ body: [UInt8]) -> HTTPResponse {
    state.withLock { state in perform(request, body, &state) }
  }

  private func perform(_ request: HTTPRequest, _ body: [UInt8], _ state: inout State)
    -> HTTPResponse
  {
    let key = String(request.path.dropFirst("/bucket/".count))
    let id = request.query.first { $0.name == "uploadId" }?.value ?? ""
    let headers = Dictionary(
      request.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 })
    let isTaken = headers["if-none-match"] == "*" && state.objects[key] != nil
    let name = Self.name(of: request)
    switch name.split(separator: " ").first {
    case "HeadObject":
      guard let object = state.objects[key] else { return answer(404) }
      var shown = object.headers.filter { $0.key.hasPrefix("x-amz-meta-") }
      shown["content-length"] = "\(object.bytes.count)"
      return answer(200, headers: shown)
    case "PutObject":
      if isTaken { return Self.error(412, "PreconditionFailed") }
      state.objects[key] = Stored(bytes: body, headers: headers)
      return answer(200, headers: ["ETag": "\"whole\""])
    case "CreateMultipartUpload":
      state.lastID += 1
      let new = "id-\(state.lastID)"
      state.uploads[new] = Open(key: key, headers: headers, initiated: date)
      return answer(
        200,
        "<InitiateMultipartUploadResult><UploadId>\(new)</UploadId>"
          + "</InitiateMultipartUploadResult>")
    default: break
    }
    if name == "ListMultipartUploads" {
      let prefix = request.query.first { $0.name == "prefix" }?.value ?? ""
      let items = state.uploads.filter { $0.value.key.hasPrefix(prefix) }
        .sorted { $0.key < $1.key }.map { id, upload in
          "<Upload><Key>\(upload.key)</Key><UploadId>\(id)</UploadId>"
            + "<Initiated>\(upload.initiated.formatted(.iso8601))</Initiated></Upload>"
        }
      return answer(
        200,
        "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>\(items.joined())"
          + "</ListMultipartUploadsResult>")
    }
    guard var upload = state.uploads[id], upload.key == key else {
      return Self.error(404, "NoSuchUpload")
    }
    defer { if state.uploads[id] != nil { state.uploads[id] = upload } }
    switch name.split(separator: " ").first {
    case "UploadPart":
      guard
        let number = request.query.first(where: { $0.name == "partNumber" })?.value
          .flatMap({ Int($0) })
      else { return Self.error(400, "InvalidArgument") }
      upload.parts[number] = body
      return answer(200, headers: ["ETag": "\"part-\(number)\""])
    case "ListParts":
      let items = upload.parts.keys.sorted().map {
        "<Part><PartNumber>\($0)</PartNumber><Size>\(upload.parts[$0]?.count ?? 0)</Size></Part>"
      }
      return answer(
        200, "<ListPartsResult><IsTruncated>false</IsTruncated>\(items.joined())</ListPartsResult>")
    case "AbortMultipartUpload":
      upload.parts = upload.late
      upload.late = [:]
      if upload.parts.isEmpty { state.uploads[id] = nil }
      return answer(204)
    default:
      if isTaken { return Self.error(412, "PreconditionFailed") }
      var bytes: [UInt8] = []
      for number in upload.parts.keys.sorted() { bytes += upload.parts[number] ?? [] }
      state.objects[key] = Stored(bytes: bytes, headers: upload.headers)
      state.uploads[id] = nil
      return answer(
        200,
        "  \n<?xml version=\"1.0\"?><CompleteMultipartUploadResult>"
          + "<ETag>x</ETag></CompleteMultipartUploadResult>")
    }
  }

  private func answer(_ status: Int, _ xml: String = "", headers: [String: String] = [:])
    -> HTTPResponse
  {
    HTTPResponse(
      status: status,
      headers: headers.map { HTTPHeader($0, $1) } + [
        HTTPHeader("Date", "Tue, 14 Nov 2023 22:13:20 GMT")
      ], body: Array(xml.utf8))
  }
}

/// Gives the same key each time.
struct FixedCredentials: CredentialSource {
  func credentials() async throws -> Credentials {
    Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret", origin: "a test")
  }
}

extension Session {
  /// One that waits for nothing.
  static func impatient(_ transport: any Transport) throws -> Session {
    guard let region = Region("eu-central-1") else { throw NoRegion() }
    return Session(
      transport: transport, credentials: CredentialCache(FixedCredentials(), now: { Date() }),
      region: region,
      endpoint: { _, _ in Endpoint(scheme: "http", host: "127.0.0.1", port: 9) },
      now: { Date() }, sleep: { _ in try Task.checkCancellation() }, pause: { _ in })
  }
}
