import Foundation
import Git
import TestSupport
import Testing

@Suite struct WorkTreeTests {
  /// Files as `git ls-files` lists them, tracked ones only where they are there.
  private func listed(_ fixture: GitFixture) throws -> [String] {
    let output = try fixture.git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    let deleted = try fixture.git("ls-files", "-z", "--deleted").split(separator: "\0")
    return Set(output.split(separator: "\0")).subtracting(deleted).map(String.init)
      // git lists a file in whose place there is a directory.
      .filter { $0.hasSuffix("/") || !isDirectory("\(fixture.path)/\($0)") }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func isDirectory(_ path: String) -> Bool {
    (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
      == .typeDirectory
  }

  @Test func `tracked files and others that are not ignored are listed`() throws {
    let fixture = try GitFixture()
    try fixture.write(
      ".gitignore",
      "*.log\n!keep.log\nignored/\n/build\ncache/*\n!cache/.keep\n# c\n\\#hash\ntrail \\ \nx/**/y\n"
    )
    for file in [
      "tracked", "gone", "ignored/tracked", "dir/tracked", "a.log", "replaced", "linked/inside",
    ] { try fixture.write(file, "x") }
    try fixture.git("add", "--force", ".")
    try fixture.git("commit", "--quiet", "--message=m")
    try fixture.remove("gone")
    try fixture.remove("replaced")
    try fixture.write("replaced/now", "x")
    try fixture.remove("linked")
    try fixture.link("linked", to: "dir")
    for file in [
      "new", "b.log", "keep.log", "dir/keep.log", "dir/b.log", "ignored/new", "build/x",
      "sub/build/x",
      "cache/x", "cache/.keep", "#hash", "trail  ", "dir/deep/er/file", "x/1/2/y", "x/y", "é",
      "dir/.gitignore", "dir/inner",
    ] { try fixture.write(file, "x") }
    try fixture.write("dir/.gitignore", "inner\n!b.log\n")
    try fixture.write(".git/info/exclude", "excluded\n")
    try fixture.write("excluded", "x")
    try fixture.write("../home/.config/git/ignore", "*.swp\n!excluded\n")
    try fixture.write("a.swp", "x")
    try fixture.link("pointer", to: "/nowhere")
    try fixture.git("init", "--quiet", "nested")
    try fixture.write("nested/file", "x")
    try fixture.write("nested2/.git/nothing", "x")
    try fixture.write("nested2/file", "x")
    try FileManager.default.createDirectory(
      atPath: "\(fixture.path)/empty/er", withIntermediateDirectories: true)
    #expect(mkfifo("\(fixture.path)/fifo"))
    let files = try text(fixture.open().workTreeFiles())
    let git = try listed(fixture)
    #expect(files == git)
    #expect(files.contains("nested/") && files.contains("nested2/file"))
    #expect(!files.contains("linked/inside") && files.contains("linked"))

    try fixture.git("config", "core.excludesFile", "~/other")
    try fixture.write("../home/other", "new\n")
    #expect(try text(fixture.open().workTreeFiles()) == listed(fixture))
  }

  private func mkfifo(_ path: String) -> Bool {
    (try? run(["mkfifo", path]).status) == 0
  }

  @Test func `random patterns ignore as in git check-ignore`() throws {
    let fixture = try GitFixture()
    var random = Random(seed: 7)
    // Not with a slash at the end, which check-ignore takes for a part of the name.
    let paths = (0..<150).map { _ in random.path() }.filter { !$0.hasSuffix("/") }
    for _ in 0..<10 {
      func lines(_ count: Int) -> String {
        (0..<count).map { _ in (random.below(3) == 0 ? "!" : "") + random.pattern() + "\n" }
          .joined()
      }
      try fixture.write(".gitignore", lines(4))
      try fixture.write("a/.gitignore", lines(2))
      try fixture.write(".git/info/exclude", lines(3))
      // Without --non-matching only what is ignored is named, or is included again by a pattern.
      let output = try fixture.git(
        ["check-ignore", "--no-index", "--stdin", "-z", "--verbose", "--non-matching"],
        input: paths.map { $0 + "\0" }.joined())
      let fields = output.split(separator: "\0", omittingEmptySubsequences: false)
      let repository = try fixture.open()
      for (number, path) in paths.enumerated() {
        let pattern = fields[4 * number + 2]
        let isIgnored = !pattern.isEmpty && !pattern.hasPrefix("!")
        #expect(
          try repository.isIgnored(path) == isIgnored,
          "\(path) by '\(pattern)' \(fields[4 * number])")
      }
    }
  }

  @Test func `random work trees are listed as by git`() throws {
    let fixture = try GitFixture()
    var random = Random(seed: 99)
    for _ in 0..<150 {
      let path = random.path()
      if !path.hasSuffix("/") { try? fixture.write(path, path) }
    }
    for _ in 0..<8 {
      var lines = ""
      for _ in 0..<3 { lines += (random.below(3) == 0 ? "!" : "") + random.pattern() + "\n" }
      try fixture.write(".gitignore", lines)
      let repository = try fixture.open()
      #expect(try text(repository.workTreeFiles()) == listed(fixture), "\(lines)")
      try expectSameStatus(fixture)
      _ = try? fixture.git("add", ".gitignore", "--", "a*")
    }
  }

  @Test func `the patterns of one file can be asked`() {
    let patterns = IgnorePatterns(Array("*.o\n!keep.o\n/top\ndir/\n".utf8))
    func decision(_ path: String, isDirectory: Bool = false) -> IgnorePatterns.Decision? {
      patterns.decision(for: Array(path.utf8), isDirectory: isDirectory)
    }
    #expect(decision("a/b.o") == .ignored)
    #expect(decision("a/keep.o") == .included)
    #expect(decision("top") == .ignored)
    #expect(decision("a/top") == nil)
    #expect(decision("a/dir") == nil)
    #expect(decision("a/dir", isDirectory: true) == .ignored)
    #expect(IgnorePatterns(Array("# nothing\n\n".utf8)).isEmpty)
  }
}

/// Compares with `git status --porcelain`.
func expectSameStatus(
  _ fixture: GitFixture, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let output = try fixture.git(
    "status", "--porcelain", "-z", "--no-renames", "--untracked-files=normal")
  var (staged, modified, untracked, conflicted): ([String], [String], [String], [String]) = (
    [], [], [], []
  )
  for line in output.split(separator: "\0") {
    let (x, y, path) = (line.prefix(1), line.dropFirst().prefix(1), String(line.dropFirst(3)))
    if x == "?" {
      untracked.append(path)
    } else if x == "U" || y == "U" || x + y == "AA" || x + y == "DD" {
      conflicted.append(path)
    } else {
      if x != " " { staged.append(path) }
      if y != " " { modified.append(path) }
    }
  }
  let status = try fixture.open().status(limit: 1000)
  #expect(
    status.staged.names == staged.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) },
    sourceLocation: sourceLocation)
  #expect(status.modified.names == modified, sourceLocation: sourceLocation)
  #expect(status.untracked.names == untracked, sourceLocation: sourceLocation)
  #expect(status.conflicted.names == conflicted, sourceLocation: sourceLocation)
}

@Suite struct StatusTests {
  @Test func `a clean work tree is clean, also when its times have changed`() throws {
    let fixture = try GitFixture()
    for file in ["a", "dir/b", "run"] { try fixture.write(file, file, executable: file == "run") }
    try fixture.link("link", to: "a")
    try fixture.commit()
    #expect(try fixture.open().status().isClean)
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: "\(fixture.path)/a")
    #expect(try fixture.open().status().isClean)
    try expectSameStatus(fixture)
  }

  @Test func `every difference is told as git tells it`() throws {
    let fixture = try GitFixture()
    for file in [
      "same", "edited", "staged", "both", "deleted", "removed", "mode", "tolink", "todir", "d/e/f",
      "same-size", "assumed", "skipped",
    ] { try fixture.write(file, file) }
    try fixture.link("link", to: "same")
    try fixture.link("relinked", to: "same")
    try fixture.write(".gitignore", "*.ignored\n")
    try fixture.commit()
    try expectSameStatus(fixture)
    try fixture.write("edited", "more than before")
    try fixture.write("same-size", "SAME-SIZE")
    try fixture.write("staged", "2")
    try fixture.write("both", "2")
    try fixture.git("add", "staged", "both")
    try fixture.write("both", "3")
    try fixture.remove("deleted")
    try fixture.git("rm", "--quiet", "removed")
    try fixture.write("mode", "mode", executable: true)
    for file in ["tolink", "todir", "relinked"] { try fixture.remove(file) }
    try fixture.link("tolink", to: "same")
    try fixture.write("todir/x", "x")
    try fixture.link("relinked", to: "edited")
    try fixture.write("added", "x")
    try fixture.git("add", "added")
    try fixture.write("intended", "x")
    try fixture.git("add", "--intent-to-add", "intended")
    try fixture.git("update-index", "--assume-unchanged", "assumed")
    try fixture.git("update-index", "--skip-worktree", "skipped")
    try fixture.write("assumed", "changed")
    try fixture.remove("skipped")
    for file in ["new", "newdir/a", "newdir/b/c", "d/e/g", "x.ignored", "onlyignored/x.ignored"] {
      try fixture.write(file, "x")
    }
    try expectSameStatus(fixture)
    let status = try fixture.open().status(limit: 2)
    #expect(status.modified.count > 2)
    #expect(status.modified.names.count == 2)
    #expect(!status.isClean)
  }

  @Test func `an unborn branch and a bare repository have a status`() throws {
    let fixture = try GitFixture()
    #expect(try fixture.open().status().isClean)
    try fixture.write("a", "x")
    try fixture.git("add", "a")
    try fixture.write("b", "x")
    try expectSameStatus(fixture)
  }

  @Test func `line ends are converted before they are compared`() throws {
    let fixture = try GitFixture()
    try fixture.write(".gitattributes", "*.txt text eol=crlf\n*.id ident\n")
    try fixture.write("a.txt", "one\r\ntwo\r\n")
    try fixture.write("a.id", "$Id$\n")
    try fixture.commit()
    try fixture.remove("a.id")
    try fixture.git("checkout", "--quiet", "--", "a.id")
    for file in ["a.txt", "a.id"] {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: "\(fixture.path)/\(file)"
      )
    }
    try expectSameStatus(fixture)
    #expect(try fixture.open().status().isClean)
  }

  @Test func `what only a filter could compare is told apart`() throws {
    let fixture = try GitFixture()
    try fixture.git("config", "filter.up.clean", "tr a-z A-Z")
    try fixture.git("config", "filter.up.smudge", "tr A-Z a-z")
    try fixture.write(".gitattributes", "*.up filter=up\n*.other filter=unknown\n")
    try fixture.write("a.up", "abc\n")
    try fixture.write("a.other", "abc\n")
    try fixture.commit()
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: "\(fixture.path)/a.up")
    let status = try fixture.open().status()
    #expect(status.unverified.names == ["a.up"])
    #expect(status.modified.isEmpty)
    #expect(!status.isClean)
  }

  @Test func `a submodule is modified with another commit or other contents`() throws {
    let library = try GitFixture()
    try library.write("file", "x")
    try library.commit()
    let fixture = try GitFixture()
    try fixture.git(
      "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library.path, "lib")
    try fixture.commit()
    try expectSameStatus(fixture)
    #expect(try fixture.open().status().isClean)
    #expect(try text(fixture.open().workTreeFiles()) == [".gitmodules", "lib/"])
    try fixture.write("lib/file", "changed")
    try expectSameStatus(fixture)
    try fixture.git(["checkout", "--quiet", "--", "file"], in: "\(fixture.path)/lib")
    try expectSameStatus(fixture)
    try fixture.git(["commit", "--quiet", "--allow-empty", "-m", "x"], in: "\(fixture.path)/lib")
    try expectSameStatus(fixture)
    #expect(try fixture.open().status().modified.names == ["lib"])
    try fixture.git("submodule", "--quiet", "deinit", "--force", "lib")
    try expectSameStatus(fixture)
  }
}
