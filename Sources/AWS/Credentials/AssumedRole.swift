import FoundationEssentials

// Roles that a profile assumes, as botocore's AssumeRoleProvider and
// AssumeRoleWithWebIdentityProvider.
extension CredentialChain {
  /// The role of a profile with `role_arn`; `nil` for one without, or with a web identity.
  /// - Parameter visited: the profiles that led here, this one last.
  func assumedRole(of name: String, visited: inout [String]) async throws -> Credentials? {
    guard Self.hasRole(files.profiles[name] ?? [:]) else { return nil }
    return try await role(of: name, visited: &visited)
  }

  private static func hasRole(_ profile: SharedFiles.Profile) -> Bool {
    profile["role_arn"] != nil && profile["web_identity_token_file"] == nil
  }

  private static func hasKeys(_ profile: SharedFiles.Profile) -> Bool {
    profile["aws_access_key_id"] != nil || profile["aws_secret_access_key"] != nil
  }

  private func role(of name: String, visited: inout [String]) async throws -> Credentials {
    let profile = files.profiles[name] ?? [:]
    let source = try roleSource(of: name, profile, visited: visited)
    var request = RoleRequest(arn: profile.text("role_arn") ?? "")
    request.sessionName = profile.text("role_session_name")
    request.externalID = profile.text("external_id")
    request.serial = profile.text("mfa_serial")
    // One that is not a number is passed over, as by botocore.
    request.seconds = profile.text("duration_seconds").flatMap { Int($0) }

    let cache = settings.home.map { FileCache(directory: "\($0)/.aws/cli/cache") }
    // Whoever typed a code is not to type another one for the next command. Other sessions cost
    // nobody anything, and so none of their secrets is written down.
    let isKept = request.serial != nil
    if isKept, let kept = keptRole(request, cache) { return kept }
    let sourceCredentials = try await credentials(from: source, for: name, visited: &visited)
    var code: String?
    if let serial = request.serial {
      code = await tools.tokenCode?(serial)
      guard code != nil else { throw CredentialError.tokenNeeded(serial: serial) }
    }
    let answer = try await tokenService().assumeRole(request, code: code, as: sourceCredentials)
    if isKept { cache?.write(answer.cached(), for: request.cacheKey) }
    return answer.credentials(origin: request.origin(name))
  }

  private enum RoleSource {
    case profile(String)
    case named(String)
  }

  /// Where a role's own credentials come from. Checked before anything is asked.
  private func roleSource(
    of name: String, _ profile: SharedFiles.Profile, visited: [String]
  ) throws(CredentialError) -> RoleSource {
    switch (profile.text("source_profile"), profile.text("credential_source")) {
    case (_?, _?):
      throw .incompleteProfile(
        profile: name, reason: "it has both source_profile and credential_source")
    case (nil, nil):
      throw .incompleteProfile(
        profile: name, reason: "it has a role_arn, but no source_profile or credential_source")
    case (nil, let source?):
      guard ["Environment", "EcsContainer", "Ec2InstanceMetadata"].contains(source) else {
        throw .incompleteProfile(
          profile: name, reason: "its credential_source '\(source)' is not one that there is")
      }
      return .named(source)
    case (let source?, nil):
      guard let found = files.profiles[source] else {
        throw .incompleteProfile(
          profile: name, reason: "its source_profile '\(source)' does not exist")
      }
      // A profile may name itself, for keys that stand next to the role.
      if visited.contains(source), source != name || !Self.hasKeys(found) {
        throw .circularProfiles(visited + [source])
      }
      return .profile(source)
    }
  }

  private func credentials(
    from source: RoleSource, for name: String, visited: inout [String]
  ) async throws -> Credentials {
    let found: Credentials?
    switch source {
    case .named("Environment"): found = try environmentCredentials()
    case .named("EcsContainer"): found = try await containerCredentials()
    case .named:
      switch try await instanceCredentials() {
      case .found(let credentials): found = credentials
      case .missing(let why):
        throw CredentialError.incompleteProfile(
          profile: name, reason: "its credential_source has no credentials (\(why))")
      }
    case .profile(let source):
      visited.append(source)
      let profile = files.profiles[source] ?? [:]
      if !Self.hasKeys(profile), Self.hasRole(profile) {
        found = try await role(of: source, visited: &visited)
      } else {
        found = try await profileCredentials(source, usesEnvironment: false)
      }
      guard found != nil else {
        throw CredentialError.incompleteProfile(
          profile: source, reason: "it has no credentials, and profile '\(name)' needs them")
      }
    }
    guard let found else {
      throw CredentialError.incompleteProfile(
        profile: name, reason: "its credential_source has no credentials")
    }
    return found
  }

  /// A session that this program or the AWS CLI kept, with at least a quarter of an hour left.
  private func keptRole(_ request: RoleRequest, _ cache: FileCache?) -> Credentials? {
    guard let bytes = cache?.read(request.cacheKey),
      let answer = try? JSONDecoder().decode(CachedRole.self, from: Data(bytes)).credentials,
      let expiration = Self.date(answer.expiration),
      expiration.timeIntervalSince(tools.now()) >= FileCache.margin
    else { return nil }
    return Credentials(
      accessKeyID: answer.accessKeyID, secretAccessKey: answer.secretAccessKey,
      sessionToken: answer.sessionToken, expiration: expiration,
      origin: "role \(request.arn), kept in ~/.aws/cli/cache")
  }

  /// A role for a token that somebody else signed, such as GitHub's: the variables first, each by
  /// itself, then the profile's keys.
  func webIdentity(of name: String, usesEnvironment: Bool) async throws -> Credentials? {
    let profile = files.profiles[name] ?? [:]
    func value(_ key: String, _ variable: String) -> String? {
      (usesEnvironment ? environment[variable] : nil) ?? profile.text(key)
    }
    guard
      let path = value("web_identity_token_file", "AWS_WEB_IDENTITY_TOKEN_FILE"), !path.isEmpty
    else { return nil }
    guard let arn = value("role_arn", "AWS_ROLE_ARN"), !arn.isEmpty else {
      throw CredentialError.incompleteProfile(
        profile: name, reason: "there is a web identity, but no role_arn and no AWS_ROLE_ARN")
    }
    guard let token = SharedFiles.contents(path) else {
      throw CredentialError.badFile(
        path: path, line: nil, reason: "the web identity's token cannot be read")
    }
    var request = RoleRequest(arn: arn)
    request.sessionName = value("role_session_name", "AWS_ROLE_SESSION_NAME")
    let text = String(decoding: token, as: UTF8.self)
    let answer = try await tokenService().assumeRole(
      request, webIdentity: text.split(whereSeparator: \.isWhitespace).joined())
    return answer.credentials(origin: "role \(arn) for the web identity in \(shown(path))")
  }

  private func tokenService() throws -> TokenService {
    do {
      let region = try settings.region()
      return TokenService(
        tools: tools, endpoint: try settings.endpoint(of: .sts, in: region), region: region)
    } catch let missing as NoRegion {
      // A role can be had without a region, at the name that STS had before it had regions.
      guard let first = Region("us-east-1") else { throw missing }
      let configured = try settings.configuredEndpoint(of: .sts)
      return TokenService(
        tools: tools, endpoint: configured ?? Endpoint(scheme: "https", host: "sts.amazonaws.com"),
        region: first)
    }
  }
}

/// A role to assume.
struct RoleRequest: Sendable, Equatable {
  var arn: String
  /// `nil` where one is to be made.
  var sessionName: String?
  var externalID: String?
  /// The serial number or the ARN of the device whose code is asked for.
  var serial: String?
  var seconds: Int?

  init(arn: String) { self.arn = arn }

  func origin(_ profile: String) -> String { "role \(arn) of profile '\(profile)'" }

  /// What the AWS CLI names its file after: SHA-1 of the parameters as Python's `json.dumps` writes
  /// them with sorted keys (botocore, `_create_cache_key`).
  var cacheKey: String {
    var pairs: [String] = []
    func add(_ name: String, _ value: String?) {
      if let value { pairs.append("\"\(name)\": \(value)") }
    }
    add("DurationSeconds", seconds.map { String($0) })
    add("ExternalId", externalID.map(Self.quoted))
    add("RoleArn", Self.quoted(arn))
    add("RoleSessionName", sessionName.map(Self.quoted))
    add("SerialNumber", serial.map(Self.quoted))
    return FileCache.key("{\(pairs.joined(separator: ", "))}")
  }

  /// A string in JSON as Python writes it: in ASCII.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for unit in text.utf16 {
      switch unit {
      case 0x22: quoted += "\\\""
      case 0x5c: quoted += "\\\\"
      case 0x0a: quoted += "\\n"
      case 0x0d: quoted += "\\r"
      case 0x09: quoted += "\\t"
      case 0x08: quoted += "\\b"
      case 0x0c: quoted += "\\f"
      case 0x20...0x7e: quoted += String(decoding: [UInt8(unit)], as: UTF8.self)
      default:
        let digits = String(unit, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      }
    }
    return quoted + "\""
  }
}

/// What the AWS CLI keeps of an answer of STS.
struct CachedRole: Codable {
  var credentials: Keys

  struct Keys: Codable {
    var accessKeyID: String
    var secretAccessKey: String
    var sessionToken: String
    var expiration: String

    enum CodingKeys: String, CodingKey {
      case accessKeyID = "AccessKeyId"
      case secretAccessKey = "SecretAccessKey"
      case sessionToken = "SessionToken"
      case expiration = "Expiration"
    }
  }

  enum CodingKeys: String, CodingKey { case credentials = "Credentials" }
}
