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
    package var label: VersionLabel?
    package var message: String?
    /// Deploy also what is not a descendant of what runs.
    package var force = false
    /// How long to wait for an environment that is busy; `nil` refuses.
    package var wait: Duration?
    package var timeout: Duration
    /// Do not wait for the deployment's end.
    package var isLeftAlone = false
    package var blueGreen: BlueGreenChoice?
    /// Put the version before back when the deployment fails and the new one is left running.
    package var rollsBack = false

    package init(timeout: Duration) {
      self.timeout = timeout
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
  }

  private let repository: Location
  private let configuration: Configuration
  private let host: any Host
  private let reporter: any Reporter
  private let surroundings: Surroundings

  package init(
    repository: Location, configuration: Configuration, host: any Host,
    reporter: any Reporter, surroundings: Surroundings
  ) {
    self.repository = repository
    self.configuration = configuration
    self.host = host
    self.reporter = reporter
    self.surroundings = surroundings
  }

  /// Deploys the target.
  package func push(_ target: Target, _ options: Options) async throws -> Result {
    let clock = ContinuousClock()
    let start = clock.now
    let running = try await environmentWhenReady(target.environment, wait: options.wait)
    try await checkMayBeMade(target, running)
    if running == nil {
      try await host.checkCreation(of: target.environment, creation(of: target))
    }
    let ancestry = Ancestry(repository)
    let refusal = try ancestry.refusal(of: target, running: running?.version)
    if let refusal, !options.force { throw refusal }
    let bundle = try await publish(target, options)
    // Bundling takes its time: what runs now decides, not what ran before.
    let current = try await host.environment(named: target.environment)
    let variables = configuration.environments[target.environment]?.variables ?? [:]
    if try await isUpToDate(current, bundle.version, variables), !options.force {
      try await host.tidy(target.environment, after: options.blueGreen) { reporter.event($0) }
      return Result(
        version: bundle.version, summary: bundle.summary, publication: bundle.publication,
        outcome: .deployed, wasUpToDate: true, wasForced: false, previous: running,
        environment: current, duration: clock.now - start)
    }
    var request = DeploymentRequest(
      environment: target.environment, label: bundle.version.label, variables: variables,
      wait: options.wait, timeout: options.timeout)
    request.current = current
    request.isLeftAlone = options.isLeftAlone
    request.blueGreen = options.blueGreen
    request.creation = creation(of: target)
    // Somebody else's push may have come in between.
    request.allows = { try ancestry.check(target, running: $0, force: options.force) }
    let ended = try await host.deploy(request) { reporter.event($0) }
    var environment = try await host.environment(named: target.environment)
    let outcome = verify(ended, environment, label: bundle.version.label)
    var rolledBack: VersionLabel?
    if options.rollsBack, case .failed = outcome, let before = current?.version?.label,
      try await putBack(before, request, environment)
    {
      rolledBack = before
      environment = try await host.environment(named: target.environment)
    }
    var result = Result(
      version: bundle.version, summary: bundle.summary, publication: bundle.publication,
      outcome: outcome, wasUpToDate: false, wasForced: refusal != nil, previous: running,
      environment: environment, duration: clock.now - start)
    result.rolledBack = rolledBack
    return result
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
    let listing = try await listing(of: target)
    let sink = CountingSink()
    let summary = try await bundler.bundle(
      listing, of: target.source, into: sink, isInterrupted: surroundings.isInterrupted,
      progress: reporter.bundling)
    let version = try await version(of: target, summary, listing, options)
    let planner = Planner(repository: repository, runningVersion: running?.version)
    return DeploymentPlan(
      target: target, host: configuration.host.value, location: host.location, version: version,
      summary: summary, running: running,
      isPublished: try await host.version(labelled: version.label)?.digest == version.digest,
      refusal: try Ancestry(repository).refusal(of: target, running: running?.version),
      isTooLarge: summary.size > BundleLimits.size,
      commits: try planner.commits(since: target.source),
      changes: try planner.changes(to: listing))
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
  private func publish(_ target: Target, _ options: Options) async throws -> Published {
    if case .codeCommit(let source, let id, _) = target.source {
      return try await publish(source, id: id, target, options)
    }
    let bundle = try await bundle(target, options)
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
      source: target.source.kind, secrets: [], builtBy: surroundings.version)
    let publication = try await host.publish(version, from: source)
    reporter.published(version, publication)
    return Published(version: version, summary: .nothing, publication: publication)
  }

  private var bundler: SourceBundler {
    SourceBundler(store: .init(configuration.bundle, surroundings, of: repository))
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

  private func bundle(_ target: Target, _ options: Options) async throws -> Bundle {
    let listing = try await listing(of: target)
    let file = try BundleFile(
      in: try host.bundleDirectory(), temporaryDirectory: surroundings.temporaryDirectory)
    let summary = try await bundler.bundle(
      listing, of: target.source, into: file.sink, isInterrupted: surroundings.isInterrupted,
      progress: reporter.bundling)
    reporter.bundled(summary)
    if summary.size > BundleLimits.size { throw BundleLimits.Exceeded(summary: summary) }
    // One that is sent elsewhere need not outlive this.
    if try host.bundleDirectory() != nil { try file.synchronize() }
    let version = try await version(of: target, summary, listing, options)
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
      builtBy: surroundings.version)
    guard options.label == nil, let same = try await host.version(like: version) else {
      return version
    }
    return same
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

  /// How the target's environment is made when it is missing.
  private func creation(of target: Target) -> CreationSettings {
    var settings = configuration.creation(of: target.environment)
    if settings.like == nil, target.mapping.isEphemeral {
      settings.like = configuration.previews.like?.value
    }
    settings.tags.merge(tags(of: target)) { $1 }
    return settings
  }

  private func tags(of target: Target) -> [String: String] {
    var tags: [String: String] = [:]
    if let branch = target.branch { tags["git-eb:branch"] = branch.description }
    if target.mapping.isEphemeral { tags["git-eb:ephemeral"] = "true" }
    return tags
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
  /// git-eb's own version.
  package var version: String
  package var now: @Sendable () -> Date
  package var isInterrupted: @Sendable () -> Bool

  package init(
    home: String?, temporaryDirectory: String, cacheDirectory: String?, version: String,
    now: @escaping @Sendable () -> Date, isInterrupted: @escaping @Sendable () -> Bool
  ) {
    self.home = home
    self.temporaryDirectory = temporaryDirectory
    self.cacheDirectory = cacheDirectory
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
