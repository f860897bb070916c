import ArgumentParser
import Deployment

/// What every command that meets a host takes: whose account, and where.
struct HostOptions: ParsableArguments {
  @Option(help: .init("The profile in AWS's shared files.", valueName: "name"))
  var profile: String?

  @Option(help: .init("The AWS region.", valueName: "region"))
  var region: String?

  var flags: [ConfigurationSources.Flag] {
    var flags: [ConfigurationSources.Flag] = []
    if let profile { flags.append(.init(.profile, option: "--profile", value: profile)) }
    if let region { flags.append(.init(.region, option: "--region", value: region)) }
    return flags
  }
}

extension HostOptions: PlainOptions {
  mutating func read(_ arguments: inout PlainArguments) {
    profile = arguments.value("--profile")
    region = arguments.value("--region")
  }
}
