package import Git
import Zip

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Lists what goes into a bundle.
package struct SourceLister {
  /// What narrows, moves and changes a listing.
  package struct Options: Sendable {
    /// Put in front of every name; one that ends in a slash is an entry of its own.
    package var prefix = ""
    /// Only what lies at or below these paths of the bundle; none means everything.
    package var paths: [String] = []
    /// The directory of the repository that becomes the bundle's root, without slashes at the ends;
    /// empty for the whole.
    package var root = ""
    /// Whether submodules' files go in; else each is an empty directory, as in `git archive`.
    package var submodules = true
    /// Whether the contents that Git LFS keeps go in; else the pointers to them.
    package var largeObjects = true
    /// ``BundleSettings/isForStrangers``.
    package var isForStrangers = false
    /// Whether `core.autocrlf` and `core.eol` count, as in `git archive`.
    package var followsLineEndingSettings = false
    /// As `git archive --worktree-attributes`.
    package var usesWorkTreeAttributes = false
    /// Where git may put what it renders.
    package var temporaryDirectory: String
    package var isInterrupted: @Sendable () -> Bool

    package init(_ settings: BundleSettings, _ surroundings: Surroundings) {
      root = settings.rootPath
      submodules = settings.submodules.value
      largeObjects = settings.lfs.value
      isForStrangers = settings.isForStrangers
      followsLineEndingSettings = settings.autocrlf.value
      temporaryDirectory = surroundings.temporaryDirectory
      isInterrupted = surroundings.isInterrupted
    }
  }

  private let repository: Repository
  private let options: Options
  /// ``Options/root`` with a slash at its end; empty for the whole.
  private let root: [UInt8]

  package init(repository: Repository, options: Options) {
    self.repository = repository
    self.options = options
    root = options.root.isEmpty ? [] : Array((options.root + "/").utf8)
  }

  /// The listing of `source` with the secrets of `overlay` laid over it.
  package func listing(of source: Source, overlay: Overlay) async throws -> Listing {
    var draft = Draft()
    if case .artifact(let name, let path, _) = source {
      draft.files = try Artifact(name: name, path: path).entries()
      lay(overlay, over: &draft, isSorted: false)
      try limit(&draft.files)
      draft.listing.entries = withPrefix(draft.files)
      return draft.listing
    }
    draft.listing.repositories = [repository.location]
    try await list(source, &draft)
    try honourIgnoreFile(&draft)
    try keepOut(overlay, of: &draft.files)
    if !draft.listing.broughtIn.isEmpty {
      let present = Set(draft.files.map(\.path))
      draft.listing.broughtIn.removeAll { !present.contains(root + Array($0.utf8)) }
    }
    try moveRoot(&draft)
    lay(overlay, over: &draft, isSorted: true)
    try limit(&draft.files)
    try await render(&draft)
    draft.listing.entries = withPrefix(withDirectories(draft.files))
    return draft.listing
  }

  /// A listing on its way, with what later stages need to know of earlier ones.
  private struct Draft {
    var listing = Listing()
    /// From the repository's root until it is moved.
    var files: [BundleEntry] = []
    /// What is archived of each repository of the listing.
    var subjects: [GitRendering.Subject] = []
    /// Files whose contents git has to make, by name.
    var rendered: [[UInt8]: Rendered] = [:]
    /// The contents of the source's `.ebignore`.
    var ignoreFile: [UInt8]?
  }

  /// A file whose contents git has to make.
  private struct Rendered {
    /// From its own repository's root.
    var path: [UInt8]
    /// Only placeholders of the commit are to be filled in, if there are any.
    var isSubstitutedOnly: Bool
  }

  // MARK: - Files of each source

  private func list(_ source: Source, _ draft: inout Draft) async throws {
    switch source {
    case .commit(let commit):
      try await list(tree: commit.tree, .commit(commit.id), in: repository, below: [], &draft)
    case .tree(let tree):
      try await list(tree: tree, .tree(tree), in: repository, below: [], &draft)
    case .staged:
      let entries = try await IndexReader(repository: repository).entries()
      try await list(entries, .index(entries), in: repository, below: [], &draft)
    case .workTree:
      try await listWorkTree(of: repository, below: [], &draft)
    case .artifact, .codeCommit:
      preconditionFailure("\(source.kind) is no source of files")
    }
  }

  private func list(
    tree: ObjectID, _ subject: GitRendering.Subject, in repository: Repository,
    below prefix: [UInt8], _ draft: inout Draft
  ) async throws {
    let entries: [TreeEntry]
    do {
      entries = try repository.entries(ofTree: tree)
    } catch {
      guard error.code == .missingPromisorObject else { throw error }
      try await PromisedObjects(
        repository: repository, isInterrupted: options.isInterrupted
      ).fetchTrees(below: tree)
      entries = try repository.entries(ofTree: tree)
    }
    try await list(entries, subject, in: repository, below: prefix, &draft)
  }

  /// The files of a tree or an index, `prefix` in front of their names.
  private func list(
    _ found: [TreeEntry], _ subject: GitRendering.Subject, in repository: Repository,
    below prefix: [UInt8], _ draft: inout Draft
  ) async throws {
    if repository.isPartialClone { try await fetchMissing(found, in: repository, below: prefix) }
    let configuration = try repository.configuration()
    let attributes = try AttributeReader(
      repository.location, entries: options.usesWorkTreeAttributes ? [] : found,
      preferringWorkTree: options.usesWorkTreeAttributes)
    var selection = AttributeSelection(
      attributes, configuration,
      lineEndings: options.followsLineEndingSettings ? LineEndingSettings(configuration) : .none)
    var largeObjects = try LargeObjectStore(
      repository, isEnabled: options.largeObjects, mayFetch: !options.isForStrangers,
      isInterrupted: options.isInterrupted)
    let modules = try modulesFile(of: found, in: repository)
    let number = draft.subjects.count
    draft.subjects.append(subject)
    let hasCommit = if case .commit = subject { true } else { false }
    draft.files.reserveCapacity(draft.files.count + found.count)
    for entry in found {
      let path = prefix.isEmpty ? entry.path : prefix + entry.path
      if NeverBundled.contains(path) { continue }
      let isSubmodule = entry.mode == TreeEntry.submoduleMode
      guard isWanted(path, isSubmodule: isSubmodule),
        let selected = try selection.select(entry.path, isDirectory: isSubmodule)
      else { continue }
      guard let mode = FileMode.bundled(entry.mode) else {
        let directory = path + [UInt8(ascii: "/")]
        draft.files.append(
          BundleEntry(path: directory, mode: FileMode.directory, content: .directory))
        if options.submodules {
          let opened = try submodule(entry, in: repository, modules: modules, below: prefix)
          draft.listing.repositories.append(opened.repository.location)
          try await list(
            tree: opened.tree, .commit(entry.id), in: opened.repository, below: directory, &draft)
        }
        continue
      }
      if mode == FileMode.symbolicLink {
        draft.files.append(
          BundleEntry(
            path: path, mode: mode,
            content: .blob(entry.id, conversion: .none, repository: number),
            isText: selected.isText))
        continue
      }
      if prefix.isEmpty, path.count == root.count + IgnoreFile.name.count,
        path.starts(with: root), path.dropFirst(root.count).elementsEqual(IgnoreFile.name)
      {
        draft.ignoreFile = try BlobReader(repository.location).contents(of: entry.id)
      }
      var content = BundleEntry.Content.blob(
        entry.id, conversion: selected.conversion, repository: number)
      var needsGit = selected.isEncoded
      if let filter = selected.filter {
        if filter == LargeObjectStore.filter {
          if let object = try largeObjects.content(of: entry.id, path: path) { content = object }
        } else if configuration.definesFilter(filter) {
          needsGit = true
        } else {
          draft.listing.filtered[filter, default: []].append(
            String(decoding: path, as: UTF8.self))
        }
      }
      if case .blob = content, needsGit || selected.isSubstituted && hasCommit {
        draft.rendered[path] = Rendered(path: entry.path, isSubstitutedOnly: !needsGit)
      }
      draft.files.append(
        BundleEntry(path: path, mode: mode, content: content, isText: selected.isText))
    }
    if !largeObjects.missing.isEmpty {
      let fetched = try await largeObjects.fetchMissing()
      for index in draft.files.indices {
        if let content = fetched[draft.files[index].path] { draft.files[index].content = content }
      }
    }
  }

  private func fetchMissing(
    _ found: [TreeEntry], in repository: Repository, below prefix: [UInt8]
  ) async throws {
    let wanted = found.filter {
      $0.mode != TreeEntry.submoduleMode
        && (isWanted(prefix + $0.path, isSubmodule: false)
          || AttributeReader.isFile($0.path) || $0.path == Self.modulesFile)
    }
    try await PromisedObjects(repository: repository, isInterrupted: options.isInterrupted)
      .fetch(wanted.map(\.id))
  }

  /// The repository of a gitlink and the tree of the commit that it records.
  private func submodule(
    _ entry: TreeEntry, in repository: Repository, modules: [UInt8]?, below prefix: [UInt8]
  ) throws -> (repository: Repository, tree: ObjectID) {
    let path = String(decoding: entry.path, as: UTF8.self)
    let shown = String(decoding: prefix + entry.path, as: UTF8.self)
    guard let found = try repository.submodule(at: path, modules: modules) else {
      throw SourceError.submodule(shown, commit: nil)
    }
    guard let commit = try found.commit(entry.id) else {
      throw SourceError.submodule(shown, commit: entry.id.hex)
    }
    return (found, commit.tree)
  }

  /// The `.gitmodules` that stands beside the gitlinks of a listing; read where there are any.
  private func modulesFile(of entries: [TreeEntry], in repository: Repository) throws -> [UInt8]? {
    guard options.submodules, entries.contains(where: { $0.mode == TreeEntry.submoduleMode }),
      let entry = entries.first(where: { $0.path == Self.modulesFile })
    else { return nil }
    return try BlobReader(repository.location).contents(of: entry.id)
  }

  private static let modulesFile = Array(".gitmodules".utf8)

  private func listWorkTree(
    of repository: Repository, below prefix: [UInt8], _ draft: inout Draft
  ) async throws {
    guard let workTree = repository.workTree else { throw SourceError.noWorkTree }
    let index = IndexReader(repository: repository)
    let tracked = try await index.trackedEntries()
    let attributes = try AttributeReader(
      repository.location, entries: tracked, preferringWorkTree: true)
    var selection = AttributeSelection(attributes, try repository.configuration())
    let gitlinks = Set(tracked.filter { $0.mode == TreeEntry.submoduleMode }.map(\.path))
    for path in try await index.workTreeFiles() where !NeverBundled.contains(prefix + path) {
      let isRepository = path.last == UInt8(ascii: "/")
      guard
        isWanted(
          isRepository ? prefix + path.dropLast() : prefix + path, isSubmodule: isRepository),
        try selection.select(path, isDirectory: isRepository) != nil
      else { continue }
      let name = String(decoding: path, as: UTF8.self)
      if isRepository {
        draft.files.append(
          BundleEntry(path: prefix + path, mode: FileMode.directory, content: .directory))
        if !gitlinks.contains(path.dropLast()) {
          draft.listing.nestedRepositories.append(String(decoding: prefix, as: UTF8.self) + name)
        } else if options.submodules,
          let submodule = try repository.submodule(at: String(name.dropLast()), modules: nil),
          submodule.workTree != nil
        {
          try await listWorkTree(of: submodule, below: prefix + path, &draft)
        }
        continue
      }
      guard Array(name.utf8) == path else { throw SourceError.nameIsNotUTF8(name) }
      if let file = try entry(at: workTree + "/" + name, as: prefix + path) {
        draft.files.append(file)
        if file.path == root + IgnoreFile.name, !file.isSymbolicLink {
          draft.ignoreFile = try FileSystem.contents(workTree + "/" + name, limit: 1 << 20)
        }
      }
    }
  }

  /// A file or link of the file system; `nil` for what is gone or is something else.
  private func entry(at place: String, as path: [UInt8]) throws -> BundleEntry? {
    guard let status = try FileSystem.status(place), status.isRegular || status.isSymbolicLink
    else { return nil }
    let mode =
      status.isSymbolicLink
      ? FileMode.symbolicLink : status.mode & 0o100 == 0 ? FileMode.regular : FileMode.executable
    return BundleEntry(path: path, mode: mode, content: .file(path: place))
  }

  // MARK: - The bundle's root

  /// Whether a path is below the root; for a submodule also, whether the root is in it.
  private func isWanted(_ path: [UInt8], isSubmodule: Bool) -> Bool {
    if root.isEmpty || path.starts(with: root) { return true }
    return isSubmodule && root.starts(with: path + [UInt8(ascii: "/")])
  }

  /// Takes the root away from the names.
  private func moveRoot(_ draft: inout Draft) throws {
    guard !root.isEmpty else { return }
    // The directory of a submodule that the root is, or is in, is none of the bundle's.
    draft.files.removeAll { $0.path.count <= root.count }
    if draft.files.isEmpty { throw SourceError.emptyRoot(options.root) }
    for index in draft.files.indices {
      let name = Array(draft.files[index].path.dropFirst(root.count))
      if let rendered = draft.rendered.removeValue(forKey: draft.files[index].path) {
        draft.rendered[name] = rendered
      }
      draft.files[index].path = name
    }
    draft.files.removeAll { NeverBundled.contains($0.path) }
  }

  // MARK: - .ebignore

  private func honourIgnoreFile(_ draft: inout Draft) throws {
    let top = repository.workTree.map { options.root.isEmpty ? $0 : $0 + "/" + options.root }
    guard let contents = draft.ignoreFile else {
      let own = top.map { $0 + "/" + String(decoding: IgnoreFile.name, as: UTF8.self) }
      draft.listing.hasForeignIgnoreFile =
        try own.flatMap { try FileSystem.status($0) }?.isRegular == true
      return
    }
    var file = IgnoreFile(contents)
    draft.files.removeAll {
      $0.path.count > root.count && file.excludes(Array($0.path.dropFirst(root.count)))
    }
    guard let top, !options.isForStrangers else { return }
    let present = Set(draft.files.map(\.path))
    for name in try file.included(below: top) {
      let path = root + Array(name.utf8)
      guard !present.contains(path), !NeverBundled.contains(path),
        !NeverBundled.contains(Array(name.utf8)),
        let file = try entry(at: top + "/" + name, as: path)
      else { continue }
      draft.files.append(file)
      draft.listing.broughtIn.append(name)
    }
    if !draft.listing.broughtIn.isEmpty {
      draft.files.sort { $0.path.lexicographicallyPrecedes($1.path) }
    }
  }

  // MARK: - What git renders

  /// Has git make the contents that only git can make, of those files that are still wanted.
  private func render(_ draft: inout Draft) async throws {
    guard !draft.rendered.isEmpty else { return }
    var wanted: [Int: [(index: Int, path: [UInt8])]] = [:]
    let readers = BlobReaders(draft.listing.repositories)
    for index in draft.files.indices {
      guard case .blob(let id, _, let number) = draft.files[index].content,
        let rendered = draft.rendered[draft.files[index].path]
      else { continue }
      if rendered.isSubstitutedOnly, !(try hasPlaceholder(id, try readers[number])) { continue }
      wanted[number, default: []].append((index, rendered.path))
    }
    for (number, files) in wanted.sorted(by: { $0.key < $1.key }) {
      let rendering = GitRendering(
        repository: draft.listing.repositories[number], subject: draft.subjects[number],
        usesWorkTreeAttributes: options.usesWorkTreeAttributes,
        followsLineEndingSettings: options.followsLineEndingSettings,
        temporaryDirectory: options.temporaryDirectory, isInterrupted: options.isInterrupted)
      let (archive, records) = try await rendering.render(files.map(\.path))
      for (index, path) in files {
        guard let record = records[path] else {
          throw SourceError.git(
            operation: "archive what needs its filters",
            reason: "\(String(decoding: path, as: UTF8.self)) is not among it")
        }
        draft.files[index].content = .rendered(record, archive)
      }
    }
  }

  /// Whether there is anything that `export-subst` would fill in.
  private func hasPlaceholder(_ id: ObjectID, _ reader: BlobReader) throws -> Bool {
    try unsafe reader.withContents(of: id) { bytes in
      unsafe bytes.contains(Self.placeholderStart)
    }
  }

  private static let placeholderStart = Array("$Format:".utf8)

  // MARK: - Limits, overlay, order

  private func limit(_ files: inout [BundleEntry]) throws {
    guard !options.paths.isEmpty else { return }
    let limits = options.paths.map(PathLimit.init)
    var used = Set<Int>()
    files.removeAll { file in
      guard let index = limits.firstIndex(where: { $0.matches(file.path) }) else { return true }
      used.insert(index)
      return false
    }
    if let unused = limits.indices.first(where: { index in
      !used.contains(index) && !files.contains { limits[index].matches($0.path) }
    }) {
      throw SourceError.nothingMatches(options.paths[unused])
    }
  }

  /// A listed secret goes in as a secret or not at all: not as a file of the work tree under its
  /// own name, and not where it is meant for another environment.
  private func keepOut(_ overlay: Overlay, of files: inout [BundleEntry]) throws {
    guard !overlay.places.isEmpty else { return }
    try files.removeAll { file in
      guard !file.isDirectory, let place = overlay.places.first(where: { $0.holds(file.path) })
      else { return false }
      if case .file = file.content {
        if place.isForThis { return true }
        throw SecretError(
          secret: file.name, problem: .meantFor(place.rule.environments ?? []),
          origin: place.rule.origin)
      }
      if place.isForThis { return false }
      throw SecretError(secret: file.name, problem: .tracked, origin: place.rule.origin)
    }
  }

  /// Puts the secrets among the files or, unless these are sorted, behind them.
  private func lay(_ overlay: Overlay, over draft: inout Draft, isSorted: Bool) {
    guard !overlay.secrets.isEmpty else { return }
    let slash = UInt8(ascii: "/")
    let places = Set(overlay.secrets.map { Array($0.path.utf8) })
    var above = Set<[UInt8]>()
    for place in places {
      for end in place.indices where place[end] == slash { above.insert(Array(place[..<end])) }
    }
    // One name cannot be a file and a directory: what is in a secret's way gives way too.
    draft.files.removeAll { file in
      if file.isDirectory, places.contains(Array(file.path.dropLast())) { return true }
      guard
        places.contains(file.path) || !file.isDirectory && above.contains(file.path)
          || places.contains(where: {
            file.path.count > $0.count && file.path[$0.count] == slash && file.path.starts(with: $0)
          })
      else { return false }
      if !file.isDirectory { draft.listing.replaced.append(file.name) }
      return true
    }
    let secrets = overlay.secrets.map {
      BundleEntry(path: Array($0.path.utf8), mode: $0.mode, content: .secret($0))
    }
    if isSorted {
      draft.files += secrets
      draft.files.sort { $0.path.lexicographicallyPrecedes($1.path) }
    } else {
      let present = Set(draft.files.filter(\.isDirectory).map(\.path))
      draft.files += withDirectories(secrets).filter {
        !$0.isDirectory || !present.contains($0.path)
      }
    }
  }

  /// The prefix, and it in front of all names.
  private func withPrefix(_ files: [BundleEntry]) -> [BundleEntry] {
    let prefix = Array(options.prefix.utf8)
    guard !prefix.isEmpty else { return files }
    var entries: [BundleEntry] = []
    if prefix.last == UInt8(ascii: "/") {
      entries.append(BundleEntry(path: prefix, mode: FileMode.directory, content: .directory))
    }
    return entries
      + files.map { file in
        var file = file
        file.path = prefix + file.path
        return file
      }
  }

  /// Adds an entry for each directory in front of its first file.
  private func withDirectories(_ files: [BundleEntry]) -> [BundleEntry] {
    let slash = UInt8(ascii: "/")
    var entries: [BundleEntry] = []
    entries.reserveCapacity(files.count + files.count / 4)
    var previous: [UInt8] = []
    for file in files {
      // The directories that this path shares with the one before have their entries already.
      let (shared, last) = Self.directories(of: file.path.span, after: previous.span)
      var end = shared
      while end < last {
        if file.path[end] == slash {
          entries.append(
            BundleEntry(
              path: Array(file.path[...end]), mode: FileMode.directory, content: .directory))
        }
        end += 1
      }
      previous = file.path
      entries.append(file)
    }
    return entries
  }

  /// The ends of the directories that a path shares with another, and of all that it has.
  private static func directories(
    of path: Span<UInt8>, after previous: Span<UInt8>
  ) -> (shared: Int, last: Int) {
    let slash = UInt8(ascii: "/")
    var shared = 0
    let limit = min(previous.count, path.count)
    var index = 0
    while index < limit, previous[index] == path[index] {
      index += 1
      if path[index - 1] == slash { shared = index }
    }
    // The slash at the end of a directory's own name is none that leads to it.
    var last = path.count - 1
    while last > shared, path[last - 1] != slash { last -= 1 }
    return (shared, max(shared, last))
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func contains(_ bytes: [UInt8]) -> Bool {
    guard let first = bytes.first else { return true }
    var position = 0
    while count - position >= bytes.count, let start = baseAddress,
      let found = unsafe memchr(start + position, Int32(first), count - position)
    {
      position = unsafe found - UnsafeMutableRawPointer(mutating: start)
      if unsafe self[position...].starts(with: bytes) { return true }
      position += 1
    }
    return false
  }
}

extension GitConfiguration {
  /// Whether git would run a program for files with this `filter`, or refuse them.
  fileprivate func definesFilter(_ name: String) -> Bool {
    ["smudge", "process"].contains { self["filter.\(name).\($0)"]?.value?.isEmpty == false }
      || bool("filter.\(name).required") == true
  }
}
