import Foundation
import Git
import TestSupport
import Testing
import Zip

@testable import Deployment

/// What the store says of an hour since 1970.
func seconds(_ hour: Int64) -> Int64? { hour * 3600 }

/// Foundation's own way syncs each file, which takes longer than all the rest.
private func writeNew(_ bytes: Data, to path: String) throws {
  let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
  try FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).write(contentsOf: bytes)
}

let storePieceSize = StoreRecordHeader.pieceSize

/// A record whose bytes follow from its number and size.
struct SampleRecord {
  var number: Int
  var key: CompressedStore.Key
  var facts: CompressedStore.Facts
  var bytes: [UInt8]

  init(_ number: Int, conversion: UInt8 = 0, size: Int, hasDigest: Bool = true) {
    var random = SampleRandom(state: UInt64(number) &* 31 &+ UInt64(conversion))
    let id = (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }
    var blob = SampleRandom(state: UInt64(number))
    let blobID = (0..<20).map { _ in UInt8.random(in: 0...255, using: &blob) }
    self.number = number
    key = CompressedStore.Key(ObjectID(bytes: blobID)!, conversion: conversion)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size + 8)
    while bytes.count < size {
      unsafe withUnsafeBytes(of: random.next()) { unsafe bytes += $0 }
    }
    self.bytes = Array(bytes.prefix(size))
    facts = CompressedStore.Facts(
      method: number % 3 == 0 ? .stored : .deflate, crc32: UInt32(truncatingIfNeeded: number),
      uncompressedSize: UInt64(size) * 3, isText: number % 2 == 0, isStreamed: number % 5 == 0,
      digest: hasDigest ? CompressedStore.Digest(id + id.prefix(12)) : nil)
  }
}

struct SampleRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}

extension CompressedStore {
  func add(_ record: SampleRecord) {
    unsafe record.bytes.withUnsafeBytes { unsafe add(record.key, record.facts, $0) }
  }

  func stream(_ record: SampleRecord, pieceSize: Int = 100_000, ends: Bool = true) {
    begin(record.key)
    var rest = record.bytes[...]
    while !rest.isEmpty {
      unsafe rest.prefix(pieceSize).withUnsafeBytes { unsafe append($0) }
      rest = rest.dropFirst(pieceSize)
    }
    if ends { end(record.facts) }
  }

  /// Whether a record is found; what is found has to be right.
  func holds(_ record: SampleRecord) -> Bool {
    guard let location = find(record.key),
      let content = content(at: location, of: record.key)
    else { return false }
    var given: [UInt8] = []
    do {
      try unsafe withBytes(of: content) { unsafe given += $0 }
    } catch {
      return false
    }
    #expect(given == record.bytes)
    #expect(content.facts == record.facts)
    #expect(content.compressedSize == UInt64(record.bytes.count))
    return true
  }
}

/// A store in a temporary directory.
struct StoreFixture: Sendable {
  let directory: TemporaryDirectory
  let path: String

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.file("cache/git-eb/bundles/0123")
  }

  func open(limit: Int64 = 1 << 30, hour: Int64 = 480_000) -> CompressedStore? {
    CompressedStore(directory: path, level: 5, writer: "test", limit: limit, now: hour * 3600)
  }

  func file(_ name: String) -> String { path + "/" + name }

  var usage: CompressedStore.Usage { CompressedStore.usage(of: path) }

  /// One bundle's worth: uses some, adds others.
  func keep(
    _ records: [SampleRecord], using used: [SampleRecord] = [], hour: Int64 = 480_000,
    limit: Int64 = 1 << 30
  ) {
    let store = open(limit: limit, hour: hour)
    for record in used { #expect(store?.holds(record) == true) }
    for record in records { store?.add(record) }
    store?.finish()
  }

  func expect(
    _ records: [SampleRecord], found: Bool = true, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let store = open()
    let wrong = records.filter { (store?.holds($0) ?? false) != found }.map(\.number)
    #expect(wrong.isEmpty, sourceLocation: sourceLocation)
  }

  /// How many are there; none of them may be wrong.
  @discardableResult
  func expectNothingWrong(_ records: [SampleRecord]) -> Int {
    guard let store = open() else { return 0 }
    return records.count { store.holds($0) }
  }

  /// What is in the directory, with `blobs`, `uses`, `temporary` or `lock`; in this order.
  func files() -> [(name: String, kind: String)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.sorted().map { name in
      (
        name,
        name.hasPrefix("temporary")
          ? "temporary" : name.split(separator: ".").last.map(String.init) ?? name
      )
    }
  }

  func onlySegment() throws -> (path: String, bytes: Data) {
    let segments = files().filter { $0.kind == "blobs" }
    #expect(segments.count == 1)
    let path = file(try #require(segments.first).name)
    return (path, try Data(contentsOf: URL(filePath: path)))
  }

  func replace(_ path: String, with bytes: Data) throws {
    try? FileManager.default.removeItem(atPath: path)
    try writeNew(bytes, to: path)
  }
}
