import AWS

/// Which platform versions: those whose `type` is such as `values`.
package struct PlatformFilter: Sendable, Equatable {
  /// Such as `PlatformName`, `PlatformVersion`, `PlatformStatus`, `PlatformBranchName`,
  /// `PlatformLifecycleState`, `SupportedTier`, `OperatingSystemName`.
  package var type: String
  /// Such as `=`, `!=`, `begins_with`, `contains`, `in`.
  package var comparison: String
  package var values: [String]

  package init(_ type: String, _ comparison: String, _ values: [String]) {
    self.type = type
    self.comparison = comparison
    self.values = values
  }

  var parameters: QueryParameters {
    var parameters = QueryParameters()
    parameters.set("Type", type)
    parameters.set("Operator", comparison)
    parameters.list("Values", values)
    return parameters
  }
}
