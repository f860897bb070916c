/// What enhanced health reporting says, in the words of the service.
package struct EnvironmentHealthStatus: Word, Sendable, Hashable {
  package let rawValue: String

  /// `No Data`, as the health operations have it, is the model's `NoData`.
  package init(rawValue: String) { self.rawValue = rawValue.filter { $0 != " " } }

  package static let noData = EnvironmentHealthStatus(rawValue: "NoData")
  package static let unknown = EnvironmentHealthStatus(rawValue: "Unknown")
  package static let pending = EnvironmentHealthStatus(rawValue: "Pending")
  package static let ok = EnvironmentHealthStatus(rawValue: "Ok")
  package static let info = EnvironmentHealthStatus(rawValue: "Info")
  package static let warning = EnvironmentHealthStatus(rawValue: "Warning")
  package static let degraded = EnvironmentHealthStatus(rawValue: "Degraded")
  package static let severe = EnvironmentHealthStatus(rawValue: "Severe")
  package static let suspended = EnvironmentHealthStatus(rawValue: "Suspended")
}
