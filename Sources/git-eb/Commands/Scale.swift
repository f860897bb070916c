import ArgumentParser
import Deployment

/// `git eb scale`
struct Scale: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale",
    abstract: "Say how many instances an environment has (Beanstalk).",
    discussion: """
      One number is always so many, two are at least and at most. The next push leaves it so, \
      unless .git-eb.yml has options for it.

      Examples:
        git eb scale 3
        git eb scale 2-6 -e production
        git eb scale 2 --load-balanced    # of an environment with a single instance
      """)

  @Argument(help: .init("How many instances, such as 3 or 2-6.", valueName: "number"))
  var count: String

  @Flag(
    name: .customLong("load-balanced"),
    help: "Put a load balancer in front of an environment that is a single instance.")
  var isBalancing = false

  @Flag(name: .customLong("no-wait"), help: "Do not wait until it is done.")
  var noWait = false

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var waiting: WaitingOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  private struct View: Encodable {
    var minimum: Int
    var maximum: Int
    var changed: Bool
    var result: OutcomeView
  }

  func validate() throws {
    _ = try wanted()
  }

  private func wanted() throws -> InstanceCount {
    guard let wanted = InstanceCount(count) else {
      throw ValidationError("'\(count)' is no number of instances, such as 3 or 2-6")
    }
    return wanted
  }

  mutating func execute() async throws -> ExitStatus {
    let wanted = try wanted()
    let context = try Context(common, flags: waiting.flags + place.flags)
    let host = try context.beanstalk("scale")
    let name = try context.environment(environment)
    let reporter = context.reporter
    Interruption.begin()
    let scaling = try await host.scale(
      name, to: wanted,
      .init(
        isBalancing: isBalancing, isLeftAlone: noWait,
        wait: context.configuration.push.wait?.value,
        timeout: context.configuration.push.timeout.value)
    ) { reporter.event($0) }
    switch scaling {
    case .singleInstance: throw CommandError.singleInstance(name, wanted)
    case .upToDate:
      try render(wanted, .deployed, changed: false, on: name)
      return .success
    case .asked(let outcome):
      try render(wanted, outcome, changed: true, on: name)
      OutcomeWords.report(outcome, "scaling", on: name)
      return outcome.exitStatus
    }
  }

  private func render(
    _ wanted: InstanceCount, _ outcome: Outcome, changed: Bool, on name: EnvironmentName
  ) throws {
    if common.json {
      try Output.json(
        View(
          minimum: wanted.minimum, maximum: wanted.maximum, changed: changed,
          result: OutcomeView(outcome)))
    } else if !changed, !common.quiet {
      Output.message("'\(name)' has \(wanted) already")
    }
  }
}
