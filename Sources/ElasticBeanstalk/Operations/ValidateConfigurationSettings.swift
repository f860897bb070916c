import AWS

extension ElasticBeanstalkClient {
  /// Asks whether settings would be taken by an environment; nothing changes.
  package func validateConfigurationSettings(
    application: String, environment: String, _ settings: [ConfigurationOptionSetting]
  ) async throws -> [ValidationMessage] {
    try await validateConfigurationSettings(application, "EnvironmentName", environment, settings)
  }

  /// Asks whether settings would be taken by a saved configuration; nothing changes.
  package func validateConfigurationSettings(
    application: String, template: String, _ settings: [ConfigurationOptionSetting]
  ) async throws -> [ValidationMessage] {
    try await validateConfigurationSettings(application, "TemplateName", template, settings)
  }

  private func validateConfigurationSettings(
    _ application: String, _ member: String, _ name: String,
    _ settings: [ConfigurationOptionSetting]
  ) async throws -> [ValidationMessage] {
    var parameters = QueryParameters()
    parameters.set("ApplicationName", application)
    parameters.set(member, name)
    parameters.list("OptionSettings", settings.map(\.parameters))
    return try await answer("ValidateConfigurationSettings", parameters) {
      (answer) throws(MissingMember) in
      try answer.result.shapes("Messages")
    }
  }
}
