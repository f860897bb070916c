import ArgumentParser
import Deployment

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
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: place.flags)
    let name = try context.environment(environment)
    let variables = try await context.host().variables(of: name)
    if !names.isEmpty {
      let found = names.compactMap { asked in variables[asked].map { (asked, $0) } }
      if common.json {
        try Output.json(Dictionary(uniqueKeysWithValues: found))
      } else {
        for (_, value) in found { Output.line(value) }
      }
      for missing in names where variables[missing] == nil {
        Output.message("error: '\(name)' has no variable \(Format.quoted(missing))")
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
