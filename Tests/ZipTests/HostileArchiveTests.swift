import Foundation
import TestSupport
import Testing
import Zip

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Archives that somebody made to do harm, or that came to harm themselves.
@Suite struct HostileArchiveTests {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  /// Makes an archive with python, which writes any name: each entry is name, mode and contents.
  func archive(_ entries: [(String, UInt32, String)]) throws -> ZipReader {
    let script = """
      import json, sys, warnings, zipfile
      warnings.simplefilter('ignore')
      with zipfile.ZipFile('a.zip', 'w') as z:
          for name, mode, contents in json.load(sys.stdin):
              i = zipfile.ZipInfo('x'); i.filename = name
              i.create_system = 3; i.external_attr = mode << 16
              z.writestr(i, contents)
      """
    let json = try JSONSerialization.data(
      withJSONObject: entries.map { [$0.0, Int($0.1), $0.2] as [Any] })
    try check(
      ["python3", "-c", script], in: directory.path, input: String(decoding: json, as: UTF8.self))
    return try ZipReader(path: directory.file("a.zip"))
  }

  /// Expects that neither `check` nor `extract` accepts the archive, and that nothing is written.
  func expectRefusal(
    _ code: ZipError.Code, _ subject: String, _ entries: [(String, UInt32, String)],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let reader = try archive(entries)
    let expected = ZipError(code, .read, subject)
    #expect(throws: expected, sourceLocation: sourceLocation) { try reader.check() }
    #expect(throws: expected, sourceLocation: sourceLocation) {
      try reader.extract(to: directory.file("out/deep/er"))
    }
    #expect(throws: expected, sourceLocation: sourceLocation) {
      try reader.extract(to: directory.file("out"))
    }
    #expect(
      try check(["ls", "-A"], in: directory.path) == "a.zip\n", sourceLocation: sourceLocation)
  }

  @Test(arguments: [
    "../evil", "/tmp/evil", "a/../../evil", "..", "a/..", "//evil", "..\\evil", "\\evil",
    "a\\..\\..\\evil", "./../evil",
  ]) func `a name that leads out is refused before anything is written`(name: String) throws {
    try expectRefusal(
      .unsafeName, name, [("good", 0o100644, "good"), (name, 0o100644, "evil")])
  }

  @Test(arguments: [
    "/etc/passwd", "..", "../..", "a/../..", "../out2", "./../x", "a/b/../../../x", "", "a/\0b",
  ]) func `a link that leads out is refused before anything is written`(target: String) throws {
    try expectRefusal(
      .unsafeLink, "link", [("a/b/file", 0o100644, "x"), ("link", 0o120777, target)])
  }

  @Test func `a link that leads out by way of other links is refused`() throws {
    try expectRefusal(
      .unsafeLink, "e", [("d", 0o120777, "."), ("e", 0o120777, "d/../..")])
    try expectRefusal(
      .unsafeLink, "e", [("d", 0o120777, "."), ("e", 0o120777, "d/..")])
    try expectRefusal(
      .unsafeLink, "a/e", [("a/e", 0o120777, "f/.."), ("a/f", 0o120777, "..")])
    // The one that it goes through is refused for itself too.
    try expectRefusal(.unsafeLink, "x", [("x", 0o120777, "y"), ("y", 0o120777, "/etc")])
  }

  @Test func `an entry that leads through a link of the archive is refused`() throws {
    try expectRefusal(
      .unsafeLink, "link/evil",
      [("dir/", 0o040755, ""), ("link", 0o120777, "dir"), ("link/evil", 0o100644, "evil")])
    try expectRefusal(
      .unsafeLink, "link",
      [("link/evil", 0o100644, "evil"), ("link", 0o120777, "dir")])
    try expectRefusal(
      .unsafeLink, "./link//a/evil",
      [("link", 0o120777, "dir"), ("./link//a/evil", 0o100644, "evil")])
  }

  @Test func `a link already in the directory is not followed`() throws {
    let reader = try archive([("sub/evil", 0o100644, "evil"), ("file", 0o100644, "evil")])
    try check(["mkdir", "out", "outside"], in: directory.path)
    try check(["ln", "-s", "../outside", "out/sub"], in: directory.path)
    #expect(throws: ZipError(.io(ENOTDIR), .extract, "sub/evil")) {
      try reader.extract(to: directory.file("out"))
    }
    #expect(try check(["ls", "-A", "outside"], in: directory.path) == "")
    try check(["rm", "out/sub"], in: directory.path)
    try check(["ln", "-s", "../outside/file", "out/file"], in: directory.path)
    #expect(throws: ZipError(.io(EEXIST), .extract, "file")) {
      try reader.extract(to: directory.file("out"))
    }
    #expect(try check(["ls", "-A", "outside"], in: directory.path) == "")
  }

  @Test func `two entries of one name are refused`() throws {
    try expectRefusal(.duplicate, "a", [("a", 0o100644, "1"), ("a", 0o100644, "2")])
    try expectRefusal(.duplicate, "./a", [("a", 0o100644, "1"), ("./a", 0o100644, "2")])
    try expectRefusal(.duplicate, "d//", [("d/", 0o040755, ""), ("d//", 0o040755, "")])
    try expectRefusal(.duplicate, "a/b", [("a", 0o100644, "1"), ("a/b", 0o100644, "2")])
    try expectRefusal(.duplicate, "a", [("a/b", 0o100644, "1"), ("a", 0o100644, "2")])
    try expectRefusal(.duplicate, "a", [("a/", 0o040755, ""), ("a", 0o120777, "b")])
  }

  @Test func `a directory may come after what is in it, and be named with dots`() throws {
    let reader = try archive([
      ("./", 0o040755, ""), ("./a/b", 0o100644, "1"), ("./a/", 0o040755, ""), ("c", 0o100644, "2"),
    ])
    try reader.check()
    try reader.extract(to: directory.file("out"))
    #expect(try directory.read("out/a/b").text == "1")
    #expect(try directory.read("out/c").text == "2")
  }

  @Test func `a device and a directory with contents are refused`() throws {
    try expectRefusal(.unsupported, "null", [("null", 0o020666, "")])
    try expectRefusal(.corrupt, "dir/", [("dir/", 0o040755, "contents")])
  }

  @Test func `a link's target has a limit`() throws {
    try expectRefusal(
      .tooLong, "link", [("link", 0o120777, String(repeating: "a/", count: 2048))])
  }

  @Test func `contents that were changed are found out`() throws {
    var bytes = try makeZip { try $0.append(file("a"), stored("contents")) }
    let place = try #require(bytes.firstRange(of: Array("contents".utf8)))
    bytes[place.lowerBound] ^= 1
    let reader = try ZipReader(path: directory.write(bytes, to: "a.zip"))
    #expect(throws: ZipError(.badChecksum, .read, "a")) { try reader.check() }
    #expect(throws: ZipError(.badChecksum, .read, "a")) {
      try reader.extract(to: directory.file("out"))
    }
    #expect(throws: ZipError(.badChecksum, .read, "a")) { try reader.contents(of: "a") }
  }

  @Test func `contents larger than said end at the size that was said`() throws {
    var bytes = try makeZip {
      try $0.append(file("a"), Deflater().compress([UInt8](repeating: 0, count: 1_000_000)))
    }
    // The size, in both headers.
    let size: [UInt8] = [0x40, 0x42, 0x0f, 0]
    while let place = bytes.firstRange(of: size) {
      bytes.replaceSubrange(place, with: [0x10, 0, 0, 0])
    }
    let reader = try ZipReader(path: directory.write(bytes, to: "a.zip"))
    var received = 0
    #expect(throws: ZipError(.wrongSize, .read, "a")) {
      try unsafe reader.withContents(of: reader.records[0]) { received += $0.count }
    }
    #expect(received == 0)
  }

  @Test func `entries that share bytes are refused, as in a bomb`() throws {
    let script = """
      import struct
      data = b'x' * 1000
      local = struct.pack('<4s5H3I2H', b'PK\\3\\4', 10, 0, 0, 0, 33, 0, 1000, 1000, 1, 0) + b'a' + data
      def central(offset, size):
          return struct.pack('<4s6H3I5H2I', b'PK\\1\\2', 10, 10, 0, 0, 0, 33, 0, size, size, 1, 0, 0,
                             0, 0, 0, offset) + b'a'
      for name, entries in {
          'same': [central(0, 1000), central(0, 1000)],
          'inside': [central(0, 1000), central(500, 100)],
          'beyond': [central(0, 1001)],
          'nowhere': [central(1 << 31, 0)],
      }.items():
          directory = b''.join(entries)
          end = struct.pack('<4s4H2IH', b'PK\\5\\6', 0, 0, len(entries), len(entries),
                            len(directory), len(local), 0)
          open(name, 'wb').write(local + directory + end)
      """
    try check(["python3", "-c", script], in: directory.path)
    for name in ["same", "inside", "beyond", "nowhere"] {
      #expect(throws: ZipError(.corrupt, .open, "a")) { try ZipReader(path: directory.file(name)) }
    }
  }

  @Test func `an archive whose two headers tell different names is refused`() throws {
    var bytes = try makeZip { try $0.append(file("innocent"), stored("x")) }
    let place = try #require(bytes.firstRange(of: Array("innocent".utf8)))
    bytes.replaceSubrange(place, with: Array("infamous".utf8))
    let reader = try ZipReader(path: directory.write(bytes, to: "a.zip"))
    #expect(throws: ZipError(.corrupt, .read, "innocent")) { try reader.check() }
    var writer = ZipWriter(to: CountingSink())
    #expect(throws: ZipError(.corrupt, .read, "innocent")) {
      try writer.appendCopied(reader.records[0], from: reader)
    }
  }

  @Test func `an archive cut off anywhere is refused`() throws {
    let bytes = try makeZip(comment: "comment") { try appendOneOfEach(to: &$0) }
    let file = unsafe open(try directory.write(bytes, to: "a.zip"), O_RDWR)
    defer { close(file) }
    for count in (0..<bytes.count).reversed() {
      #expect(ftruncate(file, off_t(count)) == 0)
      #expect(throws: ZipError.self) { try ZipReader(descriptor: file).check() }
    }
  }

  /// Flips bits, and overwrites numbers with tempting ones, anywhere in small archives.
  @Test func `a damaged archive does no harm`() throws {
    let originals = [
      try makeZip(comment: "comment") { try appendOneOfEach(to: &$0) },
      try makeZip { writer in
        try writer.append(file("a/file"), compressed("x"))
        try writer.append(file("a/link", mode: 0o120777), stored("../a/file"))
        try writer.append(file("b", mode: 0o120777), stored("a/link"))
      },
    ]
    var generator = SeededGenerator(seed: 42)
    var accepted = 0
    for round in 0..<2000 {
      var bytes = originals[round % 2]
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] = [0, 0xff, 0x2e, 0x2f].randomElement(using: &generator) ?? 0
        case 1:
          for index in place..<min(place + 4, bytes.count) { bytes[index] = 0xff }
        default: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        }
      }
      let path = try directory.write(bytes, to: "a.zip")
      let out = directory.file("out")
      guard let reader = try? ZipReader(path: path) else { continue }
      for record in reader.records {
        _ = try? reader.contents(of: record, limit: 1 << 20)
        var writer = ZipWriter(to: CountingSink())
        try? writer.appendCopied(record, from: reader)
      }
      if (try? reader.extract(to: out)) != nil { accepted += 1 }

      let manager = FileManager.default
      let names = try manager.contentsOfDirectory(atPath: directory.path)
      #expect(Set(names).isSubset(of: ["a.zip", "out"]))
      guard names.contains("out") else { continue }
      for name in try manager.subpathsOfDirectory(atPath: out) {
        // Whatever is a link leads to something inside.
        let real = URL(filePath: "\(out)/\(name)").resolvingSymlinksInPath().path
        #expect(real.hasPrefix(out))
      }
      try manager.removeItem(atPath: out)
    }
    // Damage to times, modes and the like goes unnoticed.
    #expect((1..<1000).contains(accepted))
  }

  @Test func `a file that exists is not replaced`() throws {
    let reader = try archive([("file", 0o100644, "new")])
    try directory.write("old", to: "out/file")
    #expect(throws: ZipError(.io(EEXIST), .extract, "file")) {
      try reader.extract(to: directory.file("out"))
    }
    #expect(try directory.read("out/file").text == "old")
  }
}
