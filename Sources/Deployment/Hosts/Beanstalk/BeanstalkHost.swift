package import AWS
package import ElasticBeanstalk
package import FoundationEssentials
import Git
package import SystemPackage

/// AWS Elastic Beanstalk and S3: environments of one application in one region.
package struct BeanstalkHost: Host {
  /// What the configuration says about this host.
  package struct Options: Sendable {
    package var settings: BeanstalkSettings
    /// Options that environments shall have, by name.
    package var environmentOptions: @Sendable (EnvironmentName) -> [EnvironmentOption] = { _ in [] }
    package var pace: DeploymentProgress.Pace = .standard
    package var now: @Sendable () -> Date = { Date() }
    package var isInterrupted: @Sendable () -> Bool = { false }
    /// What waits are multiplied by, and with them the time that seems to pass meanwhile: 1, but in
    /// tests.
    package var timeFactor = 1.0

    package init(settings: BeanstalkSettings) {
      self.settings = settings
    }
  }

  package let application: ApplicationName
  package let session: Session
  package let client: ElasticBeanstalkClient
  /// For what is not signed, such as the addresses of logs.
  package let transport: any Transport
  let names: BeanstalkNames
  let options: Options
  let versionRecords: BeanstalkVersions
  let pairs = BlueGreenPairs()

  package init(
    application: ApplicationName, session: Session, transport: any Transport,
    names: BeanstalkNames, options: Options
  ) {
    self.application = application
    self.session = session
    self.transport = transport
    self.names = names
    self.options = options
    client = ElasticBeanstalkClient(session)
    versionRecords = BeanstalkVersions(
      application: application, session: session, client: client, options: options)
  }

  package var region: Region { session.region }

  package var location: String { "\(application) in \(region)" }

  /// The environment's name on Beanstalk, as far as its environments have been described.
  package func serviceName(_ name: EnvironmentName) -> String {
    pairs.serviceName(names.serviceName(name))
  }

  /// The environment's name on Beanstalk; throws ``HostError/noSuchEnvironment(_:)``.
  package func locate(_ name: EnvironmentName) async throws -> String {
    try await existing(name).name
  }

  package func bundleDirectory() throws -> FilePath? { nil }

  // MARK: - Versions

  package func versions() async throws -> [ApplicationVersion] {
    try await versionRecords.all()
  }

  package func version(labelled label: VersionLabel) async throws -> ApplicationVersion? {
    try await versionRecords.find([label]).first
  }

  package func version(like wanted: ApplicationVersion) async throws -> ApplicationVersion? {
    // Versions are a thousand at most, and reading them all takes a second. The same content has
    // the same label where the branch has the same name, and mostly runs somewhere where not.
    let end = wanted.digest.prefix(VersionLabel.digestLength)
    let running = versionRecords.running().filter { $0.text.hasSuffix("-\(end)") }
    return try await versionRecords.find([wanted.label] + running)
      .first { $0.hasSameContent(as: wanted) && !versionRecords.isFailed($0.label) }
  }

  package func publish(
    _ version: ApplicationVersion, bundle: FilePath, kind: String,
    progress: @escaping @Sendable (UploadProgress) -> Void
  ) async throws -> Publication {
    try await versionRecords.publish(version, bundle: bundle, kind: kind, progress: progress)
  }

  package func name(_ label: VersionLabel, release: String) async throws {
    try await versionRecords.name(label, release: release)
  }

  // MARK: - Environments

  package func environments() async throws -> [EnvironmentDescription] {
    try await descriptions(of: describe(nil)).sorted { $0.name < $1.name }
  }

  package func environment(named name: EnvironmentName) async throws -> EnvironmentDescription? {
    try await descriptions(of: describe(name)).first
  }

  package func waitForNextLook() async throws {
    try await options.sleep(.seconds(3))
  }

  package func checkCreation(of name: EnvironmentName, _ settings: CreationSettings) async throws {
    if !options.settings.createApplication.value,
      try await client.describeApplications([application.text]).isEmpty
    {
      throw HostError.noSuchApplication(application)
    }
    let request = CreationRequest(
      environment: name, label: nil, variables: [:], settings: settings, timeout: .zero)
    try await BeanstalkCreation(host: self, request: request).check()
  }

  package func isConfigured(
    _ name: EnvironmentName, variables: [String: String]
  ) async throws -> Bool {
    try await BeanstalkDeployment.differences(from: variables, of: name, on: self).isEmpty
  }

  package func deploy(
    _ request: DeploymentRequest, progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let outcome: Outcome
    if let choice = request.blueGreen, request.current != nil {
      outcome = try await BlueGreenDeployment(host: self, request: request, choice: choice)
        .run(progress: progress)
    } else {
      outcome = try await BeanstalkDeployment(host: self, request: request).run(progress: progress)
    }
    do {
      try await discardTemplate(of: request.environment)
    } catch {
      // It is deployed all the same.
      progress(
        Event(
          date: options.now(), severity: .warn,
          message: "The saved configuration \(BeanstalkCreation.templateName(request.environment)) "
            + "could not be removed; the next push does it."))
    }
    return outcome
  }

  package func tidy(
    _ name: EnvironmentName, after choice: BlueGreenChoice?, progress: @Sendable (Event) -> Void
  ) async throws {
    try? await discardTemplate(of: name)
    guard choice == .terminatingOld else { return }
    // A push that was cut off between the exchange and this.
    try await BlueGreenDeployment.terminateIdle(of: name, on: self, progress)
  }

  /// Takes away the configuration that was saved to make the environment from, where a push could
  /// not do so at once. Asked for only where environments were made so.
  private func discardTemplate(of name: EnvironmentName) async throws {
    let template = BeanstalkCreation.templateName(name)
    guard pairs.hasMade(from: template),
      let found = try await client.describeApplications([application.text]).first,
      found.configurationTemplates.contains(template)
    else { return }
    try await client.deleteConfigurationTemplate(application: application.text, name: template)
  }

  package func terminate(
    _ name: EnvironmentName, wait: Duration?, progress: @Sendable (Event) -> Void
  ) async throws {
    let operation = try await operate(on: name, wait: wait) { service in
      let asked = try await client.terminateEnvironment(name: service, force: false)
      return Operation(environment: asked)
    }
    let outcome = try await follow(
      operation, of: name, to: .gone, timeout: .seconds(1800), progress: progress)
    if case .failed(let reasons, _) = outcome {
      throw HostError.operationFailed(name: name, reasons: reasons)
    }
  }

  package func restart(
    _ name: EnvironmentName, wait: Duration?, timeout: Duration,
    progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let operation = try await operate(on: name, wait: wait) { service in
      let requestID = try await client.restartAppServer(name: service)
      return Operation(environmentID: nil, requestID: requestID)
    }
    return try await follow(
      operation, of: name, to: .ready, timeout: timeout, progress: progress)
  }

  package func variables(of name: EnvironmentName) async throws -> [String: String] {
    var variables: [String: String] = [:]
    for option in try await currentOptions(of: name) where option.isVariable {
      variables[option.name] = option.value
    }
    return variables
  }

  package func setVariables(
    _ changes: [String: String?], of name: EnvironmentName, wait: Duration?, timeout: Duration,
    progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    var request = UpdateEnvironmentRequest(name: try await locate(name))
    for (variable, value) in changes.sorted(by: { $0.key < $1.key }) {
      if let value {
        request.optionSettings.append(
          ConfigurationOptionSetting(
            EnvironmentOption(EnvironmentOption.variables, variable, value)))
      } else {
        request.optionsToRemove.append(
          OptionSpecification(namespace: EnvironmentOption.variables, name: variable))
      }
    }
    let update = request
    let operation = try await operate(on: name, wait: wait) { _ in
      Operation(environment: try await client.updateEnvironment(update))
    }
    return try await follow(
      operation, of: name, to: .ready, timeout: timeout, progress: progress)
  }

  package func events(of name: EnvironmentName, since start: Date?) async throws -> [Event] {
    let environment = try await existing(name)
    var stream = BeanstalkEvents(
      client: client,
      query: EventQuery(environmentID: environment.id, start: start))
    return try await stream.next().map(\.event)
  }

  package func logs(of name: EnvironmentName) async throws -> [LogFile] {
    try await BeanstalkLogs(host: self).tails(of: name)
  }

  // MARK: - Shared by what operates

  /// The environments as Beanstalk describes them, less what is terminated; all when `name` is nil.
  func describe(_ name: EnvironmentName?) async throws
    -> [ElasticBeanstalk.EnvironmentDescription]
  {
    // All of the application in one answer: what others run may be what is pushed.
    let all = try await client.describeEnvironments(
      application: application.text, includeDeleted: false
    ).filter { $0.status != .terminated }
    versionRecords.note(running: all.compactMap(\.versionLabel))
    pairs.note(all)
    guard let name else { return all }
    let service = serviceName(name)
    return all.filter { $0.name == service }
  }

  /// What the environment of an operation is called by people.
  func nameOf(_ operation: Operation) async throws -> EnvironmentName? {
    let found = try await describe(nil).first { $0.id == operation.environmentID }
    return found.flatMap { names.name(pairs.logicalName($0.name)) }
  }

  func existing(_ name: EnvironmentName) async throws -> ElasticBeanstalk.EnvironmentDescription {
    guard let found = try await describe(name).first else {
      throw HostError.noSuchEnvironment(name)
    }
    return found
  }

  func descriptions(of found: [ElasticBeanstalk.EnvironmentDescription]) async throws
    -> [EnvironmentDescription]
  {
    let labels = Set(found.compactMap(\.versionLabel)).compactMap { VersionLabel($0) }
    let versions = try await versionRecords.find(labels)
    let byLabel = Dictionary(versions.map { ($0.label.text, $0) }) { first, _ in first }
    var descriptions: [EnvironmentDescription] = []
    for environment in found {
      guard let name = names.name(pairs.logicalName(environment.name)) else { continue }
      var description = EnvironmentDescription(
        environment, name: name, version: environment.versionLabel.flatMap { byLabel[$0] })
      description.platform = environment.platformARN ?? environment.solutionStackName
      if environment.mayBeAsleep {
        // It may have been terminated in this instant.
        description.isAsleep = (try? await isAsleep(name)) ?? false
      }
      descriptions.append(description)
    }
    return descriptions
  }

  /// The options of the environment that are set, variables among them.
  func currentOptions(of name: EnvironmentName) async throws -> [EnvironmentOption] {
    let service = pairs.isKnown ? serviceName(name) : try await locate(name)
    do {
      let settings = try await client.describeConfigurationSettings(
        application: application.text, environment: service)
      return settings.flatMap(\.optionSettings).compactMap { setting in
        setting.value.map { EnvironmentOption(setting.namespace, setting.name, $0) }
      }
    } catch let error as ServiceError where error.beanstalkFailure == .noSuchEnvironment {
      throw HostError.noSuchEnvironment(name)
    }
  }

  /// Waits for the end of an operation and judges it by the environment's state.
  package func follow(
    _ operation: Operation, of name: EnvironmentName, to goal: DeploymentProgress.Goal,
    timeout: Duration, progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    try await BeanstalkWatch(host: self, name: name, operation: operation)
      .run(goal, timeout: timeout, progress: progress)
  }

  /// Asks for an operation when the environment is Ready: waits as long as `wait` for one that is
  /// busy, and refuses it without. Where an answer is lost it is looked at whether the environment
  /// is at work before the operation is asked for again, which has to be harmless.
  package func operate(
    on name: EnvironmentName, wait: Duration?,
    _ ask: (_ serviceName: String) async throws -> Operation
  ) async throws -> Operation {
    let clock = ContinuousClock()
    let start = clock.now
    // Found anew: which of a pair the name means may have changed since it was last looked at.
    let service = try await locate(name)
    let date = options.now().addingTimeInterval(-60)
    var attempts = 0
    while true {
      do {
        return try await ask(service)
      } catch let error as ServiceError where error.beanstalkFailure == .busy {
        try await pause(name, wait: wait, since: start)
      } catch let error as ServiceError where error.beanstalkFailure == .noSuchEnvironment {
        throw HostError.noSuchEnvironment(name)
      } catch  where attempts < 3 && BeanstalkRetry.mayHaveHappened(error) {
        attempts += 1
        try await options.sleep(.seconds(attempts))
        let found = try await existing(name)
        if found.status != .ready {
          return Operation(environmentID: found.id, requestID: nil, start: date)
        }
      }
    }
  }

  /// A moment of waiting for an environment that is busy, or the refusal.
  func pause(
    _ name: EnvironmentName, wait: Duration?, since start: ContinuousClock.Instant
  ) async throws {
    let holder = "Beanstalk is at work on it"
    guard let wait else { throw HostError.busy(name: name, holder: holder) }
    guard options.elapsed(since: start) < wait else {
      throw HostError.gaveUpWaiting(name: name, holder: holder)
    }
    try await waitForNextLook()
  }
}

extension BeanstalkHost: CodeCommitHost {
  package func commit(of source: CodeCommitBranch) async throws -> String {
    do {
      return try await CodeCommitClient(session).getBranch(
        repository: source.repository, branch: source.branch.description)
    } catch let error as ServiceError
      where error.code.hasSuffix("DoesNotExistException") || error.code.hasPrefix("Invalid")
    {
      throw HostError.notAtCodeCommit(error.message)
    }
  }

  package func publish(
    _ version: ApplicationVersion, from source: CodeCommitBranch
  ) async throws -> Publication {
    try await versionRecords.publish(version, from: source)
  }
}

/// An operation that was asked for, as far as Beanstalk says what it is called.
package struct Operation: Sendable, Equatable {
  package var environmentID: String?
  /// Its events carry it.
  package var requestID: String?
  /// Where the request's name is lost, its events are those since then.
  package var start: Date?

  package init(environmentID: String?, requestID: String?, start: Date? = nil) {
    self.environmentID = environmentID
    self.requestID = requestID
    self.start = start
  }

  init(environment: ElasticBeanstalk.EnvironmentDescription) {
    self.init(environmentID: environment.id, requestID: environment.requestID)
  }
}

extension EnvironmentDescription {
  init(
    _ environment: ElasticBeanstalk.EnvironmentDescription, name: EnvironmentName,
    version: ApplicationVersion?
  ) {
    let status = Status(environment.status)
    self.init(
      name: name, status: status, health: Health(environment.health), causes: [],
      version: version, url: environment.cname.map { "http://\($0)" },
      created: environment.created ?? .distantPast, updated: environment.updated ?? .distantPast,
      tags: [:], holder: status == .ready ? nil : "Beanstalk is at work on it")
  }
}

extension EnvironmentDescription.Status {
  /// What Beanstalk has more words for is work in progress.
  init(_ status: EnvironmentStatus?) {
    self =
      switch status {
      case .ready?: .ready
      case .launching?: .launching
      case .terminating?: .terminating
      case .terminated?: .terminated
      default: .updating
      }
  }
}

extension EnvironmentDescription.Health {
  init(_ health: EnvironmentHealth?) {
    self =
      switch health {
      case .green?: .green
      case .yellow?: .yellow
      case .red?: .red
      default: .grey
      }
  }
}
