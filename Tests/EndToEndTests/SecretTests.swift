import Foundation
import TestSupport
import Testing

@Suite("Secrets, end to end") struct SecretTests {
  private static let plain = """
    application: shop
    host: local
    branches: {master: production, dev: dev}

    """

  private func shop(_ secrets: String) throws -> Workplace {
    let shop = try Workplace.shop(configuration: Self.plain + secrets + "\n")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: "\(shop.path)/.secrets/key")
    return shop
  }

  /// What each mistake is answered with. Nothing is uploaded, and nothing is left.
  private func expectRefusal(
    _ shop: Workplace, _ expected: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = try shop.repository.snapshot()
    expect(try shop.eb("push"), expected, sourceLocation: sourceLocation)
    #expect(shop.published == [], sourceLocation: sourceLocation)
    #expect(shop.leftovers == [], sourceLocation: sourceLocation)
    #expect(try shop.repository.snapshot() == before, sourceLocation: sourceLocation)
  }

  // MARK: - Refusals

  @Test func `A secret that is missing is refused`() throws {
    let shop = try shop("secrets: [.secrets/, .env]")
    try expectRefusal(
      shop,
      """
      ! error: secret '.env' is missing (listed on line 4 of .git-eb.yml)
      [2]
      """)
  }

  @Test func `A secret of another environment does not slip in as a file`() throws {
    let shop = try shop(
      "secrets: [.secrets/, {from: conf/prod.env, to: .env, environments: [production]}]")
    try shop.repository.write("conf/prod.env", "for-production-only\n")
    try shop.repository.git("switch", "--quiet", "--create", "dev")
    let refused =
      "error: secret 'conf/prod.env' is meant for 'production' only (line 4 of .git-eb.yml)\n"
    #expect(try shop.eb("push", "--worktree").error.contains(refused))
    // Where it is meant, it goes to its own place and not under its own name as well.
    try shop.repository.git("switch", "--quiet", "master")
    let list = try shop.eb("archive", "--worktree", "--list", "--json").json(ListAnswer.self)
    #expect(list.entries.contains { $0.path == ".env" && $0.secret })
    #expect(!list.entries.contains { $0.path == "conf/prod.env" })
    let without = try shop.eb("archive", "--worktree", "--list", "--json", "--no-secrets")
    let paths = try without.json(ListAnswer.self).entries.map(\.path)
    #expect(!paths.contains("conf/prod.env") && !paths.contains(".env"))
    // Committed, it is refused everywhere.
    try shop.repository.git("add", "--force", "conf/prod.env")
    try shop.repository.commit("Oh no")
    let tracked =
      "error: secret 'conf/prod.env' is tracked by git (listed on line 4 of .git-eb.yml)\n"
    #expect(try shop.eb("push").error.contains(tracked))
    try shop.repository.git("switch", "--quiet", "--force-create", "dev")
    #expect(try shop.eb("push").error.contains(tracked))
    #expect(shop.published == [])
  }

  @Test func `A path with a dot in front hides nothing`() throws {
    let shop = try shop("secrets: [.secrets/, ./.env]")
    try shop.repository.write(".env", "tracked\n")
    try shop.repository.git("add", "--force", ".env")
    try shop.repository.git("commit", "--quiet", "-m", "Oh no")
    try expectRefusal(
      shop,
      """
      ! error: secret '.env' is tracked by git (listed on line 4 of .git-eb.yml)
      ! hint: git rm --cached '.env', and add it to .gitignore
      [2]
      """)
  }

  @Test func `A loop of links among secrets is refused`() throws {
    let shop = try shop("secrets: [.secrets/]")
    try shop.repository.link(".secrets/loop", to: ".")
    try expectRefusal(
      shop,
      """
      ! error: secret '.secrets/loop' is a link to a directory above it (listed on line 4 of \
      .git-eb.yml)
      ! hint: list the files of the directory one by one
      [2]
      """)
  }

  @Test func `A directory of secrets that is missing is refused`() throws {
    let shop = try shop("secrets: [.secrets/]")
    try shop.repository.remove(".secrets")
    try expectRefusal(
      shop,
      """
      ! error: secret '.secrets/' is missing (listed on line 4 of .git-eb.yml)
      [2]
      """)
  }

  @Test func `An empty secret is refused, in a directory too`() throws {
    let shop = try shop("secrets: [.secrets/]")
    try shop.repository.write(".secrets/empty", "")
    try expectRefusal(
      shop,
      """
      ! error: secret '.secrets/empty' is empty (listed on line 4 of .git-eb.yml)
      [2]
      """)
  }

  @Test func `A directory of secrets with nothing in it is refused`() throws {
    let shop = try shop("secrets: [.secrets/]")
    try shop.repository.remove(".secrets/key")
    try expectRefusal(
      shop,
      """
      ! error: secret '.secrets/' is empty (listed on line 4 of .git-eb.yml)
      [2]
      """)
  }

  @Test func `A secret that git tracks is refused`() throws {
    let shop = try shop("secrets: [.secrets/]")
    try shop.repository.git("add", "--force", ".secrets/key")
    try expectRefusal(
      shop,
      """
      ! error: secret '.secrets/key' is tracked by git (listed on line 4 of .git-eb.yml)
      ! hint: git rm --cached '.secrets/key', and add it to .gitignore
      [2]
      """)
  }

  @Test func `A link that leads out of the repository is refused`() throws {
    let shop = try shop("secrets: [.secrets/]")
    try Data("outside".utf8).write(to: URL(filePath: "\(shop.base)/home/outside"))
    try shop.repository.link(".secrets/link", to: "../../home/outside")
    try expectRefusal(
      shop,
      """
      ! error: secret '.secrets/link' leads out of the repository, to '<base>/home/outside' \
      (listed on line 4 of .git-eb.yml)
      ! hint: name the file itself: {from: <base>/home/outside, to: <path>}
      [2]
      """)
  }

  @Test func `A link that leads out on the way is refused`() throws {
    let shop = try shop("secrets: [vault/key]")
    try shop.repository.write(".git/info/exclude", "vault\n")
    try FileManager.default.createDirectory(
      atPath: "\(shop.base)/vault", withIntermediateDirectories: true)
    try Data("outside".utf8).write(to: URL(filePath: "\(shop.base)/vault/key"))
    try shop.repository.link("vault", to: "../vault")
    let screen = try shop.eb("push")
    #expect(screen.status == 2)
    #expect(screen.error.hasPrefix("error: secret 'vault/key' leads out of the repository, to "))
  }

  @Test func `A dangling link is missing`() throws {
    let shop = try shop("secrets: [.secrets/link]")
    try shop.repository.link(".secrets/link", to: "nowhere")
    try expectRefusal(
      shop,
      """
      ! error: secret '.secrets/link' is missing (listed on line 4 of .git-eb.yml)
      [2]
      """)
  }

  @Test func `A pipe is no secret, and is not waited for`() throws {
    let shop = try shop("secrets: [.secrets/]")
    try shop.command(["mkfifo", "\(shop.path)/.secrets/pipe"])
    let screen = try shop.command(["timeout", "20", "git", "eb", "push"])
    #expect(screen.status == 2)
    #expect(screen.error.hasPrefix("error: secret '.secrets/pipe' is not a file "))
  }

  @Test func `A secret for another environment does not come in with its directory`() throws {
    let shop = try shop(
      """
      secrets:
        - .secrets/
        - {from: .secrets/production, to: .secrets/production, environments: [production]}
      """)
    try shop.repository.write(".secrets/production", "for production\n")
    try shop.repository.git("switch", "--quiet", "--create", "dev")
    try expectRefusal(
      shop,
      """
      ! error: secret '.secrets/production' is meant for 'production' only \
      (line 6 of .git-eb.yml)
      ! hint: list the files of the directory one by one
      [2]
      """)
    try shop.repository.git("switch", "--quiet", "master")
    let screen = try shop.eb("archive", "--list", "--json").json(ListAnswer.self)
    #expect(
      screen.entries.filter(\.secret).map(\.path) == [".secrets/key", ".secrets/production"])
  }

  @Test func `A secret for another environment does not come in through a link`() throws {
    let shop = try shop(
      """
      secrets:
        - .secrets/
        - {from: vault/key, to: .env, environments: [production]}
      """)
    try shop.repository.write(".git/info/exclude", "vault/\n")
    try shop.repository.write("vault/key", "for production\n")
    try shop.repository.link(".secrets/alias", to: "../vault/key")
    try shop.repository.git("switch", "--quiet", "--create", "dev")
    let screen = try shop.eb("push")
    #expect(screen.status == 2, "\(screen)")
    #expect(shop.published == [])
  }

  @Test func `A program that fails, prints nothing or is not there is refused`() throws {
    var shop = try shop("secrets: [{run: [sh, -c, 'echo half; exit 7'], to: .env}]")
    try expectRefusal(
      shop,
      """
      ! error: the program for secret '.env (from sh)' failed: exit status 7 \
      (listed on line 4 of .git-eb.yml)
      [2]
      """)
    shop = try self.shop("secrets: [{run: ['true'], to: .env}]")
    try expectRefusal(
      shop,
      """
      ! error: the program for secret '.env (from true)' printed nothing \
      (listed on line 4 of .git-eb.yml)
      [2]
      """)
    shop = try self.shop("secrets: [{run: [no-such-program-here], to: .env}]")
    try expectRefusal(
      shop,
      """
      ! error: cannot run the program for secret '.env (from no-such-program-here)': \
      'no-such-program-here' was not found (listed on line 4 of .git-eb.yml)
      [2]
      """)
    shop = try self.shop("secrets: [{run: [sh, -c, 'kill -9 $$'], to: .env}]")
    let killed = try shop.eb("push")
    #expect(killed.status == 2)
    #expect(killed.error.contains("failed: signal 9"))
  }

  @Test func `Two secrets for one place are refused`() throws {
    let shop = try shop("secrets: [.secrets/key, {run: [echo, x], to: .secrets/key}]")
    try expectRefusal(
      shop,
      """
      ! error: two secrets go to '.secrets/key' (listed on line 4 of .git-eb.yml)
      [2]
      """)
  }

  @Test(arguments: ["../key", "/etc/key", ".git/hooks/key", "a/../../key", "a//key", "."])
  func `A place out of the bundle is refused`(_ place: String) throws {
    let shop = try shop("secrets: [{from: .secrets/key, to: '\(place)'}]")
    let screen = try shop.eb("push")
    #expect(screen.status == 2, "\(screen)")
    #expect(screen.error.contains("'\(place)'"), "\(screen)")
    #expect(shop.published == [])
  }

  @Test func `A secret that git does not ignore is told`() throws {
    let shop = try shop("secrets: [.env]")
    try shop.repository.write(".env", "x\n")
    let screen = try shop.eb("push", "--dry-run")
    #expect(screen.status == 0)
    #expect(
      screen.error.contains(
        """
        warning: git does not ignore '.env'
        hint: echo '/.env' >> .gitignore

        """), "\(screen)")
  }

  // MARK: - What goes in

  @Test func `Secrets come from the home directory, from programs, and with their modes`() throws {
    let shop = try shop(
      """
      secrets:
        - .secrets/
        - {from: ~/vault/shop.json, to: config/shop.json}
        - {run: [sh, -c, 'echo made $((40 + 2))'], to: .secrets/made}
        - {from: ~/vault/shop.json, to: production-key, environments: [production]}
        - {from: ~/vault/shop.json, to: dev-key, environments: [dev]}
      """)
    try shop.repository.write(".secrets/sub/run.sh", "#!/bin/sh\n", executable: true)
    let vault = "\(shop.repository.home)/vault"
    try FileManager.default.createDirectory(atPath: vault, withIntermediateDirectories: true)
    try Data("{}\n".utf8).write(to: URL(filePath: "\(vault)/shop.json"))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o640], ofItemAtPath: "\(vault)/shop.json")
    let answer = try shop.eb("push", "--json").json(PushAnswer.self)
    let expected = [
      ".secrets/key", ".secrets/made", ".secrets/sub/run.sh", "config/shop.json", "production-key",
    ]
    #expect(answer.version.secrets == expected)
    let release = "\(shop.environmentDirectory("production"))/current"
    func contents(_ file: String) -> String {
      String(
        decoding: FileManager.default.contents(atPath: "\(release)/\(file)") ?? Data(),
        as: UTF8.self)
    }
    #expect(contents(".secrets/made") == "made 42\n")
    #expect(contents("config/shop.json") == "{}\n")
    #expect(contents("production-key") == "{}\n")
    #expect(!FileManager.default.fileExists(atPath: "\(release)/dev-key"))
    let list = try shop.eb("archive", "--list", "--json").json(ListAnswer.self)
    let modes = list.entries.filter(\.secret).map { "\($0.mode) \($0.path)" }
    #expect(
      modes == [
        "100600 .secrets/key", "100600 .secrets/made", "100755 .secrets/sub/run.sh",
        "100640 config/shop.json", "100640 production-key",
      ])
    let zip = "\(shop.host)/versions/\(answer.version.label).zip"
    let mode = try FileManager.default.attributesOfItem(atPath: zip)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test func `Another secret is another version, and the old one again is up to date`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    try shop.repository.write(".secrets/key", "rotated\n")
    #expect(try shop.eb("push").status == 0)
    #expect(shop.published.count == 2)
    #expect(try shop.page("production").contains("secret: rotated\n"))
    try shop.repository.write(".secrets/key", Shop.secret + "\n")
    let answer = try shop.eb("push", "--json").json(PushAnswer.self)
    #expect(!answer.published)
    #expect(try shop.page("production").contains("secret: \(Shop.secret)\n"))
  }

  @Test func `In a bare repository a secret comes from an absolute path`() throws {
    let shop = try shop("secrets: [{from: ~/key, to: .env}]")
    try Data("home\n".utf8).write(to: URL(filePath: "\(shop.repository.home)/key"))
    try shop.repository.git("clone", "--quiet", "--bare", shop.path, "\(shop.base)/bare.git")
    let answer = try shop.eb("push", "--json", in: "\(shop.base)/bare.git").json(PushAnswer.self)
    #expect(answer.version.secrets == [".env"])
    let other = try self.shop("secrets: [.secrets/]")
    try other.repository.git("clone", "--quiet", "--bare", other.path, "\(other.base)/bare.git")
    let screen = try other.eb("push", in: "\(other.base)/bare.git")
    #expect(screen.status == 2)
    #expect(screen.error.contains("is a file of a work tree, and this repository is bare"))
  }

  // MARK: - Where they never are

  @Test func `A secret is nowhere but in the version and the release`() throws {
    let shop = try shop(
      """
      secrets:
        - .secrets/
        - {run: [sh, ./slow.sh], to: .env}
      """)
    let canary = "canary-of-a-program"
    try shop.repository.write(".git/info/exclude", "slow.sh\n")
    try shop.repository.write("slow.sh", "sleep 1.5; cat ~/vault\n")
    try Data(canary.utf8).write(to: URL(filePath: "\(shop.repository.home)/vault"))
    try shop.repository.write("staged.txt", "staged\n")
    try shop.repository.git("add", "staged.txt")
    let before = try shop.repository.snapshot()

    let push = try shop.start("git", "eb", "push", "--staged")
    for text in [Shop.secret, canary] {
      let seen = try shop.python(Programs.watch, String(text.reversed()), "1.2")
      #expect(seen == "")
    }
    let screen = try #require(push.wait())
    #expect(screen.status == 0, "\(screen)")
    #expect(try shop.repository.snapshot() == before)
    #expect(shop.leftovers == [])
    try shop.repository.git("gc", "--quiet")

    let objects = try shop.repository.git(["cat-file", "--batch-all-objects", "--batch"])
    for text in [Shop.secret, canary] {
      #expect(!screen.output.contains(text))
      #expect(!screen.error.contains(text))
      #expect(!objects.contains(text))
      #expect(try shop.search(for: text, in: "\(shop.path)/.git", shop.temporary) == [])
      let found = try shop.search(for: text, in: shop.host)
      #expect(found.count == 2)
      #expect(
        found.allSatisfy {
          $0.hasSuffix(".zip") && $0.hasPrefix("versions/")
            || $0.hasPrefix("environments/production/releases/1/")
        }, "\(found)")
      for command in [
        "status", "events", "logs", "versions", "config", "printenv --values", "push --dry-run",
        "archive --list", "list --json", "status --json", "versions --json",
      ] {
        let words = command.split(separator: " ").map(String.init)
        let screen = try shop.command(["git", "eb"] + words)
        #expect(screen.status == 0, "\(command)")
        #expect(!(screen.output + screen.error).contains(text), "\(command)")
      }
    }
    #expect(try shop.search(for: canary, in: shop.repository.home) == ["vault"])
  }

  @Test func `A program's arguments are not told, since one may be a secret`() throws {
    let shop = try shop("secrets: [{run: [sh, -c, 'exit 1 # canary-argument'], to: .env}]")
    for command in ["push", "push --dry-run", "config", "config --json", "archive"] {
      let words = command.split(separator: " ").map(String.init)
      let screen = try shop.command(["git", "eb"] + words)
      #expect(!(screen.output + screen.error).contains("canary-argument"), "\(command): \(screen)")
    }
  }

  @Test func `Push and archive leave a repository as it was, to the byte`() throws {
    let shop = try Workplace.shop()
    try shop.repository.write("greeting.txt", "modified\n")
    // As if the index were older than the files: a refresh would write it.
    try shop.command(["touch", "-d", "2030-01-01", "\(shop.path)/app.py"])
    let before = try shop.repository.snapshot()
    for command in [
      "push --dry-run", "push --staged --dry-run", "push --worktree --dry-run", "push --staged",
      "push", "archive -o ../a.zip", "archive --worktree -o ../b.zip", "which --all", "status",
    ] {
      let words = command.split(separator: " ").map(String.init)
      let screen = try shop.command(["git", "eb"] + words)
      #expect(screen.status == 0, "\(command): \(screen)")
      #expect(try shop.repository.snapshot() == before, "\(command)")
    }
  }
}
