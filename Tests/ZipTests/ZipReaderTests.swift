import Foundation
import TestSupport
import Testing
import Zip

@Suite struct ZipReaderTests {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test func `what was written is read`() throws {
    let zip = directory.file("a.zip")
    try makeZip(at: zip, comment: "the comment") { try appendOneOfEach(to: &$0) }
    let reader = try ZipReader(path: zip)
    #expect(reader.comment.text == "the comment")
    #expect(
      reader.records.map(\.name) == [
        "app/", "app/run.sh", "app/empty", "app/latest", "app/prose.txt", "app/größe ☃.txt",
        "app/streamed", "empty/",
      ])
    #expect(
      reader.records.map(\.mode) == [
        0o040755, 0o100755, 0o100644, 0o120777, 0o100644, 0o100644, 0o100644, 0o040755,
      ])
    #expect(reader.records.filter(\.isDirectory).map(\.name) == ["app/", "empty/"])
    #expect(reader.records.filter(\.isSymbolicLink).map(\.name) == ["app/latest"])
    #expect(reader.records.filter(\.isText).map(\.name) == ["app/run.sh", "app/prose.txt"])
    #expect(reader.records.allSatisfy { $0.modificationTime == someTime })
    #expect(try reader.contents(of: "app/streamed") == prose(5000, seed: 2))
    #expect(try reader.contents(of: "app/prose.txt") == prose(3000))
    #expect(try reader.contents(of: "app/empty").isEmpty)
    try reader.check()
  }

  @Test func `an archive of zip is read`() throws {
    try directory.write(prose(100_000), to: "in/dir/prose.txt")
    try directory.write("#!/bin/sh\n", to: "in/run.sh", mode: 0o755)
    try directory.write("ä", to: "in/ä.txt", mode: 0o600)
    try check(["ln", "-s", "dir/prose.txt", "in/link"], in: directory.path)
    try check(["touch", "-d", "@1600000001", "in/run.sh"], in: directory.path)
    try check(["zip", "-qry", "../a.zip", ".", "-z"], in: directory.file("in"), input: "hello\n")
    let reader = try ZipReader(path: directory.file("a.zip"))
    let modes = Dictionary(uniqueKeysWithValues: reader.records.map { ($0.name, $0.mode) })
    #expect(
      modes == [
        "dir/": 0o040755, "dir/prose.txt": 0o100644, "run.sh": 0o100755, "ä.txt": 0o100600,
        "link": 0o120777,
      ])
    #expect(reader.comment.text == "hello")
    #expect(reader.records.first { $0.name == "run.sh" }?.modificationTime == 1_600_000_001)
    #expect(try reader.contents(of: "link").text == "dir/prose.txt")
    #expect(try reader.contents(of: "dir/prose.txt") == prose(100_000))
    try reader.extract(to: directory.file("out"))
    try check(["diff", "-r", "in", "out"], in: directory.path)
  }

  @Test func `an archive of zip from a pipe, with data descriptors, is read`() throws {
    let zip = directory.file("a.zip")
    try check(
      ["sh", "-c", "head -c 300000 /dev/zero | zip -q - - | cat > a.zip"], in: directory.path)
    let reader = try ZipReader(path: zip)
    try reader.check()
    #expect(try reader.contents(of: "-") == [UInt8](repeating: 0, count: 300_000))
  }

  @Test func `an archive of git is read`() throws {
    try directory.write(prose(50_000), to: "repository/dir/prose.txt")
    try directory.write("#!/bin/sh\n", to: "repository/run.sh", mode: 0o755)
    let repository = directory.file("repository")
    try check(["ln", "-s", "run.sh", "link"], in: repository)
    try check(["git", "init", "-q", "-b", "main"], in: repository)
    try check(["git", "add", "-A"], in: repository)
    try check(["git", "commit", "-qm", "one"], in: repository)
    try check(["git", "archive", "--format=zip", "-o", "../a.zip", "HEAD"], in: repository)
    let reader = try ZipReader(path: directory.file("a.zip"))
    let commit = try check(["git", "rev-parse", "HEAD"], in: repository)
    #expect(reader.comment.text + "\n" == commit)
    #expect(reader.records.map(\.name) == ["dir/", "dir/prose.txt", "link", "run.sh"])
    // git says it was made on DOS for all but links and programs.
    #expect(reader.records.map(\.mode) == [0o040755, 0o100644, 0o120777, 0o100755])
    #expect(reader.records.allSatisfy { $0.modificationTime == 1_700_000_000 })
    try reader.extract(to: directory.file("out"))
    try check(["rm", "-rf", "repository/.git"], in: directory.path)
    try check(["diff", "-r", "--no-dereference", "repository", "out"], in: directory.path)
  }

  @Test func `an archive of python is read, also with a prefix and without modes`() throws {
    let script = """
      import sys, zipfile
      with zipfile.ZipFile('a.zip', 'w') as z:
          z.writestr('stored', b'stored')
          z.writestr('deflated', b'deflated ' * 1000, zipfile.ZIP_DEFLATED)
          i = zipfile.ZipInfo('dos/', (2001, 2, 3, 4, 5, 6)); i.create_system = 0
          i.external_attr = 0x10; z.writestr(i, b'')
          i = zipfile.ZipInfo('dos/file', (2001, 2, 3, 4, 5, 6)); i.create_system = 0
          z.writestr(i, b'dos')
          with z.open('forced', 'w', force_zip64=True) as f: f.write(b'forced')
      open('b.zip', 'wb').write(b'#!/bin/sh\\nexit 0\\n' + open('a.zip', 'rb').read())
      """
    try check(["python3", "-c", script], in: directory.path)
    for name in ["a.zip", "b.zip"] {
      let reader = try ZipReader(path: directory.file(name))
      #expect(reader.records.map(\.name) == ["stored", "deflated", "dos/", "dos/file", "forced"])
      #expect(reader.records[2].mode == 0o040755)
      #expect(reader.records[2].modificationTime == 981_173_106)
      #expect(reader.records[3].mode == 0o100644)
      let deflated = String(repeating: "deflated ", count: 1000)
      #expect(try reader.contents(of: "deflated").text == deflated)
      #expect(try reader.contents(of: "forced").text == "forced")
      try reader.check()
    }
  }

  @Test(arguments: ["bzip2", "lzma"])
  func `a compression other than deflate is said to be unsupported`(method: String) throws {
    let script =
      "import sys,zipfile;zipfile.ZipFile('a.zip','w').writestr('a',b'x',"
      + "zipfile.ZIP_\(method.uppercased()))"
    try check(["python3", "-c", script], in: directory.path)
    let reader = try ZipReader(path: directory.file("a.zip"))
    #expect(throws: ZipError(.unsupported, .read, "a")) { try reader.check() }
    var writer = ZipWriter(to: CountingSink())
    #expect(throws: ZipError(.unsupported, .read, "a")) {
      try writer.appendCopied(reader.records[0], from: reader)
    }
  }

  @Test func `an encrypted entry is said to be unsupported`() throws {
    try directory.write("secret", to: "a")
    try check(["zip", "-q", "-P", "password", "a.zip", "a"], in: directory.path)
    let reader = try ZipReader(path: directory.file("a.zip"))
    #expect(throws: ZipError(.unsupported, .read, "a")) { try reader.check() }
  }

  @Test func `a limit on contents is kept`() throws {
    let zip = directory.file("a.zip")
    try makeZip(at: zip) { try $0.append(file("a"), Deflater().compress(prose(1000))) }
    let reader = try ZipReader(path: zip)
    #expect(try reader.contents(of: reader.records[0], limit: 1000).count == 1000)
    #expect(throws: ZipError(.tooLarge, .read, "a")) {
      try reader.contents(of: reader.records[0], limit: 999)
    }
  }

  @Test func `what the receiver of contents throws comes out`() throws {
    struct Enough: Error {}
    let zip = directory.file("a.zip")
    try makeZip(at: zip) { try $0.append(file("a"), Deflater().compress(prose(1000))) }
    let reader = try ZipReader(path: zip)
    #expect(throws: Enough.self) {
      try unsafe reader.withContents(of: reader.records[0]) { _ in throw Enough() }
    }
  }

  @Test func `a file that is no archive is told from one that was cut off`() throws {
    func code(_ name: String) -> ZipError.Code? {
      do throws(ZipError) {
        _ = try ZipReader(path: directory.file(name))
        return nil
      } catch {
        #expect(error.subject == directory.file(name))
        return error.code
      }
    }
    try directory.write("", to: "empty")
    try directory.write("#!/bin/sh\n", to: "script")
    try directory.write(Array(makeZip { try appendOneOfEach(to: &$0) }.dropLast()), to: "cut")
    #expect(code("missing") == .io(2))
    #expect(code("empty") == .notAZip)
    #expect(code("script") == .notAZip)
    #expect(code("cut") == .truncated)
    #expect(code(".") == .notAZip)
  }

  @Test func `copying every entry of an archive gives the same archive`() throws {
    let zip = directory.file("a.zip")
    try makeZip(at: zip, comment: "c") { writer in
      try appendOneOfEach(to: &writer)
      // More than is read ahead at a time.
      try writer.append(
        file("random"), Deflater.store(SeededGenerator(seed: 9).firstBytes(1_000_000)))
      for index in 0..<1000 { try writer.append(file("many/\(index)"), compressed("\(index)")) }
    }
    let reader = try ZipReader(path: zip)
    let copy = try makeZip(comment: "c") { writer in
      for record in reader.records { try writer.appendCopied(record, from: reader) }
    }
    #expect(try copy == directory.read("a.zip"))
  }

  @Test func `entries of several archives are copied in any order, under any name`() throws {
    let (one, two) = (directory.file("one.zip"), directory.file("two.zip"))
    try makeZip(at: one) { writer in
      for index in 0..<50 {
        try writer.append(file("\(index)"), Deflater().compress(prose(10_000, seed: UInt64(index))))
      }
    }
    try check(
      ["sh", "-c", "head -c 300000 /dev/zero | zip -q - - | cat > two.zip"],
      in: directory.path)
    let (first, second) = (try ZipReader(path: one), try ZipReader(path: two))
    let zip = directory.file("copy.zip")
    try makeZip(at: zip) { writer in
      for record in first.records.reversed() {
        try writer.appendCopied(record, from: first)
        try writer.appendCopied(
          second.records[0], from: second, as: file("zeros/\(record.name)", mode: 0o100755))
      }
    }
    let copy = try ZipReader(path: zip)
    try copy.check()
    #expect(copy.records.count == 100)
    #expect(try copy.contents(of: "7") == prose(10_000, seed: 7))
    #expect(copy.records.filter { $0.mode == 0o100755 }.count == 50)
    try check(["unzip", "-t", zip])
  }

  @Test func `extracting restores contents, modes, links and times, whatever the umask`() throws {
    let zip = directory.file("a.zip")
    try makeZip(at: zip) { writer in
      try appendOneOfEach(to: &writer)
      try writer.append(file("implied/deeper/private", mode: 0o100600), compressed("x"))
      try writer.append(file("setuid", mode: 0o104755, time: 1_500_000_001), compressed("x"))
    }
    try ZipReader(path: zip).extract(to: directory.file("out"))
    let out = directory.file("out")
    let listing = try check(
      ["find", ".", "-mindepth", "1", "-printf", "%M %T@ %P %l\n"], in: out)
    let lines = listing.split(separator: "\n").map {
      $0.replacing(".0000000000", with: "").trimmingCharacters(in: .whitespaces)
    }
    let impliedLines = lines.filter { $0.hasSuffix("implied") || $0.hasSuffix("implied/deeper") }
    #expect(impliedLines.allSatisfy { $0.hasPrefix("drwxr-xr-x ") } && impliedLines.count == 2)
    #expect(
      lines.filter { !impliedLines.contains($0) }.sorted() == [
        "-rw------- 1700000000 implied/deeper/private",
        "-rw-r--r-- 1700000000 app/empty",
        "-rw-r--r-- 1700000000 app/größe ☃.txt",
        "-rw-r--r-- 1700000000 app/prose.txt",
        "-rw-r--r-- 1700000000 app/streamed",
        "-rwxr-xr-x 1500000001 setuid",
        "-rwxr-xr-x 1700000000 app/run.sh",
        "drwxr-xr-x 1700000000 app",
        "drwxr-xr-x 1700000000 empty",
        "lrwxrwxrwx 1700000000 app/latest long/long/long/run.sh",
      ])
    #expect(try directory.read("out/app/prose.txt") == prose(3000))
  }

  @Test func `links that stay inside are extracted`() throws {
    let zip = directory.file("a.zip")
    let links = [
      "self": ".", "a/up": "..", "a/b/root": "../..", "a/b/peer": "../up/a/b", "loop": "loop",
      "missing": "not/there", "a/via": "b/root/a", "dots": "./a/./b//",
    ]
    try makeZip(at: zip) { writer in
      try writer.append(file("a/b/file"), compressed("x"))
      for (path, target) in links.sorted(by: { $0.key < $1.key }) {
        try writer.append(file(path, mode: 0o120777), stored(target))
      }
    }
    let reader = try ZipReader(path: zip)
    try reader.check()
    try reader.extract(to: directory.file("out"))
    for (path, target) in links {
      #expect(try check(["readlink", path], in: directory.file("out")) == target + "\n")
    }
    #expect(try directory.read("out/a/via/b/file").text == "x")
  }

  @Test func `random trees come back, through us and through unzip`() throws {
    for seed in 0..<20 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let round = try TemporaryDirectory()
      var expected: [String: [UInt8]] = [:]
      let deflater = Deflater(level: Int.random(in: 1...12, using: &generator))
      try makeZip(at: round.file("a.zip")) { writer in
        for index in 0..<Int.random(in: 0...60, using: &generator) {
          let depth = Int.random(in: 0...4, using: &generator)
          let parents = (0..<depth).map { _ in "d\(Int.random(in: 0...3, using: &generator))/" }
          let name = parents.joined() + "f\(index)"
          let size = 1 << Int.random(in: 0...17, using: &generator)
          let bytes =
            Bool.random(using: &generator)
            ? prose(size, seed: generator.next()) : generator.bytes(size)
          expected[name] = bytes
          if Int.random(in: 0...4, using: &generator) == 0 {
            let step = Int.random(in: 1...9999, using: &generator)
            try writer.appendStream(file(name), of: bytes, step: step)
          } else {
            try writer.append(file(name), deflater.compress(bytes))
          }
        }
      }
      let reader = try ZipReader(path: round.file("a.zip"))
      #expect(Set(reader.records.map(\.name)) == Set(expected.keys))
      for record in reader.records {
        #expect(try reader.contents(of: record, limit: 1 << 20) == expected[record.name])
      }
      try reader.extract(to: round.file("ours"))
      guard !expected.isEmpty else { continue }
      try check(["unzip", "-q", "a.zip", "-d", "theirs"], in: round.path)
      try check(["diff", "-r", "ours", "theirs"], in: round.path)
    }
  }
}
