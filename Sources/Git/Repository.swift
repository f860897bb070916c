internal import CLibgit2

/// A repository, for one thread: another thread opens its own with ``location``.
@safe package final class Repository {
  package let location: Location
  let objects: ObjectDatabase
  private let pointer: OpaquePointer
  private var lastIndex: Index?
  private var lastPacked: (references: PackedReferences, written: FileStatus?)?

  private init(_ location: Location) throws(GitError) {
    self.location = location
    objects = try ObjectDatabase(location)
    var opened: OpaquePointer?
    let flags =
      GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue | GIT_REPOSITORY_OPEN_NO_DOTGIT.rawValue
      | GIT_REPOSITORY_OPEN_BARE.rawValue
    try unsafe check(
      git_repository_open_ext(&opened, location.gitDirectory, flags, nil), "open the repository",
      location.gitDirectory)
    guard let opened = unsafe opened else {
      throw GitError(.other, "open the repository", location.gitDirectory)
    }
    unsafe pointer = unsafe opened
    try configure()
  }

  deinit {
    unsafe git_repository_free(pointer)
  }

  /// Finds the repository that git would use in the directory `path` with this environment.
  package static func discover(
    startingAt path: String, environment: [String: String]
  ) throws(GitError) -> Repository {
    try Library.start()
    return try open(try Discovery(startingAt: path, environment: environment).location())
  }

  /// A handle of its own on a repository that was found before.
  package static func open(_ location: Location) throws(GitError) -> Repository {
    try Library.start()
    return try Repository(location)
  }

  /// Another handle on the same repository.
  package func reopened() throws(GitError) -> Repository { try Self.open(location) }

  package var gitDirectory: String { location.gitDirectory }
  package var commonDirectory: String { location.commonDirectory }
  package var workTree: String? { location.workTree }
  package var indexPath: String { location.indexPath }
  package var prefix: String { location.prefix }
  package var isBare: Bool { location.isBare }
  package var isShallow: Bool { location.isShallow }
  package var isPartialClone: Bool { location.isPartialClone }

  /// All entries in order of rising precedence, as they were when the repository was found.
  package func configuration() throws(GitError) -> GitConfiguration { location.configuration }

  /// The index as it is now. It is read again only when the file has changed.
  func index() throws(GitError) -> Index {
    if let lastIndex, let written = lastIndex.written,
      FileSystem.status(of: indexPath) == written
    {
      return lastIndex
    }
    let index = try Index(at: indexPath)
    lastIndex = index
    return index
  }

  /// The packed references as they are now. They are read again only when the file has changed.
  func packedReferences() throws(GitError) -> PackedReferences {
    let path = commonDirectory.appending(path: "packed-refs")
    let written = FileSystem.status(of: path)
    if let lastPacked, lastPacked.written == written { return lastPacked.references }
    let references = try PackedReferences(at: path)
    lastPacked = (references, written)
    return references
  }

  /// For one libgit2 call. The pointer must not leave `body`.
  func withPointer<R>(_ body: (OpaquePointer) -> R) -> R {
    unsafe body(pointer)
  }

  /// Tells libgit2 what `Discovery` found out and it cannot.
  private func configure() throws(GitError) {
    let operation = "open the repository"
    if let workTree, FileSystem.isDirectory(workTree) {
      try unsafe check(git_repository_set_workdir(pointer, workTree, 0), operation, workTree)
    }
    let result = unsafe objects.withPointer { unsafe git_repository_set_odb(pointer, $0) }
    try check(result, operation, location.objectDirectory)
    if location.usesOtherIndex {
      var index: OpaquePointer?
      // One that libgit2 cannot read is told by what reads the index itself.
      if unsafe git_index_open(&index, indexPath) == 0 {
        let result = unsafe git_repository_set_index(pointer, index)
        unsafe git_index_free(index)
        try check(result, operation, indexPath)
      }
    }
    try setConfiguration(operation)
  }

  /// The user's files: libgit2 looks for none by itself (see ``Library``).
  private func setConfiguration(_ operation: String) throws(GitError) {
    let loader = ConfigurationLoader(
      environment: location.environment, gitDirectory: gitDirectory,
      commonDirectory: commonDirectory)
    var files = loader.sources()
    if location.configuration.bool("extensions.worktreeConfig") == true {
      files.append(
        .init(path: gitDirectory.appending(path: "config.worktree"), level: .worktree))
    }
    var configuration: OpaquePointer?
    try unsafe check(git_config_new(&configuration), operation, gitDirectory)
    defer { unsafe git_config_free(configuration) }
    for file in files where FileSystem.isFile(file.path) {
      let result = unsafe git_config_add_file_ondisk(
        configuration, file.path, Self.level(of: file.level), pointer, 0)
      // What cannot be parsed is an error of `GitConfiguration`; here it changes nothing.
      if result != GIT_ENOTFOUND.rawValue { try check(result, operation, file.path) }
    }
    try unsafe check(git_repository_set_config(pointer, configuration), operation, gitDirectory)
  }

  private static func level(of level: GitConfiguration.Level) -> git_config_level_t {
    switch level {
    case .system: GIT_CONFIG_LEVEL_SYSTEM
    case .xdg: GIT_CONFIG_LEVEL_XDG
    case .global: GIT_CONFIG_LEVEL_GLOBAL
    case .local: GIT_CONFIG_LEVEL_LOCAL
    // libgit2 1.5 has no name for the work tree's own, which is above the local one.
    case .worktree, .command: GIT_CONFIG_LEVEL_APP
    }
  }
}

// MARK: - Objects

extension Repository {
  /// Whether there is such an object here. Nothing is fetched.
  package func contains(_ id: ObjectID) -> Bool { objects.contains(id) }

  /// The type of an object; `nil` when it is not here.
  package func kind(of id: ObjectID) throws(GitError) -> ObjectKind? {
    try objects.header(of: id)?.kind
  }

  /// `nil` when there is no such object, or it is no commit.
  package func commit(_ id: ObjectID) throws(GitError) -> Commit? {
    guard let object = try objects.load(id), object.kind == .commit else { return nil }
    return try ObjectText(object.copy()).commit(id)
  }

  /// `nil` when there is no such object, or it is no annotated tag.
  package func tag(_ id: ObjectID) throws(GitError) -> Tag? {
    guard let object = try objects.load(id), object.kind == .tag else { return nil }
    return try ObjectText(object.copy()).tag(id)
  }

  /// Files, links and submodules below a tree, in git's order.
  package func entries(ofTree id: ObjectID) throws(GitError) -> [TreeEntry] {
    try TreeReader(objects: objects).entries(of: id)
  }

  /// The entry at a path in a tree, which may be a directory; `nil` when there is none.
  package func entry(
    at path: String, inTree id: ObjectID
  ) throws(GitError) -> TreeEntry? {
    try TreeReader(objects: objects).entry(at: Array(path.utf8), in: id)
  }

  /// What differs between two trees, by path; `nil` is the empty tree.
  package func changes(
    from old: ObjectID?, to new: ObjectID?
  ) throws(GitError) -> [Change] {
    try TreeReader(objects: objects).changes(from: old, to: new)
  }

  /// The id that a blob of these contents has. Nothing is written.
  package func hashBlob(_ contents: some Sequence<UInt8>) throws(GitError) -> ObjectID {
    try BlobReader.id(of: contents)
  }
}
