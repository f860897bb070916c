import AWS

extension ElasticBeanstalkClient {
  /// The configuration of an environment: what it runs and, while it changes, what is pending or
  /// has failed. Values of options that are secret (passwords of databases) are left out.
  package func describeConfigurationSettings(
    application: String, environment: String
  ) async throws -> [ConfigurationSettingsDescription] {
    try await describeConfigurationSettings(application, "EnvironmentName", environment)
  }

  /// A saved configuration.
  package func describeConfigurationSettings(
    application: String, template: String
  ) async throws -> [ConfigurationSettingsDescription] {
    try await describeConfigurationSettings(application, "TemplateName", template)
  }

  private func describeConfigurationSettings(
    _ application: String, _ member: String, _ name: String
  ) async throws -> [ConfigurationSettingsDescription] {
    var parameters = QueryParameters()
    parameters.set("ApplicationName", application)
    parameters.set(member, name)
    return try await answer("DescribeConfigurationSettings", parameters) {
      (answer) throws(MissingMember) in
      try answer.result.shapes("ConfigurationSettings")
    }
  }
}
