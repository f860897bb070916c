/// What AWS's own tools read from variables and shared files: the profile, the region, the
/// endpoints and where credentials are. The rules are botocore's; where they are not, it says so.
///
/// An empty variable counts as one that is not set.
package struct AWSSettings: Sendable {
  let environment: [String: String]
  let home: String?
  let files: SharedFiles
  private let explicitRegion: String?
  /// Whether the profile was asked for on the command line: keys in the environment are then not
  /// looked at.
  let isProfileExplicit: Bool
  /// The profile that everything is read from.
  package let profileName: String

  /// The profile is, in this order: `profile` where it is explicit, `AWS_DEFAULT_PROFILE`,
  /// `AWS_PROFILE`, `profile` where it comes from a configuration, `default`. A configured profile
  /// is a wish of a file that is shared: it gives way to variables, and to the environment's own
  /// credentials on a machine that does not have it.
  /// - Parameters:
  ///   - processEnvironment: the variables to read.
  ///   - home: what `~` stands for; `nil` where there is no home.
  ///   - isProfileExplicit: whether `profile` comes from the command line.
  ///   - region: a region from the command line or a configuration; it counts before variables.
  /// - Throws: ``CredentialError`` for a file that cannot be read as AWS's tools do, and for a
  ///   profile that is in neither.
  package init(
    processEnvironment: [String: String], home: String?, profile: String?,
    isProfileExplicit: Bool = true, region: String?
  ) throws(CredentialError) {
    environment = processEnvironment.filter { !$0.value.isEmpty }
    self.home = home
    files = try SharedFiles(environment: environment, home: home)
    explicitRegion = region
    self.isProfileExplicit = profile != nil && isProfileExplicit

    let variable = environment["AWS_DEFAULT_PROFILE"] ?? environment["AWS_PROFILE"]
    guard let named = isProfileExplicit ? profile ?? variable : variable ?? profile else {
      profileName = "default"
      return
    }
    if files.profiles[named] != nil {
      profileName = named
    } else if !isProfileExplicit, variable == nil, Self.hasCredentials(environment) {
      profileName = "default"
    } else {
      throw .noSuchProfile(
        profile: named, files: [files.configPath, files.credentialsPath],
        known: files.profiles.keys.sorted())
    }
  }

  /// Whether the environment has credentials without any profile.
  private static func hasCredentials(_ environment: [String: String]) -> Bool {
    environment["AWS_ACCESS_KEY_ID"] != nil || environment["AWS_WEB_IDENTITY_TOKEN_FILE"] != nil
      || environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] != nil
      || environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] != nil
  }

  /// The profile's keys, from both files.
  var profile: SharedFiles.Profile { files.profiles[profileName] ?? [:] }

  /// A setting's value: the variable's, or else the profile's.
  func value(_ key: String, variable: String) -> String? {
    environment[variable] ?? profile.text(key)
  }

  /// Only `true`, in any case, is true, as in botocore's `ensure_boolean`.
  private func flag(_ key: String, variable: String) -> Bool {
    value(key, variable: variable)?.lowercased() == "true"
  }

  /// The certificates that servers are checked against instead of the machine's own: a file.
  package var caBundle: String? { value("ca_bundle", variable: "AWS_CA_BUNDLE") }

  /// The region: the explicit one, `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's.
  ///
  /// botocore itself does not read `AWS_REGION`; the AWS CLI and every other tool does, first.
  /// - Throws: ``NoRegion``, or ``InvalidRegion`` for a name that no region can have.
  package func region() throws -> Region {
    let places = [
      (explicitRegion, "the region asked for"),
      (environment["AWS_REGION"], "AWS_REGION"),
      (environment["AWS_DEFAULT_REGION"], "AWS_DEFAULT_REGION"),
      (profile.text("region"), "profile '\(profileName)' in \(files.configPath)"),
    ]
    for (text, source) in places {
      guard let text, !text.isEmpty else { continue }
      guard let region = Region(text) else { throw InvalidRegion(text: text, source: source) }
      return region
    }
    throw NoRegion()
  }

  /// Where to reach a service, in this order: `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, the
  /// `endpoint_url` of the service in the profile's `services` section, the profile's
  /// `endpoint_url` (unless `ignore_configured_endpoint_urls` says no), and the service's public
  /// name, which `use_fips_endpoint` and `use_dualstack_endpoint` change.
  /// - Throws: ``EndpointError``.
  package func endpoint(of service: Service, in region: Region) throws(EndpointError) -> Endpoint {
    if let configured = try configuredEndpoint(of: service) { return configured }
    var dualStack = flag("use_dualstack_endpoint", variable: "AWS_USE_DUALSTACK_ENDPOINT")
    if service.naming == .storage, let own = profile.nested("s3")["use_dualstack_endpoint"] {
      dualStack = own.lowercased() == "true"
    }
    return try service.endpoint(
      in: region, fips: flag("use_fips_endpoint", variable: "AWS_USE_FIPS_ENDPOINT"),
      dualStack: dualStack)
  }

  /// The endpoint that somebody named; `nil` for the public one.
  func configuredEndpoint(of service: Service) throws(EndpointError) -> Endpoint? {
    guard let (url, source) = try configuredAddress(of: service) else { return nil }
    guard let endpoint = Endpoint(url: url) else {
      throw EndpointError(
        source: source, reason: "it is not an address such as https://host:port")
    }
    return endpoint
  }

  private func configuredAddress(
    of service: Service
  ) throws(EndpointError) -> (url: String, source: String)? {
    if flag(
      "ignore_configured_endpoint_urls", variable: "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
    {
      return nil
    }
    for variable in [service.endpointVariable, "AWS_ENDPOINT_URL"] {
      if let url = environment[variable] { return (url, variable) }
    }
    let source = "profile '\(profileName)' in \(files.configPath)"
    if let name = profile.text("services") {
      guard let section = files.services[name], !section.isEmpty else {
        throw EndpointError(
          source: source, reason: "its services section '\(name)' does not exist")
      }
      if let url = section.nested(service.name)["endpoint_url"], !url.isEmpty {
        return (url, "services '\(name)' in \(files.configPath)")
      }
    }
    if let url = profile.text("endpoint_url"), !url.isEmpty { return (url, source) }
    return nil
  }

  /// The chain of places where credentials are looked for, in AWS's order.
  package func credentialSource(_ tools: CredentialTools) -> any CredentialSource {
    CredentialChain(settings: self, tools: tools)
  }
}

/// Text that stands for a region and cannot be one's name.
package struct InvalidRegion: Error, Equatable, Sendable {
  package var text: String
  /// The variable or the profile that it stands in.
  package var source: String

  package init(text: String, source: String) {
    self.text = text
    self.source = source
  }
}
