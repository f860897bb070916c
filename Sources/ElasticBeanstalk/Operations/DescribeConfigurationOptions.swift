import AWS

extension ElasticBeanstalkClient {
  /// The options that an environment, a saved configuration or a platform has: all, or `options`.
  package func describeConfigurationOptions(
    _ scope: ConfigurationScope, options: [OptionSpecification] = []
  ) async throws -> [ConfigurationOptionDescription] {
    var parameters = scope.parameters
    parameters.list("Options", options.map(\.parameters))
    return try await answer("DescribeConfigurationOptions", parameters) {
      (answer) throws(MissingMember) in
      try answer.result.shapes("Options")
    }
  }
}
