import ArgumentParser
import Deployment

/// `git eb list`
struct List: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the application's environments.",
    discussion: """
      Examples:
        git eb list
        git eb list --json
      """)

  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: place.flags)
    let environments = try await context.host().environments()
    if common.json {
      try Output.json(environments.map(EnvironmentView.init))
      return .success
    }
    var table = Table()
    for environment in environments {
      table.add([
        environment.name.text, environment.status.rawValue, environment.health.rawValue,
        environment.version?.label.text ?? "-", environment.url ?? "-",
        Format.age(of: environment.updated),
      ])
    }
    for line in table.lines { Output.line(line) }
    if environments.isEmpty, !common.quiet {
      Output.message("'\(context.application)' has no environments")
      Output.message("hint: git eb push")
    }
    return .success
  }
}
