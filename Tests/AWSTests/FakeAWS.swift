import AWS
import Foundation
import Synchronization

/// STS, single sign-on, a container's endpoint and an instance's metadata, as far as credentials
/// need them. The access key that it gives tells what it was asked with, so that a wrong role, source
/// or parameter shows in the result. `Botocore.script` has the same in Python.
final class FakeAWS: Transport {
  /// Whether there is an instance with a role.
  let isInstance: Bool
  private let seen = Mutex<[String]>([])

  init(isInstance: Bool = false) { self.isInstance = isInstance }

  /// What was asked, but for the instance's metadata, which botocore asks in two versions.
  var log: [String] { seen.withLock { $0 } }

  func send(
    _ request: HTTPRequest, sent: @escaping @Sendable (Int64) -> Void
  ) async throws(TransportError) -> HTTPResponse {
    let host = request.endpoint.host
    if host == "169.254.169.254" { return instance(request) }
    let query = request.query.map { "\($0.name)=\($0.value ?? "")" }.sorted()
    let text =
      "\(request.method) \(request.endpoint.authority)\(request.path) \(query.joined(separator: "&"))"
    seen.withLock { $0.append(text) }
    switch request.path {
    case "/federation/credentials":
      let token = request.headers.first { $0.name == "x-amz-sso_bearer_token" }?.value ?? ""
      return json(
        """
        {"roleCredentials": {"accessKeyId": "sso(\(query.joined(separator: ",")),\(token))",
        "secretAccessKey": "secret", "sessionToken": "token", "expiration": 4070908800000}}
        """)
    case "/token":
      return json(
        #"{"accessToken": "renewed", "expiresIn": 3600, "refreshToken": "again", "tokenType": "B"}"#
      )
    case let path where path.hasPrefix("/container"):
      let token = request.headers.first { $0.name == "Authorization" }?.value ?? ""
      return json(
        """
        {"AccessKeyId": "container(\(path),\(token))", "SecretAccessKey": "secret",
        "Token": "token", "Expiration": "2099-01-01T00:00:00Z"}
        """)
    case "/":
      return tokenService(request)
    default:
      return HTTPResponse(status: 404, headers: [], body: [])
    }
  }

  private func json(_ text: String) -> HTTPResponse {
    HTTPResponse(
      status: 200, headers: [HTTPHeader("Content-Type", "application/json")], body: Array(text.utf8)
    )
  }

  private func instance(_ request: HTTPRequest) -> HTTPResponse {
    let directory = "/latest/meta-data/iam/security-credentials/"
    switch (isInstance, request.method, request.path) {
    case (true, "PUT", "/latest/api/token"): return json("proof")
    case (true, "GET", directory): return json("web")
    case (true, "GET", directory + "web"):
      let proof = request.headers.first { $0.name == "x-aws-ec2-metadata-token" }?.value ?? ""
      return json(
        """
        {"Code": "Success", "AccessKeyId": "instance(\(proof))", "SecretAccessKey": "secret",
        "Token": "token", "Expiration": "2099-01-01T00:00:00Z"}
        """)
    default: return HTTPResponse(status: 404, headers: [], body: [])
    }
  }

  private func tokenService(_ request: HTTPRequest) -> HTTPResponse {
    guard case .bytes(let body) = request.body else {
      return HTTPResponse(status: 400, headers: [], body: [])
    }
    var values: [String: String] = [:]
    for pair in String(decoding: body, as: UTF8.self).split(separator: "&") {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      values[String(sides[0])] = sides.last.flatMap { String($0).removingPercentEncoding }
    }
    let authorization = request.headers.first { $0.name == "Authorization" }?.value ?? ""
    let signer = authorization.firstMatch(of: /Credential=(.*?)\/[0-9]{8}\/(.*?)\//)
    let source = signer.map { "\($0.1) in \($0.2)" } ?? values["WebIdentityToken"] ?? "nobody"
    let session = values["RoleSessionName"] ?? ""
    let facts = [
      values["RoleArn"], values["ExternalId"], values["DurationSeconds"], values["SerialNumber"],
      values["TokenCode"], session.hasPrefix("git-eb-") ? "any" : session, source,
    ]
    let key = "sts(\(facts.map { $0 ?? "-" }.joined(separator: ",")))"
    let action = values["Action"] ?? ""
    return HTTPResponse(
      status: 200, headers: [HTTPHeader("Content-Type", "text/xml")],
      body: Array(
        """
        <\(action)Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><\(action)Result>
        <Credentials><AccessKeyId>\(key)</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
        <SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
        </Credentials></\(action)Result></\(action)Response>
        """.utf8))
  }
}
