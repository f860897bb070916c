package import Git

/// Reads the index and the work tree, through `git` itself where the index has a format that only
/// git reads: split and sparse ones.
package struct IndexReader {
  private let repository: Repository

  package init(repository: Repository) {
    self.repository = repository
  }

  /// The entries that a commit would take: no conflicts (an error), no intent-to-add.
  package func entries() async throws -> [TreeEntry] {
    let entries = try await allEntries()
    let conflicts = Set(entries.filter { $0.stage != 0 }.map(\.name))
    if !conflicts.isEmpty { throw SourceError.conflicts(conflicts.sorted()) }
    return entries.filter { !$0.isIntentToAdd }.map(\.entry)
  }

  /// Every entry that is not in conflict or, in a conflict, ours.
  package func trackedEntries() async throws -> [TreeEntry] {
    try await allEntries().filter { $0.stage == 0 || $0.stage == 2 }.map(\.entry)
  }

  /// Every path that git tracks.
  package func trackedPaths() async throws -> Set<[UInt8]> {
    Set(try await allEntries().map(\.entry.path))
  }

  /// As ``Repository/workTreeFiles()``.
  package func workTreeFiles() async throws -> [[UInt8]] {
    if let files = try unlessUnsupported({ () throws(GitError) in try repository.workTreeFiles() })
    {
      return files
    }
    let output = try await git(
      "list the work tree", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    return Set(output.split(separator: 0).map(Array.init)).sorted {
      $0.lexicographicallyPrecedes($1)
    }
  }

  /// As ``Repository/status(limit:)``.
  package func status() async throws -> StatusSummary {
    if let status = try unlessUnsupported({ () throws(GitError) in try repository.status() }) {
      return status
    }
    let output = try await git(
      "read the status", ["status", "--porcelain=v1", "-z", "--no-renames"])
    var status = StatusSummary()
    for record in output.split(separator: 0) where record.count > 3 {
      let path = Array(record.dropFirst(3))
      let (index, workTree) = (record[record.startIndex], record[record.startIndex + 1])
      if index == UInt8(ascii: "?") {
        status.untracked.append(path, limit: 10)
      } else {
        if index != UInt8(ascii: " ") { status.staged.append(path, limit: 10) }
        if workTree != UInt8(ascii: " ") { status.modified.append(path, limit: 10) }
      }
    }
    return status
  }

  // MARK: - Entries

  struct Entry: Equatable {
    var entry: TreeEntry
    var stage: Int
    var isIntentToAdd: Bool

    var name: String { String(decoding: entry.path, as: UTF8.self) }
  }

  private func allEntries() async throws -> [Entry] {
    if let entries = try unlessUnsupported({ () throws(GitError) in try repository.indexEntries() })
    {
      return entries.map {
        Entry(
          entry: TreeEntry(path: $0.path, mode: $0.mode, id: $0.id), stage: $0.stage,
          isIntentToAdd: $0.isIntentToAdd)
      }
    }
    let output = try await git(
      "read the index", ["ls-files", "--stage", "--debug", "--full-name", "-z"])
    guard let entries = Self.parse(output) else {
      throw SourceError.git(operation: "read the index", reason: "unexpected output")
    }
    return entries
  }

  // MARK: - Through git

  /// `nil` where the index has a format that only git reads.
  private func unlessUnsupported<R>(_ read: () throws(GitError) -> R) throws(GitError) -> R? {
    do {
      return try read()
    } catch {
      if error.code == .unsupportedIndex { return nil }
      throw error
    }
  }

  /// Where git reads a sparse index it makes the trees of it anew, and writes them: into a
  /// directory that is removed afterwards, with the repository's objects beside it.
  private func git(_ operation: String, _ arguments: [String]) async throws -> [UInt8] {
    let program = GitProgram(repository.location)
    guard let directory = try? PrivateDirectory(below: Self.temporaryDirectory) else {
      return try await program.run(operation, arguments)
    }
    defer { directory.remove() }
    return try await program.run(
      operation, arguments,
      environment: try directory.objectDirectories(beside: repository.location))
  }

  private static var temporaryDirectory: String {
    let directory = ProcessEnvironment.current()["TMPDIR"] ?? ""
    return directory.isEmpty ? "/tmp" : directory
  }

  /// `git ls-files --stage --debug -z`: mode, id and stage, a tab, the path, NUL, then five lines
  /// about the entry, of which the last ends in its flags (git's builtin/ls-files.c).
  static func parse(_ output: [UInt8]) -> [Entry]? {
    // CE_INTENT_TO_ADD of git's cache.h.
    let intentToAdd: UInt32 = 1 << 29
    var entries: [Entry] = []
    var rest = output[...]
    while !rest.isEmpty {
      guard let tab = rest.firstIndex(of: UInt8(ascii: "\t")),
        let nul = rest[tab...].firstIndex(of: 0)
      else { return nil }
      let head = String(decoding: rest[..<tab], as: UTF8.self).split(separator: " ")
      guard head.count == 3, let mode = UInt32(head[0], radix: 8),
        let id = ObjectID(hex: String(head[1])), let stage = Int(head[2])
      else { return nil }
      let path = Array(rest[(tab + 1)..<nul])
      rest = rest[(nul + 1)...]
      var lastLine: ArraySlice<UInt8> = []
      for _ in 0..<5 {
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        lastLine = rest[..<end]
        rest = rest[(end + 1)...]
      }
      guard
        let text = String(decoding: lastLine, as: UTF8.self).split(separator: " ").last,
        let flags = UInt32(text, radix: 16)
      else { return nil }
      entries.append(
        Entry(
          entry: TreeEntry(path: path, mode: mode, id: id), stage: stage,
          isIntentToAdd: flags & intentToAdd != 0))
    }
    return entries
  }
}
