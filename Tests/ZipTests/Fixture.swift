import Foundation
import TestSupport
import Zip

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// 2023-11-14 22:13:20 UTC
let someTime: Int64 = 1_700_000_000

/// A random sequence that is the same in every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  /// SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
      let number = next()
      for shift in stride(from: 0, to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
      }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}

func file(_ path: String, mode: UInt32 = 0o100644, time: Int64 = someTime, isText: Bool = false)
  -> ZipEntry
{
  ZipEntry(path: Array(path.utf8), mode: mode, modificationTime: time, isText: isText)
}

func compressed(_ contents: String) -> CompressedContent {
  Deflater().compress(Array(contents.utf8))
}

func stored(_ contents: String) -> CompressedContent {
  Deflater.store(Array(contents.utf8))
}

/// Bytes that deflate makes smaller.
func prose(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var generator = SeededGenerator(seed: seed)
  let words = ["deploy", "environment", "the", "bundle", "of", "version", "\n", "staged", "index"]
  var bytes: [UInt8] = []
  while bytes.count < count {
    bytes += Array((words.randomElement(using: &generator) ?? "").utf8) + [32]
  }
  return Array(bytes.prefix(count))
}

/// Writes an archive to a file.
func makeZip(
  at path: String, comment: String = "", _ body: (inout ZipWriter) throws -> Void
) throws {
  let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
  guard descriptor >= 0 else { throw ZipError(.io(errno), .open, path) }
  defer { close(descriptor) }
  var writer = ZipWriter(to: FileDescriptorSink(descriptor))
  try body(&writer)
  try writer.finish(comment: Array(comment.utf8))
}

/// Writes an archive to memory.
func makeZip(comment: String = "", _ body: (inout ZipWriter) throws -> Void) throws -> [UInt8] {
  let sink = MemorySink()
  var writer = ZipWriter(to: sink)
  try body(&writer)
  try writer.finish(comment: Array(comment.utf8))
  return sink.bytes
}

extension ZipWriter {
  /// Streams what `next` puts into the front of a buffer; it says how much, 0 at the end.
  mutating func appendStream(
    _ entry: ZipEntry, size: UInt64, next: (UnsafeMutableRawBufferPointer) throws -> Int
  ) throws {
    let deflater = Deflater()
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: DeflatedPiece.contentSize, alignment: 16)
    defer { unsafe buffer.deallocate() }
    try appendPieces(entry, size: size) {
      var count = 0
      while count < buffer.count {
        let read = try unsafe next(UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
        if read == 0 { break }
        count += read
      }
      return unsafe count == 0
        ? nil : deflater.piece(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// Streams bytes that are in memory, at most `step` at a time; `size` is what is said of them.
  mutating func appendStream(
    _ entry: ZipEntry, of bytes: [UInt8], size: Int? = nil, step: Int = .max
  ) throws {
    var position = 0
    try unsafe appendStream(entry, size: UInt64(size ?? bytes.count)) { buffer in
      let count = min(buffer.count, bytes.count - position, step)
      unsafe buffer.copyBytes(from: bytes[position..<position + count])
      position += count
      return count
    }
  }
}

/// What `finish` throws.
func errorOfFinishing(_ writer: consuming ZipWriter) -> ZipError? {
  do throws(ZipError) {
    try writer.finish()
    return nil
  } catch {
    return error
  }
}

/// A small archive with one entry of every kind.
func appendOneOfEach(to writer: inout ZipWriter) throws {
  try writer.appendDirectory(file("app/", mode: 0o040755))
  try writer.append(file("app/run.sh", mode: 0o100755, isText: true), compressed("#!/bin/sh\n"))
  try writer.append(file("app/empty"), .empty)
  try writer.append(file("app/latest", mode: 0o120777), stored("long/long/long/run.sh"))
  try writer.append(file("app/prose.txt", isText: true), Deflater().compress(prose(3000)))
  try writer.append(file("app/größe ☃.txt"), compressed("snow"))
  try writer.appendStream(file("app/streamed"), of: prose(5000, seed: 2))
  try writer.appendDirectory(file("empty/", mode: 0o040755))
}

extension [UInt8] {
  var text: String { String(decoding: self, as: UTF8.self) }
}

extension ZipReader {
  func contents(of path: String) throws -> [UInt8] {
    guard let record = records.first(where: { $0.name == path }) else {
      throw ZipError(.notAZip, .read, path)
    }
    return try contents(of: record, limit: 1 << 30)
  }
}
