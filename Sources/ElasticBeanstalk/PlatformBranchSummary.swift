import AWS

/// A line of platform versions, such as Python 3.13 on 64bit Amazon Linux 2023.
package struct PlatformBranchSummary: Shape, Sendable, Equatable {
  package var name: String
  package var platformName: String?
  /// `Beta`, `Supported`, `Deprecated` or `Retired`.
  package var lifecycleState: String?
  /// Where it stands among the branches of its platform.
  package var order: Int?
  /// Such as `WebServer/Standard`.
  package var supportedTiers: [String]

  init(_ element: XMLElement) throws(MissingMember) {
    name = try element.required("BranchName")
    platformName = element.string("PlatformName")
    lifecycleState = element.string("LifecycleState")
    order = element.integer("BranchOrder")
    supportedTiers = element.strings("SupportedTierList")
  }
}
