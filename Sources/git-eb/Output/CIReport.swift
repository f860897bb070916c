import Deployment
import FoundationEssentials
import Git
import Zip

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a deployment tells the service of continuous integration that runs it. Where something
/// cannot be written, that is said, and the deployment is what it was.
struct CIReport {
  private let options: CIOptions
  private let processEnvironment: [String: String]

  init(_ options: CIOptions, _ processEnvironment: [String: String]) {
    self.options = options
    self.processEnvironment = processEnvironment
  }

  func write(_ story: @autoclosure () -> DeploymentStory) {
    guard !options.isEmpty else { return }
    let story = story()
    if options.isAsked {
      append(Self.outputs(story), to: "GITHUB_OUTPUT")
      append(Self.comment(story) + "\n", to: "GITHUB_STEP_SUMMARY")
    }
    if let file = options.comment { put(Self.marker + "\n" + Self.comment(story), in: file) }
    if let file = options.deploymentStatus { put(status(story), in: file) }
    if let file = options.dotenv { put(Self.variables(story), in: file) }
  }

  // MARK: - Files

  private func append(_ text: String, to variable: String) {
    guard let path = processEnvironment[variable], !path.isEmpty else {
      Output.message("note: \(variable) is not set, so nothing is written there")
      return
    }
    let descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      return warn(FileError(operation: "open", path: path, errno: errno))
    }
    defer { close(descriptor) }
    do {
      var sink = FileDescriptorSink(descriptor)
      try unsafe Array(text.utf8).withUnsafeBytes { unsafe try sink.write($0) }
    } catch {
      warn(error)
    }
  }

  private func put(_ text: String, in path: String) {
    do {
      let file = try OutputFile(path, mode: 0o644)
      try file.write(text)
      try file.finish()
    } catch {
      warn(error)
    }
  }

  private func warn(_ error: any Error) {
    Output.message("warning: " + Failure(error).message)
  }

  // MARK: - GitHub's outputs and GitLab's variables

  /// The names are not to change: workflows go by them.
  private static func facts(_ story: DeploymentStory) -> [(name: String, value: String)] {
    [
      ("url", story.url ?? ""), ("environment", story.environment.text),
      ("label", story.version?.label.text ?? ""), ("commit", story.version?.commit ?? ""),
      ("digest", story.version?.digest ?? ""), ("outcome", story.outcome),
      ("previous-commit", story.previous?.commit ?? ""),
    ]
  }

  /// Each value between delimiters that nobody can foresee.
  ///
  /// Source: "Workflow commands for GitHub Actions", multiline strings.
  private static func outputs(_ story: DeploymentStory) -> String {
    facts(story).map { fact in
      let delimiter =
        "git-eb-" + String(UInt64.random(in: .min ... .max), radix: 16)
        + String(UInt64.random(in: .min ... .max), radix: 16)
      return "\(fact.name)<<\(delimiter)\n\(fact.value)\n\(delimiter)\n"
    }.joined()
  }

  /// `PREVIEW_URL=…` and so on, one line each: what begins with GIT_EB_ would configure later jobs.
  ///
  /// Source: "GitLab CI/CD artifacts reports types", dotenv.
  private static func variables(_ story: DeploymentStory) -> String {
    facts(story).map { fact in
      let name = "PREVIEW_" + fact.name.uppercased().replacing("-", with: "_")
      return "\(name)=\(Format.visible(fact.value))\n"
    }.joined()
  }

  // MARK: - GitHub's deployment status

  private struct Status: Encodable {
    var state: String
    var description: String
    var environment: String
    var environment_url: String?
    var log_url: String?
    var auto_inactive = true
  }

  /// Source: "Create a deployment status" in GitHub's REST API.
  private func status(_ story: DeploymentStory) -> String {
    let state =
      switch story.ending {
      case .ended(.deployed): "success"
      case .ended(.failed): "failure"
      case .ended(.started), .ended(.timedOut): "in_progress"
      case .stopped: "error"
      }
    var status = Status(
      state: state, description: String(story.line.unicodeScalars.prefix(140).map(Character.init)),
      environment: story.environment.text)
    status.environment_url = story.url
    let values = ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"].compactMap {
      processEnvironment[$0]
    }
    if values.count == 3 { status.log_url = "\(values[0])/\(values[1])/actions/runs/\(values[2])" }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let bytes = (try? encoder.encode(status)) ?? Data()
    return String(decoding: bytes, as: UTF8.self) + "\n"
  }

  // MARK: - The comment

  /// By this line a workflow finds the comment that it wrote before, to edit it.
  static let marker = "<!-- git-eb:preview -->"
  /// How many commits are listed.
  private static let commitLimit = 10

  /// In Markdown. Whatever somebody else wrote, such as a branch's name, stands in code spans.
  private static func comment(_ story: DeploymentStory) -> String {
    let source = story.branch.map { MarkdownText.code($0.description) + " on " } ?? ""
    var lines = ["### \(source)`\(story.environment)`: \(story.outcome)", ""]
    if let url = story.url { lines += ["<\(url)>", ""] }
    if case .stopped(_, let message) = story.ending { lines += [MarkdownText.code(message), ""] }
    if case .ended(.failed(let reasons, let label)) = story.ending {
      lines += reasons.prefix(commitLimit).map { "- " + MarkdownText.code($0) }
      lines += ["- It runs " + (label.map { "`\($0)`" } ?? "nothing"), ""]
    }
    if let version = story.version {
      if let commit = version.commit {
        lines.append("- Commit: \(commit) \(MarkdownText.code(version.description))")
      }
      lines += ["- Version: `\(version.label)`", "- Digest: `\(version.digest)`"]
    }
    lines += changes(story)
    if let expires = story.expires {
      lines.append("- Expires: \(Format.time(expires)) UTC, unless it is deployed to again")
    }
    if story.previous != nil {
      lines.append("- Roll back: `git eb rollback -e \(story.environment)`")
    }
    if case .ended(.failed) = story.ending {
      lines.append("- Logs: `git eb logs -e \(story.environment)`")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func changes(_ story: DeploymentStory) -> [String] {
    guard let previous = story.previous?.commit, let commits = story.commits else { return [] }
    let count = Format.count(commits.count, "commit")
    return ["- Since \(previous): \(count)"]
      + commits.prefix(commitLimit).map {
        "  - \(Format.short($0.id.hex)) \(MarkdownText.code($0.summary))"
      } + (commits.count > commitLimit ? ["  - and \(commits.count - commitLimit) more"] : [])
  }
}
