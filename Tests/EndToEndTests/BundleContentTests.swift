import Foundation
import TestSupport
import Testing

/// What git's attributes make of contents.
@Suite("bundle contents") struct BundleContentTests {
  // MARK: - export-subst

  @Test func `Placeholders are filled in as git does, one description for each archive`() throws {
    let place = try Workplace()
    try place.repository.write(".gitattributes", "*.ver export-subst\n")
    try place.repository.write("a/b.ver", "$Format:%(describe)$\n$Format:%H %h %an %ad %s%d$")
    try place.repository.write("c.ver", "$Format:%(describe)$ $Format:%zz %%$ $Format:open")
    try place.repository.write("none.ver", "nothing\n")
    try place.repository.write("plain", "$Format:%H$\n")
    try place.repository.commit("The subject")
    try place.repository.git("tag", "-a", "v1", "-m", "v1")
    try place.expectSameArchive()
    try place.expectSameArchive(["v1"])
    #expect(try place.bundled("a/b.ver").hasPrefix("v1\n"))
    #expect(try place.bundled("c.ver").hasPrefix("%(describe) "))
    // Only of a commit.
    for words in [["HEAD^{tree}"], ["--staged"], ["--worktree"]] {
      let zip = "\(place.base)/x.zip"
      #expect(try place.command(["git", "eb", "archive", "-o", zip] + words).status == 0)
      #expect(try check(["unzip", "-p", zip, "plain", "c.ver"]).contains("$Format:%zz %%$"))
    }
    try place.expectSameArchive(["HEAD^{tree}"], timed: false)
  }

  @Test func `A commit in another encoding is written in that`() throws {
    let place = try Workplace()
    try place.repository.write(".gitattributes", "version export-subst\n")
    try place.repository.write("version", "$Format:%s$")
    try place.repository.git("add", "--all")
    try place.repository.git("config", "i18n.commitEncoding", "ISO-8859-1")
    _ = try place.command(["sh", "-c", #"printf 'gr\374n' | git commit --quiet --file=-"#])
    try place.expectSameArchive()
    try place.repository.git("config", "i18n.commitEncoding", "UTF-8")
    try place.expectSameArchive()
  }

  @Test func `A submodule's placeholders are filled in with its own commit`() throws {
    let (top, inner) = try (Workplace(), Workplace())
    defer { withExtendedLifetime(inner) {} }
    try inner.repository.write(".gitattributes", "version export-subst\n*.up filter=up\n")
    try inner.repository.write("version", "$Format:%H$\n")
    try inner.repository.write("a.up", "loud\n")
    let commit = try inner.repository.commit("inner")
    try top.repository.write(".gitattributes", "version export-subst\n")
    try top.repository.write("version", "$Format:%H$\n")
    try top.repository.git("config", "--global", "filter.up.smudge", "tr a-z A-Z")
    try top.repository.git(
      ["submodule", "--quiet", "add", inner.path, "sub"],
      environment: ["GIT_ALLOW_PROTOCOL": "file"])
    let own = try top.repository.commit("top")
    #expect(try top.bundled("version") == own + "\n")
    #expect(try top.bundled("sub/version") == commit + "\n")
    #expect(try top.bundled("sub/a.up") == "LOUD\n")
    // What git keeps of it is enough, though its work tree is gone.
    try top.repository.git("submodule", "--quiet", "deinit", "--force", "--all")
    #expect(try top.bundled("sub/version") == commit + "\n")
    #expect(try top.bundled("sub/a.up", "--staged") == "LOUD\n")
  }

  // MARK: - Encodings and ends of lines

  @Test func `Text gets the encoding of the work tree, an unknown one is as in git`() throws {
    let place = try Workplace()
    // Committed before there are attributes: what is stored is UTF-8.
    for name in ["a.u16", "b.le", "c.odd", "d.u8"] {
      try place.repository.write(name, "grün\nwie\n")
    }
    try place.repository.commit()
    let attributes = """
      *.u16 text working-tree-encoding=UTF-16
      *.le text eol=crlf working-tree-encoding=UTF-16LE-BOM
      *.odd working-tree-encoding=nonsense
      *.u8 working-tree-encoding=UTF-8

      """
    try place.repository.write(".gitattributes", attributes)
    try place.repository.git("add", ".gitattributes")
    try place.repository.git("commit", "--quiet", "--message=attributes")
    try place.expectSameArchive()
    try place.expectSameArchive(["--staged"], theirs: ["HEAD^{tree}"], timed: false)
  }

  @Test func `The machine's ends of lines count in an archive and not in a push`() throws {
    let place = try Workplace.plain()
    try place.repository.write("a.txt", "one\ntwo\n")
    try place.repository.write("b.txt", "one\ntwo\n")
    try place.repository.write("c.txt", "$Format:%H$\nfrom git\n")
    try place.repository.write(".gitattributes", "b.txt text\nc.txt export-subst\n")
    try place.repository.commit()
    let digest = try place.digest()
    let unix = try place.bytes("git", "eb", "archive")
    for setting in [["core.autocrlf", "true"], ["core.eol", "crlf"], ["core.autocrlf", "input"]] {
      try place.repository.git(["config"] + setting)
      try place.expectSameArchive()
      #expect(try place.digest() == digest)
      let follows = try place.digest(with: ["GIT_EB_BUNDLE_AUTOCRLF": "true"]) != digest
      #expect(follows == (setting[1] != "input"))
      if setting[1] != "input" { #expect(try place.bytes("git", "eb", "archive") != unix) }
      try place.repository.git("config", "--unset", setting[0])
    }
    #expect(try place.digest() == digest)
  }

  // MARK: - Where attributes are read

  @Test func `Attributes are read from everywhere that git reads them`() throws {
    let place = try Workplace()
    for name in ["a.x", "b.x", "c.y", "d.z", "sub/a.x", "sub/deep/b.x", "sub/deep/e.t", "top/f.t"] {
      try place.repository.write(name, "one\ntwo $Id$\n")
    }
    try place.repository.write(
      ".gitattributes",
      """
      [attr]dos text eol=crlf
      [attr]gone export-ignore
      *.x gone
      *.t dos ident
      "c.y" gone
      /top/*.t -ident

      """)
    try place.repository.write("sub/.gitattributes", "a.x -export-ignore\n*.t -dos eol=lf\n")
    try place.repository.write("sub/deep/.gitattributes", "b.x -gone\n*.x !export-ignore\n")
    try place.repository.commit()
    try place.expectSameArchive()
    try place.repository.write(".git/info/attributes", "b.x -export-ignore\n")
    try place.expectSameArchive()
    try Data("*.z export-ignore\na.x -export-ignore\n".utf8).write(
      to: URL(filePath: "\(place.repository.home)/attributes"))
    try place.repository.git("config", "--global", "core.attributesFile", "~/attributes")
    try place.expectSameArchive()
    #expect(try place.bundledNames().contains("d.z") == false)
    // Of the commit, not of the work tree, unless that is asked for.
    try place.repository.write(".gitattributes", "*.y export-ignore\n")
    try place.repository.write("sub/deep/.gitattributes", "* export-ignore\n")
    try place.expectSameArchive()
    try place.expectSameArchive(["--worktree-attributes", "HEAD"])
    #expect(try place.bundledNames("--worktree-attributes", "HEAD").contains("c.y") == false)
    try place.expectSameArchive(["HEAD:sub"], timed: false)
  }

  // MARK: - Filters

  /// A filter process that makes capitals, refuses files called `bad`, and tells what it does.
  private static let process = """
    import sys

    log = open(sys.argv[1], "ab", buffering=0)
    source, sink = sys.stdin.buffer, sys.stdout.buffer


    def packet():
        head = source.read(4)
        if not head:
            sys.exit()
        return source.read(int(head, 16) - 4) if head != b"0000" else None


    def packets():
        return list(iter(packet, None))


    def answer(*lines):
        for line in lines:
            for start in range(0, len(line), 65516):
                part = line[start:start + 65516]
                sink.write(b"%04x" % (len(part) + 4) + part)
        sink.write(b"0000")
        sink.flush()


    log.write(b"started\\n")
    packets()
    answer(b"git-filter-server\\n", b"version=2\\n")
    packets()
    answer(b"capability=clean\\n", b"capability=smudge\\n")
    while True:
        head, contents = packets(), b"".join(packets())
        log.write(head[0] + head[1])
        if b"bad" in head[1]:
            answer(b"status=error\\n")
            continue
        answer(b"status=success\\n")
        answer(contents.upper() if head[0] == b"command=smudge\\n" else contents)
        answer()
    """

  /// A repository whose `*.up` files go through the process.
  private func filtered() throws -> Workplace {
    let place = try Workplace.plain()
    try place.repository.write(".gitattributes", "*.up filter=up\n")
    try place.repository.write("a.up", "a\n")
    try place.repository.write("sub dir/it's.up", "quoted\n")
    try place.repository.write("plain", "plain\n")
    try place.repository.commit()
    try Data(Self.process.utf8).write(to: URL(filePath: "\(place.base)/filter.py"))
    try place.repository.git(
      "config", "filter.up.process", "python3 '\(place.base)/filter.py' '\(place.base)/log'")
    return place
  }

  private func log(_ place: Workplace) -> [String] {
    let text = FileManager.default.contents(atPath: "\(place.base)/log") ?? Data()
    return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test func `A smudge filter is run as git runs it`() throws {
    let place = try Workplace()
    try place.repository.write(
      ".gitattributes", "*.up filter=up\n*.text filter=up eol=crlf ident\n")
    try place.repository.write("a.up", "one\n")
    try place.repository.write("sub dir/it's.up", "two\n")
    try place.repository.write("c.text", "three\n$Id$\n")
    try place.repository.commit()
    try place.repository.git("config", "filter.up.smudge", "echo %f; tr a-z A-Z")
    try place.expectSameArchive()
    try place.expectSameArchive(["--prefix=p/", "HEAD", "--", "sub dir"])
    #expect(try place.bundled("sub dir/it's.up") == "sub dir/it's.up\nTWO\n")
    #expect(place.leftovers == [])
  }

  @Test func `A filter process is started once`() throws {
    let place = try filtered()
    #expect(try place.bundled("a.up") == "A\n")
    #expect(
      log(place) == [
        "started", "command=smudge", "pathname=a.up", "command=smudge",
        "pathname=sub dir/it's.up",
      ])
    try place.expectSameArchive()
  }

  @Test func `With more names than go on a command line everything is right`() throws {
    let place = try filtered()
    let id = try place.repository.git("rev-parse", "HEAD:a.up")
    let long = String(repeating: "n", count: 240)
    let entries = (0..<1200).map { "100644 \(id) 0\tlong/\(long)\($0).up\n" }.joined()
    try place.repository.git(["update-index", "--add", "--index-info"], input: entries)
    try place.repository.git("commit", "--quiet", "--message=many")
    // git may have asked the process already, whether files have changed.
    try Data().write(to: URL(filePath: "\(place.base)/log"))
    #expect(try place.bundled("long/\(long)7.up") == "A\n")
    #expect(log(place).count { $0 == "started" } == 1)
    #expect(log(place).count { $0 == "command=smudge" } == 1202)
    #expect(try place.bundled("long/\(long)1199.up", "--staged") == "A\n")
    #expect(try place.bundled("plain", "--staged") == "plain\n")
  }

  @Test func `A filter that fails is refused where it is required, and passed over else`() throws {
    let place = try filtered()
    try place.repository.write("bad.up", "as stored\n")
    try place.repository.git("-c", "filter.up.process=", "add", "--all")
    try place.repository.git("commit", "--quiet", "--message=bad")
    try place.expectSameArchive()
    #expect(try place.bundled("bad.up") == "as stored\n")
    try place.repository.git("config", "filter.up.required", "true")
    try place.expectRefusal(because: ["bad.up: smudge filter up failed"])
    try place.expectRefusal("--staged", because: ["bad.up: smudge filter up failed"])
    // Required, and nothing that does it.
    try place.repository.git("config", "--unset", "filter.up.process")
    try place.expectRefusal(because: ["smudge filter up failed"])
    try place.repository.git("config", "filter.up.smudge", "exit 3")
    try place.expectRefusal(because: ["smudge filter up failed"])
    try place.repository.git("config", "filter.up.required", "false")
    try place.expectSameArchive()
    #expect(try place.bundled("bad.up") == "as stored\n")
  }

  @Test func `What is staged is filtered with nothing written below .git`() throws {
    let place = try filtered()
    try place.repository.write("a.up", "staged\n")
    try place.repository.write("new/b.up", "new\n")
    try place.repository.git("add", "--all")
    try place.command(["touch", "-d", "2030-01-01", "\(place.path)/plain"])
    let before = try place.listing()
    #expect(try place.bundled("a.up", "--staged") == "STAGED\n")
    #expect(try place.bundled("new/b.up", "--staged") == "NEW\n")
    #expect(try place.bundled("sub dir/it's.up", "--staged") == "QUOTED\n")
    #expect(try place.bundled("a.up") == "A\n")
    #expect(try place.listing() == before)
    // A push leaves its record, and nothing else.
    let snapshot = try place.repository.snapshot()
    #expect(try place.eb("push", "--staged").status == 0)
    #expect(try place.repository.snapshot() == snapshot)
    #expect(place.leftovers == [])
  }

  @Test func `What is filtered is the same from everywhere`() throws {
    let place = try filtered()
    let expected = try place.bytes("git", "eb", "archive")
    try place.repository.git("worktree", "add", "--quiet", "--detach", "\(place.base)/linked")
    #expect(try place.bytes("git", "eb", "archive", in: "\(place.base)/linked") == expected)
    #expect(try place.bytes("git", "eb", "archive", in: "\(place.path)/sub dir") == expected)
    try place.repository.git("clone", "--quiet", "--bare", place.path, "\(place.base)/bare")
    let process = try place.repository.git("config", "filter.up.process")
    try place.repository.git("config", "--global", "filter.up.process", process)
    #expect(try place.bytes("git", "eb", "archive", in: "\(place.base)/bare") == expected)
    let variables = ["GIT_DIR": "\(place.path)/.git", "GIT_WORK_TREE": place.path]
    #expect(try place.bytes("git", "eb", "archive", in: "/", with: variables) == expected)
  }

  @Test func `A filter that nothing defines is told, and the contents are those stored`() throws {
    let place = try Workplace()
    try place.repository.write(".gitattributes", "*.x filter=nobody\n")
    try place.repository.write("a.x", "a\n")
    try place.repository.commit()
    let screen = try place.eb("archive", "-o", "\(place.base)/x.zip")
    #expect(
      screen.error.contains(
        "warning: no configuration defines the filter 'nobody' of 'a.x'; "
          + "bundled as git stores them\n"))
    try place.expectSameArchive()
  }

  @Test func `A filtered file larger than memory should hold is streamed`() throws {
    let place = try Workplace()
    try place.repository.write(".gitattributes", "big filter=grow\nsmall filter=grow\n")
    try place.repository.write("big", "x\n")
    try place.repository.write("small", "x\n")
    try place.repository.commit()
    try place.repository.git(
      "config", "filter.grow.smudge",
      "case %f in *big*) cat; head -c 10000000 /dev/zero;; *) cat;; esac")
    try place.expectSameArchive()
    #expect(try place.bundled("big").utf8.count == 10_000_002)
  }
}
