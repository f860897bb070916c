import Foundation
import TestSupport
import Testing

@Suite("git eb recover: what was left by one that was killed") struct RecoverTests {
  private struct Answer: Decodable, Equatable {
    var kind: String
    var path: String
    var outcome: String
    var process: Int32?
    var secrets: [String]?
  }

  /// What it finds of this vault: other tests leave things in the common places.
  private func recover(_ vault: Vault, _ arguments: String...) throws -> [Answer] {
    let screen = try vault.eb(["recover", "--json"] + arguments)
    return try screen.json([Answer].self).filter { $0.path.hasPrefix(vault.shop.base) }
  }

  private func cutOff(_ vault: Vault, _ arguments: String...) throws {
    let started = try vault.start(
      "with-secrets", "--in-place", "--", "sh", "-c", "touch started; sleep 30")
    try #require(vault.waitFor("started"))
    for process in vault.processes("watch") { kill(process, SIGKILL) }
    started.interrupt(SIGKILL)
    _ = try #require(started.wait(seconds: 5))
    usleep(200_000)
    try vault.repository.remove("started")
  }

  @Test func `It says what there is, takes it away, and has nothing to do again`() throws {
    let vault = try Vault()
    let before = try vault.snapshot()
    try cutOff(vault)
    let staged = try vault.snapshot()
    let seen = try recover(vault, "--dry-run")
    #expect(seen.map(\.kind) == ["journal", "storage"])
    #expect(seen.map(\.outcome) == ["found", "found"])
    #expect(try vault.snapshot() == staged)
    let done = try recover(vault)
    #expect(done.map(\.outcome) == ["taken back", "removed"])
    #expect(done.first?.secrets == [".secrets/key"])
    #expect(try vault.snapshot() == before)
    #expect(vault.storage == [])
    #expect(try recover(vault) == [])
    try vault.expectNoLeak()
  }

  @Test func `It finds the journals of other work trees, from any of them`() throws {
    let vault = try Vault()
    let before = try vault.snapshot()
    try cutOff(vault)
    let linked = "\(vault.shop.base)/linked"
    try vault.repository.git("worktree", "add", "-q", "-b", "dev", linked)
    let screen = try vault.shop.command(
      ["git", "eb", "recover"], in: linked, with: vault.variables)
    #expect(
      screen.output.contains("took back the secrets that process"), "\(screen)")
    try vault.repository.git("worktree", "remove", linked)
    try vault.repository.git("branch", "-q", "-D", "dev")
    #expect(try vault.repository.git("ls-files", ".secrets") == "")
    #expect(try vault.snapshot()["index"] == before["index"])
    try vault.expectNoLeak()
  }

  @Test func `What a living process uses is left alone`() throws {
    let vault = try Vault()
    let before = try vault.snapshot()
    let started = try vault.start("with-secrets", "--in-place", "--", "sh", "-c", Vault.slow)
    try #require(vault.waitFor("started"))
    #expect(try recover(vault).map(\.outcome) == ["in use", "in use"])
    #expect(try vault.repository.git("ls-files", ".secrets") == ".secrets/key")
    try vault.repository.write("go", "")
    _ = try #require(started.wait())
    #expect(try vault.snapshot() == before)
  }

  @Test func `Bundles and files on their way are found by whose they are`() throws {
    let vault = try Vault()
    let manager = FileManager.default
    let incoming = "\(vault.shop.host)/incoming"
    let mine = "\(getpid())-1-00000000"
    try manager.createDirectory(atPath: incoming, withIntermediateDirectories: true)
    let files = [
      "\(incoming)/bundle-\(mine).zip", "\(vault.shop.path)/app.zip.git-eb-\(mine)",
    ]
    let directory = "\(vault.shop.temporary)/git-eb-\(getuid())-\(mine)"
    try manager.createDirectory(atPath: directory, withIntermediateDirectories: true)
    for file in files + ["\(directory)/bundle.zip"] {
      try Data("bundle".utf8).write(to: URL(filePath: file))
    }
    let found = try recover(vault, "--dry-run")
    #expect(Set(found.map(\.path)) == Set(files + [directory]))
    #expect(found.allSatisfy { $0.outcome == "found" })
    #expect(try recover(vault).allSatisfy { $0.outcome == "removed" })
    for file in files + [directory] { #expect(!manager.fileExists(atPath: file)) }
  }

  @Test func `A release that was never finished is taken away`() throws {
    let vault = try Vault()
    try #require(try vault.eb(["push"]).status == 0)
    let partial = "\(vault.shop.environmentDirectory("production"))/releases/2.partial"
    try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
    #expect(try recover(vault, "--dry-run").map(\.kind) == ["release"])
    #expect(FileManager.default.fileExists(atPath: partial))
    #expect(try recover(vault).map(\.outcome) == ["removed"])
    #expect(!FileManager.default.fileExists(atPath: partial))
    #expect(try vault.eb(["health"]).status == 0)
  }

  @Test func `A configuration that is not valid keeps nobody from recovering`() throws {
    let vault = try Vault()
    try cutOff(vault)
    try vault.repository.write(".git-eb.yml", "nonsense: [\n")
    #expect(try recover(vault).map(\.outcome) == ["taken back", "removed"])
    try vault.expectNoLeak()
  }

  @Test func `A journal that cannot be understood stops nothing and is told`() throws {
    let vault = try Vault()
    try vault.repository.write(".git/git-eb/journal", "{\"format\": 99}")
    let which = try vault.eb(["which"])
    #expect(which.status == 0)
    #expect(which.error.contains("hint: git eb recover"), "\(which)")
    let screen = try vault.eb(["recover"])
    #expect(screen.status == 2, "\(screen)")
    #expect(screen.output.contains("is of another version of git-eb"), "\(screen)")
    #expect(try vault.runInPlace("true").status == 2)
  }
}
