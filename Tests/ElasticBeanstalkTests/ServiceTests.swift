import Foundation
import TestSupport
import Testing

@testable import AWS
@testable import ElasticBeanstalk

/// Every operation, over HTTP, with a service that verifies signatures, reads requests by
/// botocore's model and lets environments live.
@Suite("Beanstalk: the service", .serialized) struct ServiceTests {
  private let server: CloudServer
  private let session: Session
  private let client: ElasticBeanstalkClient

  init() throws {
    let server = try CloudServer()
    let key = try #require(server.keys.first)
    let port = server.port
    session = Session(
      transport: CurlTransport(caBundle: nil, userAgent: "git-eb-tests", isInterrupted: { false }),
      credentials: CredentialCache(
        FixedCredentials(accessKeyID: key.accessKey, secretAccessKey: key.secret),
        now: { Date() }),
      region: try #require(Region("eu-central-1")),
      endpoint: { _, _ in Endpoint(scheme: "http", host: CloudServer.host, port: port) },
      now: { Date() }, sleep: { try await Task.sleep(for: $0) })
    self.server = server
    client = ElasticBeanstalkClient(session)
  }

  private struct Log: Decodable {
    struct Request: Decodable {
      var service: String?
      var operation: String?
      var unknownMembers: [String]

      private enum CodingKeys: String, CodingKey {
        case service
        case operation
        case unknownMembers = "unknown_members"
      }
    }

    var requests: [Request]
  }

  /// A zip file with a web application that is also one of a group.
  private func bundle() throws -> [UInt8] {
    let script = """
      import io, sys, zipfile
      file = io.BytesIO()
      with zipfile.ZipFile(file, "w") as archive:
          archive.writestr("Procfile", "web: ./serve")
          archive.writestr("env.yaml", "EnvironmentName: front+")
      sys.stdout.buffer.write(file.getvalue())
      """
    return [UInt8](try runForBytes([CloudServer.python, "-c", script]).output)
  }

  /// Waits for the end of what goes on.
  private func ready(_ name: String) async throws -> EnvironmentDescription {
    for _ in 0..<400 {
      let found = try await client.describeEnvironments(names: [name])
      if let environment = found.first, environment.status == .ready { return environment }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw TransportError.timedOut(host: name, what: "an environment that is Ready")
  }

  @Test func `Every operation is understood by the service, and its answer by us`() async throws {
    let location = try await publish()
    let blue = try await create("shop-blue")
    try await inspect(blue)
    try await change(blue)
    try await group()
    try await end(location)

    let log = try await server.control("log", as: Log.self)
    #expect(log.requests.allSatisfy { $0.unknownMembers.isEmpty })
    let called = Set(log.requests.compactMap(\.operation))
    for operation in OperationCase.all {
      #expect(called.contains(operation.name), "\(operation.name) was not called")
    }
  }

  /// An application with the versions v1 and v2, and its saved bundle.
  private func publish() async throws -> S3Location {
    try await client.createApplication("shop", description: "The shop", tags: [Tag("a", "b")])
    let application = try #require(try await client.describeApplications(["shop"]).first)
    #expect(application.description == "The shop")
    let arn = try #require(application.arn)
    try await client.updateTagsForResource(arn: arn, adding: [Tag("c", "d")], removing: ["a"])
    let tags = try await client.listTagsForResource(arn: arn)
    #expect(tags.contains(Tag("c", "d")))
    #expect(!tags.contains { $0.key == "a" })

    let bucket = try await client.createStorageLocation()
    #expect(bucket.hasPrefix("elasticbeanstalk-eu-central-1-"))
    let bytes = try bundle()
    let location = S3Location(bucket: bucket, key: "shop/the bundle+1.zip")
    try await S3Client(session, bucket: bucket).put(
      location.key, body: .bytes(bytes), digest: ContentDigest(of: bytes),
      as: S3ObjectDescription(contentType: "application/zip"))
    for label in ["v1", "v2"] {
      let version = try await client.createApplicationVersion(
        CreateApplicationVersionRequest(
          application: "shop", label: label, description: "é & <\(label)>",
          source: .bundle(location), process: true, tags: [Tag("git-eb:commit", "0123")]))
      #expect(version.description == "é & <\(label)>")
      #expect(version.sourceBundle == location)
    }
    let again = await #expect(throws: ServiceError.self) {
      _ = try await client.createApplicationVersion(
        CreateApplicationVersionRequest(
          application: "shop", label: "v1", source: .bundle(location)))
    }
    #expect(again?.beanstalkFailure == .labelExists)
    let missing = await #expect(throws: ServiceError.self) {
      _ = try await client.createApplicationVersion(
        CreateApplicationVersionRequest(
          application: "shop", label: "v9",
          source: .bundle(S3Location(bucket: bucket, key: "nowhere"))))
    }
    #expect(missing?.beanstalkFailure == .bundleMissing)
    var versions: [ApplicationVersionDescription] = []
    for _ in 0..<200 {
      versions = try await client.describeApplicationVersions(application: "shop")
      if versions.allSatisfy({ $0.status == .processed }) { break }
      try await Task.sleep(for: .milliseconds(50))
    }
    #expect(Set(versions.map(\.label)) == ["v1", "v2"])
    #expect(versions.allSatisfy { $0.status == .processed })
    let renamed = try await client.updateApplicationVersion(
      application: "shop", label: "v2", description: "1.4: é & <v2>")
    #expect(renamed.description == "1.4: é & <v2>")
    #expect(renamed.sourceBundle == location)
    return location
  }

  private func create(_ name: String) async throws -> EnvironmentDescription {
    #expect(try await client.checkDNSAvailability(prefix: name).isAvailable)
    let branches = try await client.listPlatformBranches([
      SearchFilter("LifecycleState", "=", ["Supported"])
    ])
    let branch = try #require(branches.first { $0.name.hasPrefix("Python") })
    let platforms = try await client.listPlatformVersions([
      PlatformFilter("PlatformBranchName", "=", [branch.name])
    ])
    let platform = try #require(platforms.first)
    let described = try await client.describePlatformVersion(arn: platform.arn)
    #expect(described.branchName == branch.name)
    let stack = try #require(described.solutionStackName)
    #expect(try await client.listAvailableSolutionStacks().contains(stack))

    let made = try await client.createEnvironment(
      CreateEnvironmentRequest(
        application: "shop", name: name, versionLabel: "v1", cnamePrefix: name,
        platformARN: platform.arn,
        optionSettings: [
          ConfigurationOptionSetting(
            namespace: "aws:elasticbeanstalk:application:environment", name: "GREETING",
            value: "a=b & c"),
          ConfigurationOptionSetting(
            namespace: "aws:elasticbeanstalk:healthreporting:system", name: "SystemType",
            value: "enhanced"),
        ], tags: [Tag("k", "v")]))
    #expect(made.status == .launching)
    let environment = try await ready(name)
    #expect(environment.versionLabel == "v1")
    #expect(environment.id == made.id)
    #expect(environment.cname?.hasPrefix(name) == true)
    #expect(try await client.checkDNSAvailability(prefix: name).isAvailable == false)
    return made
  }

  private func inspect(_ made: EnvironmentDescription) async throws {
    let name = made.name
    let begun = try #require(made.requestID)
    let page = try await client.describeEvents(
      EventQuery(environmentName: name, requestID: begun, severity: .info, maximum: 1000))
    #expect(page.events.last?.message == "createEnvironment is starting.")
    #expect(page.events.allSatisfy { $0.requestID == begun && $0.environment == name })
    let newest = try #require(page.events.first)
    let since = try await client.describeEvents(
      EventQuery(environmentName: name, requestID: begun, start: newest.date))
    #expect(since.events.contains(newest))
    let before = try await client.describeEvents(
      EventQuery(environmentName: name, requestID: begun, end: newest.date))
    #expect(!before.events.contains(newest))

    let settings = try #require(
      try await client.describeConfigurationSettings(application: "shop", environment: name).first)
    let variables = "aws:elasticbeanstalk:application:environment"
    #expect(settings.value(namespace: variables, name: "GREETING") == "a=b & c")
    let options = try await client.describeConfigurationOptions(
      .environment(application: "shop", name: name))
    #expect(!options.isEmpty)
    let problems = try await client.validateConfigurationSettings(
      application: "shop", environment: name,
      [ConfigurationOptionSetting(namespace: variables, name: "A", value: "1")])
    #expect(problems.filter(\.isError) == [])
    try await client.createConfigurationTemplate(
      CreateConfigurationTemplateRequest(
        application: "shop", name: "saved", source: .environment(id: made.id)))
    let saved = try await client.describeConfigurationSettings(
      application: "shop", template: "saved")
    #expect(saved.first?.value(namespace: variables, name: "GREETING") == "a=b & c")
    try await client.deleteConfigurationTemplate(application: "shop", name: "saved")

    let health = try await client.describeEnvironmentHealth(name: name)
    #expect(health.color == .green)
    let instances = try await client.describeInstancesHealth(name: name)
    #expect(instances.allSatisfy { $0.deployment?.versionLabel == "v1" })
    #expect(health.instancesHealth?.total == instances.count)
    let resources = try await client.describeEnvironmentResources(name: name)
    #expect(Set(resources.instances) == Set(instances.map(\.id)))
    try await reach(resources.instances)

    try await client.requestEnvironmentInfo(name: name, kind: .tail)
    var logs: [EnvironmentInfoDescription] = []
    for _ in 0..<200 where logs.isEmpty {
      logs = try await client.retrieveEnvironmentInfo(name: name, kind: .tail)
      try await Task.sleep(for: .milliseconds(50))
    }
    #expect(Set(logs.compactMap(\.instance)) == Set(resources.instances))
    #expect(logs.allSatisfy { $0.message.hasPrefix("http") })
  }

  /// Who we are, and how an instance is reached.
  private func reach(_ ids: [String]) async throws {
    let identity = try await STSClient(session).getCallerIdentity()
    #expect(identity.account == server.keys.first?.account)
    let iam = IAMClient(session)
    #expect(try await iam.getInstanceProfile("no-such-profile") == nil)
    #expect(try await iam.getRole("no-such-role") == nil)
    let ec2 = EC2Client(session)
    let instance = try #require(try await ec2.describeInstances(ids).first)
    #expect(instance.state == "running")
    #expect(instance.privateAddress != nil)
    let group = try #require(instance.securityGroups.first)
    let rule = IngressRule(port: 22, range: "203.0.113.7/32", description: "git eb ssh")
    #expect(try await ec2.authorizeSecurityGroupIngress(group: group, rule))
    #expect(try await ec2.authorizeSecurityGroupIngress(group: group, rule) == false)
    let open = try #require(try await ec2.describeSecurityGroups([group]).first)
    let ours = open.ingress.filter { $0.ranges == [rule.range] }
    #expect(ours.count == 1)
    #expect(ours.first?.admits(port: 22) == true)
    #expect(ours.first?.admits(port: 23) == false)
    #expect(try await ec2.revokeSecurityGroupIngress(group: group, rule))
    #expect(try await ec2.revokeSecurityGroupIngress(group: group, rule) == false)
  }

  private func change(_ blue: EnvironmentDescription) async throws {
    let update = UpdateEnvironmentRequest(
      name: blue.name, versionLabel: "v2",
      optionSettings: [
        ConfigurationOptionSetting(
          namespace: "aws:elasticbeanstalk:application:environment", name: "MORE", value: "1")
      ],
      optionsToRemove: [
        OptionSpecification(
          namespace: "aws:elasticbeanstalk:application:environment", name: "GREETING")
      ], description: "Changed")
    #expect(try await client.updateEnvironment(update).status == .updating)
    let busy = await #expect(throws: ServiceError.self) {
      _ = try await client.updateEnvironment(update)
    }
    #expect(busy?.beanstalkFailure == .busy)
    let updated = try await ready(blue.name)
    #expect(updated.versionLabel == "v2")
    #expect(updated.description == "Changed")
    #expect(try await client.describeEnvironments(versionLabel: "v2").map(\.name) == [blue.name])

    #expect(try await client.restartAppServer(name: blue.name) != nil)
    _ = try await ready(blue.name)
    #expect(try await client.rebuildEnvironment(name: blue.name) != nil)
    _ = try await ready(blue.name)
    let idle = await #expect(throws: ServiceError.self) {
      try await client.abortEnvironmentUpdate(name: blue.name)
    }
    #expect(idle?.beanstalkFailure == .nothingToAbort)

    let green = try await create("shop-green")
    let before = try await ready(blue.name).cname
    try await client.swapEnvironmentCNAMEs(source: blue.name, destination: green.name)
    _ = try await ready(blue.name)
    #expect(try await ready(green.name).cname == before)
  }

  private func group() async throws {
    let made = try await client.composeEnvironments(
      application: "shop", group: "dev", versionLabels: ["v1"])
    #expect(made.map(\.name) == ["front-dev"])
    _ = try await ready("front-dev")
  }

  private func end(_ location: S3Location) async throws {
    for name in ["shop-blue", "shop-green", "front-dev"] {
      let ended = try await client.terminateEnvironment(name: name)
      #expect(ended.status == .terminating)
    }
    var left: [EnvironmentDescription] = []
    for _ in 0..<400 {
      left = try await client.describeEnvironments(application: "shop")
      if left.isEmpty { break }
      try await Task.sleep(for: .milliseconds(50))
    }
    #expect(left.isEmpty)
    let all = try await client.describeEnvironments(application: "shop", includeDeleted: true)
    #expect(all.count == 3)
    #expect(all.allSatisfy { $0.status == .terminated })
    let gone = await #expect(throws: ServiceError.self) {
      _ = try await client.updateEnvironment(
        UpdateEnvironmentRequest(name: "shop-blue", versionLabel: "v1"))
    }
    #expect(gone?.beanstalkFailure == .noSuchEnvironment)
    try await client.deleteApplicationVersion(
      application: "shop", label: "v1", deletingSourceBundle: true)
    let labels = try await client.describeApplicationVersions(application: "shop").map(\.label)
    #expect(labels == ["v2"])
    #expect(try await S3Client(session, bucket: location.bucket).head(location.key) == nil)
  }
}
