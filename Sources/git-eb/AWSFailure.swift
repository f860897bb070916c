import AWS
import ElasticBeanstalk

/// AWS's errors in words, for ``Failure``.
struct AWSFailure {
  var status: ExitStatus
  var message: String
  var hints: [String] = []
  var details: [String] = []

  /// `nil` for what is no error of AWS's or of the way there.
  init?(_ error: any Error) {
    switch error {
    case let error as ServiceError: self.init(error)
    case let error as TransportError: self.init(error)
    case let error as CredentialError: self.init(error)
    case is NoRegion:
      self.init(
        .refused, "no region is set", "git config eb.region eu-central-1", "or AWS_REGION")
    case let error as InvalidRegion:
      self.init(
        .refused, "\(Format.quoted(error.text)) of \(Format.visible(error.source)) is no region")
    case let error as EndpointError:
      self.init(
        .refused, "the endpoint of \(Format.visible(error.source)) cannot be used: \(error.reason)")
    case let error as InvalidAnswer:
      self.init(
        .unavailable, "the answer to \(error.operation) cannot be read: \(error.reason)",
        "try again")
    case let error as ObjectDiffers:
      self.init(
        .refused,
        "s3://\(error.bucket)/\(Format.visible(error.key)) is there with other contents")
    case let error as FileChanged:
      self.init(
        .refused, "the bundle of \(Format.visible(error.key)) changed while it was uploaded")
    case let error as UploadPlan.TooLarge:
      self.init(.refused, "\(Format.bytes(error.length)) are too much for S3")
    default: return nil
    }
  }

  private init(_ status: ExitStatus, _ message: String, _ hints: String...) {
    self.status = status
    self.message = message
    self.hints = hints
  }

  // MARK: - Services

  private init(_ error: ServiceError) {
    let words = error.message.isEmpty ? error.code : error.message
    let said = words.isEmpty ? "status \(error.status)" : Format.visible(words)
    switch error.beanstalkFailure {
    case .throttled?:
      self.init(
        .unavailable, "AWS asks for fewer requests (\(error.operation))", "try again in a minute")
    case .forbidden?:
      self.init(.noPermission, "\(error.operation) is not allowed: \(said)", "git eb whoami")
    case .expired?:
      self.init(.noPermission, "the credentials have expired", "aws sso login, or git eb whoami")
    case .tooManyVersions?:
      self.init(
        .refused, "the account has as many application versions as it may",
        "git eb versions --prune"
      )
    case .bundleMissing?:
      self.init(.refused, "the bundle is gone from S3: \(said)", "git eb push --force")
    case .bundleElsewhere(let region)?:
      self.init(
        .refused, "the bundle's bucket is in another region: \(said)",
        region.map { "--region \($0), or another beanstalk.bucket" } ?? "another beanstalk.bucket")
    case .invalidConfiguration?:
      self.init(.refused, "the options are refused: \(said)", "git eb config")
    case .busy?:
      self.init(.refused, "the environment is busy: \(said)", "--wait 10m waits for it")
    case .nothingToAbort?:
      self.init(.refused, "there is nothing to abort: \(said)", "git eb status")
    default:
      self.init(unclassified: error, said)
    }
    if let id = error.requestID { details.append("  AWS's request id: \(Format.visible(id))") }
  }

  private init(unclassified error: ServiceError, _ said: String) {
    switch error.code {
    case "InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException",
      "SignatureDoesNotMatch", "AuthFailure", "IncompleteSignature", "MissingAuthenticationToken":
      self.init(
        .noPermission, "AWS does not accept the credentials: \(said)", "git eb whoami")
    case "NoSuchBucket":
      self.init(
        .refused, "there is no bucket for the bundles: \(said)", "git config eb.beanstalk.bucket …")
    case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
      self.init(
        .refused,
        "the bucket is in another region"
          + (error.bucketRegion.map { ": \($0)" } ?? ": \(said)"),
        "another beanstalk.bucket")
    default:
      if error.status == 401 || error.status == 403 {
        self.init(.noPermission, "\(error.operation) is not allowed: \(said)", "git eb whoami")
      } else if error.status >= 500 {
        self.init(
          .unavailable, "\(error.operation) failed at AWS: \(said)", "try again in a minute")
      } else {
        self.init(.refused, "\(error.operation) is refused: \(said)")
      }
    }
  }

  // MARK: - The way there

  private init(_ error: TransportError) {
    switch error {
    case .unavailable(let reason):
      self.init(.unavailable, "libcurl cannot be used: \(reason)", "apt-get install libcurl4")
    case .cannotConnect(let host, let reason):
      self.init(.unavailable, "cannot reach \(host): \(Format.visible(reason))")
    case .notTrusted(let host, let reason):
      self.init(
        .unavailable, "\(host) is not trusted: \(Format.visible(reason))",
        "AWS_CA_BUNDLE names a file of certificates")
    case .broken(let host, let reason):
      self.init(.unavailable, "the connection to \(host) broke: \(Format.visible(reason))")
    case .timedOut(let host, let what):
      self.init(.unavailable, "\(host) does not answer: \(Format.visible(what))")
    case .tooLarge(let host):
      self.init(.unavailable, "the answer of \(host) is too large")
    case .file(let number):
      self.init(.refused, "cannot read the bundle: error \(number)")
    case .interrupted:
      self.init(.interrupted, "interrupted")
    }
  }

  // MARK: - Credentials

  private init(_ error: CredentialError) {
    switch error {
    case .none(let looked):
      self.init(
        .noPermission, "there are no AWS credentials", "aws configure, or --profile <name>")
      details = looked.map { "  looked in " + Format.visible($0) }
    case .noSuchProfile(let profile, let files, let known):
      self.init(
        .noPermission, "there is no profile \(Format.quoted(profile)) in \(Format.names(files))")
      if !known.isEmpty { hints = ["known: " + known.map(Format.visible).joined(separator: ", ")] }
    case .incompleteEnvironment(let variable, let reason):
      self.init(.noPermission, "\(variable) is not enough: \(Format.visible(reason))")
    case .incompleteProfile(let profile, let reason):
      self.init(
        .noPermission,
        "profile \(Format.quoted(profile)) gives no credentials: \(Format.visible(reason))")
    case .circularProfiles(let names):
      self.init(
        .noPermission, "profiles lead back to themselves: " + names.joined(separator: " → "))
    case .badFile(let path, let line, let reason):
      self.init(
        .refused,
        "\(Format.visible(path))\(line.map { ":\($0)" } ?? ""): \(Format.visible(reason))")
    case .loginNeeded(let profile, let command):
      self.init(
        .noPermission, "the single sign-on of profile \(Format.quoted(profile)) has ended",
        Format.visible(command))
    case .process(let command, let reason):
      self.init(
        .noPermission,
        "credential_process \(Format.quoted(command)) failed: \(Format.visible(reason))")
    case .tokenNeeded(let serial):
      self.init(
        .noPermission, "\(Format.visible(serial)) asks for a code, and there is no terminal",
        "git eb whoami, in a terminal")
    case .refused(let by, let reason):
      self.init(.noPermission, "\(by) gives no credentials: \(Format.visible(reason))")
    }
  }
}
