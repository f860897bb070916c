import Testing

@testable import Deployment

@Suite("Checks: containers") struct CheckContainerTests {
  private let docker = "Docker running on 64bit Amazon Linux 2023"
  private let ecs = "ECS running on 64bit Amazon Linux 2023"

  static let dockerrun = """
    {
      "AWSEBDockerrunVersion": 2,
      "authentication": {"bucket": "b", "key": "k"},
      "volumes": [{"name": "conf", "host": {"sourcePath": "/var/app/current/nginx"}}],
      "containerDefinitions": [
        {"name": "app", "image": "me/app", "memory": 700, "memoryReservation": 500,
         "portMappings": [{"hostPort": 8080, "containerPort": 3000}]},
        {"name": "nginx", "image": "nginx", "memory": 500, "links": ["app:backend"],
         "portMappings": [{"hostPort": 80, "containerPort": 80}]}
      ]
    }
    """

  static let compose = """
    services:
      web:
        build: .
        container_name: front
        mem_reservation: 512m
        ports: ["80:3000", "127.0.0.1:9000-9001:9000-9001/udp", "8000"]
      db:
        image: postgres
        profiles: [debug]
        ports: [{target: 5432, published: "5432", protocol: tcp}]
        deploy: {resources: {limits: {memory: 1.5g}, reservations: {memory: 256M}}}
        networks: {back: {aliases: [store]}}
    """

  @Test func `Dockerrun is read in all its versions`() {
    let file = Dockerrun(Array(Self.dockerrun.utf8))
    #expect(file.version == "2")
    #expect(file.containers.map(\.name) == ["app", "nginx"])
    #expect(file.containers.map(\.needed) == [500, 500])
    #expect(file.containers.map(\.memory) == [700, 500])
    #expect(file.containers.map { $0.mappings.map(\.host) } == [[8080], [80]])
    #expect(file.containers[1].links.map(\.alias) == ["backend"])
    #expect(file.volumes == ["conf"])
    #expect(file.authentication?.bucket == "b")
    let first = Dockerrun(
      Array(
        #"""
        {"AWSEBDockerrunVersion": "1", "Authentication": {"Bucket": "b", "Key": "k"},
        "Image": {"Name": "i"}, "Ports": [{"ContainerPort": "80", "HostPort": 81}],
        "Volumes": [{"HostDirectory": "/a", "ContainerDirectory": "/b"}]}
        """#.utf8))
    #expect(first.version == "1" && first.image == "i" && first.volumes == ["/a"])
    #expect(first.ports.map(\.container) == [80] && first.ports.map(\.host) == [81])
    #expect(first.authentication?.key == "k")
  }

  @Test func `A compose file is read with all forms of ports and sizes`() {
    let file = ComposeFile("c", Array(Self.compose.utf8))
    #expect(file.services.map(\.name) == ["web", "db"])
    #expect(file.services[0].isBuilt && file.services[1].image == "postgres")
    #expect(file.services[0].ports.map(\.host) == [80...80, 9000...9001, nil])
    #expect(file.services[0].ports.map(\.address) == [nil, "127.0.0.1", nil])
    #expect(file.services[0].ports.map(\.transport) == ["tcp", "udp", "tcp"])
    #expect(file.services[1].ports.map(\.host) == [5432...5432])
    #expect(file.services.map(\.memoryReservation) == [512 << 20, 256 << 20])
    #expect(file.services[1].memoryLimit == 1536 << 20)
    #expect(file.services.map(\.names) == [["web", "front"], ["db", "store"]])
    #expect(file.services.map(\.hasProfile) == [false, true])
    #expect(ComposeFile.bytes("many") == nil && ComposeFile.bytes("1e400g") == nil)
  }

  @Test(arguments: [
    ("t3.micro", 2, 1024), ("t2.micro", 1, 1024), ("t3.nano", 2, 512), ("m5.large", 2, 8192),
    ("c5.xlarge", 4, 8192), ("r5.2xlarge", 8, 65_536), ("t4g.small", 2, 2048),
    ("m7g.medium", 1, 4096), ("c6i.metal", 128, 262_144), ("g4dn.xlarge", 4, 16_384),
  ])
  func `Instance types are in the table`(name: String, processors: Int, memory: Int) {
    let type = InstanceType.named(name)
    #expect(type?.virtualCPUs == processors && type?.memory == memory)
  }

  @Test func `The table can be read throughout`() {
    for row in InstanceTypes.table.split(separator: "\n") {
      let words = row.split(separator: " ")
      #expect(words.count > 1 && words.count % 3 == 1, "\(row)")
      for place in stride(from: 1, to: words.count, by: 3) {
        #expect(InstanceType.named("\(words[0]).\(words[place])") != nil)
      }
    }
    #expect(InstanceType.named("t3") == nil && InstanceType.named("t3.tiny") == nil)
    #expect(InstanceType.named("t3.micro")?.larger(memory: 1100)?.name == "t3.small")
    #expect(InstanceType.named("t3.micro")?.larger(memory: .max) == nil)
  }

  private func withType(_ option: EnvironmentOption, _ text: String = dockerrun) -> CheckSample {
    var sample = CheckSample(on: ecs, ["Dockerrun.aws.json": SampleFile(Array(text.utf8))])
    sample.surroundings.options = [option]
    return sample
  }

  @Test func `EB130: containers have to fit on the instance`() {
    let small = withType(
      EnvironmentOption("aws:ec2:instances", "InstanceTypes", "t3.large, t3.micro"))
    #expect(
      small.lines(of: "EB130") == [
        "warning Dockerrun.aws.json:5:27 the containers ask for 1000 MiB, and a t3.micro has 1024, "
          + "of which 32 are for the system"
      ])
    #expect(
      small.findings.first { $0.rule.id == "EB130" }?.remedy
        == "lower 'memory', set 'memoryReservation', or choose t3.small (2048 MiB)")
    let namespace = "aws:autoscaling:launchconfiguration"
    #expect(
      withType(EnvironmentOption(namespace, "InstanceType", "t3.small")).lines(of: "EB130").isEmpty)
    #expect(
      withType(EnvironmentOption(namespace, "InstanceType", "x9.new")).lines(of: "EB130").isEmpty)
    #expect(
      CheckSample(on: ecs, ["Dockerrun.aws.json": SampleFile(Array(Self.dockerrun.utf8))])
        .lines(of: "EB130").isEmpty)
  }

  @Test func `EB130: the type of .ebextensions counts, and numbers of any size`() {
    let huge = Self.dockerrun.replacing("500", with: "9223372036854775807")
    let sample = CheckSample(
      on: ecs,
      [
        ".ebextensions/a.config": "option_settings: {aws:ec2:instances: {InstanceTypes: t3.nano}}",
        "Dockerrun.aws.json": SampleFile(Array(huge.utf8)),
      ])
    #expect(
      sample.lines(of: "EB130") == [
        "warning Dockerrun.aws.json:5:27 the containers ask for \(Int.max) MiB, and a t3.nano has "
          + "512, of which 32 are for the system"
      ])
  }

  @Test func `EB130: a container of ECS says how much memory it needs`() {
    let text = #"{"AWSEBDockerrunVersion": 2, "containerDefinitions": [{"name": "a"}]}"#
    #expect(
      withType(EnvironmentOption("a", "b", "c"), text).lines(of: "EB130") == [
        "warning Dockerrun.aws.json:1:64 container 'a' has neither 'memory' nor 'memoryReservation'"
      ])
  }

  @Test func `EB130: what services of Compose reserve counts, what a profile holds back does not`()
  {
    var sample = CheckSample(
      on: docker, ["docker-compose.yml": SampleFile(Array(Self.compose.utf8))])
    sample.surroundings.options = [
      EnvironmentOption("aws:ec2:instances", "InstanceTypes", "t3.nano")
    ]
    #expect(
      sample.lines(of: "EB130") == [
        "warning docker-compose.yml:2:3 the containers ask for 512 MiB, and a t3.nano has 512, of "
          + "which 32 are for the system"
      ])
    sample.surroundings.options = [
      EnvironmentOption("aws:ec2:instances", "InstanceTypes", "t3.micro")
    ]
    #expect(sample.lines(of: "EB130").isEmpty)
  }

  @Test func `EB144: two containers cannot have one port`() {
    let text = Self.dockerrun.replacing("8080", with: "80")
    let sample = CheckSample(on: ecs, ["Dockerrun.aws.json": SampleFile(Array(text.utf8))])
    #expect(
      sample.lines(of: "EB144") == [
        "error Dockerrun.aws.json:9:36 'nginx' publishes port 80, which 'app' has in line 7"
      ])
    for near in ["8080", "0", "80, \"protocol\": \"udp\""] {
      let text = Self.dockerrun.replacing("8080", with: near)
      let sample = CheckSample(on: ecs, ["Dockerrun.aws.json": SampleFile(Array(text.utf8))])
      #expect(sample.lines(of: "EB144").isEmpty)
    }
  }

  private func ports(_ first: String, _ second: String, profile: String = "") -> [String] {
    let text = """
      services:
        a: {image: a, ports: [\(first)]}
        b: {image: b, ports: [\(second)]\(profile)}
      """
    return CheckSample(on: docker, ["docker-compose.yml": SampleFile(Array(text.utf8))])
      .lines(of: "EB144")
  }

  @Test func `EB144: two services cannot publish one port`() {
    let line = "error docker-compose.yml:3:25"
    #expect(
      ports("'80:1'", "'80:2'") == ["\(line) 'b' publishes port 80, which 'a' has in line 2"])
    #expect(
      ports("'0.0.0.0:81-83:81-83'", "'127.0.0.1:83:2'") == [
        "\(line) 'b' publishes port 83, which 'a' has in line 2"
      ])
  }

  @Test(arguments: [
    ("'80:1'", "'81:1'"), ("'80:1'", "'80'"), ("'80:1'", "'80:1/udp'"),
    ("'80:1', '80:1'", "'81:1'"),
    ("'127.0.0.1:80:1'", "'127.0.0.2:80:1'"), ("'80-81:1'", "'80:1'"), ("'${P:-80}:1'", "'80:1'"),
  ])
  func `EB144: different ports do not collide`(first: String, second: String) {
    #expect(ports(first, second).isEmpty)
  }

  @Test func `EB144: a service with a profile is not started`() {
    #expect(ports("'80:1'", "'80:2'", profile: ", profiles: [x]").isEmpty)
  }
}
