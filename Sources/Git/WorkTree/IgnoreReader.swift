/// What git ignores in a work tree: every `.gitignore`, `info/exclude` and `core.excludesFile`.
final class IgnoreReader {
  private let workTree: String
  private let ignoresCase: Bool
  /// `core.excludesFile`, then `info/exclude`.
  private let lowest: [IgnorePatterns]
  private var files: [[UInt8]: IgnorePatterns] = [:]
  private var directories: [[UInt8]: Bool] = [:]

  private static let operation = "read the ignored patterns"

  init(_ location: Location, workTree: String) throws(GitError) {
    self.workTree = workTree
    let configuration = location.configuration
    ignoresCase = configuration.bool("core.ignoreCase") == true
    var lowest: [IgnorePatterns] = []
    let own =
      configuration["core.excludesFile"]?.value.flatMap { location.environment.expandingHome($0) }
      ?? location.environment.userPath("ignore")
    for path in [own, location.commonDirectory.appending(path: "info/exclude")] {
      guard let path = path.map(workTree.appending(path:)), FileSystem.isFile(path),
        let contents = try FileSystem.contents(of: path, for: Self.operation)
      else { continue }
      lowest.append(IgnorePatterns(contents))
    }
    self.lowest = lowest
  }

  /// Whether the patterns ignore the path or a directory above it. Tracked or not makes no
  /// difference here.
  func isIgnored(_ path: [UInt8], isDirectory: Bool) throws(GitError) -> Bool {
    let parent = Array(path[..<max(0, path.nameStart - 1)])
    if try isIgnored(directory: parent) { return true }
    return try decision(for: path, in: parent, isDirectory: isDirectory) == .ignored
  }

  private func isIgnored(directory: [UInt8]) throws(GitError) -> Bool {
    if directory.isEmpty { return false }
    if let known = directories[directory] { return known }
    let answer = try isIgnored(directory, isDirectory: true)
    directories[directory] = answer
    return answer
  }

  private func decision(
    for path: [UInt8], in parent: [UInt8], isDirectory: Bool
  ) throws(GitError) -> IgnorePatterns.Decision? {
    var directory = parent
    while true {
      if let decision = try patterns(of: directory).decision(
        for: path, isDirectory: isDirectory, ignoringCase: ignoresCase)
      {
        return decision
      }
      if directory.isEmpty { break }
      directory = Array(directory[..<max(0, directory.nameStart - 1)])
    }
    for patterns in lowest.reversed() {
      if let decision = patterns.decision(
        for: path, isDirectory: isDirectory, ignoringCase: ignoresCase)
      {
        return decision
      }
    }
    return nil
  }

  private func patterns(of directory: [UInt8]) throws(GitError) -> IgnorePatterns {
    if let known = files[directory] { return known }
    let folder = workTree.appending(path: String(decoding: directory, as: UTF8.self))
    let path = (directory.isEmpty ? workTree : folder).appending(path: ".gitignore")
    var contents: [UInt8] = []
    // git follows no link here.
    if FileSystem.status(of: path, followingLinks: false)?.kind == .file {
      contents =
        try FileSystem.contents(of: path, followingLinks: false, for: Self.operation) ?? []
    }
    let patterns = IgnorePatterns(contents, base: directory)
    files[directory] = patterns
    return patterns
  }
}
