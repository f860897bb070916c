import ArgumentParser
import Deployment
import SystemPackage

/// `git eb version`
struct VersionCommand: GitEBCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Print git-eb's version.",
    discussion: """
      Examples:
        git eb version
        git eb version --json
      """)

  @Flag(help: "Answer in JSON on standard output.")
  var json = false

  mutating func execute() throws -> ExitStatus {
    if json {
      try Output.json(["version": Version.text])
    } else {
      Output.line("git-eb version \(Version.text)")
    }
    return .success
  }
}

/// The front of a local environment, started by the local host itself.
struct FrontCommand: GitEBCommand {
  static let configuration = CommandConfiguration(
    commandName: "local-front", abstract: "Serve a local environment's address.",
    shouldDisplay: false)

  @Argument(help: "The environment's directory.")
  var directory: String

  mutating func execute() throws -> ExitStatus {
    LocalFront.run(directory: FilePath(directory)) == 0 ? .success : .deploymentFailed
  }
}
