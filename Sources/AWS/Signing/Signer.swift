import Crypto
package import FoundationEssentials

/// What a signature says of the body.
package enum PayloadHash: Sendable, Equatable {
  /// The SHA-256 of the body's bytes. A body in a file is not read for it: it is `unsigned`.
  case bytes
  /// `UNSIGNED-PAYLOAD`, which only S3 takes.
  case unsigned
  /// The SHA-256 of the body in hexadecimal, computed before.
  case known(hex: String)
}

/// Signs requests with AWS Signature Version 4.
///
/// The rules are those of "Create a signed AWS API request" (IAM User Guide), checked against AWS's
/// test suite. Pure: the same request, date and key give the same signature.
package struct Signer: Sendable {
  private let credentials: Credentials
  private let region: String
  private let service: String

  /// - Parameter service: the name that signatures use, such as `elasticbeanstalk`.
  package init(credentials: Credentials, region: String, service: String) {
    self.credentials = credentials
    self.region = region
    self.service = service
  }

  /// The request with `Host`, `X-Amz-Date`, `X-Amz-Security-Token` (where the credentials have one),
  /// `X-Amz-Content-Sha256` (S3) and `Authorization`. Signing a signed request replaces them.
  package func sign(
    _ request: HTTPRequest, at date: Date, payload: PayloadHash = .bytes
  ) -> HTTPRequest {
    let stamp = Timestamp.signing(date)
    var request = request
    let hash = Self.hash(of: request.body, payload)
    request.set("Host", request["Host"] ?? request.endpoint.authority)
    request.set("X-Amz-Date", stamp)
    request.set("X-Amz-Security-Token", credentials.sessionToken)
    if isStorage || request["X-Amz-Content-Sha256"] != nil {
      request.set("X-Amz-Content-Sha256", hash)
    }
    let canonical = canonicalRequest(request, payloadHash: hash)
    let signature = signature(of: stringToSign(canonical.text, stamp), stamp)
    request.set(
      "Authorization",
      "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope(stamp)), "
        + "SignedHeaders=\(canonical.signedHeaders), Signature=\(signature)")
    return request
  }

  /// The request in the one form that both sides hash.
  func canonicalRequest(
    _ request: HTTPRequest, payloadHash: String
  ) -> (text: String, signedHeaders: String) {
    var headers: [String: [String]] = [:]
    for header in request.headers where !Self.isUnsigned(header.name.lowercased()) {
      headers[header.name.lowercased(), default: []].append(Self.collapsed(header.value))
    }
    let names = headers.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let signedHeaders = names.joined(separator: ";")
    var lines = [request.method, canonicalPath(request), Self.canonicalQuery(request.query)]
    for name in names {
      lines.append(name + ":" + (headers[name] ?? []).joined(separator: ","))
    }
    lines += ["", signedHeaders, payloadHash]
    return (lines.joined(separator: "\n"), signedHeaders)
  }

  func stringToSign(_ canonicalRequest: String, _ stamp: String) -> String {
    let hash = Hexadecimal.text(SHA256.hash(data: Array(canonicalRequest.utf8)))
    return "AWS4-HMAC-SHA256\n\(stamp)\n\(scope(stamp))\n\(hash)"
  }

  private func signature(of text: String, _ stamp: String) -> String {
    var key = Array("AWS4\(credentials.secretAccessKey)".utf8)
    for part in [String(stamp.prefix(8)), region, service, "aws4_request", text] {
      key = Array(
        HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: SymmetricKey(data: key)))
    }
    return Hexadecimal.text(key)
  }

  private func scope(_ stamp: String) -> String {
    "\(stamp.prefix(8))/\(region)/\(service)/aws4_request"
  }

  /// S3 takes a path as it stands, and wants the hash of the body in a header.
  private var isStorage: Bool { service == "s3" || service == "s3express" }

  /// As it is sent for S3; for the others without empty and dotted segments, and encoded once more.
  private func canonicalPath(_ request: HTTPRequest) -> String {
    let path = request.endpoint.basePath + request.path
    guard !isStorage else { return path.isEmpty ? "/" : path }
    return PercentEncoding.encode(Self.normalized(path), keepingSlashes: true)
  }

  /// RFC 3986, 5.2.4, and runs of slashes as one. A slash at the end stays.
  private static func normalized(_ path: String) -> String {
    var kept: [Substring] = []
    let segments = path.split(separator: "/", omittingEmptySubsequences: true)
    for segment in segments where segment != "." {
      if segment != ".." { kept.append(segment) } else { _ = kept.popLast() }
    }
    let isOpen = path.last == "/" || segments.last == "." || segments.last == ".."
    return "/" + kept.joined(separator: "/") + (isOpen && !kept.isEmpty ? "/" : "")
  }

  /// Sorted by encoded name, then by encoded value; a name alone has an empty value.
  private static func canonicalQuery(_ query: [QueryItem]) -> String {
    var pairs: [(name: String, value: String)] = query.map { item in
      (PercentEncoding.encode(item.name), PercentEncoding.encode(item.value ?? ""))
    }
    pairs.sort { $0.name == $1.name ? $0.value < $1.value : $0.name < $1.name }
    return pairs.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
  }

  private static func hash(of body: HTTPBody, _ payload: PayloadHash) -> String {
    switch (payload, body) {
    case (.known(let hex), _): hex
    case (.bytes, .none): Hexadecimal.text(SHA256.hash(data: [UInt8]()))
    case (.bytes, .bytes(let bytes)): Hexadecimal.text(SHA256.hash(data: bytes))
    case (.bytes, .file), (.unsigned, _): "UNSIGNED-PAYLOAD"
    }
  }

  /// Without spaces at the ends, and runs of them as one.
  private static func collapsed(_ value: String) -> String {
    value.utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      .map { String(Substring($0)) }.joined(separator: " ")
  }

  /// Headers that the transport or a proxy may write anew, as in botocore's
  /// `SIGNED_HEADERS_BLACKLIST`, and those of one hop (RFC 9110, 7.6.1).
  private static func isUnsigned(_ name: String) -> Bool {
    [
      "authorization", "connection", "expect", "transfer-encoding", "user-agent",
      "x-amzn-trace-id",
    ].contains(name)
  }
}

/// Bytes in hexadecimal, in lower case.
enum Hexadecimal {
  static func text(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }
}

extension HTTPRequest {
  /// The first header of that name.
  subscript(name: String) -> String? {
    let name = name.lowercased()
    return headers.first { $0.name.lowercased() == name }?.value
  }

  /// Replaces every header of that name; `nil` removes them.
  mutating func set(_ name: String, _ value: String?) {
    let lowered = name.lowercased()
    headers.removeAll { $0.name.lowercased() == lowered }
    if let value { headers.append(HTTPHeader(name, value)) }
  }
}
