import ArgumentParser
import Deployment
import FoundationEssentials
import Git
import SystemPackage

/// `git eb recover`
struct Recover: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover",
    abstract: "Take away what was left by a git-eb that was killed.",
    discussion: """
      Every command does so with what it comes across. This one looks everywhere: secrets in the \
      index of any work tree of the repository, private files in memory and in the directory for \
      temporary files, files that were being written, what the local host was doing, and records of \
      deployments that are not in the repository yet. Each says which process it belongs to; what a \
      living one uses is left alone.

      Exit status: 0 when nothing is left, 2 when something could not be taken away.

      Examples:
        git eb recover --dry-run
        git eb recover --json
      """)

  @Flag(name: .customLong("dry-run"), help: "Say what there is, and do nothing.")
  var dryRun = false

  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let environment = ProcessEnvironment.current()
    let repository = try repository(environment)
    // A configuration that is not valid keeps nobody from recovering.
    let context = try? Context(common, isHealing: false)
    let temporary = Healing.temporaryDirectory(environment)
    var places = PrivateStorage.places(environment: environment, temporaryDirectory: temporary)
    if !places.contains("/tmp") { places.append("/tmp") }
    let host = (try? context?.host()) as? LocalHost
    let directories = [
      host?.incoming.string, repository?.workTree, FileSystem.realPath(common.directory ?? "."),
    ].compactMap { $0 }
    var found = Recovery(repository?.location, places: places).run(
      isDry: dryRun, draftsIn: Set(directories).sorted())
    if let host { found += try await host.recover(isDry: dryRun) }
    let records =
      dryRun ? context?.recorder.leftovers() : await context?.recorder.heal()
    return try render(found, records ?? [])
  }

  /// `nil` outside a repository: private files may have been left all the same.
  private func repository(_ environment: [String: String]) throws -> Repository? {
    do throws(GitError) {
      return try Repository.discover(
        startingAt: common.directory ?? ".", environment: environment)
    } catch {
      if error.code == .notARepository { return nil }
      throw error
    }
  }

  private struct View: Encodable {
    var kind: String
    var path: String
    var process: Int32?
    var created: Date?
    var outcome: String
    var secrets: [String]?
    var detail: String?
    var reason: String?
  }

  private func render(
    _ found: [Leftover], _ records: [Recorder.Healed]
  ) throws -> ExitStatus {
    let words = found.map(LeftoverWords.init)
    let recordWords = records.map { LeftoverWords($0, isDry: dryRun) }
    if common.json {
      try Output.json(found.map(view) + records.map(view))
    } else {
      for (leftover, words) in zip(found, words) {
        let date = leftover.created.map { Date(timeIntervalSince1970: Double($0)) }
        Output.line(words.message + (date.map { " (\(Format.age(of: $0)))" } ?? ""))
        words.warnings.forEach(Output.message)
      }
      for words in recordWords { Output.line(words.message) }
      if found.isEmpty, records.isEmpty, !common.quiet { Output.message("note: nothing was left") }
    }
    return (words + recordWords).contains(where: \.isProblem) ? .refused : .success
  }

  private func view(_ healed: Recorder.Healed) -> View {
    var view = View(
      kind: "record", path: healed.path, process: healed.owner, created: healed.record?.ended,
      outcome: "", detail: healed.record.map { "\($0.label) to \($0.environment)" })
    switch healed.recording {
    case .written(let reference):
      view.outcome = "written"
      view.path = reference
    case .postponed, .lost:
      let ended = healed.record == nil ? "removed" : "failed"
      view.outcome = dryRun ? "found" : ended
      if case .postponed(let reason) = healed.recording, view.outcome == "failed" {
        view.reason = reason
      }
    }
    return view
  }

  private func view(_ leftover: Leftover) -> View {
    var view = View(
      kind: leftover.kind.rawValue, path: leftover.path, process: leftover.owner,
      created: leftover.created.map { Date(timeIntervalSince1970: Double($0)) }, outcome: "",
      detail: leftover.detail)
    switch leftover.outcome {
    case .inUse: view.outcome = "in use"
    case .found: view.outcome = "found"
    case .removed: view.outcome = "removed"
    case .takenBack(let taken):
      view.outcome = "taken back"
      view.secrets = taken.names
    case .failed(let error):
      view.outcome = "failed"
      view.reason = Failure(error).message
    }
    return view
  }
}
