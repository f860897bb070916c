package import Foundation

/// A repository made with the real git, in a directory of its own that is removed with the fixture.
///
/// Nothing of the person who runs the tests is seen: own `HOME`, no system configuration, fixed
/// names and dates.
package final class GitFixture: Sendable {
  private let directory: TemporaryDirectory
  /// The work tree, links resolved.
  package let path: String
  /// The empty home directory.
  package let home: String
  /// What git, and the code under test, is run with.
  package let environment: [String: String]

  /// - Parameters:
  ///   - initialize: arguments for `git init`; `nil` makes none.
  ///   - name: of the work tree's directory.
  package init(
    _ initialize: [String]? = ["--initial-branch=master"], name: String = "repository",
    environment: [String: String] = [:]
  ) throws {
    directory = try TemporaryDirectory()
    let root = URL(filePath: directory.path).resolvingSymlinksInPath().path(percentEncoded: false)
    let base = root.hasSuffix("/") ? String(root.dropLast()) : root
    path = "\(base)/\(name)"
    home = "\(base)/home"
    for directory in [path, home] {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
    }
    var all = hermeticEnvironment
    all["HOME"] = home
    all["XDG_CONFIG_HOME"] = "\(home)/.config"
    all["LC_ALL"] = "C"
    all["GIT_OPTIONAL_LOCKS"] = "0"
    self.environment = all.merging(environment) { $1 }
    if let initialize { try git(["init", "--quiet"] + initialize) }
  }

  /// The directory that holds the work tree and the home.
  package var base: String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }

  /// Runs git in the work tree and gives what it wrote, without the last newline. Another exit
  /// status than 0 is an error.
  @discardableResult
  package func git(_ arguments: String...) throws -> String { try git(arguments) }

  @discardableResult
  package func git(
    _ arguments: [String], in directory: String? = nil, environment: [String: String] = [:],
    input: String = ""
  ) throws -> String {
    let result = try run(
      ["git"] + arguments, in: directory ?? path,
      environment: self.environment.merging(environment) { $1 }, input: input)
    guard result.status == 0 else {
      throw ShellError(
        arguments: ["git"] + arguments, status: result.status, output: result.output,
        error: result.error)
    }
    return result.output.hasSuffix("\n") ? String(result.output.dropLast()) : result.output
  }

  /// Writes a file below the work tree, with the directories that it needs.
  package func write(_ file: String, _ contents: String, executable: Bool = false) throws {
    try write(file, Data(contents.utf8), executable: executable)
  }

  package func write(_ file: String, _ contents: Data, executable: Bool = false) throws {
    let url = URL(filePath: "\(path)/\(file)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try contents.write(to: url)
    try FileManager.default.setAttributes(
      [.posixPermissions: executable ? 0o755 : 0o644],
      ofItemAtPath: url.path(percentEncoded: false))
  }

  /// Makes a symbolic link below the work tree.
  package func link(_ file: String, to target: String) throws {
    let url = URL(filePath: "\(path)/\(file)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: url.path(percentEncoded: false), withDestinationPath: target)
  }

  package func remove(_ file: String) throws {
    try FileManager.default.removeItem(atPath: "\(path)/\(file)")
  }

  /// Stages everything and commits it. Gives the full id.
  @discardableResult
  package func commit(_ message: String = "commit") throws -> String {
    try git("add", "--all")
    try git("commit", "--quiet", "--allow-empty", "--message=\(message)")
    return try git("rev-parse", "HEAD")
  }

  /// Every file below a directory, by its path relative to it: names and contents, to see whether
  /// anything changed. Of `.git`, the records of deployments and the references that follow
  /// environments are left out.
  package func snapshot(of directory: String = ".git") throws -> [String: Data] {
    let root = "\(path)/\(directory)"
    var snapshot: [String: Data] = [:]
    let isRecord = try directory == ".git" ? recordedPaths() : { _ in false }
    for file in try FileManager.default.subpathsOfDirectory(atPath: root) {
      if isRecord(file) { continue }
      let whole = "\(root)/\(file)"
      let attributes = try FileManager.default.attributesOfItem(atPath: whole)
      let kind = attributes[.type] as? FileAttributeType
      snapshot[file] =
        kind == .typeRegular ? try Data(contentsOf: URL(filePath: whole)) : Data()
    }
    return snapshot
  }

  /// Tells the paths below `.git` that recording a deployment makes.
  private func recordedPaths() throws -> (String) -> Bool {
    let ids = try git("for-each-ref", "--format=%(objectname)", "refs/eb")
    let objects = Set(
      ids.split(separator: "\n").map { "objects/\($0.prefix(2))/\($0.dropFirst(2))" })
    let references = ["refs/eb", "refs/remotes", "logs/refs/remotes"]
    return { path in
      if objects.contains(path) || references.contains(path) { return true }
      if ["refs/eb/", "refs/remotes/eb/", "logs/refs/remotes/eb/"].contains(where: path.hasPrefix) {
        return true
      }
      // A directory of loose objects, and of references of that remote.
      return path == "refs/remotes/eb" || path == "logs/refs/remotes/eb"
        || (path.hasPrefix("objects/") && path.utf8.count == "objects/".utf8.count + 2)
    }
  }
}
