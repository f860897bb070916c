import Foundation
import TestSupport
import Testing

@Suite("git eb with-secrets: an index of its own for another program") struct WithSecretsTests {
  @Test func `The command finds the secrets staged over what is staged, and nothing stays`() throws
  {
    let vault = try Vault()
    let before = try vault.snapshot()
    let screen = try vault.run("git", "diff", "--cached", "--name-only")
    expect(
      screen,
      """
      .secrets/key
      staged.txt
      """)
    let contents = try vault.run("git", "show", ":.secrets/key")
    #expect(contents.output == Shop.secret + "\n")
    #expect(try vault.snapshot() == before)
    #expect(vault.storage == [])
    #expect(eventually(seconds: 5) { vault.processes("watch").isEmpty })
    try vault.expectNoLeak()
  }

  @Test func `What deploys what is staged gets the secrets`() throws {
    let vault = try Vault()
    let before = try vault.snapshot()
    let listing = try vault.run("sh", "-c", "git archive $(git write-tree) | tar -xO .secrets/key")
    #expect(listing.output == Shop.secret + "\n", "\(listing)")
    let stash = try vault.run("sh", "-c", "git show --stat --format=%s $(git stash create)^2")
    #expect(stash.output.contains(".secrets/key"), "\(stash)")
    #expect(try vault.snapshot() == before)
  }

  @Test func `Everything that the command is asked for is its own affair`() throws {
    let vault = try Vault()
    let echo = try vault.shop.command(
      ["git", "eb", "with-secrets", "--", "sh", "-c", "cat; echo error >&2; exit 42"],
      with: vault.variables, input: "input\n")
    #expect(echo.output == "input\n")
    #expect(echo.error == "error\n")
    #expect(echo.status == 42)
    #expect(try vault.run("sh", "-c", "kill -KILL $$").status == 137)
    #expect(try vault.run("sh", "-c", "kill -TERM $$").status == 143)
    expect(
      try vault.run("no-such-program"),
      """
      ! error: there is no command 'no-such-program'
      [127]
      """)
    expect(
      try vault.run("./greeting.txt"),
      """
      ! error: cannot run './greeting.txt': Permission denied
      [126]
      """)
    let directory = try vault.eb(["with-secrets", "-C", ".secrets", "--", "pwd"])
    #expect(directory.output == "\(vault.shop.path)/.secrets\n")
    #expect(vault.storage == [])
  }

  @Test func `The command has the terminal`() throws {
    let vault = try Vault()
    let program = "test -t 0 && test -t 1 && read word && echo \"heard $word\""
    let screen = try vault.shop.command(
      ["python3", "-c", Programs.terminal, "this\n", "git", "eb", "with-secrets", "--", "sh", "-c"]
        + [program], with: vault.variables)
    #expect(screen.output.contains("heard this"), "\(screen)")
    #expect(screen.status == 0)
  }

  // MARK: - What must not stay

  @Test(arguments: [
    "git commit -m x", "git stash push", "git tag -a -m x v1",
    "git update-ref refs/heads/x $(git commit-tree -m x $(git write-tree))",
    "git update-ref refs/x $(git rev-parse :.secrets/key)",
  ])
  func `Nothing of the repository comes to lead to what goes away`(_ words: String) throws {
    let vault = try Vault()
    let before = try vault.snapshot()
    let screen = try vault.run("sh", "-c", words)
    #expect(screen.status != 0, "\(screen)")
    #expect(screen.error.contains("git eb with-secrets"), "\(screen)")
    #expect(try vault.snapshot() == before)
    #expect(try vault.repository.git("fsck", "--full", "--strict") == "")
    try vault.expectNoLeak()
  }

  @Test func `A commit is refused also without hooks, and a branch at a commit is made`() throws {
    let vault = try Vault()
    let head = try vault.repository.git("rev-parse", "HEAD")
    let screen = try vault.run("git", "commit", "--no-verify", "--message=x")
    #expect(screen.status == 128, "\(screen)")
    #expect(
      screen.error.contains(
        "error: 'refs/heads/master' would lead to an object that goes away with "
          + "'git eb with-secrets'"), "\(screen)")
    #expect(try vault.repository.git("rev-parse", "HEAD") == head)
    #expect(try vault.run("git", "branch", "other").status == 0)
    #expect(try vault.repository.git("rev-parse", "other") == head)
    try vault.expectNoLeak()
  }

  @Test(arguments: [nil, "tools/hooks"]) func `The user's own hooks run`(_ path: String?) throws {
    let vault = try Vault()
    let directory = path ?? ".git/hooks"
    if let path { try vault.repository.git("config", "core.hooksPath", path) }
    try vault.repository.write(
      "\(directory)/reference-transaction", "#!/bin/sh\necho \"$1 $(cat)\" >> \"$LOG\"\n",
      executable: true)
    try vault.repository.write(
      "\(directory)/post-checkout", "#!/bin/sh\necho \"checkout $0\" >> \"$LOG\"\n",
      executable: true)
    let log = "\(vault.shop.base)/log"
    let screen = try vault.run(
      "sh", "-c", "git branch other && git checkout -q other", with: ["LOG": log])
    #expect(screen.status == 0, "\(screen)")
    let text = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
    #expect(text.contains("refs/heads/other"), "\(text)")
    #expect(text.contains("checkout \(vault.shop.path)/\(directory)/post-checkout"), "\(text)")
  }

  // MARK: - Every index

  @Test(arguments: ["v4", "split", "sparse", "intent-to-add", "worktree", "none", "skip-hash"])
  func `Every format of the index is read, and left as it is`(_ format: String) throws {
    let vault = try Vault()
    let directory = try vault.give(format)
    let before = try vault.snapshot()
    let files = try vault.shop.command(["git", "ls-files", "--stage"], in: directory).output
    let screen = try vault.shop.command(
      ["git", "eb", "with-secrets", "--", "git", "ls-files", "--stage"], in: directory,
      with: vault.variables)
    #expect(screen.status == 0, "\(screen)")
    let seen = screen.output.split(separator: "\n")
    #expect(
      seen.filter { !$0.hasSuffix("\t.secrets/key") }
        == files.split(separator: "\n"), "\(screen)")
    #expect(seen.count { $0.hasSuffix("\t.secrets/key") } == 1)
    #expect(try vault.snapshot() == before)
    #expect(vault.storage == [])
    try vault.expectNoLeak()
  }

  @Test func `Another source than what is staged`() throws {
    let vault = try Vault()
    let before = try vault.snapshot()
    let screen = try vault.eb(["with-secrets", "--commit", "HEAD", "--", "git", "ls-files"])
    #expect(screen.output.contains(".secrets/key\n"), "\(screen)")
    #expect(!screen.output.contains("staged.txt"), "\(screen)")
    #expect(try vault.snapshot() == before)
    expect(
      try vault.eb(["with-secrets", "--commit", "nothing", "--", "true"]),
      """
      ! error: 'nothing' is no commit here
      ! hint: git fetch
      [2]
      """)
    let both = try vault.eb(["with-secrets", "--commit", "HEAD", "--in-place", "--", "true"])
    #expect(both.status == 64)
  }

  // MARK: - Refusals

  @Test func `A conflict is refused by its name`() throws {
    let vault = try Vault()
    try vault.conflict()
    let before = try vault.snapshot()
    expect(
      try vault.run("touch", "was-run"),
      """
      ! error: 1 file in conflict: 'greeting.txt'
      ! hint: git status
      [2]
      """)
    #expect(try vault.snapshot() == before)
    #expect(!FileManager.default.fileExists(atPath: "\(vault.shop.path)/was-run"))
  }

  @Test func `A damaged index is refused, never taken for none`() throws {
    let vault = try Vault()
    let index = "\(vault.shop.path)/.git/index"
    var bytes = try Data(contentsOf: URL(filePath: index))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: URL(filePath: index))
    for arguments in [["with-secrets", "--"], ["with-secrets", "--in-place", "--"]] {
      let screen = try vault.eb(arguments + ["touch", "was-run"])
      #expect(screen.status == 2, "\(screen)")
      #expect(!FileManager.default.fileExists(atPath: "\(vault.shop.path)/was-run"))
      #expect(try Data(contentsOf: URL(filePath: index)) == bytes)
      #expect(
        !FileManager.default.fileExists(atPath: "\(vault.shop.path)/.git/git-eb"), "\(screen)")
    }
  }

  @Test func `A secret without a place is refused`() throws {
    let vault = try Vault(
      configuration: Shop.configuration.replacing(
        "  - .secrets/\n", with: "  - {from: .secrets/key, to: app.py/key}\n"))
    expect(
      try vault.run("true"),
      """
      ! error: secret 'app.py/key' has no place: 'app.py' is staged
      ! hint: give the secret another place with 'to'
      [2]
      """)
  }

  @Test func `A repository that cannot be written does for an index of its own`() throws {
    let vault = try Vault()
    let before = try vault.snapshot()
    func mounted(_ words: String) throws -> Screen {
      try vault.shop.command(
        [
          "unshare", "--mount", "sh", "-c",
          "mount --bind .git .git && mount -o remount,bind,ro .git && exec \(words)",
        ], with: vault.variables)
    }
    guard try mounted("true").status == 0 else { return }
    let screen = try mounted("git eb with-secrets -- git diff --cached --name-only")
    #expect(screen.output == ".secrets/key\nstaged.txt\n", "\(screen)")
    let refused = try mounted("git eb with-secrets --in-place -- touch was-run")
    #expect(refused.status == 2, "\(refused)")
    #expect(refused.error.contains("Read-only file system"), "\(refused)")
    #expect(!FileManager.default.fileExists(atPath: "\(vault.shop.path)/was-run"))
    #expect(try vault.snapshot() == before)
    #expect(vault.storage == [])
  }

  // MARK: - Ends of every kind

  @Test func `A signal of the terminal is the command's to obey`() throws {
    let vault = try Vault()
    let before = try vault.snapshot()
    let program = "trap 'echo heard; exit 7' INT; touch started; while :; do sleep 0.1; done"
    let started = try vault.start("with-secrets", "--", "sh", "-c", program)
    try #require(vault.waitFor("started"))
    started.interrupt(SIGINT)
    usleep(5000)
    started.interrupt(SIGINT)
    let screen = try #require(started.wait(seconds: 20))
    #expect(screen.status == 7, "\(screen)")
    #expect(vault.storage == [])
    #expect(try vault.snapshot() == before)
  }

  @Test(arguments: [SIGTERM, SIGHUP])
  func `A signal to git-eb alone is passed on`(_ signal: Int32) throws {
    let vault = try Vault()
    let started = try vault.start("with-secrets", "--", "sh", "-c", "touch started; exec sleep 30")
    try #require(vault.waitFor("started"))
    try started.interrupt(only: "git-eb", signal)
    let screen = try #require(started.wait(seconds: 20))
    #expect(screen.status == 128 + signal, "\(screen)")
    #expect(vault.storage == [])
  }

  @Test func `Killed outright, its watcher waits for the command and cleans up`() throws {
    let vault = try Vault()
    let before = try vault.snapshot()
    let started = try vault.start("with-secrets", "--", "sh", "-c", Vault.slow)
    try #require(vault.waitFor("started"))
    try started.interrupt(only: "git-eb", SIGKILL)
    usleep(300_000)
    #expect(vault.storage.count == 1)
    // It is at work, so nobody takes it away.
    let which = try vault.eb(["which"])
    #expect(which.error == "", "\(which)")
    try vault.repository.write("go", "")
    #expect(eventually(seconds: 20) { vault.storage == [] })
    let seen = FileManager.default.contents(atPath: "\(vault.shop.path)/seen") ?? Data()
    #expect(String(decoding: seen, as: UTF8.self).contains(".secrets/key"))
    #expect(eventually(seconds: 5) { vault.processes("watch").isEmpty })
    #expect(try vault.snapshot() == before)
  }

  @Test func `With the whole group killed, nothing is left a moment later`() throws {
    let vault = try Vault()
    let started = try vault.start("with-secrets", "--", "sh", "-c", "touch started; sleep 30")
    try #require(vault.waitFor("started"))
    started.interrupt(SIGKILL)
    _ = try #require(started.wait(seconds: 5))
    #expect(eventually(seconds: 3) { vault.storage == [] })
    #expect(eventually(seconds: 3) { vault.processes("watch").isEmpty })
  }

  @Test func `With the watcher killed as well, the next command cleans up and says so`() throws {
    let vault = try Vault()
    let started = try vault.start("with-secrets", "--", "sh", "-c", "touch started; sleep 30")
    try #require(vault.waitFor("started"))
    for process in vault.processes("watch") { kill(process, SIGKILL) }
    started.interrupt(SIGKILL)
    _ = try #require(started.wait(seconds: 5))
    usleep(200_000)
    #expect(vault.storage.count == 1)
    expect(
      try vault.eb(["which"]),
      """
      production  (branches.master, .git-eb.yml:4)
      ! note: removed private files of process <pid>
      """)
    #expect(vault.storage == [])
    expect(try vault.eb(["which"]), "production  (branches.master, .git-eb.yml:4)")
  }
}

extension Vault {
  /// Makes the index one of that kind. Gives the directory to work in.
  func give(_ format: String) throws -> String {
    switch format {
    case "v4": try repository.git("update-index", "--index-version", "4")
    case "split":
      try repository.git("update-index", "--split-index")
      try repository.write("more.txt", "more\n")
      try repository.git("add", "more.txt")
    case "sparse":
      for directory in ["in", "out"] { try repository.write("\(directory)/file", directory) }
      try repository.commit("Directories")
      try repository.git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
      try repository.write("in/staged", "staged\n")
      try repository.git("add", "in/staged")
      // git itself writes trees when it reads a sparse index.
      try repository.git("ls-files")
    case "intent-to-add":
      try repository.write("intended", "intended\n")
      try repository.git("add", "--intent-to-add", "intended")
    case "worktree":
      let directory = "\(shop.base)/linked"
      try repository.git("worktree", "add", "-q", "-b", "dev", directory)
      try FileManager.default.createDirectory(
        atPath: "\(directory)/.secrets", withIntermediateDirectories: true)
      try Data("\(Shop.secret)\n".utf8).write(to: URL(filePath: "\(directory)/.secrets/key"))
      return directory
    case "none": try repository.remove(".git/index")
    case "skip-hash":
      // As git 2.40 and newer write it.
      let index = "\(shop.path)/.git/index"
      var bytes = try Data(contentsOf: URL(filePath: index))
      bytes.replaceSubrange(bytes.count - 20..<bytes.count, with: Data(count: 20))
      try bytes.write(to: URL(filePath: index))
    default: Issue.record("no such format: \(format)")
    }
    return shop.path
  }

  /// Leaves `greeting.txt` in conflict.
  func conflict() throws {
    try repository.commit("Staged")
    try repository.git("checkout", "-q", "-b", "other")
    try repository.write("greeting.txt", "other\n")
    try repository.commit("Other")
    try repository.git("checkout", "-q", "master")
    try repository.write("greeting.txt", "ours\n")
    try repository.commit("Ours")
    _ = try shop.command(["git", "merge", "-q", "other"])
  }
}
