import ArgumentParser
import Deployment
import FoundationEssentials
import Git

/// `git eb previews`
struct Previews: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "previews",
    abstract: "List the environments that were made for branches of this repository.",
    discussion: """
      Each with its branch, how it is, the commit that it runs, when it was deployed and when it \
      expires: so long after the last deployment as previews.ttl says. What it may have cost is an \
      estimate: the instances' price on demand for every hour since it was made, and nothing else. \
      Environments of other repositories, and those that nobody made for a branch, are not listed.

      --markdown prints a table for a comment or a summary.

      Examples:
        git eb previews
        git eb previews --json
        git eb previews --markdown >>"$GITHUB_STEP_SUMMARY"
      """)

  @Flag(help: "Print a table in Markdown.")
  var markdown = false

  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if markdown, common.json {
      throw ValidationError("'--markdown' and '--json' cannot be used together")
    }
  }

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: place.flags)
    await context.healRecords()
    let host = try context.host()
    let previews = try await context.previews(on: host).costing(on: host)
    await context.follow(previews.map(\.environment))
    if common.json {
      try Output.json(previews.map { PreviewView($0) })
      return .success
    }
    if markdown {
      let plain = Style(context.repository.location.configuration, ["NO_COLOR": "1"])
      for line in PreviewTable(previews, plain, width: nil).markdown { Output.line(line) }
      return .success
    }
    let width = Terminal.width(context.processEnvironment)
    for line in PreviewTable(previews, context.style, width: width).lines { Output.line(line) }
    if previews.isEmpty, !common.quiet {
      Output.message("'\(context.application)' has no previews of this repository")
    }
    return .success
  }
}

extension Context {
  /// The previews of this repository, by name.
  func previews(on host: any Host) async throws -> [Preview] {
    var reader = PreviewReader(repository, records, configuration)
    return try await reader.previews(among: host.taggedEnvironments())
  }
}

extension [Preview] {
  /// With their instances, of which a host may have to be asked one by one.
  func costing(on host: any Host) async throws -> [Preview] {
    try await withThrowingTaskGroup(of: (Int, CostHint.Instances?).self) { group in
      for (place, preview) in enumerated() {
        group.addTask { (place, try await host.instances(of: preview.name)) }
      }
      var previews = self
      for try await (place, instances) in group { previews[place].instances = instances }
      return previews
    }
  }
}
