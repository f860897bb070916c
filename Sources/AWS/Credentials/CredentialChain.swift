import FoundationEssentials

/// Looks for credentials where AWS's tools do, in the order of botocore's
/// `create_credential_resolver`; the first place that has any counts:
///
/// 1. the environment's keys, unless the profile is explicit;
/// 2. the profile's role (`role_arn` with `source_profile` or `credential_source`);
/// 3. a role for a web identity, named by variables (unless the profile is explicit) or the profile;
/// 4. the profile's single sign-on;
/// 5. the profile's keys in the credentials file;
/// 6. the profile's `login_session`;
/// 7. the profile's `credential_process`;
/// 8. the profile's keys in the config file;
/// 9. the container's endpoint, if a variable names it;
/// 10. the instance's metadata.
///
/// Two places that botocore looks at before the container are left out: the files of the EC2 tools
/// (`AWS_CREDENTIAL_FILE`) and of boto 2 (`/etc/boto.cfg`, `~/.boto`), whose tools are gone.
struct CredentialChain: CredentialSource {
  let settings: AWSSettings
  let tools: CredentialTools

  var environment: [String: String] { settings.environment }
  var files: SharedFiles { settings.files }

  func credentials() async throws -> Credentials {
    let name = settings.profileName
    let usesEnvironment = !settings.isProfileExplicit
    if usesEnvironment, let found = try environmentCredentials() { return found }
    var visited = [name]
    if let found = try await assumedRole(of: name, visited: &visited) { return found }
    if let found = try await profileCredentials(name, usesEnvironment: usesEnvironment) {
      return found
    }
    if let found = try await containerCredentials() { return found }
    let instance = try await instanceCredentials()
    switch instance {
    case .found(let credentials): return credentials
    case .missing(let why): throw CredentialError.none(looked: looked(usesEnvironment, why))
    }
  }

  /// The places of one profile alone, which a role's source is looked for in, too.
  func profileCredentials(_ name: String, usesEnvironment: Bool) async throws -> Credentials? {
    if let found = try await webIdentity(of: name, usesEnvironment: usesEnvironment) {
      return found
    }
    if let found = try await signOn(of: name) { return found }
    if let found = try keys(in: files.credentials, of: name, file: files.credentialsPath) {
      return found
    }
    if let found = try await login(of: name) { return found }
    if let found = try await process(of: name) { return found }
    return try keys(in: files.configured, of: name, file: files.configPath)
  }

  /// Where was looked, for people.
  private func looked(_ usesEnvironment: Bool, _ instance: String) -> [String] {
    var places = usesEnvironment ? ["AWS_ACCESS_KEY_ID in the environment"] : []
    for path in [files.credentialsPath, files.configPath] {
      places.append("profile '\(settings.profileName)' in \(shown(path))")
    }
    return places + [instance]
  }

  /// A path as people know it.
  func shown(_ path: String) -> String {
    guard let home = settings.home, !home.isEmpty, path.hasPrefix(home + "/") else { return path }
    return "~" + path.dropFirst(home.count)
  }

  /// `AWS_ACCESS_KEY_ID` and what belongs to it.
  func environmentCredentials() throws(CredentialError) -> Credentials? {
    guard let id = environment["AWS_ACCESS_KEY_ID"] else { return nil }
    guard let secret = environment["AWS_SECRET_ACCESS_KEY"] else {
      throw .incompleteEnvironment(variable: "AWS_SECRET_ACCESS_KEY", reason: "it is not set")
    }
    var expiration: Date?
    if let text = environment["AWS_CREDENTIAL_EXPIRATION"] {
      expiration = Self.date(text)
      guard expiration != nil else {
        throw .incompleteEnvironment(
          variable: "AWS_CREDENTIAL_EXPIRATION", reason: "it is not a date")
      }
    }
    return Credentials(
      accessKeyID: id, secretAccessKey: secret,
      sessionToken: environment["AWS_SECURITY_TOKEN"] ?? environment["AWS_SESSION_TOKEN"],
      expiration: expiration, origin: "AWS_ACCESS_KEY_ID in the environment")
  }

  /// A profile's own keys.
  private func keys(
    in profiles: [String: SharedFiles.Profile], of name: String, file: String
  ) throws(CredentialError) -> Credentials? {
    guard let profile = profiles[name], let id = profile.text("aws_access_key_id") else {
      return nil
    }
    guard let secret = profile.text("aws_secret_access_key"), !secret.isEmpty, !id.isEmpty else {
      let key = id.isEmpty ? "aws_access_key_id" : "aws_secret_access_key"
      throw .incompleteProfile(profile: name, reason: "\(shown(file)) has no \(key) for it")
    }
    return Credentials(
      accessKeyID: id, secretAccessKey: secret,
      sessionToken: profile.text("aws_security_token") ?? profile.text("aws_session_token"),
      origin: "profile '\(name)' in \(shown(file))")
  }

  /// Reads a moment as AWS's tools write it: botocore's cache files end in `UTC`.
  static func date(_ text: String) -> Date? {
    let isPlain = text.hasSuffix("UTC")
    return Timestamp.date(isPlain ? text.dropLast(3) + "Z" : text)
  }
}
