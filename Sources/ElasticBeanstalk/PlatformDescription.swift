import AWS
package import FoundationEssentials

/// A platform version.
package struct PlatformDescription: Shape, Sendable, Equatable {
  package var arn: String
  package var owner: String?
  package var name: String?
  package var version: String?
  package var solutionStackName: String?
  /// Such as `Ready`.
  package var status: String?
  package var category: String?
  package var description: String?
  package var operatingSystem: String?
  package var operatingSystemVersion: String?
  package var supportedTiers: [String]
  package var lifecycleState: String?
  package var branchName: String?
  /// `Beta`, `Supported`, `Deprecated` or `Retired`.
  package var branchLifecycleState: String?
  package var created: Date?
  package var updated: Date?

  init(_ element: XMLElement) throws(MissingMember) {
    arn = try element.required("PlatformArn")
    owner = element.string("PlatformOwner")
    name = element.string("PlatformName")
    version = element.string("PlatformVersion")
    solutionStackName = element.string("SolutionStackName")
    status = element.string("PlatformStatus")
    category = element.string("PlatformCategory")
    description = element.string("Description")
    operatingSystem = element.string("OperatingSystemName")
    operatingSystemVersion = element.string("OperatingSystemVersion")
    supportedTiers = element.strings("SupportedTierList")
    lifecycleState = element.string("PlatformLifecycleState")
    branchName = element.string("PlatformBranchName")
    branchLifecycleState = element.string("PlatformBranchLifecycleState")
    created = element.date("DateCreated")
    updated = element.date("DateUpdated")
  }
}
