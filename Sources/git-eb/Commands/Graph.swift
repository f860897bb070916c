import ArgumentParser
import Deployment
import Git

/// `git eb graph`
struct Graph: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "graph",
    abstract: "Draw the history with the environments on it.",
    discussion: """
      git log --graph --oneline --decorate of what the environments run, of the branches that map \
      to them and of HEAD, from what this clone has last heard. Everything else is passed to git \
      log.

      Examples:
        git eb graph
        git eb graph -n 20
        git eb graph --all --simplify-by-decoration
      """)

  @Argument(
    parsing: .allUnrecognized, help: .init("Options of git log.", valueName: "git log options"))
  var options: [String] = []

  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common)
    if context.tracking.isTaken { throw CommandError.trackingTaken(context.tracking.name) }
    let nodes = try gather(context)
    if common.json {
      try Output.json(nodes)
      return .success
    }
    if nodes.isEmpty, !common.quiet {
      Output.message("note: nothing is known here of what environments run")
      Output.message("hint: git eb fetch")
    }
    var tips: [String] = []
    for name in nodes.flatMap({ [$0.reference, $0.branch.map { "refs/heads/\($0)" }] }) {
      if let name, !tips.contains(name) { tips.append(name) }
    }
    if try context.repository.head().commit != nil { tips.append("HEAD") }
    guard !tips.isEmpty else { return .success }
    // What is behind "--" are paths, and has to stay behind the tips.
    let paths = options.firstIndex(of: "--") ?? options.endIndex
    return .command(
      try await GitCommand(context.repository.location, in: common.directory).run(
        ["log", "--graph", "--oneline", "--decorate"] + options[..<paths] + tips
          + options[paths...]))
  }

  /// An environment in the history.
  private struct Node: Encodable {
    var environment: String
    /// The full name of the reference that follows it.
    var reference: String
    /// The full id of the commit that it runs.
    var commit: String
    /// The branch that maps to it, where there is one here.
    var branch: String?
  }

  private func gather(_ context: Context) throws -> [Node] {
    let branches = try context.branches
    return try context.tracking.all(in: context.repository).sorted { $0.key < $1.key }.map {
      Node(
        environment: $0.key.text, reference: context.tracking.reference(of: $0.key),
        commit: $0.value.hex, branch: branches.branch(of: $0.key)?.text)
    }
  }
}
