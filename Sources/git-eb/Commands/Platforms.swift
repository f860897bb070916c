import ArgumentParser
import Deployment

/// `git eb platforms`
struct Platforms: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "platforms",
    abstract: "List the platforms that environments can be made with (Beanstalk).",
    discussion: """
      Each name can be the value of 'platform' in .git-eb.yml.

      Examples:
        git eb platforms
        git eb platforms --all
      """)

  @Flag(help: "Also those that AWS no longer supports.")
  var all = false

  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  private struct View: Encodable {
    var name: String
    var platform: String?
    /// Such as `Supported` or `Retired`.
    var state: String?
    var tiers: [String]
  }

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: place.flags)
    let platforms = try await context.beanstalk("platforms").platforms(includingRetired: all)
    if common.json {
      try Output.json(
        platforms.map {
          View(name: $0.name, platform: $0.platform, state: $0.state, tiers: $0.tiers)
        }
      )
      return .success
    }
    var table = Table()
    for platform in platforms {
      table.add([
        Format.visible(platform.name), platform.state ?? "-",
        platform.tiers.joined(separator: ", "),
      ])
    }
    for line in table.lines { Output.line(line) }
    return .success
  }
}
