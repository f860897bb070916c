/// Looks at the files of a work tree, as far as they are tracked or not ignored.
final class WorkTreeReader {
  let workTree: String
  private let index: Index
  private let ignored: IgnoreReader
  /// Directories that were found to be real ones, not links to elsewhere.
  private var realDirectories: [[UInt8]: Bool] = [[]: true]

  private static let operation = "read the work tree"

  init(_ location: Location, index: Index) throws(GitError) {
    guard let workTree = location.workTree else {
      throw GitError(.noWorkTree, Self.operation, location.gitDirectory)
    }
    self.workTree = workTree
    self.index = index
    ignored = try IgnoreReader(location, workTree: workTree)
  }

  func absolute(_ path: [UInt8]) -> String {
    path.isEmpty ? workTree : workTree.appending(path: String(decoding: path, as: UTF8.self))
  }

  /// The same as bytes: what is tracked, or lies in a work tree, need not be UTF-8.
  private func absoluteBytes(_ path: [UInt8]) -> [UInt8] {
    path.isEmpty ? Array(workTree.utf8) : Array(workTree.appending(path: "").utf8) + path
  }

  /// lstat(2) of a tracked path; `nil` also when a directory above it has become a link.
  func status(of path: [UInt8]) -> FileStatus? {
    let parent = Array(path[..<max(0, path.nameStart - 1)])
    guard isRealDirectory(parent) else { return nil }
    return FileSystem.status(ofBytes: absoluteBytes(path))
  }

  private func isRealDirectory(_ path: [UInt8]) -> Bool {
    if let known = realDirectories[path] { return known }
    let answer = status(of: path)?.kind == .directory
    realDirectories[path] = answer
    return answer
  }

  /// Tracked files and links that are there. Submodules end in a slash.
  func tracked() -> [[UInt8]] {
    var paths: [[UInt8]] = []
    for entry in index.entries where entry.path != paths.last {
      guard let status = status(of: entry.path) else { continue }
      if entry.mode == TreeEntry.submoduleMode {
        if status.kind == .directory { paths.append(entry.path + [UInt8(ascii: "/")]) }
      } else if status.kind == .file || status.kind == .link {
        paths.append(entry.path)
      }
    }
    return paths
  }

  /// Files and links that are neither tracked nor ignored. Repositories inside end in a slash.
  ///
  /// - Parameter collapsing: names a directory that has nothing tracked, with a slash at its end,
  ///   in the place of all that is in it, as `git status` does.
  func untracked(collapsing: Bool) throws(GitError) -> [[UInt8]] {
    var paths: [[UInt8]] = []
    try walk([], collapsing: collapsing) { paths.append($0) }
    return paths.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// Whether `body` was called.
  @discardableResult
  private func walk(
    _ directory: [UInt8], collapsing: Bool, onlyFirst: Bool = false,
    _ body: ([UInt8]) -> Void
  ) throws(GitError) -> Bool {
    var found = false
    for (name, kind) in try FileSystem.names(
      inBytes: absoluteBytes(directory), for: Self.operation)
    where !name.elementsEqual(".git".utf8) {
      if found && onlyFirst { return true }
      let path = directory.isEmpty ? name : directory + [UInt8(ascii: "/")] + name
      switch kind ?? FileSystem.status(ofBytes: absoluteBytes(path))?.kind {
      case .file, .link:
        if index.entry(at: path) == nil, try !ignored.isIgnored(path, isDirectory: false) {
          body(path)
          found = true
        }
      case .directory:
        if try walk(child: path, collapsing: collapsing, onlyFirst: onlyFirst, body) {
          found = true
        }
      case .other, nil: break
      }
    }
    return found
  }

  private func walk(
    child path: [UInt8], collapsing: Bool, onlyFirst: Bool, _ body: ([UInt8]) -> Void
  ) throws(GitError) -> Bool {
    let isTracked = index.hasEntries(below: path)
    if !isTracked, let entry = index.entry(at: path) {
      // A submodule, or a directory in the place of a file: `git status` tells only that the file
      // is gone.
      if entry.mode == TreeEntry.submoduleMode || collapsing { return false }
    }
    let isIgnored = try ignored.isIgnored(path, isDirectory: true)
    // What is tracked in an ignored directory is not untracked, and the rest is ignored.
    if isIgnored { return false }
    if isTracked { return try walk(path, collapsing: collapsing, onlyFirst: onlyFirst, body) }
    if isRepository(absolute(path)) {
      body(path + [UInt8(ascii: "/")])
      return true
    }
    guard collapsing else {
      return try walk(path, collapsing: false, onlyFirst: onlyFirst, body)
    }
    let found = try walk(path, collapsing: false, onlyFirst: true) { _ in }
    if found { body(path + [UInt8(ascii: "/")]) }
    return found
  }

  /// Whether git would take the directory for the work tree of another repository.
  private func isRepository(_ path: String) -> Bool {
    let dotGit = path.appending(path: ".git")
    switch FileSystem.status(of: dotGit)?.kind {
    case .file: return true
    case .directory:
      return FileSystem.status(of: dotGit.appending(path: "HEAD"), followingLinks: false) != nil
        && FileSystem.isDirectory(dotGit.appending(path: "objects"))
        && FileSystem.isDirectory(dotGit.appending(path: "refs"))
    default: return false
    }
  }

  func isIgnored(_ path: [UInt8]) throws(GitError) -> Bool {
    var path = path
    var isDirectory = false
    while path.last == UInt8(ascii: "/") {
      path.removeLast()
      isDirectory = true
    }
    if path.isEmpty { return false }
    isDirectory =
      isDirectory
      || FileSystem.status(of: absolute(path), followingLinks: false)?.kind == .directory
    return try ignored.isIgnored(path, isDirectory: isDirectory)
  }
}

extension Repository {
  /// Whether git's patterns ignore a path of the work tree, or a directory above it. That a file is
  /// tracked makes no difference. A directory that is not there is told by a slash at its end.
  package func isIgnored(_ path: String) throws(GitError) -> Bool {
    try WorkTreeReader(location, index: Index()).isIgnored(Array(path.utf8))
  }

  /// What a bundle of the work tree is made of: tracked files and links that are there, and those
  /// that are neither tracked nor ignored, in git's order. Submodules and other repositories in the
  /// work tree are paths that end in a slash; nothing of what is in them is listed.
  package func workTreeFiles() throws(GitError) -> [[UInt8]] {
    let reader = try WorkTreeReader(location, index: index())
    return (reader.tracked() + (try reader.untracked(collapsing: false)))
      .sorted { $0.lexicographicallyPrecedes($1) }
  }
}
