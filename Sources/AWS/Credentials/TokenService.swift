import FoundationEssentials

/// The two calls of STS that give credentials.
struct TokenService {
  let requests: PatientRequests
  let now: @Sendable () -> Date
  let endpoint: Endpoint
  let signingRegion: String

  /// What STS answers.
  struct Answer {
    var keys: CachedRole.Keys
    var expiration: Date

    func credentials(origin: String) -> Credentials {
      Credentials(
        accessKeyID: keys.accessKeyID, secretAccessKey: keys.secretAccessKey,
        sessionToken: keys.sessionToken, expiration: expiration, origin: origin)
    }

    /// As the AWS CLI keeps it.
    func cached() -> [UInt8] {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return (try? encoder.encode(CachedRole(credentials: keys))).map { Array($0) } ?? []
    }
  }

  /// - Parameter code: what the device shows, for a request with a serial number.
  func assumeRole(
    _ request: RoleRequest, code: String?, as source: Credentials
  ) async throws -> Answer {
    var parameters = parameters(of: request)
    parameters.set("ExternalId", request.externalID)
    parameters.set("SerialNumber", request.serial)
    parameters.set("TokenCode", code)
    let signer = Signer(
      credentials: source, region: signingRegion, service: Service.sts.signingName)
    return try await call("AssumeRole", parameters) { signer.sign($0, at: now()) }
  }

  /// Not signed: the token is the proof.
  func assumeRole(_ request: RoleRequest, webIdentity token: String) async throws -> Answer {
    var parameters = parameters(of: request)
    parameters.set("WebIdentityToken", token)
    return try await call("AssumeRoleWithWebIdentity", parameters) { $0 }
  }

  private func parameters(of request: RoleRequest) -> QueryParameters {
    var parameters = QueryParameters()
    parameters.set("RoleArn", request.arn)
    let usual = "git-eb-\(Int(now().timeIntervalSince1970.rounded()))"
    parameters.set("RoleSessionName", request.sessionName ?? usual)
    parameters.set("DurationSeconds", request.seconds)
    return parameters
  }

  private func call(
    _ action: String, _ parameters: QueryParameters, signed: (HTTPRequest) -> HTTPRequest
  ) async throws -> Answer {
    let items = [QueryItem("Action", action), QueryItem("Version", Service.sts.version)]
    let body = PercentEncoding.encode(items + parameters.items(isFlat: false))
    let request = HTTPRequest(
      "POST", endpoint, path: "/",
      headers: [
        HTTPHeader("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
      ],
      body: .bytes(Array(body.utf8)))
    // STS asks the identity's provider, and says so when that one did not answer.
    let response = try await requests.send(signed(request)) { response in
      let text = String(decoding: response.body, as: UTF8.self)
      return text.contains("<Code>IDPCommunicationError</Code>")
        || text.contains("<Code>Throttling</Code>")
    }
    guard let root = try? XMLElement(parsing: response.body) else {
      throw CredentialError.refused(
        by: "STS", reason: "its answer (\(response.status)) is no XML")
    }
    guard response.status == 200 else {
      let code = root["Error"]?.string("Code") ?? "status \(response.status)"
      let message = root["Error"]?.string("Message").map { ": \($0)" } ?? ""
      throw CredentialError.refused(by: "STS", reason: code + message)
    }
    guard let keys = root["\(action)Result"]?["Credentials"], let id = keys.string("AccessKeyId"),
      let secret = keys.string("SecretAccessKey"), let token = keys.string("SessionToken"),
      let expiration = keys.date("Expiration")
    else {
      throw CredentialError.refused(by: "STS", reason: "its answer has no credentials")
    }
    return Answer(
      keys: CachedRole.Keys(
        accessKeyID: id, secretAccessKey: secret, sessionToken: token,
        expiration: Timestamp.text(expiration)),
      expiration: expiration)
  }
}
