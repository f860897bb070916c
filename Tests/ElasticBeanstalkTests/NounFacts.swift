@testable import AWS
@testable import ElasticBeanstalk

// What each noun says, by the names of the service's model.

extension Facts {
  mutating func add(_ tag: Tag) {
    set("Key", tag.key)
    set("Value", tag.value, absent: "")
  }

  mutating func add(_ application: ApplicationDescription) {
    set("ApplicationName", application.name)
    set("ApplicationArn", application.arn)
    set("Description", application.description)
    set("DateCreated", application.created)
    set("DateUpdated", application.updated)
    list("Versions", application.versions)
    list("ConfigurationTemplates", application.configurationTemplates)
  }

  mutating func add(_ version: ApplicationVersionDescription) {
    set("ApplicationName", version.application)
    set("VersionLabel", version.label)
    set("ApplicationVersionArn", version.arn)
    set("Description", version.description)
    set("Status", word: version.status)
    structure("SourceBundle", version.sourceBundle) {
      $0.set("S3Bucket", $1.bucket)
      $0.set("S3Key", $1.key)
    }
    structure("SourceBuildInformation", version.sourceBuildInformation) {
      $0.set("SourceType", $1.type)
      $0.set("SourceRepository", $1.repository)
      $0.set("SourceLocation", $1.location)
    }
    set("BuildArn", version.buildARN)
    set("DateCreated", version.created)
    set("DateUpdated", version.updated)
  }

  mutating func add(_ environment: EnvironmentDescription) {
    set("EnvironmentName", environment.name)
    set("EnvironmentId", environment.id)
    set("ApplicationName", environment.application)
    set("EnvironmentArn", environment.arn)
    set("VersionLabel", environment.versionLabel)
    set("SolutionStackName", environment.solutionStackName)
    set("PlatformArn", environment.platformARN)
    set("TemplateName", environment.templateName)
    set("Description", environment.description)
    set("EndpointURL", environment.endpointURL)
    set("CNAME", environment.cname)
    set("DateCreated", environment.created)
    set("DateUpdated", environment.updated)
    set("Status", word: environment.status)
    set("AbortableOperationInProgress", environment.isAbortable, absent: "false")
    set("Health", word: environment.health)
    set("HealthStatus", word: environment.healthStatus)
    structure("Tier", environment.tier) {
      $0.set("Name", $1.name)
      $0.set("Type", $1.type, absent: "")
      $0.set("Version", $1.version)
    }
    set("OperationsRole", environment.operationsRole)
  }

  mutating func add(_ event: EventDescription) {
    set("EventDate", event.date)
    set("Message", event.message, absent: "")
    set("Severity", word: event.severity)
    set("ApplicationName", event.application)
    set("VersionLabel", event.versionLabel)
    set("TemplateName", event.templateName)
    set("EnvironmentName", event.environment)
    set("PlatformArn", event.platformARN)
    set("RequestId", event.requestID)
  }

  mutating func add(_ setting: ConfigurationOptionSetting) {
    set("ResourceName", setting.resourceName)
    set("Namespace", setting.namespace)
    set("OptionName", setting.name)
    set("Value", setting.value)
  }

  mutating func add(_ settings: ConfigurationSettingsDescription) {
    set("ApplicationName", settings.application)
    set("TemplateName", settings.templateName)
    set("EnvironmentName", settings.environment)
    set("Description", settings.description)
    set("SolutionStackName", settings.solutionStackName)
    set("PlatformArn", settings.platformARN)
    set("DeploymentStatus", word: settings.deploymentStatus)
    set("DateCreated", settings.created)
    set("DateUpdated", settings.updated)
    list("OptionSettings", settings.optionSettings) { $0.add($1) }
  }

  mutating func add(_ option: ConfigurationOptionDescription) {
    set("Namespace", option.namespace)
    set("Name", option.name)
    set("DefaultValue", option.defaultValue)
    set("ChangeSeverity", option.changeSeverity)
    set("UserDefined", option.isUserDefined, absent: "false")
    set("ValueType", option.valueType)
    list("ValueOptions", option.valueOptions)
    set("MinValue", option.minimum)
    set("MaxValue", option.maximum)
    set("MaxLength", option.maximumLength)
    set("Regex.Pattern", option.pattern)
  }

  mutating func add(_ resources: EnvironmentResourceDescription) {
    set("EnvironmentName", resources.environment)
    for (name, member, values) in [
      ("Instances", "Id", resources.instances),
      ("AutoScalingGroups", "Name", resources.autoScalingGroups),
      ("LoadBalancers", "Name", resources.loadBalancers),
      ("LaunchTemplates", "Id", resources.launchTemplates),
      ("LaunchConfigurations", "Name", resources.launchConfigurations),
    ] {
      list(name, values) { $0.set(member, $1) }
    }
    list("Queues", resources.queues) {
      $0.set("Name", $1.name)
      $0.set("URL", $1.url)
    }
  }

  mutating func add(_ metrics: ApplicationMetrics) {
    set("Duration", metrics.duration)
    set("RequestCount", metrics.requestCount)
    for digit in 2...5 { set("StatusCodes.Status\(digit)xx", metrics.statusCodes[digit]) }
    for percentile in [10.0, 50, 75, 85, 90, 95, 99] {
      set("Latency.P\(Int(percentile))", metrics.latency[percentile])
    }
    set("Latency.P999", metrics.latency[99.9])
  }

  mutating func add(_ health: EnvironmentHealthDescription) {
    set("EnvironmentName", health.environment)
    set("Status", word: health.status)
    set("HealthStatus", word: health.healthStatus)
    set("Color", word: health.color)
    list("Causes", health.causes)
    structure("ApplicationMetrics", health.applicationMetrics) { $0.add($1) }
    structure("InstancesHealth", health.instancesHealth) { facts, summary in
      for (name, count) in [
        ("NoData", summary.noData), ("Unknown", summary.unknown), ("Pending", summary.pending),
        ("Ok", summary.ok), ("Info", summary.info), ("Warning", summary.warning),
        ("Degraded", summary.degraded), ("Severe", summary.severe),
      ] {
        facts.set(name, count, absent: "0")
      }
    }
    set("RefreshedAt", health.refreshed)
  }

  mutating func add(_ health: SingleInstanceHealth) {
    set("InstanceId", health.id)
    set("HealthStatus", word: health.healthStatus)
    set("Color", word: health.color)
    list("Causes", health.causes)
    set("LaunchedAt", health.launched)
    structure("ApplicationMetrics", health.applicationMetrics) { $0.add($1) }
    structure("System", health.system) { facts, system in
      facts.structure("CPUUtilization", system.cpu) {
        $0.set("User", $1.user)
        $0.set("Nice", $1.nice)
        $0.set("System", $1.system)
        $0.set("Idle", $1.idle)
        $0.set("IOWait", $1.ioWait)
      }
      facts.list("LoadAverage", system.loadAverage.map(\.description))
    }
    structure("Deployment", health.deployment) {
      $0.set("VersionLabel", $1.versionLabel)
      $0.set("DeploymentId", $1.id)
      $0.set("Status", $1.status)
      $0.set("DeploymentTime", $1.time)
    }
    set("AvailabilityZone", health.availabilityZone)
    set("InstanceType", health.type)
  }

  mutating func add(_ branch: PlatformBranchSummary) {
    set("BranchName", branch.name)
    set("PlatformName", branch.platformName)
    set("LifecycleState", branch.lifecycleState)
    set("BranchOrder", branch.order)
    list("SupportedTierList", branch.supportedTiers)
  }

  mutating func add(_ platform: PlatformSummary) {
    set("PlatformArn", platform.arn)
    set("PlatformOwner", platform.owner)
    set("PlatformStatus", platform.status)
    set("PlatformCategory", platform.category)
    set("PlatformVersion", platform.version)
    set("OperatingSystemName", platform.operatingSystem)
    list("SupportedTierList", platform.supportedTiers)
    set("PlatformLifecycleState", platform.lifecycleState)
    set("PlatformBranchName", platform.branchName)
    set("PlatformBranchLifecycleState", platform.branchLifecycleState)
  }

  mutating func add(_ platform: PlatformDescription) {
    set("PlatformArn", platform.arn)
    set("PlatformOwner", platform.owner)
    set("PlatformName", platform.name)
    set("PlatformVersion", platform.version)
    set("SolutionStackName", platform.solutionStackName)
    set("PlatformStatus", platform.status)
    set("PlatformCategory", platform.category)
    set("Description", platform.description)
    set("OperatingSystemName", platform.operatingSystem)
    set("OperatingSystemVersion", platform.operatingSystemVersion)
    list("SupportedTierList", platform.supportedTiers)
    set("PlatformLifecycleState", platform.lifecycleState)
    set("PlatformBranchName", platform.branchName)
    set("PlatformBranchLifecycleState", platform.branchLifecycleState)
    set("DateCreated", platform.created)
    set("DateUpdated", platform.updated)
  }

  mutating func add(_ instance: EC2Instance) {
    set("InstanceId", instance.id)
    set("State.Name", instance.state)
    set("PublicIpAddress", instance.publicAddress)
    set("PublicDnsName", instance.publicName)
    set("PrivateIpAddress", instance.privateAddress)
    set("PrivateDnsName", instance.privateName)
    set("KeyName", instance.keyName)
    list("SecurityGroups", instance.securityGroups) { $0.set("GroupId", $1) }
    set("Placement.AvailabilityZone", instance.availabilityZone)
    set("VpcId", instance.vpc)
    set("SubnetId", instance.subnet)
  }

  mutating func add(_ group: SecurityGroup) {
    set("GroupId", group.id)
    set("GroupName", group.name)
    list("IpPermissions", group.ingress) { facts, permission in
      facts.set("IpProtocol", permission.transport)
      if let ports = permission.ports {
        facts.set("FromPort", ports.lowerBound)
        facts.set("ToPort", ports.upperBound)
      }
      for (index, range) in permission.ranges.enumerated() {
        facts.set(
          index < 2 ? "IpRanges.\(index).CidrIp" : "Ipv6Ranges.\(index - 2).CidrIpv6", range)
      }
      facts.list("UserIdGroupPairs", permission.groups) { $0.set("GroupId", $1) }
    }
  }
}
