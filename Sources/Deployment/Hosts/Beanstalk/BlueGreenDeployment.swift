import AWS
import ElasticBeanstalk
import FoundationEssentials

/// Deploys to a second environment, and has it take over the address once it is healthy.
///
/// Every step may be run again, so a push that was interrupted goes on where it was: the second
/// environment is found by its idle address, the version it runs by its label, and the exchange by
/// who has the idle address. Until the exchange, what serves is not touched.
struct BlueGreenDeployment {
  let host: BeanstalkHost
  let request: DeploymentRequest
  let choice: BlueGreenChoice

  private var name: EnvironmentName { request.environment }

  func run(progress: @Sendable (Event) -> Void) async throws -> Outcome {
    let clock = ContinuousClock()
    let start = clock.now
    func rest() -> Duration { max(request.timeout - (clock.now - start), .seconds(1)) }
    let live = try await host.existing(name)
    try await waitUntilReady(live, since: start)
    try request.allows(try await host.descriptions(of: [live]).first?.version)
    let outcome = try await deployToIdle(live, since: start, timeout: rest(), progress)
    if case .failed(let reasons, _) = outcome {
      return .failed(
        reasons: reasons, runningLabel: live.versionLabel.flatMap { VersionLabel($0) })
    }
    guard case .deployed = outcome else { return outcome }
    // Somebody else's push may have come in between.
    let now = try await host.existing(name)
    if now.versionLabel != live.versionLabel {
      try request.allows(try await host.descriptions(of: [now]).first?.version)
    }
    let exchanged = try await exchange(timeout: rest(), progress)
    guard case .deployed = exchanged, choice == .terminatingOld else { return exchanged }
    try await Self.terminateIdle(of: name, on: host, progress)
    return .deployed
  }

  // MARK: - The second environment

  private var idleName: EnvironmentName {
    get throws { try Self.idleName(of: name) }
  }

  private static func idleName(of name: EnvironmentName) throws -> EnvironmentName {
    guard let idle = EnvironmentName(name.text + BlueGreenPairs.idleSuffix) else {
      throw HostError.nameTooLong(name, limit: EnvironmentName.maximumLength)
    }
    return idle
  }

  /// Gets the version onto the idle environment, making it when there is none.
  private func deployToIdle(
    _ live: ElasticBeanstalk.EnvironmentDescription, since start: ContinuousClock.Instant,
    timeout: Duration, _ progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let idle = try idleName
    let operation: Operation
    if let found = try await host.describe(idle).first {
      try await waitUntilReady(found, since: start)
      if found.versionLabel == request.label.text, found.health == .green,
        found.description == description
      {
        return .deployed
      }
      operation = try await update(found, like: live)
    } else {
      operation = try await create(like: live)
    }
    let watched = try await host.nameOf(operation) ?? idle
    return try await host.follow(
      operation, of: watched, to: .runs(request.label), timeout: timeout, progress: progress)
  }

  /// What the second environment's description says.
  private var description: String { BlueGreenPairs.mark + name.text }

  private func create(like live: ElasticBeanstalk.EnvironmentDescription) async throws -> Operation
  {
    var settings = CreationSettings()
    settings.like = name.text
    settings.options = host.options.environmentOptions(name)
    settings.tags = request.creation.tags
    settings.isWorker = live.tier?.isWorker ?? false
    // The address is how the two are told apart, so there is no such thing for workers.
    if settings.isWorker { throw HostError.noAddress(name) }
    let other =
      live.name.hasSuffix(BlueGreenPairs.suffix)
      ? String(live.name.dropLast(BlueGreenPairs.suffix.utf8.count))
      : live.name + BlueGreenPairs.suffix
    guard EnvironmentName(other) != nil else {
      throw HostError.nameTooLong(name, limit: EnvironmentName.maximumLength)
    }
    // All accounts share the addresses of a region, and an environment's id is nobody else's.
    settings.cnamePrefix =
      BlueGreenPairs.idlePrefix + NameHash.text(of: "\(live.id) \(other)", count: 12)
    settings.serviceName = other
    settings.description = description
    let creation = CreationRequest(
      environment: name, label: request.label, variables: request.variables, settings: settings,
      timeout: request.timeout)
    return try await BeanstalkCreation(host: host, request: creation).begin()
  }

  /// An idle environment that was kept may have other options than the live one by now.
  private func update(
    _ idle: ElasticBeanstalk.EnvironmentDescription,
    like live: ElasticBeanstalk.EnvironmentDescription
  ) async throws -> Operation {
    let creation = BeanstalkCreation(
      host: host,
      request: CreationRequest(
        environment: name, label: request.label, variables: request.variables, settings: .init(),
        timeout: request.timeout))
    let template = try await creation.saveTemplate(ofEnvironment: live.id)
    var wanted = UpdateEnvironmentRequest(name: idle.name)
    wanted.versionLabel = request.label.text
    wanted.templateName = template
    wanted.description = description
    wanted.optionSettings =
      EnvironmentOption.setting(request.variables).map(ConfigurationOptionSetting.init)
    return try await creation.discarding(
      template,
      after: {
        Operation(environment: try await host.client.updateEnvironment(wanted))
      })
  }

  private func waitUntilReady(
    _ environment: ElasticBeanstalk.EnvironmentDescription, since start: ContinuousClock.Instant
  ) async throws {
    var status = environment.status
    while status != .ready {
      // One that is being made for this very push is waited for as long as the push may take.
      let isOurs =
        environment.description == description
        && environment.versionLabel == request.label.text
      try await host.pause(name, wait: isOurs ? request.timeout : request.wait, since: start)
      status = try await host.client.describeEnvironments(
        application: host.application.text, ids: [environment.id], includeDeleted: false
      ).first?.status
      if status == nil { throw HostError.noSuchEnvironment(name) }
    }
  }

  // MARK: - The address

  /// Lets the idle environment have the address.
  private func exchange(
    timeout: Duration, _ progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let live = try await host.existing(name)
    let swap = BeanstalkSwap(host: host, first: name, second: try idleName)
    let other = try await host.existing(swap.second)
    var operation = try await swap.ask(live, other, wait: nil)
    // Both are busy for a moment; the one that serves now decides.
    operation.environmentID = other.id
    let outcome = try await host.follow(
      operation, of: name, to: .runs(request.label), timeout: timeout, progress: progress)
    guard case .deployed = outcome else { return outcome }
    // Which of the two is called what has changed.
    guard try await host.existing(name).id == other.id else {
      return .failed(
        reasons: ["the address did not change hands"],
        runningLabel: live.versionLabel.flatMap { VersionLabel($0) })
    }
    return outcome
  }

  /// Terminates the environment that does not have the address, unless it is gone or going.
  static func terminateIdle(
    of name: EnvironmentName, on host: BeanstalkHost, _ progress: @Sendable (Event) -> Void
  ) async throws {
    let idle = try idleName(of: name)
    guard let found = try await host.describe(idle).first, found.status != .terminating else {
      return
    }
    try await host.terminate(idle, wait: .seconds(300), progress: progress)
  }
}
