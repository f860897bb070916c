import FoundationEssentials

// The role of an EC2 instance, through version 2 of its metadata service, as botocore's
// InstanceMetadataFetcher. Version 1 takes no token and is not asked.
extension CredentialChain {
  enum InstanceRole {
    case found(Credentials)
    /// This is no instance, or it has no role: for people.
    case missing(String)
  }

  /// The instance's role. A machine that is no instance costs one wait of a second.
  func instanceCredentials() async throws -> InstanceRole {
    if environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" {
      return .missing("the instance metadata (AWS_EC2_METADATA_DISABLED)")
    }
    guard let endpoint = metadataEndpoint() else {
      throw CredentialError.refused(
        by: "the instance metadata", reason: "AWS_EC2_METADATA_SERVICE_ENDPOINT is no address")
    }
    do {
      return try await instanceRole(endpoint)
    } catch TransportError.interrupted {
      throw TransportError.interrupted
    } catch is TransportError {
      return .missing("the instance metadata (no answer)")
    }
  }

  private func instanceRole(_ endpoint: Endpoint) async throws -> InstanceRole {
    let token = try await ask(
      endpoint, "PUT", "/latest/api/token",
      HTTPHeader("x-aws-ec2-metadata-token-ttl-seconds", "21600"))
    guard token.status == 200, let word = Self.word(token.body) else {
      return .missing("the instance metadata (status \(token.status))")
    }
    let proof = HTTPHeader("x-aws-ec2-metadata-token", word)
    let directory = "/latest/meta-data/iam/security-credentials/"
    let list = try await ask(endpoint, "GET", directory, proof)
    guard list.status == 200, let role = Self.word(list.body) else {
      return .missing("the instance metadata (the instance has no role)")
    }
    let answer = try await ask(endpoint, "GET", directory + PercentEncoding.encode(role), proof)
    let keys = MetadataKeys(answer.body)
    guard answer.status == 200, let id = keys?.accessKeyID, let secret = keys?.secretAccessKey,
      let session = keys?.token, let end = keys?.expiration.flatMap({ Self.date($0) })
    else {
      return .missing("the instance metadata (\(keys?.code ?? "status \(answer.status)"))")
    }
    return .found(
      Credentials(
        accessKeyID: id, secretAccessKey: secret, sessionToken: session,
        expiration: extended(end), origin: "role \(role) of the instance"))
  }

  /// While the service that makes the keys is out of order, the metadata goes on with old ones that
  /// AWS still takes; botocore gives them another 15 minutes and a random few, and so do we.
  private func extended(_ end: Date) -> Date {
    let window = 900 + Double.random(in: 120...600)
    return end.timeIntervalSince(tools.now()) <= window
      ? tools.now().addingTimeInterval(window) : end
  }

  /// `nil` for one that is configured and no address.
  private func metadataEndpoint() -> Endpoint? {
    if let address = settings.value(
      "ec2_metadata_service_endpoint", variable: "AWS_EC2_METADATA_SERVICE_ENDPOINT")
    {
      return Endpoint(url: address)
    }
    let mode = settings.value(
      "ec2_metadata_service_endpoint_mode", variable: "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")
    let isIPv6 = mode?.lowercased() == "ipv6"
    return Endpoint(scheme: "http", host: isIPv6 ? "fd00:ec2::254" : "169.254.169.254")
  }

  private func ask(
    _ endpoint: Endpoint, _ method: String, _ path: String, _ header: HTTPHeader
  ) async throws -> HTTPResponse {
    func number(_ key: String, _ variable: String) -> Int {
      min(max(settings.value(key, variable: variable).flatMap { Int($0) } ?? 1, 1), 60)
    }
    let wait = Duration.seconds(
      number("metadata_service_timeout", "AWS_METADATA_SERVICE_TIMEOUT"))
    let attempts = number("metadata_service_num_attempts", "AWS_METADATA_SERVICE_NUM_ATTEMPTS")
    let request = HTTPRequest(
      method, endpoint, path: path, headers: [header],
      limits: .init(connect: wait, stall: wait, total: wait))
    let requests = PatientRequests(
      transport: tools.transport, sleep: tools.sleep, attempts: attempts, pause: .zero)
    return try await requests.send(request)
  }

  /// The only word of an answer that is one word.
  private static func word(_ body: [UInt8]) -> String? {
    let words = String(decoding: body, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    return words.count == 1 ? String(words[0]) : nil
  }
}
