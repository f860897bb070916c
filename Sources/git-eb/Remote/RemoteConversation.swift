import ArgumentParser
import Deployment
import Git

/// Answers git on standard output, request by request, until it has no more.
struct RemoteConversation {
  private let environment: RemoteEnvironment
  private var options = RemoteOptions()

  init(_ environment: RemoteEnvironment) {
    self.environment = environment
  }

  mutating func run() async throws -> ExitStatus {
    // An empty line ends it, as does a git that has gone.
    while let line = readLine(), !line.isEmpty {
      switch RemoteRequest(line) {
      case .capabilities: answer(RemoteRequest.supported)
      case .option(let name, let value): Output.line(options.set(name, to: value))
      case .list(let forPush): answer(try await references(forPush: forPush))
      case .fetch(let id): try fetch(try batch(after: .fetch(id)))
      case .push(let update):
        let push = RemotePush(environment, options)
        let answers = try await push.run(try batch(after: .push(update)))
        answer(answers.map(\.line))
        if Interruption.isRequested { return .interrupted }
      case nil: throw RemoteRefusal.unknownRequest(line)
      }
    }
    return .success
  }

  private func answer(_ lines: [String]) {
    Output.text((lines + ["", ""]).joined(separator: "\n"))
  }

  /// The requests up to an empty line, with the first, which has been read.
  private func batch(after first: RemoteRequest) throws -> [RemoteRequest] {
    var requests = [first]
    while let line = readLine(), !line.isEmpty {
      guard let request = RemoteRequest(line) else { throw RemoteRefusal.unknownRequest(line) }
      requests.append(request)
    }
    return requests
  }

  // MARK: - What runs

  private func references(forPush: Bool) async throws -> [String] {
    let context = try Context(try options.common)
    let found = try await context.host().environment(named: environment.name)
    let references = try RemoteReferences(
      of: environment.name, running: found?.version, context)
    if let version = found?.version, references.commit == nil, !options.isQuiet {
      Output.message(
        "note: '\(environment.name)' runs \(version.label), and no commit is known for it")
    }
    guard let found else { return [] }
    guard forPush else {
      // `git fetch` moves what follows the remote; this follows the environment.
      await context.follow([found])
      return references.lines
    }
    return references.linesForPush(
      isCompared: try !isWorthAnother(found, references, context))
  }

  /// Whether the branch may have to be deployed again although the environment runs its commit: it
  /// is not healthy, or what it runs is not the commit alone. git pushes nothing where the remote
  /// has the commit, with `--force` neither, so the push itself has to find out.
  private func isWorthAnother(
    _ found: EnvironmentDescription, _ references: RemoteReferences, _ context: Context
  ) throws -> Bool {
    if found.health == .green, found.version?.source == "commit" { return false }
    return try references.branches.contains {
      try context.repository.branch($0) == references.commit
    }
  }

  // MARK: - Fetching

  /// An environment keeps no history. git asks only for what it does not have.
  private func fetch(_ requests: [RemoteRequest]) throws {
    let repository = try Context(try options.common).repository
    for case .fetch(let id) in requests where !repository.contains(id) {
      if options.isCloning { throw RemoteRefusal.cloning(environment.name) }
      throw RemoteRefusal.missingCommit(
        environment.name, id, isShallow: repository.isShallow,
        remote: try RemoteEnvironment.ordinaryRemote(of: repository))
    }
    answer([])
  }
}

extension RemoteOptions {
  /// What the commands take, as git was told it.
  var common: CommonOptions {
    get throws { try CommonOptions.parse(isQuiet ? ["--quiet"] : []) }
  }
}
