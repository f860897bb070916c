import AWS
import ElasticBeanstalk
import FoundationEssentials

extension BeanstalkHost {
  package func create(
    _ request: CreationRequest, progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let name = request.environment
    if try await describe(name).first != nil { throw HostError.environmentExists(name) }
    if let label = request.label, try await version(labelled: label) == nil {
      throw HostError.noSuchVersion(label)
    }
    try await checkCreation(of: name, request.settings)
    if options.settings.createApplication.value { try await makeApplication() }
    let operation: Operation
    do {
      operation = try await BeanstalkCreation(host: self, request: request).begin()
    } catch HostError.environmentExists {
      // Names are the account's. Somebody else may also have been faster.
      let isOurs = try await describe(name).first != nil
      throw isOurs
        ? HostError.environmentExists(name) : HostError.nameTaken(name, as: serviceName(name))
    }
    if request.isLeftAlone { return .started }
    let goal = request.label.map { DeploymentProgress.Goal.runs($0) } ?? .ready
    return try await follow(
      operation, of: name, to: goal, timeout: request.timeout, progress: progress)
  }

  package func swap(
    _ first: EnvironmentName, _ second: EnvironmentName, wait: Duration?, timeout: Duration,
    progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    guard first != second else { throw HostError.sameEnvironment(first) }
    return try await BeanstalkSwap(host: self, first: first, second: second)
      .run(wait: wait, timeout: timeout, progress: progress)
  }

  package func rebuild(
    _ name: EnvironmentName, wait: Duration?, timeout: Duration,
    progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let found = try await existing(name)
    let operation = try await operate(on: name, wait: wait) { service in
      let requestID = try await client.rebuildEnvironment(name: service)
      return Operation(environmentID: found.id, requestID: requestID)
    }
    let label = found.versionLabel.flatMap { VersionLabel($0) }
    return try await follow(
      operation, of: name, to: label.map { .runs($0) } ?? .ready, timeout: timeout,
      progress: progress)
  }

  package func versionOnItsWay(to name: EnvironmentName) async throws -> ApplicationVersion? {
    guard let found = try await describe(name).first, found.status == .updating, found.isAbortable,
      let text = found.versionLabel, let label = VersionLabel(text)
    else { return nil }
    // Variables and instances are changed in the same way. It is a deployment where the version is
    // another one than before this operation.
    let page = try await client.describeEvents(EventQuery(environmentID: found.id, maximum: 1000))
    let current = page.events.first { $0.requestID != nil }?.requestID
    let before = page.events.first {
      $0.versionLabel != nil && $0.requestID != nil && $0.requestID != current
    }
    guard let before, before.versionLabel != text else { return nil }
    return try await version(labelled: label)
  }

  package func abort(
    _ name: EnvironmentName, timeout: Duration?, progress: @Sendable (Event) -> Void
  ) async throws {
    let found = try await existing(name)
    // Going back is part of the operation that is given up: its events are no others.
    let start = options.now()
    try await ask(toAbort: found, called: name)
    guard let timeout else { return }
    let operation = Operation(environmentID: found.id, requestID: nil, start: start)
    switch try await follow(
      operation, of: name, to: .settled, timeout: timeout, progress: progress)
    {
    case .deployed, .started: break
    case .failed(let reasons, _): throw HostError.operationFailed(name: name, reasons: reasons)
    case .timedOut: throw HostError.gaveUpWaiting(name: name, holder: "it goes back")
    }
  }

  private func ask(
    toAbort environment: ElasticBeanstalk.EnvironmentDescription, called name: EnvironmentName
  ) async throws {
    var attempts = 0
    while true {
      do {
        _ = try await client.abortEnvironmentUpdate(name: environment.name)
        return
      } catch let error as ServiceError where error.beanstalkFailure == .nothingToAbort {
        // After an answer that was lost, it is what was asked for.
        if attempts > 0 { return }
        throw HostError.nothingToAbort(name)
      } catch let error as ServiceError where error.beanstalkFailure == .noSuchEnvironment {
        throw HostError.noSuchEnvironment(name)
      } catch  where attempts < 3 && BeanstalkRetry.mayHaveHappened(error) {
        attempts += 1
        try await options.sleep(.seconds(attempts))
      }
    }
  }

  package func delete(_ label: VersionLabel) async throws {
    // Beanstalk says nothing of one that is not there.
    guard try await version(labelled: label) != nil else { throw HostError.noSuchVersion(label) }
    try await refuseInUse(label)
    do {
      guard try await versionRecords.delete(label) else { throw HostError.noSuchVersion(label) }
    } catch let error as ServiceError where error.beanstalkFailure == .busy {
      // It began to be deployed in this moment.
      try await refuseInUse(label)
      throw error
    }
  }

  /// Nothing: on S3 a bundle that is left looks as one on its way, and as one that somebody keeps.
  package func removeAbandonedBundles() async throws {}

  private func refuseInUse(_ label: VersionLabel) async throws {
    let users = try await describe(nil).filter { $0.versionLabel == label.text }
      .compactMap { names.name(pairs.logicalName($0.name)) }
    guard users.isEmpty else { throw HostError.versionInUse(label, by: users.sorted()) }
  }

  /// Makes the application where there is none.
  private func makeApplication() async throws {
    guard try await client.describeApplications([application.text]).isEmpty else { return }
    do {
      try await client.createApplication(application.text)
    } catch let error as ServiceError where error.beanstalkFailure == .applicationExists {
      // By somebody else, in this moment.
    }
  }
}

/// Lets two environments change their addresses.
struct BeanstalkSwap {
  let host: BeanstalkHost
  let first: EnvironmentName
  let second: EnvironmentName

  private typealias Environment = ElasticBeanstalk.EnvironmentDescription

  func run(
    wait: Duration?, timeout: Duration, progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let clock = ContinuousClock()
    let start = clock.now
    let pair = (try await host.existing(first), try await host.existing(second))
    for (environment, name) in [(pair.0, first), (pair.1, second)] {
      guard environment.cname != nil, environment.tier?.isWorker != true else {
        throw HostError.nothingToSwap(name)
      }
    }
    let operation = try await ask(pair.0, pair.1, wait: wait)
    let outcome = try await host.follow(
      operation, of: first, to: .settled, timeout: timeout, progress: progress)
    guard case .deployed = outcome else { return outcome }
    // The other one is busy a moment longer, sometimes.
    while true {
      let now = try await described([pair.0, pair.1])
      guard now.count == 2 else { throw HostError.noSuchEnvironment(first) }
      if now.allSatisfy({ $0.status == .ready }) {
        guard isDone(now, before: pair.0) else {
          return .failed(
            reasons: ["the addresses did not change hands"],
            runningLabel: pair.0.versionLabel.flatMap { VersionLabel($0) })
        }
        return .deployed
      }
      guard clock.now - start < timeout else { return .timedOut }
      do {
        try await host.options.sleep(host.options.pace.first)
      } catch is Interrupted {
        throw StillGoingOn(first)
      }
    }
  }

  /// Asks for the exchange. To ask twice would undo it, so after an answer that was lost it is looked
  /// at who has which address.
  func ask(
    _ one: ElasticBeanstalk.EnvironmentDescription,
    _ other: ElasticBeanstalk.EnvironmentDescription, wait: Duration?
  ) async throws -> Operation {
    let clock = ContinuousClock()
    let start = clock.now
    let date = host.options.now().addingTimeInterval(-60)
    var attempts = 0
    while true {
      do {
        let requestID = try await host.client.swapEnvironmentCNAMEs(
          source: one.name, destination: other.name)
        return Operation(environmentID: one.id, requestID: requestID)
      } catch let error as ServiceError where error.beanstalkFailure == .busy {
        if attempts == 0 {
          try await host.pause(first, wait: wait, since: start)
          continue
        }
        // Busy with what was asked for already.
        return Operation(environmentID: one.id, requestID: nil, start: date)
      } catch  where attempts < 4 && BeanstalkRetry.mayHaveHappened(error) {
        attempts += 1
        try await host.options.sleep(.seconds(attempts))
        let now = try await described([one, other])
        if isDone(now, before: one) || now.contains(where: { $0.status != .ready }) {
          return Operation(environmentID: one.id, requestID: nil, start: date)
        }
      }
    }
  }

  private func described(_ environments: [Environment]) async throws -> [Environment] {
    try await host.client.describeEnvironments(
      application: host.application.text, ids: environments.map(\.id), includeDeleted: false)
  }

  private func isDone(_ now: [Environment], before one: Environment) -> Bool {
    now.contains { $0.id != one.id && $0.cname == one.cname }
  }
}
