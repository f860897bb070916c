import ArgumentParser
import Deployment
import FoundationEssentials

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
        git eb events --severity WARN
      """)

  @Flag(name: .shortAndLong, help: "Go on and show new events as they happen.")
  var follow = false

  @Option(name: .customShort("n"), help: .init("Only the last <number>.", valueName: "number"))
  var count: Int?

  @Option(
    help: .init(
      "Only events that are at least so grave: TRACE, DEBUG, INFO, WARN, ERROR or FATAL.",
      valueName: "severity"))
  var severity: String?

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let count, count < 1 { throw ValidationError("'-n' takes a number above 0") }
    if let severity, Event.Severity(rawValue: severity.uppercased()) == nil {
      throw ValidationError(
        "'--severity' takes TRACE, DEBUG, INFO, WARN, ERROR or FATAL, not '\(severity)'")
    }
  }

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: place.flags)
    await context.healRecords()
    let host = try context.host()
    let name = try context.environment(environment)
    guard try await host.environment(named: name) != nil else {
      throw HostError.noSuchEnvironment(name)
    }
    var shown = try await host.events(of: name, since: nil)
    let grave = shown.filter(isWanted)
    let first = count.map { Array(grave.suffix($0)) } ?? grave
    guard follow else {
      try render(first)
      return .success
    }
    Interruption.begin()
    for event in first { try renderOne(event) }
    while !Interruption.isRequested {
      try await Interruption.pause(context.lookingInterval)
      if Interruption.isRequested { break }
      let now: [Event]
      do {
        now = try await host.events(of: name, since: shown.last?.date)
      } catch HostError.noSuchEnvironment {
        return .success  // It was terminated.
      }
      // Events of one moment come again; those that were shown are not shown twice.
      let new = now.filter { !shown.suffix(100).contains($0) }
      for event in new where isWanted(event) { try renderOne(event) }
      shown += new
    }
    return .interrupted
  }

  private func isWanted(_ event: Event) -> Bool {
    guard let least = severity.flatMap({ Event.Severity(rawValue: $0.uppercased()) }) else {
      return true
    }
    return event.severity >= least
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
