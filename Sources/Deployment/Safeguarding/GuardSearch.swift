package import Git

/// Looks for secrets in what is about to be committed or pushed, and in history.
package struct GuardSearch {
  /// A secret where it must not be.
  package struct Finding: Sendable, Hashable {
    /// `nil` in the index, and for what is pushed without a commit.
    package var commit: ObjectID?
    /// Empty for a blob without a name.
    package var path: [UInt8]
    package var match: GuardedSecrets.Match

    package var name: String { String(decoding: path, as: UTF8.self) }
  }

  package let secrets: GuardedSecrets
  private let repository: Repository
  private let isInterrupted: @Sendable () -> Bool

  package init(
    repository: Repository, secrets: GuardedSecrets,
    isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) {
    self.repository = repository
    self.secrets = secrets
    self.isInterrupted = isInterrupted
  }

  // MARK: - Commits

  /// What a commit of the index would add to what its parents have.
  ///
  /// For `git commit -a` and `git commit -- <path>` it is git's temporary index, which
  /// `GIT_INDEX_FILE` names.
  package func staged() async throws -> [Finding] {
    if secrets.isEmpty { return [] }
    let found = try await IndexReader(repository: repository).entries().compactMap { entry in
      secrets.match(entry.path, mode: entry.mode, id: entry.id).map { (entry, $0) }
    }
    if found.isEmpty { return [] }
    let trees = try parents().compactMap { try repository.commit($0)?.tree }
    return try found.compactMap { entry, match in
      // One by one: a commit has few of them, and HEAD's tree may be large.
      let name = String(decoding: entry.path, as: UTF8.self)
      let isThere = try trees.contains { tree in
        try repository.entry(at: name, inTree: tree)?.id == entry.id
      }
      return isThere ? nil : Finding(commit: nil, path: entry.path, match: match)
    }
  }

  /// HEAD and, while a merge goes on, what is merged.
  private func parents() throws -> [ObjectID] {
    let file = repository.gitDirectory + "/MERGE_HEAD"
    let merged = try FileSystem.contents(file, limit: 1 << 20) ?? []
    return try [repository.head().commit].compactMap { $0 }
      + merged.split(separator: 0x0a).compactMap {
        ObjectID(hex: String(decoding: $0, as: UTF8.self))
      }
  }

  // MARK: - Pushes

  /// What a push would bring to a remote that it does not have.
  ///
  /// `lines` are those that git gives to a pre-push hook: local reference, local id, remote
  /// reference, remote id (githooks(5)).
  package func pushed(to remote: String, _ lines: [UInt8]) async throws -> [Finding] {
    if secrets.isEmpty { return [] }
    var findings: [Finding] = []
    var tips: [ObjectID] = []
    var known: [ObjectID] = []
    for line in lines.split(separator: 0x0a) {
      let words = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
      guard words.count == 4, let new = ObjectID(hex: words[1]), let old = ObjectID(hex: words[3])
      else { throw GuardError.notFromGit }
      if repository.contains(old) { known.append(old) }
      // Zero deletes a reference.
      if words[1].allSatisfy({ $0 == "0" }) { continue }
      if try isCommit(new) {
        tips.append(new)
      } else {
        findings += try held(by: new)
      }
    }
    if tips.isEmpty { return findings }
    var arguments = ["--stdin"]
    if let name = try configuredName(of: remote) { arguments += ["--not", "--remotes=\(name)"] }
    let input = (tips.map(\.hex) + known.map { "^" + $0.hex }).joined(separator: "\n") + "\n"
    return try await findings + walk(arguments, input: Array(input.utf8)).findings
  }

  /// The remote that a name or, for a push to a URL, the URL belongs to; `nil` when there is none.
  private func configuredName(of remote: String) throws -> String? {
    let configuration = try repository.configuration()
    var byURL: String?
    for entry in configuration.entries where entry.name.hasPrefix("remote.") {
      for key in [".url", ".pushurl"] where entry.name.hasSuffix(key) {
        let name = String(entry.name.dropFirst("remote.".count).dropLast(key.count))
        if name == remote { return name }
        if entry.value == remote { byURL = name }
      }
    }
    return byURL
  }

  private func isCommit(_ id: ObjectID) throws -> Bool {
    var id = id
    while let tag = try repository.tag(id) { id = tag.target }
    return try repository.kind(of: id) == .commit
  }

  /// Secrets in a tree or blob that is tagged itself.
  private func held(by id: ObjectID) throws -> [Finding] {
    var id = id
    while let tag = try repository.tag(id) { id = tag.target }
    switch try repository.kind(of: id) {
    case .tree:
      return try repository.entries(ofTree: id).compactMap { entry in
        secrets.match(entry.path, mode: entry.mode, id: entry.id).map {
          Finding(commit: nil, path: entry.path, match: $0)
        }
      }
    case .blob:
      return secrets.match(id).map { [Finding(commit: nil, path: [], match: .contents($0))] } ?? []
    default: return []
    }
  }

  // MARK: - History

  /// What the commits have added that `git rev-list` names with these arguments, the oldest first.
  package func history(
    _ arguments: [String]
  ) async throws -> (findings: [Finding], commitCount: Int) {
    try await walk(arguments + ["--"], input: [])
  }

  /// Those of `commits` that a remote-tracking branch has: what is in them is known elsewhere.
  package func published(_ commits: Set<ObjectID>) async throws -> Set<ObjectID> {
    let isCloned = try !repository.references(under: "refs/remotes/").isEmpty
    if commits.isEmpty || !isCloned { return [] }
    let input = commits.map(\.hex).joined(separator: "\n") + "\n"
    let output = try await git(
      "list the commits", ["rev-list", "--stdin", "--not", "--remotes"], Array(input.utf8))
    return commits.subtracting(Self.ids(in: output))
  }

  /// So many commits are compared by one git: what it prints is held in memory.
  private static let chunk = 10_000

  private func walk(
    _ arguments: [String], input: [UInt8]
  ) async throws -> (findings: [Finding], commitCount: Int) {
    let list = try await git(
      "list the commits", ["rev-list", "--topo-order", "--reverse"] + arguments, input)
    let commits = Self.ids(in: list)
    var findings: [Finding] = []
    for start in stride(from: 0, to: commits.count, by: Self.chunk) {
      if isInterrupted() { throw Interrupted() }
      let part = commits[start..<min(start + Self.chunk, commits.count)]
      let names = part.map(\.hex).joined(separator: "\n") + "\n"
      let output = try await git(
        "compare the commits",
        [
          "diff-tree", "--stdin", "-z", "-r", "-c", "--root", "--raw", "--no-renames",
          "--no-abbrev", "--no-ext-diff",
        ], Array(names.utf8))
      try GuardDifference.forEach(in: output) { commit, path, mode, id in
        guard let match = secrets.match(path, mode: mode, id: id) else { return }
        findings.append(Finding(commit: commit, path: path, match: match))
      }
    }
    return (findings, commits.count)
  }

  /// What is pushed are the objects themselves, not those that replace them here.
  private func git(
    _ operation: String, _ arguments: [String], _ input: [UInt8]
  ) async throws -> [UInt8] {
    try await GitProgram(repository.location, isInterrupted: isInterrupted).run(
      operation, arguments, input: input, environment: ["GIT_NO_REPLACE_OBJECTS": "1"],
      timeLimit: GitProgram.longTimeLimit)
  }

  private static func ids(in lines: [UInt8]) -> [ObjectID] {
    lines.split(separator: 0x0a).compactMap { ObjectID(hex: String(decoding: $0, as: UTF8.self)) }
  }
}
