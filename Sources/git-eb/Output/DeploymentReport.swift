import AWS
import Deployment

/// What a deployment came to, in the manner of `git push` or as JSON.
struct DeploymentReport {
  private let result: Pipeline.Result
  private let environment: EnvironmentName
  /// Where it came from: a branch, a tag, an environment; `nil` for a rollback.
  private let origin: String?
  /// The branch, for JSON.
  private let branch: String?
  /// Where the host is, for people.
  private let location: String

  init(
    _ result: Pipeline.Result, to environment: EnvironmentName, from origin: String?,
    branch: String? = nil, at location: String
  ) {
    self.result = result
    self.environment = environment
    self.origin = origin
    self.branch = branch
    self.location = location
  }

  private struct View: Encodable {
    var environment: String
    var branch: String?
    var version: ApplicationVersion
    var published: Bool
    var upToDate: Bool
    var result: OutcomeView
    var url: String?
    var seconds: Double
    /// The reference of the record; `nil` where none was written.
    var record: String?
  }

  func render(json: Bool) throws -> ExitStatus {
    if json { try Output.json(view) }
    if case .started = result.outcome, !json {
      Output.line("To \(location)")
      Output.line(" " + line)
      Output.message("hint: git eb events -f -e \(environment)")
    }
    guard case .deployed = result.outcome else {
      OutcomeWords.report(result.outcome, "deployment", on: environment)
      if let rolledBack = result.rolledBack {
        Output.message("note: '\(environment)' was put back to \(rolledBack)")
      }
      return result.outcome.exitStatus
    }
    if !json {
      Output.line("To \(location)")
      Output.line(" " + line)
      if let url = result.environment?.url { Output.line(url) }
    }
    return .success
  }

  /// Runs a deployment. Where a signal stops it, says what the environment runs.
  static func sayingWhatRuns(
    _ environment: EnvironmentName, on host: any Host, _ deployment: () async throws -> ExitStatus
  ) async throws -> ExitStatus {
    do {
      return try await deployment()
    } catch is CancellationError {
    } catch is Interrupted {
    } catch TransportError.interrupted {
    }
    Output.message("error: interrupted")
    let found = try? await host.environment(named: environment)
    if let label = found?.version?.label {
      Output.message("note: '\(environment)' runs \(label), as before")
    }
    return .interrupted
  }

  private var view: View {
    let (seconds, attoseconds) = result.duration.components
    var view = View(
      environment: environment.text, branch: branch, version: result.version,
      published: result.publication == .uploaded, upToDate: result.wasUpToDate,
      result: OutcomeView(result.outcome), url: result.environment?.url,
      seconds: Double(seconds) + Double(attoseconds / 1_000_000_000_000_000) / 1000)
    if case .written(let reference) = result.recording { view.record = reference }
    return view
  }

  /// One line in the manner of `git push`.
  private var line: String {
    let arrow = origin.map { "\(Format.visible($0)) -> \(environment)" } ?? environment.text
    let size = result.summary.size > 0 ? ", " + Format.bytes(result.summary.size) : ""
    let facts = "(\(result.version.label)\(size), \(Format.duration(result.duration)))"
    let new = Self.described(result.version)
    if result.wasUpToDate { return "= [up to date]       \(arrow)  \(facts)" }
    guard let running = result.previous?.version else {
      return (result.previous == nil ? "* [new environment]  " : "* [first version]    ")
        + "\(arrow)  \(facts)"
    }
    if origin == nil {
      return "- \(Self.described(running))...\(new)  \(arrow)  (rolled back)  \(facts)"
    }
    if result.wasForced {
      return "+ \(Self.described(running))...\(new)  \(arrow)  (forced)  \(facts)"
    }
    return "  \(Self.described(running))..\(new)  \(arrow)  \(facts)"
  }

  /// The commit, and what was deployed over it.
  private static func described(_ version: ApplicationVersion) -> String {
    let isPlain = version.source == "commit" || version.source.isEmpty
    return Format.short(version.commit) + (isPlain ? "" : "+\(version.source)")
  }
}
