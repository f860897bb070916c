import Foundation
import TestSupport
import Testing
import Zip

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct ZipWriterTests {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test func `unzip, bsdtar and python accept what is written`() throws {
    let zip = directory.file("a.zip")
    try makeZip(at: zip, comment: "0123456789012345678901234567890123456789") {
      try appendOneOfEach(to: &$0)
    }
    let unzipped = try check(["unzip", "-t", zip])
    #expect(unzipped.contains("No errors detected in compressed data"))
    try check(["python3", "-m", "zipfile", "-t", zip])
    let listing = try check(["bsdtar", "-tvf", zip]).split(separator: "\n")
    #expect(listing.count == 8)
    #expect(listing[0].hasPrefix("drwxr-xr-x"))
    #expect(listing[1].hasPrefix("-rwxr-xr-x"))
    #expect(listing[1].contains("Nov 14  2023") && listing[1].hasSuffix("app/run.sh"))
    #expect(listing[2].hasPrefix("-rw-r--r--"))
    #expect(listing[3].hasPrefix("lrwxrwxrwx"))
    #expect(listing[3].hasSuffix("app/latest -> long/long/long/run.sh"))
    #expect(try check(["unzip", "-z", zip]).contains("0123456789012345678901234567890123456789"))
  }

  @Test func `a reader that cannot seek accepts what is written`() throws {
    let zip = directory.file("a.zip")
    try makeZip(at: zip) { try appendOneOfEach(to: &$0) }
    let listing = try check(["sh", "-c", "cat \(zip) | bsdtar -tf -"])
    #expect(listing.split(separator: "\n").count == 8)
    try check(["sh", "-c", "mkdir x && cat \(zip) | bsdtar -C x -xf -"], in: directory.path)
    #expect(try directory.read("x/app/streamed") == prose(5000, seed: 2))
  }

  @Test func `python reads the same names, modes, times, flags and contents`() throws {
    let zip = directory.file("a.zip")
    try makeZip(at: zip, comment: "a comment") { try appendOneOfEach(to: &$0) }
    let script = """
      import sys, zipfile, zlib
      archive = zipfile.ZipFile(sys.argv[1])
      print(archive.comment.decode())
      for i in archive.infolist():
          print(i.filename, i.create_system, oct(i.external_attr >> 16), i.external_attr & 0xffff,
                i.internal_attr, i.compress_type, hex(i.flag_bits), *i.date_time, i.file_size,
                zlib.crc32(archive.read(i)))
      """
    let output = try check(["python3", "-c", script, zip])
    func line(_ contents: [UInt8]) -> String {
      "\(contents.count) \(Deflater.crc32(contents))"
    }
    let time = "2023 11 14 22 13 20"
    #expect(
      output == """
        a comment
        app/ 3 0o40755 16 0 0 0x0 \(time) 0 0
        app/run.sh 3 0o100755 0 1 0 0x0 \(time) \(line(Array("#!/bin/sh\n".utf8)))
        app/empty 3 0o100644 0 0 0 0x0 \(time) 0 0
        app/latest 3 0o120777 0 0 0 0x0 \(time) \(line(Array("long/long/long/run.sh".utf8)))
        app/prose.txt 3 0o100644 0 1 8 0x0 \(time) \(line(prose(3000)))
        app/größe ☃.txt 3 0o100644 0 0 0 0x800 \(time) \(line(Array("snow".utf8)))
        app/streamed 3 0o100644 0 0 8 0x8 \(time) \(line(prose(5000, seed: 2)))
        empty/ 3 0o40755 16 0 0 0x0 \(time) 0 0

        """)
  }

  @Test func `unzip restores modes, links and times to the second`() throws {
    let zip = directory.file("a.zip")
    try makeZip(at: zip) { writer in
      try writer.append(file("odd", time: 1_700_000_001), compressed("odd"))
      try writer.append(file("run", mode: 0o100755), compressed("run"))
      try writer.append(file("link", mode: 0o120777), compressed("run"))
    }
    try check(["unzip", "-q", zip, "-d", "out"], in: directory.path)
    let output = try check(["stat", "-c", "%n %f %Y", "odd", "run"], in: directory.file("out"))
    #expect(output == "odd 81a4 1700000001\nrun 81ed 1700000000\n")
    #expect(try check(["readlink", "link"], in: directory.file("out")) == "run\n")
  }

  @Test func `a name that is not UTF-8 is kept byte for byte and not flagged`() throws {
    let name: [UInt8] = [0x66, 0xfc, 0x72]
    let zip = directory.file("a.zip")
    try makeZip(at: zip) { writer in
      try writer.append(
        ZipEntry(path: name, mode: 0o100644, modificationTime: someTime), compressed("für"))
    }
    let reader = try ZipReader(path: zip)
    #expect(reader.records[0].path == name)
    #expect(reader.records[0].flags == 0)
    try check(["unzip", "-t", zip])
  }

  @Test(arguments: [
    (-1, "1980-1-1 0:0:0"), (0, "1980-1-1 0:0:0"), (315_532_802, "1980-1-1 0:0:2"),
    (951_782_400, "2000-2-29 0:0:0"), (1_709_251_199, "2024-2-29 23:59:58"),
    (4_107_542_399, "2100-2-28 23:59:58"), (4_107_542_400, "2100-3-1 0:0:0"),
    (4_354_819_199, "2107-12-31 23:59:58"), (99_999_999_999, "2107-12-31 23:59:58"),
  ]) func `times outside of what DOS knows become the nearest`(time: Int64, expected: String) throws
  {
    let zip = directory.file("a.zip")
    try makeZip(at: zip) { try $0.append(file("a", time: time), .empty) }
    let script =
      "import sys,zipfile;print('%d-%d-%d %d:%d:%d'%zipfile.ZipFile(sys.argv[1])"
      + ".infolist()[0].date_time)"
    #expect(try check(["python3", "-c", script, zip]) == expected + "\n")
    let read = try ZipReader(path: zip).records[0].modificationTime
    if Int32(exactly: time) != nil {
      #expect(read == time)
    } else {
      #expect(read == min(time, 4_354_819_198) / 2 * 2)
    }
  }

  @Test func `the same calls give the same bytes, however a stream is cut`() throws {
    let bytes = prose(700_000) + SeededGenerator(seed: 3).firstBytes(300_000) + prose(300_000)
    func build(_ step: Int) throws -> [UInt8] {
      try makeZip(comment: "c") { writer in
        try appendOneOfEach(to: &writer)
        try writer.appendStream(file("large"), of: bytes, step: step)
      }
    }
    let first = try build(.max)
    #expect(try build(.max) == first)
    #expect(try build(4097) == first)
    #expect(try build(65536) == first)
  }

  @Test func `an archive may be empty, or hold only a comment`() throws {
    #expect(try makeZip { _ in } == [0x50, 0x4b, 5, 6] + [UInt8](repeating: 0, count: 18))
    let zip = directory.file("a.zip")
    try makeZip(at: zip, comment: "nothing") { _ in }
    let reader = try ZipReader(path: zip)
    #expect(reader.records.isEmpty)
    #expect(reader.comment.text == "nothing")
  }

  @Test(arguments: [
    "", "/", "/etc/passwd", "..", "../a", "a/..", "a/../b", "a/../../b", "a\0b", "\\a", "..\\a",
    "a\\..\\..\\b", "a/..\\b",
  ]) func `an unsafe name is refused and does no harm`(name: String) throws {
    let bytes = try makeZip { writer in
      #expect(throws: ZipError(.unsafeName, .write, name)) {
        try writer.append(file(name), compressed("x"))
      }
      try writer.append(file("good"), compressed("x"))
    }
    #expect(try bytes == makeZip { try $0.append(file("good"), compressed("x")) })
  }

  @Test(arguments: ["..a", "a..", "...", "a/...", ".a/b.", "a\\b", "a b", "-rf", ".ebextensions/x"])
  func `a name that only looks unsafe is accepted`(name: String) throws {
    let zip = directory.file("a.zip")
    try makeZip(at: zip) { try $0.append(file(name), compressed("x")) }
    let reader = try ZipReader(path: zip)
    try reader.check()
    #expect(reader.records.map(\.name) == [name])
  }

  @Test func `a name or comment that is too long is refused`() throws {
    let longest = String(repeating: "n", count: 65535)
    let bytes = try makeZip { writer in
      #expect(throws: ZipError(.tooLong, .write, longest + "n")) {
        try writer.append(file(longest + "n"), .empty)
      }
      try writer.append(file(longest), .empty)
    }
    #expect(bytes.count > 2 * 65535)
    let comment = String(repeating: "c", count: 65535)
    #expect(throws: ZipError(.tooLong, .write, comment)) { try makeZip(comment: comment) { _ in } }
  }

  @Test(arguments: [0, 4999, 5001, 1 << 33])
  func `a stream of another size than was said is refused`(size: Int) throws {
    var writer = ZipWriter(to: CountingSink())
    #expect(throws: ZipError(.wrongSize, .compress, "a")) {
      try writer.appendStream(file("a"), of: prose(5000), size: size)
    }
    #expect(throws: ZipError(.abandoned, .write, "b")) { try writer.append(file("b"), .empty) }
    #expect(errorOfFinishing(writer) == ZipError(.abandoned, .write))
  }

  @Test func `what the source of a stream throws comes out, and the archive is abandoned`() throws {
    struct Unreadable: Error {}
    var writer = ZipWriter(to: CountingSink())
    #expect(throws: Unreadable.self) {
      try unsafe writer.appendStream(file("a"), size: 1) { _ in throw Unreadable() }
    }
    #expect(errorOfFinishing(writer) == ZipError(.abandoned, .write))
  }

  @Test(arguments: [0, 1, 65535, 65536, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
  func `a stream of any size around a piece's comes back`(size: Int) throws {
    let zip = directory.file("a.zip")
    for bytes in [prose(size), SeededGenerator(seed: 5).firstBytes(size)] {
      try makeZip(at: zip) { try $0.appendStream(file("a"), of: bytes) }
      try check(["unzip", "-t", zip])
      #expect(try ZipReader(path: zip).contents(of: "a") == bytes)
    }
  }

  @Test(arguments: 1...12)
  func `pieces of every kind and level are one stream`(level: Int) throws {
    let deflater = Deflater(level: level)
    var generator = SeededGenerator(seed: UInt64(level))
    var parts: [[UInt8]] = [[0], [], [UInt8](repeating: 7, count: 200_000), prose(300_000)]
    for size in 1..<40 {
      // From bytes that are all alike to bytes that are noise, so that the last block is of each
      // type and ends at each bit.
      let letters = 1 << (size % 9)
      parts.append(generator.bytes(size * size * 20).map { UInt8(Int($0) % letters) })
    }
    let whole = parts.flatMap(\.self)
    let zip = directory.file("a.zip")
    try makeZip(at: zip) { writer in
      var rest = parts[...]
      try writer.appendPieces(file("a"), size: UInt64(whole.count)) {
        rest.popFirst().map { part in unsafe part.withUnsafeBytes { unsafe deflater.piece($0) } }
      }
    }
    try check(["unzip", "-t", zip])
    #expect(try ZipReader(path: zip).contents(of: "a") == whole)
    let script = "import sys,zipfile;assert zipfile.ZipFile(sys.argv[1]).testzip() is None"
    try check(["python3", "-c", script, zip])
  }

  @Test func `parts of a stream that do not shrink are stored, and the rest is not`() throws {
    var generator = SeededGenerator(seed: 6)
    var bytes: [UInt8] = []
    for part in 0..<12 {
      bytes += part % 3 == 0 ? prose(500_000, seed: UInt64(part)) : generator.bytes(700_001)
    }
    let zip = directory.file("a.zip")
    try makeZip(at: zip) { try $0.appendStream(file("a"), of: bytes) }
    try check(["unzip", "-t", zip])
    let reader = try ZipReader(path: zip)
    #expect(try reader.contents(of: "a") == bytes)
    #expect(reader.records[0].compressedSize < 8 * 700_001 + 4 * 250_000)
  }

  @Test func `offset and count say what was written`() throws {
    let sink = MemorySink()
    var writer = ZipWriter(to: sink)
    try appendOneOfEach(to: &writer)
    #expect(writer.entryCount == 8)
    let offset = writer.offset
    let size = try writer.finish()
    #expect(size == UInt64(sink.bytes.count))
    var counting = ZipWriter(to: CountingSink())
    try appendOneOfEach(to: &counting)
    #expect(counting.offset == offset)
    #expect(try counting.finish() == size)
  }

  @Test func `a pipe takes an archive, also one that does not want to block`() throws {
    var ends: [Int32] = [0, 0]
    #expect(unsafe pipe(&ends) == 0)
    let (readEnd, writeEnd) = (ends[0], ends[1])
    defer { close(readEnd) }
    _ = fcntl(writeEnd, F_SETFL, O_NONBLOCK)
    let contents = SeededGenerator(seed: 4).firstBytes(1 << 20)
    let thread = Thread {
      var writer = ZipWriter(to: FileDescriptorSink(writeEnd))
      try? writer.append(file("a"), Deflater().compress(contents))
      try? appendOneOfEach(to: &writer)
      _ = try? writer.finish()
      close(writeEnd)
    }
    thread.start()
    let received = try FileHandle(fileDescriptor: readEnd).readToEnd() ?? Data()
    let zip = try directory.write(Array(received), to: "a.zip")
    try check(["unzip", "-t", zip])
    #expect(try ZipReader(path: zip).contents(of: "a") == contents)
  }

  @Test func `a full disk is an error with its number`() throws {
    let full = unsafe open("/dev/full", O_WRONLY)
    defer { close(full) }
    var writer = ZipWriter(to: FileDescriptorSink(full))
    #expect(throws: ZipError(.io(ENOSPC), .write)) {
      for index in 0..<100_000 { try writer.append(file("file \(index)"), compressed("x")) }
    }
    #expect(throws: ZipError(.abandoned, .write, "more")) {
      try writer.append(file("more"), .empty)
    }
    var small = ZipWriter(to: FileDescriptorSink(full))
    try small.append(file("small"), .empty)
    #expect(errorOfFinishing(small) == ZipError(.io(ENOSPC), .write))
  }
}

extension SeededGenerator {
  func firstBytes(_ count: Int) -> [UInt8] {
    var copy = self
    return copy.bytes(count)
  }
}
