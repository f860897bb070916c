import AWS
import ElasticBeanstalk
import FoundationEssentials

/// Has an environment run a version, making the environment when it is missing.
struct BeanstalkDeployment {
  let host: BeanstalkHost
  let request: DeploymentRequest

  private var name: EnvironmentName { request.environment }

  func run(progress: @Sendable (Event) -> Void) async throws -> Outcome {
    let operation = try await begin()
    if request.isLeftAlone { return .started }
    return try await host.follow(
      operation, of: name, to: .runs(request.label), timeout: request.timeout, progress: progress)
  }

  /// Asks for the deployment once the environment can take it.
  private func begin() async throws -> Operation {
    let clock = ContinuousClock()
    let start = clock.now
    var current = request.current
    if current == nil { current = try await host.environment(named: name) }
    while true {
      do {
        guard let current else { return try await create() }
        guard current.status == .ready else { throw HostError.busy(name: name, holder: nil) }
        try request.allows(current.version)
        return try await update(isAsleep: current.isAsleep)
      } catch HostError.busy {
        try await host.pause(name, wait: request.wait, since: start)
      } catch HostError.environmentExists {
        // Somebody else made it meanwhile. It may be of another application, too.
        guard try await host.describe(name).first != nil else {
          throw HostError.nameTaken(name, as: host.serviceName(name))
        }
        try await host.pause(name, wait: request.wait, since: start)
      }
      current = try await host.environment(named: name)
    }
  }

  private func create() async throws -> Operation {
    let creation = CreationRequest(
      environment: name, label: request.label, variables: request.variables,
      settings: request.creation, timeout: request.timeout)
    return try await BeanstalkCreation(host: host, request: creation).begin()
  }

  // MARK: - Updating

  private func update(isAsleep: Bool) async throws -> Operation {
    let service = host.serviceName(name)
    var wanted = UpdateEnvironmentRequest(name: service)
    wanted.versionLabel = request.label.text
    wanted.optionSettings = try await changedOptions()
    if isAsleep {
      // In the same update: without instances nothing could be deployed to.
      let awake = try await host.awake(try await host.existing(name)).options
      let named = Set(wanted.optionSettings.map { "\($0.namespace) \($0.name)" })
      wanted.optionSettings += awake.filter { !named.contains("\($0.namespace) \($0.name)") }
        .map(ConfigurationOptionSetting.init)
    }
    // The service's clock and this one may differ; what is older than this is not ours.
    let start = host.options.now().addingTimeInterval(-60)
    var attempts = 0
    while true {
      attempts += 1
      do {
        return Operation(environment: try await host.client.updateEnvironment(wanted))
      } catch let error as ServiceError {
        switch error.beanstalkFailure {
        case .busy:
          // Also the answer to an attempt whose first answer was lost.
          if attempts > 1, let ours = try await ours(since: start) { return ours }
          throw HostError.busy(name: name, holder: nil)
        case .noSuchEnvironment: throw HostError.environmentExists(name)
        case .noSuchVersion: throw HostError.noSuchVersion(request.label)
        default:
          guard attempts < 4, BeanstalkRetry.mayHaveHappened(error) else { throw error }
        }
      } catch  where attempts < 4 && BeanstalkRetry.mayHaveHappened(error) {
      }
      // Looked at before it is asked for again: twice would deploy twice.
      try await host.options.sleep(.seconds(attempts))
      if let ours = try await ours(since: start) { return ours }
    }
  }

  /// The operation that an attempt began whose answer was lost: its events name our version. One
  /// that somebody else began with the same version will do as well.
  private func ours(since start: Date) async throws -> Operation? {
    let page = try await host.client.describeEvents(
      EventQuery(
        application: host.application.text, environmentName: host.serviceName(name),
        start: start, maximum: 100))
    let ours = page.events.first {
      $0.requestID != nil && $0.versionLabel == request.label.text
    }
    return ours.map { Operation(environmentID: nil, requestID: $0.requestID, start: start) }
  }

  /// Only what differs is set: to set an option, though to what it is, may replace instances.
  private func changedOptions() async throws -> [ConfigurationOptionSetting] {
    try await Self.differences(from: request.variables, of: name, on: host)
  }

  /// The variables and options that an environment shall have and has not.
  static func differences(
    from variables: [String: String], of name: EnvironmentName, on host: BeanstalkHost
  ) async throws -> [ConfigurationOptionSetting] {
    let wanted = host.options.environmentOptions(name) + EnvironmentOption.setting(variables)
    guard !wanted.isEmpty else { return [] }
    let current = Set(try await host.currentOptions(of: name))
    return wanted.filter { !current.contains($0) }.map(ConfigurationOptionSetting.init)
  }
}

extension ConfigurationOptionSetting {
  init(_ option: EnvironmentOption) {
    self.init(namespace: option.namespace, name: option.name, value: option.value)
  }
}
