import FoundationEssentials

// Single sign-on (IAM Identity Center), as botocore's SSOProvider and SSOTokenProvider.
extension CredentialChain {
  /// The role that a profile has through single sign-on; `nil` for a profile without.
  func signOn(of name: String) async throws -> Credentials? {
    guard let setting = try signOnSetting(of: name) else { return nil }
    let token = try await signOnToken(setting, profile: name)
    let request = HTTPRequest(
      "GET", try settings.endpoint(of: .sso, in: setting.region), path: "/federation/credentials",
      query: [
        QueryItem("role_name", setting.role), QueryItem("account_id", setting.account),
      ],
      headers: [HTTPHeader("x-amz-sso_bearer_token", token)])
    let response = try await requests.send(request)
    if response.status == 401 { throw loginNeeded(name) }
    guard response.status == 200 else {
      throw CredentialError.refused(by: "single sign-on", reason: Self.reason(response))
    }
    guard
      let keys = try? JSONDecoder().decode(RoleCredentials.self, from: Data(response.body))
        .roleCredentials
    else {
      throw CredentialError.refused(by: "single sign-on", reason: "its answer has no credentials")
    }
    return Credentials(
      accessKeyID: keys.accessKeyId, secretAccessKey: keys.secretAccessKey,
      sessionToken: keys.sessionToken,
      expiration: Date(timeIntervalSince1970: Double(keys.expiration) / 1000),
      origin: "role \(setting.role) of account \(setting.account) through single sign-on "
        + "(profile '\(name)')")
  }

  private var requests: PatientRequests {
    PatientRequests(transport: tools.transport, sleep: tools.sleep)
  }

  private struct SignOnSetting {
    var startURL: String
    var region: Region
    var role: String
    var account: String
    /// `nil` for a profile of the older kind, with a start URL of its own.
    var session: String?
  }

  private func signOnSetting(of name: String) throws(CredentialError) -> SignOnSetting? {
    var profile = files.profiles[name] ?? [:]
    guard profile["sso_role_name"] != nil || profile["sso_account_id"] != nil else { return nil }
    let session = profile.text("sso_session")
    if let session {
      guard let values = files.sessions[session] else {
        throw .incompleteProfile(
          profile: name, reason: "the sso-session '\(session)' does not exist")
      }
      for (key, value) in values.sorted(by: { $0.key < $1.key }) {
        guard profile[key] == nil || profile[key] == value else {
          throw .incompleteProfile(
            profile: name, reason: "its \(key) is not that of the sso-session '\(session)'")
        }
        profile[key] = value
      }
    }
    let keys = ["sso_role_name", "sso_account_id", "sso_start_url", "sso_region"]
    let missing = keys.filter { profile.text($0) == nil }
    guard missing.isEmpty, let startURL = profile.text("sso_start_url"),
      let role = profile.text("sso_role_name"), let account = profile.text("sso_account_id")
    else {
      throw .incompleteProfile(
        profile: name, reason: "single sign-on needs \(missing.joined(separator: ", "))")
    }
    guard let region = Region(profile.text("sso_region") ?? "") else {
      throw .incompleteProfile(profile: name, reason: "its sso_region is not a region's name")
    }
    return SignOnSetting(
      startURL: startURL, region: region, role: role, account: account, session: session)
  }

  private func loginNeeded(_ name: String) -> CredentialError {
    let command = name == "default" ? "aws sso login" : "aws sso login --profile \(name)"
    return .loginNeeded(profile: name, command: command)
  }

  /// The token that `aws sso login` left; renewed a quarter of an hour before it ends, where the
  /// session can.
  private func signOnToken(_ setting: SignOnSetting, profile: String) async throws -> String {
    let key = FileCache.key(setting.session ?? setting.startURL)
    guard let home = settings.home else { throw loginNeeded(profile) }
    let cache = FileCache(directory: "\(home)/.aws/sso/cache")
    guard let bytes = cache.read(key),
      let token = try? JSONDecoder().decode(SignOnToken.self, from: Data(bytes)),
      let expiration = Self.date(token.expiresAt)
    else { throw loginNeeded(profile) }

    let left = expiration.timeIntervalSince(tools.now())
    if setting.session != nil, left < FileCache.margin,
      let renewed = try await renewed(token, setting)
    {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      if let bytes = try? encoder.encode(renewed) { cache.write(Array(bytes), for: key) }
      return renewed.accessToken
    }
    guard left > 0 else { throw loginNeeded(profile) }
    return token.accessToken
  }

  /// A new token for the registration that the old one came with; `nil` where it cannot be had.
  private func renewed(
    _ token: SignOnToken, _ setting: SignOnSetting
  ) async throws -> SignOnToken? {
    guard let refresh = token.refreshToken, let id = token.clientId,
      let secret = token.clientSecret, let registered = token.registrationExpiresAt,
      let end = Self.date(registered), end > tools.now()
    else { return nil }
    let question = [
      "clientId": id, "clientSecret": secret, "grantType": "refresh_token", "refreshToken": refresh,
    ]
    let request = HTTPRequest(
      "POST", try settings.endpoint(of: .ssoOIDC, in: setting.region), path: "/token",
      headers: [HTTPHeader("Content-Type", "application/json")],
      body: .bytes(Array(try JSONEncoder().encode(question))))
    let response: HTTPResponse
    do {
      response = try await requests.send(request)
    } catch TransportError.interrupted {
      throw TransportError.interrupted
    } catch {
      // The old token may still do.
      return nil
    }
    guard response.status == 200,
      let answer = try? JSONDecoder().decode(NewToken.self, from: Data(response.body))
    else { return nil }
    return SignOnToken(
      startUrl: setting.startURL, region: setting.region.name, accessToken: answer.accessToken,
      expiresAt: Timestamp.text(tools.now().addingTimeInterval(Double(answer.expiresIn))),
      clientId: id, clientSecret: secret, registrationExpiresAt: registered,
      refreshToken: answer.refreshToken)
  }

  /// What a service that speaks JSON refused: the error's name, without anything that was sent.
  private static func reason(_ response: HTTPResponse) -> String {
    let name = response["x-amzn-ErrorType"]?.split(separator: ":").first.map { String($0) }
    return name ?? "status \(response.status)"
  }
}

/// A file of `~/.aws/sso/cache`, as `aws sso login` writes it.
struct SignOnToken: Codable {
  var startUrl: String?
  var region: String?
  var accessToken: String
  var expiresAt: String
  var clientId: String?
  var clientSecret: String?
  var registrationExpiresAt: String?
  var refreshToken: String?
}

/// The answer of SSO-OIDC's CreateToken, as far as it is needed.
private struct NewToken: Decodable {
  var accessToken: String
  /// In seconds.
  var expiresIn: Int
  var refreshToken: String?
}

/// The answer of SSO's GetRoleCredentials.
private struct RoleCredentials: Decodable {
  var roleCredentials: Keys

  struct Keys: Decodable {
    var accessKeyId: String
    var secretAccessKey: String
    var sessionToken: String
    /// In milliseconds since 1970.
    var expiration: Int64
  }
}
