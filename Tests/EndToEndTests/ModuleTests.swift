import Foundation
import TestSupport
import Testing

/// Files that other repositories and Git LFS keep.
@Suite("submodules and Git LFS") struct ModuleTests {
  private static let allowed = ["GIT_ALLOW_PROTOCOL": "file"]

  /// `top` with the submodule `sub`, and in it the submodule `in`, as (top, sub, in).
  private func modules() throws -> (top: Workplace, middle: Workplace, inner: Workplace) {
    let (top, middle, inner) = (try Workplace(), try Workplace(), try Workplace())
    try inner.repository.write("run.sh", "#!/bin/sh\n", executable: true)
    try inner.repository.write("skipped.txt", "skipped\n")
    try inner.repository.write(".gitattributes", "skipped.txt export-ignore\n")
    try inner.repository.link("link", to: "run.sh")
    try inner.repository.commit("inner")
    try middle.repository.write("middle.txt", "recorded\n")
    try middle.repository.git(
      ["submodule", "--quiet", "add", inner.path, "in"], environment: Self.allowed)
    try middle.repository.commit("middle")
    try top.repository.write("sub-sorts-before.txt", "top\n")
    try top.repository.git(
      ["submodule", "--quiet", "add", middle.path, "sub"], environment: Self.allowed)
    try top.repository.git(
      ["submodule", "--quiet", "update", "--init", "--recursive"], environment: Self.allowed)
    try top.repository.commit("top")
    return (top, middle, inner)
  }

  private let expected = """
    .gitmodules
    sub/.gitmodules
    sub/in/.gitattributes
    sub/in/link
    sub/in/run.sh
    sub/middle.txt
    sub-sorts-before.txt
    """

  private func list(_ place: Workplace, _ arguments: String...) throws -> [ListAnswer.Entry] {
    let screen = try place.command(["git", "eb", "archive", "--list", "--json"] + arguments)
    #expect(screen.status == 0, "\(screen)")
    return try screen.json(ListAnswer.self).entries.filter { !$0.path.hasSuffix("/") }
  }

  private func names(_ entries: [ListAnswer.Entry]) -> String {
    entries.map(\.path).joined(separator: "\n")
  }

  @Test func `Submodules come in whole, nested ones too, with modes and attributes`() throws {
    let (top, _, _) = try modules()
    let entries = try list(top)
    #expect(names(entries) == expected)
    #expect(entries.first { $0.path == "sub/in/run.sh" }?.mode == "100755")
    #expect(entries.first { $0.path == "sub/in/link" }?.mode == "120777")
    let zip = "\(top.base)/modules.zip"
    #expect(try top.eb("archive", "-o", zip).status == 0)
    _ = try check(["unzip", "-tqq", zip])
    #expect(names(try list(top, "--staged")) == expected)
  }

  @Test func `What is recorded counts, not what is checked out`() throws {
    let (top, _, _) = try modules()
    let zip = "\(top.base)/before.zip"
    #expect(try top.eb("archive", "-o", zip).status == 0)
    let submodule = "\(top.path)/sub"
    try "changed\n".write(toFile: submodule + "/middle.txt", atomically: true, encoding: .utf8)
    try top.repository.git(["-C", "sub", "commit", "--quiet", "-a", "-m", "not recorded"])
    let after = "\(top.base)/after.zip"
    #expect(try top.eb("archive", "-o", after).status == 0)
    #expect(
      try Data(contentsOf: URL(filePath: zip)) == Data(contentsOf: URL(filePath: after)))
    // The work tree is what it is.
    let entries = try list(top, "--worktree")
    #expect(entries.first { $0.path == "sub/middle.txt" }?.size == 8)
    #expect(entries.contains { $0.path == "sub/in/run.sh" })
  }

  @Test func `A submodule that is not initialised is refused by name`() throws {
    let (top, middle, inner) = try modules()
    // The submodules are cloned again from these.
    defer { withExtendedLifetime((middle, inner)) {} }
    let clone = "\(top.base)/clone"
    try top.repository.git(["clone", "--quiet", top.path, clone])
    let screen = try top.eb("archive", "-o", "\(top.base)/x.zip", in: clone)
    #expect(screen.status == 2)
    #expect(screen.error.contains("error: submodule 'sub' is not initialised\n"))
    #expect(screen.error.contains("hint: git submodule update --init --recursive\n"))
    try top.repository.git(
      ["-C", clone, "submodule", "--quiet", "update", "--init"], environment: Self.allowed)
    let nested = try top.eb("archive", "-o", "\(top.base)/x.zip", in: clone)
    #expect(nested.error.contains("error: submodule 'sub/in' is not initialised\n"))
    // What git keeps of a submodule that is checked out no more is enough.
    try top.repository.git(["submodule", "--quiet", "deinit", "--force", "--all"])
    #expect(names(try list(top)) == expected)
  }

  @Test func `Submodules can be left out, as git archive does`() throws {
    let (top, _, _) = try modules()
    try top.repository.git("config", "eb.bundle.submodules", "false")
    let ours = "\(top.base)/ours.zip"
    let gits = "\(top.base)/gits.zip"
    #expect(try top.eb("archive", "-o", ours).status == 0)
    try top.repository.git("archive", "--format=zip", "-o", gits, "HEAD")
    #expect(try top.python(Programs.entries, ours) == top.python(Programs.entries, gits))
  }

  @Test func `Another repository in the work tree is left out, and that is told`() throws {
    let place = try Workplace()
    try place.repository.write("a.txt", "a\n")
    try place.repository.commit()
    try place.repository.git("init", "--quiet", "nested")
    try place.repository.write("nested/b.txt", "b\n")
    let screen = try place.eb("archive", "--worktree", "-o", "\(place.base)/x.zip")
    #expect(screen.error.contains("warning: 1 repository left out: 'nested/'; "))
  }

  @Test func `A recorded commit that the submodule does not have is refused`() throws {
    let (top, middle, inner) = try modules()
    defer { withExtendedLifetime((middle, inner)) {} }
    let gone = String(repeating: "12", count: 20)
    try top.repository.git("update-index", "--cacheinfo", "160000,\(gone),sub")
    let staged = try top.eb("archive", "--staged", "-o", "\(top.base)/x.zip")
    expect(
      staged,
      """
      ! error: submodule 'sub' lacks commit <id>, which is recorded
      ! hint: git submodule update --init --recursive
      [2]
      """)
    try top.repository.git("commit", "--quiet", "--message=Gone")
    #expect(try top.eb("archive", "-o", "\(top.base)/x.zip").status == 2)
    #expect(names(try list(top, "HEAD~1")) == expected)
  }

  @Test func `A submodule may be ignored by an attribute, or moved to another name`() throws {
    let (top, _, _) = try modules()
    try top.repository.git("mv", "sub", "moved")
    try top.repository.commit("Move")
    #expect(
      names(try list(top)).contains("moved/in/run.sh"))
    try top.repository.git("submodule", "--quiet", "deinit", "--force", "--all")
    #expect(names(try list(top)).contains("moved/in/run.sh"))
    try top.repository.write(".gitattributes", "moved/ export-ignore\n")
    try top.repository.commit("Ignore")
    #expect(names(try list(top)) == ".gitattributes\n.gitmodules\nsub-sorts-before.txt")
  }

  // MARK: - Git LFS

  /// Whether Git LFS is installed, as `Scripts/bootstrap` does for tests.
  private static let hasLFS = (try? run(["git", "lfs", "version"]))?.status == 0

  /// A repository in which `data.bin` is 3 MB and `big.bin` 20 MB of Git LFS's.
  private func largeObjects() throws -> Workplace {
    let place = try Workplace()
    try place.repository.git("lfs", "install", "--local")
    try place.repository.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    try place.repository.write(
      "data.bin", Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* $0 / 7) }))
    try place.repository.write("big.bin", Data(repeating: 7, count: 20_000_000))
    try place.repository.write("empty.bin", "")
    try place.repository.commit("large objects")
    return place
  }

  private func object(of path: String, in place: Workplace) throws -> String {
    let pointer = try place.repository.git("cat-file", "blob", "HEAD:\(path)")
    let line = try #require(pointer.split(separator: "\n").first { $0.hasPrefix("oid ") })
    let digest = line.dropFirst("oid sha256:".count)
    return
      "\(place.path)/.git/lfs/objects/\(digest.prefix(2))/\(digest.dropFirst(2).prefix(2))/\(digest)"
  }

  @Test(.enabled(if: hasLFS, "git-lfs is not installed"))
  func `What Git LFS keeps goes in, also from a linked work tree`() throws {
    let place = try largeObjects()
    let linked = "\(place.base)/linked"
    try place.repository.git("worktree", "add", "--quiet", linked)
    for directory in [place.path, linked] {
      let zip = "\(place.base)/x.zip"
      let screen = try place.eb("archive", "-o", zip, in: directory)
      #expect(screen.status == 0, "\(screen)")
      for file in ["data.bin", "big.bin", "empty.bin"] {
        let contents = try runForBytes(["unzip", "-p", zip, file]).output
        #expect(try contents == Data(contentsOf: URL(filePath: "\(place.path)/\(file)")))
      }
    }
  }

  @Test(.enabled(if: hasLFS, "git-lfs is not installed"))
  func `Contents that are missing or damaged are refused`() throws {
    let place = try largeObjects()
    let file = try object(of: "data.bin", in: place)
    let zip = "\(place.base)/x.zip"
    var bytes = try Data(contentsOf: URL(filePath: file))
    bytes[1000] ^= 1
    try FileManager.default.removeItem(atPath: file)
    try bytes.write(to: URL(filePath: file))
    let damaged = try place.eb("archive", "-o", zip)
    #expect(damaged.status == 2)
    #expect(damaged.error.contains("'data.bin' are damaged\nhint: git lfs fsck"))
    try FileManager.default.removeItem(atPath: file)
    let missing = try place.eb("archive", "-o", zip)
    #expect(missing.status == 2)
    #expect(
      missing.error.contains(
        "error: Git LFS has no contents here for 1 file: 'data.bin'\nhint: git lfs pull\n"))
    #expect(!FileManager.default.fileExists(atPath: zip))
    try place.repository.git("config", "eb.bundle.lfs", "false")
    let pointers = try place.eb("archive", "-o", zip)
    #expect(pointers.status == 0)
    let pointer = try check(["unzip", "-p", zip, "data.bin"])
    #expect(pointer.hasPrefix("version https://git-lfs.github.com/spec/v1\n"))
  }

  /// A clone of a small repository with `a.bin` and `sub/b.bin`, which has only the pointers.
  private func pointers() throws -> (place: Workplace, clone: String) {
    let place = try Workplace.plain()
    try place.repository.git("lfs", "install", "--local")
    try place.repository.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    try place.repository.write("a.bin", "contents of a\n")
    try place.repository.write("sub/b.bin", "contents of b\n")
    try place.repository.commit()
    let (remote, clone) = ("\(place.base)/remote.git", "\(place.base)/clone")
    try place.repository.git("init", "--quiet", "--bare", remote)
    try place.repository.git("remote", "add", "origin", "file://\(remote)")
    try place.repository.git("push", "--quiet", "origin", "master")
    try place.repository.git(
      ["clone", "--quiet", "--branch=master", "file://\(remote)", clone],
      environment: ["GIT_LFS_SKIP_SMUDGE": "1"])
    return (place, clone)
  }

  @Test(.enabled(if: hasLFS, "git-lfs is not installed"))
  func `Missing contents are fetched by Git LFS, without its filter being configured`() throws {
    let (place, clone) = try pointers()
    let index = try Data(contentsOf: URL(filePath: "\(clone)/.git/index"))
    #expect(try place.bundled("a.bin", in: clone) == "contents of a\n")
    #expect(try place.bundled("sub/b.bin", "--staged", in: clone) == "contents of b\n")
    #expect(try Data(contentsOf: URL(filePath: "\(clone)/.git/index")) == index)
    #expect(place.leftovers == [])
    // Afterwards they are here, whatever becomes of the remote.
    try FileManager.default.removeItem(atPath: "\(place.base)/remote.git")
    #expect(try place.bundled("sub/b.bin", in: clone) == "contents of b\n")
  }

  @Test(.enabled(if: hasLFS, "git-lfs is not installed"))
  func `Contents that cannot be fetched are refused, all of them by name`() throws {
    let (place, clone) = try pointers()
    try FileManager.default.removeItem(atPath: "\(place.base)/remote.git/lfs")
    let zip = "\(place.base)/x.zip"
    for command in [["archive", "-o", zip], ["push"], ["archive", "--staged", "-o", zip]] {
      let screen = try place.command(["git", "eb"] + command, in: clone)
      #expect(screen.status == 2, "\(screen)")
      #expect(
        screen.error.hasSuffix(
          """
          error: Git LFS has no contents here for 2 files: 'a.bin', 'sub/b.bin'
          hint: git lfs pull

          """), "\(screen)")
    }
    #expect(!FileManager.default.fileExists(atPath: zip))
    #expect(place.published == [])
    // What is not wanted is not fetched.
    let root = ["GIT_EB_BUNDLE_LFS": "false"]
    #expect(try place.bundled("a.bin", in: clone, with: root).hasPrefix("version https://git-lfs"))
  }

  @Test(.enabled(if: hasLFS, "git-lfs is not installed"))
  func `What is no pointer goes in as it is, and a pointer of another size is refused`() throws {
    let (place, _) = try pointers()
    let digest = try object(of: "a.bin", in: place).suffix(64)
    let first = "version https://git-lfs.github.com/spec/v1\n"
    let texts = [
      "c.bin": "no pointer\n", "d.bin": first + "nor this\n",
      "e.bin": first + "oid sha256:\(digest)\nsize 999999\n" + String(repeating: "x", count: 2000),
    ]
    func store(_ name: String, _ text: String) throws {
      let blob = try place.repository.git(["hash-object", "-w", "--stdin"], input: text)
      try place.repository.git("update-index", "--add", "--cacheinfo", "100644,\(blob),\(name)")
    }
    for (name, text) in texts { try store(name, text) }
    for (name, text) in texts { #expect(try place.bundled(name, "--staged") == text) }
    try store("wrong.bin", first + "oid sha256:\(digest)\nsize 15\n")
    let screen = try place.eb("archive", "--staged", "-o", "\(place.base)/x.zip")
    #expect(screen.status == 2)
    #expect(screen.error.contains("no contents here for 1 file: 'wrong.bin'\n"), "\(screen)")
  }

  @Test(.enabled(if: hasLFS, "git-lfs is not installed"))
  func `A submodule has its own contents of Git LFS`() throws {
    let (place, _) = try pointers()
    let top = try Workplace()
    try top.repository.git(
      ["submodule", "--quiet", "add", "file://\(place.base)/remote.git", "sub"],
      environment: Self.allowed.merging(["GIT_LFS_SKIP_SMUDGE": "1"]) { $1 })
    try top.repository.commit()
    #expect(try top.bundled("sub/a.bin") == "contents of a\n")
    #expect(
      top.files(below: "\(top.path)/.git/modules/sub/lfs/objects").contains { $0.count > 60 })
  }
}
