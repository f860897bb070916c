import FoundationEssentials

extension ServiceError {
  /// The error that an answer with a bad status tells.
  init(_ response: HTTPResponse, _ service: Service, _ operation: String) {
    self.init(
      service: service.signingName, operation: operation, status: response.status, code: "",
      message: "", requestID: Self.identifiers.lazy.compactMap { response[$0] }.first,
      bucketRegion: response["x-amz-bucket-region"])
    if let root = try? XMLElement(parsing: response.body) {
      _ = read(root)
    } else if let answer = try? JSONDecoder().decode(
      JSONAnswer.self, from: Data(response.body))
    {
      code = Self.bare(answer.type ?? answer.code ?? "")
      message = answer.message ?? answer.otherMessage ?? ""
      if Self.signatureCodes.contains(code) { message = Self.firstLine(message) }
    }
    if code.isEmpty, let type = response["x-amzn-errortype"] { code = Self.bare(type) }
  }

  /// The error in an answer with a good status; `nil` where there is none.
  init?(in root: XMLElement, of response: HTTPResponse, _ service: Service, _ operation: String) {
    self.init(
      service: service.signingName, operation: operation, status: response.status, code: "",
      message: "", requestID: Self.identifiers.lazy.compactMap { response[$0] }.first,
      bucketRegion: response["x-amz-bucket-region"])
    guard read(root) else { return nil }
  }

  private static let signatureCodes: Set = [
    "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "AuthFailure",
  ]
  private static let identifiers = ["x-amzn-requestid", "x-amz-request-id"]

  /// Takes code and message from the three forms: `ErrorResponse` of the Query services, `Response`
  /// of EC2, and S3's bare `Error`.
  private mutating func read(_ root: XMLElement) -> Bool {
    let error: XMLElement?
    switch root.name {
    case "ErrorResponse": error = root["Error"]
    case "Response": error = root["Errors"]?["Error"]
    case "Error": error = root
    default: error = nil
    }
    guard let error else { return false }
    code = error.string("Code") ?? ""
    message = error.string("Message") ?? error.string("message") ?? ""
    if Self.signatureCodes.contains(code) {
      message = Self.firstLine(message)
    }
    for (place, name) in [(root, "RequestId"), (root, "RequestID"), (error, "RequestId")] {
      requestID = requestID ?? place.string(name)
    }
    if bucketRegion == nil, service == "s3" { bucketRegion = error.string("Region") }
    return true
  }

  /// For errors about signatures: some services go on with the request as they saw it, session
  /// token and all.
  private static func firstLine(_ message: String) -> String {
    message.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
  }

  /// `com.amazonaws.x#Code:https://…` without what surrounds the code.
  private static func bare(_ type: String) -> String {
    let name = type.split(separator: ":").first ?? ""
    return String(name.split(separator: "#").last ?? "")
  }

  /// What services with JSON answer.
  private struct JSONAnswer: Decodable {
    var type: String?
    var code: String?
    var message: String?
    var otherMessage: String?

    enum CodingKeys: String, CodingKey {
      case type = "__type"
      case code
      case message
      case otherMessage = "Message"
    }
  }
}

extension RetryPolicy.Failure {
  /// - Parameters:
  ///   - hasBody: whether the answer could have told a code; one to HEAD cannot: S3 then means
  ///     expired credentials by 400, a time that is off by 403, and another region by both.
  ///   - isSkewed: whether the answer's `Date` is far from the time that was signed.
  init(_ error: ServiceError, retryAfter: Duration?, hasBody: Bool, isSkewed: Bool) {
    let isMute = error.code.isEmpty && !hasBody
    if isSkewed,
      Self.skewCodes.contains(error.code) || isMute && [400, 403].contains(error.status)
    {
      self = .skewed
    } else if Self.expiredCodes.contains(error.code)
      || isMute && error.status == 400 && error.bucketRegion == nil
    {
      self = .expired
    } else if Self.throttlingCodes.contains(error.code) || error.status == 429 {
      self = .throttled(retryAfter: retryAfter)
    } else if Self.transientCodes.contains(error.code)
      || [408, 500, 502, 503, 504].contains(error.status)
    {
      self = .uncertain(retryAfter: retryAfter)
    } else {
      self = .final
    }
  }

  init(_ error: TransportError) {
    switch error {
    case .cannotConnect: self = .unreached
    case .broken, .timedOut: self = .uncertain(retryAfter: nil)
    case .unavailable, .notTrusted, .tooLarge, .file, .interrupted: self = .final
    }
  }

  /// botocore's `ThrottledRetryableChecker`, without the two that are also said of a quota.
  private static let throttlingCodes: Set = [
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException",
    "TooManyRequestsException", "ProvisionedThroughputExceededException", "RequestLimitExceeded",
    "BandwidthLimitExceeded", "RequestThrottled", "SlowDown", "PriorRequestNotComplete",
    "EC2ThrottledException",
  ]
  private static let transientCodes: Set = [
    "InternalError", "InternalFailure", "ServiceUnavailable", "RequestTimeout",
    "RequestTimeoutException", "IncompleteBody",
  ]
  private static let expiredCodes: Set = [
    "ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired",
  ]
  /// Said where the time of a signature is too far off; most of them for other reasons too, so that
  /// the answer's date has to agree.
  private static let skewCodes: Set = [
    "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "SignatureDoesNotMatch",
    "InvalidSignatureException", "AuthFailure",
  ]
}
