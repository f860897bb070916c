/// What git-eb asks the Security Token Service, except for credentials.
package struct STSClient: Sendable {
  private let query: QueryClient

  package init(_ session: Session) { query = QueryClient(session, .sts) }

  /// Who signs the requests. Nobody can be forbidden to ask.
  package func getCallerIdentity() async throws -> CallerIdentity {
    let operation = "GetCallerIdentity"
    let result = try await query.call(operation)
    guard let account = result.string("Account"), let arn = result.string("Arn") else {
      throw InvalidAnswer(
        service: Service.sts.signingName, operation: operation,
        reason: "it has no Account or no Arn")
    }
    return CallerIdentity(account: account, arn: arn, userID: result.string("UserId"))
  }
}

/// An identity. Nothing in it is secret.
package struct CallerIdentity: Sendable, Equatable {
  /// Twelve digits.
  package var account: String
  /// Such as `arn:aws:iam::123456789012:user/alice`.
  package var arn: String
  package var userID: String?
}
