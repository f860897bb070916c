import Foundation
import TestSupport
import Testing

@Suite("bundle.artifact") struct BundleArtifactTests {
  /// A shop whose bundle is `build/shop.zip`.
  private func shop(_ artifact: String = "build/shop.zip") throws -> Workplace {
    let place = try Workplace.shop(
      configuration: Shop.configuration + "bundle: {artifact: \(artifact)}\n")
    try FileManager.default.createDirectory(
      atPath: "\(place.path)/build", withIntermediateDirectories: true)
    return place
  }

  /// Makes a zip with one entry for each line: modes, methods, times and sizes of all kinds.
  private static let make = """
    import io, sys, zipfile


    class Pipe(io.RawIOBase):
        # As it cannot be sought in, sizes follow the contents.
        def __init__(self, file):
            self.file = file

        def writable(self):
            return True

        def write(self, data):
            return self.file.write(data)


    def add(archive, name, mode, method, data):
        entry = zipfile.ZipInfo(name, (2001, 2, 3, 4, 5, 6))
        entry.external_attr = mode << 16
        entry.compress_type = method
        entry.create_system = 3 if mode else 0
        archive.writestr(entry, data)


    with open(sys.argv[1], "wb") as file:
        with zipfile.ZipFile(Pipe(file) if len(sys.argv) > 2 else file, "w") as archive:
            add(archive, "WEB-INF/", 0o40755, zipfile.ZIP_STORED, b"")
            add(archive, "WEB-INF/web.xml", 0o100600, zipfile.ZIP_DEFLATED, b"<web/>" * 9000)
            add(archive, "run.sh", 0o100755, zipfile.ZIP_DEFLATED, b"#!/bin/sh\\n" * 50)
            add(archive, "stored.bin", 0o100644, zipfile.ZIP_STORED, b"stored" * 100)
            add(archive, "link", 0o120777, zipfile.ZIP_STORED, b"run.sh")
            add(archive, "of-dos.txt", 0, zipfile.ZIP_DEFLATED, b"dos " * 40)
            add(archive, "empty", 0o100644, zipfile.ZIP_STORED, b"")
            add(archive, "caf\\u00e9", 0o100644, zipfile.ZIP_STORED, b"x")
            add(archive, ".git/config", 0o100644, zipfile.ZIP_STORED, b"never")
            add(archive, ".elasticbeanstalk/config.yml", 0o100644, zipfile.ZIP_STORED, b"never")
    """

  /// Prints the entries that are not in the second archive as they are in the first, compressed
  /// bytes and all, and those that are only in the second.
  private static let compare = """
    import struct, sys, zipfile


    def look(path):
        data = open(path, "rb").read()
        entries = {}
        for entry in zipfile.ZipFile(path).infolist():
            if entry.is_dir():
                continue
            name, extra = struct.unpack_from("<HH", data, entry.header_offset + 26)
            start = entry.header_offset + 30 + name + extra
            mode = entry.external_attr >> 16 | 0o100000
            if entry.create_system != 3:
                mode = 0o100644
            raw = data[start:start + entry.compress_size]
            entries[entry.filename] = (mode, entry.compress_type, entry.date_time, entry.CRC, raw)
        return entries


    theirs, ours = look(sys.argv[1]), look(sys.argv[2])
    for name in theirs:
        if ours.get(name) != theirs[name]:
            print("not as it was:", name)
    for name in ours.keys() - theirs.keys():
        print("new:", name)
    """

  @Test(arguments: ["app.zip", "app.war", "app.jar"])
  func `Entries are copied as they are, and secrets laid over them`(_ name: String) throws {
    let place = try shop("build/" + name)
    let artifact = "\(place.path)/build/\(name)"
    // A jar has its sizes behind the contents.
    if name.hasSuffix("jar") {
      try place.python(Self.make, artifact, "streamed")
    } else {
      try place.python(Self.make, artifact)
    }
    let zip = "\(place.base)/x.zip"
    #expect(try place.eb("archive", "-o", zip).status == 0)
    let difference = try place.python(Self.compare, artifact, zip).split(separator: "\n").sorted()
    #expect(
      difference == [
        "new: .secrets/key", "not as it was: .elasticbeanstalk/config.yml",
        "not as it was: .git/config",
      ])
    _ = try check(["unzip", "-tqq", zip])
    #expect(try check(["bsdtar", "-tf", zip]).hasSuffix("caf\u{e9}\n.secrets/\n.secrets/key\n"))
    let (first, second) = try (
      place.bytes("git", "eb", "archive"), Data(contentsOf: URL(filePath: zip))
    )
    #expect(first == second)
  }

  @Test func `A secret takes the place of an entry, and that is told`() throws {
    let place = try Workplace.plain(
      "secrets: [{from: ~/key, to: stored.bin}, {from: ~/key, to: WEB-INF/more/key}]\n"
        + "bundle: {artifact: a.zip}\n")
    try place.repository.commit()
    try Data("of the secret".utf8).write(to: URL(filePath: "\(place.repository.home)/key"))
    try place.python(Self.make, "a.zip")
    let zip = "\(place.base)/x.zip"
    let screen = try place.eb("archive", "-o", zip)
    #expect(screen.error.contains("warning: a secret takes the place of 'stored.bin'\n"))
    #expect(try check(["unzip", "-p", zip, "stored.bin"]) == "of the secret")
    let names = try check(["unzip", "-Z1", zip]).split(separator: "\n")
    #expect(Set(names).count == names.count)
    #expect(names.suffix(3) == ["WEB-INF/more/", "WEB-INF/more/key", "stored.bin"])
    #expect(!names.contains { $0.hasPrefix(".git/") || $0.hasPrefix(".elasticbeanstalk") })
  }

  @Test func `A push deploys the artifact, and the same content has the same label`() throws {
    let place = try shop()
    let zip = { (when: String) in
      _ = try? FileManager.default.removeItem(atPath: "\(place.path)/build/shop.zip")
      try place.command(["touch", "-d", when, "app.py", "Procfile", "greeting.txt"])
      _ = try place.command(["zip", "-q", "build/shop.zip", "app.py", "Procfile", "greeting.txt"])
    }
    try place.repository.write("greeting.txt", "built\n")
    try zip("2020-02-02")
    let answer = try place.eb("push", "--json").json(PushAnswer.self)
    #expect(answer.version.source == "artifact")
    #expect(answer.version.label.contains("-artifact-"))
    let commit = try place.repository.git("rev-parse", "HEAD")
    #expect(try place.page("production") == Shop.page(commit, greeting: "built"))
    try zip("2021-02-02")
    let again = try place.eb("push", "--json").json(PushAnswer.self)
    #expect(again.upToDate)
    #expect(again.version.label == answer.version.label)
    // What the command line names is taken from the sources.
    let named = try place.eb("push", "HEAD", "--force", "--json").json(PushAnswer.self)
    #expect(named.version.source == "commit")
    #expect(try place.page("production") == Shop.page(commit))
    for word in ["HEAD", "--staged", "--worktree"] {
      #expect(try place.bundledNames(word).contains(".gitignore"))
    }
    #expect(try !place.bundledNames().contains(".gitignore"))
    // Where nothing is built, nothing is deployed.
    try place.repository.remove("build/shop.zip")
    let missing = try place.eb("push")
    expect(
      missing,
      """
      ! error: the artifact 'build/shop.zip' is missing
      ! hint: build it first, or name a commit to deploy the sources: git eb push HEAD
      [2]
      """)
  }

  @Test(arguments: [
    ("open(sys.argv[1], 'w').write('no zip')", "it is not a zip, war or jar"),
    ("open(sys.argv[1], 'w')", "it is not a zip, war or jar"),
    ("make('a'); cut(30)", "it ends too early"),
    ("make('a'); cut(5)", "it ends too early"),
    ("make('../evil')", "an entry's name leads out of the bundle ('../evil')"),
    ("make('a', 'b/../../evil')", "an entry's name leads out of the bundle ('b/../../evil')"),
    ("make('/etc/evil')", "an entry's name leads out of the bundle ('/etc/evil')"),
    ("make('a', 'b', 'a')", "two entries have the same name ('a')"),
    ("make('a', 'a/b')", "two entries have the same name ('a/b')"),
    ("make('a', method=zipfile.ZIP_BZIP2)", "it uses something that is not supported ('a')"),
    ("os.mkdir(sys.argv[1])", "it is not a file"),
    ("os.mkfifo(sys.argv[1])", "it is not a file"),
  ])
  func `An artifact that cannot be deployed is refused, with the reason`(
    _ program: String, _ reason: String
  ) throws {
    let place = try Workplace.plain("bundle: {artifact: a.zip}\n")
    try place.repository.commit()
    let tools = """
      import os, sys, warnings, zipfile

      warnings.simplefilter("ignore")


      def make(*names, method=zipfile.ZIP_STORED):
          with zipfile.ZipFile(sys.argv[1], "w", method) as archive:
              for name in names:
                  archive.writestr(name, "contents of " + name)


      def cut(count):
          os.truncate(sys.argv[1], os.path.getsize(sys.argv[1]) - count)


      """
    try place.python(tools + program, "a.zip")
    try place.expectRefusal(
      because: ["error: the artifact 'a.zip' cannot be deployed: \(reason)\n"])
  }

  @Test func `An encrypted artifact is refused, and so is a damaged one`() throws {
    let place = try Workplace.plain("bundle: {artifact: a.zip}\n")
    try place.repository.write("source.txt", "source\n")
    try place.repository.commit()
    try place.command(["zip", "-q", "-P", "word", "a.zip", "source.txt"])
    try place.expectRefusal(
      because: ["the artifact 'a.zip' cannot be deployed: 'source.txt' in it is encrypted\n"])
    try place.repository.remove("a.zip")
    try place.command(["zip", "-q", "-0", "a.zip", "source.txt"])
    let damage = "import sys; d = bytearray(open('a.zip', 'rb').read()); "
    try place.python(
      damage + "i = d.index(b'source\\n'); d[i] ^= 1; open('a.zip', 'wb').write(d)")
    try place.expectRefusal(because: ["cannot read 'source.txt': its contents are damaged\n"])
  }

  @Test func `A link in an artifact that leads out is refused by a push`() throws {
    let place = try Workplace.plain("bundle: {artifact: a.zip}\n")
    try place.repository.commit()
    try place.repository.link("out", to: "../../etc/passwd")
    try place.command(["zip", "-q", "-y", "a.zip", "out"])
    let screen = try place.eb("push")
    #expect(screen.status == 2)
    #expect(
      screen.error.contains(
        "1 symbolic link out of the bundle: 'out'\n  out -> ../../etc/passwd\n"))
    #expect(place.published == [])
    #expect(try place.eb("archive", "-o", "\(place.base)/x.zip").status == 0)
  }

  @Test func `An artifact elsewhere, by a link or in a bare repository, is found`() throws {
    let place = try Workplace.plain("bundle: {artifact: latest.zip}\n")
    try place.repository.commit()
    try place.python(Self.make, "\(place.repository.home)/built.zip")
    try place.repository.link("latest.zip", to: "../home/built.zip")
    #expect(try place.bundledNames().contains("run.sh"))
    let bare = "\(place.base)/bare.git"
    try place.repository.git("clone", "--quiet", "--bare", place.path, bare)
    let variables = ["GIT_EB_BUNDLE_ARTIFACT": "~/built.zip"]
    #expect(try place.bundledNames(in: bare, with: variables).contains("run.sh"))
  }
}
