import AWS

/// What an environment is made of on AWS.
package struct EnvironmentResourceDescription: Shape, Sendable, Equatable {
  /// The queue of a worker, or its dead letters.
  package struct Queue: Shape, Sendable, Equatable {
    /// `WorkerQueue` or `WorkerDeadLetterQueue`.
    package var name: String?
    package var url: String?

    init(_ element: XMLElement) throws(MissingMember) {
      name = element.string("Name")
      url = element.string("URL")
    }
  }

  package var environment: String?
  /// The ids of its EC2 instances.
  package var instances: [String]
  package var autoScalingGroups: [String]
  /// Names, or ARNs of those of the second generation.
  package var loadBalancers: [String]
  package var launchTemplates: [String]
  package var launchConfigurations: [String]
  package var queues: [Queue]

  init(_ element: XMLElement) throws(MissingMember) {
    func each(_ list: String, _ member: String) -> [String] {
      element.members(list).compactMap { $0.string(member) }
    }
    environment = element.string("EnvironmentName")
    instances = each("Instances", "Id")
    autoScalingGroups = each("AutoScalingGroups", "Name")
    loadBalancers = each("LoadBalancers", "Name")
    launchTemplates = each("LaunchTemplates", "Id")
    launchConfigurations = each("LaunchConfigurations", "Name")
    queues = try element.shapes("Queues")
  }
}
