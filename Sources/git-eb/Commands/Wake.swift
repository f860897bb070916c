import ArgumentParser
import Deployment

/// `git eb wake`
struct Wake: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "wake",
    abstract: "Start again what git eb sleep has ended.",
    discussion: """
      The environment runs the version that it ran before, with as many instances. One that is \
      awake is left as it is.

      Examples:
        git eb wake
        git eb wake shop-issue91 --timeout 15m
      """)

  @Argument(
    help: .init("Which; that of the current branch without it.", valueName: "environment"))
  var names: [String] = []

  @OptionGroup var waiting: WaitingOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: waiting.flags + place.flags)
    return try await SleepRounds(context, names).run("waking") { host, name, limits, reporter in
      try await host.wake(name, wait: limits.wait, timeout: limits.timeout) {
        reporter.event($0)
      }
    }
  }
}
