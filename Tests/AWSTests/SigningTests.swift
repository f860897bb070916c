import Foundation
import TestSupport
import Testing

@testable import AWS

/// Signature Version 4 against AWS's own test suite (Tests/Vectors, Apache License 2.0), and against
/// botocore.
@Suite("Signing") struct SigningTests {
  @Test(arguments: SigningVector.names)
  func `A published vector gives the published request, text and header`(_ name: String) throws {
    let vector = try SigningVector(name)
    let signed = vector.signer.sign(vector.request, at: SigningVector.date, payload: .bytes)
    let hash = String(vector.canonicalRequest.split(separator: "\n").last ?? "")
    let canonical = vector.signer.canonicalRequest(signed, payloadHash: hash).text
    #expect(canonical == vector.canonicalRequest)
    #expect(
      vector.signer.stringToSign(canonical, "20150830T123600Z") == vector.stringToSign)
    #expect(signed["Authorization"] == vector.authorization)
  }

  @Test func `The whole suite is there`() {
    #expect(SigningVector.names.count == 34)
    #expect(SigningVector.names.contains("normalize-path/get-slash-dot-slash"))
  }

  @Test func `botocore signs four hundred random requests the same`() throws {
    var generator = SplitMix(seed: 5)
    let cases = (0..<400).map { _ in RandomRequest(&generator) }
    let input = try JSONEncoder().encode(cases.map(\.facts))
    let python = ProcessInfo.processInfo.environment["GIT_EB_TEST_PYTHON"] ?? "python3"
    let (status, output, error) = try run(
      [python, "-c", Self.script], input: String(decoding: input, as: UTF8.self))
    try #require(status == 0, "\(error)")
    let expected = try JSONDecoder().decode([String].self, from: Data(output.utf8))
    try #require(expected.count == cases.count)
    for (number, random) in cases.enumerated() {
      let facts = random.facts
      #expect(random.signed["Authorization"] == expected[number], "\(facts)")
    }
  }

  @Test func `S3 takes the path as it is, the others without dots and encoded twice`() {
    let request = HTTPRequest("GET", Self.endpoint, path: "/a//./b%20c/../d")
    #expect(canonical(request, "s3")[1] == "/a//./b%20c/../d")
    #expect(canonical(request, "elasticbeanstalk")[1] == "/a/d")
    let encoded = HTTPRequest("GET", Self.endpoint, path: "/b%20c")
    #expect(canonical(encoded, "elasticbeanstalk")[1] == "/b%2520c")
  }

  @Test func `The endpoint's own path and port are signed`() {
    let endpoint = Endpoint(scheme: "http", host: "::1", port: 8080, basePath: "/aws")
    let lines = canonical(HTTPRequest("GET", endpoint, path: "/key"), "s3")
    #expect(lines[1] == "/aws/key")
    #expect(lines.contains("host:[::1]:8080"))
  }

  @Test func `S3 is told the hash of the body, as it was asked for`() {
    var request = HTTPRequest("PUT", Self.endpoint, path: "/key", body: .bytes(Array("x".utf8)))
    let name = "X-Amz-Content-Sha256"
    let signer = Self.signer("s3")
    #expect(
      signer.sign(request, at: Self.date)[name]
        == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
    #expect(signer.sign(request, at: Self.date, payload: .unsigned)[name] == "UNSIGNED-PAYLOAD")
    #expect(signer.sign(request, at: Self.date, payload: .known(hex: "ab"))[name] == "ab")
    request.body = .file(descriptor: 0, offset: 0, length: 1)
    #expect(signer.sign(request, at: Self.date)[name] == "UNSIGNED-PAYLOAD")
    #expect(Self.signer("ec2").sign(request, at: Self.date)[name] == nil)
  }

  @Test func `Every x-amz header is signed, and none that others may change`() {
    let request = HTTPRequest(
      "PUT", Self.endpoint, path: "/key",
      headers: [
        HTTPHeader("x-amz-meta-a", "1"), HTTPHeader("X-AMZ-Storage-Class", "STANDARD"),
        HTTPHeader("User-Agent", "git-eb"), HTTPHeader("Expect", "100-continue"),
        HTTPHeader("If-None-Match", "*"),
      ])
    let signed = Self.signer("s3", token: "tok").sign(request, at: Self.date)
    #expect(
      signed["Authorization"]?.contains(
        "SignedHeaders=host;if-none-match;x-amz-content-sha256;x-amz-date;x-amz-meta-a;"
          + "x-amz-security-token;x-amz-storage-class,") == true)
    #expect(signed["User-Agent"] == "git-eb")
  }

  @Test func `Signing again replaces what the first signature added`() {
    let request = HTTPRequest("GET", Self.endpoint, path: "/")
    let first = Self.signer("s3", token: "tok").sign(request, at: Self.date)
    let later = Self.date.addingTimeInterval(900)
    let again = Self.signer("s3").sign(first, at: later)
    #expect(again.headers == Self.signer("s3").sign(request, at: later).headers)
  }

  @Test func `A clock that is far off gives a signature, not a trap`() {
    let request = HTTPRequest("GET", Self.endpoint, path: "/")
    for seconds in [-1e18, -1, 1e18, .infinity, -.infinity, .nan] {
      let signed = Self.signer("s3").sign(request, at: Date(timeIntervalSince1970: seconds))
      #expect(signed["X-Amz-Date"]?.utf8.count == 16)
    }
  }

  private static let endpoint = Endpoint(scheme: "https", host: "example.com")
  private static let date = Date(timeIntervalSince1970: 1_440_938_160)

  private static func signer(_ service: String, token: String? = nil) -> Signer {
    Signer(
      credentials: Credentials(
        accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: token, origin: "test"),
      region: "eu-central-1", service: service)
  }

  private func canonical(_ request: HTTPRequest, _ service: String) -> [String] {
    let signer = Self.signer(service)
    let signed = signer.sign(request, at: Self.date)
    return signer.canonicalRequest(signed, payloadHash: "").text
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// Reads the requests from its input and prints the header that botocore makes for each.
  private static let script = """
    import base64, datetime, json, sys
    import botocore.auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    answers = []
    for case in json.load(sys.stdin):
        now = datetime.datetime.strptime(case['date'], '%Y%m%dT%H%M%SZ')
        botocore.auth.get_current_datetime = lambda remove_tzinfo=True: now
        request = AWSRequest(
            case['method'], case['url'], data=base64.b64decode(case['body']),
            params=[tuple(pair) for pair in case['query']])
        for name, value in case['headers']:
            request.headers[name] = value
        kind = botocore.auth.S3SigV4Auth if case['service'] == 's3' else botocore.auth.SigV4Auth
        credentials = Credentials(case['key'], case['secret'], case.get('token'))
        kind(credentials, case['service'], case['region']).add_auth(request)
        answers.append(request.headers['Authorization'])
    print(json.dumps(answers))
    """
}

/// A request that a seed makes, and what botocore has to know of it.
private struct RandomRequest {
  struct Facts: Encodable {
    var method, url, body, service, region, key, secret, date: String
    var token: String?
    var query: [[String]]
    var headers: [[String]]
  }

  var facts: Facts
  var signed: HTTPRequest

  init(_ generator: inout SplitMix) {
    let pieces = [
      "a", "Z", "0", "-", "_", ".", "~", "..", "/", "//", "%20", "%2F", "%C3%A9", "+", "$", "!",
      "'", "*", ",", "@", "key", "index.html",
    ]
    let texts = pieces + [" ", "  ", "é", "日本", "=", "&", "?", "#", "\"", "😀", ":", "%"]
    func text(_ source: [String], _ most: Int) -> String {
      (0..<Int.random(in: 0...most, using: &generator)).map { _ in
        source.randomElement(using: &generator) ?? ""
      }.joined()
    }
    func pick(_ source: [String]) -> String { source.randomElement(using: &generator) ?? "" }
    let service = pick(["s3", "elasticbeanstalk", "ec2", "sts"])
    let host = pick(["example.amazonaws.com", "localhost", "127.0.0.1", "b.s3.amazonaws.com"])
    let port =
      Bool.random(using: &generator) ? 8000 + Int.random(in: 0...99, using: &generator) : nil
    let endpoint = Endpoint(scheme: pick(["http", "https"]), host: host, port: port)
    // A second slash first would make a host of what follows, for botocore's parser of URLs.
    var path = text(pieces, 8)
    path = "/" + path.drop { $0 == "/" }
    let query = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
      QueryItem(text(texts, 3) + "q", text(texts, 3))
    }
    let headers = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
      HTTPHeader(
        pick(["X-Amz-Meta-", "x-amz-acl", "Content-Type", "My-Header", "Range"]),
        pick(["", " "]) + text(["a", "B", " ", "  ", "\t", ",", "=", "\"", "; "], 8))
    }
    let body = Array(text(texts, 6).utf8)
    let token: String? =
      Bool.random(using: &generator) ? text(["A", "/", "+", "="], 20) + "T" : nil
    let credentials = Credentials(
      accessKeyID: "AKID" + text(["A", "7"], 12), secretAccessKey: text(["s", "/", "+", "9"], 40),
      sessionToken: token, origin: "test")
    let region = pick(["us-east-1", "eu-central-1", "cn-north-1"])
    let date = Date(
      timeIntervalSince1970: Double(Int.random(in: 0...4_000_000_000, using: &generator)))
    let request = HTTPRequest(
      pick(["GET", "PUT", "POST", "DELETE", "HEAD"]), endpoint, path: path, query: query,
      headers: headers, body: .bytes(body))
    signed = Signer(credentials: credentials, region: region, service: service)
      .sign(request, at: date)
    facts = Facts(
      method: request.method, url: "\(endpoint.scheme)://\(endpoint.authority)\(path)",
      body: Data(body).base64EncodedString(), service: service, region: region,
      key: credentials.accessKeyID, secret: credentials.secretAccessKey,
      date: signed["X-Amz-Date"] ?? "", token: token,
      query: query.map { [$0.name, $0.value ?? ""] }, headers: headers.map { [$0.name, $0.value] })
  }
}

/// One case of AWS's test suite.
private struct SigningVector {
  static let date = Date(timeIntervalSince1970: 1_440_938_160)
  static let directory = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Vectors/aws-sig-v4-test-suite").path()

  /// Folders with a request in them, from the suite's own folder.
  static let names: [String] =
    (FileManager.default.enumerator(atPath: directory)?.allObjects ?? [])
    .compactMap { $0 as? String }.filter { $0.hasSuffix(".req") }
    .map { $0.split(separator: "/").dropLast().joined(separator: "/") }.sorted()

  var request: HTTPRequest
  var signer: Signer
  var canonicalRequest: String
  var stringToSign: String
  var authorization: String

  init(_ name: String) throws {
    func read(_ suffix: String) throws -> String {
      let last = name.split(separator: "/").last ?? ""
      let text = try String(
        contentsOfFile: "\(Self.directory)/\(name)/\(last).\(suffix)", encoding: .utf8)
      return text.replacing("\r\n", with: "\n")
    }
    canonicalRequest = try read("creq")
    stringToSign = try read("sts")
    authorization = try read("authz")
    let token = canonicalRequest.split(separator: "\n")
      .first { $0.hasPrefix("x-amz-security-token:") }?.split(separator: ":").last
    signer = Signer(
      credentials: Credentials(
        accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        sessionToken: token.map(String.init), origin: "test"), region: "us-east-1",
      service: "service")
    request = try Self.request(try read("req"))
  }

  /// Reads a request as a server would; a line that starts with a space goes on with the header
  /// before it.
  private static func request(_ text: String) throws -> HTTPRequest {
    let parts = text.split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
    var lines = parts[0].split(separator: "\n")
    let words = lines.removeFirst().split(separator: " ")
    // One vector has a space in its path.
    let target = words.dropFirst().dropLast().joined(separator: " ")
      .split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var headers: [HTTPHeader] = []
    for line in lines {
      if line.first == " ", let last = headers.indices.last {
        headers[last].value += line
      } else {
        let pair = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        headers.append(HTTPHeader(String(pair[0]), String(try #require(pair.dropFirst().first))))
      }
    }
    let query = try (target.count > 1 ? target[1].split(separator: "&") : []).map { item in
      let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return QueryItem(
        try #require(String(pair[0]).removingPercentEncoding),
        try pair.dropFirst().first.map { try #require(String($0).removingPercentEncoding) })
    }
    let host = try #require(headers.first { $0.name == "Host" }).value
    return HTTPRequest(
      String(words[0]), Endpoint(scheme: "https", host: host), path: String(target[0]),
      query: query, headers: headers,
      body: .bytes(parts.count > 1 ? Array(parts[1].utf8) : []))
  }
}
