package import AWS

/// What the service refused, where git-eb can do or say something about it.
///
/// The code alone does not tell: most refusals are `InvalidParameterValue`. Where the words are
/// needed, they are those that the service has used for years and that other tools recognise; each
/// case names where they were seen.
package enum BeanstalkFailure: Sendable, Equatable {
  /// Too many requests: HTTP 400, `Throttling`, "Rate exceeded".
  case throttled
  /// "No Application named 'X' found." (the quotes are not always there: the EB CLI's
  /// `app.notexists`)
  case noSuchApplication
  /// "No Application Version named 'X' found."
  case noSuchVersion
  /// "No Environment found for EnvironmentName = 'X'."
  case noSuchEnvironment
  /// "No Configuration Template named 'application/X' found."
  case noSuchTemplate
  /// `ResourceNotFoundException`: the ARN of the tag operations.
  case noSuchResource
  /// "Application X already exists." (the EB CLI's `app.exists`)
  case applicationExists
  /// "Application Version X already exists." (travis-ci/dpl#1184)
  case labelExists
  /// "Environment X already exists." (the EB CLI's `env.nameexists`; hashicorp/terraform#22433)
  case environmentExists
  /// "Configuration Template X already exists." (the EB CLI's `cfg.nameexists`)
  case templateExists
  /// "Environment named X is in an invalid state for this operation. Must be Ready.", while
  /// terminating "Cannot terminate environment named X. It is currently pending deployment.", and
  /// `OperationInProgressException`.
  case busy
  /// "… is in an invalid state for this operation. Must be pending deployment."
  case nothingToAbort
  /// "DNS name (x.….elasticbeanstalk.com) is not available."
  case dnsTaken
  /// "Unable to download from S3 location (Bucket: B  Key: K). Reason: Not Found"
  case bundleMissing
  /// "… Reason: The bucket is in this region: R. Please use this region to retry the request"
  /// (meteor-up/mup-aws-beanstalk#22), "… Reason: Moved Permanently"
  /// (dlhdesign/node-aws-beanstalk#6), or `S3LocationNotInServiceRegionException`. The region where
  /// the service says it.
  case bundleElsewhere(region: String?)
  /// "Unable to download from S3 location … Reason: Forbidden" and others. The reason.
  case bundleUnreadable(reason: String)
  /// "Source bundle is empty or exceeds maximum allowed size: 524288000."
  case bundleSize
  /// `SourceBundleDeletionException`: the version is deleted, or not, but its bundle is there.
  case bundleNotDeleted
  /// `TooManyApplicationVersionsException`
  case tooManyVersions
  /// `TooManyApplicationsException`, `TooManyEnvironmentsException`,
  /// `TooManyConfigurationTemplatesException`, `TooManyBucketsException`, `TooManyTagsException`:
  /// the code.
  case tooMany(code: String)
  /// `ConfigurationValidationException`: an option that does not exist, or cannot be so.
  case invalidConfiguration
  /// `ValidationError`: a name or a text is too long or has characters that it cannot have.
  case invalidParameter
  /// "DescribeEnvironmentHealth is not supported.": the environment has basic health reporting
  /// (the EB CLI's `health.nodescribehealth`; log-just/t2.autoscaling-beanstalk#1).
  case noEnhancedHealth
  /// The identity may not do this.
  case forbidden
  /// The credentials have ended.
  case expired
}

extension ServiceError {
  /// What an answer of Elastic Beanstalk's means; `nil` for what is not known.
  package var beanstalkFailure: BeanstalkFailure? {
    switch code {
    case "Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded",
      "TooManyRequestsException", "RequestThrottled", "RequestThrottledException", "SlowDown":
      return .throttled
    case "TooManyApplicationVersionsException": return .tooManyVersions
    case "TooManyApplicationsException", "TooManyEnvironmentsException",
      "TooManyConfigurationTemplatesException", "TooManyBucketsException", "TooManyTagsException":
      return .tooMany(code: code)
    case "OperationInProgressException", "OperationInProgressFailure", "OperationInProgress":
      return .busy
    case "SourceBundleDeletionException", "SourceBundleDeletionFailure": return .bundleNotDeleted
    case "S3LocationNotInServiceRegionException", "S3LocationNotInServiceRegion":
      return .bundleElsewhere(region: nil)
    case "ConfigurationValidationException": return .invalidConfiguration
    case "ValidationError": return .invalidParameter
    case "ResourceNotFoundException": return .noSuchResource
    case "AccessDenied", "AccessDeniedException", "InsufficientPrivilegesException",
      "UnauthorizedOperation", "OptInRequired":
      return .forbidden
    case "ExpiredToken", "ExpiredTokenException", "RequestExpired": return .expired
    default: return failureInWords
    }
  }

  /// Codes that say little: `InvalidParameterValue`, `InvalidParameterCombination`,
  /// `InvalidRequestException`.
  private var failureInWords: BeanstalkFailure? {
    if message.hasPrefix("Unable to download from S3 location") { return bundleFailure }
    if message.contains("exceeds maximum allowed size") { return .bundleSize }
    if message.hasPrefix("DNS name"), message.contains("is not available") { return .dnsTaken }
    if message.hasPrefix("Describe"), message.contains("Health is not supported") {
      return .noEnhancedHealth
    }
    if message.contains("is in an invalid state for this operation") {
      return message.contains("Must be pending deployment") ? .nothingToAbort : .busy
    }
    if message.hasPrefix("Cannot terminate environment named"),
      message.contains("currently pending")
    {
      return .busy
    }
    if message.hasPrefix("No Environment found for") { return .noSuchEnvironment }
    // The longer names come first: 'Application' begins them all.
    if message.hasPrefix("No ") {
      return Self.first(of: [
        ("No Application Version named", .noSuchVersion),
        ("No Configuration Template named", .noSuchTemplate),
        ("No Application named", .noSuchApplication),
      ]) { message.hasPrefix($0) }
    }
    guard message.contains("already exists") else { return nil }
    return Self.first(of: [
      ("Application Version ", .labelExists), ("Configuration Template ", .templateExists),
      ("Application ", .applicationExists), ("Environment ", .environmentExists),
    ]) { message.hasPrefix($0) }
  }

  private var bundleFailure: BeanstalkFailure {
    let reason = message.split(separator: "Reason: ", maxSplits: 1).dropFirst().first ?? ""
    if reason.hasPrefix("Not Found") { return .bundleMissing }
    if reason.hasPrefix("Moved Permanently") { return .bundleElsewhere(region: nil) }
    let words = "The bucket is in this region: "
    guard reason.hasPrefix(words) else { return .bundleUnreadable(reason: String(reason)) }
    let region = reason.dropFirst(words.count).prefix {
      $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-")
    }
    return .bundleElsewhere(region: region.isEmpty ? nil : String(region))
  }

  private static func first(
    of table: [(words: String, failure: BeanstalkFailure)], where matches: (String) -> Bool
  ) -> BeanstalkFailure? {
    table.first { matches($0.words) }?.failure
  }
}
