import AWS
import TestSupport
import Testing

/// Where the rules are not botocore's, and what it has no notion of.
@Suite("Settings")
struct SettingsTests {
  static let files = """
    [default]
    region = eu-west-1
    ca_bundle = /profile.pem
    aws_access_key_id = d
    aws_secret_access_key = ds
    [profile eb]
    region = eu-west-2
    aws_access_key_id = e
    aws_secret_access_key = es
    [profile other]
    region = eu-west-3
    aws_access_key_id = o
    aws_secret_access_key = os
    """
  static let keys = ["AWS_ACCESS_KEY_ID": "v", "AWS_SECRET_ACCESS_KEY": "vs"]

  @Test("take the region asked for, then AWS_REGION, then AWS_DEFAULT_REGION, then the profile's")
  func region() throws {
    let home = try Home(config: Self.files)
    let both = ["AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-2"]
    #expect(try home.settings(both, region: "ap-south-1").region().name == "ap-south-1")
    #expect(try home.settings(both).region().name == "us-east-1")
    #expect(try home.settings(["AWS_DEFAULT_REGION": "us-east-2"]).region().name == "us-east-2")
    #expect(
      try home.settings(["AWS_REGION": "", "AWS_PROFILE": ""]).region().name == "eu-west-1")
    #expect(throws: NoRegion()) { try Home().settings().region() }
    #expect(throws: InvalidRegion(text: "eu west", source: "AWS_REGION")) {
      try home.settings(["AWS_REGION": "eu west"]).region()
    }
  }

  @Test("let variables beat a profile from a configuration, and the command line beat both")
  func profiles() async throws {
    let home = try Home(config: Self.files)
    let variable = ["AWS_PROFILE": "other"]
    #expect(try home.settings(variable, profile: "eb").profileName == "eb")
    #expect(
      try home.settings(variable, profile: "eb", isProfileExplicit: false).profileName == "other")
    #expect(try home.settings(profile: "eb", isProfileExplicit: false).profileName == "eb")
    #expect(try await home.credentials(Self.keys, profile: "eb").accessKeyID == "e")
    let settings = try home.settings(Self.keys, profile: "eb", isProfileExplicit: false)
    let tools = CredentialTools(
      transport: ScriptedTransport([]), now: { Home.now }, run: { _ in [] })
    #expect(try await settings.credentialSource(tools).credentials().accessKeyID == "v")
    #expect(try settings.region().name == "eu-west-2")
  }

  @Test("do without a configured profile that a machine with credentials of its own does not have")
  func missingProfile() throws {
    let home = try Home(config: Self.files)
    let missing = CredentialError.noSuchProfile(
      profile: "gone",
      files: [home.directory.file(".aws/config"), home.directory.file(".aws/credentials")],
      known: ["default", "eb", "other"])
    #expect(throws: missing) { try home.settings(Self.keys, profile: "gone") }
    #expect(throws: missing) { try home.settings(profile: "gone", isProfileExplicit: false) }
    #expect(throws: missing) { try home.settings(["AWS_PROFILE": "gone"]) }
    for variable in [
      "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ] {
      let settings = try home.settings(
        [variable: "x"], profile: "gone", isProfileExplicit: false)
      #expect(settings.profileName == "default")
    }
  }

  @Test("know the certificates from the variable, then the profile")
  func certificates() throws {
    let home = try Home(config: Self.files)
    #expect(try home.settings().caBundle == "/profile.pem")
    #expect(try home.settings(["AWS_CA_BUNDLE": "/v.pem"]).caBundle == "/v.pem")
    #expect(try home.settings(profile: "eb").caBundle == nil)
  }

  @Test("ask S3 at its regional name, also where botocore takes the global one")
  func storage() throws {
    let region = try #require(Region("us-east-1"))
    let endpoint = try Home().settings().endpoint(of: .s3, in: region)
    #expect(endpoint == Endpoint(scheme: "https", host: "s3.us-east-1.amazonaws.com"))
  }

  @Test("let an endpoint that somebody named stand as it is, also with FIPS")
  func named() throws {
    let region = try #require(Region("us-east-1"))
    let settings = try Home().settings([
      "AWS_ENDPOINT_URL": "http://[::1]:5000/a/b/", "AWS_USE_FIPS_ENDPOINT": "true",
    ])
    #expect(
      try settings.endpoint(of: .ssoOIDC, in: region)
        == Endpoint(scheme: "http", host: "::1", port: 5000, basePath: "/a/b"))
  }

  @Test(
    "refuse an endpoint that is no address, without repeating it",
    arguments: [
      "localhost:5000", "ftp://x", "http://", "http://a b", "http://user:secret@host/",
      "http://host/?secret=1", "http://host:0", "http://host:x", "http://-x", "http://a..b",
      "http://[::1", "http://[fe80::1%25eth0]", "http://host/#x", "http://host/\u{e9}",
    ])
  func refused(address: String) throws {
    let region = try #require(Region("us-east-1"))
    let settings = try Home().settings(["AWS_ENDPOINT_URL_STS": address])
    #expect(
      throws: EndpointError(
        source: "AWS_ENDPOINT_URL_STS",
        reason: "it is not an address such as https://host:port")
    ) { try settings.endpoint(of: .sts, in: region) }
  }

  @Test("name the variable or the profile that is incomplete")
  func incomplete() async throws {
    let home = try Home(config: "[profile eb]\naws_access_key_id = e")
    await #expect(
      throws: CredentialError.incompleteEnvironment(
        variable: "AWS_SECRET_ACCESS_KEY", reason: "it is not set")
    ) { try await home.credentials(["AWS_ACCESS_KEY_ID": "v"]) }
    await #expect(
      throws: CredentialError.incompleteProfile(
        profile: "eb", reason: "~/.aws/config has no aws_secret_access_key for it")
    ) { try await home.credentials(profile: "eb") }
  }
}
