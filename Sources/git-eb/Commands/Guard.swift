import ArgumentParser
import Deployment
import FoundationEssentials
import Git

/// `git eb guard`
struct Guard: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "guard",
    abstract: "Refuse commits and pushes that hold a secret, and look for secrets in history.",
    discussion: """
      A secret is what .git-eb.yml lists under 'secrets', for whichever environment: what lies at \
      its place, below it when it is a directory, or at the place that it has in a bundle; and the \
      contents that its files have now, also under another name and with other ends of lines. \
      Contents of less than eight bytes are not looked for. The rules are those of the work tree \
      and of HEAD; where neither has a .git-eb.yml, those of the remote's main branch.

      'install' adds a pre-commit and a pre-push hook to the repository, for all of its work trees; \
      submodules are repositories of their own. Hooks that are there already stay as they are, go \
      on working and may still refuse: where there are some, or core.hooksPath is set, \
      core.hooksPath becomes .git/git-eb-guard, whose hooks call the former ones. 'remove' takes \
      back what 'install' did. 'status' says whether git calls the guard, and is what is done \
      when nothing is said; its exit status is 1 when git does not.

      Before a commit only what it adds is looked at, and before a push only what the remote does \
      not have, each commit of it: also what a later one takes out again. --no-verify passes by the \
      guard, as by every hook. Where git-eb cannot be found, the hooks refuse and say how they are \
      removed.

      'scan' looks through what the commits of HEAD and of all local branches and tags have added, \
      or of the ranges that are given, in git's way of writing them; its exit status is 1 when \
      there is a secret.

      Examples:
        git eb guard install
        git eb guard status
        git eb guard scan
        git eb guard scan origin/main..
        git eb guard scan --all --json
        git eb guard remove
      """)

  enum Action: String, ExpressibleByArgument {
    case install
    case status
    case remove
    case scan
    /// Called by the hooks.
    case checkCommit = "check-commit"
    case checkPush = "check-push"

    static let allValueStrings = ["install", "status", "remove", "scan"]
  }

  @Argument(help: .init("'install', 'status', 'remove' or 'scan'.", valueName: "action"))
  var action = Action.status

  @Argument(help: .init("What to look through, such as main..topic.", valueName: "range"))
  var ranges: [String] = []

  @Flag(help: "Look through all references, also those of remotes and stashes.")
  var all = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if all, action != .scan { throw ValidationError("'--all' belongs to 'git eb guard scan'") }
    if let option = ranges.first(where: { $0.hasPrefix("-") }), action == .scan {
      throw ValidationError("unknown option '\(option)'")
    }
    if all, !ranges.isEmpty { throw ValidationError("'--all' takes no range") }
    if let first = ranges.first, action != .scan, action != .checkPush {
      throw ValidationError("unexpected argument '\(first)'")
    }
  }

  mutating func execute() async throws -> ExitStatus {
    let environment = ProcessEnvironment.current()
    let repository = try Repository.discover(
      startingAt: common.directory ?? ".", environment: environment)
    switch action {
    case .install: return try await install(repository, environment)
    case .status: return try await status(repository, environment)
    case .remove: return try await remove(repository)
    case .scan: return try await scan(repository, environment)
    case .checkCommit: return try await checkCommit(repository, environment)
    case .checkPush: return try await checkPush(repository, environment)
    }
  }

  // MARK: - Hooks

  private func install(
    _ repository: Repository, _ environment: [String: String]
  ) async throws -> ExitStatus {
    let hooks = GuardHooks(repository: repository)
    let wasThere = try await hooks.status().isComplete
    try await hooks.install()
    let status = try await GuardHooks(repository: repository.rediscovered(environment)).status()
    let view = StatusView(status, nil)
    if common.json {
      try Output.json(view)
      return .success
    }
    Output.line(wasThere ? "the guard is installed already" : "the guard is installed")
    if common.quiet { return .success }
    if let chained = view.chained {
      Output.message("note: core.hooksPath is now \(Format.quoted(status.directory))")
      Output.message("note: the hooks of \(Format.quoted(chained)) are called as well")
    }
    let secrets = try? self.secrets(repository, environment)
    if secrets?.isEmpty ?? false {
      Output.message("warning: no secret is listed, so there is nothing to guard")
      Output.message("hint: list them under 'secrets' in .git-eb.yml")
    }
    return .success
  }

  private func remove(_ repository: Repository) async throws -> ExitStatus {
    let isRemoved = try await GuardHooks(repository: repository).remove()
    if common.json {
      try Output.json(["removed": isRemoved])
    } else {
      Output.line(isRemoved ? "the guard is removed" : "the guard is not installed")
    }
    return .success
  }

  private struct StatusView: Encodable {
    struct Secret: Encodable {
      var name: String
      var origin: String
      /// `null` for what a program prints.
      var files: Int?
    }

    var installed: Bool
    /// The hooks that call the guard.
    var hooks: [String]
    /// Where git looks for hooks.
    var directory: String
    /// Whose hooks are called besides.
    var chained: String?
    /// Whether the guard's hooks are where git does not look.
    var bypassed: Bool
    var secrets: [Secret]?

    init(_ status: GuardHooks.Status, _ secrets: GuardedSecrets?) {
      installed = status.isComplete
      hooks = status.active
      directory = status.directory
      bypassed = status.isBypassed
      if case .chained(let directory) = status.state { chained = directory }
      self.secrets = secrets?.rules.map {
        Secret(
          name: $0.listed.name, origin: "\($0.listed.origin)",
          files: $0.hasFiles ? $0.fileCount : nil)
      }
    }
  }

  private func status(
    _ repository: Repository, _ environment: [String: String]
  ) async throws -> ExitStatus {
    let status = try await GuardHooks(repository: repository).status()
    let view = StatusView(status, try secrets(repository, environment))
    let exit = view.installed ? ExitStatus.success : .deploymentFailed
    if common.json {
      try Output.json(view)
      return exit
    }
    for name in GuardHooks.names {
      let words = view.hooks.contains(name) ? "guarded" : "not guarded"
      Output.line((name + ":").padded(to: 13) + words)
    }
    Output.line("hooks:       " + Format.visible(view.directory))
    if let chained = view.chained { Output.line("calls:       " + Format.visible(chained)) }
    for secret in view.secrets ?? [] {
      let files = secret.files.map { Format.count($0, "file") } ?? "printed by a program"
      Output.line("secret:      \(Format.visible(secret.name)) (\(files), \(secret.origin))")
    }
    if view.secrets?.isEmpty ?? true { Output.line("secret:      none is listed") }
    if status.isBypassed {
      Output.message("warning: core.hooksPath leads past the hooks of the guard")
    }
    if !view.installed { Output.message("hint: git eb guard install") }
    return exit
  }

  // MARK: - Looking

  private func secrets(
    _ repository: Repository, _ environment: [String: String]
  ) throws -> GuardedSecrets {
    let reader = ConfigurationReader(
      repository: repository, flags: [], processEnvironment: environment)
    let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
    let secrets = try GuardedSecrets(
      repository: repository, configurations: try GuardRules.configurations(of: repository, reader),
      home: home)
    if !secrets.unread.isEmpty, !common.quiet {
      Output.message(
        "warning: cannot read \(Format.names(secrets.unread)): only the place is looked at")
    }
    return secrets
  }

  private func search(
    _ repository: Repository, _ environment: [String: String]
  ) throws -> GuardSearch {
    GuardSearch(repository: repository, secrets: try secrets(repository, environment))
  }

  private func checkCommit(
    _ repository: Repository, _ environment: [String: String]
  ) async throws -> ExitStatus {
    try await reportingHook("commit") {
      let findings = try await search(repository, environment).staged()
      if findings.isEmpty { return }
      throw GuardRefusal(
        .commit(hasParent: try repository.head().commit != nil), findings, in: repository)
    }
  }

  private func checkPush(
    _ repository: Repository, _ environment: [String: String]
  ) async throws -> ExitStatus {
    let remote = ranges.first ?? ""
    return try await reportingHook("push") {
      let lines = try FileSystem.standardInput()
      let findings = try await search(repository, environment).pushed(to: remote, lines)
      if findings.isEmpty { return }
      throw GuardRefusal(.push(remote: remote), findings, in: repository)
    }
  }

  /// A hook that could not look refuses as well, and says how to go on.
  private func reportingHook(
    _ verb: String, _ body: () async throws -> Void
  ) async throws -> ExitStatus {
    do {
      try await body()
      return .success
    } catch let refusal as GuardRefusal {
      throw refusal
    } catch {
      let status = Failure(error).report()
      Output.message(
        "hint: the guard could not look for secrets; git \(verb) --no-verify goes on without it")
      return status
    }
  }

  // MARK: - History

  private struct ScanView: Encodable {
    struct Finding: Encodable {
      var commit: String?
      var subject: String?
      var path: String
      /// The secret's name.
      var secret: String
      /// `place` or `contents`.
      var match: String
      var origin: String
      /// Whether a remote-tracking branch has the commit.
      var published: Bool
    }

    var commits: Int
    var findings: [Finding]
  }

  private func scan(
    _ repository: Repository, _ environment: [String: String]
  ) async throws -> ExitStatus {
    for range in ranges { try check(range, in: repository) }
    let search = try search(repository, environment)
    let standard =
      (try repository.head().commit == nil ? [] : ["HEAD"]) + ["--branches", "--tags"]
    let (findings, count) = try await search.history(
      all ? ["--all"] : ranges.isEmpty ? standard : ranges)
    let published = try await search.published(Set(findings.compactMap(\.commit)))
    let view = ScanView(
      commits: count,
      findings: findings.map { finding in
        ScanView.Finding(
          commit: finding.commit?.hex,
          subject: finding.commit.flatMap { try? repository.commit($0)?.summary },
          path: finding.name, secret: finding.match.listed.name,
          match: finding.match.isPlace ? "place" : "contents",
          origin: "\(finding.match.listed.origin)",
          published: finding.commit.map(published.contains) ?? false)
      })
    let exit = findings.isEmpty ? ExitStatus.success : .deploymentFailed
    if common.json {
      try Output.json(view)
      return exit
    }
    if findings.isEmpty {
      Output.line("no secret in \(Format.count(count, "commit"))")
      return exit
    }
    for line in GuardWords.lines(findings, published: published) { Output.line(line) }
    if common.quiet { return exit }
    for hint in GuardWords.historyHints(findings, in: repository) {
      Output.message("hint: " + hint)
    }
    if !published.isEmpty {
      Output.message("hint: what a remote has is known to others: change that secret")
    }
    return exit
  }

  /// A slip in a plain name is told in our words; what only git can read is left to git.
  private func check(_ range: String, in repository: Repository) throws {
    let isPlain = range.utf8.allSatisfy {
      "./-_".utf8.contains($0) || Character(UnicodeScalar($0)).isLetter
        || Character(UnicodeScalar($0)).isNumber
    }
    guard isPlain else { return }
    for part in range.split(separator: "..").map({ $0.drop { $0 == "." } }) where !part.isEmpty {
      guard try repository.resolve(String(part)) != nil else {
        throw ResolvingError.unknownRevision(String(part))
      }
    }
  }
}

extension Repository {
  /// The same once more, with the configuration as it is now.
  fileprivate func rediscovered(_ environment: [String: String]) throws -> Repository {
    try Repository.discover(startingAt: workTree ?? gitDirectory, environment: environment)
  }
}

// MARK: - Words

/// Secrets that keep a commit or a push back.
struct GuardRefusal: Error {
  enum Stage {
    case commit(hasParent: Bool)
    case push(remote: String)
  }

  var message: String
  var details: [String]
  var hints: [String]

  init(_ stage: Stage, _ findings: [GuardSearch.Finding], in repository: Repository) {
    let count = Set(findings.map(\.path)).count
    let what = Format.count(count, "file with a secret", "files with secrets")
    details = GuardWords.lines(findings, limit: 10).map { "  " + $0 }
    switch stage {
    case .commit(let hasParent):
      message = "\(what) would be committed"
      hints =
        GuardWords.unstaging(findings, hasParent: hasParent)
        + ["git commit --no-verify commits all the same"]
    case .push(let remote):
      message = "\(what) would be pushed to \(Format.quoted(GuardWords.withoutPassword(remote)))"
      hints =
        GuardWords.historyHints(findings, in: repository)
        + ["git push --no-verify pushes all the same"]
    }
  }
}

enum GuardWords {
  /// One line for each finding: commit, path, why.
  static func lines(
    _ findings: [GuardSearch.Finding], published: Set<ObjectID> = [], limit: Int? = nil
  ) -> [String] {
    var table = Table()
    for finding in findings.prefix(limit ?? findings.count) {
      let listed = finding.match.listed
      let name = finding.name.isEmpty ? "a blob" : Format.visible(finding.name)
      let what = finding.match.isPlace ? "listed on" : "contents of \(Format.quoted(listed.name)),"
      let pushed = finding.commit.map(published.contains) ?? false ? ", on a remote" : ""
      let commit = finding.commit.map { [$0.abbreviated()] } ?? []
      table.add(commit + [name, "(\(what) \(listed.origin)\(pushed))"])
    }
    let rest = findings.count - (limit ?? findings.count)
    return table.lines + (rest > 0 ? ["and \(rest) more"] : [])
  }

  /// How to take them out of the index.
  static func unstaging(_ findings: [GuardSearch.Finding], hasParent: Bool) -> [String] {
    let placed = findings.filter { $0.match.isPlace || !hasParent }
    let copies = findings.filter { !$0.match.isPlace && hasParent }
    return (placed.isEmpty ? [] : [removal(placed)])
      + (copies.isEmpty ? [] : ["git restore --staged -- \(paths(copies))"])
  }

  /// How to take them out of commits.
  static func historyHints(
    _ findings: [GuardSearch.Finding], in repository: Repository
  ) -> [String] {
    let commits = findings.compactMap(\.commit)
    guard let oldest = commits.first else { return [] }
    let amending = "\(removal(findings)); git commit --amend --no-edit"
    if let head = try? repository.head().commit, commits.allSatisfy({ $0 == head }) {
      return [amending]
    }
    let isRoot = (try? repository.commit(oldest)?.parents.isEmpty) ?? false
    let start = isRoot ? "--root" : "\(oldest.abbreviated())^"
    let names = shown(findings).map { "--path \($0)" }.joined(separator: " ")
    return [
      "git rebase -i \(start), 'edit' that commit, then: \(amending); git rebase --continue",
      "git filter-repo --invert-paths \(names) takes them out of all commits",
    ]
  }

  private static func removal(_ findings: [GuardSearch.Finding]) -> String {
    "git rm --cached -- \(paths(findings))"
  }

  private static func paths(_ findings: [GuardSearch.Finding]) -> String {
    shown(findings).joined(separator: " ")
  }

  /// Each path once, the first few.
  private static func shown(_ findings: [GuardSearch.Finding]) -> [String] {
    var seen: Set<[UInt8]> = []
    let paths = findings.filter { !$0.path.isEmpty && seen.insert($0.path).inserted }
    return paths.prefix(3).map { Format.quoted($0.name) } + (paths.count > 3 ? ["…"] : [])
  }

  /// A URL may carry credentials in front of its host.
  static func withoutPassword(_ remote: String) -> String {
    guard let scheme = remote.firstRange(of: "://"),
      let at = remote[scheme.upperBound...].prefix(while: { $0 != "/" }).lastIndex(of: "@")
    else { return remote }
    return String(remote[..<scheme.upperBound] + remote[remote.index(after: at)...])
  }
}

extension GuardedSecrets.Match {
  fileprivate var listed: GuardedSecrets.Listed {
    switch self {
    case .place(let listed), .contents(let listed): listed
    }
  }

  fileprivate var isPlace: Bool {
    if case .place = self { true } else { false }
  }
}
