import Foundation
import Testing

@testable import AWS
@testable import ElasticBeanstalk

/// One call of an operation: what botocore is given for it, and what is read from its answer.
struct OperationCase: Sendable, CustomTestStringConvertible {
  /// As botocore names it.
  var service = "elasticbeanstalk"
  var name: String
  /// botocore's arguments, as JSON.
  var arguments: String
  var call: @Sendable (Session) async throws -> Facts

  init(
    _ name: String, service: String = "elasticbeanstalk", _ arguments: String,
    _ call: @escaping @Sendable (Session) async throws -> Facts
  ) {
    self.name = name
    self.service = service
    self.arguments = arguments
    self.call = call
  }

  /// A call of Beanstalk's.
  init(
    beanstalk name: String, _ arguments: String,
    _ call:
      @escaping @Sendable (ElasticBeanstalkClient, inout Facts) async throws ->
      Void
  ) {
    self.init(name, arguments) { session in
      var facts = Facts()
      try await call(ElasticBeanstalkClient(session), &facts)
      return facts
    }
  }

  var testDescription: String { name }

  /// What sending twice would harm.
  static let notRepeatable: Set = [
    "CreateApplication", "CreateApplicationVersion", "CreateEnvironment", "UpdateEnvironment",
    "TerminateEnvironment", "RebuildEnvironment", "RestartAppServer", "SwapEnvironmentCNAMEs",
    "ComposeEnvironments", "CreateConfigurationTemplate", "AuthorizeSecurityGroupIngress",
    "AbortEnvironmentUpdate",
  ]

  /// What cannot be read without: the members of each shape.
  static let required: [String: [String]] = [
    "AutoScalingGroup": ["Name"],
    "ApplicationDescription": ["ApplicationName"],
    "ApplicationVersionDescription": ["ApplicationName", "VersionLabel"],
    "ApplicationVersionDescriptionMessage": ["ApplicationVersion"],
    "CheckDNSAvailabilityResultMessage": ["Available"],
    "ConfigurationOptionDescription": ["Namespace", "Name"],
    "ConfigurationOptionSetting": ["Namespace", "OptionName"],
    "CreateStorageLocationResultMessage": ["S3Bucket"],
    "DescribePlatformVersionResult": ["PlatformDescription"],
    "EnvironmentDescription": ["EnvironmentName", "EnvironmentId"],
    "EnvironmentInfoDescription": ["Message"],
    "EnvironmentResourceDescriptionsMessage": ["EnvironmentResources"],
    "EnvironmentTier": ["Name"],
    "EventDescription": ["EventDate"],
    "GetCallerIdentityResponse": ["Account", "Arn"],
    "GetInstanceProfileResponse": ["InstanceProfile"],
    "GetRoleResponse": ["Role"],
    "Instance": ["Id"],
    "InstanceProfile": ["InstanceProfileName"],
    "LaunchConfiguration": ["Name"],
    "LaunchTemplate": ["Id"],
    "LoadBalancer": ["Name"],
    "PlatformBranchSummary": ["BranchName"],
    "PlatformDescription": ["PlatformArn"],
    "PlatformSummary": ["PlatformArn"],
    "Role": ["RoleName"],
    "S3Location": ["S3Bucket", "S3Key"],
    "SingleInstanceHealth": ["InstanceId"],
    "SourceBuildInformation": ["SourceType", "SourceRepository", "SourceLocation"],
    "Tag": ["Key"],
  ]

  static let all: [OperationCase] = applications + environments + configurations + others

  private static let applications: [OperationCase] = [
    OperationCase(
      beanstalk: "CreateApplication",
      #"{"ApplicationName": "shop & co", "Description": "a+b=c/d?é", "Tags": [{"Key": "k", "Value": "v w"}, {"Key": "l", "Value": "="}]}"#
    ) { client, _ in
      try await client.createApplication(
        "shop & co", description: "a+b=c/d?é", tags: [Tag("k", "v w"), Tag("l", "=")])
    },
    OperationCase(
      beanstalk: "DescribeApplications", #"{"ApplicationNames": ["shop", "blog"]}"#
    ) { client, facts in
      let applications = try await client.describeApplications(["shop", "blog"])
      facts.list("Applications", applications) { $0.add($1) }
    },
    OperationCase(beanstalk: "DescribeApplications", "{}") { client, facts in
      facts.list("Applications", try await client.describeApplications()) { $0.add($1) }
    },
    OperationCase(beanstalk: "CreateStorageLocation", "{}") { client, facts in
      facts.set("S3Bucket", try await client.createStorageLocation())
    },
    OperationCase(
      beanstalk: "CheckDNSAvailability", #"{"CNAMEPrefix": "shop-dev"}"#
    ) { client, facts in
      let answer = try await client.checkDNSAvailability(prefix: "shop-dev")
      facts.set("Available", answer.isAvailable)
      facts.set("FullyQualifiedCNAME", answer.name)
    },
    OperationCase(
      beanstalk: "CreateApplicationVersion",
      #"""
      {"ApplicationName": "shop", "VersionLabel": "v1", "Description": "The first",
       "SourceBundle": {"S3Bucket": "elasticbeanstalk-eu-central-1-1", "S3Key": "shop/v 1.zip"},
       "AutoCreateApplication": true, "Process": true,
       "Tags": [{"Key": "git-eb:commit", "Value": "0123456789abcdef"}]}
      """#
    ) { client, facts in
      let version = try await client.createApplicationVersion(
        CreateApplicationVersionRequest(
          application: "shop", label: "v1", description: "The first",
          source: .bundle(
            S3Location(bucket: "elasticbeanstalk-eu-central-1-1", key: "shop/v 1.zip")),
          process: true, autoCreateApplication: true,
          tags: [Tag("git-eb:commit", "0123456789abcdef")]))
      facts.structure("ApplicationVersion", version) { $0.add($1) }
    },
    OperationCase(
      beanstalk: "CreateApplicationVersion",
      #"""
      {"ApplicationName": "shop", "VersionLabel": "v1",
       "SourceBuildInformation": {"SourceType": "Git", "SourceRepository": "CodeCommit",
         "SourceLocation": "shop-sources/0123456789abcdef"},
       "AutoCreateApplication": false, "Process": false}
      """#
    ) { client, facts in
      let version = try await client.createApplicationVersion(
        CreateApplicationVersionRequest(
          application: "shop", label: "v1",
          source: .build(
            .codeCommit(repository: "shop-sources", commit: "0123456789abcdef"))))
      facts.structure("ApplicationVersion", version) { $0.add($1) }
    },
    OperationCase(
      beanstalk: "DescribeApplicationVersions",
      #"{"ApplicationName": "shop", "VersionLabels": ["v1", "v2"]}"#
    ) { client, facts in
      let versions = try await client.describeApplicationVersions(
        application: "shop", labels: ["v1", "v2"])
      facts.list("ApplicationVersions", versions) { $0.add($1) }
    },
    OperationCase(
      beanstalk: "UpdateApplicationVersion",
      #"{"ApplicationName": "shop", "VersionLabel": "v1", "Description": "v1.4.0: The first"}"#
    ) { client, facts in
      let version = try await client.updateApplicationVersion(
        application: "shop", label: "v1", description: "v1.4.0: The first")
      facts.structure("ApplicationVersion", version) { $0.add($1) }
    },
    OperationCase(
      beanstalk: "DeleteApplicationVersion",
      #"{"ApplicationName": "shop", "VersionLabel": "v1", "DeleteSourceBundle": true}"#
    ) { client, _ in
      try await client.deleteApplicationVersion(
        application: "shop", label: "v1", deletingSourceBundle: true)
    },
  ]

  private static let environments: [OperationCase] = [
    OperationCase(
      beanstalk: "DescribeEnvironments",
      #"""
      {"ApplicationName": "shop", "EnvironmentNames": ["shop-dev", "shop-prod"],
       "EnvironmentIds": ["e-1"], "VersionLabel": "v1", "IncludeDeleted": true}
      """#
    ) { client, facts in
      let environments = try await client.describeEnvironments(
        application: "shop", names: ["shop-dev", "shop-prod"], ids: ["e-1"], versionLabel: "v1",
        includeDeleted: true)
      facts.list("Environments", environments) { $0.add($1) }
    },
    OperationCase(
      beanstalk: "DescribeEnvironments", #"{"IncludeDeleted": false}"#
    ) { client, facts in
      facts.list("Environments", try await client.describeEnvironments()) { $0.add($1) }
    },
    OperationCase(
      beanstalk: "CreateEnvironment",
      #"""
      {"ApplicationName": "shop", "EnvironmentName": "shop-dev", "VersionLabel": "v1",
       "CNAMEPrefix": "shop-dev", "Tier": {"Name": "Worker", "Type": "SQS/HTTP"},
       "PlatformArn": "arn:aws:elasticbeanstalk:eu-central-1::platform/Python 3.13/4.5.0",
       "SolutionStackName": "stack", "TemplateName": "saved",
       "OptionSettings": [{"Namespace": "aws:elasticbeanstalk:application:environment",
         "OptionName": "A", "Value": "1=2&3"},
         {"ResourceName": "R", "Namespace": "aws:autoscaling:asg", "OptionName": "MinSize"}],
       "OptionsToRemove": [{"Namespace": "n", "OptionName": "o"}],
       "Tags": [{"Key": "k", "Value": "v"}], "Description": "For issue 1",
       "OperationsRole": "arn:aws:iam::1:role/r"}
      """#
    ) { client, facts in
      let environment = try await client.createEnvironment(
        CreateEnvironmentRequest(
          application: "shop", name: "shop-dev", versionLabel: "v1", cnamePrefix: "shop-dev",
          tier: .worker,
          platformARN: "arn:aws:elasticbeanstalk:eu-central-1::platform/Python 3.13/4.5.0",
          solutionStackName: "stack", templateName: "saved",
          optionSettings: [
            ConfigurationOptionSetting(
              namespace: "aws:elasticbeanstalk:application:environment", name: "A",
              value: "1=2&3"),
            ConfigurationOptionSetting(
              namespace: "aws:autoscaling:asg", name: "MinSize", value: nil, resourceName: "R"),
          ], optionsToRemove: [OptionSpecification(namespace: "n", name: "o")],
          tags: [Tag("k", "v")], description: "For issue 1",
          operationsRole: "arn:aws:iam::1:role/r"))
      facts.add(environment)
      facts.set("@request", environment.requestID)
    },
    OperationCase(
      beanstalk: "UpdateEnvironment",
      #"""
      {"EnvironmentName": "shop-dev", "VersionLabel": "v2",
       "OptionSettings": [{"Namespace": "n", "OptionName": "o", "Value": ""}],
       "OptionsToRemove": [{"ResourceName": "R", "Namespace": "n", "OptionName": "p"}],
       "PlatformArn": "arn", "TemplateName": "saved", "Description": "again"}
      """#
    ) { client, facts in
      let environment = try await client.updateEnvironment(
        UpdateEnvironmentRequest(
          name: "shop-dev", versionLabel: "v2",
          optionSettings: [ConfigurationOptionSetting(namespace: "n", name: "o", value: "")],
          optionsToRemove: [OptionSpecification(namespace: "n", name: "p", resourceName: "R")],
          platformARN: "arn", templateName: "saved", description: "again"))
      facts.add(environment)
      facts.set("@request", environment.requestID)
    },
    OperationCase(
      beanstalk: "TerminateEnvironment",
      #"{"EnvironmentName": "shop-dev", "ForceTerminate": true}"#
    ) { client, facts in
      let environment = try await client.terminateEnvironment(name: "shop-dev", force: true)
      facts.add(environment)
      facts.set("@request", environment.requestID)
    },
    OperationCase(
      beanstalk: "RebuildEnvironment", #"{"EnvironmentName": "shop-dev"}"#
    ) { client, facts in
      facts.set("@request", try await client.rebuildEnvironment(name: "shop-dev"))
    },
    OperationCase(
      beanstalk: "RestartAppServer", #"{"EnvironmentName": "shop-dev"}"#
    ) { client, facts in
      facts.set("@request", try await client.restartAppServer(name: "shop-dev"))
    },
    OperationCase(
      beanstalk: "AbortEnvironmentUpdate", #"{"EnvironmentName": "shop-dev"}"#
    ) { client, facts in
      facts.set("@request", try await client.abortEnvironmentUpdate(name: "shop-dev"))
    },
    OperationCase(
      beanstalk: "SwapEnvironmentCNAMEs",
      #"{"SourceEnvironmentName": "blue", "DestinationEnvironmentName": "green"}"#
    ) { client, facts in
      facts.set(
        "@request", try await client.swapEnvironmentCNAMEs(source: "blue", destination: "green"))
    },
    OperationCase(
      beanstalk: "ComposeEnvironments",
      #"{"ApplicationName": "shop", "GroupName": "dev", "VersionLabels": ["front-1", "back-1"]}"#
    ) { client, facts in
      let environments = try await client.composeEnvironments(
        application: "shop", group: "dev", versionLabels: ["front-1", "back-1"])
      facts.list("Environments", environments) { $0.add($1) }
      for environment in environments { facts.set("@request", environment.requestID) }
    },
    OperationCase(
      beanstalk: "DescribeEvents",
      #"""
      {"ApplicationName": "shop", "EnvironmentName": "shop-dev", "EnvironmentId": "e-1",
       "VersionLabel": "v1", "RequestId": "r-1", "Severity": "WARN",
       "StartTime": "2026-03-01T12:00:00.123Z", "EndTime": "2026-03-01T12:00:01Z",
       "MaxRecords": 1000, "NextToken": "t=="}
      """#
    ) { client, facts in
      let page = try await client.describeEvents(
        EventQuery(
          application: "shop", environmentName: "shop-dev", environmentID: "e-1",
          versionLabel: "v1", requestID: "r-1", severity: .warn,
          start: Timestamp.date("2026-03-01T12:00:00.123Z"),
          end: Timestamp.date("2026-03-01T12:00:01Z"), maximum: 1000, nextToken: "t=="))
      facts.list("Events", page.events) { $0.add($1) }
      facts.set("NextToken", page.nextToken)
    },
    OperationCase(
      beanstalk: "DescribeEnvironmentResources", #"{"EnvironmentName": "shop-dev"}"#
    ) { client, facts in
      let resources = try await client.describeEnvironmentResources(name: "shop-dev")
      facts.structure("EnvironmentResources", resources) { $0.add($1) }
    },
    OperationCase(
      beanstalk: "DescribeEnvironmentHealth",
      #"{"EnvironmentName": "shop-dev", "AttributeNames": ["All"]}"#
    ) { client, facts in
      facts.add(try await client.describeEnvironmentHealth(name: "shop-dev"))
    },
    OperationCase(
      beanstalk: "DescribeInstancesHealth",
      #"{"EnvironmentName": "shop-dev", "AttributeNames": ["All"]}"#
    ) { client, facts in
      let instances = try await client.describeInstancesHealth(name: "shop-dev")
      facts.list("InstanceHealthList", instances) { $0.add($1) }
    },
    OperationCase(
      beanstalk: "RequestEnvironmentInfo",
      #"{"EnvironmentName": "shop-dev", "InfoType": "tail"}"#
    ) { client, facts in
      facts.set("@request", try await client.requestEnvironmentInfo(name: "shop-dev", kind: .tail))
    },
    OperationCase(
      beanstalk: "RetrieveEnvironmentInfo",
      #"{"EnvironmentName": "shop-dev", "InfoType": "bundle"}"#
    ) { client, facts in
      let logs = try await client.retrieveEnvironmentInfo(name: "shop-dev", kind: .bundle)
      facts.list("EnvironmentInfo", logs) {
        $0.set("InfoType", word: $1.kind)
        $0.set("Ec2InstanceId", $1.instance)
        $0.set("SampleTimestamp", $1.sampled)
        $0.set("Message", $1.message)
      }
    },
  ]

  private static let configurations: [OperationCase] = [
    OperationCase(
      beanstalk: "DescribeConfigurationSettings",
      #"{"ApplicationName": "shop", "EnvironmentName": "shop-dev"}"#
    ) { client, facts in
      let settings = try await client.describeConfigurationSettings(
        application: "shop", environment: "shop-dev")
      facts.list("ConfigurationSettings", settings) { $0.add($1) }
    },
    OperationCase(
      beanstalk: "DescribeConfigurationSettings",
      #"{"ApplicationName": "shop", "TemplateName": "saved"}"#
    ) { client, facts in
      let settings = try await client.describeConfigurationSettings(
        application: "shop", template: "saved")
      facts.list("ConfigurationSettings", settings) { $0.add($1) }
    },
    OperationCase(
      beanstalk: "DescribeConfigurationOptions",
      #"""
      {"ApplicationName": "shop", "EnvironmentName": "shop-dev",
       "Options": [{"Namespace": "n", "OptionName": "o"}]}
      """#
    ) { client, facts in
      let options = try await client.describeConfigurationOptions(
        .environment(application: "shop", name: "shop-dev"),
        options: [OptionSpecification(namespace: "n", name: "o")])
      facts.list("Options", options) { $0.add($1) }
    },
    OperationCase(
      beanstalk: "DescribeConfigurationOptions",
      #"{"ApplicationName": "shop", "TemplateName": "saved"}"#
    ) { client, facts in
      let options = try await client.describeConfigurationOptions(
        .template(application: "shop", name: "saved"))
      facts.list("Options", options) { $0.add($1) }
    },
    OperationCase(
      beanstalk: "DescribeConfigurationOptions", #"{"PlatformArn": "arn"}"#
    ) { client, facts in
      let options = try await client.describeConfigurationOptions(.platform(arn: "arn"))
      facts.list("Options", options) { $0.add($1) }
    },
    OperationCase(
      beanstalk: "DescribeConfigurationOptions", #"{"SolutionStackName": "stack"}"#
    ) { client, facts in
      let options = try await client.describeConfigurationOptions(.solutionStack(name: "stack"))
      facts.list("Options", options) { $0.add($1) }
    },
    OperationCase(
      beanstalk: "ValidateConfigurationSettings",
      #"""
      {"ApplicationName": "shop", "EnvironmentName": "shop-dev",
       "OptionSettings": [{"Namespace": "n", "OptionName": "o", "Value": "1"}]}
      """#
    ) { client, facts in
      let messages = try await client.validateConfigurationSettings(
        application: "shop", environment: "shop-dev",
        [ConfigurationOptionSetting(namespace: "n", name: "o", value: "1")])
      facts.list("Messages", messages) {
        $0.set("Message", $1.message, absent: "")
        $0.set("Severity", $1.severity)
        $0.set("Namespace", $1.namespace)
        $0.set("OptionName", $1.name)
      }
    },
    OperationCase(
      beanstalk: "ValidateConfigurationSettings",
      #"""
      {"ApplicationName": "shop", "TemplateName": "saved",
       "OptionSettings": [{"Namespace": "n", "OptionName": "o", "Value": "1"}]}
      """#
    ) { client, facts in
      let messages = try await client.validateConfigurationSettings(
        application: "shop", template: "saved",
        [ConfigurationOptionSetting(namespace: "n", name: "o", value: "1")])
      facts.list("Messages", messages) { $0.set("Severity", $1.severity) }
    },
    OperationCase(
      beanstalk: "CreateConfigurationTemplate",
      #"""
      {"ApplicationName": "shop", "TemplateName": "saved", "EnvironmentId": "e-1",
       "Description": "d", "OptionSettings": [{"Namespace": "n", "OptionName": "o", "Value": "1"}],
       "Tags": [{"Key": "k", "Value": "v"}]}
      """#
    ) { client, facts in
      facts.add(
        try await client.createConfigurationTemplate(
          CreateConfigurationTemplateRequest(
            application: "shop", name: "saved", source: .environment(id: "e-1"), description: "d",
            optionSettings: [ConfigurationOptionSetting(namespace: "n", name: "o", value: "1")],
            tags: [Tag("k", "v")])))
    },
    template(
      #""SourceConfiguration": {"ApplicationName": "blog", "TemplateName": "old"}"#,
      .template(application: "blog", name: "old")),
    template(#""PlatformArn": "arn""#, .platform(arn: "arn")),
    template(#""SolutionStackName": "stack""#, .solutionStack(name: "stack")),
    OperationCase(
      beanstalk: "DeleteConfigurationTemplate",
      #"{"ApplicationName": "shop", "TemplateName": "saved"}"#
    ) { client, _ in
      try await client.deleteConfigurationTemplate(application: "shop", name: "saved")
    },
    OperationCase(
      beanstalk: "ListPlatformBranches",
      #"{"Filters": [{"Attribute": "LifecycleState", "Operator": "in", "Values": ["Supported", "Beta"]}]}"#
    ) { client, facts in
      let branches = try await client.listPlatformBranches([
        SearchFilter("LifecycleState", "in", ["Supported", "Beta"])
      ])
      facts.list("PlatformBranchSummaryList", branches) { $0.add($1) }
    },
    OperationCase(
      beanstalk: "ListPlatformVersions",
      #"{"Filters": [{"Type": "PlatformStatus", "Operator": "=", "Values": ["Ready"]}]}"#
    ) { client, facts in
      let platforms = try await client.listPlatformVersions([
        PlatformFilter("PlatformStatus", "=", ["Ready"])
      ])
      facts.list("PlatformSummaryList", platforms) { $0.add($1) }
    },
    OperationCase(
      beanstalk: "DescribePlatformVersion", #"{"PlatformArn": "arn"}"#
    ) { client, facts in
      let platform = try await client.describePlatformVersion(arn: "arn")
      facts.structure("PlatformDescription", platform) { $0.add($1) }
    },
    OperationCase(beanstalk: "ListAvailableSolutionStacks", "{}") { client, facts in
      facts.list("SolutionStacks", try await client.listAvailableSolutionStacks())
    },
    OperationCase(beanstalk: "ListTagsForResource", #"{"ResourceArn": "arn"}"#) { client, facts in
      facts.list("ResourceTags", try await client.listTagsForResource(arn: "arn")) { $0.add($1) }
    },
    OperationCase(
      beanstalk: "UpdateTagsForResource",
      #"""
      {"ResourceArn": "arn", "TagsToAdd": [{"Key": "k", "Value": "v"}],
       "TagsToRemove": ["l", "m"]}
      """#
    ) { client, _ in
      try await client.updateTagsForResource(
        arn: "arn", adding: [Tag("k", "v")], removing: ["l", "m"])
    },
  ]

  private static func template(
    _ argument: String, _ source: CreateConfigurationTemplateRequest.Source
  ) -> OperationCase {
    OperationCase(
      beanstalk: "CreateConfigurationTemplate",
      #"{"ApplicationName": "shop", "TemplateName": "saved", \#(argument)}"#
    ) { client, facts in
      facts.add(
        try await client.createConfigurationTemplate(
          CreateConfigurationTemplateRequest(
            application: "shop", name: "saved", source: source)))
    }
  }

  private static let others: [OperationCase] = [
    OperationCase("GetCallerIdentity", service: "sts", "{}") { session in
      var facts = Facts()
      let identity = try await STSClient(session).getCallerIdentity()
      facts.set("Account", identity.account)
      facts.set("Arn", identity.arn)
      facts.set("UserId", identity.userID)
      return facts
    },
    OperationCase(
      "GetInstanceProfile", service: "iam", #"{"InstanceProfileName": "profile"}"#
    ) { session in
      var facts = Facts()
      let profile = try #require(try await IAMClient(session).getInstanceProfile("profile"))
      facts.structure("InstanceProfile", profile) {
        $0.set("InstanceProfileName", $1.name)
        $0.set("Arn", $1.arn)
        $0.list("Roles", $1.roles) { $0.set("RoleName", $1) }
      }
      return facts
    },
    OperationCase("GetRole", service: "iam", #"{"RoleName": "role"}"#) { session in
      var facts = Facts()
      let role = try #require(try await IAMClient(session).getRole("role"))
      facts.structure("Role", role) {
        $0.set("RoleName", $1.name)
        $0.set("Arn", $1.arn)
      }
      return facts
    },
    OperationCase(
      "DescribeInstances", service: "ec2", #"{"InstanceIds": ["i-1", "i-2"]}"#
    ) { session in
      var facts = Facts()
      let instances = try await EC2Client(session).describeInstances(["i-1", "i-2"])
      // Two reservations of two instances each.
      for (index, instance) in instances.enumerated() {
        let path = "Reservations.\(index / 2).Instances.\(index % 2)"
        facts.structure(path, instance) { $0.add($1) }
      }
      return facts
    },
    OperationCase(
      "DescribeSecurityGroups", service: "ec2", #"{"GroupIds": ["sg-1", "sg-2"]}"#
    ) { session in
      var facts = Facts()
      let groups = try await EC2Client(session).describeSecurityGroups(["sg-1", "sg-2"])
      facts.list("SecurityGroups", groups) { $0.add($1) }
      return facts
    },
    ingress("AuthorizeSecurityGroupIngress", "IpRanges", "CidrIp", "203.0.113.7/32") {
      try await $0.authorizeSecurityGroupIngress(group: "sg-1", $1)
    },
    ingress("RevokeSecurityGroupIngress", "Ipv6Ranges", "CidrIpv6", "2001:db8::/32") {
      try await $0.revokeSecurityGroupIngress(group: "sg-1", $1)
    },
  ]

  private static func ingress(
    _ name: String, _ list: String, _ member: String, _ range: String,
    _ call: @escaping @Sendable (EC2Client, IngressRule) async throws -> Bool
  ) -> OperationCase {
    OperationCase(
      name, service: "ec2",
      #"""
      {"GroupId": "sg-1", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
        "\#(list)": [{"\#(member)": "\#(range)", "Description": "git eb ssh"}]}]}
      """#
    ) { session in
      var facts = Facts()
      facts.set(
        "Return",
        try await call(
          EC2Client(session), IngressRule(port: 22, range: range, description: "git eb ssh")))
      return facts
    }
  }
}
