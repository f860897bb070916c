import Git
import Zip

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Has git itself make the contents that only git can make: those with the user's own filters, with
/// another encoding, or with placeholders of the commit (`export-subst`).
///
/// One `git archive` for each repository writes all of them, so that a filter process is started
/// once and git's rule of one `%(describe)` for each archive holds.
struct GitRendering {
  /// What is archived, as git names it.
  enum Subject {
    case commit(ObjectID)
    case tree(ObjectID)
    /// Entries of an index. They get a tree in an object directory of their own.
    case index([TreeEntry])
  }

  let repository: Location
  let subject: Subject
  /// As `git archive --worktree-attributes`.
  let usesWorkTreeAttributes: Bool
  /// Whether `core.autocrlf` and `core.eol` count.
  let followsLineEndingSettings: Bool
  let temporaryDirectory: String
  let isInterrupted: @Sendable () -> Bool

  /// The longest list of paths that is handed over; with a longer one git archives everything.
  private static let argumentsLimit = 256 << 10

  /// The archive that git made, with the record of every path of `paths`, which has them from the
  /// repository's root.
  func render(_ paths: [[UInt8]]) async throws -> (archive: ZipReader, [[UInt8]: ZipReader.Record])
  {
    let directory = try PrivateDirectory(below: temporaryDirectory)
    defer { directory.remove() }
    let file = directory.path + "/rendered.zip"
    var environment: [String: String?] = [:]
    let name: String
    switch subject {
    case .commit(let id), .tree(let id): name = id.hex
    case .index(let entries):
      environment = try directory.objectDirectories(beside: repository)
      name = try await makeTree(entries, paths, in: directory, environment)
    }
    var arguments = ["--literal-pathspecs", "-c", "core.sparseCheckout=false"]
    if !followsLineEndingSettings {
      arguments += ["-c", "core.autocrlf=false", "-c", "core.eol=lf"]
    }
    // Not compressed: it is read once, right away.
    arguments += ["archive", "--format=zip", "-0", "-o", file]
    if usesWorkTreeAttributes { arguments.append("--worktree-attributes") }
    let isLong = paths.reduce(0) { $0 + $1.count + 16 } > Self.argumentsLimit
    _ = try await git.run(
      "archive what needs its filters", arguments + [name, "--"], paths: isLong ? [] : paths,
      environment: environment, timeLimit: GitProgram.longTimeLimit)
    let archive = try ZipReader(path: file)
    var records: [[UInt8]: ZipReader.Record] = [:]
    for record in archive.records { records[record.path] = record }
    return (archive, records)
  }

  private var git: GitProgram { GitProgram(repository, isInterrupted: isInterrupted) }

  // MARK: - What is staged

  /// The tree of those entries that are needed: the paths themselves and all attributes.
  private func makeTree(
    _ entries: [TreeEntry], _ paths: [[UInt8]], in directory: borrowing PrivateDirectory,
    _ environment: [String: String?]
  ) async throws -> String {
    let wanted = Set(paths)
    var lines: [UInt8] = []
    var directories = Set<[UInt8]>()
    for entry in entries where wanted.contains(entry.path) || AttributeReader.isFile(entry.path) {
      lines += Array("\(String(entry.mode, radix: 8)) \(entry.id.hex)\t".utf8) + entry.path + [0]
      let slash = entry.path.lastIndex(of: UInt8(ascii: "/"))
      directories.insert(slash.map { Array(entry.path[...$0]) } ?? [])
    }
    // An object that is there already, in the repository, would get a new time when git writes the
    // same. With a gitlink of this name, which nothing looks at, no tree is the same.
    let unique = Array(directory.path.utf8.split(separator: UInt8(ascii: "/")).last ?? [])
    for directory in directories {
      let id = String(repeating: "1", count: 40)
      lines += Array("160000 \(id)\t".utf8) + directory + unique + [0]
    }
    var environment = environment
    environment["GIT_INDEX_FILE"] = directory.path + "/index"
    _ = try await git.run(
      "make a tree of what is staged", ["update-index", "-z", "--index-info"], input: lines,
      environment: environment)
    let output = try await git.run(
      "make a tree of what is staged", ["write-tree"], environment: environment)
    return String(decoding: output.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}
