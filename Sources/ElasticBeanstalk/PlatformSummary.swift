import AWS

/// A platform version in a list.
package struct PlatformSummary: Shape, Sendable, Equatable {
  package var arn: String
  package var owner: String?
  /// Such as `Ready`.
  package var status: String?
  package var category: String?
  package var version: String?
  package var operatingSystem: String?
  package var supportedTiers: [String]
  /// Such as `Recommended`.
  package var lifecycleState: String?
  package var branchName: String?
  /// `Beta`, `Supported`, `Deprecated` or `Retired`.
  package var branchLifecycleState: String?

  init(_ element: XMLElement) throws(MissingMember) {
    arn = try element.required("PlatformArn")
    owner = element.string("PlatformOwner")
    status = element.string("PlatformStatus")
    category = element.string("PlatformCategory")
    version = element.string("PlatformVersion")
    operatingSystem = element.string("OperatingSystemName")
    supportedTiers = element.strings("SupportedTierList")
    lifecycleState = element.string("PlatformLifecycleState")
    branchName = element.string("PlatformBranchName")
    branchLifecycleState = element.string("PlatformBranchLifecycleState")
  }
}
