import Foundation
import TestSupport
import Testing

@testable import Deployment

@Suite("Compressed store") struct CompressedStoreTests {
  private let place: StoreFixture

  init() throws { place = try StoreFixture() }

  // MARK: - Keeping

  @Test func `What was added is found by the next, with everything that was said of it`() {
    let sizes = [
      0, 1, 400, 80_000, storePieceSize - 1, storePieceSize, storePieceSize + 1,
      3 * storePieceSize + 77,
    ]
    let records = sizes.enumerated().map { SampleRecord($0.offset, size: $0.element) }
    place.keep(records)
    place.expect(records)
    place.expect(records.reversed())
  }

  @Test func `Many records are found in any order`() {
    let records = (0..<5000).map { SampleRecord($0, size: 20 + $0 % 700) }
    place.keep(records)
    place.expect(records)
    place.expect(records.shuffled())
    place.expect([SampleRecord(5000, size: 10)], found: false)
  }

  @Test func `The same blob, converted in another way, is another record`() throws {
    let plain = SampleRecord(1, conversion: 0, size: 100)
    let converted = SampleRecord(1, conversion: 3, size: 120)
    place.keep([plain])
    place.expect([converted], found: false)
    place.keep([converted])
    place.expect([plain, converted])
  }

  @Test func `Nothing is kept without being finished`() throws {
    var store = place.open()
    store?.add(SampleRecord(1, size: 100))
    #expect(place.files().count == 1)
    store = nil
    #expect(place.files().isEmpty)
  }

  @Test func `What comes in pieces is the same as what comes at once`() throws {
    let records = [0, 10, storePieceSize, storePieceSize + 1, 5 * storePieceSize].enumerated().map {
      SampleRecord($0.offset, size: $0.element)
    }
    let store = try #require(place.open())
    for record in records { store.stream(record, pieceSize: 50_001) }
    store.finish()
    place.expect(records)
  }

  @Test(arguments: [100, 5_000_000])
  func `What is given up on its way leaves no trace`(size: Int) throws {
    let kept = [
      SampleRecord(1, size: 1000), SampleRecord(2, size: storePieceSize * 2),
      SampleRecord(3, size: 7),
    ]
    let store = try #require(place.open())
    store.add(kept[0])
    store.stream(SampleRecord(4, size: size), ends: false)
    store.abandon()
    store.stream(kept[1])
    store.stream(SampleRecord(5, size: size), ends: false)
    store.add(kept[2])
    store.stream(SampleRecord(6, size: size), ends: false)
    store.begin(kept[0].key)
    unsafe kept[0].bytes.withUnsafeBytes { unsafe store.append($0) }
    store.end(kept[0].facts)
    store.finish()
    place.expect(kept)
    place.expect([4, 5, 6].map { SampleRecord($0, size: size) }, found: false)
    #expect(place.usage.bytes < Int64(kept.reduce(0) { $0 + $1.bytes.count } + 2000))
  }

  @Test func `A record without a digest is of no use to whom a digest is needed`() throws {
    let bare = SampleRecord(1, size: 100, hasDigest: false)
    let full = SampleRecord(1, size: 100)
    place.keep([bare])
    #expect(try #require(place.open()).find(bare.key) != nil)
    #expect(try #require(place.open()).find(bare.key, needs: .digest) == nil)
    place.keep([full])
    place.keep([bare])
    place.keep([SampleRecord(2, size: 100)])
    #expect(place.usage.records == 2, "the one with a digest is enough")
    #expect(try #require(place.open()).find(bare.key, needs: .digest) != nil)
  }

  @Test func `The directory and its files are for their owner only`() throws {
    place.keep([SampleRecord(1, size: 100)], hour: 100)
    place.keep([], using: [SampleRecord(1, size: 100)], hour: 101)
    #expect(place.files().map(\.kind) == ["lock", "blobs", "uses"])
    for file in place.files() {
      #expect(try FileSystem.status(place.file(file.name))?.mode == 0o100600)
    }
    #expect(try FileSystem.status(place.path)?.mode == 0o040700)
  }

  // MARK: - Others

  @Test func `What two add at once is there afterwards`() throws {
    let first = try #require(place.open())
    let second = try #require(place.open())
    let (a, b, both) = (
      SampleRecord(1, size: 100), SampleRecord(2, size: 100), SampleRecord(3, size: 100)
    )
    for record in [a, both] { first.add(record) }
    for record in [b, both] { second.add(record) }
    first.finish()
    second.finish()
    place.expect([a, b, both])
    #expect(place.usage.records == 3)
  }

  @Test func `Who has it open goes on reading when others merge or empty it`() throws {
    let records = (0..<300).map { SampleRecord($0, size: 5000) }
    place.keep(records)
    let reading = try #require(place.open())
    place.keep([SampleRecord(1000, size: 100)])
    CompressedStore.clear(place.path)
    #expect(place.usage.records == 0)
    for record in records { #expect(reading.holds(record)) }
    reading.finish()
    #expect(place.files().map(\.kind) == ["lock"], "no uses of a segment that is gone")
  }

  @Test func `Several processes' worth of adding, merging and dropping never gives a wrong byte`()
    async
  {
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<4 {
        group.addTask {
          for round in 0..<12 {
            guard let store = place.open(limit: 600_000, hour: Int64(round)) else { continue }
            for number in 0..<60 {
              let record = SampleRecord(
                (worker * 37 + round * 11 + number) % 400, size: 2000 + number)
              let same = SampleRecord(record.number, size: 2000 + record.number % 50)
              if store.holds(same) == false { store.add(same) }
            }
            store.finish()
          }
        }
      }
    }
    #expect(place.usage.records > 0)
    place.expectNothingWrong((0..<400).map { SampleRecord($0, size: 2000 + $0 % 50) })
  }

  @Test func `While one merges, the others leave it alone`() throws {
    place.keep([SampleRecord(1, size: 100)])
    let lock = try #require(StoreDirectory(path: place.path).lock())
    for number in 2..<6 { place.keep([SampleRecord(number, size: 100)]) }
    #expect(place.usage.segments == 5)
    withExtendedLifetime(lock) {}
  }

  @Test func `What a killed process left is removed, what a living one writes is not`() throws {
    place.keep([SampleRecord(1, size: 100)])
    let dead = "temporary-\(Int32.max - 1)-1-\(ProcessIdentity.current.bootPrefix).1"
    let rebooted = "temporary-1-1-00000000.4"
    let living = "temporary-\(ProcessIdentity.current.text).999999"
    for name in [dead, rebooted, living, "temporary-", "temporary-x"] {
      try Data("half a segm".utf8).write(to: URL(filePath: place.file(name)))
    }
    place.keep([])
    #expect(place.files().map(\.name).filter { $0.hasPrefix("temporary") } == [living])
    place.expect([SampleRecord(1, size: 100)])
  }

  @Test func `A kill between a merge and its tidying costs nothing`() throws {
    place.keep((0..<50).map { SampleRecord($0, size: 300) })
    let old = try place.files().filter { $0.kind == "blobs" }.map {
      ($0.name, try Data(contentsOf: URL(filePath: place.file($0.name))))
    }
    place.keep([SampleRecord(50, size: 300)])
    #expect(place.usage.segments == 1)
    for (name, bytes) in old {
      try bytes.write(to: URL(filePath: place.file(name)))
      unsafe chmod(place.file(name), 0o600)
    }
    place.expect((0...50).map { SampleRecord($0, size: 300) })
    place.keep([SampleRecord(51, size: 300)])
    place.expect((0...51).map { SampleRecord($0, size: 300) })
    #expect(place.usage.records == 52)
  }

  // MARK: - Limits

  @Test func `Over the limit, what was not used for the longest time goes`() throws {
    let records = (0..<100).map { SampleRecord($0, size: 10_000) }
    for hour in 0..<10 {
      place.keep(Array(records[hour * 10..<hour * 10 + 10]), hour: 1000 + Int64(hour))
    }
    // The first ten were used again.
    place.keep([], using: Array(records[..<10]), hour: 1020)
    #expect(place.usage.oldestUse == seconds(1001))
    place.keep([SampleRecord(100, size: 10_000)], hour: 1021, limit: 1_000_000)
    #expect(place.usage.bytes <= 750_000 + 1000)
    #expect(place.usage.bytes > 700_000)
    #expect(place.usage.newestUse == seconds(1021))
    place.expect([SampleRecord(100, size: 10_000)])
    place.expect(Array(records[..<10]))
    place.expect(Array(records[40...]))
    place.expect(Array(records[10..<30]), found: false)
    #expect(place.expectNothingWrong(Array(records[30..<40])) == 3)
  }

  @Test func `Use is remembered through a merge`() throws {
    let records = (0..<20).map { SampleRecord($0, size: 10_000) }
    place.keep(Array(records[..<10]), hour: 1000)
    place.keep([], using: Array(records[..<5]), hour: 1040)
    place.keep(Array(records[10...]), hour: 1050)
    #expect(place.usage.segments == 1)
    #expect(place.usage.oldestUse == seconds(1000))
    place.keep([], hour: 1060, limit: 202_050)
    place.expect(Array(records[..<5] + records[10...]))
    place.expect(Array(records[5..<10]), found: false)
  }

  @Test func `A bundle larger than the limit keeps a part`() throws {
    let records = (0..<100).map { SampleRecord($0, size: 10_000) }
    place.keep(records, limit: 500_000)
    let usage = place.usage
    #expect(usage.bytes <= 500_000 && usage.records >= 30)
    #expect(place.expectNothingWrong(records) == usage.records)
  }

  @Test func `With a limit of nothing, nothing is kept`() throws {
    place.keep([SampleRecord(1, size: 100)])
    place.keep([SampleRecord(2, size: 100)], limit: 0)
    #expect(place.usage.records == 0)
  }

  @Test func `The number of segments grows with the logarithm of the records`() throws {
    var most = 0
    for number in 0..<60 {
      place.keep([SampleRecord(number, size: 200_000)])
      most = max(most, place.usage.segments)
    }
    #expect(most <= 5)
    place.expect((0..<60).map { SampleRecord($0, size: 200_000) })
  }

  @Test func `What was added twice is dropped when it is merged`() throws {
    let records = (0..<20).map { SampleRecord($0, size: 100) }
    place.keep(records)
    do {
      let lock = try #require(StoreDirectory(path: place.path).lock())
      for _ in 0..<3 { place.keep(records) }
      withExtendedLifetime(lock) {}
    }
    #expect(place.usage.records == 80)
    place.keep([SampleRecord(20, size: 100)])
    #expect(place.usage.records == 21)
    place.expect(records)
  }

  @Test(
    arguments: [
      ([], []),
      ([5], []),
      ([5, 5], [0, 1]),
      ([10, 5], []),
      ([100, 10, 4], []),
      ([100, 10, 6], [1, 2]),
      ([20, 10, 6], [0, 1, 2]),
      ([1, 100, 3], []),
      ([1, 1, 100, 1], [0, 1, 3]),
    ] as [([Int64], [Int])])
  func `Segments are merged so that each is twice as large as all smaller ones`(
    sizes: [Int64], merged: [Int]
  ) {
    #expect(StorePlan.geometric(sizes).sorted() == merged)
  }

  @Test func `A plan drops whole segments, parts, and what is too many`() {
    func plan(_ uses: [[UInt32]], limit: Int64, recordLimit: Int = 1000) -> StorePlan {
      StorePlan(
        segments: uses.map { .init(bytes: Int64($0.count) * 10, count: $0.count) }, limit: limit,
        recordLimit: recordLimit
      ) {
        .init(
          sizes: ContiguousArray(repeating: 10, count: uses[$0].count),
          lastUses: ContiguousArray(uses[$0]))
      }
    }
    let fits = plan([[5, 5], [1, 1]], limit: 40)
    #expect(fits.removed.isEmpty && fits.merged.map(\.segment) == [0, 1] && !fits.isForced)
    let whole = plan([[5, 5, 5], [1]], limit: 39)
    #expect(whole.removed == [1] && whole.isForced)
    let part = plan([[5, 1, 5, 2]], limit: 39)
    #expect(part.removed.isEmpty && part.merged.count == 1)
    #expect((0..<4).map { part.merged[0].dropped[$0] } == [false, true, false, true])
    let many = plan([[9, 8, 7, 6, 5, 4, 3, 2]], limit: 1000, recordLimit: 7)
    #expect((0..<8).filter { !many.merged[0].dropped[$0] } == [0, 1, 2])
  }

  // MARK: - Trouble

  @Test func `Where there is no space, the segment is given up and removed`() throws {
    let directory = StoreDirectory(path: place.path)
    let header = [UInt8](repeating: 1, count: StoreSegment.headerSize)
    let writer = try #require(
      StoreWriter(in: directory, header: header, hour: 1, limit: 1 << 30, reserve: .max))
    let record = SampleRecord(1, size: 2_000_000)
    #expect(place.files().count == 1)
    unsafe record.bytes.withUnsafeBytes { unsafe writer.add(record.key, record.facts, $0) }
    #expect(!writer.isOpen)
    #expect(place.files().isEmpty)
    unsafe record.bytes.withUnsafeBytes { unsafe writer.add(record.key, record.facts, $0) }
    writer.begin(record.key)
    unsafe record.bytes.withUnsafeBytes { unsafe writer.append($0) }
    writer.end(record.facts)
    #expect(writer.publish() == nil)
    #expect(place.files().isEmpty)
  }

  @Test func `A store that is not ours alone is left alone`() throws {
    place.keep([SampleRecord(1, size: 100)])
    unsafe chmod(place.path, 0o750)
    #expect(place.open() == nil)
    #expect(place.usage == CompressedStore.Usage())
    CompressedStore.clear(place.path)
    unsafe chmod(place.path, 0o700)
    place.expect([SampleRecord(1, size: 100)])

    let link = place.directory.file("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: place.path)
    #expect(CompressedStore(directory: link, level: 5, writer: "test") == nil)
    let file = try place.directory.write("not a directory", to: "file")
    #expect(CompressedStore(directory: file, level: 5, writer: "test") == nil)
  }

  @Test func `A segment that others may read or that is no file is not used`() throws {
    place.keep([SampleRecord(1, size: 100)])
    let (file, _) = try place.onlySegment()
    unsafe chmod(file, 0o644)
    place.expect([SampleRecord(1, size: 100)], found: false)
    let target = place.directory.file("target")
    unsafe chmod(file, 0o600)
    try FileManager.default.moveItem(atPath: file, toPath: target)
    try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: target)
    place.expect([SampleRecord(1, size: 100)], found: false)
    try FileManager.default.removeItem(atPath: file)
    unsafe mkfifo(file, 0o600)
    place.expect([SampleRecord(1, size: 100)], found: false)
    place.keep([SampleRecord(2, size: 100)])
    #expect(place.files().map(\.kind) == ["lock", "blobs"])
    place.expect([SampleRecord(2, size: 100)])
  }

  @Test func `Where no directory can be made, nothing is kept and nothing fails`() throws {
    let file = try place.directory.write("not a directory", to: "file")
    let store = try #require(
      CompressedStore(directory: file + "/below", level: 5, writer: "test"))
    store.add(SampleRecord(1, size: 100))
    store.stream(SampleRecord(2, size: 1_000_000))
    store.finish()
    #expect(CompressedStore.usage(of: file + "/below") == CompressedStore.Usage())
    #expect(CompressedStore.clear(file + "/below") == CompressedStore.Usage())
  }

  @Test func `What disappears while it is in use is as if it had not been there`() throws {
    let store = try #require(place.open())
    store.add(SampleRecord(1, size: 100))
    try FileManager.default.removeItem(atPath: place.path)
    store.add(SampleRecord(2, size: 3_000_000))
    store.finish()
    place.expect([SampleRecord(1, size: 100)], found: false)
  }

  @Test func `What another level or writer made is not found, and removed`() throws {
    let record = SampleRecord(1, size: 100)
    place.keep([record])
    let others = [(6, "test"), (5, "test 2"), (5, String(repeating: "x", count: 500))]
    for (level, writer) in others {
      let store = CompressedStore(directory: place.path, level: level, writer: writer)
      #expect(try #require(store).find(record.key) == nil)
    }
    let store = try #require(CompressedStore(directory: place.path, level: 6, writer: "test"))
    store.add(SampleRecord(2, size: 100))
    store.finish()
    place.expect([record], found: false)
    #expect(place.usage.segments == 1)
  }

  // MARK: - People

  @Test func `Usage says what is there, and clearing removes it`() throws {
    #expect(place.usage == CompressedStore.Usage())
    place.keep((0..<10).map { SampleRecord($0, size: 1000) }, hour: 480_000)
    place.keep([SampleRecord(10, size: 3_000_000)], hour: 480_010)
    var usage = place.usage
    #expect(usage.records == 11 && usage.segments == 2)
    #expect(usage.bytes > 3_010_000 && usage.bytes < 3_020_000)
    #expect(usage.oldestUse == seconds(480_000) && usage.newestUse == seconds(480_010))
    #expect(CompressedStore.clear(place.path) == usage)
    usage = place.usage
    #expect(usage == CompressedStore.Usage())
    #expect(place.files().map(\.kind) == ["lock"])
  }

  @Test func `Only files of the store are ever removed`() throws {
    place.keep([SampleRecord(1, size: 100)])
    for name in ["notes", "segment.blobs.txt", "a.blobs", "temporary"] {
      try Data().write(to: URL(filePath: place.file(name)))
    }
    CompressedStore.clear(place.path)
    place.keep([SampleRecord(1, size: 100)])
    let names = Set(place.files().map(\.name))
    #expect(names.isSuperset(of: ["notes", "segment.blobs.txt", "a.blobs", "temporary"]))
  }
}
