import ArgumentParser
import Deployment
import Git

/// `git eb status`
struct Status: WaitingCommand, PlainCommand {
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

  mutating func read(_ arguments: inout PlainArguments) -> Bool {
    environment = EnvironmentOptions(&arguments)
    place = HostOptions(&arguments)
    common = CommonOptions(&arguments)
    return arguments.operands()?.isEmpty == true
  }

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: place.flags)
    await context.healRecords()
    let host = try context.host()
    var found = try await context.describedEnvironment(environment, on: host)
    // Some hosts are asked for them by themselves.
    // Who may not see them sees the rest.
    if found.tags.isEmpty { found.tags = (try? await host.tags(of: found.name)) ?? [:] }
    guard let picture = try await context.pictures([found]).first else { return .success }
    if common.json {
      try Output.json(EnvironmentView(picture))
      return .success
    }
    render(picture, context, host)
    return .success
  }

  private func render(_ picture: EnvironmentPicture, _ context: Context, _ host: any Host) {
    let (found, standing) = (picture.environment, picture.standing)
    let words = EnvironmentWords(picture, context.style)
    var table = Table()
    table.add(["environment:", found.name.text])
    if let branch = standing.branch {
      let distance = standing.distance == nil ? "" : " (\(words.distance))"
      table.add(["branch:", Format.visible(branch.text) + distance])
    }
    table.add(["host:", "\(context.configuration.host.value.rawValue) \(host.location)"])
    table.add(["status:", found.status.rawValue])
    table.add(["health:", words.health])
    if let version = found.version {
      table.add(["version:", version.label.text])
      if let name = standing.releaseName { table.add(["release:", Format.visible(name)]) }
      if standing.running == .unknown {
        // Not made by git-eb, or from no commit.
        table.add(["description:", Format.visible(version.description)])
      } else {
        let age = words.age.isEmpty ? "" : " (\(words.age))"
        table.add(["commit:", "\(words.id) \(words.subject)\(age)"])
      }
      if !version.source.isEmpty { table.add(["source:", version.source]) }
      if !version.secrets.isEmpty {
        table.add(["secrets:", version.secrets.joined(separator: ", ")])
      }
    }
    if let record = standing.record?.record {
      table.add([
        "deployed:",
        "\(Format.time(record.ended)) (\(Format.age(of: record.ended))) by "
          + Format.visible(record.deployedBy.name),
      ])
    }
    if let url = found.url { table.add(["url:", url]) }
    if let expires = standing.expires, let expiry = words.expiry {
      table.add(["expires:", "\(Format.time(expires)) (\(expiry))"])
    }
    table.add(["updated:", "\(Format.time(found.updated)) (\(Format.age(of: found.updated)))"])
    for line in table.lines { Output.line(line) }
    for cause in found.causes { Output.line("  " + Format.visible(cause)) }
    if found.isAsleep, !common.quiet { Output.message("hint: git eb wake \(found.name)") }
    if let behind = standing.distance?.behind, behind > 0, !common.quiet {
      let branch = picture.isCurrent ? "" : standing.branch.map { " " + $0.text } ?? ""
      Output.message("hint: git eb push\(branch)")
    }
  }
}
