import Foundation
import TestSupport
import Testing

@Suite("git eb push: interrupted, overtaken, and at the same time") struct InterruptionTests {
  /// A commit that takes long to bundle: the same four megabytes at many places.
  private func grow(_ shop: Workplace) throws {
    let make = """
      import random, sys

      random.seed(7)
      words = [random.randbytes(6).hex() for _ in range(4000)]
      with open(sys.argv[1], "w") as file:
          while file.tell() < 4 << 20:
              file.write(" ".join(random.choices(words, k=500)) + "\\n")
      """
    let blob = "\(shop.base)/blob"
    try shop.python(make, blob)
    let id = try shop.repository.git("hash-object", "-w", blob)
    let entries = (0..<400).map { "100644 \(id) 0\tlarge/\($0).txt\n" }.joined()
    try shop.repository.git(["update-index", "--add", "--index-info"], input: entries)
    try shop.repository.git("commit", "--quiet", "--message=Grow")
  }

  private func waitForBundle(_ shop: Workplace) -> Bool {
    let manager = FileManager.default
    let directory = "\(shop.host)/incoming"
    return eventually {
      for name in (try? manager.contentsOfDirectory(atPath: directory)) ?? [] {
        let size = try? manager.attributesOfItem(atPath: "\(directory)/\(name)")[.size] as? Int
        if let size, size > 1 << 20 { return true }
      }
      return false
    }
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `Interrupted while it bundles it leaves nothing, and the release before serves`(
    _ signal: Int32
  ) throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    let page = try shop.page("production")
    try grow(shop)
    let before = try shop.repository.snapshot()
    let push = try shop.start("git", "eb", "push")
    try #require(waitForBundle(shop))
    push.interrupt(signal)
    let start = Date()
    let screen = try #require(push.wait())
    #expect(Date().timeIntervalSince(start) < 10)
    #expect(screen.status == 128 + signal, "\(screen)")
    #expect(screen.error.contains("error: interrupted"), "\(screen)")
    #expect(screen.error.contains("note: 'production' runs "), "\(screen)")
    #expect(shop.leftovers == [])
    #expect(shop.published.count == 1)
    #expect(try shop.page("production") == page)
    #expect(try shop.repository.snapshot() == before)
    #expect(try shop.eb("status", "--json").json(EnvironmentAnswer.self).status == "Ready")
  }

  @Test func `Killed outright while it bundles, the next push takes away what it left`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    try grow(shop)
    let before = try shop.repository.snapshot()
    let push = try shop.start("git", "eb", "push")
    try #require(waitForBundle(shop))
    push.interrupt(SIGKILL)
    _ = try #require(push.wait())
    #expect(try shop.repository.snapshot() == before)
    #expect(try shop.eb("push", "--force", "HEAD~1").status == 0)
    #expect(shop.leftovers == [])
  }

  @Test func `Killed outright while it writes a file, the next archive takes away what it left`()
    throws
  {
    let shop = try Workplace.shop()
    try grow(shop)
    let directory = "\(shop.base)/out"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let names = { (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] }
    let archive = try shop.start("git", "eb", "archive", "-o", "\(directory)/app.zip")
    try #require(eventually { !names().isEmpty })
    archive.interrupt(SIGKILL)
    _ = try #require(archive.wait())
    // It used to stay, with the secrets in it.
    try #require(names().count == 1 && names() != ["app.zip"])
    #expect(try shop.eb("archive", "-o", "\(directory)/app.zip", "HEAD~1").status == 0)
    #expect(names() == ["app.zip"])
  }

  @Test func `Interrupted while it writes a file it leaves the one that was there`() throws {
    let shop = try Workplace.shop()
    try grow(shop)
    let directory = "\(shop.base)/out"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try Data("before".utf8).write(to: URL(filePath: "\(directory)/x.zip"))
    let archive = try shop.start("git", "eb", "archive", "-o", "\(directory)/x.zip")
    try #require(eventually { shop.files(below: directory).count == 2 })
    usleep(300_000)
    archive.interrupt()
    let screen = try #require(archive.wait())
    #expect(screen.status == 130, "\(screen)")
    #expect(shop.files(below: directory) == ["x.zip"])
    #expect(FileManager.default.contents(atPath: "\(directory)/x.zip") == Data("before".utf8))
  }

  @Test func `Interrupted while a program makes a secret it ends with the program`() throws {
    let shop = try Workplace.shop(
      configuration: Shop.configuration.replacing(
        "  - .secrets/\n", with: "  - {run: [sleep, '31.4159'], to: .secrets/key}\n"))
    let push = try shop.start("git", "eb", "push")
    // Those of this workplace: git, git-eb and the program.
    try #require(eventually { shop.processes.count >= 3 })
    usleep(300_000)
    // To git-eb alone: who sends a signal to a process need not know its children.
    try push.interrupt(only: "git-eb")
    let screen = push.wait(seconds: 30)
    #expect(screen?.status == 130, "\(screen.map { "\($0)" } ?? "it goes on")")
    #expect(eventually(seconds: 20) { shop.processes.isEmpty })
    #expect(shop.published == [])
    #expect(shop.leftovers == [])
  }

  // MARK: - While it waits

  /// Starts a push whose processes need a minute to answer, and waits until they run.
  private func startSlowPush(_ shop: Workplace) throws -> Background {
    try shop.repository.write("slow", "60\n")
    try shop.repository.commit("Slow it down")
    let old = shop.processes.count
    let push = try shop.start("git", "eb", "push")
    let releases = "\(shop.environmentDirectory("production"))/releases"
    try #require(
      eventually { FileManager.default.fileExists(atPath: "\(releases)/2/app.py") })
    // The push is three: the two gits and the processes of the release.
    try #require(eventually { shop.processes.count > old + 1 })
    usleep(300_000)
    return push
  }

  @Test func `Interrupted while it waits for health it puts everything back`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    let page = try shop.page("production")
    let old = Set(shop.processes)
    let push = try startSlowPush(shop)
    let during = try shop.eb("status", "--json").json(EnvironmentAnswer.self)
    #expect(during.status == "Updating")
    #expect(during.health == "Green")
    #expect(try shop.page("production") == page)
    push.interrupt()
    let screen = try #require(push.wait(seconds: 30))
    #expect(screen.status == 130, "\(screen)")
    #expect(screen.error.contains("WARN   The deployment was interrupted; nothing was changed."))
    #expect(screen.error.contains("error: interrupted\nnote: 'production' runs "))
    #expect(try shop.page("production") == page)
    #expect(eventually { Set(shop.processes) == old })
    #expect(shop.leftovers == [])
    let after = try shop.eb("status", "--json").json(EnvironmentAnswer.self)
    #expect(after.status == "Ready")
    #expect(after.health == "Green")
  }

  @Test func `Killed outright while it waits, the old release serves and the next push mends`()
    throws
  {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    let page = try shop.page("production")
    let old = shop.processes.count
    let push = try startSlowPush(shop)
    push.interrupt(SIGKILL)
    _ = try #require(push.wait(seconds: 20))
    #expect(try shop.page("production") == page)
    #expect(try shop.eb("status", "--json").json(EnvironmentAnswer.self).status == "Ready")
    try shop.repository.remove("slow")
    let mended = try shop.repository.commit("Speed it up")
    let screen = try shop.eb("push")
    #expect(screen.status == 0, "\(screen)")
    #expect(try shop.page("production") == Shop.page(mended))
    #expect(eventually { shop.processes.count == old })
    #expect(shop.leftovers == [])
  }

  // MARK: - Two at once

  @Test func `Two pushes at once are one after the other, or one is refused, and never mixed`()
    throws
  {
    let shop = try Workplace.shop()
    var pages: Set<String> = [
      Shop.page(try shop.repository.git("rev-parse", "HEAD"))
    ]
    for round in 1...5 {
      try shop.repository.write("greeting.txt", "round \(round)\n")
      let commit = try shop.repository.commit("Round \(round)")
      pages.insert(Shop.page(commit, greeting: "round \(round)"))
      let wait = round.isMultiple(of: 2) ? ["--wait", "60s"] : []
      let pushes = try ["HEAD~1", "HEAD"].map { revision in
        let words = ["git eb push --force", revision] + wait
        return try shop.start("sh", "-c", "exec \(words.joined(separator: " "))")
      }
      let screens = pushes.compactMap { $0.wait() }
      try #require(screens.count == 2)
      let statuses = screens.map(\.status)
      #expect(statuses.contains(0), "\(screens)")
      #expect(statuses.allSatisfy { $0 == 0 || wait.isEmpty && $0 == 2 }, "\(screens)")
      for screen in screens where screen.status == 2 {
        #expect(screen.error.contains("error: environment 'production' is busy"), "\(screen)")
      }
      #expect(pages.contains(try shop.page("production")))
      #expect(try shop.eb("health").status == 0)
      #expect(shop.leftovers == [])
    }
    for label in shop.published {
      let zip = try shop.command(["unzip", "-tq", "\(shop.host)/versions/\(label).zip"])
      #expect(zip.status == 0, "\(zip)")
    }
    #expect(eventually { shop.processes.count == 2 })
  }

  @Test func `A push that was overtaken by a newer commit is refused`() throws {
    let shop = try Workplace.shop(
      configuration: Shop.configuration.replacing(
        "  - .secrets/\n",
        with: "  - {run: [sh, -c, 'sleep ${SLOW:-0}; echo x'], to: .secrets/made}\n"))
    try #require(try shop.eb("push").status == 0)
    try shop.repository.write("greeting.txt", "second\n")
    try shop.repository.commit("Second")
    let older = try shop.start("git", "eb", "push", with: ["SLOW": "4"])
    usleep(1_000_000)
    try shop.repository.write("greeting.txt", "third\n")
    try shop.repository.commit("Third")
    let newer = try shop.eb("push")
    #expect(newer.status == 0, "\(newer)")
    let screen = try #require(older.wait())
    #expect(screen.status == 2, "\(screen)")
    #expect(try shop.page("production").hasPrefix("greeting: third\n"))
  }
}
