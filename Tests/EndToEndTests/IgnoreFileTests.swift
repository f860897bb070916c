import Foundation
import TestSupport
import Testing

@Suite(".ebignore") struct IgnoreFileTests {
  /// Tracked: `docs`, `src`; ignored: `build`, `*.log`, `vendor`; neither: `new.txt`.
  private func repository(_ ignoreFile: String, below root: String = "") throws -> Workplace {
    let place = try Workplace.plain()
    let repository = place.repository
    try repository.write(".gitignore", "build/\n*.log\nvendor/\n")
    for name in ["docs/a.md", "docs/keep/b.md", "src/main.py", "src/main.log.txt"] {
      try repository.write(root + name, "tracked\n")
    }
    try repository.write(root + ".ebignore", ignoreFile)
    try repository.commit()
    for name in ["build/app.js", "build/sub/c.js", "debug.log", "vendor/x/y.py", "new.txt"] {
      try repository.write(root + name, "not tracked\n")
    }
    try repository.link(root + "build/link", to: "app.js")
    return place
  }

  private static let tracked = [
    ".ebignore", ".git-eb.yml", ".gitignore", "docs/a.md", "docs/keep/b.md", "src/main.log.txt",
    "src/main.py",
  ]

  @Test func `It excludes, also directories, of which nothing comes back`() throws {
    let place = try repository("docs/\n!docs/keep/\n!docs/keep/b.md\n/src/*.txt\n.gitignore\n")
    for word in ["HEAD", "--staged", "--worktree"] {
      let names = try place.bundledNames(word)
      #expect(names.filter { $0 != "new.txt" } == [".ebignore", ".git-eb.yml", "src/main.py"])
      #expect(names.contains("new.txt") == (word == "--worktree"))
    }
    // Where the directory itself is not excluded, a part of it can be.
    let other = try repository("docs/*\n!docs/keep/\n")
    #expect(try other.bundledNames() == Self.tracked.filter { $0 != "docs/a.md" })
  }

  @Test func `What it names with an exclamation mark comes in, and that is told`() throws {
    let place = try repository("!/build/\nbuild/sub/\n!*.log\n")
    let expected = (Self.tracked + ["build/app.js", "build/link", "debug.log"]).sorted()
    for word in ["HEAD", "--staged"] { #expect(try place.bundledNames(word) == expected) }
    #expect(try place.bundledNames("--worktree") == (expected + ["new.txt"]).sorted())
    let screen = try place.eb("archive", "-o", "\(place.base)/x.zip")
    expect(
      screen,
      """
      ! warning: '.ebignore' brings in 3 files from the work tree: 'build/app.js', 'build/link', \
      'debug.log'
      ! bundled 14 entries, <size>
      """)
    #expect(try place.bundled("build/app.js") == "not tracked\n")
    #expect(try place.eb("push").status == 0)
  }

  @Test func `By itself it lets nothing in that git ignores`() throws {
    for text in ["", "# nothing\n", "docs/a.md\n", "unknown\n\\!odd\n"] {
      let place = try repository(text)
      let names = try place.bundledNames()
      #expect(names == Self.tracked.filter { $0 != "docs/a.md" || !text.hasPrefix("docs") })
      let all = try place.bundledNames("--worktree")
      #expect(all == (names + ["new.txt"]).sorted())
    }
  }

  @Test func `Neither .git comes in, nor that of a repository in the work tree`() throws {
    let place = try repository("!*\n!.git\n!.git/\n!/.git/config\n!vendor/repo/.git/\n")
    try place.repository.git("init", "--quiet", "vendor/repo")
    try place.repository.write("vendor/repo/in.txt", "in\n")
    try place.repository.write(".elasticbeanstalk/config.yml", "global: {}\n")
    try place.repository.write(".elasticbeanstalk/app_versions/a.zip", "zip\n")
    for word in ["HEAD", "--staged", "--worktree"] {
      let names = try place.bundledNames(word)
      #expect(names.contains("vendor/repo/in.txt"))
      #expect(!names.contains { $0.split(separator: "/").contains(".git") })
      #expect(!names.contains { $0.hasPrefix(".elasticbeanstalk/") })
    }
  }

  @Test func `It is that of the bundle's root, and its patterns are relative to that`() throws {
    let place = try repository("/docs/\n!/build/\n", below: "services/web/")
    try place.repository.write(".ebignore", "src/\n")
    try place.repository.write("build/top.js", "not of the root\n")
    try place.repository.git("add", ".ebignore")
    try place.repository.git("commit", "--quiet", "--message=Another")
    try place.repository.git("config", "eb.bundle.root", "services/web")
    let expected = [
      ".ebignore", "build/app.js", "build/link", "build/sub/c.js", "src/main.log.txt",
      "src/main.py",
    ]
    for word in ["HEAD", "--staged"] { #expect(try place.bundledNames(word) == expected) }
    #expect(try place.bundledNames("--worktree").contains("docs/a.md") == false)
    #expect(try place.bundled("build/app.js") == "not tracked\n")
  }

  @Test func `From a bare repository nothing comes in`() throws {
    let place = try repository("docs/\n!build/\n")
    let bare = "\(place.base)/bare.git"
    try place.repository.git("clone", "--quiet", "--bare", place.path, bare)
    let names = Self.tracked.filter { !$0.hasPrefix("docs/") }
    #expect(try place.bundledNames(in: bare) == names)
  }

  @Test func `One that the source does not have is told, and not followed`() throws {
    let place = try repository("docs/\n")
    try place.repository.git("rm", "--quiet", "--cached", ".ebignore")
    try place.repository.git("commit", "--quiet", "--message=Without")
    let screen = try place.eb("archive", "-o", "\(place.base)/x.zip")
    #expect(
      screen.error.hasPrefix(
        """
        warning: '.ebignore' of the work tree is not followed: the source has none
        hint: git add .ebignore, and commit it

        """))
    #expect(try place.bundledNames().contains("docs/a.md"))
    // Of the work tree it is part.
    #expect(try place.bundledNames("--worktree").contains("docs/a.md") == false)
    // What counts is the source's own.
    #expect(try place.bundledNames("HEAD~1").contains("docs/a.md") == false)
    try place.repository.write(".ebignore", "src/\n")
    try place.repository.git("add", ".ebignore")
    #expect(try place.bundledNames("--staged").contains("docs/a.md"))
    #expect(try place.bundledNames("--staged").contains("src/main.py") == false)
  }

  @Test func `A listed secret comes in once, as a secret`() throws {
    let place = try Workplace.shop()
    try place.repository.write(".ebignore", "!.secrets/\n!*.log\n")
    try place.repository.commit()
    try place.repository.write("a.log", "log\n")
    let zip = "\(place.base)/x.zip"
    for word in ["HEAD", "--staged", "--worktree"] {
      let screen = try place.eb("archive", word, "-o", zip)
      #expect(screen.error.contains("bundled "), "\(screen)")
      let names = try check(["unzip", "-Z1", zip]).split(separator: "\n")
      #expect(names.count { $0 == ".secrets/key" } == 1)
      #expect(names.contains("a.log"))
      let without = try place.bundledNames("--no-secrets", word)
      #expect(!without.contains(".secrets/key"))
      // It is no file that `.ebignore` brings in.
      #expect(!screen.error.contains(".secrets/key"), "\(screen)")
    }
    // What excludes it does not keep a listed secret out.
    try place.repository.write(".ebignore", ".secrets/\n")
    try place.repository.commit()
    #expect(try place.bundledNames().contains(".secrets/key"))
  }

  @Test func `A file that is to come in and whose name is not UTF-8 is refused`() throws {
    let place = try repository("!*.odd\n")
    try place.python(#"open(b"caf\xe9.odd", "w").write("x")"#)
    let screen = try place.eb("archive", "-o", "\(place.base)/x.zip")
    #expect(screen.status == 2)
    #expect(
      screen.error.contains("its name is not UTF-8, which only a commit or the index may have\n"))
  }
}
