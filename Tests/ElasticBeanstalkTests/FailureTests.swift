import Testing

@testable import AWS
@testable import ElasticBeanstalk

@Suite("Beanstalk: failures") struct FailureTests {
  @Test(
    arguments: [
      ("Throttling", "Rate exceeded", .throttled),
      ("InvalidParameterValue", "No Application named 'shop' found.", .noSuchApplication),
      ("InvalidParameterValue", "No Application named shop found.", .noSuchApplication),
      ("InvalidParameterValue", "No Application Version named 'v1' found.", .noSuchVersion),
      (
        "InvalidParameterValue", "No Environment found for EnvironmentName = 'shop-dev'.",
        .noSuchEnvironment
      ),
      (
        "InvalidParameterValue", "No Configuration Template named 'shop/saved' found.",
        .noSuchTemplate
      ),
      ("ResourceNotFoundException", "Resource not found", .noSuchResource),
      ("InvalidParameterValue", "Application shop already exists.", .applicationExists),
      ("InvalidParameterValue", "Application Version v1 already exists.", .labelExists),
      ("InvalidParameterValue", "Environment shop-dev already exists.", .environmentExists),
      ("InvalidParameterValue", "Configuration Template saved already exists.", .templateExists),
      (
        "InvalidParameterValue",
        "Environment named shop-dev is in an invalid state for this operation. Must be Ready.",
        .busy
      ),
      (
        "InvalidParameterValue",
        "Cannot terminate environment named shop-dev. It is currently pending deployment.", .busy
      ),
      ("OperationInProgressException", "Unable to delete", .busy),
      (
        "InvalidParameterValue",
        "Environment named shop-dev is in an invalid state for this operation. Must be pending deployment.",
        .nothingToAbort
      ),
      (
        "InvalidParameterValue",
        "DNS name (shop.eu-central-1.elasticbeanstalk.com) is not available.",
        .dnsTaken
      ),
      (
        "InvalidParameterCombination",
        "Unable to download from S3 location (Bucket: b  Key: k). Reason: Not Found", .bundleMissing
      ),
      (
        "InvalidParameterCombination",
        "Unable to download from S3 location (Bucket: b  Key: k). Reason: The bucket is in this region: us-east-1. Please use this region to retry the request",
        .bundleElsewhere(region: "us-east-1")
      ),
      (
        "InvalidParameterCombination",
        "Unable to download from S3 location (Bucket: b  Key: k). Reason: Moved Permanently",
        .bundleElsewhere(region: nil)
      ),
      (
        "InvalidParameterCombination",
        "Unable to download from S3 location (Bucket: b  Key: k). Reason: Forbidden",
        .bundleUnreadable(reason: "Forbidden")
      ),
      (
        "InvalidParameterCombination", "Unable to download from S3 location",
        .bundleUnreadable(reason: "")
      ),
      (
        "InvalidParameterValue",
        "Source bundle is empty or exceeds maximum allowed size: 524288000.", .bundleSize
      ),
      ("SourceBundleDeletionException", "Unable to delete", .bundleNotDeleted),
      ("TooManyApplicationVersionsException", "", .tooManyVersions),
      (
        "TooManyEnvironmentsException", "",
        .tooMany(code: "TooManyEnvironmentsException")
      ),
      (
        "ConfigurationValidationException",
        "Configuration validation exception: Invalid option specification (Namespace: 'n', OptionName: 'o'): Unknown configuration setting.",
        .invalidConfiguration
      ),
      (
        "ValidationError",
        "1 validation error detected: Value 'x' at 'environmentName' failed to satisfy constraint: Member must have length greater than or equal to 4",
        .invalidParameter
      ),
      (
        "InvalidRequestException", "DescribeEnvironmentHealth is not supported.", .noEnhancedHealth
      ),
      (
        "InvalidRequestException", "DescribeInstancesHealth is not supported.", .noEnhancedHealth
      ),
      ("AccessDenied", "User: arn is not authorized to perform: x", .forbidden),
      ("InsufficientPrivilegesException", "", .forbidden),
      ("ExpiredToken", "The security token included in the request is expired", .expired),
      ("InvalidParameterValue", "Something else.", nil),
      ("", "", nil),
    ] as [(String, String, BeanstalkFailure?)])
  func `A refusal is recognised by its code and its words`(
    _ code: String, _ message: String, _ expected: BeanstalkFailure?
  ) {
    let error = ServiceError(
      service: "elasticbeanstalk", operation: "UpdateEnvironment", status: 400, code: code,
      message: message)
    #expect(error.beanstalkFailure == expected)
  }

  @Test func `An error of the service comes with its words`() async throws {
    let transport = ScriptedTransport([
      .error(
        status: 400, code: "InvalidParameterValue",
        message: "No Environment found for EnvironmentName = &apos;shop-dev&apos;.")
    ])
    let client = ElasticBeanstalkClient(try testSession(transport))
    let error = await #expect(throws: ServiceError.self) {
      _ = try await client.updateEnvironment(UpdateEnvironmentRequest(name: "shop-dev"))
    }
    #expect(error?.beanstalkFailure == .noSuchEnvironment)
    #expect(error?.operation == "UpdateEnvironment")
    #expect(error?.requestID == "request-1")
  }

  @Test func `What IAM does not have is no error`() async throws {
    let answer = ScriptedTransport.Answer.error(
      status: 404, code: "NoSuchEntity", message: "The role cannot be found.")
    let client = IAMClient(try testSession(ScriptedTransport([answer])))
    #expect(try await client.getRole("role") == nil)
    #expect(try await client.getInstanceProfile("profile") == nil)
  }

  @Test func `A rule that is there already is told apart from ours`() async throws {
    let rule = IngressRule(port: 22, range: "203.0.113.7/32", description: nil)
    let answer = { (code: String) in
      ScriptedTransport.Answer.error(status: 400, code: code, message: "m")
    }
    let duplicate = EC2Client(
      try testSession(ScriptedTransport([answer("InvalidPermission.Duplicate")])))
    #expect(try await duplicate.authorizeSecurityGroupIngress(group: "sg-1", rule) == false)
    let gone = EC2Client(
      try testSession(ScriptedTransport([answer("InvalidPermission.NotFound")])))
    #expect(try await gone.revokeSecurityGroupIngress(group: "sg-1", rule) == false)
  }

  @Test func `No instance is asked for without an id, which would be all`() async throws {
    let transport = ScriptedTransport([])
    let client = EC2Client(try testSession(transport))
    #expect(try await client.describeInstances([]) == [])
    #expect(try await client.describeSecurityGroups([]) == [])
    #expect(transport.requests.isEmpty)
  }
}
