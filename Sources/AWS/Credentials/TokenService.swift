import FoundationEssentials

/// The two calls of STS that give credentials.
struct TokenService {
  let tools: CredentialTools
  let endpoint: Endpoint
  let region: Region

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
    let endpoint = endpoint
    let session = Session(
      transport: tools.transport,
      credentials: CredentialCache(FixedCredentials(value: source), now: tools.now),
      region: region, endpoint: { _, _ in endpoint }, now: tools.now, sleep: tools.sleep)
    do {
      // A code is good for one request: where that one may have arrived, another is refused.
      return try answer(
        in: try await QueryClient(session, .sts).call(
          "AssumeRole", parameters, isRepeatable: code == nil))
    } catch let error as ServiceError {
      throw Self.refusal(error)
    } catch let error as InvalidAnswer {
      throw CredentialError.refused(by: "STS", reason: "its answer is no XML (\(error.reason))")
    }
  }

  /// Not signed: the token is the proof.
  func assumeRole(_ request: RoleRequest, webIdentity token: String) async throws -> Answer {
    let action = "AssumeRoleWithWebIdentity"
    var parameters = parameters(of: request)
    parameters.set("WebIdentityToken", token)
    let items = [QueryItem("Action", action), QueryItem("Version", Service.sts.version)]
    let body = PercentEncoding.encode(items + parameters.items(isFlat: false))
    let request = HTTPRequest(
      "POST", endpoint, path: "/",
      headers: [
        HTTPHeader("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
      ],
      body: .bytes(Array(body.utf8)))
    let requests = PatientRequests(transport: tools.transport, sleep: tools.sleep)
    let response = try await requests.send(request) { response in
      // STS asks the identity's provider, and says so when that one did not answer.
      ["IDPCommunicationError", "Throttling"].contains(
        ServiceError(response, .sts, action).code)
    }
    guard response.status == 200 else {
      throw Self.refusal(ServiceError(response, .sts, action))
    }
    guard let root = try? XMLElement(parsing: response.body) else {
      throw CredentialError.refused(by: "STS", reason: "its answer is no XML")
    }
    return try answer(in: root["\(action)Result"])
  }

  private static func refusal(_ error: ServiceError) -> CredentialError {
    let code = error.code.isEmpty ? "status \(error.status)" : error.code
    return .refused(by: "STS", reason: error.message.isEmpty ? code : "\(code): \(error.message)")
  }

  private func parameters(of request: RoleRequest) -> QueryParameters {
    var parameters = QueryParameters()
    parameters.set("RoleArn", request.arn)
    let usual = "git-eb-\(Int(tools.now().timeIntervalSince1970.rounded()))"
    parameters.set("RoleSessionName", request.sessionName ?? usual)
    parameters.set("DurationSeconds", request.seconds)
    return parameters
  }

  private func answer(in result: XMLElement?) throws(CredentialError) -> Answer {
    guard let keys = result?["Credentials"], let id = keys.string("AccessKeyId"),
      let secret = keys.string("SecretAccessKey"), let token = keys.string("SessionToken"),
      let expiration = keys.date("Expiration")
    else { throw .refused(by: "STS", reason: "its answer has no credentials") }
    return Answer(
      keys: CachedRole.Keys(
        accessKeyID: id, secretAccessKey: secret, sessionToken: token,
        expiration: Timestamp.text(expiration)),
      expiration: expiration)
  }
}

/// Credentials that are known already.
private struct FixedCredentials: CredentialSource {
  let value: Credentials

  func credentials() async throws -> Credentials { value }
}
