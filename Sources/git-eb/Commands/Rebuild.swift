import ArgumentParser
import Deployment

/// `git eb rebuild`
struct Rebuild: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild",
    abstract: "Make an environment anew from the version that it runs.",
    discussion: """
      On the local host the version is unpacked and started once more, and takes over when it is \
      healthy. Beanstalk removes everything that belongs to the environment, a database among it, and \
      makes it again: until then nothing is served. There, and where an environment is protected, its \
      name must be typed on a terminal, and elsewhere --yes is needed.

      Examples:
        git eb rebuild -e dev
        git eb rebuild -e production --yes
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
    let name = try context.environment(environment)
    let isOnBeanstalk = context.configuration.host.value == .beanstalk
    if !yes, isOnBeanstalk || context.isProtected(name) {
      try Confirmation.ask(name, isOnBeanstalk ? "serves nothing meanwhile" : "is protected")
    }
    let reporter = context.reporter
    Interruption.begin()
    let outcome = try await host.rebuild(
      name, wait: context.configuration.push.wait?.value,
      timeout: context.configuration.push.timeout.value
    ) { reporter.event($0) }
    if common.json { try Output.json(OutcomeView(outcome)) }
    OutcomeWords.report(outcome, "rebuilding", on: name)
    return outcome.exitStatus
  }
}
