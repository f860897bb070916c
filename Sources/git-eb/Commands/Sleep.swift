import ArgumentParser
import Deployment

/// `git eb sleep`
struct Sleep: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "sleep",
    abstract: "End everything of environments that runs, until they are woken.",
    discussion: """
      On Beanstalk a load-balanced environment is brought to no instances; how many it had is kept \
      in its tag git-eb:awake. Its load balancer stays. An environment with a single instance is \
      refused, since Beanstalk keeps that running. On the local host the processes are ended, and \
      the address answers 503.

      The next push wakes an environment, and so does git eb wake. A protected one is asked about, \
      or needs --yes.

      Examples:
        git eb sleep
        git eb sleep shop-issue91 shop-issue92
      """)

  @Flag(help: "Do not ask.")
  var yes = false

  @Argument(
    help: .init("Which; that of the current branch without it.", valueName: "environment"))
  var names: [String] = []

  @OptionGroup var waiting: WaitingOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: waiting.flags + place.flags)
    let rounds = try SleepRounds(context, names)
    if !yes {
      for name in rounds.names where context.isProtected(name) {
        try Confirmation.ask(name, "is protected, and will serve nobody")
      }
    }
    return try await rounds.run("going to sleep") { host, name, limits, reporter in
      try await host.sleep(name, wait: limits.wait, timeout: limits.timeout) {
        reporter.event($0)
      }
    }
  }
}

/// Does the same to one environment after another.
struct SleepRounds {
  /// How long to wait for an environment that is busy, and how long it may take.
  struct Limits {
    var wait: Duration?
    var timeout: Duration
  }

  let names: [EnvironmentName]
  private let context: Context

  /// Without names, the environment of the current branch is meant.
  init(_ context: Context, _ names: [String]) throws {
    self.context = context
    self.names =
      names.isEmpty
      ? [try context.environment()] : try names.map { try context.environment(named: $0) }
  }

  private struct View: Encodable {
    var environment: String
    var result: OutcomeView
  }

  /// `what` names it in a failure. One that fails does not keep the others from it; the first
  /// failure is the status.
  func run(
    _ what: String,
    _ work: (any Host, EnvironmentName, Limits, ConsoleReporter) async throws -> Outcome
  ) async throws -> ExitStatus {
    let host = try context.host()
    let push = context.configuration.push
    let limits = Limits(wait: push.wait?.value, timeout: push.timeout.value)
    var status = ExitStatus.success
    var views: [View] = []
    Interruption.begin()
    for name in names {
      var ended: ExitStatus
      do {
        let outcome = try await work(host, name, limits, context.reporter)
        OutcomeWords.report(outcome, what, on: name)
        views.append(View(environment: name.text, result: OutcomeView(outcome)))
        ended = outcome.exitStatus
      } catch {
        ended = Failure(error).report()
      }
      if status == .success { status = ended }
      if ended == .interrupted { break }
    }
    if context.options.json { try Output.json(views) }
    return status
  }
}
