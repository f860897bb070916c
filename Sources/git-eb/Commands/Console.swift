import AWS
import ArgumentParser
import Deployment

/// `git eb console`
struct Console: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "console",
    abstract: "Open an environment's page of AWS's console (Beanstalk).",
    discussion: """
      Where the environment is not there yet it is the application's page.

      Examples:
        git eb console
        git eb console --print -e production
      """)

  @Flag(help: "Print the address instead.")
  var print = false

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: place.flags)
    let host = try context.beanstalk("console")
    let name = try context.environment(environment)
    guard let address = try await host.consoleAddress(of: name) else {
      throw CommandError.noConsole(region: host.region.name)
    }
    try await Browser.answer(
      address, json: common.json, printing: print, context.processEnvironment)
    return .success
  }
}
