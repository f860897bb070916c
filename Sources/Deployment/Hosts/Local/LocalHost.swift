package import FoundationEssentials
package import SystemPackage

/// The embedded host: environments on this machine, everything under one directory.
package struct LocalHost: Host {
  package let application: ApplicationName
  private let layout: LocalLayout
  private let options: LocalHostOptions

  /// `root` is absolute; it is made when it is needed.
  package init(root: FilePath, application: ApplicationName, options: LocalHostOptions) {
    self.application = application
    layout = LocalLayout(root: root.lexicallyNormalized())
    self.options = options
  }

  package var location: String { layout.root.string }

  package func bundleDirectory() throws -> FilePath? {
    try LocalStorage.makeDirectory(layout.incoming)
    return layout.incoming
  }

  package func versions() async throws -> [ApplicationVersion] {
    try LocalVersions(layout: layout).all()
  }

  package func version(labelled label: VersionLabel) async throws -> ApplicationVersion? {
    try LocalVersions(layout: layout).find(label)
  }

  package func version(like wanted: ApplicationVersion) async throws -> ApplicationVersion? {
    try LocalVersions(layout: layout).all().first { $0.hasSameContent(as: wanted) }
  }

  package func publish(
    _ version: ApplicationVersion, bundle: FilePath, kind: String,
    progress: @escaping @Sendable (UploadProgress) -> Void
  ) async throws -> Publication {
    try await LocalVersions(layout: layout, isInterrupted: options.isInterrupted)
      .publish(version, bundle: bundle)
  }

  package func environments() async throws -> [EnvironmentDescription] {
    let names = try LocalStorage.names(in: layout.environments).compactMap { EnvironmentName($0) }
    return try await withThrowingTaskGroup(of: EnvironmentDescription?.self) { group in
      for name in names { group.addTask { try await environment(name).describe() } }
      var found: [EnvironmentDescription] = []
      for try await description in group { if let description { found.append(description) } }
      return found.sorted { $0.name < $1.name }
    }
  }

  package func environment(named name: EnvironmentName) async throws -> EnvironmentDescription? {
    try await environment(name).describe()
  }

  package func checkCreation(of name: EnvironmentName, _ settings: CreationSettings) async throws {
    // Nothing but its directory is needed.
  }

  package func isConfigured(
    _ name: EnvironmentName, variables: [String: String]
  ) async throws -> Bool {
    let current = try await self.variables(of: name)
    return variables.allSatisfy { current[$0.key] == $0.value }
  }

  package func deploy(_ request: DeploymentRequest, progress: @Sendable (Event) -> Void)
    async throws -> Outcome
  {
    guard let version = try LocalVersions(layout: layout).find(request.label) else {
      throw HostError.noSuchVersion(request.label)
    }
    let environment = environment(request.environment)
    let isNew = !LocalStorage.exists(environment.layout.record)
    let lock = try await environment.lock(
      "deploying \(request.label)", status: isNew ? .launching : .updating, makingIt: true,
      wait: request.wait)
    defer { lock.release() }
    try request.allows(environment.layout.serving()?.release.version)
    sweepTrash()
    let record = try environment.layout.readRecord()
    if record == nil {
      try environment.layout.write(
        LocalEnvironmentRecord(created: options.now(), tags: request.creation.tags))
    }
    let deployment = LocalDeployment(
      environment: environment, request: request, version: version,
      bundle: layout.bundle(request.label), isNew: record == nil)
    return try await deployment.run(progress: progress)
  }

  package func tidy(_ name: EnvironmentName) async throws {
    let environment = environment(name)
    do {
      let lock = try await environment.lock("tidying", wait: nil)
      defer { lock.release() }
      try await environment.heal()
    } catch HostError.busy {
      // Whoever has it tidies.
    } catch is LocalFailure {
      // What serves is not touched by that, and the next operation tries again.
    }
  }

  package func terminate(
    _ name: EnvironmentName, wait: Duration?, progress: @Sendable (Event) -> Void
  ) async throws {
    let environment = environment(name)
    let lock = try await environment.lock("terminating", status: .terminating, wait: wait)
    defer { lock.release() }
    try await LocalTermination(environment: environment, trash: trash).run(progress: progress)
    sweepTrash()
  }

  package func restart(
    _ name: EnvironmentName, wait: Duration?, timeout: Duration, progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let environment = environment(name)
    let lock = try await environment.lock("restarting", wait: wait)
    defer { lock.release() }
    let restart = LocalRestart(environment: environment, changes: [:], timeout: timeout)
    return try await restart.run(progress: progress)
  }

  package func variables(of name: EnvironmentName) async throws -> [String: String] {
    try existing(name).serving()?.run.variables ?? [:]
  }

  package func setVariables(
    _ changes: [String: String?], of name: EnvironmentName, wait: Duration?, timeout: Duration,
    progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let environment = environment(name)
    let lock = try await environment.lock("setting variables", wait: wait)
    defer { lock.release() }
    let restart = LocalRestart(environment: environment, changes: changes, timeout: timeout)
    return try await restart.run(progress: progress)
  }

  package func events(of name: EnvironmentName, since start: Date?) async throws -> [Event] {
    try LocalEvents(path: existing(name).events).read(since: start)
  }

  package func logs(of name: EnvironmentName) async throws -> [LogFile] {
    let directory = try existing(name).logs
    return try LocalStorage.names(in: directory).map {
      LogFile(name: $0, path: directory.appending($0))
    }
  }

  /// The environments that are there.
  func recoverableEnvironments() throws -> [LocalEnvironment] {
    try LocalStorage.names(in: layout.environments).compactMap { EnvironmentName($0) }
      .map(environment).filter { LocalStorage.exists($0.layout.record) }
  }

  /// Where bundles lie on their way.
  package var incoming: FilePath { layout.incoming }

  private var trash: FilePath { layout.environments.appending(".terminated") }

  private func environment(_ name: EnvironmentName) -> LocalEnvironment {
    LocalEnvironment(
      application: application, name: name, layout: layout.environment(name), options: options)
  }

  private func existing(_ name: EnvironmentName) throws -> LocalEnvironmentLayout {
    let layout = layout.environment(name)
    guard LocalStorage.exists(layout.record) else { throw HostError.noSuchEnvironment(name) }
    return layout
  }

  /// Removes what is left of environments that were terminated.
  private func sweepTrash() {
    if LocalStorage.exists(trash) { FileSystem.removeTree(trash) }
  }
}
