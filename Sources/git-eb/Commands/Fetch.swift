import ArgumentParser
import Deployment
import Git

/// `git eb fetch`
struct Fetch: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Ask the host what runs, and move the references that follow environments.",
    discussion: """
      refs/remotes/eb/<environment> is the commit that an environment runs, as a remote-tracking \
      branch is the commit that a remote's branch is at: git log eb/production..HEAD is what a push \
      would deploy. push, status and list move them too; this asks for all environments, or for \
      those that are named, and says what moved. Nothing is said when nothing did.

      With --prune, or where fetch.prune says so, the references of environments that are gone are \
      removed.

      Examples:
        git eb fetch
        git eb fetch production
        git eb fetch --prune --json
      """)

  @Argument(help: .init("The environments; all of them without it.", valueName: "environment"))
  var environments: [String] = []

  @Flag(name: .shortAndLong, help: "Remove the references of environments that are gone.")
  var prune = false

  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: place.flags)
    let asked = try environments.map { try context.environment(named: $0) }
    await context.healRecords()
    if context.tracking.isTaken { throw CommandError.trackingTaken(context.tracking.name) }
    let host = try context.host()
    let seen = try await gather(context, host, asked)
    let moves = try await move(seen.sightings, context)
    try render(try moves.map { try MoveView($0, context) }, seen, at: host.location)
    return .success
  }

  // MARK: - Gathering

  /// What the host says of the environments.
  private struct Seen {
    var sightings: [TrackingReferences.Sighting] = []
    /// Environments whose commit is not here.
    var missing: [Missing] = []
    /// Environments whose version says nothing of a commit that could be found.
    var unknown: [Unknown] = []
  }

  private struct Missing: Encodable {
    var environment: String
    /// The full id.
    var commit: String
  }

  private struct Unknown: Encodable {
    var environment: String
    var label: String
  }

  private func gather(
    _ context: Context, _ host: any Host, _ asked: [EnvironmentName]
  ) async throws -> Seen {
    let found = try await host.environments()
    let names = Set(found.map(\.name))
    let gone = try self.gone(context, asked) { !names.contains($0) }
    for name in asked where !names.contains(name) && !gone.contains(name) {
      throw HostError.noSuchEnvironment(name)
    }
    var seen = Seen(sightings: gone.map { .init($0, nil) })
    let finder = CommitFinder(context.repository)
    for environment in found where asked.isEmpty || asked.contains(environment.name) {
      guard let version = environment.version else { continue }
      let name = environment.name
      switch try finder.commit(of: version) {
      case .known(let commit): seen.sightings.append(.init(name, commit))
      case .missing(let commit):
        seen.missing.append(.init(environment: name.text, commit: commit))
      case .unknown:
        seen.unknown.append(.init(environment: name.text, label: version.label.text))
      }
    }
    return seen
  }

  /// The environments whose references are to be removed: other applications may have theirs beside
  /// this one's, so only those that the records or the configuration know.
  private func gone(
    _ context: Context, _ asked: [EnvironmentName], isGone: (EnvironmentName) -> Bool
  ) throws -> [EnvironmentName] {
    let setting = context.repository.location.configuration.bool("fetch.prune")
    guard prune || setting == true else { return [] }
    let followed = try context.tracking.all(in: context.repository).keys.filter(isGone).sorted()
    if followed.isEmpty { return [] }
    let known = try context.mapping.namedEnvironments.union(context.records.environments())
    return followed.filter { known.contains($0) && (asked.isEmpty || asked.contains($0)) }
  }

  /// Moves what is elsewhere. Who moves the same at the same time has heard the same.
  private func move(
    _ sightings: [TrackingReferences.Sighting], _ context: Context
  ) async throws -> [TrackingReferences.Move] {
    var attempts = 5
    while true {
      let moves = try context.tracking.moves(to: sightings, in: context.repository)
      do {
        try await context.tracking.make(moves, message: "fetch", by: context.committer)
        return moves
      } catch let error as ReferenceTransaction.Refused {
        attempts -= 1
        if attempts == 0 { throw error }
      }
    }
  }

  // MARK: - The answer

  private struct View: Encodable {
    var location: String
    var changes: [MoveView]
    var missing: [Missing]
    var unknown: [Unknown]
  }

  private func render(_ moves: [MoveView], _ seen: Seen, at location: String) throws {
    if common.json {
      return try Output.json(
        View(location: location, changes: moves, missing: seen.missing, unknown: seen.unknown))
    }
    if !moves.isEmpty { Output.line("From \(location)") }
    let width = moves.map { $0.from.count }.max() ?? 0
    for move in moves { Output.line(move.line(namesPadded: width)) }
    guard !common.quiet else { return }
    for missing in seen.missing {
      Output.message(
        "note: '\(missing.environment)' runs \(Format.short(missing.commit)), "
          + "a commit that this clone does not have")
    }
    if !seen.missing.isEmpty { Output.message("hint: git fetch") }
    for unknown in seen.unknown {
      Output.message(
        "note: '\(unknown.environment)' runs \(unknown.label), and nothing says which commit that is"
      )
    }
  }
}

/// A tracking reference that was moved, in the manner of `git fetch`.
private struct MoveView: Encodable {
  enum Kind: String, Encodable {
    case new
    case updated
    /// To a commit that does not descend from the one before.
    case forced
    case deleted
  }

  var environment: String
  var reference: String
  var kind: Kind
  /// Full ids.
  var old: String?
  var new: String?
  private var shortName: String

  private enum CodingKeys: CodingKey {
    case environment, reference, kind, old, new
  }

  init(_ move: TrackingReferences.Move, _ context: Context) throws {
    environment = move.environment.text
    reference = context.tracking.reference(of: move.environment)
    shortName = context.tracking.shortName(of: move.environment)
    old = move.old?.hex
    new = move.new?.hex
    kind =
      switch (move.old, move.new) {
      case (_, nil): .deleted
      case (nil, _): .new
      case (let old?, let new?):
        try context.repository.isAncestor(old, of: new) ? .updated : .forced
      }
  }

  /// As wide as `1a2b3c4...5d6e7f8`, and a sign before it.
  private static let summaryWidth = 17

  /// What stands before the arrow.
  var from: String { kind == .deleted ? "(none)" : environment }

  func line(namesPadded width: Int) -> String {
    let (sign, summary, remark) =
      switch kind {
      case .new: ("*", "[new environment]", "")
      case .updated: (" ", "\(Format.short(old))..\(Format.short(new))", "")
      case .forced: ("+", "\(Format.short(old))...\(Format.short(new))", "  (forced update)")
      case .deleted: ("-", "[deleted]", "")
      }
    return " \(sign) \(summary.padded(to: Self.summaryWidth))  "
      + "\(from.padded(to: width)) -> \(shortName)\(remark)"
  }
}
