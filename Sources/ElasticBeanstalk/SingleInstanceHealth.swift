import AWS
package import FoundationEssentials

/// An instance's health, as enhanced health reporting has it.
package struct SingleInstanceHealth: Shape, Sendable, Equatable {
  /// Such as `i-0123456789abcdef0`.
  package var id: String
  package var healthStatus: EnvironmentHealthStatus?
  package var color: EnvironmentHealth?
  /// Sentences for people.
  package var causes: [String]
  package var launched: Date?
  package var applicationMetrics: ApplicationMetrics?
  package var system: SystemStatus?
  /// What was deployed to it last.
  package var deployment: InstanceDeployment?
  package var availabilityZone: String?
  /// Such as `t3.micro`.
  package var type: String?

  init(_ element: XMLElement) throws(MissingMember) {
    id = try element.required("InstanceId")
    healthStatus = element.word("HealthStatus")
    color = element.word("Color")
    causes = element.strings("Causes")
    launched = element.date("LaunchedAt")
    applicationMetrics = try element.shape("ApplicationMetrics")
    system = try element.shape("System")
    deployment = try element.shape("Deployment")
    availabilityZone = element.string("AvailabilityZone")
    type = element.string("InstanceType")
  }
}
