import Git

/// Runs `git` itself on one repository, for what must obey the user's own set-up or what libgit2
/// cannot do. It sees the repository as git-eb found it: what the environment says of another one
/// is taken away.
struct GitProgram {
  /// How long a `git` may take that neither reads contents nor fetches.
  static let timeLimit = Duration.seconds(120)
  /// How long one may take that runs the user's filters or goes to the network.
  static let longTimeLimit = Duration.seconds(3600)

  private let location: Location
  private let isInterrupted: @Sendable () -> Bool

  init(_ location: Location, isInterrupted: @escaping @Sendable () -> Bool = { false }) {
    self.location = location
    self.isInterrupted = isInterrupted
  }

  /// Runs `git` with these arguments, and throws ``SourceError/git(operation:reason:)`` when it
  /// fails.
  ///
  /// - Parameters:
  ///   - operation: what is done, for an error's words, such as `read the index`.
  ///   - environment: laid over the repository's own.
  func run(
    _ operation: String, _ arguments: [String], paths: [[UInt8]] = [], input: [UInt8] = [],
    environment: [String: String?] = [:], timeLimit: Duration = GitProgram.timeLimit
  ) async throws -> [UInt8] {
    let output: ProgramOutput
    do {
      output = try await Program.run(
        "git", raw: (Self.leading(location) + arguments).map { Array($0.utf8) } + paths,
        input: input,
        directory: Self.directory(location), environment: variables.merging(environment) { $1 },
        outputLimit: 1 << 30, timeLimit: timeLimit, isInterrupted: isInterrupted)
    } catch ProgramError.interrupted {
      throw Interrupted()
    } catch {
      throw SourceError.git(operation: operation, reason: "\(error)")
    }
    guard output.succeeded else {
      // From a terminal a signal comes to git too, which may end by it before it is heard of here.
      if !isInterrupted() { try? await Task.sleep(for: .milliseconds(100)) }
      if isInterrupted() { throw Interrupted() }
      throw SourceError.git(operation: operation, reason: output.statusText)
    }
    return output.output
  }

  /// Runs `git` and gives what it said, also where it failed; nothing of it reaches the terminal.
  func ask(
    _ arguments: [String], input: [UInt8] = [], environment: [String: String?] = [:]
  ) async throws(ProgramError) -> ProgramOutput {
    try await Program.ask(
      "git", Self.leading(location) + arguments, input: input,
      directory: Self.directory(location), environment: variables.merging(environment) { $1 },
      timeLimit: Self.timeLimit)
  }

  /// Runs `git` with its output on a descriptor, which is closed afterwards.
  func write(
    _ arguments: [String], input: [UInt8] = [], to descriptor: Int32
  ) async throws(ProgramError) -> ProgramOutput {
    try await Program.write(
      "git", Self.leading(location) + arguments, input: input,
      directory: Self.directory(location), environment: variables, output: descriptor)
  }

  /// Where `git` runs.
  static func directory(_ location: Location) -> String {
    location.workTree ?? location.gitDirectory
  }

  /// What says which repository is meant, whatever the environment says.
  static func leading(_ location: Location) -> [String] {
    ["--git-dir", location.gitDirectory]
      + (location.workTree.map { ["--work-tree", $0] } ?? [])
  }

  /// All that `git` is to see.
  var environment: [String: String] {
    var all = location.environment
    for (name, value) in variables { all[name] = value }
    return all
  }

  /// Takes away what git-eb's own environment has and the repository's has not.
  var variables: [String: String?] {
    var variables: [String: String?] = [:]
    for name in ProcessEnvironment.current().keys where location.environment[name] == nil {
      variables.updateValue(nil, forKey: name)
    }
    // Those that are relative paths are so from where git-eb was started.
    if location.environment["GIT_INDEX_FILE"] != nil {
      variables["GIT_INDEX_FILE"] = location.indexPath
    }
    if location.environment["GIT_OBJECT_DIRECTORY"] != nil {
      variables["GIT_OBJECT_DIRECTORY"] = location.objectDirectory
    }
    return variables
  }
}
