internal import CLibgit2

/// What HEAD says.
package enum Head: Sendable, Equatable {
  case branch(BranchName, ObjectID)
  /// A branch without a commit.
  case unborn(BranchName)
  /// No branch.
  case detached(ObjectID)

  package var commit: ObjectID? {
    switch self {
    case .branch(_, let id), .detached(let id): id
    case .unborn: nil
    }
  }

  package var branch: BranchName? {
    switch self {
    case .branch(let name, _), .unborn(let name): name
    case .detached: nil
    }
  }
}

/// What words such as `HEAD~2` or `v1.4.0` name.
package struct Revision: Sendable, Equatable {
  /// `nil` when the words name a tree.
  package var commit: ObjectID?
  package var tree: ObjectID
  /// The full name when the words are that of a reference, such as `refs/tags/v1`. What HEAD points
  /// to, when they are `HEAD`.
  package var reference: String?
  /// Whether both a tag and a branch have that name. The tag was taken, as git does.
  package var isAmbiguous: Bool

  package init(
    commit: ObjectID?, tree: ObjectID, reference: String?, isAmbiguous: Bool
  ) {
    self.commit = commit
    self.tree = tree
    self.reference = reference
    self.isAmbiguous = isAmbiguous
  }
}

extension Repository {
  package func head() throws(GitError) -> Head {
    let operation = "read HEAD"
    var reference: OpaquePointer?
    let result = unsafe withPointer { unsafe git_reference_lookup(&reference, $0, "HEAD") }
    try check(result, operation, gitDirectory)
    defer { unsafe git_reference_free(reference) }
    if let target = unsafe git_reference_target(reference) {
      return .detached(ObjectID(unsafe target.pointee))
    }
    guard let symbol = unsafe git_reference_symbolic_target(reference) else {
      throw GitError(.corrupt, operation, gitDirectory)
    }
    let name = unsafe String(cString: symbol)
    let id = try self.reference(name)
    guard let branch = BranchName(fullName: name) else {
      guard let id else { throw GitError(.unbornBranch, operation, name) }
      return .detached(id)
    }
    return id.map { .branch(branch, $0) } ?? .unborn(branch)
  }

  /// The tip of a local branch; `nil` when there is no such branch.
  package func branch(_ name: BranchName) throws(GitError) -> ObjectID? {
    try reference(name.fullName)
  }

  /// All local branches, by name. Names that are not UTF-8 are left out.
  package func branches() throws(GitError) -> [(name: BranchName, id: ObjectID)] {
    try references(under: "refs/heads/")
      .compactMap { reference in
        BranchName(fullName: reference.name).map { ($0, reference.id) }
      }
      .sorted { $0.name < $1.name }
  }

  /// What a reference points to, symbolic ones resolved; `nil` when none has that full name.
  package func reference(_ fullName: String) throws(GitError) -> ObjectID? {
    // libgit2 reads all packed references to look up one. It is left what may be a file, or is not
    // shared by all work trees.
    if fullName.hasPrefix("refs/"),
      FileSystem.status(of: commonDirectory.appending(path: fullName), followingLinks: false)
        == nil,
      let id = try packedReferences().id(of: fullName)
    {
      return id
    }
    var id = git_oid()
    let result = unsafe withPointer { unsafe git_reference_name_to_id(&id, $0, fullName) }
    if result == GIT_ENOTFOUND.rawValue { return nil }
    try check(result, "read the reference", fullName)
    return ObjectID(id)
  }

  /// The short names of the tags, annotated or not, of one commit, by name.
  package func tags(at id: ObjectID) throws(GitError) -> [String] {
    var names: [String] = []
    for (name, target) in try references(under: "refs/tags/") {
      guard let tag = name.afterPrefix("refs/tags/") else { continue }
      if target == id {
        names.append(tag)
      } else if let peeled = try? peel(target), peeled.id == id {
        names.append(tag)
      }
    }
    return names
  }

  /// The commits that tags name.
  package func taggedCommits() throws(GitError) -> Set<ObjectID> {
    var commits: Set<ObjectID> = []
    for (_, target) in try references(under: "refs/tags/") {
      if let peeled = try? peel(target), peeled.kind == .commit { commits.insert(peeled.id) }
    }
    return commits
  }

  /// What a commit-ish or tree-ish names, in any of git's ways of writing it; `nil` when it names
  /// nothing. An abbreviated id that several objects have is ``GitError/Code/ambiguous``, words
  /// that cannot name anything are ``GitError/Code/invalidName``, and a file is
  /// ``GitError/Code/wrongType``.
  package func resolve(_ revision: String) throws(GitError) -> Revision? {
    let operation = "resolve the revision"
    guard !revision.isEmpty, !revision.utf8.contains(0) else {
      throw GitError(.invalidName, operation, revision)
    }
    var object: OpaquePointer?
    var found: OpaquePointer?
    // Nothing in libgit2 1.5 knows that a lone `@` is HEAD.
    let isHead = revision.hasPrefix("@") && !revision.hasPrefix("@{")
    let words = isHead ? "HEAD" + revision.dropFirst() : revision
    let result = unsafe withPointer { unsafe git_revparse_ext(&object, &found, $0, words) }
    defer {
      unsafe git_object_free(object)
      unsafe git_reference_free(found)
    }
    if result == GIT_ENOTFOUND.rawValue { return nil }
    try check(result, operation, revision)
    guard let object = unsafe object, let id = unsafe git_object_id(object) else { return nil }

    var reference: String?
    if let found = unsafe found {
      // `HEAD` is the branch that it points to.
      let name = unsafe git_reference_symbolic_target(found) ?? git_reference_name(found)
      reference = unsafe name.map { unsafe String(cString: $0) }
    }
    let peeled = try peel(ObjectID(unsafe id.pointee))
    switch peeled.kind {
    case .commit:
      guard let commit = try commit(peeled.id) else { return nil }
      return Revision(
        commit: commit.id, tree: commit.tree, reference: reference,
        isAmbiguous: try isAmbiguous(revision))
    case .tree:
      return Revision(
        commit: nil, tree: peeled.id, reference: reference,
        isAmbiguous: try isAmbiguous(revision))
    case .blob, .tag:
      throw GitError(
        .wrongType, operation, revision, detail: "it is a \(peeled.kind.rawValue)")
    }
  }

  private func isAmbiguous(_ name: String) throws(GitError) -> Bool {
    guard let branch = BranchName(name), try self.branch(branch) != nil else { return false }
    return try reference("refs/tags/\(name)") != nil
  }

  /// What a tag, or a tag of a tag, is for.
  package func peel(
    _ id: ObjectID
  ) throws(GitError) -> (id: ObjectID, kind: ObjectKind) {
    var id = id
    while true {
      guard let kind = try kind(of: id) else { throw objects.missing(id, .commit) }
      guard kind == .tag, let tag = try tag(id) else { return (id, kind) }
      id = tag.target
    }
  }
}
