import ArgumentParser
import Deployment

/// `git eb status`
struct Status: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show what an environment runs, and how it is.",
    discussion: """
      Examples:
        git eb status
        git eb status -e production --json
      """)

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: place.flags)
    await context.healRecords()
    let host = try context.host()
    let found = try await context.describedEnvironment(environment, on: host)
    await context.follow([found])
    if common.json {
      try Output.json(EnvironmentView(found))
      return .success
    }
    var table = Table()
    table.add(["environment:", found.name.text])
    table.add(["host:", "\(context.configuration.host.value.rawValue) \(host.location)"])
    table.add(["status:", found.status.rawValue])
    table.add(["health:", found.health.rawValue])
    if let version = found.version {
      table.add(["version:", version.label.text])
      if version.source.isEmpty {
        // Not made by git-eb: nothing says which commit it is.
        table.add(["description:", Format.visible(version.description)])
      } else {
        table.add([
          "commit:", "\(Format.short(version.commit)) \(Format.visible(version.description))",
        ])
        table.add(["source:", version.source])
      }
      if !version.secrets.isEmpty {
        table.add(["secrets:", version.secrets.joined(separator: ", ")])
      }
    }
    if let url = found.url { table.add(["url:", url]) }
    table.add(["updated:", "\(Format.time(found.updated)) (\(Format.age(of: found.updated)))"])
    for line in table.lines { Output.line(line) }
    for cause in found.causes { Output.line("  " + Format.visible(cause)) }
    return .success
  }
}
