import ArgumentParser
import Deployment

/// What `Scripts/manual` writes the manual of settings and the list of commands from.
struct DumpSettings: GitEBCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump-settings", abstract: "Print every setting's declaration as JSON.",
    shouldDisplay: false)

  private struct View: Encodable {
    struct Setting: Encodable {
      var name: String
      var type: String
      var fallback: String?
      var example: String
      var meaning: String
      var gitName: String?
      var environmentVariable: String?
    }

    struct Variable: Encodable {
      var name: String
      var meaning: String
    }

    struct Group: Encodable {
      var name: String
      var commands: [String]
    }

    var settings: [Setting]
    var variables: [Variable]
    var groups: [Group]
  }

  mutating func execute() throws -> ExitStatus {
    let settings = SettingKey.allCases.map { key in
      let declaration = key.declaration
      return View.Setting(
        name: key.name, type: "\(declaration.type)", fallback: declaration.fallback,
        example: declaration.example, meaning: declaration.meaning, gitName: key.gitName,
        environmentVariable: key.environmentVariable)
    }
    let variables = SettingKey.commandVariables.map {
      View.Variable(name: $0.name, meaning: $0.meaning)
    }
    let groups = GitEB.configuration.groupedSubcommands.map { group in
      View.Group(
        name: group.name,
        commands: group.subcommands.filter { $0.configuration.shouldDisplay }.map {
          $0._commandName
        })
    }
    try Output.json(View(settings: settings, variables: variables, groups: groups))
    return .success
  }
}
