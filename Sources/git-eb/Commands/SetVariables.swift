import ArgumentParser
import Deployment

/// `git eb setenv`
struct SetVariables: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "setenv", abstract: "Set an environment's variables and restart it.",
    discussion: """
      NAME=value sets a variable, NAME= removes it. Every variable is one argument, so a value may \
      hold anything. The next push sets again what .git-eb.yml says.

      Examples:
        git eb setenv DEBUG=1 GREETING='hello, world'
        git eb setenv DEBUG=
      """)

  @Argument(help: .init("What to set or remove.", valueName: "name=value"))
  var assignments: [String] = []

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var waiting: WaitingOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    guard !assignments.isEmpty else { throw CommandError.noVariables }
    let changes = try VariableAssignments.changes(assignments)
    let context = try Context(common, flags: waiting.flags + place.flags)
    let name = try context.environment(environment)
    let reporter = context.reporter
    Interruption.begin()
    let outcome = try await context.host().setVariables(
      changes, of: name, wait: context.configuration.push.wait?.value,
      timeout: context.configuration.push.timeout.value
    ) { reporter.event($0) }
    if common.json { try Output.json(OutcomeView(outcome)) }
    OutcomeWords.report(outcome, "setting variables", on: name)
    return outcome.exitStatus
  }
}
