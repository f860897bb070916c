import ArgumentParser
import Deployment
import Git

/// `git eb rollback`
struct Rollback: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Deploy the version that ran before.",
    discussion: """
      The records say which version that is (see git eb log): the one before what runs, or with -n \
      the one so many versions before it. Going back twice leads two versions back. Nothing is \
      built or uploaded while the host still has the version; its content has to be what was \
      recorded. One that is gone is built again from its commit, with the secrets of now.

      Examples:
        git eb rollback
        git eb rollback -e production -n 2
        git eb rollback --to master-1a2b3c4-5d6e7f80
        git eb rollback --dry-run
      """)

  @Option(help: .init("The version to go back to.", valueName: "label"))
  var to: String?

  @Option(
    name: [.customShort("n"), .customLong("number")],
    help: .init("How many versions to go back.", valueName: "number"))
  var number: Int?

  @Flag(name: .customLong("dry-run"), help: "Say what would happen, and do nothing.")
  var dryRun = false

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var waiting: WaitingOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if to != nil, number != nil {
      throw ValidationError("'--to' and '-n' cannot be used together")
    }
    if let number, number < 1 { throw ValidationError("'-n \(number)' leads nowhere") }
    if let to, VersionLabel(to) == nil { throw ValidationError("'--to \(to)' is no label") }
  }

  /// Where it leads.
  private struct Goal {
    var label: VersionLabel
    /// `nil` for a version that no record knows of.
    var record: DeploymentRecord?
  }

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: waiting.flags + place.flags)
    await context.healRecords()
    let host = try context.host()
    let found = try await context.describedEnvironment(environment, on: host)
    let goal = try goal(context, found)
    let version = try await host.version(labelled: goal.label)
    if let version, let record = goal.record { try version.check(against: record) }
    if goal.record == nil, version == nil { throw HostError.noSuchVersion(goal.label) }
    if goal.record == nil {
      Output.message("note: no record says that \(goal.label) ran on '\(found.name)'")
    }
    if dryRun { return try say(found, goal, isOnHost: version != nil) }
    let reporter = context.reporter
    let pipeline = context.pipeline(on: host, reporter)
    var options = context.deploymentOptions
    options.kind = .rollback
    Interruption.begin()
    return try await DeploymentReport.sayingWhatRuns(found.name, on: host) {
      let result: Pipeline.Result
      if let version {
        try context.resolver.checkProtection(of: found.name, from: version)
        result = try await pipeline.deploy(
          order(version, goal, found.name, context.configuration), options)
      } else {
        let target = try target(goal, found.name, context)
        result = try await pipeline.push(target, options)
      }
      return try DeploymentReport(
        result, to: found.name, from: nil, at: host.location
      ).render(json: common.json)
    }
  }

  private func goal(_ context: Context, _ found: EnvironmentDescription) throws -> Goal {
    let records = try context.records.records(of: found.name).map(\.record)
    if let label = to.flatMap({ VersionLabel($0) }) {
      return Goal(label: label, record: records.first { $0.label == label })
    }
    if records.isEmpty { throw ReuseError.noRecords(found.name) }
    let running = found.version?.label
    let history = DeploymentHistory(records.reversed(), running: running)
    let steps = number ?? 1
    guard let record = history.version(steps, before: running) else {
      throw ReuseError.noVersionBefore(
        found.name, steps: steps, known: history.count(before: running))
    }
    return Goal(label: record.label, record: record)
  }

  private func order(
    _ version: ApplicationVersion, _ goal: Goal, _ name: EnvironmentName,
    _ configuration: Configuration
  ) -> Pipeline.Order {
    var order = Pipeline.Order(
      version: goal.record.map(version.completed) ?? version, to: name,
      creation: configuration.creation(of: name))
    order.reference = goal.record?.reference
    return order
  }

  /// What is built where the host has the version no more.
  private func target(
    _ goal: Goal, _ name: EnvironmentName, _ context: Context
  ) throws -> Target {
    guard let record = goal.record, record.source == "commit", let commit = record.commit else {
      throw ReuseError.notBuildable(goal.label, source: goal.record?.source ?? "")
    }
    guard let id = ObjectID(hex: commit), context.repository.contains(id) else {
      throw ReuseError.commitMissing(goal.label, commit: commit)
    }
    Output.message(
      "note: \(goal.label) is gone from the host; building it again from "
        + "\(Format.short(commit)), with the secrets of now")
    let preferred = record.reference.flatMap { BranchName(fullName: $0) }
    let branch = try context.resolver.branch(mappedTo: name, preferring: preferred)
    var target = try context.resolver.target(
      .init(
        source: .commit(commit),
        environment: Setting(name.text, from: .commandLine(option: "--environment")),
        branch: (branch ?? preferred)?.description))
    target.reference = record.reference
    return target
  }

  // MARK: - A look

  private struct View: Encodable {
    var environment: String
    var running: String?
    var version: String
    var commit: String?
    /// Whether the host still has it, so that nothing would be built.
    var published: Bool
    var deployedAt: String?
    var deployedBy: String?
  }

  private func say(
    _ found: EnvironmentDescription, _ goal: Goal, isOnHost: Bool
  ) throws -> ExitStatus {
    let record = goal.record
    if common.json {
      try Output.json(
        View(
          environment: found.name.text, running: found.version?.label.text,
          version: goal.label.text, commit: record?.commit, published: isOnHost,
          deployedAt: record.map { Format.time($0.ended) }, deployedBy: record?.deployedBy.name))
      return .success
    }
    var table = Table()
    table.add(["environment:", found.name.text])
    table.add(["runs:", found.version?.label.text ?? "nothing"])
    table.add(["goes back to:", goal.label.text + (isOnHost ? "" : ", which would be built again")])
    if let record {
      table.add(["commit:", "\(Format.short(record.commit)) \(Format.visible(record.subject))"])
      table.add([
        "deployed:",
        "\(Format.time(record.ended)) by \(Format.visible(record.deployedBy.name))",
      ])
    }
    for line in table.lines { Output.line(line) }
    return .success
  }
}
