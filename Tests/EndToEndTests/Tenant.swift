import Foundation
import TestSupport
import Testing

/// A repository with the shop, and an account of its own at AWS's services on this machine.
final class Tenant {
  /// The account's long-term keys.
  struct Account: Decodable {
    var account: String
    var accessKey: String
    var secret: String

    private enum CodingKeys: String, CodingKey {
      case account
      case accessKey = "access_key"
      case secret
    }
  }

  /// Temporary keys.
  struct Session: Decodable {
    var accessKey: String
    var secret: String
    var token: String

    private enum CodingKeys: String, CodingKey {
      case accessKey = "access_key"
      case secret, token
    }

    /// What programs find them by.
    var variables: [String: String] {
      [
        "AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": token,
      ]
    }
  }

  let shop: Workplace
  let server: CloudServer
  let account: Account
  /// What no program may say.
  private var secrets: [String]

  static let configuration = """
    application: shop
    region: eu-central-1
    platform: Python 3.13 running on 64bit Amazon Linux 2023
    branches:
      master: production
      dev: dev
      "issue*": "{branch}"
    secrets:
      - .secrets/
    beanstalk: {createApplication: true}
    push: {timeout: 60s}

    """

  var repository: GitFixture { shop.repository }

  private init(server: CloudServer, account: Account, _ configuration: String) throws {
    self.server = server
    self.account = account
    secrets = [account.secret]
    shop = try Workplace.shop(
      configuration: configuration,
      environment: [
        "AWS_ENDPOINT_URL": server.endpoint, "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": account.accessKey, "AWS_SECRET_ACCESS_KEY": account.secret,
      ])
  }

  /// A shop for as long as the test takes, and what must hold for every test at its end: requests
  /// as AWS's own model has them, and nothing half-made.
  /// - Parameters:
  ///   - server: the shared one unless given.
  ///   - hasRoles: whether the account has the roles that environments need.
  static func open(
    _ configuration: String = configuration, on server: CloudServer? = nil, hasRoles: Bool = true,
    _ test: (Tenant) async throws -> Void
  ) async throws {
    let server = try server ?? CloudServer.shared()
    let account = try await server.control("new-account", as: Account.self)
    let shop = try Tenant(server: server, account: account, configuration)
    if hasRoles { try await shop.tell("roles", ["account": account.account]) }
    try await test(shop)
    try await shop.tell("clear-faults", ["account": account.account])
    for request in try await shop.log() {
      #expect(request.unknownMembers == [], "\(request.operation)")
      #expect(request.code != "InternalFailure" || request.fault != nil, "\(request.operation)")
    }
    let state = try await shop.state()
    #expect(state.uploads == [])
    #expect(state.templates == [])
    #expect(state.orphans == [])
    #expect(shop.shop.leftovers == [])
  }

  // MARK: - Running

  /// Runs `git eb`, and looks whether it says what it must not.
  @discardableResult
  func eb(
    _ arguments: String..., in directory: String? = nil, with variables: [String: String] = [:]
  ) throws -> Screen {
    let screen = try shop.command(["git", "eb"] + arguments, in: directory, with: variables)
    checkSecrecy(screen)
    return screen
  }

  /// Runs `git eb push`, which must succeed, and gives its answer.
  @discardableResult
  func push(_ options: String...) throws -> PushAnswer {
    let screen = try shop.command(["git", "eb", "push", "--json"] + options)
    checkSecrecy(screen)
    try #require(screen.status == 0, "\(screen)")
    return try screen.json(PushAnswer.self)
  }

  func start(_ arguments: String..., with variables: [String: String] = [:]) throws -> Background {
    try shop.start(["git", "eb"] + arguments, with: variables)
  }

  func checkSecrecy(_ screen: Screen) {
    for secret in secrets + [Shop.secret] {
      #expect(!screen.output.contains(secret) && !screen.error.contains(secret))
    }
  }

  /// Runs a program with AWS's own library, as the same user in the same region.
  @discardableResult
  func boto(_ program: String, _ arguments: String...) throws -> String {
    let screen = try shop.command(
      [CloudServer.python, "-c", "import boto3, json, sys\n" + program] + arguments,
      with: ["AWS_DEFAULT_REGION": "eu-central-1"])
    try #require(screen.status == 0, "\(screen)")
    return screen.output
  }

  /// New content, committed.
  @discardableResult
  func commit(_ message: String, _ files: [String: String]) throws -> String {
    for (name, text) in files { try repository.write(name, text) }
    return try repository.commit(message)
  }

  /// Bytes that do not become smaller, and other ones each time.
  func grow(_ megabytes: Int, _ name: String = "big.bin") throws {
    try shop.python(
      "import os, sys; open(sys.argv[1], 'wb').write(os.urandom(int(sys.argv[2]) * 1_000_000))",
      "\(shop.path)/\(name)", "\(megabytes)")
    try repository.commit("Grow")
  }

  /// The files of an uploaded bundle with their contents.
  func bundle(_ label: String) async throws -> [String: String] {
    let version = try #require(try await state().version(label))
    let text = try boto(
      """
      import io, zipfile
      body = boto3.client("s3").get_object(Bucket=sys.argv[1], Key=sys.argv[2])["Body"].read()
      archive = zipfile.ZipFile(io.BytesIO(body))
      print(json.dumps({name: archive.read(name).decode() for name in archive.namelist()}))
      """, try #require(version.bucket), try #require(version.key))
    return try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
  }

  // MARK: - The server

  private struct Anything: Decodable {}

  /// A control call without an answer that matters.
  func tell(_ call: String, _ body: some Encodable) async throws {
    _ = try await server.control(call, body, as: Anything.self)
  }

  /// What goes wrong with requests of this account.
  struct Fault: Encodable {
    var action: String
    var operation: String?
    var service: String?
    var nth: Int?
    var after: Int?
    /// `nil` is for ever.
    var times: Int? = 1
    var seconds: Double?
    fileprivate var account: String?

    init(
      _ action: String, _ operation: String? = nil, service: String? = nil, nth: Int? = nil,
      after: Int? = nil, times: Int? = 1, seconds: Double? = nil
    ) {
      self.action = action
      self.operation = operation
      self.service = service
      self.nth = nth
      self.after = after
      self.times = times
      self.seconds = seconds
    }

    private enum CodingKeys: CodingKey {
      case action, operation, service, nth, after, times, seconds, account
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(action, forKey: .action)
      try container.encodeIfPresent(operation, forKey: .operation)
      try container.encodeIfPresent(service, forKey: .service)
      try container.encodeIfPresent(nth, forKey: .nth)
      try container.encodeIfPresent(after, forKey: .after)
      try container.encode(times, forKey: .times)
      try container.encodeIfPresent(seconds, forKey: .seconds)
      try container.encodeIfPresent(account, forKey: .account)
    }
  }

  func breaks(_ faults: Fault...) async throws {
    let own = faults.map { fault in
      var fault = fault
      fault.account = account.account
      return fault
    }
    try await tell("faults", ["rules": own])
  }

  func mend() async throws { try await tell("clear-faults", ["account": account.account]) }

  /// Temporary keys of this account, which must not be said either.
  func session(seconds: Double = 3600) async throws -> Session {
    struct Body: Encodable {
      var account: String
      var seconds: Double
    }
    let session = try await server.control(
      "issue-keys", Body(account: account.account, seconds: seconds), as: Session.self)
    secrets += [session.secret, session.token]
    return session
  }

  func expire(_ session: Session) async throws {
    try await tell("expire", ["access_key": session.accessKey])
  }

  /// Waits until nothing goes on in the account.
  func settle() async throws { try await tell("wait", ["account": account.account]) }

  /// One request.
  struct Request: Decodable {
    var number: Int
    var service: String
    var operation: String
    var target: String
    var status: Int?
    var code: String?
    var fault: String?
    var parameters: [String: String]
    var headers: [String: String]
    var bytesIn: Int
    var unknownMembers: [String]

    private enum CodingKeys: String, CodingKey {
      case number, service, operation, target, status, code, fault, parameters, headers
      case bytesIn = "bytes_in"
      case unknownMembers = "unknown_members"
    }
  }

  /// The account's requests since the one of that number.
  func log(since: Int = 0) async throws -> [Request] {
    struct Answer: Decodable { var requests: [Request] }
    struct Body: Encodable {
      var since: Int
      var account: String
    }
    return try await server.control(
      "log", Body(since: since, account: account.account), as: Answer.self
    ).requests
  }

  /// The requests that `steps` led to.
  func requests(_ steps: () async throws -> Void) async throws -> [Request] {
    let before = try await log().last?.number ?? 0
    try await steps()
    return try await log(since: before)
  }

  /// Waits for a request of the account since the one of that number.
  func hasSeen(
    _ operation: String, since: Int = 0, seconds: Double = 90
  ) async throws -> Bool {
    let deadline = Date() + seconds
    while Date() < deadline {
      if try await log(since: since).contains(where: { $0.operation == operation }) { return true }
      try await Task.sleep(for: .milliseconds(20))
    }
    return false
  }

  func state() async throws -> CloudState {
    try await server.control("state", ["account": account.account], as: CloudState.self)
  }

  /// An environment that is not terminated.
  func environment(_ name: String) async throws -> CloudState.Environment? {
    try await state().environments.first { $0.name == name && $0.status != "Terminated" }
  }
}

/// Everything that an account has.
struct CloudState: Decodable {
  struct Version: Decodable {
    var status: String
    var description: String
    var bucket: String?
    var key: String?
    var tags: [String: String]
  }

  struct Application: Decodable {
    var templates: [String]
    var versions: [String: Version]
  }

  struct Option: Decodable {
    var namespace: String
    var name: String
    var value: String
  }

  struct Environment: Decodable {
    var name: String
    var application: String
    var status: String
    var health: String
    var version: String?
    var cname: String?
    var tags: [String: String]
    var options: [Option]

    func option(_ namespace: String, _ name: String) -> String? {
      options.first { $0.namespace == namespace && $0.name == name }?.value
    }

    /// What decides: `Ready Green <label>`.
    var summary: String { "\(status) \(health) \(version ?? "-")" }
  }

  struct Region: Decodable {
    var region: String
    var applications: [String: Application]
    var environments: [Environment]
  }

  struct Object: Decodable {
    var size: Int
    var metadata: [String: String]
    var encryption: String?
    var kmsKey: String?

    private enum CodingKeys: String, CodingKey {
      case size, metadata, encryption
      case kmsKey = "kms_key"
    }
  }

  struct Upload: Decodable, Equatable {
    var key: String
  }

  struct Bucket: Decodable {
    var objects: [String: Object]
    var uploads: [Upload]
  }

  var regions: [Region]
  var buckets: [String: Bucket]

  var environments: [Environment] { regions.flatMap(\.environments) }
  var applications: [Application] { regions.flatMap(\.applications.values) }
  var labels: [String] { applications.flatMap(\.versions.keys).sorted() }
  var templates: [String] { applications.flatMap(\.templates) }
  var uploads: [Upload] { buckets.values.flatMap(\.uploads) }
  var objects: [String] { buckets.values.flatMap(\.objects.keys).sorted() }

  func version(_ label: String) -> Version? {
    applications.compactMap { $0.versions[label] }.first
  }

  /// Bundles that no version has.
  var orphans: [String] {
    let used = Set(
      applications.flatMap(\.versions.values).map { "\($0.bucket ?? "")/\($0.key ?? "")" })
    return buckets.flatMap { bucket in
      bucket.value.objects.keys.filter { $0.hasSuffix(".zip") }.map { "\(bucket.key)/\($0)" }
    }.filter { !used.contains($0) }
  }
}

/// Expects that a screen shows exactly this, with what AWS chose replaced as well.
func expectCloud(
  _ screen: Screen, _ expected: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let shown = screen.description
    .replacing(/\bi-[0-9a-f]{17}\b/, with: "<instance>")
    .replacing(/eba-[a-z0-9]{8}\./, with: "eba-<code>.")
    .replacing(/request id: [-0-9a-f]{36}/, with: "request id: <request>")
    .replacing(/\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\.\d{6}/, with: "<time>")
  #expect(shown == expected, sourceLocation: sourceLocation)
}
