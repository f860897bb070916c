import AWS
package import FoundationEssentials

/// An application.
package struct ApplicationDescription: Shape, Sendable, Equatable {
  package var name: String
  package var arn: String?
  package var description: String?
  package var created: Date?
  package var updated: Date?
  /// Labels.
  package var versions: [String]
  /// The names of its saved configurations.
  package var configurationTemplates: [String]

  init(_ element: XMLElement) throws(MissingMember) {
    name = try element.required("ApplicationName")
    arn = element.string("ApplicationArn")
    description = element.string("Description")
    created = element.date("DateCreated")
    updated = element.date("DateUpdated")
    versions = element.strings("Versions")
    configurationTemplates = element.strings("ConfigurationTemplates")
  }
}
