package import Git

/// `git` as the user would type it in a repository.
package struct GitCommand: Sendable {
  private let location: Location
  private let directory: String?

  /// - Parameter directory: where it is typed; `nil` is where git-eb was started.
  package init(_ location: Location, in directory: String? = nil) {
    self.location = location
    self.directory = directory
  }

  /// Runs it in git-eb's own place: terminal, standard streams, signals. It colours and pages what
  /// it says as ever.
  package func run(_ arguments: [String]) async throws -> OutsideCommand.Ending {
    let command = OutsideCommand(
      ["git"] + GitProgram.leading(location) + arguments,
      environment: GitProgram(location).environment, directory: directory)
    return try await Threads.run { try command.run { _ in } }
  }

  /// Runs it and gives what it prints, also where it fails; what it complains of is the user's to
  /// read, and what it asks for is the user's to answer.
  package func output(_ arguments: [String]) async throws(ProgramError) -> ProgramOutput {
    try await Program.run(
      "git", GitProgram.leading(location) + arguments, directory: directory ?? ".",
      environment: GitProgram(location).variables, outputLimit: 1 << 28,
      timeLimit: GitProgram.longTimeLimit)
  }
}
