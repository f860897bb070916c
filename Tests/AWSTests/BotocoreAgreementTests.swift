import AWS
import Foundation
import TestSupport
import Testing

/// The same files and variables, read by botocore and by us. Where the two differ on purpose the
/// tests of ``CredentialTests`` and ``SettingsTests`` say so, and these stay away from it:
/// `AWS_REGION` (botocore leaves it to the AWS CLI), empty variables, boto 2's and the EC2 tools'
/// files, version 1 of the instance metadata, and the global name of S3.
@Suite("Settings, against botocore")
struct BotocoreAgreementTests {
  static let files: [String: [String: String]] = [
    "nothing": [:],
    "credentials": [
      "credentials": """
      [default]
      aws_access_key_id = d
      aws_secret_access_key = ds
      [eb]
      aws_access_key_id=e
      aws_secret_access_key=es
      aws_session_token=et
      """
    ],
    "config": [
      "config": """
      # comment
      [default]
      region = eu-west-1
      aws_access_key_id = cd
      aws_secret_access_key = cds
      ; another
      [profile eb]
      region: eu-north-1
      AWS_Access_Key_ID : ce
      aws_secret_access_key = ces = # kept
      aws_security_token = old
      """
    ],
    "both": [
      "config": """
      [profile eb]
      region = eu-west-3
      aws_access_key_id = ce
      aws_secret_access_key = ces
      [profile default]
      region = ca-central-1
      """,
      "credentials": """
      [eb]
      aws_access_key_id = e
      aws_secret_access_key = es
      region = sa-east-1
      """,
    ],
    "odd sections": [
      "config": """
      [DEFAULT]
      region = us-west-1
      [ profile eb]
      aws_access_key_id = no
      aws_secret_access_key = no
      [profile 'a b']
      aws_access_key_id = no
      [profile "eb"] behind
      aws_access_key_id = quoted
      aws_secret_access_key = multi
        line
      [profile x y z]
      a = 1
      [profile 'open]
      a = 1
      [default]
      aws_access_key_id = first
      aws_secret_access_key = first
      [profile default]
      aws_access_key_id = second
      aws_secret_access_key = second
      """
    ],
    "role": [
      "config": """
      [default]
      region = eu-west-1
      [profile eb]
      role_arn = arn:aws:iam::123456789012:role/deploy
      source_profile = base
      external_id = é "x"
      duration_seconds = 900
      role_session_name = me
      [profile base]
      region = eu-west-2
      """,
      "credentials": """
      [base]
      aws_access_key_id = b
      aws_secret_access_key = bs
      """,
    ],
    "chain": [
      "config": """
      [profile eb]
      region = eu-south-1
      role_arn = arn:aws:iam::1:role/3
      source_profile = two
      duration_seconds = soon
      [profile two]
      role_arn = arn:aws:iam::1:role/2
      source_profile = one
      [profile one]
      role_arn = arn:aws:iam::1:role/1
      source_profile = one
      aws_access_key_id = o
      aws_secret_access_key = os
      """
    ],
    "itself": [
      "config": """
      [profile eb]
      role_arn = arn:aws:iam::1:role/1
      source_profile = eb
      region = us-gov-west-1
      aws_access_key_id = o
      aws_secret_access_key = os
      """
    ],
    "itself without keys": [
      "config":
        "[profile eb]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = eb\nregion = eu-west-1"
    ],
    "loop": [
      "config": """
      [profile eb]
      role_arn = arn:aws:iam::1:role/1
      source_profile = two
      [profile two]
      role_arn = arn:aws:iam::1:role/2
      source_profile = eb
      """
    ],
    "role from variables": [
      "config": """
      [profile eb]
      role_arn = arn:aws:iam::1:role/1
      credential_source = Environment
      """
    ],
    "role from a container": [
      "config": """
      [profile eb]
      role_arn = arn:aws:iam::1:role/1
      credential_source = EcsContainer
      """
    ],
    "role from an instance": [
      "config": """
      [profile eb]
      role_arn = arn:aws:iam::1:role/1
      credential_source = Ec2InstanceMetadata
      """
    ],
    "role from the moon": [
      "config": "[profile eb]\nrole_arn = arn:aws:iam::1:role/1\ncredential_source = moon"
    ],
    "role of two": [
      "config": """
      [profile eb]
      role_arn = arn:aws:iam::1:role/1
      credential_source = Environment
      source_profile = two
      [profile two]
      aws_access_key_id = o
      aws_secret_access_key = os
      """
    ],
    "role of nobody": [
      "config":
        "[profile eb]\nrole_arn = arn:aws:iam::1:role/1\naws_access_key_id = a\naws_secret_access_key = b"
    ],
    "role of a missing one": [
      "config": "[profile eb]\nrole_arn = arn:aws:iam::1:role/1\nsource_profile = gone"
    ],
    "role of an empty one": [
      "config":
        "[profile eb]\nrole_arn = arn:aws:iam::1:role/1\nsource_profile = two\n[profile two]\nregion = x"
    ],
    "role of half a key": [
      "config":
        "[profile eb]\nrole_arn = arn:aws:iam::1:role/1\nsource_profile = b\n[profile b]\naws_access_key_id = a"
    ],
    "web identity": [
      "config": """
      [profile eb]
      role_arn = arn:aws:iam::1:role/profile
      web_identity_token_file = HOME/token
      role_session_name = named
      [profile two]
      role_arn = arn:aws:iam::1:role/2
      source_profile = eb
      """,
      "../token": "profile-token",
    ],
    "web identity without a role": [
      "config": "[profile eb]\nweb_identity_token_file = HOME/token", "../token": "t",
    ],
    "web identity without a token": [
      "config":
        "[profile eb]\nrole_arn = arn:aws:iam::1:role/1\nweb_identity_token_file = HOME/none"
    ],
    "sign-on": [
      "config": """
      [profile eb]
      sso_session = corp
      sso_account_id = 123456789012
      sso_role_name = Deploy
      aws_access_key_id = not
      aws_secret_access_key = this
      [sso-session corp]
      sso_region = eu-west-1
      sso_start_url = https://corp.awsapps.com/start
      sso_registration_scopes = sso:account:access
      """,
      "sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json": """
      {"accessToken": "live", "expiresAt": "2099-01-01T00:00:00Z", "region": "eu-west-1",
      "startUrl": "https://corp.awsapps.com/start"}
      """,
    ],
    "sign-on, to be renewed": [
      "config": """
      [profile eb]
      sso_session = corp
      sso_account_id = 123456789012
      sso_role_name = Deploy
      [sso-session corp]
      sso_region = us-gov-west-1
      sso_start_url = https://corp.awsapps.com/start
      """,
      "sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json": """
      {"accessToken": "dead", "expiresAt": "2001-01-01T00:00:00UTC", "clientId": "i",
      "clientSecret": "s", "refreshToken": "r", "registrationExpiresAt": "2099-01-01T00:00:00Z"}
      """,
    ],
    "sign-on, ended": [
      "config": """
      [profile eb]
      sso_session = corp
      sso_account_id = 123456789012
      sso_role_name = Deploy
      [sso-session corp]
      sso_region = eu-west-1
      sso_start_url = https://corp.awsapps.com/start
      """,
      "sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json": """
      {"accessToken": "dead", "expiresAt": "2001-01-01T00:00:00Z", "clientId": "i",
      "clientSecret": "s", "refreshToken": "r", "registrationExpiresAt": "2001-01-01T00:00:00Z"}
      """,
    ],
    "sign-on of the older kind": [
      "config": """
      [profile eb]
      sso_start_url = https://old.awsapps.com/start
      sso_region = us-east-2
      sso_account_id = 123456789012
      sso_role_name = Deploy
      [profile two]
      role_arn = arn:aws:iam::1:role/2
      source_profile = eb
      region = us-east-1
      """,
      "sso/cache/33d5ca4bf3b1a62edb96b47f7c203034a43ac435.json":
        #"{"accessToken": "old", "expiresAt": "2099-01-01T00:00:00UTC"}"#,
    ],
    "sign-on without a login": [
      "config": """
      [profile eb]
      sso_start_url = https://none.awsapps.com/start
      sso_region = us-east-2
      sso_account_id = 123456789012
      sso_role_name = Deploy
      """
    ],
    "sign-on, half": ["config": "[profile eb]\nsso_account_id = 1\naws_access_key_id = a"],
    "sign-on, no session": [
      "config": "[profile eb]\nsso_session = x\nsso_account_id = 1\nsso_role_name = r"
    ],
    "sign-on, two regions": [
      "config": """
      [profile eb]
      sso_session = corp
      sso_region = eu-west-2
      sso_account_id = 1
      sso_role_name = r
      [sso-session corp]
      sso_region = eu-west-1
      sso_start_url = https://corp.awsapps.com/start
      """
    ],
    "process": [
      "config": """
      [profile eb]
      credential_process = /bin/echo '{"Version": 1, "AccessKeyId": "pr",
        "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2099-01-01T00:00:00+00:00"}'
      aws_access_key_id = after
      aws_secret_access_key = it
      """
    ],
    "process after keys": [
      "config": "[profile eb]\ncredential_process = /bin/false",
      "credentials": "[eb]\naws_access_key_id = e\naws_secret_access_key = es",
    ],
    "process that fails": ["config": "[profile eb]\ncredential_process = /bin/false"],
    "process of the future": [
      "config": "[profile eb]\ncredential_process = /bin/echo '{\"Version\": 2}'"
    ],
    "half a key": ["credentials": "[eb]\naws_access_key_id = e\n[default]\naws_access_key_id = d"],
    "a section twice": ["config": "[profile eb]\na = 1\n[profile eb]\nb = 1"],
    "a key twice": ["credentials": "[eb]\na = 1\nA : 2"],
    "no section": ["config": "a = 1"],
    "no equals sign": ["config": "[default]\nnonsense"],
    "no key": ["config": "[default]\n= nonsense"],
    "nested nonsense": ["config": "[profile eb]\ns3 =\n  a = b\n  nonsense"],
    "not UTF-8": ["config": "[profile eb]\nregion = \u{fffd}"],
  ]

  static let environments: [[String: String]] = [
    [:],
    ["AWS_ACCESS_KEY_ID": "v", "AWS_SECRET_ACCESS_KEY": "vs"],
    [
      "AWS_ACCESS_KEY_ID": "v", "AWS_SECRET_ACCESS_KEY": "vs", "AWS_SESSION_TOKEN": "vt",
      "AWS_PROFILE": "eb", "AWS_CREDENTIAL_EXPIRATION": "2099-01-01T00:00:00+00:00",
    ],
    ["AWS_PROFILE": "eb", "AWS_DEFAULT_REGION": "ap-south-1"],
    ["AWS_DEFAULT_PROFILE": "eb", "AWS_PROFILE": "two", "AWS_DEFAULT_REGION": "ap-south-1"],
    ["AWS_PROFILE": "gone", "AWS_ACCESS_KEY_ID": "v", "AWS_SECRET_ACCESS_KEY": "vs"],
    ["AWS_ACCESS_KEY_ID": "v"],
    [
      "AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/identity",
      "AWS_ROLE_ARN": "arn:aws:iam::1:role/variable",
      "AWS_DEFAULT_REGION": "us-east-2", "AWS_PROFILE": "eb",
    ],
    [
      "AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/identity",
      "AWS_ROLE_ARN": "arn:aws:iam::1:role/variable",
      "AWS_DEFAULT_REGION": "us-east-2", "AWS_ROLE_SESSION_NAME": "run",
    ],
    [
      "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/container/x", "AWS_DEFAULT_REGION": "eu-west-1",
      "AWS_PROFILE": "eb",
    ],
    [
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:8080/container/y",
      "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Basic x",
    ],
    ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://evil.example/container/y"],
    ["AWS_PROFILE": "two", "AWS_DEFAULT_REGION": "eu-west-1"],
    ["AWS_DEFAULT_REGION": "eu-west-1"],
    ["AWS_EC2_METADATA_DISABLED": "True"],
    [
      "AWS_ACCESS_KEY_ID": "v", "AWS_SECRET_ACCESS_KEY": "vs", "AWS_SECURITY_TOKEN": "old",
      "AWS_SESSION_TOKEN": "new",
    ],
  ]

  /// Leaves out combinations that end before the files, or the variables, make a difference.
  static func isWorthAsking(_ kind: String, _ variables: Int, _ profile: String?) -> Bool {
    let isBroken = ["twice", "no section", "no equals", "no key", "nonsense", "UTF-8"]
      .contains { kind.contains($0) }
    if isBroken { return variables < 2 && profile == nil }
    // botocore looks for the session of a token that STS never takes, and stumbles.
    if kind == "sign-on, no session", variables == 7 { return false }
    if [5, 6, 11].contains(variables) { return ["nothing", "both", "role"].contains(kind) }
    return profile == nil || [0, 2, 7, 9].contains(variables)
  }

  /// A machine and what stands for it in a message.
  struct Case {
    var name: String
    var machine: Botocore.Machine
  }

  @Test("find the same credentials, by the same requests, and the same region")
  func credentials() async throws {
    let directory = try TemporaryDirectory()
    var cases: [Case] = []
    for (kind, contents) in Self.files.sorted(by: { $0.key < $1.key }) {
      for (number, variables) in Self.environments.enumerated() {
        for profile in [nil, "eb"] where Self.isWorthAsking(kind, number, profile) {
          // Both programs may write into the home: each case has two of its own.
          for side in ["theirs", "ours"] {
            try write(contents, to: "\(cases.count)/\(side)", in: directory)
          }
          cases.append(
            Case(
              name: "\(kind), \(variables), profile \(profile ?? "none")",
              machine: Botocore.Machine(
                home: directory.file("\(cases.count)"), environment: variables, profile: profile,
                isInstance: [3, 8, 13, 14].contains(number))))
        }
      }
    }
    let findings = try Botocore.findings(on: cases.map { Self.placed($0.machine, "theirs") })
    try #require(findings.count == cases.count)
    var kinds: [String: Int] = [:]
    for (known, finding) in zip(cases, findings) {
      let ours = await Self.finding(on: Self.placed(known.machine, "ours"))
      #expect(ours == finding, "\(known.name)")
      kinds[String(finding.result.prefix { $0 != "(" && $0 != " " }), default: 0] += 1
    }
    // The table is worth its name only while it reaches every place.
    for kind in [
      "none", "profile", "file", "error", "v", "d", "e", "cd", "ce", "quoted", "second", "sts",
      "sso", "container", "instance", "pr",
    ] {
      #expect(kinds[kind, default: 0] > 0, "\(kind) in \(kinds)")
    }
  }

  @Test("lead to the same endpoints")
  func endpoints() async throws {
    let directory = try TemporaryDirectory()
    let config = """
      [default]
      region = eu-central-1
      [profile services]
      region = eu-central-1
      services = local
      endpoint_url = http://localhost:4000/base
      [profile fips]
      region = us-gov-west-1
      use_fips_endpoint = True
      [profile stacks]
      region = ap-east-1
      use_dualstack_endpoint = true
      [profile storage]
      region = ap-east-1
      s3 =
        # this one alone
        use_dualstack_endpoint = true

        addressing_style = path
      [profile ignoring]
      region = cn-north-1
      services = local
      ignore_configured_endpoint_urls = true
      [profile lost]
      region = eu-central-1
      services = nowhere
      [services local]
      s3 =
        endpoint_url = http://127.0.0.1:9000
      elastic_beanstalk =
        endpoint_url = https://beanstalk.example:8443/
      """
    let variables: [[String: String]] = [
      [:],
      ["AWS_ENDPOINT_URL": "http://localhost:5000"],
      [
        "AWS_ENDPOINT_URL": "http://localhost:5000/x/",
        "AWS_ENDPOINT_URL_S3": "http://[::1]:9000",
        "AWS_ENDPOINT_URL_ELASTIC_BEANSTALK": "https://eb.example",
        "AWS_ENDPOINT_URL_IAM": "HTTPS://iam.example:444",
      ],
      ["AWS_ENDPOINT_URL_STS": "nonsense", "AWS_ENDPOINT_URL_EC2": "http://bad_host:1"],
      ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "TRUE", "AWS_ENDPOINT_URL": "http://localhost:1"],
      ["AWS_USE_FIPS_ENDPOINT": "true"],
      ["AWS_USE_DUALSTACK_ENDPOINT": "true"],
      ["AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true"],
      ["AWS_USE_FIPS_ENDPOINT": "yes"],
      ["AWS_DEFAULT_REGION": "cn-north-1", "AWS_USE_DUALSTACK_ENDPOINT": "true"],
      ["AWS_DEFAULT_REGION": "us-gov-east-1", "AWS_USE_FIPS_ENDPOINT": "false"],
    ]
    try directory.write(config, to: ".aws/config")
    let profiles = ["default", "services", "fips", "stacks", "storage", "ignoring", "lost"]
    let services = ["elasticbeanstalk", "s3", "sts", "iam", "ec2"]
    let machines = profiles.flatMap { profile in
      variables.map { variables in
        Botocore.Machine(
          home: directory.path,
          environment: variables.merging(
            [
              "AWS_PROFILE": profile, "AWS_ACCESS_KEY_ID": "v", "AWS_SECRET_ACCESS_KEY": "vs",
            ], uniquingKeysWith: { $1 }), profile: nil, isInstance: false, services: services)
      }
    }
    let findings = try Botocore.findings(on: machines)
    for (machine, finding) in zip(machines, findings) {
      let ours = await Self.finding(on: machine)
      #expect(ours.region == finding.region)
      for service in services {
        #expect(
          ours.endpoints[service] == finding.endpoints[service],
          "\(service) with \(machine.environment)")
      }
    }
  }

  @Test("give every service the name and the signing region of its own rules, in every region")
  func rules() throws {
    let output = try Botocore.answer(
      """
      import json, botocore.loaders
      from botocore.endpoint_provider import EndpointProvider
      from botocore.exceptions import BotoCoreError
      loader = botocore.loaders.create_loader()
      partitions = loader.load_data('partitions')
      regions = [
          name for each in partitions['partitions'] for name in sorted(each['regions'])[-2:]
          if not name.endswith('global')]
      regions += ['eu-future-7', 'us-gov-moon-1', 'cn-west-9', 'somewhere']
      answers = []
      for service in ('elasticbeanstalk s3 sts iam ec2 sso sso-oidc codecommit signin').split():
          rules = loader.load_service_model(service, 'endpoint-rule-set-1')
          provider = EndpointProvider(rules, partitions)
          for region in regions:
              for fips in (False, True):
                  for stacks in (False, True):
                      url, signing = None, region
                      try:
                          found = provider.resolve_endpoint(
                              Region=region, UseFIPS=fips, UseDualStack=stacks)
                          url = found.url
                          for scheme in found.properties.get('authSchemes', []):
                              signing = scheme.get('signingRegion', signing)
                      except BotoCoreError:
                          pass
                      answers.append([service, region, fips, stacks, url, signing])
      print(json.dumps(answers))
      """)
    let answers = try #require(
      try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[Any]])
    #expect(answers.count > 500)
    let services = [
      "elasticbeanstalk": Service.elasticBeanstalk, "s3": .s3, "sts": .sts, "iam": .iam,
      "ec2": .ec2, "sso": .sso, "sso-oidc": .ssoOIDC, "codecommit": .codeCommit,
      "signin": .signIn,
    ]
    for answer in answers {
      let service = try #require(services[answer[0] as? String ?? ""])
      let region = try #require(Region(answer[1] as? String ?? ""))
      let fips = try #require(answer[2] as? Bool)
      let stacks = try #require(answer[3] as? Bool)
      let endpoint = try? service.endpoint(in: region, fips: fips, dualStack: stacks)
      #expect(endpoint.map { "https://\($0.host)" } == answer[4] as? String, "\(answer)")
      // China has no FIPS, though its rules have a name and a region for it.
      if service != .iam || !(fips || stacks) {
        #expect(service.signingRegion(in: region) == answer[5] as? String, "\(answer)")
      }
    }
  }

  private func write(
    _ contents: [String: String], to home: String, in directory: TemporaryDirectory
  ) throws {
    try directory.write("variable-token", to: "\(home)/identity")
    for (name, text) in contents {
      let place = name.hasPrefix("../") ? String(name.dropFirst(3)) : ".aws/\(name)"
      let text = text.replacing("HOME", with: directory.file(home))
      var bytes = Array(text.utf8)
      if text.contains("\u{fffd}") { bytes = bytes.map { $0 == 0xef ? 0xff : $0 } }
      try directory.write(bytes, to: "\(home)/\(place)")
    }
  }

  static func placed(_ machine: Botocore.Machine, _ side: String) -> Botocore.Machine {
    var machine = machine
    let home = "\(machine.home)/\(side)"
    machine.home = home
    machine.environment = machine.environment.mapValues { $0.replacing("HOME", with: home) }
    return machine
  }

  /// What ``AWSSettings`` finds, in the words of ``Botocore/script``.
  static func finding(on machine: Botocore.Machine) async -> Botocore.Finding {
    let transport = FakeAWS(isInstance: machine.isInstance)
    var finding = Botocore.Finding(result: "none", region: nil, log: [], endpoints: [:])
    do {
      let settings = try AWSSettings(
        processEnvironment: machine.environment, home: machine.home, profile: machine.profile,
        region: nil)
      finding.region = try? settings.region().name
      let tools = CredentialTools(
        transport: transport, now: { Date() },
        run: { command in Array(try check(command).utf8) }, sleep: { _ in })
      let found = try await settings.credentialSource(tools).credentials()
      finding.result =
        "\(found.accessKeyID) \(found.secretAccessKey) \(found.sessionToken ?? "None")"
      if let region = try? settings.region() {
        for service in machine.services {
          finding.endpoints[service] = address(of: service, settings, region)
        }
      }
    } catch CredentialError.none {
      finding.result = "none"
    } catch CredentialError.noSuchProfile {
      finding.result = "profile"
    } catch CredentialError.badFile(let path, _, _)
      where path.hasSuffix("token") == false
      && path.hasSuffix("none") == false
    {
      finding.result = "file"
    } catch {
      finding.result = "error"
    }
    finding.log = transport.log
    return finding
  }

  static func address(of service: String, _ settings: AWSSettings, _ region: Region) -> String {
    let services = [
      "elasticbeanstalk": Service.elasticBeanstalk, "s3": .s3, "sts": .sts, "iam": .iam,
      "ec2": .ec2,
    ]
    guard let known = services[service],
      let endpoint = try? settings.endpoint(of: known, in: region)
    else { return "error" }
    return "\(endpoint.scheme)://\(endpoint.authority)\(endpoint.basePath)"
  }
}
