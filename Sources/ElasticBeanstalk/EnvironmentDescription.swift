import AWS
package import FoundationEssentials

/// An environment, as it is now.
package struct EnvironmentDescription: Shape, Sendable, Equatable {
  package var name: String
  /// Such as `e-abcdefghij`. A new environment of the same name has another.
  package var id: String
  package var application: String?
  package var arn: String?
  /// What it runs. After a deployment that failed this is the label from before.
  package var versionLabel: String?
  package var solutionStackName: String?
  package var platformARN: String?
  package var templateName: String?
  package var description: String?
  /// Without a scheme: the load balancer's name, a single instance's address, or a worker's queue.
  package var endpointURL: String?
  /// The name for people, such as `shop.us-east-1.elasticbeanstalk.com`. The answer to
  /// CreateEnvironment has it only where a prefix was asked for.
  package var cname: String?
  package var created: Date?
  package var updated: Date?
  package var status: EnvironmentStatus?
  /// Whether ``ElasticBeanstalkClient/abortEnvironmentUpdate(name:)`` has something to abort.
  package var isAbortable: Bool
  package var health: EnvironmentHealth?
  /// `nil` without enhanced health reporting.
  package var healthStatus: EnvironmentHealthStatus?
  package var tier: EnvironmentTier?
  package var operationsRole: String?
  /// The id of the request that this answers: events of what it began have it. `nil` when the
  /// environment was only described.
  package var requestID: String?

  init(_ element: XMLElement) throws(MissingMember) {
    name = try element.required("EnvironmentName")
    id = try element.required("EnvironmentId")
    application = element.string("ApplicationName")
    arn = element.string("EnvironmentArn")
    versionLabel = element.string("VersionLabel")
    solutionStackName = element.string("SolutionStackName")
    platformARN = element.string("PlatformArn")
    templateName = element.string("TemplateName")
    description = element.string("Description")
    endpointURL = element.string("EndpointURL")
    cname = element.string("CNAME")
    created = element.date("DateCreated")
    updated = element.date("DateUpdated")
    status = element.word("Status")
    isAbortable = element.flag("AbortableOperationInProgress") ?? false
    health = element.word("Health")
    healthStatus = element.word("HealthStatus")
    tier = try element.shape("Tier")
    operationsRole = element.string("OperationsRole")
  }

  /// What an operation that changes an environment answers.
  init(_ answer: QueryAnswer) throws(MissingMember) {
    try self.init(answer.result)
    requestID = answer.requestID
  }
}
