import Foundation
import TestSupport
import Testing

/// A small application whose host is a Beanstalk of its own, on this machine.
private struct CloudShop {
  let server: CloudServer
  let shop: Workplace

  static let platform = "Python 3.13 running on 64bit Amazon Linux 2023"

  init(_ configuration: String = "", application: String = "shop") throws {
    server = try CloudServer()
    let key = try #require(server.keys.first)
    shop = try Workplace(environment: [
      "AWS_ACCESS_KEY_ID": key.accessKey, "AWS_SECRET_ACCESS_KEY": key.secret,
      "AWS_ENDPOINT_URL": "http://\(CloudServer.host):\(server.port)", "AWS_REGION": "us-east-1",
      "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
    ])
    let roles = """
      import boto3
      iam = boto3.client("iam")
      iam.create_instance_profile(InstanceProfileName="aws-elasticbeanstalk-ec2-role")
      iam.create_role(
          RoleName="aws-elasticbeanstalk-service-role", AssumeRolePolicyDocument="{}")
      """
    let made = try shop.command([CloudServer.python, "-c", roles])
    try #require(made.status == 0, "\(made)")
    try shop.repository.write(
      ".git-eb.yml",
      """
      application: \(application)
      host: beanstalk
      platform: \(Self.platform)
      beanstalk: {createApplication: true}
      \(configuration)

      """)
    try shop.repository.write("Procfile", "web: python3 app.py\n")
    try shop.repository.write("app.py", "pass\n")
    try shop.repository.commit("Open the shop")
  }

  /// Pushes another content, and gives its label.
  func push(_ content: String) throws -> String {
    try shop.repository.write("app.py", "# \(content)\n")
    try shop.repository.commit("Write \(content)")
    let screen = try shop.eb("push")
    try #require(screen.status == 0, "\(screen)")
    return try #require(try status("production").version?.label)
  }

  func status(_ environment: String) throws -> EnvironmentAnswer {
    try shop.eb("status", "-e", environment, "--json").json(EnvironmentAnswer.self)
  }

  // MARK: - The server's side

  struct State: Decodable {
    struct Region: Decodable {
      struct Application: Decodable {
        struct Version: Decodable {}
        var templates: [String]
        var versions: [String: Version]
      }
      struct Environment: Decodable {
        struct Option: Decodable, Hashable {
          var namespace: String
          var name: String
          var value: String?
        }
        var name: String
        var tier: String
        var status: String
        var version: String?
        var cname: String?
        var tags: [String: String]
        var options: [Option]
      }
      var applications: [String: Application]
      var environments: [Environment]
    }
    struct Bucket: Decodable {
      struct Object: Decodable {}
      var objects: [String: Object]
    }
    var regions: [Region]
    var buckets: [String: Bucket]

    func environment(_ name: String) -> Region.Environment? {
      regions.flatMap(\.environments).first { $0.name == name && $0.status != "Terminated" }
    }
    var templates: [String] {
      regions.flatMap(\.applications.values).flatMap(\.templates)
    }
    var bundles: [String] { buckets.values.flatMap(\.objects.keys).sorted() }
  }

  func state() async throws -> State { try await server.control("state", as: State.self) }

  private struct Log: Decodable {
    struct Request: Decodable {
      var operation: String
      var processed: Bool
      var unknown_members: [String]
    }
    var requests: [Request]
  }

  /// How often the operation took effect; no request at all had a member that AWS does not know.
  func count(_ operation: String) async throws -> Int {
    let requests = try await server.control("log", as: Log.self).requests
    #expect(requests.flatMap(\.unknown_members) == [])
    return requests.count { $0.operation == operation && $0.processed }
  }

  private struct Faults: Encodable {
    struct Rule: Encodable {
      var action: String
      var operation: String
    }
    var rules: [Rule]
  }

  private struct Nothing: Decodable {}

  /// Lets something go wrong with the next request of this kind.
  func fail(_ operation: String, _ action: String) async throws {
    _ = try await server.control(
      "faults", Faults(rules: [.init(action: action, operation: operation)]), as: Nothing.self)
  }

  /// Lets time pass, as far as the server sees it.
  func pass(seconds: Double) async throws {
    _ = try await server.control("clock", ["jump": seconds], as: Nothing.self)
  }

  /// How long each step of an operation takes from now on, in seconds.
  func setStep(_ seconds: Double) async throws {
    _ = try await server.control("settings", ["step": seconds], as: Nothing.self)
  }
}

@Suite("git eb on Beanstalk: making, swapping and pruning", .serialized)
struct BeanstalkMakingTests {
  @Test func `Every option of create reaches Beanstalk under its name`() async throws {
    let cloud = try CloudShop("environments: {jobs: {variables: {MODE: configured, KEEP: kept}}}")
    expect(
      try cloud.shop.eb(
        "create", "jobs", "--quiet", "--tier", "worker", "--min", "1", "--max", "2",
        "--instance-type", "t4g.small", "--instance-type", "t4g.medium", "--spot",
        "--option", "aws:autoscaling:asg:Cooldown=300", "--envvar", "MODE=given", "--vpc", "vpc-1",
        "--subnets", "subnet-1,subnet-2", "--security-groups", "sg-1", "--key-pair", "mine",
        "--tag", "team=shop"),
      """
      To shop in us-east-1
       * [new environment]  jobs
      """)
    let jobs = try #require(try await cloud.state().environment("jobs"))
    #expect(jobs.tier == "Worker")
    #expect(jobs.tags["team"] == "shop")
    let options = Set(jobs.options.map { "\($0.namespace):\($0.name)=\($0.value ?? "")" })
    for option in [
      "aws:ec2:instances:InstanceTypes=t4g.small,t4g.medium", "aws:ec2:instances:EnableSpot=true",
      "aws:autoscaling:asg:MinSize=1", "aws:autoscaling:asg:MaxSize=2",
      "aws:autoscaling:asg:Cooldown=300", "aws:ec2:vpc:VPCId=vpc-1",
      "aws:ec2:vpc:Subnets=subnet-1,subnet-2",
      "aws:autoscaling:launchconfiguration:SecurityGroups=sg-1",
      "aws:autoscaling:launchconfiguration:EC2KeyName=mine",
      "aws:elasticbeanstalk:application:environment:MODE=given",
      "aws:elasticbeanstalk:application:environment:KEEP=kept",
    ] { #expect(options.contains(option), "\(option)") }
    let web = try cloud.shop.eb(
      "create", "shop-web", "--single", "--cname", "the-shop", "--elb-subnets", "subnet-3",
      "--platform", CloudShop.platform, "--json"
    ).json(CreationAnswer.self)
    #expect(web.result.outcome == "deployed")
    #expect(web.environment?.url == "http://the-shop.us-east-1.elasticbeanstalk.com")
    let made = try #require(try await cloud.state().environment("shop-web"))
    #expect(
      made.options.contains {
        $0.namespace == "aws:elasticbeanstalk:environment" && $0.name == "EnvironmentType"
          && $0.value == "SingleInstance"
      })
    expect(
      try cloud.shop.eb("create", "shop-web"),
      """
      ! error: there is an environment 'shop-web' already
      ! hint: git eb push -e shop-web
      [2]
      """)
    expect(
      try cloud.shop.eb("create", "another", "--cname", "the-shop"),
      """
      ! error: the address 'the-shop' is taken
      ! hint: choose another cname
      [2]
      """)
    #expect(try cloud.shop.eb("create", "another", "--service-role", "nobody").status == 2)
    #expect(try cloud.shop.eb("create", "another", "--version", "nothing").status == 2)
    #expect(try cloud.shop.eb("create", "another", "--like", "nothing").status == 2)
    #expect(try await cloud.count("CreateEnvironment") == 2)
  }

  @Test func `A clone has the version, the options and the tier of the other one`() async throws {
    let cloud = try CloudShop()
    let label = try cloud.push("one")
    try #require(try cloud.shop.eb("setenv", "MODE=production", "TOKEN=t").status == 0)
    expect(
      try cloud.shop.eb(
        "clone", "rehearsal", "--quiet", "--cname", "the-rehearsal", "--envvar", "TOKEN=other"),
      """
      To shop in us-east-1
       * [new environment]  rehearsal  (\(label))
      http://the-rehearsal.us-east-1.elasticbeanstalk.com
      """.replacing(label, with: Screen.normalized(label, base: "")))
    #expect(try cloud.status("rehearsal").version?.label == label)
    expect(
      try cloud.shop.eb("printenv", "--values", "-e", "rehearsal"),
      """
      MODE=production
      TOKEN=other
      """)
    try #require(
      try cloud.shop.eb("create", "jobs", "--tier", "worker", "--version", label).status == 0)
    try #require(try cloud.shop.eb("clone", "jobs", "jobs-two").status == 0)
    let state = try await cloud.state()
    #expect(state.environment("jobs-two")?.tier == "Worker")
    #expect(state.environment("jobs-two")?.version == label)
    // What was saved to make them from is gone again.
    #expect(state.templates == [])
    #expect(try await cloud.count("CreateConfigurationTemplate") == 2)
  }

  @Test func `A swap whose answer is lost is asked for again only where nothing came of it`()
    async throws
  {
    let cloud = try CloudShop()
    _ = try cloud.push("one")
    try #require(try cloud.shop.eb("clone", "rehearsal").status == 0)
    func addresses() throws -> [String?] {
      try ["production", "rehearsal"].map { try cloud.status($0).url }
    }
    let before = try addresses()
    let plain = try cloud.shop.eb("swap", "rehearsal", "--json").json(SwapAnswer.self)
    #expect(plain.result.outcome == "deployed")
    #expect(try addresses() == before.reversed())
    for (number, action) in ["reset-after", "reset-before", "500", "truncate"].enumerated() {
      try await cloud.fail("SwapEnvironmentCNAMEs", action)
      let screen = try cloud.shop.eb("swap", "rehearsal", "production")
      #expect(screen.status == 0, "\(action): \(screen)")
      #expect(try addresses() == (number % 2 == 0 ? before : before.reversed()), "\(action)")
    }
    #expect(try await cloud.count("SwapEnvironmentCNAMEs") == 5)
    try #require(try cloud.shop.eb("create", "jobs", "--tier", "worker").status == 0)
    expect(
      try cloud.shop.eb("swap", "jobs", "production"),
      """
      ! error: environment 'jobs' has no address to give away
      ! hint: git eb status -e jobs
      [2]
      """)
  }

  @Test func `Rebuilding asks first, and the environment is the same afterwards`() async throws {
    let cloud = try CloudShop()
    let label = try cloud.push("one")
    let url = try cloud.status("production").url
    expect(
      try cloud.shop.eb("rebuild"),
      """
      ! error: not confirmed
      ! hint: --yes goes ahead without asking
      [2]
      """)
    #expect(try await cloud.count("RebuildEnvironment") == 0)
    let screen = try cloud.shop.eb("rebuild", "--yes")
    #expect(screen.status == 0, "\(screen)")
    #expect(screen.error.contains("rebuildEnvironment is starting."))
    let after = try cloud.status("production")
    #expect(after.version?.label == label)
    #expect(after.url == url)
    try await cloud.setStep(0.5)
    try await cloud.fail("RebuildEnvironment", "reset-after")
    #expect(
      try cloud.shop.eb("rebuild", "--yes", "--json").json(OutcomeAnswer.self).outcome == "deployed"
    )
    #expect(try await cloud.count("RebuildEnvironment") == 2)
    #expect(try cloud.shop.eb("rebuild", "--yes", "-e", "nothing").status == 2)
  }

  @Test func `A deployment that goes on is aborted, and the environment goes back`() async throws {
    let cloud = try CloudShop()
    let label = try cloud.push("one")
    expect(
      try cloud.shop.eb("abort"),
      """
      ! error: nothing that could be stopped is being done to environment 'production'
      ! hint: git eb status -e production
      [2]
      """)
    try await cloud.setStep(20)
    for arguments in [["abort"], ["abort", "--json"]] {
      try cloud.shop.repository.write("app.py", "# \(arguments)\n")
      try cloud.shop.repository.commit("Write \(arguments)")
      try #require(try cloud.shop.eb("push", "--no-wait").status == 0)
      if arguments.count > 1 { try await cloud.fail("AbortEnvironmentUpdate", "reset-after") }
      let abort = try cloud.shop.start(["git", "eb"] + arguments)
      while try await cloud.count("AbortEnvironmentUpdate") < arguments.count, abort.isRunning {
        try await Task.sleep(for: .milliseconds(20))
      }
      for _ in 0..<6 where abort.isRunning {
        try await cloud.pass(seconds: 20)
        try await Task.sleep(for: .milliseconds(100))
      }
      let screen = try #require(abort.wait())
      #expect(screen.status == 0, "\(screen)")
      #expect(screen.error.contains("Environment update was aborted."), "\(screen)")
      let after = try cloud.status("production")
      #expect(after.status == "Ready")
      #expect(after.version?.label == label)
    }
    #expect(try cloud.shop.eb("abort", "-e", "nothing").status == 2)
    #expect(try await cloud.count("AbortEnvironmentUpdate") == 2)
  }

  @Test func `Versions are taken back with their bundles, but for what is in use`() async throws {
    let cloud = try CloudShop()
    let labels = try (1...5).map { try cloud.push("content \($0)") }
    try #require(try cloud.shop.eb("create", "older", "--version", labels[0]).status == 0)
    let refused = try cloud.shop.eb("versions", "--delete", labels[4])
    #expect(refused.status == 2)
    #expect(refused.error.hasPrefix("error: version '\(labels[4])' runs on 'production'\n"))
    // One that somebody else made.
    let made = try cloud.shop.command([
      CloudServer.python, "-c",
      """
      import boto3
      eb = boto3.client("elasticbeanstalk")
      eb.create_application_version(ApplicationName="shop", VersionLabel="by-hand")
      """,
    ])
    try #require(made.status == 0, "\(made)")
    let pruned = try cloud.shop.eb("versions", "--prune", "--keep", "1", "--json")
      .json(VersionPruneAnswer.self)
    #expect(pruned.removed == [labels[1]])
    #expect(
      pruned.kept.sorted { $0.label < $1.label }
        == [
          .init(label: "by-hand", reason: "not made by git-eb"),
          .init(label: labels[4], reason: "runs on production"),
          .init(label: labels[3], reason: "ran before on production"),
          .init(label: labels[2], reason: "ran before on production"),
          .init(label: labels[0], reason: "runs on older"),
        ].sorted { $0.label < $1.label })
    expect(
      try cloud.shop.eb("versions", "--delete", labels[2]),
      "removed \(Screen.normalized(labels[2], base: ""))")
    #expect(try cloud.shop.eb("versions", "--delete", labels[2]).status == 2)
    let state = try await cloud.state()
    let versions = state.regions.flatMap(\.applications.values).flatMap(\.versions.keys)
    #expect(Set(versions) == ["by-hand", labels[0], labels[3], labels[4]])
    #expect(state.bundles == [labels[0], labels[3], labels[4]].map { "shop/\($0).zip" }.sorted())
    #expect(try await cloud.count("DeleteApplicationVersion") == 2)
  }
}
