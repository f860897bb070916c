import AWS

/// What an environment is made of.
package struct CreateEnvironmentRequest: Sendable, Equatable {
  package var application: String
  /// 4–40 letters, digits and hyphens, unique in the region and account.
  package var name: String
  /// `nil` for the service's sample application.
  package var versionLabel: String?
  /// 4–63 characters; `nil` for a name of the service's making.
  package var cnamePrefix: String?
  package var tier: EnvironmentTier
  package var platformARN: String?
  package var solutionStackName: String?
  package var templateName: String?
  package var optionSettings: [ConfigurationOptionSetting]
  package var optionsToRemove: [OptionSpecification]
  package var tags: [Tag]
  /// At most 200 characters.
  package var description: String?
  package var operationsRole: String?

  package init(
    application: String, name: String, versionLabel: String? = nil, cnamePrefix: String? = nil,
    tier: EnvironmentTier = .webServer, platformARN: String? = nil,
    solutionStackName: String? = nil, templateName: String? = nil,
    optionSettings: [ConfigurationOptionSetting] = [],
    optionsToRemove: [OptionSpecification] = [], tags: [Tag] = [], description: String? = nil,
    operationsRole: String? = nil
  ) {
    self.application = application
    self.name = name
    self.versionLabel = versionLabel
    self.cnamePrefix = cnamePrefix
    self.tier = tier
    self.platformARN = platformARN
    self.solutionStackName = solutionStackName
    self.templateName = templateName
    self.optionSettings = optionSettings
    self.optionsToRemove = optionsToRemove
    self.tags = tags
    self.description = description
    self.operationsRole = operationsRole
  }
}

extension ElasticBeanstalkClient {
  /// Begins to make an environment; not repeated, since the name would be taken the second time.
  package func createEnvironment(
    _ request: CreateEnvironmentRequest
  ) async throws -> EnvironmentDescription {
    var parameters = QueryParameters()
    parameters.set("ApplicationName", request.application)
    parameters.set("EnvironmentName", request.name)
    parameters.set("VersionLabel", request.versionLabel)
    parameters.set("CNAMEPrefix", request.cnamePrefix)
    request.tier.set(in: &parameters)
    parameters.set("PlatformArn", request.platformARN)
    parameters.set("SolutionStackName", request.solutionStackName)
    parameters.set("TemplateName", request.templateName)
    parameters.list("OptionSettings", request.optionSettings.map(\.parameters))
    parameters.list("OptionsToRemove", request.optionsToRemove.map(\.parameters))
    parameters.list("Tags", request.tags.map(\.parameters))
    parameters.set("Description", request.description)
    parameters.set("OperationsRole", request.operationsRole)
    return try await answer("CreateEnvironment", parameters, isRepeatable: false) {
      (answer) throws(MissingMember) in
      try EnvironmentDescription(answer)
    }
  }
}
