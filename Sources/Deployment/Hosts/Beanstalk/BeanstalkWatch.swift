import AWS
import ElasticBeanstalk
import FoundationEssentials

/// Looks at an environment until an operation on it has ended.
struct BeanstalkWatch {
  let host: BeanstalkHost
  let name: EnvironmentName
  let operation: Operation

  /// Passes on the operation's events, and judges by state. Throws ``StillGoingOn`` when a signal
  /// asks git-eb to stop.
  func run(
    _ goal: DeploymentProgress.Goal, timeout: Duration, progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let start = ContinuousClock().now
    var state = DeploymentProgress(goal, timeout: timeout, pace: host.options.pace)
    var stream = BeanstalkEvents(client: host.client, query: query)
    var errors: [String] = []
    var hasEvents = false
    var lastError: (any Error)?
    var sight: DeploymentProgress.Sight?
    // Names of a pair change with their addresses; what is watched stays what it is.
    var service = host.serviceName(name)
    func listen() async throws {
      for found in try await stream.next() {
        hasEvents = true
        if found.event.isError { errors.append(found.event.message) }
        progress(found.event)
      }
    }
    while true {
      var wasThrottled = false
      do {
        try await listen()
        let found = try await look(service)
        service = found?.name ?? service
        sight = DeploymentProgress.Sight(
          status: found.map { .init($0.status) }, health: .init(found?.health),
          label: found?.versionLabel.flatMap { VersionLabel($0) }, hasEvents: hasEvents,
          hasErrors: !errors.isEmpty)
        lastError = nil
      } catch let error as ServiceError where error.beanstalkFailure == .throttled {
        (sight, lastError, wasThrottled) = (nil, error, true)
      } catch let error as TransportError {
        if error == .interrupted { throw StillGoingOn(name) }
        (sight, lastError) = (nil, error)
      } catch let error as ServiceError where error.status >= 500 {
        (sight, lastError) = (nil, error)
      } catch is Interrupted {
        throw StillGoingOn(name)
      }
      let elapsed = host.options.elapsed(since: start)
      switch state.next(sight, at: elapsed, wasThrottled: wasThrottled) {
      case .look(let wait):
        do {
          try await host.options.sleep(wait)
        } catch is Interrupted {
          throw StillGoingOn(name)
        }
      case .end(let verdict):
        if verdict == .timedOut, let lastError { throw lastError }
        // The last words often come after the state.
        try? await listen()
        return await outcome(verdict, goal, sight?.label, service, errors)
      }
    }
  }

  private var query: EventQuery {
    EventQuery(
      application: host.application.text,
      environmentName: operation.environmentID == nil ? host.serviceName(name) : nil,
      environmentID: operation.environmentID, requestID: operation.requestID,
      start: operation.start)
  }

  private func look(_ service: String) async throws -> ElasticBeanstalk.EnvironmentDescription? {
    try await host.client.describeEnvironments(
      application: host.application.text,
      names: operation.environmentID == nil ? [service] : [],
      ids: operation.environmentID.map { [$0] } ?? [], includeDeleted: false
    ).first
  }

  private func outcome(
    _ verdict: DeploymentProgress.Verdict, _ goal: DeploymentProgress.Goal,
    _ label: VersionLabel?, _ service: String, _ errors: [String]
  ) async -> Outcome {
    switch verdict {
    case .timedOut: return .timedOut
    case .done:
      guard case .runs(let wanted) = goal, let odd = await oddInstance(wanted, service) else {
        return .deployed
      }
      return .failed(reasons: [odd], runningLabel: label)
    case .failed(let reason):
      var reasons = errors.suffix(5).map { $0 }
      switch reason {
      case .errors: break
      case .gone: reasons.append("the environment is being terminated")
      case .red: reasons += await causes(service)
      case .otherVersion:
        if reasons.isEmpty { reasons.append("the environment went back to another version") }
      }
      if reason != .gone { reasons += await BeanstalkLogs(host: host).tellingLines(service) }
      return .failed(reasons: reasons, runningLabel: label)
    }
  }

  /// An instance that does not run the version, where enhanced health knows; health and label of
  /// the environment can be right while one of its instances has the old version.
  private func oddInstance(_ label: VersionLabel, _ service: String) async -> String? {
    let instances = try? await host.client.describeInstancesHealth(name: service)
    for instance in instances ?? [] {
      guard let deployment = instance.deployment, let running = deployment.versionLabel else {
        continue
      }
      if running != label.text { return "instance \(instance.id) runs \(running)" }
      if deployment.status == "Failed" {
        return "the deployment failed on instance \(instance.id)"
      }
    }
    return nil
  }

  private func causes(_ service: String) async -> [String] {
    let health = try? await host.client.describeEnvironmentHealth(name: service)
    guard let causes = health?.causes, !causes.isEmpty else { return ["the environment is red"] }
    return causes
  }
}
