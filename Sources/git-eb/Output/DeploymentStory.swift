import Deployment
import FoundationEssentials
import Git

/// A deployment as it is told to those who did not see it: what was to be deployed, where, and what
/// became of it.
struct DeploymentStory {
  enum Ending {
    /// The host gave it an outcome.
    case ended(Outcome)
    /// It did not come so far; the words say why.
    case stopped(ExitStatus, message: String)
  }

  var environment: EnvironmentName
  var branch: BranchName?
  var ending: Ending
  var version: ApplicationVersion?
  /// What ran before.
  var previous: ApplicationVersion?
  /// The commits since then, the newest first; `nil` where they are not known here.
  var commits: [Commit]?
  var url: String?
  /// When the environment may be pruned.
  var expires: Date?

  /// At most so many commits are counted.
  private static let commitLimit = 1000

  /// What became of a deployment of `target` that the host took.
  init(_ result: Pipeline.Result, _ target: Target, _ context: Context) {
    environment = target.environment
    branch = target.branch
    ending = .ended(result.outcome)
    version = result.version
    previous = result.previous?.version
    url = result.environment?.url
    commits = Self.commits(from: previous, to: result.version, in: context.repository)
    if target.mapping.isEphemeral, let ttl = context.configuration.previews.ttl?.value {
      expires = Date().addingTimeInterval(Double(ttl.components.seconds))
    }
  }

  /// What kept the target from being deployed.
  init(_ ending: Ending, _ target: Target) {
    environment = target.environment
    branch = target.branch
    self.ending = ending
  }

  /// One word or two: `deployed`, `failed`, `started`, `timed out`, `refused`, `interrupted`.
  var outcome: String {
    switch ending {
    case .ended(let outcome): OutcomeView(outcome).outcome
    case .stopped(.interrupted, _): "interrupted"
    case .stopped: "refused"
    }
  }

  /// One line without anything that somebody else wrote, but for the words of an error.
  var line: String {
    switch ending {
    case .ended: version.map { "\($0.label): \(outcome)" } ?? outcome
    case .stopped(_, let message): message
    }
  }

  private static func commits(
    from old: ApplicationVersion?, to new: ApplicationVersion, in repository: Repository
  ) -> [Commit]? {
    guard let from = old?.commit.flatMap({ ObjectID(hex: $0) }),
      let to = new.commit.flatMap({ ObjectID(hex: $0) }), repository.contains(from),
      repository.contains(to)
    else { return nil }
    // A deployment is not called failed because its history cannot be told.
    return try? repository.commits(from: from, to: to, limit: commitLimit)
  }
}
