import Deployment
import Git

/// Tells on standard error what happens: progress only on a terminal, and only after 250 ms.
///
/// `@unchecked`: what changes is behind the monitor.
final class ConsoleReporter: Reporter, @unchecked Sendable {
  private struct State {
    var start = ContinuousClock().now
    var lastProgress: ContinuousClock.Instant?
    var hasProgressLine = false
    var uploadStart: ContinuousClock.Instant?
  }

  private let quiet: Bool
  private let showsProgress: Bool
  private let state = Monitor(State())

  /// `showsProgress` says whether progress is shown where it is not for this to find out.
  init(quiet: Bool, showsProgress: Bool? = nil) {
    self.quiet = quiet
    self.showsProgress = !quiet && (showsProgress ?? Output.isErrorTerminal)
  }

  func notice(_ notice: Notice) {
    guard !quiet else { return }
    let words = NoticeWords(notice)
    say("warning: " + words.message)
    for hint in words.hints { say("hint: " + hint) }
  }

  func bundling(_ progress: BundleProgress) {
    guard showsProgress else { return }
    state.update { state in
      let now = ContinuousClock().now
      guard now - state.start > .milliseconds(250) else { return }
      if let last = state.lastProgress, now - last < .milliseconds(100) { return }
      state.lastProgress = now
      state.hasProgressLine = true
      Output.progress(
        "bundling: \(progress.entries)/\(progress.totalEntries) entries, "
          + Format.bytes(progress.bytes))
    }
  }

  func bundled(_ summary: BundleSummary) {
    guard !quiet else { return }
    say(
      "bundled \(Format.count(summary.entryCount, "entry", "entries")), "
        + "\(Format.bytes(summary.size))")
  }

  /// Errors are told by the failure that they are the reason of.
  func checked(_ findings: [Finding]) {
    guard !quiet else { return }
    let warnings = findings.filter { $0.severity == .warning }
    for line in FindingLines().messages(warnings) { say(line) }
  }

  func uploading(_ progress: UploadProgress) {
    guard showsProgress else { return }
    state.update { state in
      let now = ContinuousClock().now
      let start = state.uploadStart ?? now
      state.uploadStart = start
      guard now - start > .milliseconds(250) else { return }
      if let last = state.lastProgress, now - last < .milliseconds(100),
        progress.sent < progress.total
      {
        return
      }
      state.lastProgress = now
      state.hasProgressLine = true
      Output.progress(UploadLine.text(progress, after: now - start))
    }
  }

  func waiting(for environment: EnvironmentName) {
    guard !quiet else { return }
    say("waiting for '\(environment)', which is busy")
  }

  func superseding(_ version: ApplicationVersion, on environment: EnvironmentName) {
    guard !quiet else { return }
    say("taking the place of \(version.label), which is on its way to '\(environment)'")
  }

  func published(_ version: ApplicationVersion, _ publication: Publication) {
    guard !quiet else { return }
    switch publication {
    case .uploaded: say("published \(version.label)")
    case .present: say("\(version.label) is published already")
    }
  }

  func event(_ event: Event) {
    guard !quiet else { return }
    say(EventLine.text(event))
  }

  /// An event of one of several environments that are worked on at once.
  func event(_ event: Event, of name: EnvironmentName) {
    guard !quiet else { return }
    say("\(name): \(EventLine.text(event))")
  }

  func words(for error: any Error) -> String { Failure(error).message }

  private func say(_ line: String) {
    state.update { state in
      if state.hasProgressLine { Output.status("\r\u{1b}[K") }
      state.hasProgressLine = false
      Output.message(line)
    }
  }
}

/// How far an upload is, as one line.
enum UploadLine {
  static func text(_ progress: UploadProgress, after elapsed: Duration) -> String {
    let share = progress.total > 0 ? progress.sent * 100 / progress.total : 100
    let line =
      "uploading: \(share)% of \(Format.bytes(progress.total))"
    let (seconds, attoseconds) = elapsed.components
    let time = Double(seconds) + Double(attoseconds) / 1e18
    guard time > 0, progress.sent > 0 else { return line }
    let rate = Double(progress.sent) / time
    let rest = Double(progress.total - progress.sent) / rate
    return line + ", \(Format.bytes(Int64(rate)))/s, \(Int(rest.rounded(.up))) s left"
  }
}

/// An event as one line.
enum EventLine {
  static func text(_ event: Event) -> String {
    let severity = event.severity.rawValue.padded(to: 5)
    return "\(Format.time(event.date))  \(severity)  \(Format.visible(event.message))"
  }
}

extension String {
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}

/// The words for a notice.
struct NoticeWords {
  var message: String
  var hints: [String] = []

  init(_ notice: Notice) {
    switch notice {
    case .notOnBranch(let commit, let branch):
      message = "\(Format.short(commit)) is not on \(Format.quoted(branch.description))"
    case .workTreeDiffers(let status):
      var parts: [String] = []
      if status.staged.count > 0 { parts.append("\(status.staged.count) staged") }
      if status.modified.count > 0 { parts.append("\(status.modified.count) modified") }
      if status.untracked.count > 0 { parts.append("\(status.untracked.count) untracked") }
      // A file may be staged and modified again.
      var seen = Set<String>()
      let names = (status.staged.names + status.modified.names + status.untracked.names).filter {
        seen.insert($0).inserted
      }
      let total = status.staged.count + status.modified.count + status.untracked.count
      message =
        "not deployed: \(parts.joined(separator: ", ")) (\(Format.names(names, total: total)))"
    case .nestedRepositories(let paths):
      message =
        "\(Format.count(paths.count, "repository", "repositories")) left out: "
        + "\(Format.names(paths)); each is an empty directory in the bundle"
      hints = paths.prefix(1).map { "git submodule add <url> \($0)" }
    case .unfiltered(let filters):
      let paths = filters.values.flatMap { $0 }.sorted()
      let names = filters.keys.sorted().map(Format.quoted).joined(separator: ", ")
      message =
        "no configuration defines the filter \(names) of \(Format.names(paths)); "
        + "bundled as git stores them"
    case .unignoredSecrets(let paths):
      message = "git does not ignore \(Format.names(paths))"
      hints = paths.prefix(1).map { "echo '/\($0)' >> .gitignore" }
    case .replaced(let paths):
      message = "a secret takes the place of \(Format.names(paths))"
    case .broughtIn(let paths):
      message =
        "'.ebignore' brings in \(Format.count(paths.count, "file")) from the work tree: "
        + Format.names(paths)
    case .foreignIgnoreFile:
      message = "'.ebignore' of the work tree is not followed: the source has none"
      hints = ["git add .ebignore, and commit it"]
    case .recordPostponed(let reason):
      message = "deployed, but not recorded yet: \(Format.visible(reason))"
      hints = ["the next git eb command tries again"]
    case .recordLost(let reason):
      message = "deployed, but not recorded: \(Format.visible(reason))"
    case .remoteInTheWay(let name):
      let failure = Failure(CommandError.trackingTaken(name))
      message = failure.message
      hints = failure.hints
    case .configuration(let problem):
      message = ProblemWords(problem).message
    }
  }
}
