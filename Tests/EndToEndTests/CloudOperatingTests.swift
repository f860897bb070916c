import Foundation
import TestSupport
import Testing

@Suite("git eb: what only Beanstalk can do", .serialized) struct CloudOperatingTests {
  // MARK: - Who and where

  @Test func `whoami says who, where and from what, and never the secret`() async throws {
    let cloud = try CloudShop(instances: nil)
    let key = cloud.server.keys[0]
    let screen = try cloud.shop.eb("whoami")
    #expect(screen.status == 0, "\(screen)")
    #expect(screen.output.contains("account:      \(key.account)\n"), "\(screen)")
    #expect(screen.output.contains("region:       us-east-1\n"))
    #expect(screen.output.contains("AWS_ACCESS_KEY_ID"))
    #expect(screen.output.contains("http://127.0.0.1:\(cloud.server.port)\n"))
    #expect(!screen.description.contains(key.secret))
    let answer = try cloud.shop.eb("whoami", "--region", "eu-west-1", "--json").json(
      IdentityAnswer.self)
    #expect(answer.account == key.account)
    #expect(answer.arn.hasPrefix("arn:aws:"))
    #expect(answer.region == "eu-west-1")
    let one = try cloud.shop.eb(
      "whoami",
      with: [
        "AWS_ENDPOINT_URL": "",
        "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:\(cloud.server.port)",
      ])
    #expect(one.output.contains("http://127.0.0.1:\(cloud.server.port) (sts)\n"), "\(one)")
    // Outside of a repository only variables and options say anything.
    let outside = try cloud.shop.command(["git-eb", "whoami", "--json"], in: cloud.shop.base)
    #expect(try outside.json(IdentityAnswer.self).account == key.account)
  }

  @Test func `whoami of a profile says which`() throws {
    let cloud = try CloudShop(instances: nil)
    let key = cloud.server.keys[0]
    let file = "\(cloud.shop.base)/credentials"
    try "[till]\naws_access_key_id = \(key.accessKey)\naws_secret_access_key = \(key.secret)\n"
      .write(toFile: file, atomically: true, encoding: .utf8)
    let variables = [
      "AWS_SHARED_CREDENTIALS_FILE": file, "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
    ]
    let found = try cloud.shop.eb("whoami", "--profile", "till", "--json", with: variables)
    #expect(try found.json(IdentityAnswer.self).credentials.contains("till"), "\(found)")
    let unknown = try cloud.shop.eb("whoami", "--profile", "tell", with: variables)
    #expect(unknown.status == 77, "\(unknown)")
  }

  @Test func `platforms lists what is supported, and with --all the rest`() throws {
    let cloud = try CloudShop(instances: nil)
    let some = try cloud.shop.eb("platforms", "--json").json([PlatformAnswer].self)
    #expect(some.contains { $0.name == "Python 3.13 running on 64bit Amazon Linux 2023" })
    #expect(some.allSatisfy { !["Retired", "Deprecated"].contains($0.state) })
    let all = try cloud.shop.eb("platforms", "--all", "--json").json([PlatformAnswer].self)
    #expect(Set(some.map(\.name)).isSubset(of: all.map(\.name)))
    #expect(all.contains { ["Retired", "Deprecated"].contains($0.state) })
    #expect(try cloud.shop.eb("platforms").output.contains("Python 3.13 running on 64bit"))
  }

  @Test func `Another host is told that it cannot do it`() throws {
    let shop = try Workplace.shop()
    for command in [["scale", "2"], ["platforms"], ["tags"], ["console", "--print"], ["ssh"]] {
      let screen = try shop.command(["git", "eb"] + command)
      #expect(screen.status == 2, "\(screen)")
      #expect(
        screen.error.hasPrefix("error: 'git eb \(command[0])' is for AWS Elastic Beanstalk"))
    }
  }

  // MARK: - Looking

  @Test func `health tells of causes and of every instance`() async throws {
    let cloud = try CloudShop(instances: 2)
    let green = try cloud.shop.eb("health", "--json").json(CloudHealthAnswer.self)
    #expect(green.health == "Green")
    #expect(green.status == "Ok")
    #expect(green.instances.count == 2)
    #expect(green.instances.allSatisfy { $0.version?.hasPrefix("master-") == true })
    #expect(green.instances.allSatisfy { $0.deployment == "Deployed" })
    struct Change: Encodable {
      var name = "production"
      var health = "Red"
      var health_status = "Severe"
      var causes = ["100.0 % of the requests are failing with HTTP 5xx."]
    }
    let _: CloudShop.Empty = try await cloud.server.control("environment", Change())
    let red = try cloud.shop.eb("health")
    #expect(red.status == 1)
    #expect(
      red.output.hasPrefix("Red (Severe)\n  100.0 % of the requests are failing with HTTP 5xx.\n"),
      "\(red)")
    for instance in green.instances { #expect(red.output.contains("\n\(instance.id)  ")) }
  }

  @Test func `logs shows the tails of every instance, one file after the other`() throws {
    let cloud = try CloudShop(instances: 2)
    let ids = try cloud.shop.eb("health", "--json").json(CloudHealthAnswer.self).instances.map(\.id)
    let all = try cloud.shop.eb("logs")
    #expect(all.status == 0, "\(all)")
    for id in ids {
      #expect(all.output.contains("==> \(id)/var/log/eb-engine.log <==\n"), "\(all)")
      #expect(
        all.output.contains(
          "==> \(id)/var/log/web.stdout.log <==\n\(id) web[1234]: listening on port 8000\n"),
        "\(all)")
    }
    let one = try cloud.shop.eb("logs", "web.stdout.log", "--instance", ids[1], "--json")
    #expect(
      try one.json([CloudLogAnswer].self).map(\.lines)
        == [["\(ids[1]) web[1234]: listening on port 8000"]], "\(one)")
    let unknown = try cloud.shop.eb("logs", "--instance", "i-0")
    #expect(unknown.status == 2)
    #expect(unknown.error.contains("known: \(ids.sorted().joined(separator: ", "))"), "\(unknown)")
    #expect(try cloud.shop.eb("logs", "-f").status == 2)
  }

  @Test func `logs --all joins the bundles of the instances`() throws {
    let cloud = try CloudShop(instances: 2)
    let ids = try cloud.shop.eb("health", "--json").json(CloudHealthAnswer.self).instances
      .map(\.id).sorted()
    let file = "\(cloud.shop.base)/logs.zip"
    let screen = try cloud.shop.eb("logs", "--all", "-o", file)
    #expect(screen.status == 0, "\(screen)")
    #expect(try cloud.shop.command(["unzip", "-t", "-qq", file]).status == 0)
    let names = try cloud.shop.command(["unzip", "-Z1", file]).output
    #expect(
      names
        == ids.flatMap { ["\($0)/var/log/eb-engine.log\n", "\($0)/var/log/web.stdout.log\n"] }
        .joined(), "\(names)")
    let one = try cloud.shop.eb("logs", "--all", "-o", file, "--instance", ids[0], "--json")
    #expect(try one.json(LogArchiveAnswer.self).files.count == 2, "\(one)")
    #expect(cloud.shop.files(below: cloud.shop.temporary) == [])
  }

  @Test func `events are told on Beanstalk as well`() async throws {
    let cloud = try CloudShop()
    let events = try cloud.shop.eb("events", "--json").json([EventAnswer].self)
    #expect(events.contains { $0.message == "Successfully launched environment: production" })
    struct Loud: Encodable {
      var environment = "production"
      var message = "Something is wrong."
      var severity = "ERROR"
    }
    let _: CloudShop.Empty = try await cloud.server.control("event", Loud())
    expect(
      try cloud.shop.eb("events", "--severity", "ERROR"), "<time>  ERROR  Something is wrong.")
  }

  @Test func `console names the page of the environment`() throws {
    let cloud = try CloudShop(instances: nil)
    expect(
      try cloud.shop.eb("console", "--print"),
      """
      https://us-east-1.console.aws.amazon.com/elasticbeanstalk/home?region=us-east-1\
      #/application/overview?applicationName=shop
      """)
    let china = try cloud.shop.eb("console", "--print", "--region", "cn-north-1")
    #expect(china.output.hasPrefix("https://cn-north-1.console.amazonaws.cn/"), "\(china)")
  }

  // MARK: - Operating

  @Test func `scale sets how many instances there are`() async throws {
    let cloud = try CloudShop()
    let screen = try cloud.shop.eb("scale", "2-3")
    #expect(screen.status == 0, "\(screen)")
    let instances = try cloud.shop.eb("health", "--json").json(CloudHealthAnswer.self).instances
    #expect(instances.count == 2)
    let sizes = try cloud.boto(
      """
      for one in client("elasticbeanstalk").describe_configuration_settings(
          ApplicationName="shop", EnvironmentName="production"
      )["ConfigurationSettings"][0]["OptionSettings"]:
          if one["OptionName"] in ("MinSize", "MaxSize"):
              print(one["OptionName"], one["Value"])
      """)
    #expect(sizes.split(separator: "\n").sorted() == ["MaxSize 3", "MinSize 2"])
    expect(try cloud.shop.eb("scale", "2-3"), "! 'production' has 2-3 already")
    let updates = try await cloud.operations().count { $0 == "UpdateEnvironment" }
    #expect(updates == 1)
    for wrong in ["many", "3-2", "", "-1", "1-2-3"] {
      #expect(try cloud.shop.command(["git", "eb", "scale", "--", wrong]).status == 64, "\(wrong)")
    }
  }

  @Test func `scale makes no load balancer unasked`() throws {
    let cloud = try CloudShop(instances: nil, more: "")
    try cloud.shop.repository.write(
      ".git-eb.yml",
      """
      application: shop
      host: beanstalk
      platform: Python 3.13 running on 64bit Amazon Linux 2023
      branches: {master: production}
      environments: {production: {single: true}}
      """)
    try cloud.makeRoles()
    try #require(try cloud.shop.eb("push", "-q", "--create-application").status == 0)
    expect(
      try cloud.shop.eb("scale", "2"),
      """
      ! error: 'production' is an environment with a single instance
      ! hint: git eb scale 2 --load-balanced puts a load balancer in front of it
      [2]
      """)
    let forced = try cloud.shop.eb("scale", "2", "--load-balanced", "--json")
    #expect(try forced.json(ScalingAnswer.self).result.outcome == "deployed", "\(forced)")
  }

  @Test func `tags are shown, set and taken away`() throws {
    let cloud = try CloudShop()
    let set = try cloud.shop.eb("tags", "--set", "team=web shop", "--set", "stage=a=b", "--json")
    let tags = try set.json([String: String].self)
    #expect(tags["team"] == "web shop", "\(set)")
    #expect(tags["stage"] == "a=b")
    let shown = try cloud.shop.eb("tags", "--remove", "team")
    #expect(shown.output.contains("stage=a=b\n"), "\(shown)")
    #expect(!shown.output.contains("team="))
    #expect(try cloud.shop.eb("tags", "--set", "team").status == 64)
    #expect(try cloud.shop.eb("tags", "--set", "a=b", "--remove", "a").status == 64)
  }

  // MARK: - ssh

  /// An `ssh` that says how it was called, and then does what `then` says.
  private func installSSH(_ cloud: CloudShop, then: String = "") throws {
    let path = "\(cloud.shop.base)/bin/ssh"
    try "#!/bin/sh\nfor word; do printf '[%s] ' \"$word\"; done\necho\n\(then)\n".write(
      toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
  }

  /// Instances with their addresses, by their ids.
  private func instances(_ cloud: CloudShop) throws -> [(
    id: String, public: String, private: String
  )] {
    try cloud.boto(
      """
      for r in client("ec2").describe_instances()["Reservations"]:
          for i in r["Instances"]:
              print(i["InstanceId"], i.get("PublicIpAddress", "-"), i["PrivateIpAddress"])
      """
    ).split(separator: "\n").map { line in
      let words = line.split(separator: " ").map(String.init)
      return (words[0], words[1], words[2])
    }.sorted { $0.id < $1.id }
  }

  /// Who may connect to port 22 of the instances.
  private func openings(_ cloud: CloudShop) throws -> [String] {
    try cloud.boto(
      """
      for group in client("ec2").describe_security_groups()["SecurityGroups"]:
          for permission in group["IpPermissions"]:
              if permission.get("FromPort") == 22:
                  for one in permission["IpRanges"]:
                      print(one["CidrIp"])
      """
    ).split(separator: "\n").map(String.init)
  }

  @Test func `ssh is the user's own, and goes where it is told`() throws {
    let cloud = try CloudShop(instances: 2)
    try installSSH(cloud, then: "exit 7")
    let found = try instances(cloud)
    try #require(found.count == 2)
    let several = try cloud.shop.eb("ssh")
    #expect(several.status == 2)
    #expect(several.error.hasPrefix("error: 'production' has 2 instances\n"), "\(several)")
    let one = try cloud.shop.eb("ssh", "--instance", found[0].id)
    #expect(one.status == 7)
    #expect(one.output == "[-l] [ec2-user] [--] [\(found[0].public)] \n", "\(one)")
    let jump = try cloud.shop.eb(
      "ssh", "--instance", found[1].id, "--private", "--jump", "ann@gate", "--user", "ubuntu", "-i",
      "key.pem", "--", "ls", "-l", "it's here")
    #expect(
      jump.output == """
        [-i] [key.pem] [-J] [ann@gate] [-l] [ubuntu] [--] [\(found[1].private)] \
        ['ls' '-l' 'it'\\''s here'] \n
        """, "\(jump)")
    let all = try cloud.shop.eb("ssh", "--all", "--", "uptime | cat")
    #expect(
      all.output
        == found.map { "[-l] [ec2-user] [--] [\($0.public)] [uptime | cat] \n" }.joined(), "\(all)")
    #expect(all.status == 7)
    #expect(try openings(cloud) == [])
    #expect(try cloud.shop.eb("ssh", "--all").status == 64)
    let unknown = try cloud.shop.eb("ssh", "--instance", "i-0")
    #expect(unknown.status == 2)
  }

  @Test func `The port is open to one address while ssh runs, and only when that is confirmed`()
    async throws
  {
    let cloud = try CloudShop()
    try installSSH(cloud, then: "sleep 60")
    let refused = try cloud.shop.eb("ssh", "--open-port", "--from", "203.0.113.7")
    expect(
      refused,
      """
      ! error: not confirmed
      ! hint: --yes goes ahead without asking
      [2]
      """)
    #expect(try openings(cloud) == [])
    for signal in [SIGTERM, SIGINT, SIGHUP] {
      let running = try cloud.shop.start(
        "git-eb", "ssh", "--open-port", "--from", "203.0.113.7", "--yes")
      #expect(eventually { running.output.contains("[-l]") }, "\(running.error)")
      #expect(try openings(cloud) == ["203.0.113.7/32"])
      running.interrupt(signal)
      let screen = try #require(running.wait(seconds: 30))
      #expect(screen.status != 0, "\(screen)")
      #expect(screen.error.contains("closed port 22 of sg-"), "\(screen)")
      #expect(try openings(cloud) == [])
    }
    #expect(!(try await cloud.operations()).isEmpty)
  }

  @Test func `A port that is open already stays so`() throws {
    let cloud = try CloudShop()
    try installSSH(cloud)
    try #require(try instances(cloud).count == 1)
    try cloud.boto(
      """
      ec2 = client("ec2")
      groups = ec2.describe_instances()["Reservations"][0]["Instances"][0]["SecurityGroups"]
      ec2.authorize_security_group_ingress(
          GroupId=groups[0]["GroupId"], IpProtocol="tcp", FromPort=22, ToPort=22,
          CidrIp="203.0.113.7/32")
      """)
    let screen = try cloud.shop.eb("ssh", "--open-port", "--from", "203.0.113.7")
    #expect(screen.status == 0, "\(screen)")
    #expect(screen.error == "port 22 is open to 203.0.113.7/32 already\n")
    #expect(try openings(cloud) == ["203.0.113.7/32"])
    #expect(try cloud.shop.eb("ssh", "--open-port", "--from", "here").status == 64)
  }
}

private struct IdentityAnswer: Decodable {
  var account: String
  var arn: String
  var userID: String?
  var region: String
  var credentials: String
  var endpoints: [String: String]
}

private struct PlatformAnswer: Decodable {
  var name: String
  var state: String?
  var tiers: [String]
}

private struct CloudHealthAnswer: Decodable {
  struct Instance: Decodable {
    var id: String
    var version: String?
    var deployment: String?
  }

  var health: String
  var status: String?
  var causes: [String]
  var instances: [Instance]
}

private struct CloudLogAnswer: Decodable {
  var name: String
  var lines: [String]
}

private struct ScalingAnswer: Decodable {
  var changed: Bool
  var result: OutcomeAnswer
}
