import ArgumentParser
import Deployment
import FoundationEssentials
import Git

/// `git eb versions`
struct Versions: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "versions",
    abstract: "List the application's versions, the newest first, or take some back.",
    discussion: """
      --delete takes back one version and its bundle; one that an environment runs is refused.

      --prune takes back what nobody needs: not what an environment runs or, as its events tell, ran \
      before, so that it can go back; not what was made from a commit that a tag names; and not what \
      git-eb did not make. Of the rest the ten newest stay, or as many as --keep says, or with \
      --older-than those that are younger; with both, both stay.

      Examples:
        git eb versions
        git eb versions --json
        git eb versions --prune --dry-run
        git eb versions --prune --keep 30 --older-than 60d
        git eb versions --delete issue91-9c6aee8-d0de8796
      """)

  @Flag(help: "Take back the versions that nobody needs.")
  var prune = false

  @Option(help: .init("With --prune: how many of the newest stay.", valueName: "n"))
  var keep: Int?

  @Option(
    name: .customLong("older-than"),
    help: .init("With --prune: how old a version must be, such as 30d.", valueName: "duration"))
  var age: String?

  @Flag(name: .customLong("dry-run"), help: "With --prune: say what would happen, and do nothing.")
  var dryRun = false

  @Option(help: .init("Take back this version; may be repeated.", valueName: "label"))
  var delete: [String] = []

  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if prune, !delete.isEmpty {
      throw ValidationError("'--prune' and '--delete' cannot be used together")
    }
    for (option, isGiven) in [
      ("--keep", keep != nil), ("--older-than", age != nil), ("--dry-run", dryRun),
    ] where isGiven && !prune {
      throw ValidationError("'\(option)' goes with '--prune'")
    }
    if let keep, keep < 0 { throw ValidationError("'--keep \(keep)' is no number of versions") }
    if let age, Duration(setting: age) == nil {
      throw ValidationError("'--older-than \(age)' is no duration such as 12h or 30d")
    }
  }

  mutating func execute() async throws -> ExitStatus {
    if prune { return try await VersionsPruned(common).run(pruning, isDry: dryRun) }
    if !delete.isEmpty { return try await takeBack() }
    return try await list()
  }

  private var pruning: VersionPruning {
    VersionPruning(
      keep: keep ?? (age == nil ? 10 : 0), age: age.flatMap { Duration(setting: $0) },
      running: [:], ranBefore: [:], taggedCommits: [])
  }

  private func takeBack() async throws -> ExitStatus {
    let labels = try delete.map { text in
      guard let label = VersionLabel(text) else { throw CommandError.invalidLabel(text) }
      return label
    }
    let host = try Context(common, flags: place.flags).host()
    for label in labels {
      try await host.delete(label)
      if !common.json { Output.line("removed \(label)") }
    }
    if common.json { try Output.json(["removed": labels.map(\.text)]) }
    return .success
  }

  // MARK: - The list

  private struct View: Encodable {
    var version: ApplicationVersion
    /// The environments that run it.
    var environments: [String]
  }

  private func list() async throws -> ExitStatus {
    let context = try Context(common, flags: place.flags)
    let host = try context.host()
    let environments = try await host.environments()
    let views = try await host.versions().map { version in
      View(
        version: version,
        environments: environments.filter { $0.version?.label == version.label }.map(\.name.text))
    }
    if common.json {
      try Output.json(views)
      return .success
    }
    var table = Table()
    for view in views {
      table.add([
        view.version.label.text, Format.short(view.version.commit),
        view.version.size > 0 ? Format.bytes(view.version.size) : "-",
        Format.age(of: view.version.created),
        view.environments.joined(separator: ", "),
      ])
    }
    for line in table.lines { Output.line(line) }
    return .success
  }
}

/// Takes back the versions that nobody needs, and answers with them.
private struct VersionsPruned {
  private let options: CommonOptions

  init(_ options: CommonOptions) {
    self.options = options
  }

  private struct View: Encodable {
    struct Kept: Encodable {
      var label: String
      var reason: String
    }

    var removed: [String]
    var kept: [Kept]
  }

  /// `pruning` says what was asked for; what is in use is filled in.
  func run(_ pruning: VersionPruning, isDry: Bool) async throws -> ExitStatus {
    let context = try Context(options)
    let host = try context.host()
    var pruning = pruning
    for environment in try await host.environments() {
      let label = environment.version?.label
      if let label { pruning.running[label, default: []].append(environment.name) }
      let events = try await host.events(of: environment.name, since: nil)
      for earlier in VersionPruning.labelsBefore(label, in: events) {
        pruning.ranBefore[earlier, default: []].append(environment.name)
      }
    }
    pruning.taggedCommits = Set(try context.repository.taggedCommits().map(\.hex))
    let decisions = pruning.decisions(on: try await host.versions(), now: Date())
    Interruption.begin()
    var answer = View(removed: [], kept: [])
    for decision in decisions {
      let label = decision.version.label
      if let reason = decision.reason {
        answer.kept.append(.init(label: label.text, reason: Self.words(reason)))
        continue
      }
      if Interruption.isRequested { break }
      do {
        if !isDry { try await host.delete(label) }
      } catch HostError.versionInUse(_, let names) {
        // Deployed since it was looked at.
        answer.kept.append(.init(label: label.text, reason: Self.words(.running(names))))
        continue
      } catch HostError.noSuchVersion {
        // Somebody else was faster.
        continue
      }
      answer.removed.append(label.text)
      if !options.json { Output.line((isDry ? "would remove " : "removed ") + label.text) }
    }
    try render(answer, isDry: isDry)
    return Interruption.isRequested ? .interrupted : .success
  }

  private func render(_ answer: View, isDry: Bool) throws {
    if options.json {
      try Output.json(answer)
    } else if !options.quiet {
      if isDry {
        var table = Table()
        for kept in answer.kept { table.add(["keeps \(kept.label)", kept.reason]) }
        for line in table.lines { Output.message(line) }
      }
      let verb = isDry ? "would be removed" : "removed"
      Output.message(
        "\(Format.count(answer.removed.count, "version")) \(verb), \(answer.kept.count) kept")
    }
  }

  private static func words(_ reason: VersionPruning.Reason) -> String {
    switch reason {
    case .running(let names): "runs on " + names.map(\.text).joined(separator: ", ")
    case .ranBefore(let names): "ran before on " + names.map(\.text).joined(separator: ", ")
    case .tagged: "a tag names its commit"
    case .foreign: "not made by git-eb"
    case .newest: "one of the newest"
    case .young: "younger"
    }
  }
}
