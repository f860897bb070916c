import ArgumentParser
import CPlatform
import Deployment

/// The command as `git` finds it.
struct GitEB: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "git-eb",
    abstract: "Deploy what is in git to the environment that its branch maps to.",
    usage: "git eb <command> [<options>]",
    discussion: """
      git eb push builds the source bundle from a commit or from what is staged, lays secrets over \
      it that git never sees, and has the branch's environment run it.

      Examples:
        git eb init              # write .git-eb.yml
        git eb which             # which environment would a push go to, and why
        git eb push              # deploy HEAD to it
        git eb status            # what runs there
      """,
    version: Version.text,
    groupedSubcommands: [
      CommandGroup(
        name: "Setting up", subcommands: [Init.self, Config.self, Which.self]),
      CommandGroup(
        name: "Deploying", subcommands: [Push.self, Archive.self, Versions.self]),
      CommandGroup(
        name: "Looking",
        subcommands: [
          List.self, Status.self, Health.self, Events.self, Logs.self, Open.self,
        ]),
      CommandGroup(
        name: "Operating",
        subcommands: [
          Restart.self, Terminate.self, PrintVariables.self, SetVariables.self,
        ]),
      CommandGroup(
        name: "Other",
        subcommands: [VersionCommand.self, FrontCommand.self, DumpSettings.self]),
    ])
}

/// git-eb's own version.
enum Version {
  static let text = "0.1.0"
}

/// Starts the program: nothing is done before the command is known, and nothing asynchronous is
/// set up for a command that does not wait for anything.
@main
enum Main {
  static func main() {
    platform_ignore_sigpipe()
    exit(run(Array(CommandLine.arguments.dropFirst())))
  }

  private static func run(_ arguments: [String]) -> ExitStatus {
    do {
      let command = try GitEB.parseAsRoot(arguments)
      if let command = command as? any WaitingCommand { return wait(for: command) }
      guard var command = command as? any GitEBCommand else {
        // Help and version requests, and `git eb` alone.
        var command = command
        try command.run()
        return .success
      }
      return try command.execute()
    } catch {
      return Failure(error).report()
    }
  }

  /// Runs a command that waits, on the cooperative pool, and blocks this thread until it ends.
  private static func wait(for command: any WaitingCommand) -> ExitStatus {
    let status = Monitor<ExitStatus?>(nil)
    let handed = Handed(command: command)
    Task.detached {
      var command = handed.command
      let ended: ExitStatus
      do {
        ended = try await command.execute()
      } catch {
        ended = Failure(error).report()
      }
      status.update { $0 = ended }
    }
    return status.await { $0 }
  }

  /// A command on its way to another thread, while the one that parsed it only waits.
  private struct Handed: @unchecked Sendable {
    let command: any WaitingCommand
  }

  private static func exit(_ status: ExitStatus) -> Never {
    if status == .interrupted {
      // The shell must see the signal itself, so that it ends a script or a loop as well.
      Interruption.raiseAgain()
    }
    Output.flush()
    terminate(status)
  }
}
