package import AWS

/// Elastic Beanstalk's API, one method per operation (see `Operations/`).
///
/// Each method throws what `QueryClient` throws: `ServiceError` (see ``BeanstalkFailure`` for what it
/// means), `TransportError`, `CredentialError`, and `InvalidAnswer` for an answer that lacks what the
/// service's model promises. An operation that is not safe to repeat is sent once more only where it
/// cannot have taken effect: the caller looks before it calls again.
package struct ElasticBeanstalkClient: Sendable {
  private let query: QueryClient
  private var isInterruptible = true

  package init(_ session: Session) {
    query = QueryClient(session, .elasticBeanstalk)
  }

  /// The same, for what has to be put right after somebody asked git-eb to stop: its requests are
  /// not interrupted, and are given up soon.
  package var cleaningUp: ElasticBeanstalkClient {
    var client = self
    client.isInterruptible = false
    return client
  }

  /// Calls and reads the answer.
  func answer<T>(
    _ operation: String, _ parameters: QueryParameters = .init(), isRepeatable: Bool = true,
    _ read: (QueryAnswer) throws(MissingMember) -> T
  ) async throws -> T {
    let answer = try await call(operation, parameters, isRepeatable: isRepeatable)
    return try Self.reading(operation) { () throws(MissingMember) -> T in try read(answer) }
  }

  /// Calls, where the answer has nothing to read but the id of the request.
  func send(
    _ operation: String, _ parameters: QueryParameters, isRepeatable: Bool = true
  ) async throws -> String? {
    try await call(operation, parameters, isRepeatable: isRepeatable).requestID
  }

  /// Calls again with each answer's `NextToken` until there is none, and gives what is on all the
  /// pages, in their order.
  func pages<T>(
    _ operation: String, _ parameters: QueryParameters = .init(),
    _ read: (XMLElement) throws(MissingMember) -> [T]
  ) async throws -> [T] {
    var all: [T] = []
    var tokens: Set<String> = []
    var page = parameters
    while true {
      let answer = try await call(operation, page, isRepeatable: true)
      all += try Self.reading(operation) { () throws(MissingMember) -> [T] in
        try read(answer.result)
      }
      guard let token = answer.result.nextToken else { return all }
      // A token that comes a second time would lead around for ever.
      guard tokens.insert(token).inserted else {
        throw InvalidAnswer(
          service: Service.elasticBeanstalk.signingName, operation: operation,
          reason: "its pages lead around in a circle")
      }
      page = parameters
      page.set("NextToken", token)
    }
  }

  private func call(
    _ operation: String, _ parameters: QueryParameters, isRepeatable: Bool
  ) async throws -> QueryAnswer {
    try await query.answer(
      operation, parameters, isRepeatable: isRepeatable, isInterruptible: isInterruptible)
  }

  private static func reading<T>(
    _ operation: String, _ read: () throws(MissingMember) -> T
  ) throws(InvalidAnswer) -> T {
    do {
      return try read()
    } catch {
      throw InvalidAnswer(
        service: Service.elasticBeanstalk.signingName, operation: operation,
        reason: "it has no \(error.name)")
    }
  }
}
