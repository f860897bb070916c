import AWS
package import FoundationEssentials

/// The last deployment on an instance: the model's `Deployment`.
package struct InstanceDeployment: Shape, Sendable, Equatable {
  package var versionLabel: String?
  /// Counts the environment's deployments.
  package var id: Int?
  /// Such as `In Progress`, `Deployed` or `Failed`.
  package var status: String?
  package var time: Date?

  init(_ element: XMLElement) throws(MissingMember) {
    versionLabel = element.string("VersionLabel")
    id = element.integer("DeploymentId")
    status = element.string("Status")
    time = element.date("DeploymentTime")
  }
}
