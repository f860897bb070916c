import ArgumentParser
import Deployment

/// `git eb abort`
struct Abort: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "abort",
    abstract: "Stop what is being done to an environment.",
    discussion: """
      A deployment, a restart or a change of variables that is on its way is given up, and the \
      environment goes back to what it was. On the local host the git-eb that is at work is asked to \
      stop. Nothing on its way is an error, and a termination goes on.

      Examples:
        git eb abort -e production
        git eb abort --no-wait
      """)

  @Flag(name: .customLong("no-wait"), help: "Do not wait until it has stopped.")
  var noWait = false

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var timeout: TimeoutOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: timeout.flags + place.flags)
    let host = try context.host()
    let name = try context.environment(environment)
    let reporter = context.reporter
    try await host.abort(
      name, timeout: noWait ? nil : context.configuration.push.timeout.value
    ) { reporter.event($0) }
    if common.json { try Output.json(["aborted": name.text]) }
    return .success
  }
}
