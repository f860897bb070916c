import Foundation
import TestSupport
import Testing

/// A shop with something staged, and a place in memory for private files that is its own.
final class Vault: Sendable {
  let shop: Workplace
  let runtime: String

  init(configuration: String = Shop.configuration) throws {
    shop = try Workplace.shop(configuration: configuration)
    runtime = "\(shop.base)/runtime"
    try FileManager.default.createDirectory(
      atPath: runtime, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try shop.repository.write("staged.txt", "staged\n")
    try shop.repository.git("add", "staged.txt")
  }

  var variables: [String: String] { ["XDG_RUNTIME_DIR": runtime] }
  var repository: GitFixture { shop.repository }

  @discardableResult
  func eb(_ arguments: [String], with more: [String: String] = [:]) throws -> Screen {
    try shop.command(["git", "eb"] + arguments, with: variables.merging(more) { $1 })
  }

  @discardableResult
  func run(_ command: String..., with more: [String: String] = [:]) throws -> Screen {
    try eb(["with-secrets", "--"] + command, with: more)
  }

  @discardableResult
  func runInPlace(_ command: String..., with more: [String: String] = [:]) throws -> Screen {
    try eb(["with-secrets", "--in-place", "--"] + command, with: more)
  }

  /// Starts `git-eb` itself: the git in front of it would get signals of its own.
  func start(_ arguments: String...) throws -> Background {
    try shop.start(["git-eb"] + arguments, with: variables)
  }

  /// Private files that are there now.
  var storage: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: runtime)) ?? []).sorted()
  }

  /// For the shell: says that it runs, waits for the file `go`, and writes what is staged to `seen`.
  static let slow = """
    touch started
    for i in $(seq 300); do test -e go && break; sleep 0.1; done
    git ls-files > seen
    """

  /// What `git status` says, without its writing what it learns.
  func status(_ directory: String) throws -> String {
    try shop.command(
      ["git", "status", "--porcelain=v2"], in: directory, with: ["GIT_OPTIONAL_LOCKS": "0"]
    ).output
  }

  /// The shop's repository, names and contents. Directories are part of it.
  func snapshot() throws -> [String: Data] { try repository.snapshot() }

  /// Processes whose arguments hold these words.
  func processes(_ words: String) -> [Int32] {
    shop.processes.filter { process in
      let data = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
      return String(decoding: data, as: UTF8.self)
        .replacingOccurrences(of: "\0", with: " ").contains(words)
    }
  }

  /// Waits until the command has made this file.
  func waitFor(_ file: String) -> Bool {
    eventually { FileManager.default.fileExists(atPath: "\(self.shop.path)/\(file)") }
  }

  /// Nothing of the secret is in the repository, as a file or as an object of any kind.
  func expectNoLeak(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(
      try shop.search(for: Shop.secret, in: "\(shop.path)/.git", runtime, shop.temporary) == [],
      sourceLocation: sourceLocation)
    let objects = try repository.git(
      "cat-file", "--batch-all-objects", "--batch", "--buffer")
    #expect(!objects.contains(Shop.secret), sourceLocation: sourceLocation)
  }
}
