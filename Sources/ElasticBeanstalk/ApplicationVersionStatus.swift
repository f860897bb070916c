/// How far the service is with a version's source bundle.
package struct ApplicationVersionStatus: Word, Sendable, Hashable {
  package let rawValue: String

  /// In upper case, as on the wire (the model has `Processed`: aws/aws-sdk-ruby#1081).
  package init(rawValue: String) { self.rawValue = rawValue.uppercased() }

  package static let processed = ApplicationVersionStatus(rawValue: "Processed")
  /// Not asked to look into the bundle: it is found out with the first deployment.
  package static let unprocessed = ApplicationVersionStatus(rawValue: "Unprocessed")
  package static let failed = ApplicationVersionStatus(rawValue: "Failed")
  package static let processing = ApplicationVersionStatus(rawValue: "Processing")
  package static let building = ApplicationVersionStatus(rawValue: "Building")
}
