/// Whether a configuration is what the environment runs.
package struct ConfigurationDeploymentStatus: Word, Sendable, Hashable {
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }

  package static let deployed = ConfigurationDeploymentStatus(rawValue: "deployed")
  package static let pending = ConfigurationDeploymentStatus(rawValue: "pending")
  package static let failed = ConfigurationDeploymentStatus(rawValue: "failed")
}
