import AWS
package import FoundationEssentials

/// Something that happened. For people to read: its words decide nothing.
package struct EventDescription: Shape, Sendable, Hashable {
  /// To the millisecond.
  package var date: Date
  package var message: String
  package var severity: EventSeverity?
  package var application: String?
  package var versionLabel: String?
  package var templateName: String?
  package var environment: String?
  package var platformARN: String?
  /// The request that began what this is part of.
  package var requestID: String?

  init(_ element: XMLElement) throws(MissingMember) {
    guard let date = element.date("EventDate") else { throw MissingMember(name: "EventDate") }
    self.date = date
    message = element.string("Message") ?? ""
    severity = element.word("Severity")
    application = element.string("ApplicationName")
    versionLabel = element.string("VersionLabel")
    templateName = element.string("TemplateName")
    environment = element.string("EnvironmentName")
    platformARN = element.string("PlatformArn")
    requestID = element.string("RequestId")
  }
}
