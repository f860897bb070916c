import ArgumentParser
import Deployment

/// `git eb create`
struct Create: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Make an environment.",
    discussion: """
      'git eb push' makes the environment that it deploys to where it is missing; this makes one \
      beforehand, or in another way than .git-eb.yml says. What is not given is taken from \
      'environments' in .git-eb.yml. An environment that is there is refused.

      --version has it run a version that was published already. Without it nothing of yours runs: \
      on the local host nothing at all, on Beanstalk AWS's sample application.

      On the local host --like takes the variables of another environment, and what speaks of \
      instances, networks and roles is refused.

      Examples:
        git eb create qa --version v1.4.0
        git eb create qa --like dev --single --instance-type t4g.small --spot
        git eb create jobs --tier worker --tag team=shop --envvar MODE=jobs
      """)

  @Argument(help: .init("What to call it.", valueName: "environment"))
  var name: String

  @Option(
    name: [.customLong("version"), .customLong("label")],
    help: .init("The version that it runs.", valueName: "label"))
  var label: String?

  @OptionGroup var creation: CreationOptions

  @Option(
    name: .customLong("envvar"),
    help: .init("A variable of the environment; may be repeated.", valueName: "name=value"))
  var variables: [String] = []

  @Flag(
    name: .customLong("no-wait"),
    help: "Do not wait for the environment to become healthy. The local host is done at the end.")
  var noWait = false

  @OptionGroup var timeout: TimeoutOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let label = try self.label.map { text in
      guard let label = VersionLabel(text) else { throw CommandError.invalidLabel(text) }
      return label
    }
    let changes = try VariableAssignments.changes(variables)
    let context = try Context(common, flags: timeout.flags + place.flags)
    let name = try context.environment(named: name)
    let host = try context.host()
    let foreign = creation.onlyOnBeanstalk
    if context.configuration.host.value != .beanstalk, !foreign.isEmpty {
      throw CommandError.optionsOnlyOnBeanstalk(foreign)
    }
    var variables = context.configuration.environments[name]?.variables ?? [:]
    for (variable, value) in changes { variables[variable] = value }
    var request = CreationRequest(
      environment: name, label: label, variables: variables,
      settings: try creation.settings(over: context.configuration.creation(of: name)),
      timeout: context.configuration.push.timeout.value)
    request.isLeftAlone = noWait
    return try await CreationReport(context, host).run(request, "creation")
  }
}

/// Makes an environment and answers with it.
struct CreationReport {
  private let context: Context
  private let host: any Host

  init(_ context: Context, _ host: any Host) {
    self.context = context
    self.host = host
  }

  private struct View: Encodable {
    var environment: EnvironmentView?
    var result: OutcomeView
  }

  /// `what` names it in a failure.
  func run(_ request: CreationRequest, _ what: String) async throws -> ExitStatus {
    let reporter = context.reporter
    Interruption.begin()
    let outcome = try await host.create(request) { reporter.event($0) }
    let made = try await host.environment(named: request.environment)
    await context.follow(made.map { [$0] } ?? [], because: what)
    if context.options.json {
      try Output.json(
        View(environment: made.map(EnvironmentView.init), result: OutcomeView(outcome)))
    } else if outcome == .deployed || outcome == .started {
      let runs = request.label.map { "  (\($0))" } ?? ""
      Output.line("To \(host.location)")
      Output.line(" * [new environment]  \(request.environment)\(runs)")
      if let url = made?.url { Output.line(url) }
    }
    OutcomeWords.report(outcome, what, on: request.environment)
    return outcome.exitStatus
  }
}
