import AWS

/// What changes in an environment.
package struct UpdateEnvironmentRequest: Sendable, Equatable {
  package var name: String
  /// The version to deploy.
  package var versionLabel: String?
  package var optionSettings: [ConfigurationOptionSetting]
  package var optionsToRemove: [OptionSpecification]
  package var platformARN: String?
  package var templateName: String?
  /// At most 200 characters.
  package var description: String?

  package init(
    name: String, versionLabel: String? = nil, optionSettings: [ConfigurationOptionSetting] = [],
    optionsToRemove: [OptionSpecification] = [], platformARN: String? = nil,
    templateName: String? = nil, description: String? = nil
  ) {
    self.name = name
    self.versionLabel = versionLabel
    self.optionSettings = optionSettings
    self.optionsToRemove = optionsToRemove
    self.platformARN = platformARN
    self.templateName = templateName
    self.description = description
  }
}

extension ElasticBeanstalkClient {
  /// Begins to deploy a version, or to change the configuration, or both; not repeated, since it
  /// would be a second deployment.
  package func updateEnvironment(
    _ request: UpdateEnvironmentRequest
  ) async throws -> EnvironmentDescription {
    var parameters = QueryParameters()
    parameters.set("EnvironmentName", request.name)
    parameters.set("VersionLabel", request.versionLabel)
    parameters.list("OptionSettings", request.optionSettings.map(\.parameters))
    parameters.list("OptionsToRemove", request.optionsToRemove.map(\.parameters))
    parameters.set("PlatformArn", request.platformARN)
    parameters.set("TemplateName", request.templateName)
    parameters.set("Description", request.description)
    return try await answer("UpdateEnvironment", parameters, isRepeatable: false) {
      (answer) throws(MissingMember) in
      try EnvironmentDescription(answer)
    }
  }
}
