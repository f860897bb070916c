import Foundation
import TestSupport
import Testing

@Suite("git eb push: Beanstalk", .serialized) struct BeanstalkPushTests {
  /// What sends bytes, or begins to.
  private static let uploading: Set<String> = [
    "CreateStorageLocation", "HeadObject", "PutObject", "CreateMultipartUpload", "UploadPart",
    "CreateApplicationVersion",
  ]

  @Test func `From nothing: what is missing is said first, and then all is made`() async throws {
    let bare = """
      application: shop
      region: eu-central-1
      secrets: [.secrets/]

      """
    try await Tenant.open(bare, hasRoles: false) { shop in
      let refused = try await shop.requests {
        expectCloud(
          try shop.eb("push"),
          """
          ! error: there is no application 'shop' on AWS
          ! hint: git eb push --create-application
          [2]
          """)
        expectCloud(
          try shop.eb("push", "--create-application"),
          """
          ! error: nothing says which platform environment 'production' is to be made with
          ! hint: git config eb.platform 'Python 3.13 running on 64bit Amazon Linux 2023'
          [2]
          """)
        try shop.repository.git("config", "eb.platform", "Python 3.14")
        let screen = try shop.eb("push", "--create-application")
        #expect(screen.status == 2)
        #expect(screen.error.hasPrefix("error: there is no platform 'Python 3.14'\n"), "\(screen)")
        #expect(screen.error.contains("\n  Python 3.13 running on 64bit Amazon Linux 2023\n"))
        try shop.repository.git("config", "eb.platform", "Python 3.13")
        expectCloud(
          try shop.eb("push", "--create-application"),
          """
          ! error: an environment needs 'aws-elasticbeanstalk-ec2-role', \
          'aws-elasticbeanstalk-service-role', which IAM does not have
          ! hint: name yours under 'options' in .git-eb.yml, or make one environment in AWS's \
          console
          [2]
          """)
      }
      #expect(refused.filter { Self.uploading.contains($0.operation) }.isEmpty)
      #expect(try await shop.state().applications.isEmpty)

      try shop.boto(
        """
        iam = boto3.client("iam")
        for name in ("aws-elasticbeanstalk-ec2-role", "aws-elasticbeanstalk-service-role"):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
        name = "aws-elasticbeanstalk-ec2-role"
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
        """)
      let screen = try shop.eb("push", "--create-application", "-q")
      expectCloud(
        screen,
        """
        To shop in eu-central-1
         * [new environment]  master -> production  (master-<id>-<digest8>, <size>, <duration>)
        http://production.eba-<code>.eu-central-1.elasticbeanstalk.com
        """)
      let state = try await shop.state()
      let label = try #require(state.labels.first)
      #expect(state.labels == [label])
      #expect(state.objects == ["shop/\(label).zip"])
      let environment = try #require(try await shop.environment("production"))
      #expect(environment.summary == "Ready Green \(label)")
      #expect(
        environment.option("aws:elasticbeanstalk:environment", "ServiceRole")
          == "aws-elasticbeanstalk-service-role")
      #expect(environment.tags["git-eb:branch"] == "master")
    }
  }

  @Test func `A second push is up to date, and asks three times`() async throws {
    try await Tenant.open { shop in
      try #require(try shop.eb("push").status == 0)
      let again = try await shop.requests {
        expectCloud(
          try shop.eb("push"),
          """
          To shop in eu-central-1
           = [up to date]       master -> production  (master-<id>-<digest8>, <size>, <duration>)
          http://production.eba-<code>.eu-central-1.elasticbeanstalk.com
          ! bundled 7 entries, <size>
          ! master-<id>-<digest8> is published already
          """)
      }
      #expect(
        again.map(\.operation) == [
          "DescribeEnvironments", "DescribeApplicationVersions", "DescribeEnvironments",
        ])
    }
  }

  @Test func `A newer commit is published and deployed, and each event is told once`()
    async throws
  {
    try await Tenant.open { shop in
      try #require(try shop.eb("push").status == 0)
      let commit = try shop.commit("Greet again", ["greeting.txt": "welcome back\n"])
      let requests = try await shop.requests {
        expectCloud(
          try shop.eb("push"),
          """
          To shop in eu-central-1
             <id>..<id>  master -> production  (master-<id>-<digest8>, <size>, <duration>)
          http://production.eba-<code>.eu-central-1.elasticbeanstalk.com
          ! bundled 7 entries, <size>
          ! published master-<id>-<digest8>
          ! <time>  INFO   Environment update is starting.
          ! <time>  INFO   Deploying new version to instance(s).
          ! <time>  INFO   Instance deployment completed successfully.
          ! <time>  INFO   New application version was deployed to running EC2 instances.
          ! <time>  INFO   Environment update completed successfully.
          ! <time>  INFO   Environment health has transitioned from Info to Ok.
          """)
      }
      #expect(requests.count { $0.operation == "PutObject" } == 1)
      #expect(requests.count { $0.operation == "UpdateEnvironment" } == 1)
      let answer = try shop.eb("push", "--json").json(PushAnswer.self)
      let version = try #require(try await shop.state().version(answer.version.label))
      #expect(version.tags["git-eb:commit"] == commit)
      #expect(version.tags["git-eb:ref"] == "refs/heads/master")
      #expect(version.tags["git-eb:digest"] == answer.version.digest)
      #expect(
        version.description == "Greet again [git-eb \(commit) \(answer.version.digest) commit]")
      #expect(
        try await shop.environment("production")?.summary
          == "Ready Green \(answer.version.label)")
      let status = try shop.eb("status", "--json").json(EnvironmentAnswer.self)
      #expect(status.version?.commit == commit)
    }
  }

  @Test func `The same content for another branch uploads nothing; 'dev' is 'shop-dev' there`()
    async throws
  {
    try await Tenant.open { shop in
      let first = try shop.eb("push", "--json").json(PushAnswer.self)
      try shop.repository.git("switch", "--quiet", "--create", "dev")
      let requests = try await shop.requests {
        let second = try shop.eb("push", "--json").json(PushAnswer.self)
        #expect(second.environment == "dev")
        #expect(!second.published)
        #expect(second.version.label == first.version.label)
      }
      #expect(requests.filter { Self.uploading.contains($0.operation) }.isEmpty)
      let label = first.version.label
      #expect(try await shop.environment("shop-dev")?.summary == "Ready Green \(label)")
      #expect(try await shop.environment("dev") == nil)
      let list = try shop.eb("list", "--json").json([EnvironmentAnswer].self)
      #expect(list.map(\.name) == ["dev", "production"])
      #expect(try shop.eb("terminate", "-e", "dev", "--yes", "-q").status == 0)
      #expect(try await shop.environment("shop-dev") == nil)
    }
  }

  @Test func `What is staged and what lies in the work tree are deployed as they are`()
    async throws
  {
    try await Tenant.open { shop in
      try #require(try shop.eb("push").status == 0)
      try shop.repository.write("greeting.txt", "staged\n")
      try shop.repository.git("add", "greeting.txt")
      try shop.repository.write("greeting.txt", "modified\n")
      try shop.repository.write("new.txt", "untracked\n")
      let before = try shop.repository.snapshot()
      let staged = try shop.eb("push", "--staged", "--json").json(PushAnswer.self)
      let stagedFiles = try await shop.bundle(staged.version.label)
      #expect(stagedFiles["greeting.txt"] == "staged\n")
      #expect(stagedFiles["new.txt"] == nil)
      let tree = try shop.eb("push", "--worktree", "--json").json(PushAnswer.self)
      let treeFiles = try await shop.bundle(tree.version.label)
      #expect(treeFiles["greeting.txt"] == "modified\n")
      #expect(treeFiles["new.txt"] == "untracked\n")
      #expect(try shop.repository.snapshot() == before)
      #expect(
        try await shop.environment("production")?.summary == "Ready Green \(tree.version.label)")
      let version = try await shop.state().version(staged.version.label)
      #expect(version?.tags["git-eb:source"] == "staged")
    }
  }

  @Test func `A secret is in the uploaded bundle, and nowhere else that AWS sees`() async throws {
    try await Tenant.open { shop in
      let answer = try shop.eb("push", "--json").json(PushAnswer.self)
      #expect(answer.version.secrets == [".secrets/key"])
      #expect(try await shop.bundle(answer.version.label)[".secrets/key"] == Shop.secret + "\n")
      for request in try await shop.log() {
        let words =
          [request.target] + request.parameters.values + request.headers.values
          + request.parameters.keys
        #expect(!words.contains { $0.contains(Shop.secret) }, "\(request.operation)")
      }
      let version = try #require(try await shop.state().version(answer.version.label))
      #expect(version.tags["git-eb:secrets"] == ".secrets/key")
      #expect(!version.description.contains(Shop.secret))
      // Not left on this machine either, but where it was.
      #expect(
        try shop.shop.search(for: Shop.secret, in: "\(shop.shop.base)") == [
          "repository/.secrets/key"
        ])
    }
  }

  @Test func `Bucket, prefix and encryption of the configuration are used`() async throws {
    let configuration = Tenant.configuration.replacing(
      "{createApplication: true}",
      with: """
        {createApplication: true, bucket: BUCKET, prefix: teams/web, encryption: "aws:kms", \
        kmsKey: alias/bundles}
        """)
    let bucket = "bundles-\(UUID().uuidString.lowercased())"
    try await Tenant.open(configuration.replacing("BUCKET", with: bucket)) { shop in
      try await shop.tell(
        "bucket",
        ["name": bucket, "account": shop.account.account, "region": "eu-central-1"])
      let answer = try shop.eb("push", "--json").json(PushAnswer.self)
      let key = "teams/web/\(answer.version.label).zip"
      let object = try #require(try await shop.state().buckets[bucket]?.objects[key])
      #expect(object.encryption == "aws:kms")
      #expect(object.kmsKey == "alias/bundles")
      #expect(try await shop.state().version(answer.version.label)?.key == key)
    }
  }

  @Test func `Options, policy and variables are sent when they differ, and only then`()
    async throws
  {
    let configuration =
      Tenant.configuration + """
        environments:
          production:
            policy: rolling
            batch: 50%
            single: false
            variables: {MODE: strict}
            options:
              "aws:autoscaling:asg": {MinSize: 2, MaxSize: 3}

        """
    try await Tenant.open(configuration) { shop in
      try #require(try shop.eb("push").status == 0)
      func option(_ namespace: String, _ name: String) async throws -> String? {
        try await shop.environment("production")?.option(namespace, name)
      }
      let variables = "aws:elasticbeanstalk:application:environment"
      #expect(try await option("aws:elasticbeanstalk:command", "DeploymentPolicy") == "Rolling")
      #expect(try await option("aws:elasticbeanstalk:command", "BatchSize") == "50")
      #expect(try await option("aws:autoscaling:asg", "MinSize") == "2")
      #expect(try await option(variables, "MODE") == "strict")
      try shop.commit("Greet", ["greeting.txt": "hello\n"])
      let same = try await shop.requests { try shop.push() }
      let plain = try #require(same.first { $0.operation == "UpdateEnvironment" })
      #expect(!plain.parameters.keys.contains { $0.hasPrefix("OptionSettings") })
      try shop.commit(
        "Relax",
        [".git-eb.yml": configuration.replacing("strict", with: "lax")])
      let other = try await shop.requests { try shop.push() }
      let changed = try #require(other.first { $0.operation == "UpdateEnvironment" })
      #expect(changed.parameters["OptionSettings.member.1.OptionName"] == "MODE")
      #expect(changed.parameters["OptionSettings.member.2.OptionName"] == nil)
      // A change of the configuration alone is deployed as well.
      #expect(
        try shop.eb("push").output.contains("[up to date]"))
      #expect(try shop.eb("printenv", "--values").output == "MODE=lax\n")
      #expect(try shop.eb("setenv", "MODE=odd", "-q").status == 0)
      let back = try await shop.requests { try shop.push("-q") }
      #expect(back.count { $0.operation == "UpdateEnvironment" } == 1)
      #expect(try await option(variables, "MODE") == "lax")
    }
  }

  @Test func `A preview is made like the environment that 'previews.like' names`() async throws {
    let configuration =
      Tenant.configuration + """
        previews: {like: production}
        environments:
          production:
            single: true
            options: {"aws:autoscaling:asg": {Cooldown: 720}}

        """
    try await Tenant.open(configuration) { shop in
      try #require(try shop.eb("push").status == 0)
      try shop.repository.git("switch", "--quiet", "--create", "issue91")
      try shop.commit("Carts", ["greeting.txt": "carts\n"])
      let requests = try await shop.requests { try shop.push() }
      #expect(requests.count { $0.operation == "DeleteConfigurationTemplate" } == 1)
      let preview = try #require(try await shop.environment("issue91"))
      #expect(preview.option("aws:autoscaling:asg", "Cooldown") == "720")
      #expect(
        preview.option("aws:elasticbeanstalk:environment", "EnvironmentType") == "SingleInstance")
      #expect(preview.tags["git-eb:ephemeral"] == "true")
    }
  }

  @Test func `A dry run reads, and changes nothing`() async throws {
    try await Tenant.open { shop in
      let requests = try await shop.requests {
        let plan = try shop.eb("push", "--dry-run", "--json").json(PlanAnswer.self)
        #expect(plan.creates)
        #expect(plan.host == "beanstalk")
        #expect(plan.location == "shop in eu-central-1")
      }
      #expect(requests.allSatisfy { $0.operation.hasPrefix("Describe") })
      #expect(try await shop.state().objects == [])
      try #require(try shop.eb("push").status == 0)
      try shop.commit("Change", ["greeting.txt": "changed\n"])
      let plan = try shop.eb("push", "--dry-run", "--json").json(PlanAnswer.self)
      let done = try shop.eb("push", "--json").json(PushAnswer.self)
      #expect(plan.version.label == done.version.label)
      #expect(plan.changes == [.init(path: "greeting.txt", kind: "changed")])
    }
  }

  @Test func `A large bundle goes in parts, with little memory`() async throws {
    try await Tenant.open { shop in
      try shop.grow(48)
      let requests = try await shop.requests {
        let screen = try shop.shop.command(
          ["/usr/bin/env", "python3", "-c", Self.watched, "git-eb", "push", "-q"])
        #expect(screen.status == 0, "\(screen)")
        let kilobytes = try #require(Int(screen.error.split(separator: "\n").last ?? ""))
        #expect(kilobytes < 96 * 1024)
      }
      let parts = requests.filter { $0.operation == "UploadPart" }
      #expect(parts.count == 6)
      #expect(parts.reduce(0) { $0 + $1.bytesIn } > 48_000_000)
      #expect(requests.count { $0.operation == "CompleteMultipartUpload" } == 1)
    }
  }

  /// Runs a program, and prints the most memory that it had at once, in kilobytes.
  private static let watched = """
    import os, sys

    child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
    _, status, usage = os.wait4(child, 0)
    print(usage.ru_maxrss, file=sys.stderr)
    sys.exit(os.waitstatus_to_exitcode(status))
    """
}
