import ElasticBeanstalk

/// How many instances an environment may have.
package struct InstanceCount: Sendable, Equatable, CustomStringConvertible {
  package let minimum: Int
  package let maximum: Int

  /// `3` for always three, `2-4` for two to four; at most 10,000. `nil` for other text.
  package init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { part in
      part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        ? Int(part) : nil
    }
    guard (1...2).contains(parts.count), numbers.count == parts.count, let first = numbers.first,
      let last = numbers.last, first <= last, last <= 10_000
    else { return nil }
    minimum = first
    maximum = last
  }

  package var description: String {
    minimum == maximum ? "\(minimum)" : "\(minimum)-\(maximum)"
  }
}

/// What scaling did.
package enum Scaling: Sendable, Equatable {
  /// It had that many already.
  case upToDate
  case asked(Outcome)
  /// The environment is of the kind that has one instance.
  case singleInstance
}

/// How to scale.
package struct ScalingOptions: Sendable {
  /// Whether an environment that is a single instance gets a load balancer, where more than one
  /// instance is asked for.
  package var isBalancing: Bool
  /// Do not wait for the end.
  package var isLeftAlone: Bool
  /// How long to wait for an environment that is busy; `nil` refuses at once.
  package var wait: Duration?
  /// How long it may take.
  package var timeout: Duration

  package init(isBalancing: Bool, isLeftAlone: Bool, wait: Duration?, timeout: Duration) {
    self.isBalancing = isBalancing
    self.isLeftAlone = isLeftAlone
    self.wait = wait
    self.timeout = timeout
  }
}

extension BeanstalkHost {
  /// Sets how many instances an environment may have.
  package func scale(
    _ name: EnvironmentName, to count: InstanceCount, _ how: ScalingOptions,
    progress: @Sendable (Event) -> Void
  ) async throws -> Scaling {
    let group = "aws:autoscaling:asg"
    let kind = ("aws:elasticbeanstalk:environment", "EnvironmentType")
    let current = Set(try await currentOptions(of: name))
    var wanted = [
      EnvironmentOption(group, "MinSize", "\(count.minimum)"),
      EnvironmentOption(group, "MaxSize", "\(count.maximum)"),
    ]
    if current.contains(EnvironmentOption(kind.0, kind.1, "SingleInstance")), count.maximum > 1 {
      guard how.isBalancing else { return .singleInstance }
      wanted.append(EnvironmentOption(kind.0, kind.1, "LoadBalanced"))
    }
    let changes = wanted.filter { !current.contains($0) }
    if changes.isEmpty { return .upToDate }
    let settings = changes.map(ConfigurationOptionSetting.init)
    let operation = try await operate(on: name, wait: how.wait) { service in
      let request = UpdateEnvironmentRequest(name: service, optionSettings: settings)
      return Operation(environment: try await client.updateEnvironment(request))
    }
    if how.isLeftAlone { return .asked(.started) }
    return .asked(
      try await follow(operation, of: name, to: .ready, timeout: how.timeout, progress: progress))
  }
}
