import ArgumentParser
import Deployment

/// How a new environment is made, where that differs from .git-eb.yml.
struct CreationOptions: ParsableArguments {
  @Option(
    help: .init("Take the options of this environment.", valueName: "environment"))
  var like: String?

  @Option(
    name: .customLong("saved-config"),
    help: .init("Take the options of this saved configuration.", valueName: "name"))
  var savedConfiguration: String?

  @Option(
    help: .init("The platform: its ARN, its branch or a solution stack.", valueName: "name"))
  var platform: String?

  @Option(help: .init("web or worker.", valueName: "tier"))
  var tier: Tier?

  @Flag(help: "One instance, without a load balancer.")
  var single = false

  @Option(
    name: .customLong("instance-type"),
    help: .init("A type of instance, such as t4g.small; may be repeated.", valueName: "type"))
  var instanceTypes: [String] = []

  @Flag(help: "Run on spot instances.")
  var spot = false

  @Option(help: .init("The least number of instances.", valueName: "n"))
  var min: Int?

  @Option(help: .init("The greatest number of instances.", valueName: "n"))
  var max: Int?

  @Option(help: .init("What the address begins with.", valueName: "prefix"))
  var cname: String?

  @Option(help: .init("The VPC's id.", valueName: "id"))
  var vpc: String?

  @Option(help: .init("The instances' subnets, separated by commas.", valueName: "ids"))
  var subnets: String?

  @Option(
    name: .customLong("elb-subnets"),
    help: .init("The load balancer's subnets, separated by commas.", valueName: "ids"))
  var balancerSubnets: String?

  @Option(
    name: .customLong("security-groups"),
    help: .init("The instances' security groups, separated by commas.", valueName: "ids"))
  var securityGroups: String?

  @Option(
    name: .customLong("service-role"),
    help: .init("The role that Beanstalk works with.", valueName: "name"))
  var serviceRole: String?

  @Option(
    name: .customLong("instance-profile"),
    help: .init("The profile that the instances have.", valueName: "name"))
  var instanceProfile: String?

  @Option(
    name: .customLong("key-pair"),
    help: .init("The key pair that lets one in by ssh.", valueName: "name"))
  var keyPair: String?

  @Option(
    name: .customLong("option"),
    help: .init(
      "Any option, such as aws:autoscaling:asg:Cooldown=300; may be repeated.",
      valueName: "namespace:name=value"))
  var options: [String] = []

  @Option(
    name: .customLong("tag"),
    help: .init("A tag of the environment; may be repeated.", valueName: "key=value"))
  var tags: [String] = []

  enum Tier: String, ExpressibleByArgument, CaseIterable {
    case web, worker
  }

  func validate() throws {
    if like != nil, savedConfiguration != nil {
      throw ValidationError("'--like' and '--saved-config' cannot be used together")
    }
    if let min, min < 0 { throw ValidationError("'--min \(min)' is no number of instances") }
    if let max, max < (min ?? 1) {
      throw ValidationError("'--max \(max)' is less than the least number of instances")
    }
  }

  /// What was asked for, over what the configuration says.
  func settings(over configured: CreationSettings) throws -> CreationSettings {
    var settings = configured
    if let model = like ?? savedConfiguration { settings.like = model }
    if let platform { settings.platform = platform }
    if let tier { settings.isWorker = tier == .worker }
    if single { settings.isSingleInstance = true }
    if let cname { settings.cnamePrefix = cname }
    settings.options += named
    for text in options {
      guard let option = EnvironmentOption(assignment: text) else {
        throw CommandError.invalidOption(text)
      }
      settings.options.append(option)
    }
    settings.tags.merge(try Self.tags(tags)) { $1 }
    return settings
  }

  /// `key=value` texts. Keys that git-eb itself goes by are refused.
  static func tags(_ texts: [String]) throws -> [String: String] {
    var tags: [String: String] = [:]
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, !parts[0].hasPrefix("git-eb:"),
        !parts[0].hasPrefix("aws:")
      else { throw CommandError.invalidTag(text) }
      tags[String(parts[0])] = String(parts[1])
    }
    return tags
  }

  /// The options that have a flag of their own.
  ///
  /// Source: "General options for all environments" in Elastic Beanstalk's documentation.
  private var named: [EnvironmentOption] {
    let launch = "aws:autoscaling:launchconfiguration"
    let values: [(namespace: String, name: String, value: String?)] = [
      (
        "aws:ec2:instances", "InstanceTypes",
        instanceTypes.isEmpty ? nil : instanceTypes.joined(separator: ",")
      ),
      ("aws:ec2:instances", "EnableSpot", spot ? "true" : nil),
      ("aws:autoscaling:asg", "MinSize", min.map(String.init)),
      ("aws:autoscaling:asg", "MaxSize", max.map(String.init)),
      ("aws:ec2:vpc", "VPCId", vpc),
      ("aws:ec2:vpc", "Subnets", subnets),
      ("aws:ec2:vpc", "ELBSubnets", balancerSubnets),
      (launch, "SecurityGroups", securityGroups),
      (launch, "IamInstanceProfile", instanceProfile),
      (launch, "EC2KeyName", keyPair),
      ("aws:elasticbeanstalk:environment", "ServiceRole", serviceRole),
    ]
    return values.compactMap { namespace, name, value in
      value.map { EnvironmentOption(namespace, name, $0) }
    }
  }

  /// The flags that were given and mean something on Beanstalk alone.
  var onlyOnBeanstalk: [String] {
    let given: [(String, Bool)] = [
      ("--saved-config", savedConfiguration != nil), ("--platform", platform != nil),
      ("--tier", tier != nil), ("--single", single), ("--instance-type", !instanceTypes.isEmpty),
      ("--spot", spot), ("--min", min != nil), ("--max", max != nil), ("--cname", cname != nil),
      ("--vpc", vpc != nil), ("--subnets", subnets != nil),
      ("--elb-subnets", balancerSubnets != nil), ("--security-groups", securityGroups != nil),
      ("--service-role", serviceRole != nil), ("--instance-profile", instanceProfile != nil),
      ("--key-pair", keyPair != nil), ("--option", !options.isEmpty),
    ]
    return given.filter(\.1).map(\.0)
  }
}

extension EnvironmentOption {
  /// From `namespace:name=value`, such as `aws:autoscaling:asg:MinSize=2`.
  init?(assignment text: String) {
    guard let equals = text.firstIndex(of: "="),
      let colon = text[..<equals].lastIndex(of: ":"), colon != text.startIndex
    else { return nil }
    let name = text[text.index(after: colon)..<equals]
    guard !name.isEmpty else { return nil }
    self.init(String(text[..<colon]), String(name), String(text[text.index(after: equals)...]))
  }
}

/// `NAME=value` on the command line, which sets a variable, and `NAME=`, which removes it.
enum VariableAssignments {
  static func changes(_ texts: [String]) throws -> [String: String?] {
    var changes: [String: String?] = [:]
    for text in texts {
      guard let equals = text.firstIndex(of: "="), isName(text[..<equals]) else {
        throw CommandError.invalidVariable(text)
      }
      let value = String(text[text.index(after: equals)...])
      changes[String(text[..<equals])] = .some(value.isEmpty ? nil : value)
    }
    return changes
  }

  private static func isName(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
    else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }
}
