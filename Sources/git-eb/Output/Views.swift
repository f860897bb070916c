import Deployment
import FoundationEssentials
import Git

/// The shapes of `--json`. A key, once there, keeps its name and meaning.
struct EnvironmentView: Encodable {
  var name: String
  var status: String
  var health: String
  var causes: [String]
  /// Whether it was put to sleep.
  var asleep: Bool
  var version: ApplicationVersion?
  var url: String?
  var created: Date
  var updated: Date
  var tags: [String: String]
  /// The branch that maps to it, or that it was made for.
  var branch: String?
  /// Commits that it has and the branch has not, and the other way round.
  var ahead: Int?
  var behind: Int?
  /// A tag of the commit that it runs.
  var release: String?
  var deployedBy: RecordView.Person?
  var deployedAt: Date?
  /// The full name of the reference of that deployment's record.
  var record: String?
  /// When it has outlived its time.
  var expires: Date?

  init(_ picture: EnvironmentPicture) {
    self.init(picture.environment)
    let standing = picture.standing
    branch = standing.branch?.text
    ahead = standing.distance?.ahead
    behind = standing.distance?.behind
    release = standing.releaseName
    if let filed = standing.record {
      deployedBy = .init(filed.record.deployedBy)
      deployedAt = filed.record.ended
      record = filed.reference
    }
    expires = standing.expires
  }

  /// The environment by itself, without what the repository knows of it.
  init(_ environment: EnvironmentDescription) {
    name = environment.name.text
    status = environment.status.rawValue
    health = environment.health.rawValue
    causes = environment.causes
    asleep = environment.isAsleep
    version = environment.version
    url = environment.url
    created = environment.created
    updated = environment.updated
    tags = environment.tags
  }
}

/// A mapping as `which` answers it.
struct MappingView: Encodable {
  var branch: String?
  var environment: String?
  var ephemeral: Bool
  /// Why, for people.
  var reason: String

  init(branch: BranchName?, mapping: Mapping?) {
    self.branch = branch?.description
    environment = mapping?.environment.text
    ephemeral = mapping?.isEphemeral ?? false
    reason = mapping.map { MappingWords.reason($0.reason) } ?? "no pattern matches"
  }
}

enum MappingWords {
  static func reason(_ reason: Mapping.Reason) -> String {
    switch reason {
    case .asked(let origin): "\(origin)"
    case .branchSetting(let origin): "\(origin)"
    case .pattern(let pattern, let origin): "branches.\(pattern), \(place(origin))"
    case .ebCLI(let origin): "branch-defaults, \(place(origin))"
    case .builtIn(let pattern): "default for \(pattern)"
    }
  }

  /// Such as `.git-eb.yml:12`.
  static func place(_ origin: Origin) -> String {
    switch origin {
    case .file(let path, let line), .ebCLI(let path, let line): "\(path):\(line)"
    default: "\(origin)"
    }
  }
}

/// How a deployment, a restart or a change of variables ended.
struct OutcomeView: Encodable {
  var outcome: String
  var reasons: [String]
  var runningLabel: String?

  init(_ outcome: Outcome) {
    switch outcome {
    case .deployed:
      self.outcome = "deployed"
      reasons = []
    case .failed(let reasons, let label):
      self.outcome = "failed"
      self.reasons = reasons
      runningLabel = label?.text
    case .started:
      self.outcome = "started"
      reasons = []
    case .timedOut:
      self.outcome = "timed out"
      reasons = []
    }
  }
}

extension Outcome {
  var exitStatus: ExitStatus {
    switch self {
    case .deployed, .started: .success
    case .failed: .deploymentFailed
    case .timedOut: .gaveUpWaiting
    }
  }
}

/// Tells on standard error that something did not end well.
enum OutcomeWords {
  static func report(_ outcome: Outcome, _ what: String, on environment: EnvironmentName) {
    switch outcome {
    case .deployed, .started: break
    case .failed(let reasons, let label):
      Output.message("error: \(what) failed on '\(environment)'")
      for reason in reasons { Output.message("  " + Format.visible(reason)) }
      if let label {
        Output.message("note: '\(environment)' runs \(label)")
      } else {
        Output.message("note: '\(environment)' runs nothing")
      }
      // Only where something is to be done: what is not known is in the logs.
      if let symptom = Explainer().symptom(in: reasons) {
        Output.message("hint: \(symptom.remedy) (\(symptom.id))")
      }
      Output.message("hint: git eb logs -e \(environment)")
    case .timedOut:
      Output.message("error: gave up waiting for '\(environment)'; the deployment goes on")
      Output.message("hint: git eb events -f -e \(environment)")
    }
  }
}
