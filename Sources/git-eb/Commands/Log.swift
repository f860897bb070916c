import ArgumentParser
import Deployment
import FoundationEssentials
import Git

/// `git eb log`
struct Log: WaitingCommand, PlainCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Show the deployments that are recorded, the newest first.",
    discussion: """
      Every deployment is recorded in the repository, however it ended: when and where to, which \
      version and commit, who deployed it, and how long it took. No network is needed. With an \
      environment it is that one's; with a tag or a commit, where that commit has been.

      Records are shared as other references are: --push and --fetch bring those that are missing \
      there or here. --expire removes records that are older than records.expire, and leaves \
      records.keep of each environment and what a rollback needs.

      Examples:
        git eb log
        git eb log production -n 5
        git eb log v1.4.0              # where has it been?
        git eb log --graph
        git eb log --push origin
        git eb log --expire --dry-run
      """)

  @Argument(
    help: .init(
      "Only of this environment, or of this commit.", valueName: "environment|tag|commit"))
  var what: String?

  @Option(name: .customShort("n"), help: .init("At most so many.", valueName: "number"))
  var count: Int?

  @Flag(help: "Draw the commits that were deployed, as git log does.")
  var graph = false

  @Option(help: .init("Send the records to this remote.", valueName: "remote"))
  var push: String?

  @Option(help: .init("Take over the records of this remote.", valueName: "remote"))
  var fetch: String?

  @Flag(help: "Remove old records.")
  var expire = false

  @Flag(name: .customLong("dry-run"), help: "With --expire: say what would happen, and do nothing.")
  var dryRun = false

  @OptionGroup var common: CommonOptions

  mutating func read(_ arguments: inout PlainArguments) -> Bool {
    count = arguments.number("-n")
    graph = arguments.flag("--graph")
    push = arguments.value("--push")
    fetch = arguments.value("--fetch")
    expire = arguments.flag("--expire")
    dryRun = arguments.flag("--dry-run")
    common = CommonOptions(&arguments)
    guard let operands = arguments.operands(), operands.count < 2 else { return false }
    what = operands.first
    return true
  }

  func validate() throws {
    if let count, count < 1 { throw ValidationError("'-n' takes a number above 0") }
    let deeds = [("--push", push != nil), ("--fetch", fetch != nil), ("--expire", expire)]
      .filter(\.1).map(\.0)
    if deeds.count > 1 {
      throw ValidationError("'\(deeds[0])' and '\(deeds[1])' cannot be used together")
    }
    if let deed = deeds.first, what != nil || count != nil || graph {
      throw ValidationError("'\(deed)' shows no records, and takes nothing that chooses some")
    }
    if graph, common.json { throw ValidationError("'--graph' cannot be used with '--json'") }
    if dryRun, !expire { throw ValidationError("'--dry-run' goes with '--expire'") }
    for remote in [push, fetch].compactMap({ $0 }) where remote.isEmpty {
      throw ValidationError("'' is no remote")
    }
  }

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common)
    await context.healRecords()
    if expire { return try await expire(context) }
    if let push {
      return try await share(context, push, "pushed", "to") { try await $0.push(to: push) }
    }
    if let fetch {
      return try await share(context, fetch, "fetched", "from") { try await $0.fetch(from: fetch) }
    }
    let subject = try subject(context)
    if graph { return try await RecordGraph(context, subject.environment).show(subject, count) }
    return try await render(try gather(context, subject), subject, context)
  }

  // MARK: - Which records

  /// Whose records are shown.
  enum Subject {
    case all
    case environment(EnvironmentName)
    case commit(ObjectID)

    var environment: EnvironmentName? {
      if case .environment(let name) = self { name } else { nil }
    }
  }

  private func subject(_ context: Context) throws -> Subject {
    guard let what else { return .all }
    let name = EnvironmentName(what)
    if let name, try context.records.newestReference(of: name) != nil { return .environment(name) }
    do throws(GitError) {
      if let commit = try context.repository.resolve(what)?.commit { return .commit(commit) }
    } catch {
      guard [.invalidName, .wrongType].contains(error.code) else { throw error }
    }
    // Known, and never deployed to as far as this clone has heard.
    if let name, context.mapping.namedEnvironments.contains(name) { return .environment(name) }
    throw CommandError.nothingRecordedOf(what)
  }

  private func gather(_ context: Context, _ subject: Subject) throws -> [FiledRecord] {
    let limit = count ?? .max
    switch subject {
    case .all: return try context.records.records(limit: limit)
    case .environment(let name): return try context.records.records(of: name, limit: limit)
    case .commit(let id):
      return try context.records.records(limit: limit) { $0.commit == id.hex }
    }
  }

  private func render(
    _ records: [FiledRecord], _ subject: Subject, _ context: Context
  ) async throws -> ExitStatus {
    if common.json {
      try Output.json(records.map(RecordView.init))
      return .success
    }
    if records.isEmpty { tellOfNone(subject, context) }
    try await Pager.show(RecordReport(records, context.style).lines, context)
    return .success
  }

  private func tellOfNone(_ subject: Subject, _ context: Context) {
    guard !common.quiet else { return }
    let whose =
      switch subject {
      case .all: "of '\(context.application)'"
      case .environment(let name): "to '\(name)'"
      case .commit(let id): "of \(id.abbreviated())"
      }
    Output.message("no deployment \(whose) is recorded here")
    Output.message("hint: git eb log --fetch <remote>")
  }

  // MARK: - Sharing

  private struct SharingView: Encodable {
    struct Refusal: Encodable {
      var record: String
      var reason: String
    }

    var remote: String
    var records: Int
    var refused: [Refusal]
  }

  private func share(
    _ context: Context, _ remote: String, _ verb: String, _ preposition: String,
    _ exchange: (RecordSharing) async throws -> RecordSharing.Result
  ) async throws -> ExitStatus {
    let result: RecordSharing.Result
    do {
      result = try await exchange(
        RecordSharing(context.repository.location, in: common.directory))
    } catch let error as RecordSharing.Failed {
      throw CommandError.notShared(remote: remote, reason: "git ended with \(error.reason)")
    }
    if common.json {
      try Output.json(
        SharingView(
          remote: remote, records: result.count,
          refused: result.refused.map { .init(record: $0.reference, reason: $0.reason) }))
    } else {
      Output.line(
        "\(verb) \(Format.count(result.count, "record")) \(preposition) \(Format.visible(remote))")
    }
    for refused in result.refused.prefix(10) {
      Output.message("  \(refused.reference)  \(Format.visible(refused.reason))")
    }
    guard let first = result.refused.first else { return .success }
    throw CommandError.notShared(
      remote: remote,
      reason: "\(Format.count(result.refused.count, "record")) refused: \(first.reason)")
  }

  // MARK: - Expiring

  private struct ExpiryView: Encodable {
    var removed: [String]
    var kept: Int
  }

  private func expire(_ context: Context) async throws -> ExitStatus {
    let settings = context.configuration.records
    let records = try context.records.records()
    let expired = RecordExpiry(age: settings.expire.value, keep: settings.keep.value)
      .expired(records, now: Date())
    if !dryRun { try await context.recorder.remove(expired) }
    let kept = records.count - expired.count
    if common.json {
      try Output.json(ExpiryView(removed: expired.map(\.reference), kept: kept))
      return .success
    }
    if dryRun { for filed in expired { Output.line("would remove \(filed.reference)") } }
    let verb = dryRun ? "would be removed" : "removed"
    Output.message("\(Format.count(expired.count, "record")) \(verb), \(kept) kept")
    return .success
  }
}
