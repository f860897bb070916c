import Crypto
import FoundationEssentials

// What `aws login` leaves for a profile with `login_session`, as botocore's LoginProvider.
extension CredentialChain {
  /// Credentials of a login in the browser, renewed when five minutes are left; `nil` for a profile
  /// without one.
  func login(of name: String) async throws -> Credentials? {
    guard let session = files.profiles[name]?.text("login_session") else { return nil }
    let needed = CredentialError.loginNeeded(
      profile: name, command: name == "default" ? "aws login" : "aws login --profile \(name)")
    let file = Hexadecimal.text(SHA256.hash(data: Array(session.utf8)))
    guard let cache = loginCache, let bytes = cache.read(file),
      var token = try? JSONDecoder().decode(LoginToken.self, from: Data(bytes)),
      var end = Self.date(token.accessToken.expiresAt)
    else { throw needed }
    if end.timeIntervalSince(tools.now()) <= 300 {
      guard let answer = try await renewal(of: token) else { throw needed }
      end = tools.now().addingTimeInterval(Double(answer.expiresIn))
      token.accessToken.accessKeyId = answer.accessToken.accessKeyId
      token.accessToken.secretAccessKey = answer.accessToken.secretAccessKey
      token.accessToken.sessionToken = answer.accessToken.sessionToken
      token.accessToken.expiresAt = Timestamp.text(end)
      token.refreshToken = answer.refreshToken
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      if let bytes = try? encoder.encode(token) { cache.write(Array(bytes), for: file) }
    }
    return Credentials(
      accessKeyID: token.accessToken.accessKeyId,
      secretAccessKey: token.accessToken.secretAccessKey,
      sessionToken: token.accessToken.sessionToken, expiration: end,
      origin: "the login of profile '\(name)'")
  }

  private var loginCache: FileCache? {
    if let named = environment["AWS_LOGIN_CACHE_DIRECTORY"] {
      return FileCache(directory: SharedFiles.expanded(named, environment, settings.home))
    }
    return settings.home.map { FileCache(directory: "\($0)/.aws/login/cache") }
  }

  /// New keys for a session that goes on; `nil` for one that has ended.
  private func renewal(of token: LoginToken) async throws -> LoginAnswer? {
    guard let key = try? P256.Signing.PrivateKey(pemRepresentation: token.dpopKey) else {
      return nil
    }
    let endpoint = try settings.endpoint(of: .signIn, in: settings.region())
    let path = "/v1/token"
    let address = "\(endpoint.scheme)://\(endpoint.authority)\(endpoint.basePath)\(path)"
    let proof = LoginProof(address: address, date: tools.now(), id: UUID().uuidString)
    let question = [
      "clientId": token.clientId, "refreshToken": token.refreshToken,
      "grantType": "refresh_token",
    ]
    let request = HTTPRequest(
      "POST", endpoint, path: path,
      headers: [
        HTTPHeader("Content-Type", "application/json"),
        HTTPHeader("DPoP", try proof.signed(by: key)),
      ],
      body: .bytes(Array(try JSONEncoder().encode(question))))
    let requests = PatientRequests(transport: tools.transport, sleep: tools.sleep)
    let response = try await requests.send(request)
    guard response.status == 200 else {
      let body = Data(response.body)
      let error = (try? JSONDecoder().decode(LoginRefusal.self, from: body))?.error
      if error == "TOKEN_EXPIRED" || error == "USER_CREDENTIALS_CHANGED" { return nil }
      throw CredentialError.refused(
        by: "the login service", reason: error ?? "status \(response.status)")
    }
    guard let answer = try? JSONDecoder().decode(LoginAnswer.self, from: Data(response.body)) else {
      throw CredentialError.refused(
        by: "the login service", reason: "its answer has no credentials")
    }
    return answer
  }
}

/// The proof that whoever renews a token has the key that it was made for (RFC 9449, as botocore's
/// `_build_dpop_header`).
struct LoginProof {
  var address: String
  var date: Date
  var id: String

  func signed(by key: P256.Signing.PrivateKey) throws -> String {
    let point = key.publicKey.rawRepresentation
    let header = Header(
      jwk: Header.Key(x: Self.encoded(point.prefix(32)), y: Self.encoded(point.suffix(32))))
    let claims = Claims(htu: address, iat: Int(date.timeIntervalSince1970), jti: id)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = try [encoder.encode(header), encoder.encode(claims)].map(Self.encoded)
      .joined(separator: ".")
    let signature = try key.signature(for: Array(text.utf8))
    return "\(text).\(Self.encoded(signature.rawRepresentation))"
  }

  /// Base 64 for URLs, without padding (RFC 7515, 2).
  private static func encoded(_ data: Data) -> String {
    data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }

  private struct Header: Encodable {
    var typ = "dpop+jwt"
    var alg = "ES256"
    var jwk: Key

    struct Key: Encodable {
      var kty = "EC"
      var crv = "P-256"
      var x: String
      var y: String
    }
  }

  private struct Claims: Encodable {
    var htm = "POST"
    var htu: String
    var iat: Int
    var jti: String
  }
}

/// A file of `~/.aws/login/cache`.
struct LoginToken: Codable {
  var accessToken: Keys
  var tokenType: String?
  var refreshToken: String
  var idToken: String?
  var clientId: String
  /// The private key of the session, in PEM.
  var dpopKey: String

  struct Keys: Codable {
    var accessKeyId: String
    var secretAccessKey: String
    var sessionToken: String
    var accountId: String?
    var expiresAt: String
  }
}

/// The answer of Sign-In's CreateOAuth2Token.
private struct LoginAnswer: Decodable {
  var accessToken: Keys
  /// In seconds.
  var expiresIn: Int
  var refreshToken: String

  struct Keys: Decodable {
    var accessKeyId: String
    var secretAccessKey: String
    var sessionToken: String
  }
}

private struct LoginRefusal: Decodable { var error: String }
