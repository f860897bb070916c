import ArgumentParser
import CPlatform
import Deployment

/// The command as `git` finds it.
struct GitEB: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "git eb",
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
        name: "Setting up", subcommands: [Init.self, Import.self, Config.self, Which.self, CI.self]),
      CommandGroup(
        name: "Deploying",
        subcommands: [Push.self, Check.self, Archive.self, Versions.self, Cache.self]),
      CommandGroup(
        name: "Recording", subcommands: [Rollback.self, Promote.self, ReleaseCommand.self]),
      CommandGroup(
        name: "Looking",
        subcommands: [
          List.self, Status.self, Health.self, Events.self, Logs.self, Explain.self, Open.self,
          Console.self, WhoAmI.self, Platforms.self,
        ]),
      CommandGroup(
        name: "Recording", subcommands: [Log.self, Diff.self, Graph.self, Fetch.self]),
      CommandGroup(
        name: "Operating",
        subcommands: [
          Create.self, Clone.self, Swap.self, Restart.self, Rebuild.self, Abort.self, Scale.self,
          Sleep.self, Wake.self, Terminate.self, PrintVariables.self, SetVariables.self, Tags.self,
          SSH.self,
        ]),
      CommandGroup(name: "Previewing", subcommands: [Previews.self, Prune.self]),
      CommandGroup(
        name: "Keeping secrets", subcommands: [WithSecrets.self, Recover.self, Guard.self]),
      CommandGroup(
        name: "Other",
        subcommands: [
          VersionCommand.self, FrontCommand.self, WatchCommand.self, RemoteHelper.self,
          DumpSettings.self,
        ]),
    ])
}

extension GitEB {
  /// The command that the arguments ask for.
  static func command(from arguments: [String]) throws -> ReadyCommand {
    try plainCommand(from: arguments)?.ready ?? ReadyCommand(parsedCommand(from: arguments))
  }

  /// The commands that people run all day.
  static let plainCommands: [any PlainCommand.Type] = [
    Status.self, Log.self, List.self, Which.self,
  ]

  /// The command that the arguments ask for, where that is one of these and they are plain.
  static func plainCommand(from arguments: [String]) -> (any PlainCommand)? {
    guard let name = arguments.first,
      let type = plainCommands.first(where: { $0.name == name })
    else { return nil }
    return type.plain(arguments.dropFirst())
  }

  /// The same by the argument parser.
  ///
  /// The argument parser looks at every command before it knows which one is meant, which takes
  /// longer than all the rest of a start. So a command is parsed by itself, and the whole tree only
  /// where that fails: for help, and for an error's words.
  static func parsedCommand(from arguments: [String]) throws -> any ParsableCommand {
    if let name = arguments.first, let type = commands.first(where: { $0.name == name }),
      let command = try? type.parse(Array(arguments.dropFirst()))
    {
      return command
    }
    return try parseAsRoot(arguments)
  }

  /// The names of all commands that are shown.
  static var commandNames: [String] {
    commands.filter { $0.configuration.shouldDisplay }.compactMap { $0.name }
  }

  /// What other tools call them.
  static let otherNames = [
    "deploy": "push", "use": "which", "ls": "list", "env": "printenv", "delete": "terminate",
    "appversion": "versions", "cancel": "abort", "copy": "clone", "tag": "tags",
    "platform": "platforms", "shell": "ssh", "pause": "sleep", "resume": "wake",
  ]

  private static var commands: [any ParsableCommand.Type] {
    configuration.groupedSubcommands.flatMap(\.subcommands)
  }
}

extension ParsableCommand {
  /// Its name, which every command of ours gives itself: making one up from the type's takes the
  /// parser as long as starting the program.
  fileprivate static var name: String? { configuration.commandName }
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
    platform_remember_signals()
    platform_ignore_sigpipe()
    if let hook = OutsideHook(startedAs: CommandLine.arguments[0]) { exit(HookRun.run(hook)) }
    let leading = RemoteHelper.isMeant(by: CommandLine.arguments[0]) ? [RemoteHelper.command] : []
    exit(run(leading + CommandLine.arguments.dropFirst()))
  }

  private static func run(_ arguments: [String]) -> ExitStatus {
    do {
      switch try GitEB.command(from: arguments) {
      case .waiting(let command):
        return wait(for: command)
      case .prompt(var command):
        return try command.execute()
      case .other(var command):
        try command.run()
        return .success
      }
    } catch {
      return Failure(error, arguments: arguments).report()
    }
  }

  /// Runs a command that waits, and blocks this thread until it ends. It begins here and goes on in
  /// the cooperative pool once it really waits, so that no thread is made where it need not.
  private static func wait(for command: any WaitingCommand) -> ExitStatus {
    let status = Monitor<ExitStatus?>(nil)
    let handed = Handed(command: command)
    if #available(macOS 26, *) {
      Task.immediateDetached { await run(handed, status) }
    } else {
      Task.detached { await run(handed, status) }
    }
    return status.await { $0 }
  }

  private static func run(_ handed: Handed, _ status: Monitor<ExitStatus?>) async {
    var command = handed.command
    let ended: ExitStatus
    do {
      ended = try await command.execute()
    } catch {
      ended = Failure(error).report()
    }
    status.update { $0 = ended }
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
