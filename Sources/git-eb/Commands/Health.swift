import ArgumentParser
import Deployment

/// `git eb health`
struct Health: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Say whether an environment is healthy.",
    discussion: """
      The exit status is 0 when the environment is Green and 1 when it is not.

      Examples:
        git eb health -e production
        until git eb health -q; do sleep 1; done
      """)

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var common: CommonOptions

  private struct View: Encodable {
    var environment: String
    var health: String
    var causes: [String]
  }

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common)
    let found = try await context.describedEnvironment(environment, on: context.host())
    if common.json {
      try Output.json(
        View(
          environment: found.name.text, health: found.health.rawValue, causes: found.causes))
    } else {
      Output.line(found.health.rawValue)
      for cause in found.causes { Output.line("  " + Format.visible(cause)) }
    }
    return found.health == .green ? .success : .deploymentFailed
  }
}
