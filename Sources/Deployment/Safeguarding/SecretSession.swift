import CPlatform
package import Git

/// `git eb with-secrets`: secrets staged for as long as one program runs.
package struct SecretSession {
  package struct Request {
    package var secrets: [Secret]
    package var environment: EnvironmentName
    /// The directory of the repository that becomes the bundle's root.
    package var root: String
    package var base: StagingBase
    package var isInPlace: Bool
    package var command: [String]
    /// Where the command runs; `nil` is where git-eb is.
    package var directory: String?
    /// How long another git-eb, or a foreign `index.lock`, is waited for.
    package var wait: Duration

    package init(
      secrets: [Secret], environment: EnvironmentName, root: String, base: StagingBase,
      isInPlace: Bool, command: [String], directory: String?, wait: Duration
    ) {
      self.secrets = secrets
      self.environment = environment
      self.root = root
      self.base = base
      self.isInPlace = isInPlace
      self.command = command
      self.directory = directory
      self.wait = wait
    }
  }

  /// What is told while it goes on.
  package enum Report: Sendable, Equatable {
    /// An earlier git-eb's leftovers were taken back first.
    case healed(TakenBack)
    case replaced([String])
    case takenBack(TakenBack)
    /// The secrets are still in the index: what follows is why.
    case stillStaged
  }

  private let location: Location
  private let processEnvironment: [String: String]
  private let executable: String
  private let places: [String]
  private let isInterrupted: @Sendable () -> Bool

  package init(
    _ location: Location, processEnvironment: [String: String], executable: String,
    _ surroundings: Surroundings
  ) {
    self.location = location
    self.processEnvironment = processEnvironment
    self.executable = executable
    places = PrivateStorage.places(
      environment: processEnvironment, temporaryDirectory: surroundings.temporaryDirectory)
    isInterrupted = surroundings.isInterrupted
  }

  /// Waits until no other git-eb has secrets staged in the repository's own index: they would be
  /// taken for tracked files when secrets are read.
  package func waitForOthers(_ limit: Duration) throws {
    try InPlaceIndex(location, waiting: limit, isInterrupted: isInterrupted).waitForOthers()
  }

  /// Stages, runs the command, and takes everything back, also when anything of it fails.
  package func run(
    _ request: Request, reporting report: (Report) -> Void
  ) throws -> OutsideCommand.Ending {
    let storage = try PrivateStorage(places: places, size: try room(for: request))
    let inPlace =
      request.isInPlace
      ? InPlaceIndex(location, waiting: request.wait, isInterrupted: isInterrupted) : nil
    if let healed = try inPlace?.claim() { report(.healed(healed)) }
    let watcher: Watcher
    do {
      watcher = try Watcher(
        executable: executable, storage: storage, inPlace: request.isInPlace ? location : nil)
    } catch {
      _ = try inPlace?.takeBack()
      throw error
    }
    // Whatever ends the work below, this is what the repository was before it.
    let result = Result { try perform(request, in: storage, inPlace, watcher, report) }
    platform_pass_signals_to(0)
    do {
      if let taken = try inPlace?.takeBack() { report(.takenBack(taken)) }
    } catch {
      // The watcher goes on trying for a while.
      report(.stillStaged)
      watcher.takeOver()
      throw error
    }
    storage.remove()
    watcher.finish()
    return try result.get()
  }

  private func perform(
    _ request: Request, in storage: PrivateStorage, _ inPlace: InPlaceIndex?,
    _ watcher: Watcher, _ report: (Report) -> Void
  ) throws -> OutsideCommand.Ending {
    func prepare() throws -> StagedSecrets {
      try StagedSecrets(
        request.secrets, over: request.base, in: storage, location, root: request.root,
        isInterrupted: isInterrupted)
    }
    let hooks = try OutsideHooks.directory(location)
    let staged = try inPlace?.stage(watchedBy: watcher.process, prepare) ?? prepare()
    if !staged.replaced.isEmpty { report(.replaced(staged.replaced)) }
    try OutsideHooks.install(
      .init(
        environment: request.environment.text, secrets: request.secrets.map(\.path),
        ids: staged.edits.compactMap { $0.blob?.hex }, isInPlace: request.isInPlace,
        objects: location.objectDirectory,
        alternates: AlternateDirectories.text(
          location.alternates + Submodules.objects(of: location)),
        hooks: hooks),
      in: storage, executable: executable)
    if isInterrupted() { throw Interrupted() }
    var environment = processEnvironment
    if inPlace == nil { environment.merge(storage.variables(location)) { $1 } }
    configure(&environment, storage)
    return try OutsideCommand(
      request.command, environment: environment, directory: request.directory
    ).run { try storage.note($0) }
  }

  /// Settings that hold for every git that the command runs.
  private func configure(_ environment: inout [String: String], _ storage: PrivateStorage) {
    let settings = [
      ("core.hooksPath", storage.hooks),
      // Neither a second file of the index nor a daemon that would keep the variables.
      ("core.splitIndex", "false"), ("core.fsmonitor", "false"),
      // Nothing must pack what is to go away.
      ("gc.auto", "0"), ("maintenance.auto", "false"),
    ]
    var count = Int(environment["GIT_CONFIG_COUNT"] ?? "") ?? 0
    for (name, value) in settings {
      environment["GIT_CONFIG_KEY_\(count)"] = name
      environment["GIT_CONFIG_VALUE_\(count)"] = value
      count += 1
    }
    environment["GIT_CONFIG_COUNT"] = "\(count)"
    // What `git -c` says wins over those.
    if let words = environment["GIT_CONFIG_PARAMETERS"], !words.isEmpty {
      let more = settings.map { "'\($0.0)=\($0.1.replacing("'", with: "'\\''"))'" }
      environment["GIT_CONFIG_PARAMETERS"] = ([words] + more).joined(separator: " ")
    }
  }

  /// Bytes for three copies of the index, the secrets twice, and what the command may write.
  private func room(for request: Request) throws -> Int64 {
    let index = try FileSystem.status(location.indexPath)?.size ?? 0
    return 3 * index + 2 * Int64(request.secrets.reduce(0) { $0 + $1.count }) + 4 << 20
  }
}
