import ArgumentParser

/// A command that ends without waiting for anything.
protocol GitEBCommand: ParsableCommand {
  mutating func execute() throws -> ExitStatus
}

/// A command that waits: for a host, a program, time.
protocol WaitingCommand: ParsableCommand {
  mutating func execute() async throws -> ExitStatus
}
