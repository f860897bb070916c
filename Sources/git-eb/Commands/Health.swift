import ArgumentParser
import Deployment
import FoundationEssentials

/// `git eb health`
struct Health: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Say whether an environment is healthy.",
    discussion: """
      The exit status is 0 when the environment is Green and 1 when it is not. On Beanstalk with \
      enhanced health reporting every instance has a line.

      Examples:
        git eb health -e production
        git eb health -f
        until git eb health -q; do sleep 1; done
      """)

  @Flag(
    name: [.customShort("f"), .customLong("refresh")],
    help: "Go on, and show the health again whenever it changes.")
  var refresh = false

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: place.flags)
    let host = try context.host()
    var shown = try await report(context, host)
    try render(shown)
    guard refresh else { return shown.isGreen ? .success : .deploymentFailed }
    Interruption.begin()
    while true {
      try await Interruption.pause(context.lookingInterval)
      if Interruption.isRequested { return .interrupted }
      let now: HealthView
      do {
        now = try await report(context, host)
      } catch HostError.noSuchEnvironment {
        return .success  // It was terminated.
      }
      if now != shown {
        if !common.json { Output.line() }
        try render(now)
      }
      shown = now
    }
  }

  private func report(_ context: Context, _ host: any Host) async throws -> HealthView {
    let found = try await context.describedEnvironment(environment, on: host)
    let enhanced = try await (host as? BeanstalkHost)?.enhancedHealth(of: found.name)
    return HealthView(found, enhanced)
  }

  private func render(_ view: HealthView) throws {
    if common.json { return try Output.json(view) }
    if refresh { Output.line(Format.time(Date())) }
    for line in view.lines { Output.line(line) }
  }
}

/// An environment's health, for people and as JSON.
struct HealthView: Encodable, Equatable {
  var environment: String
  var health: String
  var causes: [String]
  /// Beanstalk's finer word, such as `Degraded`.
  var status: String?
  /// `nil` where the host does not tell of instances.
  var instances: [EnhancedHealth.Instance]?

  init(_ found: EnvironmentDescription, _ enhanced: EnhancedHealth?) {
    environment = found.name.text
    health = (enhanced?.health ?? found.health).rawValue
    causes = enhanced?.causes ?? found.causes
    status = enhanced?.status
    instances = enhanced?.instances
  }

  var isGreen: Bool { health == EnvironmentDescription.Health.green.rawValue }

  var lines: [String] {
    let first = health + (status.map { " (\(Format.visible($0)))" } ?? "")
    return [first] + causes.map { "  " + Format.visible($0) } + instanceLines
  }

  private var instanceLines: [String] {
    var table = Table()
    for instance in instances ?? [] {
      table.add([
        instance.id, instance.status ?? instance.health, instance.version ?? "-",
        instance.deployment ?? "-", instance.type ?? "-", instance.zone ?? "-",
        instance.busy.map { "cpu \(Int(min($0, 100)))%" } ?? "-",
        instance.causes.map(Format.visible).joined(separator: "; "),
      ])
    }
    return table.lines
  }
}
