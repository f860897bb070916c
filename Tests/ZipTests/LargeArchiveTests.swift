import Foundation
import TestSupport
import Testing
import Zip

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Archives beyond the limits of 16-bit and 32-bit fields.
@Suite struct LargeArchiveTests {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test(arguments: [65_534, 65_535, 70_000])
  func `any number of entries is written and read`(count: Int) throws {
    let zip = directory.file("a.zip")
    try makeZip(at: zip, comment: "many") { writer in
      let content = compressed("x")
      for index in 0..<count { try writer.append(file("directory/file \(index)"), content) }
    }
    let needsZip64 = try directory.read("a.zip").firstRange(of: [0x50, 0x4b, 6, 6]) != nil
    #expect(needsZip64 == (count >= 65_535))
    let reader = try ZipReader(path: zip)
    #expect(reader.records.count == count)
    #expect(reader.comment.text == "many")
    #expect(reader.records.last?.name == "directory/file \(count - 1)")
    let script =
      "import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);n=z.namelist();"
      + "print(len(n),n[-1],z.read(n[-1]).decode(),z.comment.decode())"
    #expect(
      try check(["python3", "-c", script, zip])
        == "\(count) directory/file \(count - 1) x many\n")
    #expect(try check(["unzip", "-Z", "-h", zip]).contains("number of entries: \(count)"))
    let bsdtar = try check(["sh", "-c", "bsdtar -tf \(zip) | wc -l"])
    #expect(bsdtar.trimmingCharacters(in: .whitespacesAndNewlines) == "\(count)")
  }

  /// Zeros, as many as wanted, without being held.
  private func zeros(_ size: UInt64) -> (UnsafeMutableRawBufferPointer) -> Int {
    var rest = size
    return { buffer in
      let count = Int(min(UInt64(buffer.count), rest))
      unsafe buffer.baseAddress?.initializeMemory(as: UInt8.self, repeating: 0, count: count)
      rest -= UInt64(count)
      return count
    }
  }

  @Test func `an entry of more than 4 GiB is written, read by others and copied`() throws {
    let size: UInt64 = 4 << 30 | 12345
    let zip = directory.file("a.zip")
    try makeZip(at: zip) { writer in
      try unsafe writer.appendStream(file("huge"), size: size, next: zeros(size))
      try writer.append(file("after"), compressed("after"))
    }
    let reader = try ZipReader(path: zip)
    #expect(reader.records[0].uncompressedSize == size)
    #expect(try reader.contents(of: "after").text == "after")
    #expect(throws: ZipError(.tooLarge, .read, "huge")) { try reader.contents(of: "huge") }
    let copy = try makeZip { writer in
      for record in reader.records { try writer.appendCopied(record, from: reader) }
    }
    #expect(try copy == directory.read("a.zip"))

    #expect(try check(["unzip", "-p", zip, "after"]) == "after")
    #expect(try check(["bsdtar", "-tvf", zip]).contains(" \(size) "))
    let script =
      "import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);"
      + "print([i.file_size for i in z.infolist()],z.read('after').decode())"
    #expect(try check(["python3", "-c", script, zip]) == "[\(size), 5] after\n")

    // Half a minute more.
    guard ProcessInfo.processInfo.environment["GIT_EB_SLOW_TESTS"] != nil else { return }
    try reader.check()
    #expect(try check(["unzip", "-t", zip]).contains("No errors detected"))
    #expect(try check(["sh", "-c", "cat \(zip) | bsdtar -tvf -"]).hasSuffix("after\n"))
  }

  @Test func `an entry just below 4 GiB may outgrow it when it is compressed`() throws {
    // Announced only: the header is decided before the contents come.
    for (size, version) in [(4_278_190_079 - (1 << 20), 20), (4_294_967_295 - 1, 45)] {
      let sink = MemorySink()
      var writer = ZipWriter(to: sink)
      struct Enough: Error {}
      #expect(throws: Enough.self) {
        try unsafe writer.appendStream(file("a"), size: UInt64(size)) { buffer in
          if !sink.bytes.isEmpty { throw Enough() }
          unsafe buffer.copyBytes(from: SeededGenerator(seed: 1).firstBytes(buffer.count))
          return buffer.count
        }
      }
      #expect(sink.bytes[4] == UInt8(version))
    }
  }

  @Test func `an entry that begins after 4 GiB is written and read`() throws {
    // Stored zeros that take no room: only the headers are really written.
    let chunk = CompressedContent(
      method: .stored, crc32: Deflater.crc32([UInt8](repeating: 0, count: 16 << 20)),
      uncompressedSize: 16 << 20, bytes: ContiguousArray(repeating: 0, count: 16 << 20))
    let zip = directory.file("a.zip")
    let descriptor = unsafe open(zip, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    defer { close(descriptor) }
    var writer = ZipWriter(to: SparseSink(descriptor: descriptor))
    for index in 0..<260 { try writer.append(file("zeros \(index)"), chunk) }
    #expect(writer.offset > 4 << 30)
    try writer.append(file("after"), compressed("after"))
    try writer.finish(comment: Array("far".utf8))

    let reader = try ZipReader(path: zip)
    #expect(reader.records.count == 261)
    #expect(reader.records[260].localHeaderOffset > 4 << 30)
    #expect(try reader.contents(of: "after").text == "after")
    #expect(reader.comment.text == "far")
    #expect(try check(["unzip", "-p", zip, "after"]) == "after")
    let script = "import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);print(z.read('after').decode())"
    #expect(try check(["python3", "-c", script, zip]) == "after\n")
    #expect(try check(["bsdtar", "-xOf", zip, "after"]) == "after")
  }
}

/// A file in which long runs of zeros take no room.
private struct SparseSink: ZipSink {
  let descriptor: Int32

  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ZipError) {
    let isZero = unsafe bytes.count >= 1 << 20 && bytes.prefix(4096).allSatisfy { $0 == 0 }
    if isZero {
      lseek(descriptor, off_t(bytes.count), SEEK_CUR)
    } else {
      var sink = FileDescriptorSink(descriptor)
      try unsafe sink.write(bytes)
    }
  }
}
