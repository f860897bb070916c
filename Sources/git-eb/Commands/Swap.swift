import ArgumentParser
import Deployment

/// `git eb swap`
struct Swap: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "swap",
    abstract: "Let two environments change their addresses.",
    discussion: """
      What was prepared and tried in one environment is served at the other one's address, and the \
      other way round. Either both have the other's address afterwards or both their own. With one \
      name the other environment is that of the branch. One that is protected takes part when that \
      is confirmed: its name is typed on a terminal, elsewhere --yes is needed.

      Examples:
        git eb swap rehearsal production
        git eb swap rehearsal --yes
      """)

  @Argument(help: .init("One or two environments.", valueName: "environment"))
  var names: [String]

  @Flag(help: "Do not ask.")
  var yes = false

  @OptionGroup var waiting: WaitingOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  private struct View: Encodable {
    var environments: [EnvironmentView]
    var result: OutcomeView
  }

  func validate() throws {
    guard (1...2).contains(names.count) else {
      throw ValidationError("one or two environments are to be named")
    }
  }

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: waiting.flags + place.flags)
    let host = try context.host()
    let first = try context.environment(named: names[0])
    let second =
      names.count == 2
      ? try context.environment(named: names[1]) : try context.environment()
    for name in [first, second] where context.isProtected(name) && !yes {
      try Confirmation.ask(name, "is protected and will get another address")
    }
    let reporter = context.reporter
    Interruption.begin()
    let outcome = try await host.swap(
      first, second, wait: context.configuration.push.wait?.value,
      timeout: context.configuration.push.timeout.value
    ) { reporter.event($0) }
    try await render(outcome, [first, second], host, context)
    OutcomeWords.report(outcome, "swapping addresses", on: first)
    return outcome.exitStatus
  }

  private func render(
    _ outcome: Outcome, _ names: [EnvironmentName], _ host: any Host, _ context: Context
  ) async throws {
    var found: [EnvironmentDescription] = []
    for name in names { try await found += [host.environment(named: name)].compactMap { $0 } }
    await context.follow(found, because: "swap")
    if common.json {
      try Output.json(
        View(environments: found.map(EnvironmentView.init), result: OutcomeView(outcome)))
    } else if outcome == .deployed {
      var table = Table()
      for environment in found { table.add([environment.name.text, environment.url ?? "-"]) }
      for line in table.lines { Output.line(line) }
    }
  }
}
