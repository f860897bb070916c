import AWS

/// What is wrong with an option setting.
package struct ValidationMessage: Shape, Sendable, Equatable {
  package var message: String
  /// `error` or `warning`; only an error is refused.
  package var severity: String?
  package var namespace: String?
  package var name: String?

  package var isError: Bool { severity == "error" }

  init(_ element: XMLElement) throws(MissingMember) {
    message = element.string("Message") ?? ""
    severity = element.string("Severity")
    namespace = element.string("Namespace")
    name = element.string("OptionName")
  }
}
