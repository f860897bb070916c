import AWS
package import FoundationEssentials

/// A version of an application.
package struct ApplicationVersionDescription: Shape, Sendable, Equatable {
  package var application: String
  package var label: String
  package var arn: String?
  package var description: String?
  package var status: ApplicationVersionStatus?
  /// Where its bundle is, which may have been deleted since.
  package var sourceBundle: S3Location?
  /// Where the service fetched it, in place of a bundle.
  package var sourceBuildInformation: SourceBuildInformation?
  package var buildARN: String?
  package var created: Date?
  package var updated: Date?

  init(_ element: XMLElement) throws(MissingMember) {
    application = try element.required("ApplicationName")
    label = try element.required("VersionLabel")
    arn = element.string("ApplicationVersionArn")
    description = element.string("Description")
    status = element.word("Status")
    sourceBundle = try element.shape("SourceBundle")
    sourceBuildInformation = try element.shape("SourceBuildInformation")
    buildARN = element.string("BuildArn")
    created = element.date("DateCreated")
    updated = element.date("DateUpdated")
  }
}
