package import Git

/// The tags of an ephemeral environment: whose it is, what it was made of and how long it stays.
package struct PreviewTags: Sendable, Equatable {
  /// `true` on an environment that was made of a branch, for that branch alone.
  package static let ephemeral = "git-eb:ephemeral"
  /// The repository's ``RepositoryIdentity``.
  package static let repository = "git-eb:repository"
  package static let branch = "git-eb:branch"
  /// How long after its last deployment it may be pruned, as it was set, such as `72h`.
  package static let ttl = "git-eb:ttl"
  /// The branch that it is compared with: once merged into that, it has had its day.
  package static let base = "git-eb:base"
  /// The pull request's number, where continuous integration says it.
  package static let pullRequest = "git-eb:pull-request"
  /// `true` once a push found the branch on its remote: when the remote has it no more, it is gone.
  package static let pushed = "git-eb:pushed"
  /// `true` once a push brought a commit that the base had not: when the base has it, it is merged.
  package static let ahead = "git-eb:ahead"
  /// How many instances an environment has when it is awake, such as `1-4`. Kept when it wakes, so
  /// that the next sleep is one update.
  package static let awake = "git-eb:awake"

  /// `nil` where a repository has nothing that tells it from others: nothing of it is pruned.
  package var repository: RepositoryIdentity?
  /// See ``text(of:)``.
  package var branch: String
  package var ttl: Duration?
  package var base: String?
  package var pullRequest: Int?
  package var isPushed = false
  package var isAhead = false

  package init(of branch: BranchName, in repository: RepositoryIdentity?) {
    self.branch = Self.text(of: branch.text)
    self.repository = repository.map { RepositoryIdentity(text: Self.text(of: $0.text)) }
  }

  /// Reads the tags of an environment; `nil` when it is not an ephemeral one.
  package init?(_ tags: [String: String]) {
    guard tags[Self.ephemeral] == "true", let branch = tags[Self.branch] else { return nil }
    self.branch = branch
    repository = tags[Self.repository].map(RepositoryIdentity.init(text:))
    ttl = tags[Self.ttl].flatMap { Duration(setting: $0) }
    base = tags[Self.base]
    pullRequest = tags[Self.pullRequest].flatMap { Int($0) }
    isPushed = tags[Self.pushed] == "true"
    isAhead = tags[Self.ahead] == "true"
  }

  /// By their keys. What is not known has no tag.
  package var all: [String: String] {
    var tags = [Self.ephemeral: "true", Self.branch: branch]
    tags[Self.repository] = repository?.text
    tags[Self.ttl] = ttl?.configurationText
    tags[Self.base] = base.map(Self.text)
    tags[Self.pullRequest] = pullRequest.map { "\($0)" }
    if isPushed { tags[Self.pushed] = "true" }
    if isAhead { tags[Self.ahead] = "true" }
    return tags
  }

  /// What has to be set and taken away on an environment with these tags so that it has all of
  /// ours; `nil` when that is nothing, or when it is not an ephemeral one: then somebody made it by
  /// hand, and nothing shall prune it. What only continuous integration knows is not taken away.
  package func changes(
    from current: [String: String]
  ) -> (set: [String: String], removed: [String])? {
    guard current[Self.ephemeral] == "true" else { return nil }
    let set = all.filter { current[$0.key] != $0.value }
    let removed = ttl == nil && current[Self.ttl] != nil ? [Self.ttl] : []
    return set.isEmpty && removed.isEmpty ? nil : (set, removed)
  }

  /// Whether the environment was made of this branch.
  package func isOf(_ branch: BranchName) -> Bool { self.branch == Self.text(of: branch.text) }

  /// Whether the environment was made from this repository.
  package func isOf(_ identity: RepositoryIdentity) -> Bool {
    repository?.text == Self.text(of: identity.text)
  }

  /// What a tag says of a name. One that is too long for a tag is cut, and a blank and a hash, which
  /// no branch's name has, stand for the rest.
  package static func text(of name: String) -> String {
    guard TagValue.length(of: name) > TagValue.limit else { return name }
    let hash = " " + NameHash.text(of: name, count: 16)
    var start = ""
    var length = hash.utf8.count
    for character in name {
      length += TagValue.length(of: String(character))
      if length > TagValue.limit { break }
      start.append(character)
    }
    return start + hash
  }
}

extension PreviewTags {
  /// The tags for an environment that is made of a branch of this repository now. What continuous
  /// integration says of a pull request is believed; the base is else the remote's own default
  /// branch, or `main` or `master` where that is not known.
  package static func find(
    of branch: BranchName, in location: Location, ttl: Duration?
  ) async throws -> PreviewTags {
    let environment = location.environment
    let request = ContinuousIntegration(environment: environment)?
      .pullRequest(environment: environment)
    var tags = PreviewTags(
      of: branch, in: try await RepositoryIdentity.find(in: location, for: branch))
    tags.ttl = ttl
    tags.pullRequest = request?.number
    tags.base = try request?.base?.text ?? defaultBranch(in: location, for: branch)
    return tags
  }

  private static func defaultBranch(
    in location: Location, for branch: BranchName
  ) throws -> String? {
    let repository = try Repository.open(location)
    let remote = ReleaseRemote.name(for: branch, in: location.configuration)
    let prefix = remote.map { "refs/remotes/\($0)/" }
    if let prefix, let head = try repository.resolve(prefix + "HEAD")?.reference,
      head.hasPrefix(prefix), head != prefix + "HEAD"
    {
      return String(head.dropFirst(prefix.count))
    }
    return try ["main", "master"].first { name in
      try ["refs/heads/", prefix].compactMap { $0 }
        .contains { try repository.reference($0 + name) != nil }
    }
  }
}
