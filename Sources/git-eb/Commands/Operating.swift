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

/// `git eb restart`
struct Restart: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "restart",
    abstract: "Start an environment's processes again.",
    discussion: """
      Examples:
        git eb restart
        git eb restart -e production --timeout 2m
      """)

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var waiting: WaitingOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: waiting.flags)
    let host = try context.host()
    let name = try context.environment(environment)
    let reporter = context.reporter
    Interruption.begin()
    let outcome = try await host.restart(
      name, wait: context.configuration.push.wait?.value,
      timeout: context.configuration.push.timeout.value
    ) { reporter.event($0) }
    if common.json { try Output.json(OutcomeView(outcome)) }
    OutcomeWords.report(outcome, "restart", on: name)
    return outcome.exitStatus
  }
}

/// `git eb terminate`
struct Terminate: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "terminate",
    abstract: "Stop an environment and remove it.",
    discussion: """
      The versions that it ran stay. A protected environment is refused. On a terminal the \
      environment's name must be typed; elsewhere --yes is needed.

      Examples:
        git eb terminate -e shop-issue91
        git eb terminate -e shop-issue91 --yes
      """)

  @Flag(help: "Do not ask.")
  var yes = false

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var waiting: WaitingOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: waiting.flags)
    let host = try context.host()
    let found = try await context.describedEnvironment(environment, on: host)
    if context.configuration.environments[found.name]?.protected == true {
      throw CommandError.protected(found.name)
    }
    guard yes || confirms(found) else { throw CommandError.notConfirmed }
    let reporter = context.reporter
    try await host.terminate(found.name, wait: context.configuration.push.wait?.value) {
      reporter.event($0)
    }
    if common.json { try Output.json(["terminated": found.name.text]) }
    return .success
  }

  private func confirms(_ environment: EnvironmentDescription) -> Bool {
    guard Output.isInputTerminal, Output.isErrorTerminal else { return false }
    let label = environment.version?.label.text ?? "nothing"
    Output.message("'\(environment.name)' runs \(label) and will be removed")
    Output.status("type the environment's name to confirm: ")
    return readLine() == environment.name.text
  }
}

/// `git eb printenv`
struct PrintVariables: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "printenv", abstract: "Show an environment's variables.",
    discussion: """
      Values are hidden unless they are asked for, by name or with --values.

      Examples:
        git eb printenv
        git eb printenv DJANGO_SETTINGS_MODULE
        git eb printenv --values -e dev
      """)

  @Argument(help: .init("Print these variables' values.", valueName: "name"))
  var names: [String] = []

  @Flag(help: "Show the values.")
  var values = false

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common)
    let name = try context.environment(environment)
    let variables = try await context.host().variables(of: name)
    if !names.isEmpty {
      let found = names.compactMap { asked in variables[asked].map { (asked, $0) } }
      if common.json {
        try Output.json(Dictionary(uniqueKeysWithValues: found))
      } else {
        for (_, value) in found { Output.line(value) }
      }
      // As printenv(1): 1 when one of them is not set.
      return found.count == names.count ? .success : .deploymentFailed
    }
    if common.json {
      try Output.json(variables.mapValues { values ? $0 : nil })
      return .success
    }
    for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
      Output.line("\(name)=" + (values ? Format.visible(value) : "…"))
    }
    return .success
  }
}

/// `git eb setenv`
struct SetVariables: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "setenv", abstract: "Set an environment's variables and restart it.",
    discussion: """
      NAME=value sets a variable, NAME= removes it. Every variable is one argument, so a value may \
      hold anything. The next push sets again what .git-eb.yml says.

      Examples:
        git eb setenv DEBUG=1 GREETING='hello, world'
        git eb setenv DEBUG=
      """)

  @Argument(help: .init("What to set or remove.", valueName: "name=value"))
  var assignments: [String] = []

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var waiting: WaitingOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    guard !assignments.isEmpty else { throw CommandError.noVariables }
    var changes: [String: String?] = [:]
    for text in assignments {
      guard let equals = text.firstIndex(of: "="), Self.isName(text[..<equals]) else {
        throw CommandError.invalidVariable(text)
      }
      let value = String(text[text.index(after: equals)...])
      changes[String(text[..<equals])] = .some(value.isEmpty ? nil : value)
    }
    let context = try Context(common, flags: waiting.flags)
    let name = try context.environment(environment)
    let reporter = context.reporter
    Interruption.begin()
    let outcome = try await context.host().setVariables(
      changes, of: name, wait: context.configuration.push.wait?.value,
      timeout: context.configuration.push.timeout.value
    ) { reporter.event($0) }
    if common.json { try Output.json(OutcomeView(outcome)) }
    OutcomeWords.report(outcome, "setting variables", on: name)
    return outcome.exitStatus
  }

  private static func isName(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
    else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }
}
