import AWS

/// Which platform branches: those whose `attribute` is such as `values`.
package struct SearchFilter: Sendable, Equatable {
  /// Such as `BranchName`, `LifecycleState`, `PlatformName`, `TierType`.
  package var attribute: String
  /// Such as `=`, `!=`, `begins_with`, `contains`, `in`.
  package var comparison: String
  package var values: [String]

  package init(_ attribute: String, _ comparison: String, _ values: [String]) {
    self.attribute = attribute
    self.comparison = comparison
    self.values = values
  }

  var parameters: QueryParameters {
    var parameters = QueryParameters()
    parameters.set("Attribute", attribute)
    parameters.set("Operator", comparison)
    parameters.list("Values", values)
    return parameters
  }
}
