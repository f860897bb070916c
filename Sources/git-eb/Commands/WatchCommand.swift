import ArgumentParser
import Deployment

/// The watcher of private storage, started by git-eb itself.
struct WatchCommand: GitEBCommand {
  static let configuration = CommandConfiguration(
    commandName: Watcher.command, abstract: "Clean up after a git-eb that was killed.",
    shouldDisplay: false)

  @Argument(help: "The private storage.")
  var storage: String

  @Argument(help: "The git directory whose index holds secrets.")
  var gitDirectory: String?

  mutating func execute() throws -> ExitStatus {
    Watcher.watch(storage: storage, gitDirectory: gitDirectory)
    return .success
  }
}
