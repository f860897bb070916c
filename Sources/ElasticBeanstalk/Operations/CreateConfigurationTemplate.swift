import AWS

/// What a saved configuration is made of.
package struct CreateConfigurationTemplateRequest: Sendable, Equatable {
  package enum Source: Sendable, Equatable {
    /// The configuration of an environment. Its id, such as `e-abcdefghij`.
    case environment(id: String)
    /// Another saved configuration.
    case template(application: String, name: String)
    case platform(arn: String)
    case solutionStack(name: String)
  }

  package var application: String
  /// 1–100 characters without a slash.
  package var name: String
  package var source: Source
  /// At most 200 characters.
  package var description: String?
  /// What differs from the source.
  package var optionSettings: [ConfigurationOptionSetting]
  package var tags: [Tag]

  package init(
    application: String, name: String, source: Source, description: String? = nil,
    optionSettings: [ConfigurationOptionSetting] = [], tags: [Tag] = []
  ) {
    self.application = application
    self.name = name
    self.source = source
    self.description = description
    self.optionSettings = optionSettings
    self.tags = tags
  }
}

extension ElasticBeanstalkClient {
  /// Saves a configuration; not repeated, since the name would be taken the second time.
  @discardableResult
  package func createConfigurationTemplate(
    _ request: CreateConfigurationTemplateRequest
  ) async throws -> ConfigurationSettingsDescription {
    var parameters = QueryParameters()
    parameters.set("ApplicationName", request.application)
    parameters.set("TemplateName", request.name)
    switch request.source {
    case .environment(let id):
      parameters.set("EnvironmentId", id)
    case .template(let application, let name):
      parameters.set("SourceConfiguration.ApplicationName", application)
      parameters.set("SourceConfiguration.TemplateName", name)
    case .platform(let arn):
      parameters.set("PlatformArn", arn)
    case .solutionStack(let name):
      parameters.set("SolutionStackName", name)
    }
    parameters.set("Description", request.description)
    parameters.list("OptionSettings", request.optionSettings.map(\.parameters))
    parameters.list("Tags", request.tags.map(\.parameters))
    return try await answer("CreateConfigurationTemplate", parameters, isRepeatable: false) {
      (answer) throws(MissingMember) in
      try ConfigurationSettingsDescription(answer.result)
    }
  }
}
