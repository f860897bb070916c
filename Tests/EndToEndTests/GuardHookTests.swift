import Foundation
import TestSupport
import Testing

/// The answer of `git eb guard status --json`.
private struct StatusAnswer: Decodable {
  struct Secret: Decodable {
    var name: String
    var files: Int?
  }

  var installed: Bool
  var hooks: [String]
  var directory: String
  var chained: String?
  var bypassed: Bool
  var secrets: [Secret]?
}

@Suite("The guard's hooks, end to end") struct GuardHookTests {
  private let shop: Workplace

  init() throws {
    shop = try Workplace.shop()
    try shop.repository.git("init", "--quiet", "--bare", "\(shop.base)/origin.git")
    try shop.repository.git("remote", "add", "origin", "\(shop.base)/origin.git")
  }

  private var own: String { "\(shop.path)/.git/git-eb-guard" }

  /// A hook that says how it was called, and ends with a status.
  private func hook(_ path: String, says words: String, status: Int = 0, mode: Int = 0o755) throws {
    let text = """
      #!/bin/sh
      echo "\(words): $0 $*" >>"$HOME/log"
      [ "${0##*/}" != pre-push ] || cat >>"$HOME/log"
      exit \(status)

      """
    let file = path.hasPrefix("/") ? path : "\(shop.path)/\(path)"
    // By another process: whatever is started meanwhile would hold the file open for writing, and
    // what is open for writing cannot be executed.
    let program = """
      import os, sys
      path, mode = sys.argv[1:]
      os.makedirs(os.path.dirname(path), exist_ok=True)
      with open(path, "w") as file:
          file.write(sys.stdin.read())
      os.chmod(path, int(mode, 8))
      """
    let screen = try shop.command(
      ["python3", "-c", program, file, String(mode, radix: 8)], input: text)
    #expect(screen.status == 0, "\(screen)")
  }

  /// What the hooks have said until now.
  private func log() throws -> String {
    let file = "\(shop.repository.home)/log"
    defer { try? FileManager.default.removeItem(atPath: file) }
    let text = String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
    return Screen.normalized(text, base: shop.base)
  }

  /// Names, modes and contents below `.git`, but for what commits write.
  private func state(_ directory: String = ".git") throws -> String {
    let tree = try shop.command(["python3", "-c", Programs.tree, "\(shop.path)/\(directory)"])
    return tree.output.split(separator: "\n").filter {
      !$0.hasPrefix("'objects") && !$0.hasPrefix("'index")
    }.joined(separator: "\n")
  }

  private func commit(_ arguments: String...) throws -> Screen {
    try shop.command(["git", "commit", "--quiet", "--allow-empty", "-m", "A"] + arguments)
  }

  private func stageSecret() throws {
    try shop.repository.git("add", "--force", ".secrets/key")
  }

  private func status() throws -> StatusAnswer {
    try shop.eb("guard", "status", "--json").json(StatusAnswer.self)
  }

  // MARK: - Plain

  @Test func `It is installed, says so, and is removed without a trace`() throws {
    let before = try state()
    expect(
      try shop.eb("guard"),
      """
      pre-commit:  not guarded
      pre-push:    not guarded
      hooks:       <base>/repository/.git/hooks
      secret:      .secrets/ (1 file, line 8 of .git-eb.yml)
      ! hint: git eb guard install
      [1]
      """)
    expect(try shop.eb("guard", "install"), "the guard is installed")
    let installed = try state()
    expect(try shop.eb("guard", "install"), "the guard is installed already")
    #expect(try state() == installed)
    expect(
      try shop.eb("guard", "status"),
      """
      pre-commit:  guarded
      pre-push:    guarded
      hooks:       <base>/repository/.git/hooks
      secret:      .secrets/ (1 file, line 8 of .git-eb.yml)
      """)
    let answer = try status()
    #expect(answer.installed && !answer.bypassed && answer.chained == nil)
    #expect(answer.hooks == ["pre-commit", "pre-push"])
    #expect(answer.secrets?.map(\.name) == [".secrets/"])
    // Neither the secret nor its hash is written anywhere.
    let hash = try shop.repository.git("hash-object", ".secrets/key")
    for text in [Shop.secret, hash] {
      #expect(try shop.search(for: text, in: "\(shop.path)/.git", shop.temporary) == [])
    }
    expect(try shop.eb("guard", "remove"), "the guard is removed")
    #expect(try state() == before)
    expect(try shop.eb("guard", "remove"), "the guard is not installed")
    #expect(try state() == before)
  }

  @Test func `A repository without the directory of hooks gets one`() throws {
    try shop.repository.remove(".git/hooks")
    #expect(try shop.eb("guard", "install").status == 0)
    try stageSecret()
    #expect(try commit().status == 1)
  }

  @Test func `A hook that was lost or changed is told, and a changed one is not removed`() throws {
    #expect(try shop.eb("guard", "install").status == 0)
    try shop.repository.remove(".git/hooks/pre-push")
    #expect(try status().hooks == ["pre-commit"])
    #expect(try shop.eb("guard", "status").status == 1)
    #expect(try shop.eb("guard", "install").output == "the guard is installed\n")
    #expect(try status().installed)
    let path = "\(shop.path)/.git/hooks/pre-commit"
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("echo more\n".utf8))
    try handle.close()
    expect(
      try shop.eb("guard", "remove"),
      """
      ! error: '<base>/repository/.git/hooks/pre-commit' was changed after it was installed
      ! hint: take out the lines between '# git-eb guard' and '# End of git-eb guard'
      [2]
      """)
    #expect(try status().installed)
  }

  @Test func `A hook that pre-commit.com has moved is still the guard's`() throws {
    #expect(try shop.eb("guard", "install").status == 0)
    let hooks = "\(shop.path)/.git/hooks"
    try FileManager.default.moveItem(
      atPath: "\(hooks)/pre-commit", toPath: "\(hooks)/pre-commit.legacy")
    try hook(".git/hooks/pre-commit", says: "other")
    #expect(try status().installed)
    #expect(try shop.eb("guard", "remove").status == 0)
    #expect(!FileManager.default.fileExists(atPath: "\(hooks)/pre-commit.legacy"))
    #expect(FileManager.default.fileExists(atPath: "\(hooks)/pre-commit"))
  }

  // MARK: - Beside other hooks

  @Test func `Hooks that are there are called as before, by their own path`() throws {
    try hook(".git/hooks/pre-commit", says: "commit", mode: 0o700)
    try hook(".git/hooks/pre-push", says: "push")
    try hook(".git/hooks/commit-msg", says: "message")
    let before = try state()
    expect(
      try shop.eb("guard", "install"),
      """
      the guard is installed
      ! note: core.hooksPath is now '<base>/repository/.git/git-eb-guard'
      ! note: the hooks of '<base>/repository/.git/hooks' are called as well
      """)
    #expect(try shop.eb("guard", "install").output == "the guard is installed already\n")
    #expect(try status().chained == "\(shop.path)/.git/hooks")
    #expect(try commit().status == 0)
    #expect(
      try log() == """
        commit: <base>/repository/.git/hooks/pre-commit 
        message: <base>/repository/.git/hooks/commit-msg .git/COMMIT_EDITMSG

        """)
    #expect(try shop.command(["git", "push", "--quiet", "origin", "master"]).status == 0)
    #expect(
      try log() == """
        push: <base>/repository/.git/hooks/pre-push origin <base>/origin.git
        refs/heads/master <id> refs/heads/master <id>

        """)
    try stageSecret()
    #expect(try commit().status == 1)
    #expect(try commit("--no-verify").status == 0)
    _ = try log()
    #expect(try shop.command(["git", "push", "--quiet", "origin", "master"]).status == 1)
    // Before a push the guard is asked first: the other may take long.
    #expect(try log() == "")
    // A hook that comes later is called, too.
    try hook(".git/hooks/post-commit", says: "after")
    try shop.repository.git("rm", "--quiet", "--cached", ".secrets/key")
    #expect(try commit().status == 0)
    #expect(try log().contains("after: <base>/repository/.git/hooks/post-commit"))
    try shop.repository.remove(".git/hooks/post-commit")
    expect(try shop.eb("guard", "remove"), "the guard is removed")
    let hooks = try state(".git/hooks")
    #expect(before.contains("hooks/pre-commit' 0o100700"))
    #expect(hooks.contains("'pre-commit' 0o100700"))
    let isSame = hooks.split(separator: "\n").allSatisfy {
      before.contains("'hooks/" + $0.dropFirst())
    }
    #expect(isSame)
    #expect(!FileManager.default.fileExists(atPath: own))
    #expect(try shop.command(["git", "config", "core.hooksPath"]).status == 1)
  }

  @Test func `What another hook refuses is refused, and one that is not executable is not run`()
    throws
  {
    try hook(".git/hooks/pre-commit", says: "commit", status: 7)
    try hook(".git/hooks/pre-push", says: "push", status: 3)
    #expect(try shop.eb("guard", "install").status == 0)
    #expect(try commit().status == 1)
    #expect(try shop.command(["git", "push", "--quiet", "origin", "master"]).status == 1)
    #expect(try log().contains("refs/heads/master"))
    try hook(".git/hooks/pre-commit", says: "commit", status: 7, mode: 0o644)
    try hook(".git/hooks/pre-push", says: "push", status: 3, mode: 0o644)
    #expect(try commit().status == 0)
    #expect(try shop.command(["git", "push", "--quiet", "origin", "master"]).status == 0)
    try stageSecret()
    #expect(try commit().status == 1)
    #expect(try log() == "")
  }

  @Test func `What another hook stages is looked at`() throws {
    try shop.repository.write(
      ".git/hooks/pre-commit", "#!/bin/sh\ngit add --force .secrets/key\n", executable: true)
    #expect(try shop.eb("guard", "install").status == 0)
    #expect(try commit().error.contains("  .secrets/key  (listed on line 8 of"))
  }

  @Test func `A hook in another language that reads nothing is called`() throws {
    try shop.repository.write(
      ".git/hooks/pre-push", "#!/usr/bin/env python3\nprint('in Python')\n", executable: true)
    #expect(try shop.eb("guard", "install").status == 0)
    let screen = try shop.command(["git", "push", "--quiet", "origin", "master"])
    #expect(screen.status == 0, "\(screen)")
    // git sends a hook's standard output to its standard error.
    #expect(screen.description.contains("in Python"))
    // Nothing to push: git asks the hook all the same, with nothing to read.
    #expect(try shop.command(["git", "push", "--quiet", "origin", "master"]).status == 0)
  }

  // MARK: - core.hooksPath

  @Test func `A directory of hooks that is tracked is called and not written to`() throws {
    try hook(".githooks/pre-commit", says: "tracked")
    try hook(".githooks/prepare-commit-msg", says: "prepare")
    try shop.repository.git("add", ".githooks")
    try shop.repository.git("commit", "--quiet", "-m", "Hooks")
    try shop.repository.git("config", "core.hooksPath", ".githooks")
    let before = try state()
    #expect(try shop.eb("guard", "install").status == 0)
    #expect(try status().chained == ".githooks")
    #expect(try shop.command(["git", "status", "--porcelain"]).output == "")
    #expect(try commit().status == 0)
    #expect(try log().hasPrefix("tracked: .githooks/pre-commit \nprepare: .githooks/prepare"))
    // In another work tree its own are called.
    let other = "\(shop.base)/other"
    try shop.repository.git("worktree", "add", "--quiet", "-b", "topic", other)
    try hook("\(other)/.githooks/pre-commit", says: "other")
    let commit = ["git", "commit", "--quiet", "--allow-empty", "-m", "B"]
    let screen = try shop.command(commit, in: other)
    #expect(screen.status == 0, "\(screen)")
    #expect(try log().hasPrefix("other: .githooks/pre-commit"))
    try shop.repository.git("worktree", "remove", "--force", other)
    try shop.repository.git("branch", "--quiet", "-D", "topic")
    try stageSecret()
    #expect(try self.commit().status == 1)
    #expect(try shop.eb("guard", "remove").status == 0)
    #expect(try shop.repository.git("config", "core.hooksPath") == ".githooks")
    #expect(try state(".git/hooks") != "")
    #expect(before.contains("'config'"))
    let config = try state().split(separator: "\n").first { $0.hasPrefix("'config'") }
    #expect(before.split(separator: "\n").first { $0.hasPrefix("'config'") } == config)
  }

  @Test func `The hooks that the user has for all repositories are called and not written to`()
    throws
  {
    let home = shop.repository.home
    try hook("\(home)/all hooks/pre-commit", says: "global")
    try shop.repository.git("config", "--global", "core.hooksPath", "~/all hooks")
    let before = try state()
    #expect(try shop.eb("guard", "install").status == 0)
    #expect(try status().directory == own)
    #expect(shop.files(below: "\(home)/all hooks") == ["pre-commit"])
    #expect(try commit().status == 0)
    #expect(try log().hasPrefix("global: <base>/home/all hooks/pre-commit"))
    try stageSecret()
    #expect(try commit().status == 1)
    try shop.repository.git("reset", "--quiet")
    #expect(try shop.eb("guard", "remove").status == 0)
    #expect(
      try state().split(separator: "\n").filter { $0.hasPrefix("'config'") }
        == before.split(separator: "\n").filter { $0.hasPrefix("'config'") })
    #expect(try shop.repository.git("config", "core.hooksPath") == "~/all hooks")
  }

  @Test func `A directory of hooks that is a link elsewhere is not written to`() throws {
    try shop.repository.remove(".git/hooks")
    try hook("shared/commit-msg", says: "shared")
    try shop.repository.link(".git/hooks", to: "../shared")
    #expect(try shop.eb("guard", "install").status == 0)
    #expect(shop.files(below: "\(shop.path)/shared") == ["commit-msg"])
    #expect(try commit().status == 0)
    #expect(try log().hasPrefix("shared: "))
  }

  @Test func `Another tool that sets core.hooksPath afterwards is noticed`() throws {
    #expect(try shop.eb("guard", "install").status == 0)
    try hook(".husky/_/pre-commit", says: "husky")
    try shop.repository.git("config", "core.hooksPath", ".husky/_")
    expect(
      try shop.eb("guard", "status"),
      """
      pre-commit:  not guarded
      pre-push:    not guarded
      hooks:       <base>/repository/.husky/_
      secret:      .secrets/ (1 file, line 8 of .git-eb.yml)
      ! warning: core.hooksPath leads past the hooks of the guard
      ! hint: git eb guard install
      [1]
      """)
    #expect(try shop.eb("guard", "install").status == 0)
    #expect(try status().chained == ".husky/_")
    #expect(try commit().status == 0)
    // Once: the former one of the guard is gone.
    #expect(try log() == "husky: .husky/_/pre-commit \n")
    // Again, now past the guard's own directory.
    try shop.repository.git("config", "core.hooksPath", ".husky")
    #expect(try status().bypassed)
    #expect(try shop.eb("guard", "remove").status == 0)
    #expect(try shop.repository.git("config", "core.hooksPath") == ".husky")
    #expect(!FileManager.default.fileExists(atPath: own))
  }

  @Test func `Where core.hooksPath cannot be changed for all it is refused`() throws {
    let command = try shop.command(["git", "-c", "core.hooksPath=x", "eb", "guard", "install"])
    expect(
      command,
      """
      ! error: core.hooksPath is set on the command line or by another program
      ! hint: git eb guard install, without it
      [2]
      """)
    try shop.repository.git("config", "extensions.worktreeConfig", "true")
    try shop.repository.git("config", "--worktree", "core.hooksPath", "x")
    expect(
      try shop.eb("guard", "install"),
      """
      ! error: core.hooksPath is set for this work tree alone
      ! hint: git config --worktree --unset core.hooksPath
      [2]
      """)
    try shop.repository.git("config", "--worktree", "--unset", "core.hooksPath")
    // An included file has the last word.
    try shop.repository.write(".git/more", "[core]\n\thooksPath = x\n")
    try shop.repository.git("config", "include.path", "more")
    let before = try state()
    expect(
      try shop.eb("guard", "install"),
      """
      ! error: core.hooksPath stays as '<base>/repository/.git/more' sets it
      ! hint: call 'git eb guard check-commit' in its pre-commit hook
      [2]
      """)
    #expect(try state() == before)
  }

  @Test func `Hooks that others have put into the guard's directory are not lost`() throws {
    try hook(".git/hooks/pre-commit", says: "commit")
    #expect(try shop.eb("guard", "install").status == 0)
    try hook("\(own)/post-index-change", says: "foreign")
    expect(
      try shop.eb("guard", "remove"),
      """
      ! error: 1 file in '<base>/repository/.git/git-eb-guard' not made by the guard: \
      'post-index-change'
      ! hint: move them to the directory of your own hooks
      [2]
      """)
    #expect(try status().installed)
    try FileManager.default.removeItem(atPath: "\(own)/post-index-change")
    #expect(try shop.eb("guard", "remove").status == 0)
  }

  @Test func `A path with a quote and a blank is one path`() throws {
    let base = "\(shop.base)/it's a $HOME"
    try FileManager.default.createDirectory(atPath: base, withIntermediateDirectories: true)
    try shop.repository.git("clone", "--quiet", shop.path, "\(base)/clone")
    let clone = "\(base)/clone"
    try hook("\(clone)/.git/hooks/pre-commit", says: "odd")
    try hook("\(clone)/.git/hooks/pre-push", says: "odd")
    #expect(try shop.eb("guard", "install", in: clone).status == 0)
    let commit = ["git", "commit", "--quiet", "--allow-empty", "-m", "A"]
    #expect(try shop.command(commit, in: clone).status == 0)
    #expect(
      try shop.command(["git", "push", "--quiet", "origin", "HEAD:x"], in: clone).status == 0)
    #expect(try log().contains("odd: <base>/it's a $HOME/clone/.git/hooks/pre-push origin"))
    #expect(try shop.eb("guard", "remove", in: clone).status == 0)
  }

  @Test func `The hooks are plain sh without a fault`() throws {
    try hook(".git/hooks/pre-commit", says: "commit")
    #expect(try shop.eb("guard", "install").status == 0)
    for name in shop.files(below: own) where name != ".previous" {
      #expect(try shop.command(["sh", "-n", "\(own)/\(name)"]).status == 0)
      let check = try shop.command([
        "sh", "-c", "! command -v shellcheck || shellcheck \"$1\"", "sh", "\(own)/\(name)",
      ])
      #expect(check.status == 0, "\(check)")
    }
  }
}
