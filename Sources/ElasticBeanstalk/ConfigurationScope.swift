import AWS

/// Whose configuration options are asked for.
package enum ConfigurationScope: Sendable, Equatable {
  case environment(application: String, name: String)
  /// A saved configuration.
  case template(application: String, name: String)
  case platform(arn: String)
  case solutionStack(name: String)

  var parameters: QueryParameters {
    var parameters = QueryParameters()
    switch self {
    case .environment(let application, let name):
      parameters.set("ApplicationName", application)
      parameters.set("EnvironmentName", name)
    case .template(let application, let name):
      parameters.set("ApplicationName", application)
      parameters.set("TemplateName", name)
    case .platform(let arn):
      parameters.set("PlatformArn", arn)
    case .solutionStack(let name):
      parameters.set("SolutionStackName", name)
    }
    return parameters
  }
}
