import ArgumentParser
import Deployment
import SystemPackage

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
