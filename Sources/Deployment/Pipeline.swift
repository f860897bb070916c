package import FoundationEssentials
package import Git
import SystemPackage
import Zip

/// The road of a deployment: check → bundle → publish → deploy → verify. Resolving comes before.
///
/// Every step may be run again: what is present is done.
package struct Pipeline: Sendable {
  /// What a push was asked beyond its target.
  package struct Options: Sendable {
    /// What it is recorded as. A rollback may go backwards.
    package var kind = DeploymentRecord.Kind.push
    package var label: VersionLabel?
    package var message: String?
    /// Deploy also what is not a descendant of what runs.
    package var force = false
    /// Send also what the checks find fault with.
    package var isUnchecked = false
    /// The full id of the commit that the environment is expected to run: then it need not be an
    /// ancestor, and any other is refused.
    package var lease: String?
    /// How long to wait for an environment that is busy; `nil` refuses.
    package var wait: Duration?
    /// Take the place of an older push of the same branch that is under way. What else makes the
    /// environment busy is waited for.
    package var supersedes = false
    package var timeout: Duration
    /// Do not wait for the deployment's end.
    package var isLeftAlone = false
    package var blueGreen: BlueGreenChoice?
    /// Put the version before back when the deployment fails and the new one is left running.
    package var rollsBack = false

    package init(timeout: Duration) {
      self.timeout = timeout
    }

    var patience: Duration? { wait ?? (supersedes ? timeout : nil) }

    var override: Ancestry.Override {
      lease.map { .commit($0) } ?? (force || kind == .rollback ? .everything : .nothing)
    }
  }

  /// What a push did.
  package struct Result: Sendable {
    package var version: ApplicationVersion
    package var summary: BundleSummary
    package var publication: Publication
    package var outcome: Outcome
    /// The environment ran this version already, healthy and with these variables.
    package var wasUpToDate: Bool
    /// What ran was not an ancestor.
    package var wasForced: Bool
    /// As it was before; `nil` when it did not exist.
    package var previous: EnvironmentDescription?
    /// As it is afterwards; `nil` when it does not exist.
    package var environment: EnvironmentDescription?
    package var duration: Duration
    /// The version that was put back after a failure.
    package var rolledBack: VersionLabel?
    /// What became of the record; `nil` where nothing was deployed.
    package var recording: Recording?
  }

  private let repository: Location
  private let configuration: Configuration
  private let application: ApplicationName
  private let host: any Host
  private let reporter: any Reporter
  private let surroundings: Surroundings

  package init(
    repository: Location, application: ApplicationName, configuration: Configuration,
    host: any Host, reporter: any Reporter, surroundings: Surroundings
  ) {
    self.repository = repository
    self.application = application
    self.configuration = configuration
    self.host = host
    self.reporter = reporter
    self.surroundings = surroundings
  }

  /// Deploys the target.
  package func push(_ target: Target, _ options: Options) async throws -> Result {
    let start = ContinuousClock().now
    try await checkAdmission(
      of: target.source.commitID, target.source.kind, to: target.environment)
    try await supersede(in: target.environment, with: push(of: target), options)
    let running = try await environmentWhenReady(target.environment, wait: options.patience)
    try await checkMayBeMade(target, running)
    // Asked for once: it may take a program, or the remote.
    let creation = try await creation(of: target)
    if running == nil { try await checkCreation(of: target.environment, creation) }
    let step = Ancestry.Step(target.environment, target.source.commitID)
    try Ancestry(repository).check(step, running: running?.version, options.override)
    let published = try await publish(target, running, options)
    let order = order(published.version, for: target, creation)
    do {
      return try await deploy(published, order, options, over: running, since: start)
    } catch HostError.noSuchVersion(published.version.label) {
      // Nothing ran it yet, and a prune took it for left over in this moment.
      var options = options
      options.isUnchecked = true
      let again = try await publish(target, running, options)
      return try await deploy(again, order, options, over: running, since: start)
    }
  }

  /// A version of the target that the host has.
  package func order(
    _ version: ApplicationVersion, for target: Target
  ) async throws -> Order {
    order(version, for: target, try await creation(of: target))
  }

  private func order(
    _ version: ApplicationVersion, for target: Target, _ creation: CreationSettings
  ) -> Order {
    var order = Order(version: version, to: target.environment, creation: creation)
    order.reference = target.reference
    order.push = push(of: target)
    return order
  }

  private func push(of target: Target) -> Supersession.Push {
    let own = target.branch.flatMap { BranchMapping(configuration).mapping(of: $0) }
    return Supersession.Push(
      commit: target.source.commitID, branch: target.branch?.fullName,
      isBranchesOwn: own?.environment == target.environment && own?.isEphemeral == true)
  }

  private func supersede(
    in environment: EnvironmentName, with push: Supersession.Push?, _ options: Options
  ) async throws {
    guard options.supersedes, let push else { return }
    _ = try await Supersession(repository, environment, push)
      .run(on: host, timeout: options.timeout, reporter)
  }

  /// A version that the host has, on its way to an environment.
  package struct Order: Sendable {
    package var version: ApplicationVersion
    package var environment: EnvironmentName
    package var creation: CreationSettings
    /// The full name of what was asked for, such as `refs/tags/v1.4.0`.
    package var reference: String?
    /// What is pushed, where it is a push.
    package var push: Supersession.Push?

    package init(
      version: ApplicationVersion, to environment: EnvironmentName, creation: CreationSettings
    ) {
      self.version = version
      self.environment = environment
      self.creation = creation
    }
  }

  /// Has an environment run a version that the host has: nothing is built and nothing is uploaded.
  package func deploy(_ order: Order, _ options: Options) async throws -> Result {
    let start = ContinuousClock().now
    try await checkAdmission(
      of: order.version.commit, order.version.source, to: order.environment)
    try await supersede(in: order.environment, with: order.push, options)
    let running = try await environmentWhenReady(order.environment, wait: options.patience)
    if running == nil { try await checkCreation(of: order.environment, order.creation) }
    try Ancestry(repository).check(
      .init(order.environment, order.version.commit), running: running?.version, options.override)
    let published = Published(version: order.version, summary: .nothing, publication: .present)
    return try await deploy(published, order, options, over: running, since: start)
  }

  /// The rest of the road, from a version that is published.
  private func deploy(
    _ published: Published, _ order: Order, _ options: Options,
    over running: EnvironmentDescription?, since start: ContinuousClock.Instant
  ) async throws -> Result {
    let name = order.environment
    let version = published.version
    // Bundling takes its time: what runs now decides, not what ran before.
    try await supersede(in: name, with: order.push, options)
    let current = try await host.environment(named: name)
    let variables = configuration.environments[name]?.variables ?? [:]
    var result = Result(
      version: version, summary: published.summary, publication: published.publication,
      outcome: .deployed, wasUpToDate: true, wasForced: false, previous: running,
      environment: current, duration: .zero)
    if try await isUpToDate(current, version, variables), !options.force {
      try await host.tidy(name, after: options.blueGreen) { reporter.event($0) }
      await keepTags(order, options)
      result.duration = ContinuousClock().now - start
      return result
    }
    var request = DeploymentRequest(
      environment: name, label: version.label, variables: variables, wait: options.patience,
      timeout: options.timeout)
    request.current = current
    request.isLeftAlone = options.isLeftAlone
    request.blueGreen = options.blueGreen
    request.creation = order.creation
    // Somebody else's push may have come in between.
    let ancestry = Ancestry(repository)
    let step = Ancestry.Step(name, version.commit)
    // Without an override, what would be refused has been.
    let wasForced =
      try options.override != .nothing
      && ancestry.refusal(of: step, running: running?.version) != nil
    request.allows = { try ancestry.check(step, running: $0, options.override) }
    let recorder = recorder
    var log = DeploymentLog(
      recorder, record(of: version, order, options.kind, over: current?.version),
      now: surroundings.now,
      words: reporter.words(for:))
    try await log.following {
      let ended = try await host.deploy(request) { reporter.event($0) }
      var environment = try await host.environment(named: name)
      let outcome = verify(ended, environment, label: version.label)
      if options.rollsBack, case .failed = outcome, let before = current?.version?.label,
        try await putBack(before, request, environment)
      {
        result.rolledBack = before
        environment = try await host.environment(named: name)
      }
      result.outcome = outcome
      result.environment = environment
      return .init(outcome, wasPutBack: result.rolledBack != nil)
    }
    result.recording = log.recording
    if let notice = log.recording?.notice { reporter.notice(notice) }
    if recorder.tracking.isTaken {
      reporter.notice(.remoteInTheWay(name: recorder.tracking.name))
    }
    if result.outcome == .deployed, current != nil { await keepTags(order, options) }
    result.wasUpToDate = false
    result.wasForced = wasForced
    result.duration = ContinuousClock().now - start
    return result
  }

  /// Brings the tags of an ephemeral environment up to date that was made by an earlier push. Only
  /// what differs is set: on Beanstalk it is an update of its own.
  private func keepTags(_ order: Order, _ options: Options) async {
    guard let wanted = PreviewTags(order.creation.tags) else { return }
    do {
      let changes = wanted.changes(from: try await host.tags(of: order.environment))
      guard let changes else { return }
      _ = try await host.setTags(
        changes.set, removing: changes.removed, of: order.environment,
        wait: options.wait ?? options.timeout, timeout: options.timeout
      ) { reporter.event($0) }
    } catch {
      // It is deployed all the same.
      reporter.event(
        Event(
          date: surroundings.now(), severity: .warn,
          message: "Its tags could not be brought up to date (\(reporter.words(for: error))); "
            + "the next push does it."))
    }
  }

  /// Deploys the version before once more; `false` when the environment runs it anyway.
  private func putBack(
    _ label: VersionLabel, _ failed: DeploymentRequest, _ environment: EnvironmentDescription?
  ) async throws -> Bool {
    guard let environment, environment.version?.label != label else { return false }
    var request = failed
    request.label = label
    request.current = environment
    request.blueGreen = nil
    request.isLeftAlone = false
    request.wait = failed.wait ?? failed.timeout
    request.allows = { _ in }
    return try await host.deploy(request) { reporter.event($0) } == .deployed
  }

  /// What ``push(_:_:)`` would do, without doing it.
  package func plan(_ target: Target, _ options: Options) async throws -> DeploymentPlan {
    let running = try await host.environment(named: target.environment)
    try await checkMayBeMade(target, running)
    if running == nil { try await checkLimit(try await creation(of: target)) }
    let listing = try await listing(of: target)
    let sink = CountingSink()
    let examination = options.isUnchecked ? nil : Examination(listing)
    let summary = try await bundler.bundle(
      listing, of: target.source, into: sink, isInterrupted: surroundings.isInterrupted,
      progress: reporter.bundling, examination: examination)
    let version = try await version(of: target, summary, listing, options)
    let planner = Planner(repository: repository, runningVersion: running?.version)
    return DeploymentPlan(
      target: target, host: configuration.host.value, location: host.location, version: version,
      summary: summary, running: running,
      isPublished: try await host.version(labelled: version.label)?.digest == version.digest,
      refusal: try refusal(
        .init(target.environment, target.source.commitID), running: running?.version, options),
      isTooLarge: summary.size > BundleLimits.size,
      findings: examination.map { findings($0, of: target, summary, version, running) } ?? [],
      commits: try planner.commits(since: target.source),
      changes: try planner.changes(to: listing))
  }

  /// Why a push would be refused that does not override it. With ``Options/force`` what is
  /// overridden is said all the same.
  private func refusal(
    _ step: Ancestry.Step, running: ApplicationVersion?, _ options: Options
  ) throws -> Ancestry.Refusal? {
    guard options.lease != nil else {
      return try Ancestry(repository).refusal(of: step, running: running)
    }
    do {
      try Ancestry(repository).check(step, running: running, options.override)
      return nil
    } catch let refusal as Ancestry.Refusal {
      return refusal
    }
  }

  // MARK: - Stages

  private struct Bundle {
    var file: BundleFile
    var summary: BundleSummary
    var version: ApplicationVersion
  }

  private struct Published {
    var version: ApplicationVersion
    var summary: BundleSummary
    var publication: Publication
  }

  /// Bundles the source and hands it over.
  private func publish(
    _ target: Target, _ running: EnvironmentDescription?, _ options: Options
  ) async throws -> Published {
    if case .codeCommit(let source, let id, _) = target.source {
      return try await publish(source, id: id, target, options)
    }
    let bundle = try await bundle(target, running, options)
    defer { bundle.file.remove() }
    let publication = try await host.publish(
      bundle.version, bundle: bundle.file.path, kind: target.source.fileKind,
      progress: reporter.uploading)
    reporter.published(bundle.version, publication)
    return Published(version: bundle.version, summary: bundle.summary, publication: publication)
  }

  /// Has the host take the source from CodeCommit itself.
  private func publish(
    _ source: CodeCommitBranch, id: String, _ target: Target, _ options: Options
  ) async throws -> Published {
    guard let host = host as? any CodeCommitHost else { throw HostError.noCodeCommit }
    // Its content is not here to be digested, and a commit's id says as much.
    let digest = NameHash.text(of: "codecommit \(source.repository) \(id)", count: 64)
    let made = VersionLabel(
      name: target.labelName, commit: id, kind: target.source.kind, digest: digest)
    let subject = options.message ?? target.source.commit?.summary ?? "\(source.repository)"
    let version = ApplicationVersion(
      label: options.label ?? made, digest: digest, size: 0, created: surroundings.now(),
      description: String(subject.prefix(200)), commit: id, reference: target.reference,
      source: target.source.kind, secrets: [], builtBy: surroundings.version,
      preview: try await mark(of: target))
    let publication = try await host.publish(version, from: source)
    reporter.published(version, publication)
    return Published(version: version, summary: .nothing, publication: publication)
  }

  private var bundler: SourceBundler {
    SourceBundler(store: .init(configuration.bundle, surroundings, of: repository))
  }

  /// What the checks find in a bundle that was made.
  private func findings(
    _ examination: Examination, of target: Target, _ summary: BundleSummary,
    _ version: ApplicationVersion, _ running: EnvironmentDescription?
  ) -> [Finding] {
    var surroundings = CheckSurroundings(
      of: target.environment, isEphemeral: target.mapping.isEphemeral, configuration,
      running: running)
    surroundings.take(summary)
    surroundings.label = version.label.text
    surroundings.versionCount = knownVersionCount
    return Checker(configuration)
      .findings(in: examination.bundle(surroundings))
  }

  /// Different versions that the records here know, where they are many.
  private var knownVersionCount: Int {
    guard configuration.host.value == .beanstalk,
      let records = try? RecordReader(Repository.open(repository), application: application)
    else { return 0 }
    return (try? records.versionCount(from: NameRules.versionWarning)) ?? 0
  }

  /// Nothing is bundled or uploaded before the environment could take it.
  private func environmentWhenReady(
    _ name: EnvironmentName, wait: Duration?
  ) async throws -> EnvironmentDescription? {
    let clock = ContinuousClock()
    let start = clock.now
    var told = false
    while true {
      guard let environment = try await host.environment(named: name) else { return nil }
      if environment.status == .ready { return environment }
      guard let wait else { throw HostError.busy(name: name, holder: environment.holder) }
      guard clock.now - start < wait else {
        throw HostError.gaveUpWaiting(name: name, holder: environment.holder)
      }
      if !told { reporter.waiting(for: name) }
      told = true
      try await host.waitForNextLook()
    }
  }

  private func checkCreation(
    of name: EnvironmentName, _ settings: CreationSettings
  ) async throws {
    try await checkLimit(settings)
    try await host.checkCreation(of: name, settings)
  }

  private func checkLimit(_ settings: CreationSettings) async throws {
    guard let limit = configuration.previews.limit?.value, let tags = PreviewTags(settings.tags)
    else { return }
    try PreviewLimit.check(limit, for: tags, among: try await host.taggedEnvironments())
  }

  /// A name that was given outright and that nothing else knows is a slip, not a wish.
  private func checkMayBeMade(_ target: Target, _ running: EnvironmentDescription?) async throws {
    guard running == nil, case .asked = target.mapping.reason else { return }
    let mapping = BranchMapping(configuration)
    let own = target.branch.flatMap { mapping.mapping(of: $0)?.environment }
    let known = mapping.namedEnvironments.union(own.map { [$0] } ?? [])
    guard !known.contains(target.environment) else { return }
    let existing = try await host.environments().map(\.name)
    throw UnknownEnvironment(
      name: target.environment,
      nearest: EditDistance.nearest(
        to: target.environment.text, among: known.union(existing).map(\.text)))
  }

  private func listing(of target: Target) async throws -> Listing {
    let repository = try Repository.open(repository)
    let reader = OverlayReader(
      repository: repository, configuration: configuration, environment: target.environment,
      surroundings)
    let (overlay, unignored) = try await reader.read()
    let listing = try await SourceLister(
      repository: repository, options: .init(configuration.bundle, surroundings)
    ).listing(of: target.source, overlay: overlay)
    let links = try listing.outwardLinks()
    if !links.isEmpty { throw SourceError.outwardLinks(links) }
    try await notice(listing, target, unignored, repository)
    if listing.fileCount == 0 { throw SourceError.empty }
    return listing
  }

  private func notice(
    _ listing: Listing, _ target: Target, _ unignored: [String], _ repository: Repository
  ) async throws {
    if !target.isOnBranch, let branch = target.branch, let commit = target.source.commit {
      reporter.notice(.notOnBranch(commit: commit.id.hex, branch: branch))
    }
    if target.isCheckedOut, repository.workTree != nil {
      var status = try await IndexReader(repository: repository).status()
      // What is staged is just what such a push deploys.
      if case .staged = target.source { status.staged = .init() }
      if case .workTree = target.source {
      } else if case .artifact = target.source {
        // What is built is not what is written.
      } else if status.isDifferent {
        reporter.notice(.workTreeDiffers(status))
      }
    }
    if !unignored.isEmpty { reporter.notice(.unignoredSecrets(unignored)) }
    for notice in listing.notices(configuration: configuration) { reporter.notice(notice) }
  }

  private func bundle(
    _ target: Target, _ running: EnvironmentDescription?, _ options: Options
  ) async throws -> Bundle {
    let listing = try await listing(of: target)
    let file = try BundleFile(
      in: try host.bundleDirectory(), temporaryDirectory: surroundings.temporaryDirectory)
    let examination = options.isUnchecked ? nil : Examination(listing)
    let summary = try await bundler.bundle(
      listing, of: target.source, into: file.sink, isInterrupted: surroundings.isInterrupted,
      progress: reporter.bundling, examination: examination)
    reporter.bundled(summary)
    if summary.size > BundleLimits.size { throw BundleLimits.Exceeded(summary: summary) }
    // One that is sent elsewhere need not outlive this.
    if try host.bundleDirectory() != nil { try file.synchronize() }
    let version = try await version(of: target, summary, listing, options)
    if let examination {
      let findings = findings(examination, of: target, summary, version, running)
      reporter.checked(findings)
      let errors = findings.filter { $0.severity == .error }
      if !errors.isEmpty { throw CheckRefusal(errors: errors) }
    }
    return Bundle(file: file, summary: summary, version: version)
  }

  /// The version that this content is or becomes: the same content has the same label.
  private func version(
    of target: Target, _ summary: BundleSummary, _ listing: Listing, _ options: Options
  ) async throws -> ApplicationVersion {
    let commit = target.source.commit?.id.hex
    let made = VersionLabel(
      name: target.labelName, commit: commit, kind: target.source.kind, digest: summary.digest)
    let subject = options.message ?? target.source.commit?.summary ?? ""
    let version = ApplicationVersion(
      label: options.label ?? made, digest: summary.digest, size: summary.size,
      created: surroundings.now(), description: String(subject.prefix(200)), commit: commit,
      reference: target.reference, source: target.source.kind, secrets: listing.secretNames,
      builtBy: surroundings.version, preview: try await mark(of: target))
    guard options.label == nil, let same = try await host.version(like: version) else {
      return version
    }
    return same
  }

  /// Whose preview a version is made for; `nil` for an environment that stays.
  private func mark(of target: Target) async throws -> String? {
    guard target.mapping.isEphemeral, let branch = target.branch else { return nil }
    return try await RepositoryIdentity.find(in: repository, for: branch)?.mark
  }

  private func isUpToDate(
    _ running: EnvironmentDescription?, _ version: ApplicationVersion, _ wanted: [String: String]
  ) async throws -> Bool {
    guard let running, running.health == .green, running.version?.label == version.label,
      running.version?.digest == version.digest
    else { return false }
    return try await host.isConfigured(running.name, variables: wanted)
  }

  /// Success is what the environment's state says, whatever the deployment said of itself.
  private func verify(
    _ outcome: Outcome, _ environment: EnvironmentDescription?, label: VersionLabel
  ) -> Outcome {
    guard case .deployed = outcome else { return outcome }
    guard let environment else {
      return .failed(reasons: ["the environment is gone"], runningLabel: nil)
    }
    guard environment.version?.label == label else {
      return .failed(
        reasons: ["the environment runs another version"],
        runningLabel: environment.version?.label)
    }
    if environment.health == .red {
      return .failed(
        reasons: environment.causes.isEmpty ? ["the environment is red"] : environment.causes,
        runningLabel: label)
    }
    return .deployed
  }

  // MARK: - Recording

  private var recorder: Recorder {
    Recorder(
      repository,
      tracking: TrackingReferences(repository, name: configuration.records.tracking.value),
      stateDirectory: surroundings.stateDirectory)
  }

  /// What is recorded of a deployment that begins now; how it ends is not known yet.
  private func record(
    of version: ApplicationVersion, _ order: Order, _ kind: DeploymentRecord.Kind,
    over previous: ApplicationVersion?
  ) -> DeploymentRecord {
    let now = surroundings.now()
    return DeploymentRecord(
      application: application, environment: order.environment, kind: kind,
      ending: .interrupted, label: version.label, digest: version.digest, source: version.source,
      commit: version.commit, reference: order.reference ?? version.reference,
      subject: version.description, secrets: version.secrets, previousLabel: previous?.label,
      previousCommit: previous?.commit, host: configuration.host.value.rawValue,
      location: host.location, deployedBy: Committer.signature(repository, at: now),
      machine: Committer.machine(), began: now, ended: now, recordedBy: surroundings.version,
      reasons: [])
  }

  private func checkAdmission(
    of commit: String?, _ kind: String, to environment: EnvironmentName
  ) async throws {
    let check = AdmissionCheck(
      location: repository, environment: environment,
      rule: configuration.environments[environment]?.only?.value)
    try await check.check(commit: commit, kind: kind)
  }

  /// How the target's environment is made when it is missing.
  private func creation(of target: Target) async throws -> CreationSettings {
    guard let branch = target.branch, target.mapping.isEphemeral else {
      var settings = configuration.creation(of: target.environment)
      if let branch = target.branch {
        settings.tags[PreviewTags.branch] = PreviewTags.text(of: branch.text)
      }
      return settings
    }
    var tags = try await PreviewTags.find(
      of: branch, in: repository, ttl: configuration.previews.ttl?.value)
    let trace = try await BranchTrace.find(
      of: branch, at: target.source.commit?.id, base: tags.base.flatMap { BranchName($0) },
      in: repository)
    (tags.isPushed, tags.isAhead) = (trace.isPushed, trace.isAhead)
    var settings = configuration.creation(
      ofPreview: target.environment, for: branch, application, in: tags.repository)
    settings.tags.merge(tags.all) { $1 }
    return settings
  }
}

/// An environment that was named outright, that no configuration names and the host does not have.
package struct UnknownEnvironment: Error {
  package var name: EnvironmentName
  /// The known name that was probably meant.
  package var nearest: String?
}

/// What the pipeline needs of the world outside, so that tests can give their own.
package struct Surroundings: Sendable {
  package var home: String?
  package var temporaryDirectory: String
  /// For what can be made again; `nil` where there is no place for it.
  package var cacheDirectory: String?
  /// For what has to outlive this process; `nil` where there is no place for it.
  package var stateDirectory: String?
  /// git-eb's own version.
  package var version: String
  package var now: @Sendable () -> Date
  package var isInterrupted: @Sendable () -> Bool

  package init(
    home: String?, temporaryDirectory: String, cacheDirectory: String?,
    stateDirectory: String? = nil, version: String, now: @escaping @Sendable () -> Date,
    isInterrupted: @escaping @Sendable () -> Bool
  ) {
    self.home = home
    self.temporaryDirectory = temporaryDirectory
    self.cacheDirectory = cacheDirectory
    self.stateDirectory = stateDirectory
    self.version = version
    self.now = now
    self.isInterrupted = isInterrupted
  }

  /// Where compressed contents of a repository are kept; `nil` where there is no place for it.
  package func storeDirectory(of repository: Location) -> String? {
    cacheDirectory.map { StorePlace.directory(of: repository, below: $0) }
  }
}

/// The service's limit on bundles.
package enum BundleLimits {
  /// Bytes of a source bundle. Source: "Source bundle is empty or exceeds maximum allowed size".
  package static let size: Int64 = 524_288_000

  package struct Exceeded: Error {
    package var summary: BundleSummary

    package init(summary: BundleSummary) { self.summary = summary }
  }
}

extension StatusSummary {
  /// Whether what lies in the work tree is not what this source holds.
  fileprivate var isDifferent: Bool {
    staged.count + modified.count + untracked.count > 0
  }
}

extension Listing {
  /// Names of the secrets in it.
  package var secretNames: [String] {
    entries.compactMap { entry in
      if case .secret(let secret) = entry.content { secret.path } else { nil }
    }
  }

  /// What a user should know of the listing.
  package func notices(configuration: Configuration) -> [Notice] {
    var notices: [Notice] = []
    if !nestedRepositories.isEmpty { notices.append(.nestedRepositories(nestedRepositories)) }
    if !filtered.isEmpty { notices.append(.unfiltered(filtered)) }
    if !replaced.isEmpty { notices.append(.replaced(replaced)) }
    if !broughtIn.isEmpty { notices.append(.broughtIn(broughtIn)) }
    if hasForeignIgnoreFile { notices.append(.foreignIgnoreFile) }
    return notices
  }
}
