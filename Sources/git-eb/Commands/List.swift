import ArgumentParser
import Deployment

/// `git eb list`
struct List: WaitingCommand, PlainCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the application's environments.",
    discussion: """
      Each with how it is, the commit that it runs, how many commits that is ahead of and behind the \
      branch that maps to it, and who deployed it when. The environment of the current branch is \
      marked. The references that follow environments, such as eb/production, are moved.

      Examples:
        git eb list
        git eb list --json
      """)

  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  mutating func read(_ arguments: inout PlainArguments) -> Bool {
    place = HostOptions(&arguments)
    common = CommonOptions(&arguments)
    return arguments.operands()?.isEmpty == true
  }

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: place.flags)
    await context.healRecords()
    let pictures = try await context.pictures(context.host().environments())
    if common.json {
      try Output.json(pictures.map(EnvironmentView.init))
      return .success
    }
    let table = EnvironmentTable(
      pictures, context.style, width: Terminal.width(context.processEnvironment))
    for line in table.lines { Output.line(line) }
    if pictures.isEmpty, !common.quiet {
      Output.message("'\(context.application)' has no environments")
      Output.message("hint: git eb push")
    }
    return .success
  }
}
