/// Instances, their network and their rights: what no bundle shows.
enum InstanceSymptoms {
  private static let page =
    "docs.aws.amazon.com/elasticbeanstalk/latest/dg/troubleshooting-environments.html"

  static let all = [
    Symptom(
      "ES270", "an instance never reported that it is up: mostly it does not reach the service",
      remedy: "give the subnet a NAT gateway or public addresses, and the environment an instance "
        + "profile",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/vpc.html",
      signs: [
        ["AWSEBInstanceLaunchWaitCondition"],
        ["WaitCondition timed out. Received 0 conditions when expecting"],
        ["The EC2 instances failed to communicate with AWS Elastic Beanstalk"],
      ]),
    Symptom(
      "ES271", "the environment has no instance profile, or one that is not there",
      remedy: "name one: aws:autoscaling:launchconfiguration IamInstanceProfile "
        + "aws-elasticbeanstalk-ec2-role",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/iam-instanceprofile.html",
      signs: [
        ["The instance profile ", " associated with the environment does not exist"],
        ["instance profile ", " does not exist"], ["Invalid IamInstanceProfile"],
        ["Environment must have instance profile associated with it"],
        ["Invalid IAM Instance Profile name"],
      ]),
    Symptom(
      "ES272", "a role has not the right that was needed",
      remedy: "add the action to the policy of the role that the line names",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/concepts-roles.html",
      signs: [
        ["is not authorized to perform: "], ["AccessDeniedException"],
        ["(AccessDenied) when calling"],
        ["Service role ", " is missing required permissions"],
        ["The service role ", " not exist"], ["Unable to locate credentials"],
        ["Failed to get secret value"], ["failed to fetch secret"],
      ]),
    Symptom(
      "ES273", "the account has as many instances or addresses of the kind as it may have",
      remedy: "raise the quota, or terminate what nobody uses (git eb list)",
      source: "docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-resource-limits.html",
      signs: [
        ["VcpuLimitExceeded"], ["You have requested more vCPU capacity than your current"],
        ["InstanceLimitExceeded"], ["AddressLimitExceeded"],
        ["The maximum number of addresses has been reached"], ["TooManyEnvironmentsException"],
      ]),
    Symptom(
      "ES274", "AWS has no instance of that type there, now or at all",
      remedy: "name another instance type or availability zone",
      source: "docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html",
      signs: [
        ["InsufficientInstanceCapacity"], ["We currently do not have sufficient ", " capacity"],
        ["Your requested instance type (", "is not supported in your requested Availability Zone"],
        ["is not supported. Please check the documentation for supported"],
        ["architecture of the specified instance type"],
      ]),
    Symptom(
      "ES275", "the account's own network is not there, or has no room",
      remedy: "name VPCId and Subnets under aws:ec2:vpc",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/vpc.html",
      signs: [
        ["No default VPC for this user"], ["InvalidSubnetID.NotFound"], ["InvalidVpcID.NotFound"],
        ["InsufficientFreeAddressesInSubnet"],
        ["The following resource(s) failed to create: [AWSEBSecurityGroup"],
      ]),
    Symptom(
      "ES276", "the launch configuration or template is one that the account may not make any more",
      remedy:
        "set aws:autoscaling:launchconfiguration RootVolumeType to gp3, which makes the service "
        + "use a launch template",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/"
        + "environments-cfg-autoscaling-launch-templates.html",
      signs: [
        ["The Launch Configuration creation operation is not available in your account"]
      ]),
    Symptom(
      "ES277", "a resource of that name is there already, or is in use by something else",
      remedy: "remove it, or give the environment another name",
      source: page,
      signs: [
        ["DependencyViolation"], ["resource ", " has a dependent object"],
        ["CNAME ", " is not available"], ["failed Reason: ", " already exists"],
        ["DNS name (", ") is not available"],
      ]),
    Symptom(
      "ES278", "the database that belongs to the environment could not be made or removed",
      remedy: "keep the database apart from the environment, and name it in variables",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/AWSHowTo.RDS.html",
      signs: [
        ["Creating RDS database", "failed"], ["AWSEBRDSDatabase", "failed"],
        ["DBInstance", "failed Reason"],
      ]),
    Symptom(
      "ES279", "the certificate of the load balancer is not there, or not in this region",
      remedy: "name a certificate of this region (aws acm list-certificates)",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/configuring-https-elb.html",
      signs: [
        ["CertificateNotFound"], ["Certificate ARN '", "' is not valid"],
        ["Server Certificate not found for the key"],
      ]),
  ]
}
