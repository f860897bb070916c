import Foundation
import TestSupport
import Testing

@Suite("git eb archive") struct ArchiveTests {
  /// A repository with everything that makes an archive hard.
  private func oddRepository() throws -> Workplace {
    let place = try Workplace()
    let repository = place.repository
    try repository.write("plain.txt", "plain\n")
    try repository.write("exec.sh", "#!/bin/sh\n", executable: true)
    try repository.write("empty", "")
    try repository.write("a/b/c/d/e/f/deep.txt", "deep\n")
    try repository.write("a-b.txt", "sorts between a and a/b\n")
    try repository.write("a.txt", "too\n")
    try repository.write("with space/and 'quotes'.txt", "quotes\n")
    try repository.write("-dash", "dash\n")
    try repository.write("ünïcode/日本語.txt", "unicode\n")
    try repository.write("lines/lf.txt", "one\ntwo\n")
    try repository.write("lines/dos.crlf", "one\ntwo\n")
    try repository.write("lines/binary.crlf", "one\0\ntwo\n")
    try repository.write("ident.id", "$Id$\n")
    try repository.write("docs/guide.txt", "guide\n")
    try repository.write("docs/deep/more.txt", "more\n")
    try repository.write("tests/only.txt", "only\n")
    try repository.write("ignored.txt", "ignored\n")
    try repository.write("sub/kept.txt", "kept\n")
    try repository.write("sub/dropped.txt", "dropped\n")
    try repository.write(
      "random.bin", Data((0..<5000).map { UInt8(truncatingIfNeeded: $0 * 7919 / 13) }))
    try repository.link("link", to: "plain.txt")
    try repository.link("a/up", to: "../plain.txt")
    try repository.link("dangling", to: "nowhere at all")
    try repository.write(
      ".gitattributes",
      """
      ignored.txt export-ignore
      docs/ export-ignore
      tests export-ignore
      *.crlf text eol=crlf
      binary.crlf -text
      *.id ident
      *.bin -text

      """)
    try repository.write("sub/.gitattributes", "dropped.txt export-ignore\n")
    try repository.commit("Everything odd")
    return place
  }

  /// Unpacks a zip with Info-ZIP and says what came out.
  private func unpacked(_ zip: String, at place: Workplace) throws -> String {
    let directory = "\(place.base)/\(UUID().uuidString)"
    let unzip = try place.command(["unzip", "-q", zip, "-d", directory])
    #expect(unzip.status == 0, "\(unzip)")
    return try place.python(Programs.tree, directory)
  }

  private func expectSame(
    _ place: Workplace, _ arguments: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let ours = "\(place.base)/ours.zip"
    let gits = "\(place.base)/gits.zip"
    let words = arguments.isEmpty ? ["HEAD"] : arguments
    try place.repository.git(
      ["archive", "--format=zip", "-o", gits] + words, environment: ["LC_ALL": "C.UTF-8"])
    // Ours takes --prefix before the commit as git does, and paths after --.
    let screen = try place.command(["git", "eb", "archive", "-o", ours] + words)
    #expect(screen.status == 0, "\(screen)", sourceLocation: sourceLocation)
    #expect(
      try place.python(Programs.entries, ours) == place.python(Programs.entries, gits),
      sourceLocation: sourceLocation)
    #expect(
      try unpacked(ours, at: place) == unpacked(gits, at: place), sourceLocation: sourceLocation)
  }

  // MARK: - The same as git archive

  @Test func `It holds what git archive holds`() throws {
    let place = try oddRepository()
    try expectSame(place)
    try expectSame(place, ["HEAD^{tree}"])
    try expectSame(place, ["--prefix=shop/", "HEAD"])
    try expectSame(place, ["--prefix=shop-1/v", "HEAD"])
    try expectSame(place, ["HEAD", "--", "a", "sub"])
    try expectSame(place, ["HEAD", "--", "*.txt"])
    try expectSame(place, ["HEAD:a"])
  }

  @Test func `It is the same twice, and other programs read it`() throws {
    let place = try oddRepository()
    let first = try place.bytes("git", "eb", "archive")
    try place.command(["sleep", "1.1"])
    #expect(try place.bytes("git", "eb", "archive") == first)
    #expect(try place.bytes("git", "eb", "archive", with: ["TZ": "Asia/Seoul"]) == first)
    let file = "\(place.base)/bundle.zip"
    try first.write(to: URL(filePath: file))
    for reader in [["unzip", "-tq"], ["bsdtar", "-tf"], ["python3", "-m", "zipfile", "-t"]] {
      let screen = try place.command(reader + [file])
      #expect(screen.status == 0, "\(screen)")
    }
    #expect(try place.python(Programs.entries, file).contains("日本語"))
  }

  @Test func `It is the same from everywhere`() throws {
    let place = try oddRepository()
    let expected = try place.bytes("git", "eb", "archive", "HEAD")
    let base = place.base

    try place.repository.git("clone", "--quiet", "--bare", place.path, "\(base)/bare.git")
    #expect(try place.bytes("git", "eb", "archive", in: "\(base)/bare.git") == expected)

    try place.repository.git("worktree", "add", "--quiet", "--detach", "\(base)/linked")
    #expect(try place.bytes("git", "eb", "archive", in: "\(base)/linked") == expected)
    #expect(try place.bytes("git", "eb", "archive", in: "\(base)/linked/sub") == expected)

    #expect(try place.bytes("git", "eb", "archive", in: "\(place.path)/a/b/c") == expected)
    #expect(try place.bytes("git", "-C", place.path, "eb", "archive", in: "/") == expected)
    #expect(try place.bytes("git", "eb", "archive", "-C", place.path, in: "/") == expected)
    let variables = ["GIT_DIR": "\(place.path)/.git", "GIT_WORK_TREE": place.path]
    #expect(try place.bytes("git", "eb", "archive", in: "/", with: variables) == expected)
    #expect(
      try place.bytes("git", "--git-dir=\(place.path)/.git", "eb", "archive", in: base) == expected)

    try place.repository.git("repack", "-adq")
    try place.repository.git("pack-refs", "--all")
    #expect(try place.bytes("git", "eb", "archive") == expected)

    try place.repository.git(
      "clone", "--quiet", "--depth=1", "file://\(place.path)", "\(base)/shallow")
    #expect(try place.bytes("git", "eb", "archive", in: "\(base)/shallow") == expected)
    try place.repository.git("clone", "--quiet", "--shared", place.path, "\(base)/shared")
    #expect(try place.bytes("git", "eb", "archive", in: "\(base)/shared") == expected)
  }

  @Test func `A directory of which nothing is exported does not appear`() throws {
    let place = try Workplace()
    try place.repository.write(".gitattributes", "tests/** export-ignore\n")
    try place.repository.write("tests/only.txt", "only\n")
    try place.repository.write("a.txt", "a\n")
    try place.repository.commit()
    let paths = try place.eb("archive", "--list", "--json").json(ListAnswer.self).entries
      .map(\.path)
    #expect(paths == [".gitattributes", "a.txt"])
  }

  // MARK: - Sources

  @Test func `What is staged is taken from the index that git would use`() throws {
    let place = try oddRepository()
    try place.repository.write("plain.txt", "staged\n")
    try place.repository.git("add", "plain.txt")
    try place.repository.write("plain.txt", "in the work tree\n")
    func staged(with variables: [String: String] = [:], file: String = "plain.txt") throws -> String
    {
      let zip = "\(place.base)/staged.zip"
      let screen = try place.command(
        ["git", "eb", "archive", "--staged", "-o", zip], with: variables)
      #expect(screen.status == 0, "\(screen)")
      return try place.command(["unzip", "-p", zip, file]).output
    }
    #expect(try staged() == "staged\n")
    let index = ["GIT_INDEX_FILE": "\(place.base)/private-index"]
    try place.repository.git(["read-tree", "HEAD"], environment: index)
    #expect(try staged(with: index) == "plain\n")
    try place.repository.git(["add", "plain.txt"], environment: index)
    #expect(try staged(with: index) == "in the work tree\n")
    #expect(try staged() == "staged\n")
  }

  @Test(arguments: ["split", "sparse", "version 4", "skip-worktree", "fsmonitor-like"])
  func `An index of any kind is read as git reads it`(_ kind: String) throws {
    let place = try oddRepository()
    try place.repository.write("plain.txt", "staged\n")
    try place.repository.git("add", "plain.txt")
    let tree = try place.repository.git("write-tree")
    switch kind {
    case "split":
      try place.repository.git("update-index", "--split-index")
      try place.repository.write("exec.sh", "#!/bin/false\n", executable: true)
      try place.repository.git("add", "exec.sh")
    case "sparse":
      try place.repository.git("sparse-checkout", "set", "--cone", "--sparse-index", "a/b")
    case "version 4": try place.repository.git("update-index", "--index-version", "4")
    case "skip-worktree":
      try place.repository.git("update-index", "--skip-worktree", "exec.sh")
      try place.repository.git("update-index", "--assume-unchanged", "empty")
      try place.repository.remove("exec.sh")
    default: try place.repository.git("update-index", "--untracked-cache")
    }
    let now = try place.repository.git("write-tree")
    #expect(kind == "split" || now == tree)
    let before = try place.repository.snapshot()
    let ours = "\(place.base)/ours.zip"
    let gits = "\(place.base)/gits.zip"
    let screen = try place.eb("archive", "--staged", "-o", ours)
    #expect(screen.status == 0, "\(screen)")
    #expect(try place.repository.snapshot() == before)
    // In a sparse checkout git 2.39 itself passes over attributes outside of the cone.
    try place.repository.git(
      ["-c", "core.sparseCheckout=false", "archive", "--format=zip", "-o", gits, now],
      environment: ["LC_ALL": "C.UTF-8"])
    #expect(try unpacked(ours, at: place) == unpacked(gits, at: place))
  }

  @Test func `Reading a sparse index writes nothing to the repository`() throws {
    let place = try oddRepository()
    try place.repository.git("sparse-checkout", "set", "--cone", "--sparse-index", "a/b")
    // git makes the trees of what is staged when it does no more than read such an index.
    try place.repository.write("a/b/new.txt", "staged\n")
    try place.repository.git("add", "a/b/new.txt")
    let before = try place.repository.snapshot()
    let screen = try place.eb("archive", "--staged", "-o", "\(place.base)/ours.zip")
    #expect(screen.status == 0, "\(screen)")
    #expect(try place.repository.snapshot() == before)
    #expect(place.leftovers == [])
  }

  @Test func `Intent-to-add is absent, and a removal that is staged is one`() throws {
    let place = try oddRepository()
    try place.repository.write("later.txt", "later\n")
    try place.repository.git("add", "--intent-to-add", "later.txt")
    try place.repository.git("rm", "--quiet", "--cached", "exec.sh")
    let paths = try place.eb("archive", "--staged", "--list", "--json").json(ListAnswer.self)
      .entries.map(\.path)
    #expect(!paths.contains("later.txt"))
    #expect(!paths.contains("exec.sh"))
    #expect(paths.contains("plain.txt"))
  }

  @Test func `The work tree's attributes, modes and links are taken from the work tree`() throws {
    let place = try oddRepository()
    try place.repository.write("new.crlf", "one\n")
    try place.repository.write("new.sh", "x\n", executable: true)
    try place.repository.link("new-link", to: "new.sh")
    try place.repository.remove("plain.txt")
    try place.repository.write(".gitattributes", "sub/ export-ignore\n")
    let list = try place.eb("archive", "--worktree", "--list", "--json").json(ListAnswer.self)
    let modes = Dictionary(list.entries.map { ($0.path, $0.mode) }) { first, _ in first }
    #expect(modes["new.sh"] == "100755")
    #expect(modes["new-link"] == "120777")
    #expect(modes["plain.txt"] == nil)
    #expect(modes["sub/kept.txt"] == nil)
    #expect(modes["ignored.txt"] == "100644")
  }

  @Test func `A large file is the same from a pack, loose, and from the work tree`() throws {
    let place = try Workplace()
    let make = """
      import random, sys

      random.seed(7)
      open("random.bin", "wb").write(random.randbytes(9 << 20))
      open("text.txt", "w").write("a line that repeats, number 42\\n" * 330_000)
      """
    try place.python(make)
    try place.repository.write("small.txt", "small\n")
    try place.repository.commit("Large")
    let loose = try place.bytes("git", "eb", "archive")
    let file = "\(place.base)/large.zip"
    try loose.write(to: URL(filePath: file))
    let unpack = try place.command(["unzip", "-q", file, "-d", "\(place.base)/out"])
    #expect(unpack.status == 0, "\(unpack)")
    for name in ["random.bin", "text.txt", "small.txt"] {
      let same = try place.command(["cmp", name, "\(place.base)/out/\(name)"])
      #expect(same.status == 0, "\(same)")
    }
    try place.repository.git("repack", "-adq")
    #expect(try place.bytes("git", "eb", "archive") == loose)
    #expect(try place.command(["bsdtar", "-tf", file]).status == 0)
    let digest = try place.eb("archive", "--list", "--json").json(ListAnswer.self).summary.digest
    let other = try place.eb("archive", "--worktree", "--list", "--json").json(ListAnswer.self)
    #expect(other.summary.digest == digest)
    #expect(other.summary.contentSize > 18 << 20)
  }

  @Test func `What is never bundled stays out, though it is tracked`() throws {
    let place = try Workplace()
    try place.repository.write(".elasticbeanstalk/config.yml", "global: {}\n")
    try place.repository.write(".elasticbeanstalk/app_versions/a.zip", "x")
    try place.repository.write(".elasticbeanstalk/saved.cfg.yml", "y")
    try place.repository.write("a.txt", "a\n")
    try place.repository.commit()
    let paths = try place.eb("archive", "--list", "--json").json(ListAnswer.self).entries
      .map(\.path)
    #expect(paths == [".elasticbeanstalk/", ".elasticbeanstalk/saved.cfg.yml", "a.txt"])
  }

  // MARK: - Output

  @Test func `The list shows modes, sizes and secrets`() throws {
    let shop = try Workplace.shop()
    let screen = try shop.eb("archive", "--list", "HEAD", "--", "Procfile", ".secrets")
    expect(
      screen,
      """
      040755          0  .secrets/
      100644         24  .secrets/key  (secret)
      100644         25  Procfile
      2 files, <size>, <size> as a zip
      """)
    let list = try shop.eb("archive", "--list", "--json").json(ListAnswer.self)
    #expect(list.summary.entries == list.entries.count)
    #expect(list.summary.contentSize == list.entries.map(\.size).reduce(0, +))
    #expect(list.entries.filter(\.secret).map(\.path) == [".secrets/key"])
    let bare = try shop.eb("archive", "--list", "--no-secrets", "--json").json(ListAnswer.self)
    #expect(bare.entries.filter(\.secret).isEmpty)
    #expect(!bare.entries.contains { $0.path.hasPrefix(".secrets") })
  }

  @Test func `A link is followed, and a device stays one`() throws {
    let place = try oddRepository()
    let target = "\(place.base)/target.zip"
    let link = "\(place.base)/link.zip"
    try "old".write(toFile: target, atomically: true, encoding: .utf8)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
    #expect(try place.eb("archive", "-o", link).status == 0)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
    _ = try check(["unzip", "-tqq", target])
    let pipe = "\(place.base)/pipe"
    _ = try check(["mkfifo", pipe])
    let copy = "\(place.base)/copy.zip"
    let words = #"cat "$1" >"$2" & git eb archive -q -o "$1" && wait"#
    #expect(try place.command(["sh", "-c", words, "sh", pipe, copy]).status == 0)
    _ = try check(["unzip", "-tqq", copy])
    let type = try FileManager.default.attributesOfItem(atPath: pipe)[.type] as? FileAttributeType
    #expect(type != .typeRegular)
  }

  @Test func `A file is written whole, for its owner alone, or not at all`() throws {
    let shop = try Workplace.shop()
    let directory = "\(shop.base)/out"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let file = "\(directory)/bundle.zip"
    try Data("before".utf8).write(to: URL(filePath: file))
    let refused = try shop.eb("archive", "-o", file, "HEAD", "--", "nothing-here")
    expect(
      refused,
      """
      ! error: 'nothing-here' matches no file of the source
      [2]
      """)
    #expect(FileManager.default.contents(atPath: file) == Data("before".utf8))
    let written = try shop.eb("archive", "-o", "../out/bundle.zip")
    expect(written, "! bundled 7 entries, <size>")
    #expect(shop.files(below: directory) == ["bundle.zip"])
    let attributes = try FileManager.default.attributesOfItem(atPath: file)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(try shop.bytes("git", "eb", "archive") == FileManager.default.contents(atPath: file))
    let summary = try shop.eb("archive", "-o", file, "--json").json(SummaryAnswer.self)
    #expect(summary.size == attributes[.size] as? Int)
    let missing = try shop.eb("archive", "-o", "\(shop.base)/no/such/place.zip")
    #expect(missing.status == 2)
    #expect(missing.error.hasPrefix("error: cannot create "))
  }

  @Test func `From a subdirectory the file goes to that directory`() throws {
    let shop = try Workplace.shop()
    try shop.repository.write("sub/file", "x\n")
    try shop.repository.commit()
    #expect(try shop.eb("archive", "-o", "x.zip", in: "\(shop.path)/sub").status == 0)
    #expect(shop.files(below: "\(shop.path)/sub") == ["file", "x.zip"])
  }

  @Test func `A pipe is written to, and may be closed early`() throws {
    let shop = try Workplace.shop()
    let list = try shop.command(["sh", "-c", "git eb archive --no-secrets | bsdtar -tf -"])
    expect(
      list,
      """
      .git-eb.yml
      .gitignore
      Procfile
      app.py
      greeting.txt
      """)
    try shop.python("import random; open('big', 'wb').write(random.randbytes(3 << 20))")
    try shop.repository.commit("Grow")
    let early = try shop.command(["bash", "-c", "git eb archive | head -c 10 >/dev/null"])
    expect(early, "")
  }

  @Test func `A terminal is refused`() throws {
    let shop = try Workplace.shop()
    expect(
      try shop.terminal("archive"),
      """
      error: a bundle is not written to a terminal
      hint: git eb archive -o <file>
      [2]
      """)
    #expect(try shop.terminal("archive", "--list", "--no-secrets").output.contains("app.py\n"))
  }

  @Test func `What is not there is refused`() throws {
    let shop = try Workplace.shop()
    expect(
      try shop.eb("archive", "v9"),
      """
      ! error: 'v9' is no commit here
      ! hint: git fetch
      [2]
      """)
    let many = try shop.eb("archive", "HEAD", "app.py")
    #expect(many.status == 64)
    #expect(many.error.hasPrefix("error: unexpected argument 'app.py'\n"))
    let unborn = try Workplace()
    expect(
      try unborn.eb("archive"),
      """
      ! error: branch 'master' has no commit yet
      ! hint: git commit
      [2]
      """)
  }
}
