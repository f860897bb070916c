import Foundation
import TestSupport
import Testing

/// What previews are made of and pruned by: branches, and a remote that has some of them. The same
/// on both hosts.
struct PreviewGround {
  let repository: GitFixture
  /// A bare repository.
  let remote: String

  /// A remote that has `master`, beside a repository that has it checked out.
  init(_ repository: GitFixture) throws {
    self.repository = repository
    remote = repository.base + "/remote.git"
    try repository.git("init", "--quiet", "--bare", "--initial-branch=master", remote)
    try repository.git("remote", "add", "origin", remote)
    try repository.git("push", "--quiet", "--set-upstream", "origin", "master")
  }

  /// A branch of `master` with a commit of its own, checked out.
  func branch(_ name: String, pushed: Bool = true) throws {
    try repository.git("switch", "--quiet", "--create", name, "master")
    try change(name, "\(name)\n")
    if pushed { try push(name) }
  }

  /// A new commit with a file, where HEAD is.
  func change(_ file: String, _ text: String) throws {
    try repository.write(file, text)
    try repository.commit("Change \(file)")
  }

  func push(_ branch: String) throws {
    try repository.git("push", "--quiet", "--force", "origin", branch)
  }

  /// Removes the branch from the remote, as a forge does, and here.
  func delete(_ branch: String) throws {
    try repository.git("push", "--quiet", "--delete", "origin", branch)
    try repository.git("switch", "--quiet", "master")
    try repository.git("branch", "--quiet", "-D", branch)
  }

  /// Merges the branch into `master`, and pushes that.
  func merge(_ branch: String, _ options: String...) throws {
    try repository.git("switch", "--quiet", "master")
    try repository.git(["merge", "--quiet"] + options + [branch])
    if options.contains("--squash") { try repository.commit("\(branch) (#1)") }
    try push("master")
  }
}

/// What `git eb prune --json` answers.
struct PrunedPreviews: Decodable {
  struct Decision: Decodable {
    var environment: String
    var branch: String
    var reason: String
    var cause: String
  }

  struct Unreadable: Decodable {
    var remote: String
    var reason: String
  }

  var terminated: [Decision]
  var kept: [Decision]
  var failed: [Decision]
  var versions: [String]
  var unreadable: [Unreadable]

  /// Causes by the environments that went.
  var gone: [String: String] {
    Dictionary(terminated.map { ($0.environment, $0.cause) }) { first, _ in first }
  }

  /// Causes by the environments that stay.
  var staying: [String: String] {
    Dictionary(kept.map { ($0.environment, $0.cause) }) { first, _ in first }
  }
}
