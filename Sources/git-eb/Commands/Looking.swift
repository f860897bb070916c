import ArgumentParser
import Deployment
import FoundationEssentials

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

  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common)
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
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common)
    let host = try context.host()
    let found = try await context.describedEnvironment(environment, on: host)
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
      table.add([
        "commit:", "\(Format.short(version.commit)) \(Format.visible(version.description))",
      ])
      table.add(["source:", version.source])
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

/// `git eb health`
struct Health: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Say whether an environment is healthy.",
    discussion: """
      The exit status is 0 when the environment is Green and 1 when it is not.

      Examples:
        git eb health -e production
        until git eb health -q; do sleep 1; done
      """)

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var common: CommonOptions

  private struct View: Encodable {
    var environment: String
    var health: String
    var causes: [String]
  }

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common)
    let found = try await context.describedEnvironment(environment, on: context.host())
    if common.json {
      try Output.json(
        View(
          environment: found.name.text, health: found.health.rawValue, causes: found.causes))
    } else {
      Output.line(found.health.rawValue)
      for cause in found.causes { Output.line("  " + Format.visible(cause)) }
    }
    return found.health == .green ? .success : .deploymentFailed
  }
}

/// `git eb events`
struct Events: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "events",
    abstract: "Show what happened to an environment.",
    discussion: """
      Examples:
        git eb events
        git eb events -f -e production
        git eb events -n 20 --json
      """)

  @Flag(name: .shortAndLong, help: "Go on and show new events as they happen.")
  var follow = false

  @Option(name: .customShort("n"), help: .init("Only the last <number>.", valueName: "number"))
  var count: Int?

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let count, count < 1 { throw ValidationError("'-n' takes a number above 0") }
  }

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common)
    let host = try context.host()
    let name = try context.environment(environment)
    guard try await host.environment(named: name) != nil else {
      throw HostError.noSuchEnvironment(name)
    }
    var shown = try await host.events(of: name, since: nil)
    let first = count.map { Array(shown.suffix($0)) } ?? shown
    guard follow else {
      try render(first)
      return .success
    }
    Interruption.begin()
    for event in first { try renderOne(event) }
    while !Interruption.isRequested {
      try await Task.sleep(for: .milliseconds(300))
      let now = try await host.events(of: name, since: shown.last?.date)
      // Events of one moment come again; those that were shown are not shown twice.
      let new = now.filter { !shown.suffix(100).contains($0) }
      for event in new { try renderOne(event) }
      shown += new
      if try await host.environment(named: name) == nil { return .success }
    }
    return .interrupted
  }

  private func render(_ events: [Event]) throws {
    if common.json { return try Output.json(events) }
    for event in events { Output.line(EventLine.text(event)) }
  }

  /// While following, JSON is one object after another.
  private func renderOne(_ event: Event) throws {
    if common.json { return try Output.json(event) }
    Output.line(EventLine.text(event))
  }
}

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
