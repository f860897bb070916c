package import Git

/// The entries of a bundle in the order in which they are written, and what was noticed on the way.
package struct Listing: Sendable {
  package var entries: [BundleEntry] = []
  /// The repositories that blobs come from: the one itself, then its submodules.
  package var repositories: [Location] = []
  /// Repositories in the work tree that are no submodules; each is an empty directory in the bundle.
  package var nestedRepositories: [String] = []
  /// Files with a `filter` attribute, by the filter's name; their contents go in as stored.
  package var filtered: [String: [String]] = [:]
  /// Names of entries that a secret took the place of.
  package var replaced: [String] = []

  /// Files and links, without directories.
  package var fileCount: Int { entries.count { !$0.isDirectory } }
}

/// Lists what goes into a bundle.
package struct SourceLister {
  /// What narrows and moves a listing.
  package struct Options: Sendable {
    /// Put in front of every name; one that ends in a slash is an entry of its own.
    package var prefix = ""
    /// Only what lies at or below these paths; none means everything.
    package var paths: [String] = []
    /// Whether submodules' files go in; else each is an empty directory, as in `git archive`.
    package var submodules = true
    /// Whether the contents that Git LFS keeps go in; else the pointers to them.
    package var largeObjects = true

    package init(_ settings: BundleSettings, prefix: String = "", paths: [String] = []) {
      self.prefix = prefix
      self.paths = paths
      submodules = settings.submodules.value
      largeObjects = settings.lfs.value
    }
  }

  private let repository: Repository
  private let options: Options

  package init(repository: Repository, options: Options) {
    self.repository = repository
    self.options = options
  }

  /// The listing of `source` with the secrets of `overlay` laid over it.
  package func listing(of source: Source, overlay: Overlay) async throws -> Listing {
    var listing = Listing(repositories: [repository.location])
    var files = try await files(of: source, &listing)
    try keepOut(overlay, of: &files)
    lay(overlay, over: &files, &listing)
    try limit(&files)
    listing.entries = withDirectories(files)
    return listing
  }

  // MARK: - Files of each source

  private func files(of source: Source, _ listing: inout Listing) async throws -> [BundleEntry] {
    switch source {
    case .commit(let commit):
      return try files(ofTree: commit.tree, in: repository, below: [], &listing)
    case .tree(let tree):
      return try files(ofTree: tree, in: repository, below: [], &listing)
    case .staged:
      let entries = try await IndexReader(repository: repository).entries()
      return try files(entries, in: repository, below: [], &listing)
    case .workTree:
      return try await workTreeFiles(of: repository, below: [], &listing)
    }
  }

  private func files(
    ofTree tree: ObjectID, in repository: Repository, below prefix: [UInt8],
    _ listing: inout Listing
  ) throws -> [BundleEntry] {
    try files(try repository.entries(ofTree: tree), in: repository, below: prefix, &listing)
  }

  /// The files of a tree or an index, `prefix` in front of their names.
  private func files(
    _ found: [TreeEntry], in repository: Repository, below prefix: [UInt8],
    _ listing: inout Listing
  ) throws -> [BundleEntry] {
    let attributes = try AttributeReader(repository.location, entries: found)
    var selection = AttributeSelection(attributes)
    var largeObjects = try LargeObjectStore(repository, isEnabled: options.largeObjects)
    let modules = try modulesFile(of: found, in: repository)
    let number = listing.repositories.count - 1
    var files: [BundleEntry] = []
    files.reserveCapacity(found.count)
    for entry in found {
      let path = prefix.isEmpty ? entry.path : prefix + entry.path
      if NeverBundled.contains(path) { continue }
      let isSubmodule = entry.mode == TreeEntry.submoduleMode
      guard let selected = try selection.select(entry.path, isDirectory: isSubmodule) else {
        continue
      }
      guard let mode = FileMode.bundled(entry.mode) else {
        files.append(
          BundleEntry(
            path: path + [UInt8(ascii: "/")], mode: FileMode.directory, content: .directory))
        if options.submodules {
          let opened = try submodule(entry, in: repository, modules: modules, below: prefix)
          listing.repositories.append(opened.repository.location)
          files += try self.files(
            ofTree: opened.tree, in: opened.repository, below: path + [UInt8(ascii: "/")], &listing)
        }
        continue
      }
      let isLink = mode == FileMode.symbolicLink
      var content = BundleEntry.Content.blob(
        entry.id, conversion: isLink ? .none : selected.conversion, repository: number)
      if let filter = selected.filter, !isLink {
        if filter == LargeObjectStore.filter {
          if let object = try largeObjects.content(of: entry.id, path: path) { content = object }
        } else {
          listing.filtered[filter, default: []].append(String(decoding: path, as: UTF8.self))
        }
      }
      files.append(BundleEntry(path: path, mode: mode, content: content))
    }
    if !largeObjects.missing.isEmpty { throw SourceError.missingLargeObjects(largeObjects.missing) }
    return files
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

  private func workTreeFiles(
    of repository: Repository, below prefix: [UInt8], _ listing: inout Listing
  ) async throws -> [BundleEntry] {
    guard let workTree = repository.workTree else { throw SourceError.noWorkTree }
    let index = IndexReader(repository: repository)
    let tracked = try await index.trackedEntries()
    let attributes = try AttributeReader(
      repository.location, entries: tracked, preferringWorkTree: true)
    var selection = AttributeSelection(attributes)
    let gitlinks = Set(tracked.filter { $0.mode == TreeEntry.submoduleMode }.map(\.path))
    var files: [BundleEntry] = []
    for path in try await index.workTreeFiles() where !NeverBundled.contains(prefix + path) {
      let isRepository = path.last == UInt8(ascii: "/")
      guard try selection.select(path, isDirectory: isRepository) != nil else { continue }
      let name = String(decoding: path, as: UTF8.self)
      if isRepository {
        files.append(
          BundleEntry(path: prefix + path, mode: FileMode.directory, content: .directory))
        if !gitlinks.contains(path.dropLast()) {
          listing.nestedRepositories.append(String(decoding: prefix, as: UTF8.self) + name)
        } else if options.submodules,
          let submodule = try repository.submodule(at: String(name.dropLast()), modules: nil),
          submodule.workTree != nil
        {
          files += try await workTreeFiles(of: submodule, below: prefix + path, &listing)
        }
        continue
      }
      guard Array(name.utf8) == path else {
        throw SourceError.unreadable(
          path: name, reason: "its name is not UTF-8, which only a commit or the index may have")
      }
      guard let status = try FileSystem.status(workTree + "/" + name) else { continue }
      guard status.isRegular || status.isSymbolicLink else { continue }
      let mode =
        status.isSymbolicLink
        ? FileMode.symbolicLink : status.mode & 0o100 == 0 ? FileMode.regular : FileMode.executable
      files.append(
        BundleEntry(
          path: prefix + path, mode: mode, content: .file(path: workTree + "/" + name)))
    }
    return files
  }

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

  private func lay(
    _ overlay: Overlay, over files: inout [BundleEntry], _ listing: inout Listing
  ) {
    guard !overlay.secrets.isEmpty else { return }
    let places = Set(overlay.secrets.map { Array($0.path.utf8) })
    files.removeAll { file in
      guard places.contains(file.path) else { return false }
      listing.replaced.append(file.name)
      return true
    }
    for secret in overlay.secrets {
      files.append(
        BundleEntry(path: Array(secret.path.utf8), mode: secret.mode, content: .secret(secret)))
    }
    files.sort { $0.path.lexicographicallyPrecedes($1.path) }
  }

  /// Adds an entry for each directory in front of its first file, and the prefix.
  private func withDirectories(_ files: [BundleEntry]) -> [BundleEntry] {
    let prefix = Array(options.prefix.utf8)
    let slash = UInt8(ascii: "/")
    var entries: [BundleEntry] = []
    entries.reserveCapacity(files.count + files.count / 4)
    if prefix.last == slash {
      entries.append(BundleEntry(path: prefix, mode: FileMode.directory, content: .directory))
    }
    var previous: [UInt8] = []
    for var file in files {
      // The directories that this path shares with the one before have their entries already.
      var shared = 0
      let limit = min(previous.count, file.path.count)
      var index = 0
      while index < limit, previous[index] == file.path[index] {
        if file.path[index] == slash { shared = index + 1 }
        index += 1
      }
      for end in file.path.indices.dropLast() where end >= shared && file.path[end] == slash {
        entries.append(
          BundleEntry(
            path: prefix + file.path[...end], mode: FileMode.directory, content: .directory))
      }
      previous = file.path
      if !prefix.isEmpty { file.path = prefix + file.path }
      entries.append(file)
    }
    return entries
  }
}

/// What never goes into a bundle, whatever is tracked.
package enum NeverBundled {
  package static func contains(_ path: [UInt8]) -> Bool {
    if path.starts(with: elasticBeanstalk) {
      return path == configuration || path.starts(with: versions)
    }
    // No part of the path is `.git`; looked at in place, since this is asked of every file.
    var start = 0
    while start + git.count <= path.count {
      let end = path[start...].firstIndex(of: UInt8(ascii: "/")) ?? path.count
      if end - start == git.count, path[start..<end].elementsEqual(git) { return true }
      start = end + 1
    }
    return false
  }

  private static let git = Array(".git".utf8)
  private static let elasticBeanstalk = Array(".elasticbeanstalk/".utf8)
  private static let configuration = Array(".elasticbeanstalk/config.yml".utf8)
  private static let versions = Array(".elasticbeanstalk/app_versions/".utf8)
}

/// A path limit after `--`: a file, a directory with all below it, or a pattern.
private struct PathLimit {
  private let text: String
  private let bytes: [UInt8]
  private let isPattern: Bool

  init(_ text: String) {
    var text = text.hasPrefix("./") ? String(text.dropFirst(2)) : text
    while text.count > 1, text.hasSuffix("/") { text.removeLast() }
    self.text = text
    bytes = Array(text.utf8)
    isPattern = text.contains { "*?[".contains($0) }
  }

  func matches(_ path: [UInt8]) -> Bool {
    if text == "." { return true }
    if path.starts(with: bytes),
      path.count == bytes.count || path[bytes.count] == UInt8(ascii: "/")
    {
      return true
    }
    return isPattern
      && Wildmatch.matches(text, String(decoding: path, as: UTF8.self), pathname: false)
  }
}

/// Asks for the attributes of each path, and once for each directory.
struct AttributeSelection {
  struct Selected {
    var conversion: Conversion
    /// The name of a `filter` that is set.
    var filter: String?
  }

  private static let plain = Selected(conversion: .none, filter: nil)
  private static let names = ["export-ignore", "filter"] + Conversion.attributeNames

  private let reader: AttributeReader
  private let isEmpty: Bool
  private var ignoredDirectories: [[UInt8]: Bool] = [:]

  init(_ reader: AttributeReader) {
    self.reader = reader
    isEmpty = reader.isEmpty
  }

  /// `nil` when the path, or a directory above it, is `export-ignore`.
  mutating func select(_ path: [UInt8], isDirectory: Bool) throws -> Selected? {
    if isEmpty { return Self.plain }
    if let parent = path.lastIndex(of: UInt8(ascii: "/")),
      try isIgnored(directory: Array(path[...parent]))
    {
      return nil
    }
    let asked = isDirectory && path.last != UInt8(ascii: "/") ? path + [UInt8(ascii: "/")] : path
    let values = try reader.values(Self.names, for: asked)
    if values[0] == .set { return nil }
    var filter: String?
    if case .value(let name) = values[1] { filter = name }
    return Selected(conversion: Conversion(attributes: values[2...]), filter: filter)
  }

  /// `directory` ends in a slash. Nothing below an ignored directory can be brought back.
  private mutating func isIgnored(directory: [UInt8]) throws -> Bool {
    if let known = ignoredDirectories[directory] { return known }
    var ignored = false
    if let parent = directory.dropLast().lastIndex(of: UInt8(ascii: "/")) {
      ignored = try isIgnored(directory: Array(directory[...parent]))
    }
    if !ignored { ignored = try reader.values(["export-ignore"], for: directory)[0] == .set }
    ignoredDirectories[directory] = ignored
    return ignored
  }
}
