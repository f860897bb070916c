import ArgumentParser

/// Which commit's configuration counts.
struct ConfigurationOptions: ParsableArguments {
  @Option(
    name: .customLong("config-from"),
    help: .init(
      "Go by the .git-eb.yml of <commit>, and trust what is deployed no further.",
      valueName: "commit"))
  var commit: String?
}

extension ConfigurationOptions: PlainOptions {
  mutating func read(_ arguments: inout PlainArguments) {
    commit = arguments.value("--config-from")
  }
}
