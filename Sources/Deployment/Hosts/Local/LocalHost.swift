package import FoundationEssentials
package import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

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
      for name in names {
        // One whose health nobody has to be asked for needs no other thread.
        if #available(macOS 26, *) {
          group.addImmediateTask { try await environment(name).describe() }
        } else {
          group.addTask { try await environment(name).describe() }
        }
      }
      var found: [EnvironmentDescription] = []
      for try await description in group { if let description { found.append(description) } }
      return found.sorted { $0.name < $1.name }
    }
  }

  package func environment(named name: EnvironmentName) async throws -> EnvironmentDescription? {
    try await environment(name).describe()
  }

  package func taggedEnvironments() async throws -> [EnvironmentDescription] {
    try await environments()
  }

  package func tags(of name: EnvironmentName) async throws -> [String: String] {
    guard let record = try existing(name).readRecord() else {
      throw HostError.noSuchEnvironment(name)
    }
    return record.tags
  }

  package func setTags(
    _ tags: [String: String], removing keys: [String], of name: EnvironmentName, wait: Duration?,
    timeout: Duration, progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let environment = environment(name)
    let lock = try await environment.lock("setting tags", wait: wait)
    defer { lock.release() }
    guard var record = try environment.layout.readRecord() else {
      throw HostError.noSuchEnvironment(name)
    }
    record.tags.merge(tags) { $1 }
    for key in keys { record.tags[key] = nil }
    try environment.layout.write(record)
    return .deployed
  }

  package func waitForNextLook() async throws {
    try await InterruptibleSleep(options.isInterrupted)(.milliseconds(200))
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
    let versions = LocalVersions(layout: layout, isInterrupted: options.isInterrupted)
    let version = try versions.existing(request.label)
    let environment = environment(request.environment)
    let isNew = !LocalStorage.exists(environment.layout.record)
    let lock = try await environment.lock(
      "deploying \(request.label)", status: isNew ? .launching : .updating, label: request.label,
      makingIt: true, wait: request.wait)
    defer { lock.release() }
    // It may have been taken back until the lock said that it is needed.
    try await versions.confirm(request.label)
    try request.allows(environment.layout.serving()?.release.version)
    sweepTrash()
    let record = try environment.layout.readRecord()
    if record == nil {
      try environment.layout.write(
        LocalEnvironmentRecord(
          created: options.now(), tags: request.creation.tags,
          variables: try inherited(request.creation)))
    }
    let deployment = LocalDeployment(
      environment: environment, request: request, version: version,
      bundle: layout.bundle(request.label), kind: record == nil ? .creation : .update)
    return try await deployment.run(progress: progress)
  }

  /// Of ``CreationRequest/settings`` only the tags and ``CreationSettings/like`` mean something here:
  /// an environment whose variables are taken.
  package func create(_ request: CreationRequest, progress: @Sendable (Event) -> Void) async throws
    -> Outcome
  {
    let environment = environment(request.environment)
    let known = HostError.environmentExists(request.environment)
    if LocalStorage.exists(environment.layout.record) { throw known }
    let versions = LocalVersions(layout: layout, isInterrupted: options.isInterrupted)
    let version = try request.label.map { try versions.existing($0) }
    let inherited = try inherited(request.settings)
    let lock = try await environment.lock(
      "creating", status: .launching, label: request.label, makingIt: true, wait: nil)
    defer { lock.release() }
    if LocalStorage.exists(environment.layout.record) { throw known }
    if let version { try await versions.confirm(version.label) }
    sweepTrash()
    let initial = inherited.merging(request.variables) { $1 }
    try environment.layout.write(
      LocalEnvironmentRecord(
        created: options.now(), tags: request.settings.tags, variables: initial))
    guard let version else {
      environment.say(.info, "createEnvironment is starting.", to: progress)
      environment.say(
        .info, "Successfully launched environment: \(environment.name).", to: progress)
      return .deployed
    }
    let deployment = LocalDeployment(
      environment: environment,
      request: DeploymentRequest(
        environment: request.environment, label: version.label, variables: initial, wait: nil,
        timeout: request.timeout),
      version: version, bundle: layout.bundle(version.label), kind: .creation)
    return try await deployment.run(progress: progress)
  }

  package func swap(
    _ first: EnvironmentName, _ second: EnvironmentName, wait: Duration?, timeout: Duration,
    progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    guard first != second else { throw HostError.sameEnvironment(first) }
    return try await LocalSwap(environment(first), environment(second))
      .run(wait: wait, progress: progress)
  }

  package func rebuild(
    _ name: EnvironmentName, wait: Duration?, timeout: Duration, progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let environment = environment(name)
    let lock = try await environment.lock("rebuilding", wait: wait)
    defer { lock.release() }
    guard let serving = try environment.layout.serving() else {
      throw HostError.nothingDeployed(name)
    }
    // What an environment runs is not taken back, but somebody may have removed the file.
    let version = try LocalVersions(layout: layout).existing(serving.release.version.label)
    let deployment = LocalDeployment(
      environment: environment,
      request: DeploymentRequest(
        environment: name, label: version.label, variables: [:], wait: nil, timeout: timeout),
      version: version, bundle: layout.bundle(version.label), kind: .rebuild)
    return try await deployment.run(progress: progress)
  }

  package func versionOnItsWay(to name: EnvironmentName) async throws -> ApplicationVersion? {
    guard let holder = LocalLock.holder(of: layout.environment(name).lock),
      let label = holder.label.flatMap({ VersionLabel($0) })
    else { return nil }
    return try await version(labelled: label)
  }

  package func abort(
    _ name: EnvironmentName, timeout: Duration?, progress: @Sendable (Event) -> Void
  ) async throws {
    let layout = try existing(name)
    let start = options.now()
    guard let holder = LocalLock.holder(of: layout.lock), holder.environmentStatus != .terminating,
      let text = holder.process, let process = ProcessIdentity(text), process.isAlive,
      process != .current
    else { throw HostError.nothingToAbort(name) }
    // Not SIGINT: what a script starts in the background ignores that.
    guard kill(process.id, SIGTERM) == 0 else {
      throw LocalStorage.failure("signal the holder of", layout.lock)
    }
    guard let timeout else { return }
    let deadline = ContinuousClock().now + timeout
    while LocalLock.holder(of: layout.lock)?.process == text {
      guard ContinuousClock().now < deadline else {
        throw HostError.gaveUpWaiting(name: name, holder: holder.text)
      }
      if options.isInterrupted() { throw CancellationError() }
      try await Task.sleep(for: .milliseconds(50))
    }
    for event in try LocalEvents(path: layout.events).read(since: start) { progress(event) }
  }

  package func delete(_ label: VersionLabel) async throws {
    try await LocalVersions(layout: layout, isInterrupted: options.isInterrupted)
      .remove(label, step: { try options.faultPoint?($0) }) { try users(of: label) }
  }

  package func removeAbandonedBundles() async throws {
    try await LocalVersions(layout: layout, isInterrupted: options.isInterrupted).sweep()
  }

  package func name(_ label: VersionLabel, release: String) async throws {
    try await LocalVersions(layout: layout, isInterrupted: options.isInterrupted)
      .name(label, release: release)
  }

  package func tidy(
    _ name: EnvironmentName, after choice: BlueGreenChoice?, progress: @Sendable (Event) -> Void
  ) async throws {
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

  package func sleep(
    _ name: EnvironmentName, wait: Duration?, timeout: Duration, progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let environment = environment(name)
    let lock = try await environment.lock("going to sleep", wait: wait)
    defer { lock.release() }
    return try await LocalSleep(environment: environment).run(progress: progress)
  }

  package func wake(
    _ name: EnvironmentName, wait: Duration?, timeout: Duration, progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let environment = environment(name)
    let lock = try await environment.lock("waking", wait: wait)
    defer { lock.release() }
    guard environment.layout.isAsleep else { return .deployed }
    let restart = LocalRestart(environment: environment, changes: [:], timeout: timeout)
    return try await restart.run(progress: progress)
  }

  package func variables(of name: EnvironmentName) async throws -> [String: String] {
    try variables(ofExisting: existing(name))
  }

  package func setVariables(
    _ changes: [String: String?], of name: EnvironmentName, wait: Duration?, timeout: Duration,
    progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let environment = environment(name)
    let lock = try await environment.lock("setting variables", wait: wait)
    defer { lock.release() }
    if try environment.layout.serving() == nil {
      try environment.prepareVariables(changes, progress: progress)
      return .deployed
    }
    let restart = LocalRestart(environment: environment, changes: changes, timeout: timeout)
    return try await restart.run(progress: progress)
  }

  package func events(of name: EnvironmentName, since start: Date?) async throws -> [Event] {
    try LocalEvents(path: existing(name).events).read(since: start)
  }

  package func logs(of name: EnvironmentName) async throws -> [LogFile] {
    let layout = try existing(name)
    let sizes = LocalLogs.sizes(at: layout.logSizes)
    return try LocalStorage.names(in: layout.logs).map {
      var log = LogFile(name: $0, path: layout.logs.appending($0))
      log.start = sizes.map { sizes in sizes[log.name] ?? 0 }
      return log
    }
  }

  package func instances(of name: EnvironmentName) async throws -> CostHint.Instances? { nil }

  /// The environments that are there.
  func recoverableEnvironments() throws -> [LocalEnvironment] {
    try LocalStorage.names(in: layout.environments).compactMap { EnvironmentName($0) }
      .map(environment).filter { LocalStorage.exists($0.layout.record) }
  }

  /// Where bundles lie on their way.
  package var incoming: FilePath { layout.incoming }

  private var trash: FilePath { layout.environments.appending(".terminated") }

  private func environment(_ name: EnvironmentName) -> LocalEnvironment {
    LocalEnvironment(application: application, name: name, host: layout, options: options)
  }

  /// The variables that a new environment takes from the one that it is made like.
  private func inherited(_ settings: CreationSettings) throws -> [String: String] {
    guard let like = settings.like.flatMap({ EnvironmentName($0) }) else { return [:] }
    return try variables(ofExisting: layout.environment(like))
      .filter { !settings.ownVariables.contains($0.key) }
  }

  private func variables(ofExisting layout: LocalEnvironmentLayout) throws -> [String: String] {
    try layout.serving()?.run.variables ?? layout.readRecord()?.variables ?? [:]
  }

  /// The environments that run the version, or are about to.
  private func users(of label: VersionLabel) throws -> [EnvironmentName] {
    try LocalStorage.names(in: layout.environments).compactMap { EnvironmentName($0) }
      .filter { name in
        let layout = layout.environment(name)
        if LocalLock.holder(of: layout.lock)?.label == label.text { return true }
        return try layout.serving()?.release.version.label == label
      }
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
