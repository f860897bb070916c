import FoundationEssentials
package import Git

/// Finds out what a release would be: which version and commit, what came before, what it is
/// called. Nothing is changed.
package struct ReleasePlanner {
  private let repository: Repository
  private let application: ApplicationName
  private let host: any Host

  package init(repository: Repository, application: ApplicationName, host: any Host) {
    self.repository = repository
    self.application = application
    self.host = host
  }

  // MARK: - What is released

  /// The version that the environment runs or, where a commit is named, the one that was made from
  /// it: the one that runs, else the newest.
  ///
  /// Throws a ``ReleaseError`` for a version that no commit stands for,
  /// ``HostError/nothingDeployed(_:)``, and ``Ancestry/Refusal/unknownCommit(_:running:isShallow:)``
  /// for a commit that this clone does not have.
  package func candidate(
    in environment: EnvironmentDescription, commit: Commit?
  ) async throws -> ReleaseCandidate {
    if let commit { return try await candidate(in: environment, of: commit) }
    guard environment.status == .ready else { throw ReleaseError.unsettled(environment.name) }
    guard let version = environment.version else {
      throw HostError.nothingDeployed(environment.name)
    }
    try Self.checkSource(of: version)
    guard let text = version.commit, let id = ObjectID(hex: text) else {
      throw ReleaseError.noCommit(version.label, environment.name)
    }
    guard let commit = try repository.commit(id) else {
      throw Ancestry.Refusal.unknownCommit(
        environment.name, running: text, isShallow: repository.isShallow)
    }
    return ReleaseCandidate(
      environment: environment.name, version: version, commit: commit,
      deployedAt: try await deployed(version, to: environment))
  }

  private func candidate(
    in environment: EnvironmentDescription, of commit: Commit
  ) async throws -> ReleaseCandidate {
    let running = environment.status == .ready ? environment.version : nil
    var refusal = ReleaseError.noVersion(of: commit, environment.name)
    if let running, running.commit == commit.id.hex {
      do {
        try Self.checkSource(of: running)
        return ReleaseCandidate(
          environment: environment.name, version: running, commit: commit,
          deployedAt: try await deployed(running, to: environment))
      } catch let error as ReleaseError {
        // There may be a version of the commit alone as well.
        refusal = error
      }
    }
    let versions = try await host.versions().filter { $0.commit == commit.id.hex }
    for version in versions {
      do {
        try Self.checkSource(of: version)
      } catch {
        refusal = error
        continue
      }
      return ReleaseCandidate(
        environment: environment.name, version: version, commit: commit, deployedAt: nil)
    }
    throw refusal
  }

  /// A tag names a commit: what holds more than that, it does not name.
  private static func checkSource(of version: ApplicationVersion) throws(ReleaseError) {
    if ["staged", "worktree"].contains(version.source) {
      throw .holdsMore(version.label, source: version.source)
    }
  }

  /// When what runs was deployed, as it was recorded; else by the labels of the environment's
  /// events; where they are gone, when the environment last changed.
  private func deployed(
    _ version: ApplicationVersion, to environment: EnvironmentDescription
  ) async throws -> Date {
    let records = RecordReader(repository, application: application)
    let filed = try records.lastDeployed(to: environment.name) { $0.label == version.label }
    if let filed { return filed.record.ended }
    let events = try await host.events(of: environment.name, since: version.created)
    return Self.start(of: version.label, in: events) ?? environment.updated
  }

  /// The first of the events, the oldest first, since which no other version was deployed.
  static func start(of label: VersionLabel, in events: [Event]) -> Date? {
    var start: Date?
    for event in events.reversed() {
      guard let found = event.versionLabel else { continue }
      if found == label.text {
        start = event.date
      } else if start != nil {
        break
      }
    }
    return start
  }

  // MARK: - What came before

  /// A release that was before, and what changed since.
  package struct Changes: Sendable, Equatable {
    /// The tag of the release before; `nil` for a first one.
    package var previous: String?
    package var notes: ReleaseNotes
  }

  /// How many commits are gone through to find the release before.
  private static let reach = 100_000

  /// The commits since the last release of this application in this environment or, where there is
  /// none, since the last tag of any kind; without a tag, all of them.
  ///
  /// - Parameter tag: the one that is being made, which is not taken for the one before.
  package func changes(
    of candidate: ReleaseCandidate, as tag: TagName?
  ) throws -> Changes {
    let previous = try previous(to: candidate, besides: tag)
    let (commits, count) = try repository.commitsWithoutMerges(
      from: previous?.tagged, to: candidate.commit.id, limit: ReleaseNotes.limit)
    return Changes(
      previous: previous?.tag,
      notes: ReleaseNotes(commits: commits, count: count, since: previous?.tag))
  }

  private func previous(
    to candidate: ReleaseCandidate, besides tag: TagName?
  ) throws -> Description? {
    let own = try nearest(to: candidate) { name, id throws(GitError) in
      guard name != tag?.text, let release = try Release.read(id, in: repository) else {
        return false
      }
      return release.application == application && release.environment == candidate.environment
    }
    return try own ?? nearest(to: candidate) { name, _ in name != tag?.text }
  }

  private func nearest(
    to candidate: ReleaseCandidate,
    where isWanted: (String, ObjectID) throws(GitError) -> Bool
  ) throws -> Description? {
    var describer = try TagDescriber(repository, where: isWanted)
    return try describer.describe(candidate.commit.id, limit: Self.reach)
  }

  // MARK: - What it is called

  /// How many commits are looked at to tell how far the number goes up.
  private static let weighed = 1000

  /// The tag that names this release already; else the number after the last release's, or after the
  /// last tag's that is a number. The first is ``ReleaseNumber/first``.
  package func proposal(for candidate: ReleaseCandidate) throws -> TagName? {
    if let tag = try existing(candidate) { return tag }
    let base = try previous(to: candidate, besides: nil)
    let numbered =
      base.flatMap { ReleaseNumber($0.tag) } == nil
      ? try nearest(to: candidate) { name, _ in ReleaseNumber(name) != nil } : base
    guard let numbered, let number = ReleaseNumber(numbered.tag) else {
      return try free(ReleaseNumber.first)
    }
    let commits = try repository.commitsWithoutMerges(
      from: numbered.tagged, to: candidate.commit.id, limit: Self.weighed
    ).commits
    return try free(number.next(ReleaseNumber.step(for: commits)))
  }

  private func existing(_ candidate: ReleaseCandidate) throws -> TagName? {
    let release = candidate.release(of: application)
    for name in try repository.tags(at: candidate.commit.id) {
      guard let found = try Release.read(tag: name, in: repository), found.isSame(as: release)
      else { continue }
      return TagName(name)
    }
    return nil
  }

  /// The number or, where a tag has it that is not in this history, the next one that is free.
  private func free(_ number: ReleaseNumber) throws -> TagName? {
    var number = number
    while let tag = TagName(number.description) {
      if try repository.reference(tag.fullName) == nil { return tag }
      number = number.next(.patch)
    }
    return nil
  }
}
