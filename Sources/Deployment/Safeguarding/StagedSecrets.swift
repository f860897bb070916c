import Git

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the outside program is to find staged beneath the secrets.
package enum StagingBase: Sendable, Equatable {
  /// The user's own index, as it is.
  case index
  /// A commit's tree, by whatever git resolves.
  case commit(String)
}

/// An index with the secrets in it, made by git itself in private storage: a copy of the user's
/// own, and blobs in an object directory that has the repository's as its alternate.
struct StagedSecrets {
  let storage: PrivateStorage
  /// What the index was made from.
  let base: IndexSnapshot
  let edits: [IndexEdit]
  let before: IndexListing

  /// Secrets that take the place of what was staged.
  var replaced: [String] {
    edits.filter { before.entry(at: $0.path) != nil }.map {
      String(decoding: $0.path, as: UTF8.self)
    }
  }

  /// - Parameters:
  ///   - root: the directory of the repository that the secrets' places are in; empty for the top.
  init(
    _ secrets: [Secret], over staged: StagingBase, in storage: PrivateStorage,
    _ location: Location, root: String, isInterrupted: @escaping () -> Bool
  ) throws {
    self.storage = storage
    for directory in [storage.objects, storage.hooks] {
      try FileSystem.makeDirectories(directory, mode: 0o700)
    }
    var git = ShieldedGit(location)
    git.isInterrupted = isInterrupted
    for (name, value) in storage.variables(location) { git.variables[name] = value }
    let editor = IndexEditor(git, copy: storage.index)
    try DurableFile.remove(storage.index)
    base = try IndexSnapshot(at: location.indexPath)
    switch staged {
    case .index: try base.copy(to: storage.index)
    case .commit(let revision): try editor.read(tree: revision)
    }
    before = try editor.listing()
    let conflicts = before.conflicts
    if !conflicts.isEmpty { throw SourceError.conflicts(conflicts) }
    // Without alternates, so that what the repository has already is written here as well and
    // nothing of the repository is touched.
    git.variables["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = .some(nil)
    let prefix = root.isEmpty ? "" : root + "/"
    var edits: [IndexEdit] = []
    for secret in secrets {
      let path = Array((prefix + secret.path).utf8)
      if let obstacle = before.obstacle(to: path) {
        throw SafeguardError.pathInTheWay(secret: secret.path, path: obstacle.name)
      }
      edits.append(IndexEdit(path: path, blob: try Self.write(secret, git)))
    }
    self.edits = edits
    if !edits.isEmpty { try editor.apply(edits, to: before) }
  }

  private static func write(_ secret: Secret, _ git: ShieldedGit) throws -> IndexEdit.Blob {
    let operation = "store a secret"
    let output = try unsafe secret.withContents {
      try unsafe git.run(
        operation, ["hash-object", "-w", "--stdin", "--no-filters"], inputBytes: $0)
    }
    guard let id = ObjectID(hex: String(decoding: output.prefix(40), as: UTF8.self)) else {
      throw SourceError.git(operation: operation, reason: "unexpected output")
    }
    return IndexEdit.Blob(mode: secret.mode & 0o100 != 0 ? 0o100755 : 0o100644, id: id)
  }
}

extension PrivateStorage {
  var index: String { path + "/index" }
  var objects: String { path + "/objects" }
  var hooks: String { path + "/hooks" }

  /// What makes git use the private index and objects, and the repository's objects beneath.
  func variables(_ location: Location) -> [String: String] {
    let beneath =
      [location.objectDirectory] + location.alternates + Submodules.objects(of: location)
    return [
      "GIT_INDEX_FILE": index, "GIT_OBJECT_DIRECTORY": objects,
      "GIT_ALTERNATE_OBJECT_DIRECTORIES": AlternateDirectories.text(beneath),
    ]
  }
}

/// The repositories of submodules.
enum Submodules {
  /// Their object directories. A program that goes into a submodule takes the variables with it, and
  /// must still find what is recorded there.
  static func objects(of location: Location) -> [String] {
    var found: [String] = []
    collect(location.commonDirectory + "/modules", depth: 0, &found)
    return found
  }

  private static func collect(_ directory: String, depth: Int, _ found: inout [String]) {
    guard depth < 16, let names = try? FileSystem.names(in: directory) else { return }
    let isRepository = names.contains("HEAD") && names.contains("objects")
    if isRepository { found.append(directory + "/objects") }
    for name in isRepository ? ["modules"] : names {
      collect(directory + "/" + name, depth: depth + 1, &found)
    }
  }
}
