import ArgumentParser
import Deployment

/// `git eb versions`
struct Versions: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "versions",
    abstract: "List the application's versions, the newest first.",
    discussion: """
      Examples:
        git eb versions
        git eb versions --json
      """)

  @OptionGroup var common: CommonOptions

  private struct View: Encodable {
    var version: ApplicationVersion
    /// The environments that run it.
    var environments: [String]
  }

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common)
    let host = try context.host()
    let environments = try await host.environments()
    let views = try await host.versions().map { version in
      View(
        version: version,
        environments: environments.filter { $0.version?.label == version.label }.map(\.name.text))
    }
    if common.json {
      try Output.json(views)
      return .success
    }
    var table = Table()
    for view in views {
      table.add([
        view.version.label.text, Format.short(view.version.commit),
        Format.bytes(view.version.size), Format.age(of: view.version.created),
        view.environments.joined(separator: ", "),
      ])
    }
    for line in table.lines { Output.line(line) }
    return .success
  }
}
