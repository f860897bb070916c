import ArgumentParser
import Deployment
import Git

/// `git eb diff`
struct Diff: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Show what is between an environment and what would run there.",
    discussion: """
      From what this clone has last heard of the environment, without a network: git eb fetch \
      brings that up to date. The other side is an environment or any commit; without it, it is the \
      branch that maps to the environment, else HEAD.

      Shown are the commits that would come, those that would be lost if it went backwards, and the \
      files of the bundle that would be added (A), changed (C) or removed (R). With --patch or \
      --stat it is git diff that shows the files.

      Examples:
        git eb diff production
        git eb diff production dev
        git eb diff production v1.4.0 --stat
      """)

  @Argument(help: .init("What runs there is the one side.", valueName: "environment"))
  var environment: String

  @Argument(help: .init("The other side.", valueName: "environment|commit"))
  var other: String?

  @Flag(name: .shortAndLong, help: "Show the changes as git diff does.")
  var patch = false

  @Flag(help: "Show how much of each file changes, as git diff --stat does.")
  var stat = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if common.json, patch || stat {
      throw ValidationError("'--json' cannot be used with '--patch' or '--stat'")
    }
  }

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common)
    let name = try context.environment(named: environment)
    let running = Side(
      name: context.tracking.shortName(of: name),
      commit: try commit(context.followed(name), environment, context))
    let other = try otherSide(of: name, context)
    if patch || stat {
      let options = (stat ? ["--stat"] : []) + (patch ? ["--patch"] : [])
      return .command(
        try await GitCommand(context.repository.location, in: common.directory).run(
          ["diff"] + options + [running.commit.id.hex, other.commit.id.hex, "--"]))
    }
    let difference = try await CommitDifference(
      from: running.commit, to: other.commit, in: context.repository,
      .init(context.configuration.bundle, context.surroundings))
    return try await render(difference, from: running, to: other, context)
  }

  // MARK: - Sides

  private struct Side {
    /// As a revision is written, such as `eb/production` or `master`.
    var name: String
    var commit: Commit
  }

  private func otherSide(of name: EnvironmentName, _ context: Context) throws -> Side {
    guard let other else { return try wanted(by: name, context) }
    let tracking = context.tracking
    let named = EnvironmentName(other)
    if let named, let id = try tracking.commit(of: named, in: context.repository) {
      return Side(name: tracking.shortName(of: named), commit: try commit(id, other, context))
    }
    if let found = try revision(other, context) {
      if found.isAmbiguous { throw ResolvingError.ambiguousRevision(other) }
      guard let id = found.commit else { throw ResolvingError.notACommit(other) }
      return Side(name: other, commit: try commit(id, other, context))
    }
    if let named, context.mapping.namedEnvironments.contains(named) {
      throw CommandError.notFollowed(named)
    }
    throw CommandError.nothingToCompare(other)
  }

  private func revision(_ words: String, _ context: Context) throws -> Revision? {
    do throws(GitError) {
      return try context.repository.resolve(words)
    } catch {
      switch error.code {
      case .invalidName: return nil
      case .wrongType: throw ResolvingError.notACommit(words)
      default: throw error
      }
    }
  }

  /// What a push to the environment would deploy.
  private func wanted(by name: EnvironmentName, _ context: Context) throws -> Side {
    if let branch = try context.branches.branch(of: name),
      let id = try context.repository.branch(branch)
    {
      return Side(name: branch.text, commit: try commit(id, branch.text, context))
    }
    let head = try context.repository.head()
    guard let id = head.commit else {
      throw head.branch.map { ResolvingError.unborn($0) } ?? ResolvingError.notACommit("HEAD")
    }
    return Side(name: "HEAD", commit: try commit(id, "HEAD", context))
  }

  private func commit(_ id: ObjectID, _ words: String, _ context: Context) throws -> Commit {
    guard let commit = try context.repository.commit(id) else {
      throw ResolvingError.unknownRevision(words)
    }
    return commit
  }

  // MARK: - The answer

  private struct View: Encodable {
    var environment: String
    var running: CommitView
    var other: String
    var wanted: CommitView
    var coming: [CommitView]
    var going: [CommitView]
    var changes: [ChangeView]
  }

  private func render(
    _ difference: CommitDifference, from running: Side, to other: Side, _ context: Context
  ) async throws -> ExitStatus {
    if common.json {
      try Output.json(
        View(
          environment: environment, running: CommitView(running.commit), other: other.name,
          wanted: CommitView(other.commit), coming: difference.coming.map(CommitView.init),
          going: difference.going.map(CommitView.init),
          changes: difference.changes.map(ChangeView.init)))
      return .success
    }
    let style = context.style
    var table = Table()
    for (title, side) in [("from:", running), ("to:", other)] {
      table.add([
        title, side.name,
        "\(style(side.commit.id.abbreviated(), .yellow)) \(Format.visible(side.commit.summary))",
      ])
    }
    var lines = table.lines
    func add(_ title: String, _ text: String, _ details: [String]) {
      lines.append(title.padded(to: Self.width) + text)
      lines += details
    }
    add("commits:", "\(difference.coming.count)", DifferenceLines.of(difference.coming, style))
    if !difference.going.isEmpty {
      add("lost:", "\(difference.going.count)", DifferenceLines.of(difference.going, style))
    }
    add(
      "files:", DifferenceLines.count(difference.changes), DifferenceLines.of(difference.changes))
    try await Pager.show(lines, context)
    return .success
  }

  /// `commits:` and two blanks.
  private static let width = 10
}
