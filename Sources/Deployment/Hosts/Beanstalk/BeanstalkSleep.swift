import AWS
import ElasticBeanstalk

/// An environment sleeps when it may have no instances. How many it may have when it wakes is kept in
/// a tag.
///
/// Source: a load-balanced environment can be brought to zero instances by an update, and not be
/// made so (aws/aws-elastic-beanstalk-cli#74, aws/elastic-beanstalk-roadmap#274). With a single
/// instance Auto Scaling ensures that there is always one ("Auto Scaling your Elastic Beanstalk
/// environment instances" in the developer guide).
extension BeanstalkHost {
  private static let group = "aws:autoscaling:asg"

  package func sleep(
    _ name: EnvironmentName, wait: Duration?, timeout: Duration,
    progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let current = try await currentOptions(of: name)
    func value(_ namespace: String, _ option: String) -> String? {
      current.first { $0.namespace == namespace && $0.name == option }?.value
    }
    if value("aws:elasticbeanstalk:environment", "EnvironmentType") == "SingleInstance" {
      throw HostError.alwaysAwake(name)
    }
    if value(Self.group, "MaxSize") == "0" { return .deployed }
    let awake = "\(value(Self.group, "MinSize") ?? "1")-\(value(Self.group, "MaxSize") ?? "4")"
    // First, so that it is known whatever comes between.
    if try await tags(of: name)[PreviewTags.awake] != awake {
      let outcome = try await setTags(
        [PreviewTags.awake: awake], removing: [], of: name, wait: wait, timeout: timeout,
        progress: progress)
      guard outcome == .deployed else { return outcome }
    }
    return try await set(
      Awake(minimum: 0, maximum: 0), of: name, .init(wait: wait, timeout: timeout), progress)
  }

  package func wake(
    _ name: EnvironmentName, wait: Duration?, timeout: Duration,
    progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    guard try await isAsleep(name) else { return .deployed }
    let awake = try await awake(try await existing(name))
    return try await set(awake, of: name, .init(wait: wait, timeout: timeout), progress)
  }

  /// How many instances an environment has when it is awake.
  struct Awake: Equatable {
    var minimum = 1
    var maximum = 1

    /// The options that make it so.
    var options: [EnvironmentOption] {
      [
        EnvironmentOption(BeanstalkHost.group, "MinSize", "\(minimum)"),
        EnvironmentOption(BeanstalkHost.group, "MaxSize", "\(maximum)"),
      ]
    }
  }

  /// What the tag says of an environment that sleeps; one instance where somebody else put it to
  /// sleep.
  func awake(_ environment: ElasticBeanstalk.EnvironmentDescription) async throws -> Awake {
    guard let text = try await tags(of: environment)[PreviewTags.awake],
      let count = InstanceCount(text), count.maximum > 0
    else { return Awake() }
    return Awake(minimum: count.minimum, maximum: count.maximum)
  }

  /// Whether the environment may have no instances.
  func isAsleep(_ name: EnvironmentName) async throws -> Bool {
    try await currentOptions(of: name).contains(EnvironmentOption(Self.group, "MaxSize", "0"))
  }

  /// How long a change may wait and take.
  private struct Limits {
    var wait: Duration?
    var timeout: Duration
  }

  private func set(
    _ count: Awake, of name: EnvironmentName, _ limits: Limits,
    _ progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let settings = count.options.map(ConfigurationOptionSetting.init)
    let operation = try await operate(on: name, wait: limits.wait) { service in
      let request = UpdateEnvironmentRequest(name: service, optionSettings: settings)
      return Operation(environment: try await client.updateEnvironment(request))
    }
    // Without instances there is no health that could turn green.
    let goal = count.maximum == 0 ? DeploymentProgress.Goal.settled : .ready
    let outcome = try await follow(
      operation, of: name, to: goal, timeout: limits.timeout, progress: progress)
    guard goal == .settled, outcome == .deployed, !(try await isAsleep(name)) else {
      return outcome
    }
    return .failed(
      reasons: ["the environment has instances still"],
      runningLabel: try await environment(named: name)?.version?.label)
  }
}

extension ElasticBeanstalk.EnvironmentDescription {
  /// Whether it is worth looking at how many instances it may have: without any, nobody knows how it
  /// does.
  var mayBeAsleep: Bool { status == .ready && (health == .grey || health == nil) }
}
