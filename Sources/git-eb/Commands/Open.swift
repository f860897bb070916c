import ArgumentParser
import Deployment

/// `git eb open`
struct Open: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "open",
    abstract: "Open an environment's address in the browser.",
    discussion: """
      The browser is git's: web.browser, $BROWSER, or what the system has.

      Examples:
        git eb open
        curl "$(git eb open --print -e production)"
      """)

  @Flag(help: "Print the address instead.")
  var print = false

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: place.flags)
    let found = try await context.describedEnvironment(environment, on: context.host())
    guard let url = found.url else { throw CommandError.noURL(found.name) }
    try await Browser.answer(
      url, json: common.json, printing: print, context.processEnvironment)
    return .success
  }
}
