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
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common)
    let found = try await context.describedEnvironment(environment, on: context.host())
    guard let url = found.url else { throw CommandError.noURL(found.name) }
    if common.json {
      try Output.json(["url": url])
    } else if print {
      Output.line(url)
    } else {
      try await browse(url, context)
    }
    return .success
  }

  private func browse(_ url: String, _ context: Context) async throws {
    let asked = context.processEnvironment["BROWSER"].flatMap { $0.isEmpty ? nil : $0 }
    #if os(macOS)
      let candidates = [asked, "open"]
    #else
      let candidates = [asked, "xdg-open", "sensible-browser", "x-www-browser"]
    #endif
    for program in candidates.compactMap({ $0 }) {
      let result = try? await Program.run(
        program, [url], directory: "/", outputLimit: 1 << 16, timeLimit: .seconds(20))
      if result?.succeeded == true { return }
    }
    Output.line(url)
    throw CommandError.noBrowser
  }
}
