import Foundation
import TestSupport
import Testing

/// Names, links, objects and repositories that somebody made odd, on purpose or not.
@Suite("bundles of odd and hostile repositories") struct OddInputTests {
  /// Commits files of these names, written in Python, which need not be possible in a file system.
  private func commit(names: String, in place: Workplace) throws {
    let program = """
      import subprocess, sys

      blob = subprocess.check_output(["git", "hash-object", "-w", "--stdin"], input=b"x\\n").strip()
      lines = b"".join(b"100644 " + blob + b" 0\\t" + name + b"\\0" for name in \(names))
      subprocess.run(["git", "update-index", "--add", "-z", "--index-info"], input=lines, check=True)
      """
    try place.python(program)
    try place.repository.git("commit", "--quiet", "--message=names")
  }

  // MARK: - Names

  @Test func `Names of all kinds are as in git, from a commit and from the index`() throws {
    let place = try Workplace()
    try commit(
      names: #"""
        [b"new\nline", b"tab\there", b"back\\slash", b"-dash", b"--", b"*?[x]", b"it's \"quoted\"",
         b" lead", b"trail ", b"CON", b"nul", b"aux.txt/com1", b"a:b", b"\x01\x7f", b"$HOME", b"~",
         b"README", b"readme", b"Dir/x", b"dir", b"...", b"l" * 4000, b"/".join([b"n" * 199] * 20),
         "caf\u00e9".encode(), "cafe\u0301".encode(), b".GIT2", b"x/.gitmodules"]
        """#, in: place)
    try place.expectSameArchive()
    try place.expectSameArchive(["--staged"], theirs: ["HEAD^{tree}"], timed: false)
    let zip = "\(place.base)/own.zip"
    _ = try check(["unzip", "-tqq", zip])
    _ = try check(["bsdtar", "-tf", zip])
  }

  @Test func `Names that are not UTF-8 are bytes, from a commit and from the index`() throws {
    let place = try Workplace.plain()
    try place.repository.git("add", "--all")
    try commit(
      names: #"[b"caf\xe9.txt", b"\xff\xfe", b"d\xe9/x", b"over\xc0\xaf"]"#, in: place)
    // git warns of each in bytes that are not UTF-8.
    try place.expectSameArchive()
    try place.expectSameArchive(["--staged"], theirs: ["HEAD^{tree}"], timed: false)
    #expect(try place.eb("push").status == 0)
    let release = "\(place.environmentDirectory("production"))/current"
    #expect(
      try place.python("import os, sys; print(os.listdir(os.fsencode(sys.argv[1])))", release)
        .contains(#"b'caf\xe9.txt'"#))
  }

  @Test(arguments: [false, true])
  func `In a work tree such a name is refused, tracked or not`(_ isTracked: Bool) throws {
    let place = try Workplace.plain()
    try place.repository.write("a.txt", "a\n")
    if !isTracked { try place.repository.commit() }
    try place.python(
      #"import os; os.mkdir(b"d\xe9"); [open(n, "w") for n in (b"caf\xe9", b"d\xe9/x")]"#)
    if isTracked { try place.repository.commit() }
    try place.expectRefusal(
      "--worktree",
      because: ["its name is not UTF-8, which only a commit or the index may have\n"])
    // A commit and the index are deployed whatever lies in the work tree.
    #expect(try place.eb("push", "--staged").status == 0)
    let push = try place.eb("push")
    #expect(push.status == 0)
    #expect(push.error.contains("not deployed: 2 untracked") == !isTracked)
    #expect(push.error.contains("not deployed") == !isTracked, "\(push)")
  }

  @Test(arguments: [#"a\\..\\..\\evil"#, #"\\evil"#])
  func `A name that leads out for a program of Windows is refused`(_ name: String) throws {
    let place = try Workplace.plain()
    try place.repository.git("add", "--all")
    try commit(names: #"[b"\#(name)"]"#, in: place)
    try place.expectRefusal(because: ["an entry's name leads out of the bundle\n"])
  }

  @Test(arguments: ["..", ".", ".git", "/evil", "a/../b"])
  func `A tree that no git would make is refused or left out`(_ name: String) throws {
    let place = try Workplace.plain()
    try place.repository.write("a.txt", "a\n")
    try place.repository.commit()
    let program = """
      import subprocess, sys

      def git(*words, input=None):
          return subprocess.check_output(["git", *words], input=input).strip()

      blob = git("rev-parse", "HEAD:a.txt").decode()
      inner = b"100644 evil\\0" + bytes.fromhex(blob)
      hash = ["hash-object", "-w", "--literally", "-t", "tree", "--stdin"]
      below = git(*hash, input=inner).decode()
      tree = b"40000 " + sys.argv[1].encode() + b"\\0" + bytes.fromhex(below)
      tree += b"100644 good.txt\\0" + bytes.fromhex(blob)
      print(git("commit-tree", "-m", "odd", git(*hash, input=tree).decode()).decode(), end="")
      """
    let commit = try place.python(program, name)
    let zip = "\(place.base)/x.zip"
    let screen = try place.eb("archive", "-o", zip, commit)
    if name == ".git" {
      #expect(try check(["unzip", "-Z1", zip]) == "good.txt\n")
    } else {
      #expect(screen.status == 2, "\(screen)")
      #expect(screen.error.contains(": broken entry\n"), "\(screen)")
      #expect(!FileManager.default.fileExists(atPath: zip))
    }
  }

  // MARK: - The overlay

  @Test func `A secret takes the place of a file, and of what stands in its way`() throws {
    let place = try Workplace.plain(
      """
      secrets:
        - {from: ~/key, to: same}
        - {from: ~/key, to: file/key}
        - {from: ~/key, to: link/key}
        - {from: ~/key, to: directory}

      """)
    try Data("secret".utf8).write(to: URL(filePath: "\(place.repository.home)/key"))
    for name in ["same", "file", "directory/a", "directory/b/c", "directory.txt", "other"] {
      try place.repository.write(name, "tracked\n")
    }
    try place.repository.link("link", to: "other")
    try place.repository.commit()
    for word in ["HEAD", "--staged", "--worktree"] {
      let screen = try place.eb("archive", word, "-o", "\(place.base)/x.zip")
      expect(
        screen,
        """
        ! warning: a secret takes the place of 'directory/a', 'directory/b/c', 'file' and 2 more
        ! bundled 9 entries, <size>
        """)
      #expect(
        try place.bundledNames(word) == [
          ".git-eb.yml", "directory", "directory.txt", "file/key", "link/key", "other", "same",
        ])
    }
    #expect(try place.eb("push").status == 0)
  }

  @Test func `A secret that is to lie below another is refused`() throws {
    let place = try Workplace.plain("secrets: [{from: ~/key, to: a/b/c}, {from: ~/key, to: a}]\n")
    try Data("secret".utf8).write(to: URL(filePath: "\(place.repository.home)/key"))
    try place.repository.commit()
    try place.expectRefusal(
      because: [
        "error: secret 'a' is to be a file, and secret 'a/b/c' to lie below it "
          + "(listed on line 3 of .git-eb.yml)\n"
      ])
  }

  // MARK: - Links

  @Test func `Links that lead out of the bundle are refused by a push, with their targets`() throws
  {
    let place = try Workplace.plain()
    let inside = [
      ("dangling", "nowhere"), ("dir/up", "../a"), ("self", "."), ("loop", "pool"),
      ("pool", "loop"),
      ("through", "self/self/dir/up"), ("down", "dir/../a"), ("to-dir", "dir"),
    ]
    for (name, target) in inside { try place.repository.link(name, to: target) }
    try place.repository.write("dir/file", "x\n")
    try place.repository.commit()
    #expect(try place.eb("push", "--dry-run").status == 0)
    try place.repository.link("absolute", to: "/etc/passwd")
    try place.repository.link("dir/out", to: "../../repository/a")
    try place.repository.link("hidden", to: "to-dir/../../x")
    try place.repository.link("kept-out", to: "/etc")
    try place.repository.write(".gitattributes", "kept-out export-ignore\n")
    try place.repository.commit()
    for word in ["HEAD", "--staged", "--worktree"] {
      let screen = try place.eb("push", word)
      expect(
        screen,
        """
        ! error: 3 symbolic links out of the bundle: 'absolute', 'dir/out', 'hidden'
        !   absolute -> /etc/passwd
        !   dir/out -> ../../repository/a
        !   hidden -> to-dir/../../x
        ! hint: link to a path within the bundle, or mark the link as 'export-ignore'
        [2]
        """)
      #expect(try place.eb("push", "--dry-run", word).status == 2)
    }
    #expect(place.published == [])
    #expect(place.leftovers == [])
    try place.expectSameArchive()
  }

  @Test func `A link of a submodule is refused by its whole name, and shown harmlessly`() throws {
    let (top, inner) = try (Workplace.plain(), Workplace())
    defer { withExtendedLifetime(inner) {} }
    try inner.repository.link("up", to: "../run.sh")
    try inner.repository.link("up-and-out", to: "../../run.sh")
    try inner.repository.link("odd\nname", to: "/\u{1b}[31mred")
    try inner.repository.commit()
    try top.repository.git(
      ["submodule", "--quiet", "add", inner.path, "sub"],
      environment: ["GIT_ALLOW_PROTOCOL": "file"])
    try top.repository.commit()
    let screen = try top.eb("push")
    #expect(screen.status == 2)
    #expect(screen.error.contains("2 symbolic links out of the bundle: "), "\(screen)")
    #expect(screen.error.contains("  sub/up-and-out -> ../../run.sh\n"), "\(screen)")
    #expect(!screen.error.contains("\u{1b}"))
    #expect(!screen.error.contains("odd\nname"))
  }

  @Test func `A link to a submodule that is left out, or of a bundle's root, is looked at too`()
    throws
  {
    let place = try Workplace.plain("bundle: {root: sub}\n")
    try place.repository.link("sub/a", to: "../top.txt")
    try place.repository.write("sub/b", "b\n")
    try place.repository.write("top.txt", "top\n")
    try place.repository.commit()
    let screen = try place.eb("push")
    #expect(screen.status == 2)
    #expect(screen.error.contains("  a -> ../top.txt\n"), "\(screen)")
  }

  // MARK: - Encrypted contents

  @Test func `A blob that git-crypt has encrypted is refused`() throws {
    let place = try Workplace.plain()
    try place.repository.write("plain.txt", "plain\n")
    try place.repository.write("conf/locked.key", Data("\0GITCRYPT\0".utf8) + Data((0..<64)))
    try place.repository.commit()
    for word in ["HEAD", "--staged"] {
      try place.expectRefusal(
        word,
        because: [
          "error: 1 file still encrypted by git-crypt: 'conf/locked.key'\n",
          "hint: git-crypt unlock\n",
        ])
    }
    try place.repository.write(".gitattributes", "*.key export-ignore\n")
    try place.repository.commit()
    #expect(try place.eb("push").status == 0)
  }

  // MARK: - Repositories

  @Test func `Replaced objects count as in git, and grafts change nothing`() throws {
    let place = try Workplace()
    try place.repository.write("a.txt", "first\n")
    let first = try place.repository.commit("First")
    try place.repository.write("a.txt", "second\n")
    let second = try place.repository.commit("Second")
    let blob = try place.repository.git(["hash-object", "-w", "--stdin"], input: "replaced\n")
    try place.repository.git("replace", "HEAD:a.txt", blob)
    try place.expectSameArchive()
    #expect(try place.bundled("a.txt") == "replaced\n")
    #expect(try place.bundled("a.txt", with: ["GIT_NO_REPLACE_OBJECTS": "1"]) == "second\n")
    try place.repository.git("replace", second, first)
    try place.expectSameArchive()
    #expect(try place.bundled("a.txt") == "first\n")
    try place.repository.git("replace", "--delete", second)
    try place.repository.write(".git/info/grafts", second + "\n")
    try place.expectSameArchive()
    try place.repository.git(
      "clone", "--quiet", "--bare", "--depth=1", "file://\(place.path)",
      "\(place.base)/shallow")
    try place.expectSameArchive(in: "\(place.base)/shallow")
  }

  @Test func `An empty tree is an empty archive, and nothing to deploy`() throws {
    let place = try Workplace()
    try place.repository.git("commit", "--quiet", "--allow-empty", "--message=Nothing")
    try place.expectSameArchive()
    let variables = ["GIT_EB_HOST": "local", "GIT_EB_APPLICATION": "shop"]
    expect(
      try place.eb("push", with: variables),
      """
      ! error: there is nothing to deploy: the source has no files
      [2]
      """)
    #expect(try place.eb("push", "--dry-run", with: variables).status == 2)
    #expect(place.leftovers == [])
  }

  @Test func `More entries than a zip without extensions can have are all there`() throws {
    let place = try Workplace()
    let program = """
      import subprocess

      feed = ["blob\\nmark :1\\ndata 2\\nx\\n\\ncommit refs/heads/master\\n"
              "committer C <c@example.com> 1700000000 +0000\\ndata 1\\nm\\n"]
      feed += [f"M 100644 :1 d{i // 1000}/f{i}\\n" for i in range(65_600)]
      git = ["git", "fast-import", "--quiet"]
      subprocess.run(git, input="".join(feed).encode(), check=True)
      """
    try place.python(program)
    let zip = "\(place.base)/x.zip"
    expect(try place.eb("archive", "-o", zip), "! bundled 65666 entries, <size>")
    _ = try check(["unzip", "-tqq", zip])
    let names = try check(["bsdtar", "-tf", zip]).split(separator: "\n")
    #expect(names.count == 65_666)
    #expect(names.last == "d9/f9999")
    let program2 = "import sys, zipfile; print(len(zipfile.ZipFile(sys.argv[1]).infolist()))"
    #expect(try place.python(program2, zip) == "65666\n")
  }

  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["GIT_EB_LONG_TESTS"] != nil,
      "takes a minute: set GIT_EB_LONG_TESTS"))
  func `A file of more than four gigabytes is whole`() throws {
    let place = try Workplace()
    try place.repository.write("after.txt", "after\n")
    try place.repository.commit()
    try place.command(["truncate", "-s", "4500M", "\(place.path)/Huge"])
    try place.command(["sh", "-c", "printf end >> Huge"])
    let zip = "\(place.base)/x.zip"
    #expect(try place.eb("archive", "--worktree", "-o", zip).status == 0)
    _ = try check(["unzip", "-tqq", zip])
    #expect(try check(["bsdtar", "-xOf", zip, "after.txt"]) == "after\n")
    let program = """
      import sys, zipfile

      archive = zipfile.ZipFile(sys.argv[1])
      print(archive.getinfo("Huge").file_size, archive.testzip())
      """
    #expect(try place.python(program, zip) == "\(4500 * 1_048_576 + 3) None\n")
  }

  // MARK: - Damage and change

  @Test(arguments: ["a byte", "the end", "the index", "an object", "nothing of an object"])
  func `Where objects are damaged it says so and writes nothing`(_ damage: String) throws {
    let place = try Workplace.plain()
    let words = (0..<4000).map { "\(($0 &* 2_654_435_761) % 1_000_003)" }.joined(separator: " ")
    try place.repository.write("a.txt", words)
    try place.repository.write("b.txt", String(words.reversed()))
    try place.repository.commit()
    let blob = try place.repository.git("rev-parse", "HEAD:a.txt")
    let program: String
    switch damage {
    case "an object":
      let file = ".git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))"
      program = "f = '\(file)'; d = bytearray(open(f, 'rb').read()); d[400:420] = bytes(20)"
    case "nothing of an object":
      let file = ".git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))"
      program = "f = '\(file)'; d = b''"
    default:
      try place.repository.git("repack", "-adq")
      let find = "import glob; f, = glob.glob('.git/objects/pack/*."
      let part = damage == "the index" ? "idx'); " : "pack'); "
      let change =
        damage == "a byte"
        ? "d[len(d) // 2:len(d) // 2 + 9] = bytes(9)" : "d = d[:len(d) // 2]"
      program = find + part + "d = bytearray(open(f, 'rb').read()); " + change
    }
    try place.python(program + "; import os; os.chmod(f, 0o644); open(f, 'wb').write(d)")
    let zip = "\(place.base)/x.zip"
    try Data("before".utf8).write(to: URL(filePath: zip))
    for command in [["archive", "-o", zip], ["push"], ["archive", "--staged", "-o", zip]] {
      let screen = try place.command(["git", "eb"] + command)
      #expect(screen.status == 2, "\(screen)")
      #expect(screen.error.hasPrefix("error: "), "\(screen)")
    }
    #expect(FileManager.default.contents(atPath: zip) == Data("before".utf8))
    #expect(place.published == [])
    #expect(place.leftovers == [])
  }

  /// Says whether an archive is one of a commit of `changing`, with all its files.
  private static let whole = """
    import subprocess, sys, zipfile

    archive = zipfile.ZipFile(sys.argv[1])
    commit = archive.comment.decode()
    number = subprocess.check_output(["git", "log", "-1", "--format=%s", commit]).strip()
    files = {n: archive.read(n).strip() for n in archive.namelist() if not n.endswith("/")}
    assert all(files[f"moving{i}"] == number for i in range(3)), (commit, number)
    assert all(files[f"dir/{i}"] == f"fixed {i} ".encode() * 50 + b"end" for i in range(200))
    assert len(files) == 203
    """

  @Test func `While the repository is repacked and grows every archive is whole`() throws {
    let place = try Workplace()
    for index in 0..<200 {
      let text = String(repeating: "fixed \(index) ", count: 50) + "end\n"
      try place.repository.write("dir/\(index)", text)
    }
    for index in 0..<3 { try place.repository.write("moving\(index)", "0\n") }
    try place.repository.commit("0")
    let change = """
      n=0
      while n=$((n + 1)); do
        for i in 0 1 2; do echo $n >moving$i; done
        git commit -q -a -m $n || exit
        case $((n % 3)) in
          0) git repack -adfq ;;
          1) git gc -q --prune=now ;;
          2) git repack -q && git pack-refs --all && git prune-packed -q ;;
        esac || exit
      done
      """
    let background = try place.start("sh", "-c", change)
    let zip = "\(place.base)/x.zip"
    for round in 0..<15 {
      let word = round.isMultiple(of: 5) ? "--staged" : "HEAD"
      let screen = try place.eb("archive", "-q", word, "-o", zip)
      if screen.status == 0, word == "HEAD" {
        let look = try place.command(["python3", "-c", Self.whole, zip])
        #expect(look.status == 0, "\(look)")
      } else if screen.status != 0 {
        #expect(screen.status == 2, "\(screen)")
        #expect(screen.error.hasPrefix("error: "), "\(screen)")
        #expect(!FileManager.default.fileExists(atPath: zip))
      }
      try? FileManager.default.removeItem(atPath: zip)
    }
    #expect(background.isRunning)
    background.interrupt(SIGKILL)
    _ = background.wait(seconds: 10)
  }

  // MARK: - No space

  @Test func `With no space left it says so and leaves nothing`() throws {
    let place = try Workplace.plain()
    try place.repository.write(".gitattributes", "big filter=grow\n")
    try place.repository.write("big", "x\n")
    try place.repository.commit()
    try place.repository.git("config", "filter.grow.smudge", "head -c 1000000 /dev/zero")
    let full = try place.command(["sh", "-c", "git eb archive >/dev/full"])
    expect(full, "! error: cannot write the bundle: No space left on device\n[2]")
    let device = try place.eb("archive", "-o", "/dev/full")
    #expect(device.status == 2)
    #expect(device.error.contains("No space left on device\n"), "\(device)")
    // What git renders does not fit: here no file may have more than 256 kB.
    let limited = "trap '' XFSZ; ulimit -f 512; exec git eb "
    for words in ["push", "push --staged", "archive -o ../x.zip"] {
      let screen = try place.command(["sh", "-c", limited + words])
      #expect(screen.status == 2, "\(screen)")
      #expect(screen.error.contains("error: "), "\(screen)")
      #expect(place.leftovers == [])
    }
    #expect(place.published == [])
    #expect(!FileManager.default.fileExists(atPath: "\(place.base)/x.zip"))
    let nowhere = try place.eb("archive", with: ["TMPDIR": "\(place.base)/nowhere"])
    #expect(nowhere.status == 2)
    #expect(nowhere.error.hasPrefix("error: cannot mkdir '\(place.base)/nowhere"), "\(nowhere)")
  }
}
