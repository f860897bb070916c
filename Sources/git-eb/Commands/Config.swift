import ArgumentParser
import Deployment

/// `git eb config`
struct Config: GitEBCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Show every setting that is in force.",
    discussion: """
      Highest first, a setting comes from the command line, a GIT_EB_ variable, git's own \
      configuration (eb.*), .git-eb.yml, the EB CLI's files, or its default. Values of \
      environments' variables are not shown.

      Examples:
        git eb config
        git eb config --origin
        git config eb.host local     # this clone alone
      """)

  @Flag(help: "Show where each setting comes from.")
  var origin = false

  @OptionGroup var base: ConfigurationOptions
  @OptionGroup var common: CommonOptions

  private struct View: Encodable {
    var name: String
    var value: String
    var origin: String
  }

  mutating func execute() throws -> ExitStatus {
    let context = try Context(common, base: base)
    let settings = context.configuration.allSettings.map {
      View(name: $0.name, value: $0.value, origin: "\($0.origin)")
    }
    if common.json {
      try Output.json(settings)
      return .success
    }
    var table = Table()
    for setting in settings {
      let line = "\(setting.name)=\(Format.visible(setting.value))"
      table.add(origin ? [setting.origin, line] : [line])
    }
    for line in table.lines { Output.line(line) }
    if !common.quiet {
      for problem in context.configuration.warnings {
        Output.message("warning: " + ProblemWords(problem).message)
      }
    }
    return .success
  }
}
