import ArgumentParser
import Deployment

/// `git eb restart`
struct Restart: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "restart",
    abstract: "Start an environment's processes again.",
    discussion: """
      Examples:
        git eb restart
        git eb restart -e production --timeout 2m
      """)

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var waiting: WaitingOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: waiting.flags + place.flags)
    let host = try context.host()
    let name = try context.environment(environment)
    let reporter = context.reporter
    Interruption.begin()
    let outcome = try await host.restart(
      name, wait: context.configuration.push.wait?.value,
      timeout: context.configuration.push.timeout.value
    ) { reporter.event($0) }
    if common.json { try Output.json(OutcomeView(outcome)) }
    OutcomeWords.report(outcome, "restart", on: name)
    return outcome.exitStatus
  }
}
