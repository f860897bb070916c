package import FoundationEssentials
package import Git

/// How an environment stands to the repository: what git and the records know of what it runs.
package struct Standing: Sendable {
  /// How far the environment and its branch are apart.
  package struct Distance: Sendable, Equatable {
    /// Commits that the environment has, and the branch has not.
    package var ahead: Int
    /// Commits that the branch has, and the environment has not.
    package var behind: Int
  }

  package var running: RunningCommit
  /// The commit that runs, where it is here.
  package var commit: Commit?
  /// What people call the commit, as `git describe --tags` does, such as `v1.4.0-3-g1a2b3c4`; `nil`
  /// where no tag leads to it.
  package var releaseName: String?
  /// The branch that maps to the environment, or that it was made for.
  package var branch: BranchName?
  /// `nil` where the branch or the commit is not here.
  package var distance: Distance?
  /// The deployment that brought what runs.
  package var record: FiledRecord?
  /// When an environment that was made for a branch has outlived its time.
  package var expires: Date?
}

/// Finds how environments stand to a repository.
package struct StandingReader {
  private let repository: Repository
  private let records: RecordReader
  private let branches: EnvironmentBranches
  /// Read once, when the first commit is to be named.
  private var describer: TagDescriber?

  package init(_ repository: Repository, _ records: RecordReader, _ branches: EnvironmentBranches) {
    self.repository = repository
    self.records = records
    self.branches = branches
  }

  package mutating func standing(of environment: EnvironmentDescription) throws -> Standing {
    var standing = Standing(running: .unknown)
    let version = environment.version
    if let version {
      standing.running = try CommitFinder(repository).commit(of: version)
      standing.record = try record(of: version, on: environment.name)
    }
    standing.branch = branch(of: environment, version)
    if case .known(let id) = standing.running {
      standing.commit = try repository.commit(id)
      standing.releaseName = try releaseName(of: id)
      if let branch = standing.branch, let tip = try repository.branch(branch) {
        let apart = try repository.aheadBehind(id, tip)
        standing.distance = .init(ahead: apart.ahead, behind: apart.behind)
      }
    }
    standing.expires = expiry(of: environment, standing.record)
    return standing
  }

  /// The last deployment, if it is the one that brought the version; what somebody else has deployed
  /// since is nobody's deployment that is recorded here.
  private func record(
    of version: ApplicationVersion, on environment: EnvironmentName
  ) throws -> FiledRecord? {
    let last = try records.records(of: environment, limit: 1) {
      // That it runs tells how one ended of whose end nobody heard.
      $0.ending == .deployed || ($0.mayRun && $0.label == version.label)
    }.first
    return last?.record.label == version.label ? last : nil
  }

  private mutating func releaseName(of commit: ObjectID) throws -> String? {
    var describer = try describer ?? TagDescriber(repository)
    defer { self.describer = describer }
    return try describer.describe(commit)?.text
  }

  /// Where several branches map to it, the one that it was deployed from last is meant.
  private func branch(
    of environment: EnvironmentDescription, _ version: ApplicationVersion?
  ) -> BranchName? {
    let here = branches.branch(of: environment.name) { $0.fullName == version?.reference }
    if let here { return here }
    let tagged = environment.tags["git-eb:branch"].flatMap { BranchName($0) }
    return tagged.flatMap { branches.maps($0, to: environment.name) ? $0 : nil }
  }

  private func expiry(
    of environment: EnvironmentDescription, _ record: FiledRecord?
  ) -> Date? {
    guard let life = environment.tags["git-eb:ttl"].flatMap({ Duration(setting: $0) }) else {
      return nil
    }
    let deployed = record?.record.ended ?? environment.updated
    return deployed.addingTimeInterval(Double(life.components.seconds))
  }
}
