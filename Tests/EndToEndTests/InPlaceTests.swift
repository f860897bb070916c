import Foundation
import TestSupport
import Testing

@Suite("git eb with-secrets --in-place: the repository's own index") struct InPlaceTests {
  /// A program that knows no variables of git.
  private static let plain =
    "env -u GIT_INDEX_FILE -u GIT_OBJECT_DIRECTORY -u GIT_CONFIG_COUNT git"

  @Test func `The secrets are staged while the command runs, and nothing stays`() throws {
    let vault = try Vault()
    let before = try vault.snapshot()
    let screen = try vault.runInPlace(
      "sh", "-c", "\(Self.plain) show :.secrets/key; \(Self.plain) diff --cached --name-only")
    expect(
      screen,
      """
      \(Shop.secret)
      .secrets/key
      staged.txt
      """)
    #expect(try vault.snapshot() == before)
    #expect(vault.storage == [])
    #expect(eventually(seconds: 5) { vault.processes("watch").isEmpty })
    try vault.expectNoLeak()
  }

  @Test(arguments: ["v4", "split", "sparse", "intent-to-add", "worktree", "none", "skip-hash"])
  func `Every format of the index is the same afterwards`(_ format: String) throws {
    let vault = try Vault()
    let directory = try vault.give(format)
    let status = try vault.status(directory)
    let before = try vault.snapshot()
    let screen = try vault.shop.command(
      [
        "git", "eb", "with-secrets", "--in-place", "--", "sh", "-c",
        "\(Self.plain) ls-files .secrets",
      ], in: directory, with: vault.variables)
    #expect(screen.output == ".secrets/key\n", "\(screen)")
    #expect(screen.status == 0, "\(screen)")
    // Of a sparse index git writes trees when it only reads it: here that with the secret's name.
    let isSame: (String) -> Bool = { format != "sparse" || !$0.hasPrefix("objects/") }
    #expect(try vault.snapshot().filter { isSame($0.key) } == before.filter { isSame($0.key) })
    #expect(try vault.status(directory) == status)
    try vault.expectNoLeak()
  }

  @Test(arguments: ["plain", "v4", "split", "sparse", "intent-to-add"])
  func `What is staged meanwhile is kept`(_ format: String) throws {
    let vault = try Vault()
    if format != "plain" { _ = try vault.give(format) }
    let entries = try vault.repository.git("ls-files", "--stage")
    try vault.repository.write("later.txt", "later\n")
    let screen = try vault.runInPlace("sh", "-c", "\(Self.plain) add later.txt")
    #expect(screen.status == 0, "\(screen)")
    #expect(screen.error == "", "\(screen)")
    try vault.repository.git("update-index", "--force-remove", "later.txt")
    #expect(try vault.repository.git("ls-files", "--stage") == entries)
    #expect(try vault.repository.git("fsck", "--full", "--strict").contains("missing") == false)
    try vault.expectNoLeak()
  }

  @Test func `A secret that is staged anew, with other contents, is kept`() throws {
    let vault = try Vault()
    let screen = try vault.runInPlace(
      "sh", "-c", "echo other > .secrets/key; \(Self.plain) add -f .secrets/key")
    expect(screen, "! note: kept what was staged meanwhile in place of '.secrets/key'")
    #expect(try vault.repository.git("show", ":.secrets/key") == "other")
    try vault.expectNoLeak()
  }

  @Test func `What a secret took the place of comes back`() throws {
    let vault = try Vault(
      configuration: Shop.configuration.replacing(
        "  - .secrets/\n", with: "  - {from: .secrets/key, to: greeting.txt}\n"))
    let entries = try vault.repository.git("ls-files", "--stage")
    try vault.repository.write("later.txt", "later\n")
    let screen = try vault.runInPlace(
      "sh", "-c", "\(Self.plain) show :greeting.txt; \(Self.plain) add later.txt")
    #expect(screen.output == Shop.secret + "\n", "\(screen)")
    #expect(screen.error == "warning: a secret takes the place of 'greeting.txt'\n", "\(screen)")
    try vault.repository.git("update-index", "--force-remove", "later.txt")
    #expect(try vault.repository.git("ls-files", "--stage") == entries)
    try vault.expectNoLeak()
  }

  @Test func `An object that was there before stays`() throws {
    let vault = try Vault()
    try vault.repository.git("hash-object", "-w", ".secrets/key")
    let before = try vault.snapshot()
    #expect(try vault.runInPlace("true").status == 0)
    #expect(try vault.snapshot() == before)
  }

  // MARK: - Commits

  @Test(arguments: [
    "git commit -m x", "git commit --no-verify -m x", "git stash push",
    "git update-ref refs/heads/x $(git commit-tree -m x $(git write-tree))",
  ])
  func `A commit that the command makes is refused`(_ words: String) throws {
    let vault = try Vault()
    let head = try vault.repository.git("rev-parse", "HEAD")
    let screen = try vault.runInPlace("sh", "-c", words)
    #expect(screen.status != 0, "\(screen)")
    #expect(screen.error.contains(".secrets/key"), "\(screen)")
    #expect(try vault.repository.git("for-each-ref", "--format=%(objectname)") == head)
    #expect(try vault.repository.git("diff", "--cached", "--name-only") == "staged.txt")
    #expect(!FileManager.default.fileExists(atPath: "\(vault.shop.path)/.git/git-eb"))
  }

  @Test func `A commit that somebody else makes meanwhile is told, and stays whole`() throws {
    let vault = try Vault()
    let screen = try vault.runInPlace("sh", "-c", "\(Self.plain) commit --quiet --message=leak")
    expect(
      screen,
      """
      ! warning: a commit, stash or index made meanwhile holds '.secrets/key'
      ! hint: git log --all --reflog -- .secrets/key
      """)
    #expect(try vault.repository.git("fsck", "--full", "--strict") == "")
    #expect(try vault.repository.git("show", "HEAD:.secrets/key") == Shop.secret)
    #expect(try vault.repository.git("ls-files", ".secrets") == "")
  }

  @Test func `Nobody collects while the secrets are there`() throws {
    let vault = try Vault()
    let before = try vault.snapshot()
    let screen = try vault.runInPlace("sh", "-c", "\(Self.plain) gc --quiet")
    #expect(screen.status == 128, "\(screen)")
    #expect(screen.error.contains("gc is already running"), "\(screen)")
    #expect(try vault.snapshot() == before)
    try vault.repository.git("gc", "--quiet")
  }

  @Test func `Contents that were packed all the same are told`() throws {
    let vault = try Vault()
    let screen = try vault.runInPlace("sh", "-c", "\(Self.plain) repack -a -d -q")
    #expect(
      screen.error.contains("warning: git has packed the contents of '.secrets/key' meanwhile"),
      "\(screen)")
    #expect(try vault.repository.git("ls-files", ".secrets") == "")
    try vault.repository.git("gc", "--quiet", "--prune=now")
    try vault.expectNoLeak()
  }

  // MARK: - Others at work

  @Test func `A foreign lock is waited for`() throws {
    let vault = try Vault()
    let lock = "\(vault.shop.path)/.git/index.lock"
    let before = try vault.snapshot()
    let holder = try vault.shop.start("sh", "-c", "exec 9> \(lock); sleep 2; rm \(lock)")
    try #require(eventually { FileManager.default.fileExists(atPath: lock) })
    #expect(try vault.runInPlace("true").status == 0)
    _ = holder.wait()
    #expect(try vault.snapshot() == before)
  }

  @Test func `A foreign lock that stays is refused with who holds it`() throws {
    let vault = try Vault()
    let lock = "\(vault.shop.path)/.git/index.lock"
    let before = try vault.snapshot()
    let holder = try vault.shop.start("sleep 30 9> \(lock)", shell: true)
    try #require(eventually { FileManager.default.fileExists(atPath: lock) })
    let screen = try vault.eb(["with-secrets", "--in-place", "--wait", "1s", "--", "touch", "run"])
    expect(
      screen,
      """
      ! error: '<base>/repository/.git/index.lock' exists: process <pid> (sleep) writes the index
      [2]
      """)
    holder.interrupt(SIGKILL)
    _ = holder.wait()
    let stale = try vault.eb(["with-secrets", "--in-place", "--wait", "0s", "--", "touch", "run"])
    #expect(stale.error.contains("hint: no process has it open: rm '"), "\(stale)")
    try FileManager.default.removeItem(atPath: lock)
    #expect(!FileManager.default.fileExists(atPath: "\(vault.shop.path)/run"))
    #expect(try vault.snapshot() == before)
    try vault.expectNoLeak()
  }

  @Test func `Of two at once the second waits, or is refused`() throws {
    let vault = try Vault()
    let before = try vault.snapshot()
    let first = try vault.start("with-secrets", "--in-place", "--", "sh", "-c", Vault.slow)
    try #require(vault.waitFor("started"))
    expect(
      try vault.eb(["with-secrets", "--in-place", "--wait", "0s", "--", "true"]),
      """
      ! error: git-eb has secrets staged in this repository already, in process <pid>
      ! hint: --wait 10m waits for it
      [2]
      """)
    let second = try vault.start("with-secrets", "--in-place", "--", "true")
    usleep(300_000)
    #expect(second.isRunning)
    try vault.repository.write("go", "")
    #expect(try #require(first.wait()).status == 0)
    #expect(try #require(second.wait()).status == 0)
    #expect(try vault.snapshot() == before)
  }

  // MARK: - Ends of every kind

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT])
  func `Twice the same signal within five milliseconds`(_ signal: Int32) throws {
    let vault = try Vault()
    let before = try vault.snapshot()
    let started = try vault.start(
      "with-secrets", "--in-place", "--", "sh", "-c", "touch started; exec sleep 30")
    try #require(vault.waitFor("started"))
    started.interrupt(signal)
    usleep(5000)
    started.interrupt(signal)
    let screen = try #require(started.wait(seconds: 20))
    #expect(screen.status == 128 + signal, "\(screen)")
    #expect(try vault.snapshot() == before)
    #expect(vault.storage == [])
  }

  @Test func `Killed outright, its watcher waits for the command and takes all back`() throws {
    let vault = try Vault()
    let before = try vault.snapshot()
    let started = try vault.start(
      "with-secrets", "--in-place", "--", "sh", "-c", Vault.slow)
    try #require(vault.waitFor("started"))
    try started.interrupt(only: "git-eb", SIGKILL)
    usleep(300_000)
    let which = try vault.eb(["which"])
    #expect(which.error == "", "\(which)")
    try vault.repository.write("go", "")
    #expect(eventually(seconds: 20) { (try? vault.snapshot()) == before })
    #expect(eventually(seconds: 5) { vault.processes("watch").isEmpty })
    let seen = FileManager.default.contents(atPath: "\(vault.shop.path)/seen") ?? Data()
    #expect(String(decoding: seen, as: UTF8.self).contains(".secrets/key"))
    #expect(vault.storage == [])
    try vault.expectNoLeak()
  }

  @Test func `With the watcher killed as well, the next command takes all back`() throws {
    let vault = try Vault()
    let before = try vault.snapshot()
    let started = try vault.start(
      "with-secrets", "--in-place", "--", "sh", "-c", "touch started; sleep 30")
    try #require(vault.waitFor("started"))
    for process in vault.processes("watch") { kill(process, SIGKILL) }
    started.interrupt(SIGKILL)
    _ = try #require(started.wait(seconds: 5))
    usleep(200_000)
    #expect(try vault.repository.git("ls-files", ".secrets") == ".secrets/key")
    expect(
      try vault.eb(["which"]),
      """
      production  (branches.master, .git-eb.yml:4)
      ! note: took back the secrets that process <pid> had staged: '.secrets/key'
      ! note: removed private files of process <pid>
      """)
    #expect(try vault.snapshot() == before)
    #expect(vault.storage == [])
    try vault.expectNoLeak()
  }

  @Test func `Killed at any moment it leaves nothing behind the next command`() throws {
    let vault = try Vault()
    let before = try vault.snapshot()
    for delay in stride(from: 0, to: 120, by: 6) {
      let started = try vault.start("with-secrets", "--in-place", "--", "sleep", "0.05")
      usleep(UInt32(40_000 + delay * 1000))
      for process in vault.processes("watch") { kill(process, SIGKILL) }
      started.interrupt(SIGKILL)
      _ = try #require(started.wait(seconds: 5))
      for process in vault.processes("watch") { kill(process, SIGKILL) }
      _ = eventually(seconds: 5) { vault.processes("watch").isEmpty }
      #expect(try vault.eb(["which", "-q"]).status == 0)
      try #expect(eventually(seconds: 5) { try vault.snapshot() == before }, "\(delay) ms")
      #expect(vault.storage == [], "\(delay) ms")
    }
    try vault.expectNoLeak()
  }
}

extension Workplace {
  /// Starts a line for the shell, as the shell itself is then replaced.
  func start(_ line: String, shell: Bool) throws -> Background {
    try start("sh", "-c", "exec \(line)")
  }
}
