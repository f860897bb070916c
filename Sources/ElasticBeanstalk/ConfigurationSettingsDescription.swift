import AWS
package import FoundationEssentials

/// The configuration of an environment, or a saved one (a template).
package struct ConfigurationSettingsDescription: Shape, Sendable, Equatable {
  package var application: String?
  /// `nil` for an environment's own.
  package var templateName: String?
  /// `nil` for a saved one.
  package var environment: String?
  package var description: String?
  package var solutionStackName: String?
  package var platformARN: String?
  /// `nil` for a saved one. An environment has two descriptions while one of them is pending.
  package var deploymentStatus: ConfigurationDeploymentStatus?
  package var created: Date?
  package var updated: Date?
  package var optionSettings: [ConfigurationOptionSetting]

  /// The value of an option; `nil` where it has none.
  package func value(namespace: String, name: String) -> String? {
    optionSettings.first { $0.namespace == namespace && $0.name == name }?.value
  }

  init(_ element: XMLElement) throws(MissingMember) {
    application = element.string("ApplicationName")
    templateName = element.string("TemplateName")
    environment = element.string("EnvironmentName")
    description = element.string("Description")
    solutionStackName = element.string("SolutionStackName")
    platformARN = element.string("PlatformArn")
    deploymentStatus = element.word("DeploymentStatus")
    created = element.date("DateCreated")
    updated = element.date("DateUpdated")
    optionSettings = try element.shapes("OptionSettings")
  }
}
