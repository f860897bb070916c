import ArgumentParser
import Deployment

/// `git eb terminate`
struct Terminate: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "terminate",
    abstract: "Stop an environment and remove it.",
    discussion: """
      The versions that it ran stay. A protected environment is refused. On a terminal the \
      environment's name must be typed; elsewhere --yes is needed.

      Examples:
        git eb terminate -e shop-issue91
        git eb terminate -e shop-issue91 --yes
      """)

  @Flag(help: "Do not ask.")
  var yes = false

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var waiting: WaitingOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: waiting.flags + place.flags)
    let host = try context.host()
    let found = try await context.describedEnvironment(environment, on: host)
    if context.isProtected(found.name) { throw CommandError.protected(found.name) }
    if !yes {
      let label = found.version?.label.text ?? "nothing"
      try Confirmation.ask(found.name, "runs \(label) and will be removed")
    }
    let reporter = context.reporter
    Interruption.begin()
    try await host.terminate(found.name, wait: context.configuration.push.wait?.value) {
      reporter.event($0)
    }
    await context.forget(found.name, because: "terminate")
    if common.json { try Output.json(["terminated": found.name.text]) }
    return .success
  }
}
