/// What an action answered.
package struct QueryAnswer: Sendable, Equatable {
  /// The `<Action>Result` element, or the whole answer of EC2.
  package var result: XMLElement
  /// The service's name for the request; Beanstalk's events have it of what the request began.
  package var requestID: String?
}

/// Calls the actions of a service with AWS's Query protocol.
package struct QueryClient: Sendable {
  private let session: Session
  private let service: Service
  private let region: Region?

  /// - Parameter region: where it is not the session's.
  package init(_ session: Session, _ service: Service, region: Region? = nil) {
    self.session = session
    self.service = service
    self.region = region
  }

  /// Calls an action and gives its result: the `<Action>Result` element, with nothing in it for
  /// actions that answer nothing, or the whole answer of EC2.
  ///
  /// See ``answer(_:_:isRepeatable:isInterruptible:)``, which gives the id of the request too.
  package func call(
    _ action: String, _ parameters: QueryParameters = .init(), isRepeatable: Bool = true,
    isInterruptible: Bool = true
  ) async throws -> XMLElement {
    try await answer(
      action, parameters, isRepeatable: isRepeatable, isInterruptible: isInterruptible
    ).result
  }

  /// Calls an action and gives all that it answers.
  ///
  /// - Parameters:
  ///   - isRepeatable: whether calling twice is harmless (see ``Session/send``).
  ///   - isInterruptible: false for what cleans up.
  /// - Throws: ``ServiceError``; ``InvalidAnswer`` for an answer that is not this action's; and what
  ///   ``Session/send`` throws.
  package func answer(
    _ action: String, _ parameters: QueryParameters = .init(), isRepeatable: Bool = true,
    isInterruptible: Bool = true
  ) async throws -> QueryAnswer {
    let isFlat = service.signingName == "ec2"
    let items =
      [QueryItem("Action", action), QueryItem("Version", service.version)]
      + parameters.items(isFlat: isFlat)
    let request = HTTPRequest(
      "POST", try session.endpoint(of: service, in: region), path: "/",
      headers: [
        HTTPHeader("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
      ],
      body: .bytes(Array(PercentEncoding.encode(items).utf8)), isInterruptible: isInterruptible)
    return try await session.perform(
      Session.Call(
        request: request, service: service, operation: action, payload: .bytes,
        isRepeatable: isRepeatable, region: region ?? session.region)
    ) { response in
      let root = try response.document(service, action)
      if let error = ServiceError(in: root, of: response, service, action) { throw error }
      guard root.name == action + "Response" else {
        throw InvalidAnswer(
          service: service.signingName, operation: action,
          reason: "the answer is '\(root.name.prefix(64))'")
      }
      return QueryAnswer(
        result: isFlat ? root : root[action + "Result"] ?? XMLElement(action + "Result"),
        requestID: root["ResponseMetadata"]?.string("RequestId") ?? root.string("requestId"))
    }
  }
}
