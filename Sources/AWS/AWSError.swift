/// What a service answered instead of a result.
package struct ServiceError: Error, Equatable, Sendable {
  /// The service's name for requests, such as `elasticbeanstalk`, and the action, such as
  /// `UpdateEnvironment`.
  package var service: String
  package var operation: String
  package var status: Int
  /// Such as `InvalidParameterValue`; empty where the answer held none.
  package var code: String
  package var message: String
  package var requestID: String?
  /// The region that a bucket is in, where S3 said so (`x-amz-bucket-region`).
  package var bucketRegion: String?

  package init(
    service: String, operation: String, status: Int, code: String, message: String,
    requestID: String? = nil, bucketRegion: String? = nil
  ) {
    self.service = service
    self.operation = operation
    self.status = status
    self.code = code
    self.message = message
    self.requestID = requestID
    self.bucketRegion = bucketRegion
  }
}

/// An answer that is not what the service's model says, such as XML that ends too early.
package struct InvalidAnswer: Error, Equatable, Sendable {
  package var service: String
  package var operation: String
  package var reason: String

  package init(service: String, operation: String, reason: String) {
    self.service = service
    self.operation = operation
    self.reason = reason
  }
}

/// Why there are no credentials. Names, files and lines; never a secret.
package enum CredentialError: Error, Equatable, Sendable {
  /// Nothing that was looked at has credentials; `looked` says where, in order, for people.
  case none(looked: [String])
  /// `profile` is in none of `files`; `known` are the profiles that are.
  case noSuchProfile(profile: String, files: [String], known: [String])
  /// The environment has an access key, and what belongs to it is missing or wrong.
  case incompleteEnvironment(variable: String, reason: String)
  /// The profile is there, and has no way to credentials. `reason` is for people.
  case incompleteProfile(profile: String, reason: String)
  /// `source_profile` leads back to a profile that was seen.
  case circularProfiles([String])
  /// A file is not as AWS's tools write it.
  case badFile(path: String, line: Int?, reason: String)
  /// The single sign-on session has ended; `aws sso login` begins a new one.
  case loginNeeded(profile: String, command: String)
  /// `credential_process` failed or printed something else. Its output is not repeated.
  case process(command: String, reason: String)
  /// A code from a device is asked for, and nobody can type it.
  case tokenNeeded(serial: String)
  /// The metadata service, the container's endpoint, STS or SSO refused. `reason` is for people.
  case refused(by: String, reason: String)
}

/// No region is set anywhere.
package struct NoRegion: Error, Equatable, Sendable {
  package init() {}
}
