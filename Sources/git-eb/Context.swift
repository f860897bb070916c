import Deployment
import FoundationEssentials
import Git
import SystemPackage
import Zip

/// What a command works with: the repository, the configuration and the host, opened when asked for.
struct Context {
  let options: CommonOptions
  let repository: Repository
  let processEnvironment: [String: String]
  let configuration: Configuration
  /// The application's name: the setting or, where nothing sets it, the repository's directory.
  let application: ApplicationName

  /// Heals first what an earlier git-eb left in this repository when it was cut off.
  ///
  /// In continuous integration for a pull request the configuration is that of the base branch,
  /// whatever the command: what is checked out there is a stranger's. `base` names another commit.
  init(
    _ options: CommonOptions, flags: [ConfigurationSources.Flag] = [], revision: String? = nil,
    base: ConfigurationOptions? = nil, isHealing: Bool = true
  ) throws {
    self.options = options
    processEnvironment = ProcessEnvironment.current()
    repository = try Repository.discover(
      startingAt: options.directory ?? ".", environment: processEnvironment)
    if isHealing {
      Healing.run(repository.location, processEnvironment, isQuiet: options.quiet)
    }
    let reader = ConfigurationReader(
      repository: repository, flags: flags, processEnvironment: processEnvironment)
    let believed = try ConfigurationBase.find(
      asked: base?.commit, in: repository, processEnvironment: processEnvironment)
    var configuration =
      try believed.map(reader.configuration(from:))
      ?? reader.configuration(revision: revision)
    if configuration.application == nil, let name = reader.defaultApplication {
      configuration.application = Setting(name, from: .builtIn)
    }
    guard let application = configuration.application?.value else {
      throw CommandError.noApplication
    }
    self.application = application
    self.configuration = configuration
  }

  /// `nil` outside of a repository.
  static func ifThereIsOne(
    _ options: CommonOptions, base: ConfigurationOptions
  ) throws -> Context? {
    do {
      return try Context(options, base: base)
    } catch let error as GitError {
      if error.code == .notARepository { return nil }
      throw error
    }
  }

  var resolver: Resolver {
    Resolver(
      repository: repository, configuration: configuration, application: application,
      processEnvironment: processEnvironment)
  }

  var mapping: BranchMapping { BranchMapping(configuration) }

  /// The local branches by the environments that they map to.
  var branches: EnvironmentBranches {
    get throws {
      EnvironmentBranches(
        mapping, try repository.branches().map(\.name), current: try repository.head().branch)
    }
  }

  /// The environment that `--environment` or `GIT_EB_ENVIRONMENT` names.
  func askedEnvironment(_ options: EnvironmentOptions) -> Setting<String>? {
    if let name = options.environment {
      return Setting(name, from: .commandLine(option: "--environment"))
    }
    return ownEnvironment
  }

  /// The environment that `GIT_EB_ENVIRONMENT` names.
  private var ownEnvironment: Setting<String>? {
    if let name = processEnvironment["GIT_EB_ENVIRONMENT"], !name.isEmpty {
      return Setting(name, from: .environmentVariable(name: "GIT_EB_ENVIRONMENT"))
    }
    return nil
  }

  /// The branch that `--branch` or `GIT_EB_BRANCH` names.
  func askedBranch(_ options: EnvironmentOptions) -> String? {
    options.branch ?? nonEmpty("GIT_EB_BRANCH")
  }

  /// The environment that a command about one environment speaks of.
  func environment(_ options: EnvironmentOptions) throws -> EnvironmentName {
    try resolver.environment(
      named: askedEnvironment(options), branch: askedBranch(options)
    ).environment
  }

  /// The environment that an argument names.
  func environment(named text: String) throws -> EnvironmentName {
    guard let name = EnvironmentName(text) else { throw ResolvingError.invalidEnvironment(text) }
    return name
  }

  /// The environment that is meant where no argument and no option names one.
  func environment() throws -> EnvironmentName {
    try resolver.environment(named: ownEnvironment, branch: nonEmpty("GIT_EB_BRANCH")).environment
  }

  /// Whether the configuration protects the environment.
  func isProtected(_ name: EnvironmentName) -> Bool {
    configuration.environments[name]?.protected == true
  }

  /// The environment as the host knows it, or an error that names it.
  func describedEnvironment(
    _ options: EnvironmentOptions, on host: any Host
  ) async throws -> EnvironmentDescription {
    let name = try environment(options)
    guard let found = try await host.environment(named: name) else {
      throw HostError.noSuchEnvironment(name)
    }
    return found
  }

  func host() throws -> any Host {
    switch configuration.host.value {
    case .local:
      var options = LocalHostOptions(
        hooks: configuration.local.hooks.value, healthPath: configuration.local.health?.value,
        executable: try ownExecutable())
      options.isInterrupted = { Interruption.isRequested }
      return LocalHost(root: try localDirectory(), application: application, options: options)
    case .beanstalk:
      return try beanstalkHost()
    case .command:
      throw CommandError.hostNotAvailable(configuration.host.value, configuration.host.origin)
    }
  }

  /// The host for a command that only Beanstalk can do.
  func beanstalk(_ command: String) throws -> BeanstalkHost {
    guard configuration.host.value == .beanstalk else {
      throw CommandError.onlyOnBeanstalk(command)
    }
    return try beanstalkHost()
  }

  /// The way to AWS: the account and region that the configuration says.
  func connection() throws -> BeanstalkConnection {
    let branch = try? resolver.currentBranch(nil).description
    return try Self.connection(
      profile: configuration.profile(forBranch: branch),
      region: configuration.region(forBranch: branch), processEnvironment)
  }

  /// The way to AWS outside of a repository.
  static func connection(
    profile: Setting<String>?, region: Setting<String>?, _ processEnvironment: [String: String]
  ) throws -> BeanstalkConnection {
    let home = processEnvironment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
    var surroundings = BeanstalkConnection.Surroundings(
      processEnvironment: processEnvironment, home: home, userAgent: "git-eb/\(Version.text)",
      isInterrupted: { Interruption.isRequested }, tokenCode: TokenPrompt.asker)
    surroundings.timeFactor = testPace(processEnvironment)
    return try BeanstalkConnection(profile: profile, region: region, surroundings)
  }

  private func beanstalkHost() throws -> BeanstalkHost {
    let connection = try connection()
    var options = BeanstalkHost.Options(settings: configuration.beanstalk)
    options.environmentOptions = { [configuration] in configuration.options(of: $0) }
    options.isInterrupted = { Interruption.isRequested }
    options.timeFactor = Self.testPace(processEnvironment)
    return BeanstalkHost(
      application: application, session: connection.session, transport: connection.transport,
      names: BeanstalkNames(application: application, known: mapping.namedEnvironments),
      options: options)
  }

  /// `GIT_EB_TEST_PACE`, for tests alone: what waits and time limits on AWS are multiplied by, so
  /// that it takes no half-minute to see what happens when one passes. What is decided is the same.
  private static func testPace(_ processEnvironment: [String: String]) -> Double {
    guard let text = processEnvironment["GIT_EB_TEST_PACE"], let pace = Double(text),
      pace > 0, pace <= 1
    else { return 1 }
    return pace
  }

  /// How long to wait before looking again at an environment that is followed. A service counts
  /// requests; the EB CLI asks every five seconds.
  var lookingInterval: Duration {
    configuration.host.value == .local ? .milliseconds(300) : .seconds(5)
  }

  /// What is to be bundled, whatever it maps to.
  func source(_ choice: SourceChoice) throws -> Source {
    switch choice {
    case .staged:
      return .staged(head: try headCommit())
    case .workTree:
      return .workTree(head: try headCommit())
    case .commit(nil) where configuration.bundle.artifact != nil:
      return try resolver.artifact(head: repository.head())
    case .commit(let words):
      guard let found = try repository.resolve(words ?? "HEAD") else {
        if words == nil, case .unborn(let branch) = try repository.head() {
          throw ResolvingError.unborn(branch)
        }
        throw ResolvingError.unknownRevision(words ?? "HEAD")
      }
      if found.isAmbiguous { throw ResolvingError.ambiguousRevision(words ?? "HEAD") }
      if let commit = try found.commit.flatMap({ try repository.commit($0) }) {
        return .commit(commit)
      }
      return .tree(found.tree)
    }
  }

  private func headCommit() throws -> Commit? {
    try repository.head().commit.flatMap { try repository.commit($0) }
  }

  var surroundings: Surroundings {
    Surroundings(
      home: home, temporaryDirectory: temporaryDirectory, cacheDirectory: cacheDirectory,
      stateDirectory: stateDirectory, version: Version.text,
      now: { Date() }, isInterrupted: { Interruption.isRequested })
  }

  // MARK: - Records

  var tracking: TrackingReferences {
    TrackingReferences(repository.location, name: configuration.records.tracking.value)
  }

  var recorder: Recorder {
    Recorder(repository.location, tracking: tracking, stateDirectory: stateDirectory)
  }

  var records: RecordReader { RecordReader(repository, application: application) }

  /// Writes the records that an earlier git-eb could not write, and says so.
  func healRecords() async {
    var recorded: [String] = []
    for healed in await recorder.heal() {
      guard let record = healed.record else { continue }
      switch healed.recording {
      case .written: recorded.append("'\(record.environment)' (\(record.ending.rawValue))")
      case .postponed(let reason), .lost(let reason):
        Output.message(
          "warning: cannot record a deployment to '\(record.environment)': "
            + Format.visible(reason))
      }
    }
    guard !recorded.isEmpty, !options.quiet else { return }
    Output.message(
      "note: recorded \(Format.count(recorded.count, "earlier deployment")): "
        + recorded.joined(separator: ", "))
  }

  /// The full id of the commit that `--force-with-lease` names, which need not be here.
  func expectedCommit(_ words: String) throws -> String {
    if let id = ObjectID(hex: words) { return id.hex }
    guard let commit = try repository.resolve(words)?.commit else {
      throw ResolvingError.unknownRevision(words)
    }
    return commit.hex
  }

  /// Moves the references that follow the environments to what these were just seen to run. That it
  /// cannot be done stops nothing: `git eb fetch` says why.
  @discardableResult
  func follow(
    _ environments: [EnvironmentDescription], because reason: String = "fetch"
  ) async -> [TrackingReferences.Move] {
    let finder = CommitFinder(repository)
    var sightings: [TrackingReferences.Sighting] = []
    for environment in environments {
      guard let version = environment.version,
        case .known(let commit)? = try? finder.commit(of: version)
      else { continue }
      sightings.append(.init(environment.name, commit))
    }
    guard let moves = try? tracking.moves(to: sightings, in: repository), !moves.isEmpty else {
      return []
    }
    do {
      try await tracking.make(moves, message: reason, by: committer)
      return moves
    } catch {
      return []
    }
  }

  /// The commit that the environment runs as far as this clone has heard; an error that says how to
  /// hear of it where it has not.
  func followed(_ environment: EnvironmentName) throws -> ObjectID {
    if tracking.isTaken { throw CommandError.trackingTaken(tracking.name) }
    guard let commit = try tracking.commit(of: environment, in: repository) else {
      throw CommandError.notFollowed(environment)
    }
    return commit
  }

  /// Takes away the reference of an environment that is gone.
  func forget(_ environment: EnvironmentName, because reason: String) async {
    guard let moves = try? tracking.moves(to: [.init(environment, nil)], in: repository) else {
      return
    }
    try? await tracking.make(moves, message: reason, by: committer)
  }

  /// How answers are coloured.
  var style: Style { Style(repository.location.configuration, processEnvironment) }

  var committer: Signature { Committer.signature(repository.location, at: Date()) }

  /// The road of a deployment on this host.
  func pipeline(on host: any Host, _ reporter: ConsoleReporter) -> Pipeline {
    Pipeline(
      repository: repository.location, application: application, configuration: configuration,
      host: host, reporter: reporter, surroundings: surroundings)
  }

  /// What the configuration says of every deployment.
  var deploymentOptions: Pipeline.Options {
    var options = Pipeline.Options(timeout: configuration.push.timeout.value)
    options.wait = configuration.push.wait?.value
    return options
  }

  var reporter: ConsoleReporter { ConsoleReporter(quiet: options.quiet) }

  var temporaryDirectory: String { Healing.temporaryDirectory(processEnvironment) }

  private var home: String? { nonEmpty("HOME") }

  /// `$XDG_CACHE_HOME/git-eb`, as the XDG Base Directory Specification has it.
  private var cacheDirectory: String? { ownDirectory("XDG_CACHE_HOME", orBelowHome: ".cache") }

  /// `$XDG_STATE_HOME/git-eb`, likewise.
  private var stateDirectory: String? {
    ownDirectory("XDG_STATE_HOME", orBelowHome: ".local/state")
  }

  private func ownDirectory(_ variable: String, orBelowHome fallback: String) -> String? {
    if let base = nonEmpty(variable), base.hasPrefix("/") { return base + "/git-eb" }
    return home.map { "\($0)/\(fallback)/git-eb" }
  }

  private func nonEmpty(_ variable: String) -> String? {
    processEnvironment[variable].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// `local.directory`, else `$XDG_STATE_HOME/git-eb/<application>`.
  private func localDirectory() throws -> FilePath {
    if let setting = configuration.local.directory?.value {
      guard let path = ConfiguredPath.absolute(setting, in: repository, home: home) else {
        throw CommandError.noHome
      }
      return FilePath(path)
    }
    guard let stateDirectory else { throw CommandError.noHome }
    return FilePath("\(stateDirectory)/\(application)")
  }

  func ownExecutable() throws -> FilePath {
    #if os(Linux)
      let own = "/proc/self/exe"
    #else
      let own = CommandLine.arguments[0]
    #endif
    guard let path = FileSystem.realPath(own) else { throw CommandError.noExecutable }
    return FilePath(path)
  }
}

/// Facts that only a command finds out.
enum CommandError: Error {
  case noApplication
  case noHome
  case noExecutable
  case hostNotAvailable(HostKind, Origin)
  case fileExists(String)
  /// A workflow's file is there already.
  case workflowExists(String)
  case terminalOutput
  case notConfirmed
  case noURL(EnvironmentName)
  case noBrowser
  case noLog(String, known: [String])
  case invalidLabel(String)
  /// A finished bundle that cannot be looked into.
  case unreadableBundle(String, ZipError)
  case invalidVariable(String)
  case noVariables
  case noWorkTree
  case noEBCLIProject
  case nothingStaged
  case invalidValue(what: String, value: String, why: String)
  case protected(EnvironmentName)
  /// Standard input is not what git gives to a post-receive hook.
  case notFromPostReceive
  /// A command that only Beanstalk can do.
  case onlyOnBeanstalk(String)
  /// What does not read `namespace:name=value`.
  case invalidOption(String)
  /// What does not read `key=value`, or whose key is not for people.
  case invalidTag(String)
  /// Options of the command that this host has no meaning for.
  case optionsOnlyOnBeanstalk([String])
  /// An option that only the local host knows.
  case onlyOnLocal(String)
  /// It has one instance by its kind, and more are asked for.
  case singleInstance(EnvironmentName, InstanceCount)
  case noConsole(region: String)
  /// A remote has the name that the references which follow environments would stand under.
  case trackingTaken(String)
  /// Nothing was heard yet of what the environment runs.
  case notFollowed(EnvironmentName)
  /// What names neither an environment with records nor a commit.
  case nothingRecordedOf(String)
  /// What names neither an environment that is followed nor a commit.
  case nothingToCompare(String)
  /// git ended so when it exchanged records with a remote.
  case notShared(remote: String, reason: String)
}
