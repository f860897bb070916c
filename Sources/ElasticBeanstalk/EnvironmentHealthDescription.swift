import AWS
package import FoundationEssentials

/// An environment's health, as enhanced health reporting has it.
package struct EnvironmentHealthDescription: Shape, Sendable, Equatable {
  package var environment: String?
  /// Such as Ready: the model calls it a colour, the service's documentation and its answers the
  /// environment's status.
  package var status: EnvironmentStatus?
  package var healthStatus: EnvironmentHealthStatus?
  package var color: EnvironmentHealth?
  /// Sentences for people.
  package var causes: [String]
  package var applicationMetrics: ApplicationMetrics?
  /// How many instances have which health.
  package var instancesHealth: InstanceHealthSummary?
  package var refreshed: Date?

  init(_ element: XMLElement) throws(MissingMember) {
    environment = element.string("EnvironmentName")
    status = element.word("Status")
    healthStatus = element.word("HealthStatus")
    color = element.word("Color")
    causes = element.strings("Causes")
    applicationMetrics = try element.shape("ApplicationMetrics")
    instancesHealth = try element.shape("InstancesHealth")
    refreshed = element.date("RefreshedAt")
  }
}
