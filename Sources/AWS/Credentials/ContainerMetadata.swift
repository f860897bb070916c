import FoundationEssentials

// The endpoint that ECS, EKS and CodeBuild give a container, as botocore's ContainerProvider.
extension CredentialChain {
  /// The container's role; `nil` where no variable names an endpoint.
  func containerCredentials() async throws -> Credentials? {
    let address: String
    if let path = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
      address = "http://169.254.170.2\(path)"
    } else if let whole = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] {
      address = whole
    } else {
      return nil
    }
    guard let target = MetadataAddress(address) else {
      throw refused("its address is not one that can be asked")
    }
    guard target.isTrusted else {
      throw refused(
        "its address is neither https nor on this machine nor one of \(MetadataAddress.known)")
    }
    var headers = [HTTPHeader("Accept", "application/json")]
    if let token = try authorization() { headers.append(HTTPHeader("Authorization", token)) }
    let request = HTTPRequest(
      "GET", target.endpoint, path: target.path, query: target.query, headers: headers,
      limits: .init(connect: .seconds(2), stall: .seconds(2), total: .seconds(2)))
    let requests = PatientRequests(
      transport: tools.transport, sleep: tools.sleep, attempts: 3, pause: .seconds(1))
    let response = try await requests.send(request) { $0.status != 200 }
    guard response.status == 200 else { throw refused("status \(response.status)") }
    guard let keys = MetadataKeys(response.body), let id = keys.accessKeyID,
      let secret = keys.secretAccessKey
    else { throw refused("its answer has no credentials") }
    return Credentials(
      accessKeyID: id, secretAccessKey: secret, sessionToken: keys.token,
      expiration: keys.expiration.flatMap { Self.date($0) }, origin: "the container's role")
  }

  private func refused(_ reason: String) -> CredentialError {
    .refused(by: "the container's credential endpoint", reason: reason)
  }

  /// The token that the endpoint wants: the file's, which is renewed, counts before the variable's.
  private func authorization() throws(CredentialError) -> String? {
    var token = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    if let path = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
      guard let bytes = SharedFiles.contents(path) else {
        throw .badFile(path: path, line: nil, reason: "the container's token cannot be read")
      }
      token = String(decoding: bytes, as: UTF8.self)
    }
    guard let token else { return nil }
    guard token.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
      throw refused("the token for it cannot be sent in a header")
    }
    return token
  }
}

/// An address of credentials, taken apart.
struct MetadataAddress: Equatable {
  var endpoint: Endpoint
  var path: String
  var query: [QueryItem]

  /// `nil` for what is no address of a server, or has characters that no request may have.
  init?(_ text: String) {
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
      let separator = text.firstRange(of: "://")
    else { return nil }
    let isEnd = { (character: Character) in "/?#".contains(character) }
    let end = text[separator.upperBound...].firstIndex(where: isEnd) ?? text.endIndex
    guard let endpoint = Endpoint(url: String(text[..<end])) else { return nil }
    self.endpoint = endpoint
    let rest = text[end...].prefix { $0 != "#" }
    let question = rest.firstIndex(of: "?") ?? rest.endIndex
    path = question == rest.startIndex ? "/" : String(rest[..<question])
    query = rest[question...].dropFirst().split(separator: "&").map { pair in
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return QueryItem(Self.decoded(sides[0]), sides.count > 1 ? Self.decoded(sides[1]) : nil)
    }
  }

  static let known = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost"]

  /// Whether a token may be sent there and what comes back believed: botocore's
  /// `_validate_allowed_url`.
  var isTrusted: Bool {
    endpoint.scheme == "https" || Self.known.contains(endpoint.host)
      || Self.isLoopback(endpoint.host)
  }

  private static func isLoopback(_ host: String) -> Bool {
    if host == "::1" || host == "0:0:0:0:0:0:0:1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127"
      && parts.allSatisfy { part in
        // A leading zero is octal to some and decimal to others.
        part.utf8.allSatisfy(\.isASCIIDigit) && (part == "0" || part.first != "0")
          && UInt8(part) != nil
      }
  }

  private static func decoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        rest.prefix(2).allSatisfy({
          $0.isASCIIDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0 | 0x20)
        }), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// What containers and instances answer.
struct MetadataKeys: Decodable {
  var accessKeyID: String?
  var secretAccessKey: String?
  var token: String?
  var expiration: String?
  /// Something else than `Success` where there are no keys.
  var code: String?

  init?(_ body: [UInt8]) {
    guard let keys = try? JSONDecoder().decode(Self.self, from: Data(body)) else { return nil }
    self = keys
  }

  enum CodingKeys: String, CodingKey {
    case accessKeyID = "AccessKeyId"
    case secretAccessKey = "SecretAccessKey"
    case token = "Token"
    case expiration = "Expiration"
    case code = "Code"
  }
}
