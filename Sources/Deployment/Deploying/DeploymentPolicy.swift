/// How a version gets onto an environment's instances.
///
/// Source: the option `DeploymentPolicy` of `aws:elasticbeanstalk:command` in Elastic Beanstalk's
/// documentation of configuration options.
package enum DeploymentPolicy: String, Sendable, CaseIterable {
  case allAtOnce = "all-at-once"
  case rolling
  case rollingWithAdditionalBatch = "rolling-with-additional-batch"
  case immutable
  case trafficSplitting = "traffic-splitting"

  private var value: String {
    switch self {
    case .allAtOnce: "AllAtOnce"
    case .rolling: "Rolling"
    case .rollingWithAdditionalBatch: "RollingWithAdditionalBatch"
    case .immutable: "Immutable"
    case .trafficSplitting: "TrafficSplitting"
    }
  }

  private static let command = "aws:elasticbeanstalk:command"

  /// The options that ask for the policy and the size of its batches.
  static func options(_ policy: Self?, _ batch: DeploymentBatch?) -> [EnvironmentOption] {
    var options: [EnvironmentOption] = []
    if let policy { options.append(.init(command, "DeploymentPolicy", policy.value)) }
    switch (batch, policy) {
    case (nil, _): break
    case (.percentage(let number), .trafficSplitting):
      // Its share is one of requests, and has a namespace of its own.
      options.append(
        .init("aws:elasticbeanstalk:trafficsplitting", "NewVersionPercent", "\(number)"))
    case (.percentage(let number), _):
      options.append(.init(command, "BatchSizeType", "Percentage"))
      options.append(.init(command, "BatchSize", "\(number)"))
    case (.fixed(let number), _):
      options.append(.init(command, "BatchSizeType", "Fixed"))
      options.append(.init(command, "BatchSize", "\(number)"))
    }
    return options
  }
}

/// How many instances (or, for traffic splitting, requests) a policy takes at once.
package enum DeploymentBatch: Sendable, Equatable, CustomStringConvertible {
  case fixed(Int)
  case percentage(Int)

  /// `2` or `25%`; `nil` for anything else.
  package init?(_ text: String) {
    if text.hasSuffix("%"), let number = Int(text.dropLast()), (1...100).contains(number) {
      self = .percentage(number)
    } else if let number = Int(text), (1...10_000).contains(number) {
      self = .fixed(number)
    } else {
      return nil
    }
  }

  package var description: String {
    switch self {
    case .fixed(let number): "\(number)"
    case .percentage(let number): "\(number)%"
    }
  }
}

extension EnvironmentOption {
  /// The namespace of an environment's variables.
  package static let variables = "aws:elasticbeanstalk:application:environment"

  /// The options that set these variables, by name.
  package static func setting(_ variables: [String: String]) -> [EnvironmentOption] {
    variables.sorted { $0.key < $1.key }.map { EnvironmentOption(Self.variables, $0.key, $0.value) }
  }

  /// Whether the value may be a secret.
  package var isVariable: Bool { namespace == Self.variables }
}
