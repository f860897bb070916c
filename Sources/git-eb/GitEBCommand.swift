import ArgumentParser

/// A command that ends without waiting for anything.
protocol GitEBCommand: ParsableCommand {
  mutating func execute() throws -> ExitStatus
}

/// A command that waits: for a host, a program, time.
protocol WaitingCommand: ParsableCommand {
  mutating func execute() async throws -> ExitStatus
}

/// A command with its arguments, by how it is run.
enum ReadyCommand {
  case prompt(any GitEBCommand)
  case waiting(any WaitingCommand)
  /// Requests for help and the version, and `git eb` alone: the argument parser's own.
  case other(any ParsableCommand)

  init(_ command: any ParsableCommand) {
    self =
      switch command {
      case let command as any WaitingCommand: .waiting(command)
      case let command as any GitEBCommand: .prompt(command)
      default: .other(command)
      }
  }
}
