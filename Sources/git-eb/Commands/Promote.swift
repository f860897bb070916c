import ArgumentParser
import Deployment

/// `git eb promote`
struct Promote: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "promote",
    abstract: "Deploy to one environment what another one runs.",
    discussion: """
      The same version: nothing is built and nothing is uploaded, so what was tried is what is \
      deployed. The rules of a push hold: what runs has to be an ancestor, and a protected \
      environment takes only commits of its own branch. A version carries the secrets of the \
      environment that it was built for: where the two have different ones, it is refused.

      Examples:
        git eb promote dev production
        git eb promote dev production --force-with-lease=eb/production
      """)

  @Argument(help: .init("The environment that runs the version.", valueName: "from"))
  var from: String

  @Argument(help: .init("The environment that shall run it.", valueName: "to"))
  var to: String

  @Flag(
    help: """
      Deploy also what does not descend from what runs, and what an unhealthy environment runs.
      """)
  var force = false

  @Option(
    name: .customLong("force-with-lease"),
    help: .init(
      "Deploy also what does not descend from what runs, if that is <commit>.",
      valueName: "commit"))
  var lease: String?

  @OptionGroup var waiting: WaitingOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if force, lease != nil {
      throw ValidationError("'--force' and '--force-with-lease' cannot be used together")
    }
    if from == to { throw ValidationError("two different environments are needed") }
  }

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: waiting.flags + place.flags)
    await context.healRecords()
    let host = try context.host()
    let origin = try context.environment(named: from)
    let goal = try context.environment(named: to)
    let places = context.configuration.secretDifferences(between: origin, and: goal)
    if !places.isEmpty { throw ReuseError.otherSecrets(origin, goal, places) }
    let version = try await version(of: origin, context, host)
    try context.resolver.checkProtection(of: goal, from: version)
    var order = Pipeline.Order(
      version: version, to: goal, creation: context.configuration.creation(of: goal))
    order.reference = version.reference
    var options = context.deploymentOptions
    options.kind = .promote
    options.force = force
    options.lease = try lease.map(context.expectedCommit)
    let reporter = context.reporter
    let pipeline = context.pipeline(on: host, reporter)
    Interruption.begin()
    return try await DeploymentReport.sayingWhatRuns(goal, on: host) {
      let result = try await pipeline.deploy(order, options)
      return try DeploymentReport(
        result, to: goal, from: origin.text, at: host.location
      ).render(json: common.json)
    }
  }

  /// What the environment runs, as it was recorded when it was deployed there.
  private func version(
    of origin: EnvironmentName, _ context: Context, _ host: any Host
  ) async throws -> ApplicationVersion {
    guard let found = try await host.environment(named: origin) else {
      throw HostError.noSuchEnvironment(origin)
    }
    guard let version = found.version else { throw ReuseError.nothingRuns(origin) }
    if !force, found.status != .ready || found.health == .red {
      let state = found.status == .ready ? found.health.rawValue : found.status.rawValue
      throw ReuseError.notHealthy(origin, health: state)
    }
    let filed = try context.records.lastDeployed(to: origin) { $0.label == version.label }
    guard let record = filed?.record else { return version }
    try version.check(against: record)
    return version.completed(by: record)
  }
}
