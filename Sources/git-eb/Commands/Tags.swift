import ArgumentParser
import Deployment

/// `git eb tags`
struct Tags: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "tags",
    abstract: "Show or change an environment's tags (Beanstalk).",
    discussion: """
      Changing tags is an update of the environment, which is waited for.

      Examples:
        git eb tags
        git eb tags --set team=web --set stage=test --remove owner
      """)

  @Option(
    name: .customLong("set"),
    help: .init("Set a tag; may be given again.", valueName: "key=value"))
  var assignments: [String] = []

  @Option(
    name: .customLong("remove"),
    help: .init("Take a tag away; may be given again.", valueName: "key"))
  var removals: [String] = []

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var waiting: WaitingOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    for text in assignments where text.firstIndex(of: "=").map({ $0 > text.startIndex }) != true {
      throw ValidationError("'\(text)' sets no tag: it is <key>=<value>")
    }
    let keys = Self.pairs(assignments).map(\.0)
    if let twice = keys.first(where: { key in
      keys.count { $0 == key } > 1 || removals.contains(key)
    }) {
      throw ValidationError("tag '\(twice)' is named twice")
    }
  }

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: waiting.flags + place.flags)
    let host = try context.beanstalk("tags")
    let name = try context.environment(environment)
    var outcome = Outcome.deployed
    if !assignments.isEmpty || !removals.isEmpty {
      let reporter = context.reporter
      let wanted = Dictionary(Self.pairs(assignments)) { _, last in last }
      Interruption.begin()
      outcome = try await host.setTags(
        wanted, removing: removals, of: name, wait: context.configuration.push.wait?.value,
        timeout: context.configuration.push.timeout.value
      ) { reporter.event($0) }
      OutcomeWords.report(outcome, "setting tags", on: name)
    }
    guard outcome == .deployed else { return outcome.exitStatus }
    let tags = try await host.tags(of: name)
    if common.json {
      try Output.json(tags)
    } else {
      for (key, value) in tags.sorted(by: { $0.key < $1.key }) {
        Output.line("\(Format.visible(key))=\(Format.visible(value))")
      }
    }
    return .success
  }

  private static func pairs(_ assignments: [String]) -> [(String, String)] {
    assignments.compactMap { text in
      text.firstIndex(of: "=").map {
        (String(text[..<$0]), String(text[text.index(after: $0)...]))
      }
    }
  }
}
