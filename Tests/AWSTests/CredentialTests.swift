import Foundation
import Synchronization
import TestSupport
import Testing

@testable import AWS

extension ScriptedTransport {
  /// Statuses and bodies.
  convenience init(_ answers: (Int, String)...) {
    self.init(answers.map { Step.answer($0.0, $0.1) })
  }
}

/// A home with AWS's files in it.
struct Home {
  let directory: TemporaryDirectory
  static let now = Date(timeIntervalSince1970: 1_800_000_000)

  init(config: String = "", credentials: String = "") throws {
    directory = try TemporaryDirectory()
    if !config.isEmpty { try directory.write(config, to: ".aws/config") }
    if !credentials.isEmpty { try directory.write(credentials, to: ".aws/credentials") }
  }

  func settings(
    _ environment: [String: String] = [:], profile: String? = nil, isProfileExplicit: Bool = true,
    region: String? = nil
  ) throws -> AWSSettings {
    try AWSSettings(
      processEnvironment: environment, home: directory.path, profile: profile,
      isProfileExplicit: isProfileExplicit, region: region)
  }

  /// What is found with these answers of the services.
  func credentials(
    _ environment: [String: String] = [:], profile: String? = nil,
    transport: any Transport = ScriptedTransport([]), code: String? = nil,
    run: @escaping @Sendable ([String]) async throws -> [UInt8] = { _ in throw CancellationError() }
  ) async throws -> Credentials {
    var tools = CredentialTools(
      transport: transport, now: { Self.now }, run: run, sleep: { _ in })
    if let code { tools.tokenCode = { _ in code } }
    return try await settings(environment, profile: profile).credentialSource(tools).credentials()
  }

  func mode(_ name: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: directory.file(name))[.posixPermissions]
      as? Int
  }
}

/// The answer of STS to AssumeRole.
func assumed(_ id: String, until expiration: String = "2027-01-15T09:00:00Z") -> String {
  """
  <AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>\(id)</AccessKeyId>
  <SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</SessionToken>
  <Expiration>\(expiration)</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>
  """
}

@Suite("Credentials")
struct CredentialTests {
  static let mfa = """
    [default]
    region = eu-west-1
    aws_access_key_id = base
    aws_secret_access_key = base-secret
    [profile eb]
    role_arn = arn:aws:iam::123456789012:role/deploy
    source_profile = default
    mfa_serial = arn:aws:iam::123456789012:mfa/me
    region = eu-west-1
    """

  @Test("of a role with a device are asked for once, and kept where the AWS CLI keeps them")
  func device() async throws {
    let home = try Home(config: Self.mfa)
    let transport = ScriptedTransport((200, assumed("role")))
    let found = try await home.credentials(profile: "eb", transport: transport, code: "123456")
    #expect(found.accessKeyID == "role")
    #expect(found.expiration == Date(timeIntervalSince1970: 1_800_003_600))
    let body = try #require(
      transport.requests.first.flatMap { request -> String? in
        guard case .bytes(let bytes) = request.body else { return nil }
        return String(decoding: bytes, as: UTF8.self)
      })
    #expect(body.contains("&TokenCode=123456"))
    #expect(body.contains("SerialNumber=arn%3Aaws%3Aiam%3A%3A123456789012%3Amfa%2Fme"))

    // The name that botocore itself gives the file.
    let name = try Botocore.answer(
      """
      from botocore.credentials import AssumeRoleCredentialFetcher as Fetcher
      print(Fetcher(None, None, 'arn:aws:iam::123456789012:role/deploy',
                    {'SerialNumber': 'arn:aws:iam::123456789012:mfa/me'})._cache_key, end='')
      """)
    let path = ".aws/cli/cache/\(name).json"
    #expect(try home.mode(path) == 0o600)
    #expect(try home.mode(".aws/cli/cache") == 0o700)
    // Nothing is asked, and no code either.
    let kept = try await home.credentials(profile: "eb")
    #expect(kept.accessKeyID == "role")
    #expect(kept.sessionToken == "role-token")
    // botocore, too, reads what was written.
    let theirs = try Botocore.answer(
      """
      import datetime
      from botocore.credentials import AssumeRoleCredentialFetcher as Fetcher, JSONFileCache
      import botocore.credentials as module
      module._local_now = lambda: datetime.datetime.fromtimestamp(1800000000, datetime.timezone.utc)
      print(Fetcher(None, None, 'arn:aws:iam::123456789012:role/deploy',
                    {'SerialNumber': 'arn:aws:iam::123456789012:mfa/me'},
                    cache=JSONFileCache('\(home.directory.file(".aws/cli/cache"))')
                    ).fetch_credentials()['access_key'], end='')
      """)
    #expect(theirs == "role")
  }

  @Test("that the AWS CLI kept are taken while a quarter of an hour is left")
  func kept() async throws {
    let request = RoleRequest(arn: "arn:aws:iam::123456789012:role/deploy")
    var withDevice = request
    withDevice.serial = "arn:aws:iam::123456789012:mfa/me"
    for (end, isTaken) in [("2027-01-15T08:15:00UTC", true), ("2027-01-15T08:14:59UTC", false)] {
      let home = try Home(config: Self.mfa)
      try home.directory.write(
        """
        {"Credentials": {"AccessKeyId": "cli", "SecretAccessKey": "s", "SessionToken": "t",
        "Expiration": "\(end)"}, "AssumedRoleUser": {"Arn": "x"}, "ResponseMetadata": {}}
        """, to: ".aws/cli/cache/\(withDevice.cacheKey).json")
      let transport = ScriptedTransport((200, assumed("role")))
      let found = try await home.credentials(profile: "eb", transport: transport, code: "1")
      #expect(found.accessKeyID == (isTaken ? "cli" : "role"))
    }
  }

  @Test("of a role are kept under the name that botocore's own key gives")
  func keys() throws {
    var odd = RoleRequest(arn: "arn:aws:iam::1:role/ü\u{1f600}\"\\")
    odd.externalID = "a\n\t\u{7f}"
    odd.seconds = 900
    odd.sessionName = "me"
    let name = try Botocore.answer(
      #"""
      from botocore.credentials import AssumeRoleCredentialFetcher as Fetcher
      print(Fetcher(None, None, 'arn:aws:iam::1:role/\u00fc\U0001f600"\\',
                    {'ExternalId': 'a\n\t\x7f', 'DurationSeconds': 900,
                     'RoleSessionName': 'me'})._cache_key, end='')
      """#)
    #expect(odd.cacheKey == name)
  }

  @Test("of a role without a device are not written down")
  func notKept() async throws {
    let home = try Home(
      config: Self.mfa.replacing("mfa_serial", with: "unused"))
    let transport = ScriptedTransport((200, assumed("role")))
    #expect(try await home.credentials(profile: "eb", transport: transport).accessKeyID == "role")
    #expect(!FileManager.default.fileExists(atPath: home.directory.file(".aws/cli")))
  }

  @Test("cannot be had where nobody can type the device's code")
  func noCode() async throws {
    let home = try Home(config: Self.mfa)
    await #expect(throws: CredentialError.tokenNeeded(serial: "arn:aws:iam::123456789012:mfa/me")) {
      try await home.credentials(profile: "eb")
    }
  }

  @Test("are asked for again after a failure that may pass, and not after a refusal")
  func repeats() async throws {
    let home = try Home(config: Self.mfa.replacing("mfa_serial", with: "unused"))
    let passing = ScriptedTransport([
      .failure(.broken(host: "sts", reason: "reset")), .answer(503), .answer(200, assumed("role")),
    ])
    #expect(try await home.credentials(profile: "eb", transport: passing).accessKeyID == "role")
    let refusing = ScriptedTransport(
      (
        403,
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>"
      ))
    await #expect(throws: CredentialError.refused(by: "STS", reason: "AccessDenied: not you")) {
      try await home.credentials(profile: "eb", transport: refusing)
    }
    let broken = ScriptedTransport(
      Array(repeating: .answer(200, "<AssumeRoleResponse><Assum"), count: 5))
    do {
      _ = try await home.credentials(profile: "eb", transport: broken)
      Issue.record("a broken answer was taken")
    } catch CredentialError.refused(let service, let reason) {
      #expect(service == "STS")
      #expect(reason.hasPrefix("its answer is no XML (line 1"))
    }
  }

  @Test("of a role are not asked for twice with one code of a device")
  func oneCode() async throws {
    let home = try Home(config: Self.mfa)
    let reset = TransportError.broken(host: "sts", reason: "reset")
    let transport = ScriptedTransport([.failure(reset), .answer(200, assumed("role"))])
    await #expect(throws: reset) {
      try await home.credentials(profile: "eb", transport: transport, code: "1")
    }
    #expect(transport.requests.count == 1)
    // Without a connection the code is still good.
    let unreached = ScriptedTransport([
      .failure(.cannotConnect(host: "sts", reason: "refused")), .answer(200, assumed("role")),
    ])
    let found = try await home.credentials(profile: "eb", transport: unreached, code: "1")
    #expect(found.accessKeyID == "role")
  }

  @Test("for a web identity are asked for unsigned, and again where its provider was silent")
  func webIdentity() async throws {
    let home = try Home()
    try home.directory.write("ey.J.x\n", to: "token")
    let environment = [
      "AWS_WEB_IDENTITY_TOKEN_FILE": home.directory.file("token"), "AWS_REGION": "eu-west-1",
      "AWS_ROLE_ARN": "arn:aws:iam::1:role/ci",
    ]
    let silent =
      "<ErrorResponse><Error><Code>IDPCommunicationError</Code><Message>m</Message></Error>"
      + "</ErrorResponse>"
    let answer = assumed("web").replacing("AssumeRoleR", with: "AssumeRoleWithWebIdentityR")
    let transport = ScriptedTransport((400, silent), (200, answer))
    let found = try await home.credentials(environment, transport: transport)
    #expect(found.accessKeyID == "web")
    #expect(transport.requests.count == 2)
    #expect(transport.requests.allSatisfy { $0["Authorization"] == nil })
    guard case .bytes(let body)? = transport.requests.first?.body else {
      Issue.record("no body")
      return
    }
    #expect(
      String(decoding: body, as: UTF8.self)
        == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
        + "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fci&RoleSessionName=git-eb-1800000000"
        + "&WebIdentityToken=ey.J.x")
    let refusal = silent.replacing("IDPCommunicationError", with: "InvalidIdentityToken")
    await #expect(throws: CredentialError.refused(by: "STS", reason: "InvalidIdentityToken: m")) {
      try await home.credentials(environment, transport: ScriptedTransport((400, refusal)))
    }
  }

  static let signOn = """
    [profile eb]
    sso_session = corp
    sso_account_id = 123456789012
    sso_role_name = Deploy
    [sso-session corp]
    sso_region = eu-west-1
    sso_start_url = https://corp.awsapps.com/start
    """
  static let tokenPath = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json"

  @Test("of a sign-on whose token ends soon come with a new token, which is written back")
  func renewal() async throws {
    let home = try Home(config: Self.signOn)
    try home.directory.write(
      """
      {"accessToken": "dead", "expiresAt": "2027-01-15T08:10:00Z", "clientId": "i",
      "clientSecret": "s", "refreshToken": "r", "registrationExpiresAt": "2027-02-01T00:00:00Z"}
      """, to: Self.tokenPath)
    let keys = """
      {"roleCredentials": {"accessKeyId": "a", "secretAccessKey": "b", "sessionToken": "c",
      "expiration": 1800003600000}}
      """
    let transport = ScriptedTransport(
      (200, #"{"accessToken": "new", "expiresIn": 28800, "refreshToken": "r2"}"#), (200, keys),
      (200, keys))
    let found = try await home.credentials(profile: "eb", transport: transport)
    #expect(found.expiration == Date(timeIntervalSince1970: 1_800_003_600))
    #expect(transport.requests.first?.endpoint.host == "oidc.eu-west-1.amazonaws.com")
    guard case .bytes(let question)? = transport.requests.first?.body else {
      Issue.record("no body")
      return
    }
    #expect(
      try JSONDecoder().decode([String: String].self, from: Data(question))
        == [
          "clientId": "i", "clientSecret": "s", "grantType": "refresh_token", "refreshToken": "r",
        ])
    #expect(try home.mode(Self.tokenPath) == 0o600)
    let written = try JSONDecoder().decode(
      [String: String].self, from: Data(home.directory.read(Self.tokenPath)))
    #expect(
      written == [
        "accessToken": "new", "expiresAt": "2027-01-15T16:00:00Z", "clientId": "i",
        "clientSecret": "s", "refreshToken": "r2", "region": "eu-west-1",
        "registrationExpiresAt": "2027-02-01T00:00:00Z",
        "startUrl": "https://corp.awsapps.com/start",
      ])
    // The next command finds the new one good.
    _ = try await home.credentials(profile: "eb", transport: transport)
    #expect(transport.requests.count == 3)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: home.directory.file(".aws/sso/cache"))
        .count == 1)
  }

  @Test("of a sign-on that ended need a login, which is named")
  func login() async throws {
    let needed = CredentialError.loginNeeded(
      profile: "eb", command: "aws sso login --profile eb")
    let home = try Home(config: Self.signOn)
    await #expect(throws: needed) { try await home.credentials(profile: "eb") }
    let token = """
      {"accessToken": "dead", "expiresAt": "EXPIRY", "clientId": "i", "clientSecret": "s",
      "refreshToken": "r", "registrationExpiresAt": "2027-02-01T00:00:00Z"}
      """
    try home.directory.write(
      token.replacing("EXPIRY", with: "2027-01-15T07:59:00Z"), to: Self.tokenPath)
    await #expect(throws: needed) {
      try await home.credentials(
        profile: "eb", transport: ScriptedTransport((400, #"{"error": "invalid_grant"}"#)))
    }
    // The portal does not take a token that looks good.
    try home.directory.write(
      token.replacing("EXPIRY", with: "2027-01-15T12:00:00Z"), to: Self.tokenPath)
    await #expect(throws: needed) {
      try await home.credentials(profile: "eb", transport: ScriptedTransport((401, "{}")))
    }
    // One that cannot be renewed, and has minutes left, does for now.
    try home.directory.write(
      token.replacing("EXPIRY", with: "2027-01-15T08:01:00Z"), to: Self.tokenPath)
    let transport = ScriptedTransport(
      (400, "{}"),
      (
        200,
        #"{"roleCredentials":{"accessKeyId":"a","secretAccessKey":"b","sessionToken":"c","expiration":1}}"#
      ))
    #expect(try await home.credentials(profile: "eb", transport: transport).accessKeyID == "a")
  }

  /// A key of P-256, made by Python's cryptography, and the file that `aws login` would leave.
  private func loginHome(until end: String) throws -> (home: Home, path: String) {
    let home = try Home(
      config: "[profile eb]\nlogin_session = arn:aws:iam::1:user/me\nregion = eu-west-1")
    let key = try Botocore.answer(
      """
      from cryptography.hazmat.primitives import serialization as s
      from cryptography.hazmat.primitives.asymmetric import ec
      key = ec.generate_private_key(ec.SECP256R1())
      print(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.TraditionalOpenSSL,
                              s.NoEncryption()).decode().replace(chr(10), chr(92) + 'n'), end='')
      """)
    let name = try Botocore.answer(
      """
      from botocore.utils import generate_login_cache_key
      print(generate_login_cache_key('arn:aws:iam::1:user/me'), end='')
      """)
    let path = ".aws/login/cache/\(name).json"
    try home.directory.write(
      """
      {"accessToken": {"accessKeyId": "l", "secretAccessKey": "ls", "sessionToken": "lt",
      "accountId": "1", "expiresAt": "\(end)"}, "tokenType": "aws_sigv4", "refreshToken": "r",
      "idToken": "i", "clientId": "arn:aws:signin:::devtools/same-device", "dpopKey": "\(key)"}
      """, to: path)
    return (home, path)
  }

  @Test("of a login in the browser are taken while they last")
  func browser() async throws {
    let home = try loginHome(until: "2027-01-15T08:05:01Z").home
    let found = try await home.credentials(profile: "eb")
    #expect(found.accessKeyID == "l")
    #expect(found.expiration == Date(timeIntervalSince1970: 1_800_000_301))
  }

  @Test("of a login in the browser are renewed with a proof of the session's key")
  func browserRenewal() async throws {
    let (home, path) = try loginHome(until: "2027-01-15T08:05:00Z")
    let answer = """
      {"accessToken": {"accessKeyId": "n", "secretAccessKey": "ns", "sessionToken": "nt"},
      "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": "r2"}
      """
    let transport = ScriptedTransport((200, answer))
    let found = try await home.credentials(profile: "eb", transport: transport)
    #expect(found.accessKeyID == "n")
    #expect(found.expiration == Date(timeIntervalSince1970: 1_800_000_900))
    let request = try #require(transport.requests.first)
    #expect(request.endpoint.host == "eu-west-1.signin.aws.amazon.com")
    #expect(request.path == "/v1/token")
    let written = try JSONDecoder().decode(LoginToken.self, from: Data(home.directory.read(path)))
    #expect(written.refreshToken == "r2" && written.idToken == "i")
    #expect(written.accessToken.accountId == "1")
    #expect(written.accessToken.expiresAt == "2027-01-15T08:15:00Z")
    #expect(try home.mode(path) == 0o600)

    // Somebody else's program takes the proof apart, and checks it with the key that is in it and
    // with the session's.
    let proof = try Botocore.answer(
      """
      import base64, json, sys
      from cryptography.hazmat.primitives import hashes, serialization
      from cryptography.hazmat.primitives.asymmetric import ec, utils
      proof, pem = json.load(sys.stdin)
      def plain(text):
          return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
      header, claims, signature = (plain(part) for part in proof.split('.'))
      header, claims = json.loads(header), json.loads(claims)
      number = lambda data: int.from_bytes(data, 'big')
      own = serialization.load_pem_private_key(pem.encode(), None).public_key()
      x, y = (number(plain(header['jwk'].pop(name))) for name in 'xy')
      assert own.public_numbers() == ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1())
      assert len(signature) == 64
      own.verify(utils.encode_dss_signature(number(signature[:32]), number(signature[32:])),
                 proof.rpartition('.')[0].encode(), ec.ECDSA(hashes.SHA256()))
      assert len(claims.pop('jti')) == 36
      print(json.dumps([header, claims], sort_keys=True), end='')
      """,
      String(
        decoding: try JSONEncoder().encode([request["DPoP"] ?? "", written.dpopKey]),
        as: UTF8.self))
    #expect(
      proof == #"[{"alg": "ES256", "jwk": {"crv": "P-256", "kty": "EC"}, "typ": "dpop+jwt"}, "#
        + #"{"htm": "POST", "htu": "https://eu-west-1.signin.aws.amazon.com/v1/token", "#
        + #""iat": 1800000000}]"#)
  }

  @Test("of a login in the browser that ended need another one")
  func browserEnd() async throws {
    let needed = CredentialError.loginNeeded(profile: "eb", command: "aws login --profile eb")
    let (home, path) = try loginHome(until: "2027-01-15T08:05:00Z")
    for error in ["TOKEN_EXPIRED", "USER_CREDENTIALS_CHANGED"] {
      await #expect(throws: needed) {
        try await home.credentials(
          profile: "eb", transport: ScriptedTransport((401, #"{"error": "\#(error)"}"#)))
      }
    }
    await #expect(
      throws: CredentialError.refused(by: "the login service", reason: "INSUFFICIENT_PERMISSIONS")
    ) {
      try await home.credentials(
        profile: "eb",
        transport: ScriptedTransport((403, #"{"error": "INSUFFICIENT_PERMISSIONS"}"#)))
    }
    try FileManager.default.removeItem(atPath: home.directory.file(path))
    await #expect(throws: needed) { try await home.credentials(profile: "eb") }
  }

  @Test("that a program prints are checked, and what it printed is not repeated")
  func process() async throws {
    let home = try Home(config: "[profile eb]\ncredential_process = tool --key s3cr3t 'a b'")
    let table = [
      #"{"Version": 1, "AccessKeyId": "a"}"#: "it did not print AccessKeyId and SecretAccessKey",
      #"{"Version": 2, "AccessKeyId": "s3cr3t"}"#: "its Version is not 1",
      "s3cr3t": "it did not print JSON with a Version",
      #"{"Version":1,"AccessKeyId":"a","SecretAccessKey":"s3cr3t","Expiration":"soon"}"#:
        "its Expiration is not a date",
      #"{"Version":1,"AccessKeyId":"a","SecretAccessKey":"s3cr3t","Expiration":"2027-01-15T08:00:00Z"}"#:
        "the credentials that it printed have expired",
    ]
    for (output, reason) in table {
      await #expect(throws: CredentialError.process(command: "tool", reason: reason)) {
        try await home.credentials(profile: "eb", run: { _ in Array(output.utf8) })
      }
    }
    let found = try await home.credentials(profile: "eb") { command in
      #expect(command == ["tool", "--key", "s3cr3t", "a b"])
      return Array(#"{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b"}"#.utf8)
    }
    #expect(found.expiration == nil)
    await #expect(throws: CredentialError.process(command: "tool", reason: "it failed")) {
      try await home.credentials(profile: "eb") { command in
        throw InvalidAnswer(service: "", operation: "", reason: command.joined())
      }
    }
  }

  @Test(
    "are taken from a container's endpoint only where it is safe to ask",
    arguments: [
      ("https://example.com/x", true), ("http://127.0.0.1:8080/x?a=b%20c", true),
      ("http://127.9.9.9/", true), ("http://[::1]:80/", true), ("http://localhost/", true),
      ("http://169.254.170.23/v1", true), ("http://[fd00:ec2::23]/v1", true),
      ("http://example.com/", false), ("http://127.0.0.1.example.com/", false),
      ("http://127.1/", false), ("http://0127.0.0.1/", false), ("http://169.254.169.254/", false),
      ("http://localhost@example.com/", false), ("ftp://localhost/", false),
      ("http://localhost:99999/", false), ("http://local host/", false), ("/x", false),
    ])
  func container(address: String, isAsked: Bool) async throws {
    let home = try Home()
    let answer =
      #"{"AccessKeyId":"a","SecretAccessKey":"b","Token":"c","Expiration":"2027-01-15T09:00:00Z"}"#
    let transport = isAsked ? ScriptedTransport((500, ""), (200, answer)) : ScriptedTransport([])
    let environment = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": address]
    if isAsked {
      let found = try await home.credentials(environment, transport: transport)
      #expect(found.sessionToken == "c")
      #expect(transport.requests.count == 2)
    } else {
      await #expect(throws: CredentialError.self) {
        try await home.credentials(environment, transport: transport)
      }
    }
  }

  @Test("of a container are asked for with the token that is in a file just then")
  func containerToken() async throws {
    let home = try Home()
    try home.directory.write("Bearer x", to: "token")
    try home.directory.write("Bearer x\r\nHost: y", to: "evil")
    let answer = #"{"AccessKeyId":"a","SecretAccessKey":"b","Token":"c"}"#
    var environment = [
      "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/1?id=a+b%2F",
      "AWS_CONTAINER_AUTHORIZATION_TOKEN": "old",
      "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": home.directory.file("token"),
    ]
    let transport = ScriptedTransport((200, answer))
    _ = try await home.credentials(environment, transport: transport)
    let request = try #require(transport.requests.first)
    #expect(request.endpoint == Endpoint(scheme: "http", host: "169.254.170.2"))
    #expect(request.path == "/v2/credentials/1")
    #expect(request.query == [QueryItem("id", "a+b/")])
    #expect(request["Authorization"] == "Bearer x")
    environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = home.directory.file("evil")
    await #expect(throws: CredentialError.self) { try await home.credentials(environment) }
  }

  @Test("of an instance come with a token, and live on while their maker is out of order")
  func instance() async throws {
    let home = try Home()
    let answer = """
      {"Code":"Success","AccessKeyId":"a","SecretAccessKey":"b","Token":"c",
      "Expiration":"2027-01-15T07:00:00Z"}
      """
    let transport = ScriptedTransport((200, "proof"), (200, "my-role\n"), (200, answer))
    let found = try await home.credentials(transport: transport)
    let left = try #require(found.expiration).timeIntervalSince(Home.now)
    #expect((1020...1500).contains(left))
    #expect(
      transport.requests.map { "\($0.method) \($0.path)" } == [
        "PUT /latest/api/token", "GET /latest/meta-data/iam/security-credentials/",
        "GET /latest/meta-data/iam/security-credentials/my-role",
      ])
    #expect(transport.requests.first?["x-aws-ec2-metadata-token-ttl-seconds"] == "21600")
    #expect(transport.requests.dropFirst().allSatisfy { $0["x-aws-ec2-metadata-token"] == "proof" })
    #expect(transport.requests.allSatisfy { $0.limits.total == .seconds(1) })
    #expect(transport.requests.allSatisfy { $0.endpoint.host == "169.254.169.254" })
  }

  @Test("are nowhere: what was looked at is told, and a machine that is no instance waits once")
  func nowhere() async throws {
    let home = try Home(config: "[default]\nregion = eu-west-1")
    let silent = ScriptedTransport([
      .failure(.cannotConnect(host: "169.254.169.254", reason: "no route"))
    ])
    await #expect(
      throws: CredentialError.none(looked: [
        "AWS_ACCESS_KEY_ID in the environment", "profile 'default' in ~/.aws/credentials",
        "profile 'default' in ~/.aws/config", "the instance metadata (no answer)",
      ])
    ) { try await home.credentials(transport: silent) }
    #expect(silent.requests.count == 1)
    let six = ScriptedTransport((403, ""))
    await #expect(throws: CredentialError.self) {
      try await home.credentials(
        ["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"], transport: six)
    }
    #expect(six.requests.first?.endpoint.authority == "[fd00:ec2::254]")
  }

  @Test("are renewed through the cache when five minutes are left, and looked up once at a time")
  func cache() async throws {
    let home = try Home(config: Self.mfa.replacing("mfa_serial", with: "unused"))
    let transport = ScriptedTransport(
      (200, assumed("first", until: "2027-01-15T08:15:00Z")),
      (200, assumed("second", until: "2027-01-15T09:00:00Z")), (200, assumed("third")))
    let clock = Mutex(Home.now)
    let tools = CredentialTools(
      transport: transport, now: { clock.withLock { $0 } }, run: { _ in [] }, sleep: { _ in })
    let source = try home.settings(profile: "eb").credentialSource(tools)
    let cache = CredentialCache(source, now: { clock.withLock { $0 } })
    async let one = cache.credentials()
    async let two = cache.credentials()
    #expect(try await [one.accessKeyID, two.accessKeyID] == ["first", "first"])
    clock.withLock { $0 = Home.now.addingTimeInterval(599) }
    #expect(try await cache.credentials().accessKeyID == "first")
    clock.withLock { $0 = Home.now.addingTimeInterval(601) }
    let second = try await cache.credentials()
    #expect(second.accessKeyID == "second")
    await cache.discard(second)
    #expect(try await cache.credentials().accessKeyID == "third")
  }

  @Test(
    "end when the variable says, in each form that AWS's tools write",
    arguments: [
      ("2027-01-15T08:00:00Z", 0.0), ("2027-01-15T08:00:00UTC", 0),
      ("2027-01-15T08:00:00+00:00", 0),
      ("2027-01-15T09:00:00+01:00", 0), ("2027-01-15T08:00:00.500Z", 0.5),
      ("2027-01-15T08:00:00.500000+00:00", 0.5),
    ])
  func moments(text: String, fraction: Double) async throws {
    let found = try await Home().credentials([
      "AWS_ACCESS_KEY_ID": "v", "AWS_SECRET_ACCESS_KEY": "vs", "AWS_CREDENTIAL_EXPIRATION": text,
    ])
    #expect(found.expiration == Home.now.addingTimeInterval(fraction))
  }

  @Test("are found through links, as Kubernetes keeps its tokens")
  func links() async throws {
    let home = try Home(config: "[default]\nregion = eu-west-1")
    try home.directory.write("token", to: "..2027/token")
    let manager = FileManager.default
    for (link, target) in [("..data", "..2027"), ("token", "..data/token")] {
      try manager.createSymbolicLink(
        atPath: home.directory.file(link), withDestinationPath: target)
    }
    let environment = [
      "AWS_WEB_IDENTITY_TOKEN_FILE": home.directory.file("token"),
      "AWS_ROLE_ARN": "arn:aws:iam::1:role/pod",
    ]
    let answer = assumed("pod").replacing("AssumeRoleR", with: "AssumeRoleWithWebIdentityR")
    let found = try await home.credentials(
      environment, transport: ScriptedTransport((200, answer)))
    #expect(found.accessKeyID == "pod")
  }

  @Test("never show a secret, however they are printed")
  func secrets() async throws {
    let home = try Home(
      config: Self.mfa.replacing("mfa_serial", with: "unused"))
    let found = try await home.credentials(
      profile: "eb", transport: ScriptedTransport((200, assumed("role"))))
    var dumped = ""
    dump(found, to: &dumped)
    for text in ["\(found)", String(reflecting: found), dumped, found.origin] {
      #expect(!text.contains("secret") && !text.contains("role-token"))
    }
  }
}
