import Foundation
import Testing

@testable import Deployment

@Suite("Compressed store: damage") struct CompressedStoreDamageTests {
  private let place: StoreFixture

  init() throws { place = try StoreFixture() }

  @Test func `Cut off anywhere, a segment gives no wrong byte, and is removed`() throws {
    let records = (0..<6).map { SampleRecord($0, size: $0 * 10) }
    place.keep(records)
    let (file, bytes) = try place.onlySegment()
    for count in 0..<bytes.count {
      try place.replace(file, with: bytes.prefix(count))
      place.expect(records, found: false)
    }
    place.keep([])
    #expect(place.files().map(\.kind) == ["lock"])
  }

  @Test func `With any byte changed, a segment gives no wrong byte`() throws {
    let records = (0..<6).map { SampleRecord($0, size: $0 * 10) }
    place.keep(records)
    let (file, bytes) = try place.onlySegment()
    let recordArea = StoreSegment.headerSize..<bytes.count - StoreFooter.size - 6 * StoreRow.size
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= index % 9 == 8 ? 0xff : 1 << UInt8(index % 9)
      try place.replace(file, with: damaged)
      let found = place.expectNothingWrong(records)
      #expect(found == (recordArea.contains(index) ? 5 : 0), "byte \(index)")
    }
  }

  @Test func `Random damage gives no wrong byte`() throws {
    let records = (0..<40).map { SampleRecord($0, size: $0 * 13 % 300) }
    place.keep(records)
    let (file, bytes) = try place.onlySegment()
    var random = SampleRandom(state: 7)
    for _ in 0..<400 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let start = Int.random(in: 0..<damaged.count, using: &random)
        let end = min(damaged.count, start + Int.random(in: 1...200, using: &random))
        switch Int.random(in: 0..<4, using: &random) {
        case 0: for index in start..<end { damaged[index] = 0 }
        case 1: for index in start..<end { damaged[index] = .random(in: 0...255, using: &random) }
        case 2: damaged.removeSubrange(start..<end)
        default: damaged.insert(contentsOf: damaged[start..<end], at: start)
        }
        if damaged.isEmpty { break }
      }
      try place.replace(file, with: damaged)
      place.expectNothingWrong(records)
    }
  }

  @Test func `Each piece of a large record is checked`() throws {
    let record = SampleRecord(1, size: 4 * storePieceSize + 5)
    place.keep([record])
    let (file, bytes) = try place.onlySegment()
    for index in stride(from: 128, to: bytes.count - 56, by: 99_991) {
      var damaged = bytes
      damaged[index] ^= 0x10
      try place.replace(file, with: damaged)
      #expect(place.expectNothingWrong([record]) == 0, "byte \(index)")
    }
  }

  @Test func `A damaged record is made again, and is then whole for good`() throws {
    let records = (0..<10).map { SampleRecord($0, size: 500) }
    place.keep(records)
    let (file, bytes) = try place.onlySegment()
    var damaged = bytes
    damaged[bytes.count / 2] ^= 1
    try place.replace(file, with: damaged)
    let store = try #require(place.open())
    for record in records where store.holds(record) == false {
      #expect(store.find(record.key) == nil, "not found any more, so that it is made again")
      store.add(record)
    }
    store.finish()
    place.expect(records)
  }

  @Test func `What is damaged after it was checked is not given out`() throws {
    let large = SampleRecord(1, size: 20 * storePieceSize)
    place.keep([large])
    let store = try #require(place.open())
    let location = try #require(store.find(large.key))
    let content = try #require(store.content(at: location, of: large.key))
    let (file, bytes) = try place.onlySegment()
    let handle = try FileHandle(forWritingTo: URL(filePath: file))
    try handle.seek(toOffset: UInt64(bytes.count / 2))
    try handle.write(contentsOf: [UInt8](repeating: 9, count: 100))
    var given: [UInt8] = []
    #expect(throws: CompressedStore.ContentLost.self) {
      try unsafe store.withBytes(of: content) { unsafe given += $0 }
    }
    #expect(!given.isEmpty && given.count < large.bytes.count)
    #expect(given == large.bytes.prefix(given.count).map { $0 })
  }

  @Test func `Contents stay good while others are read in between`() throws {
    let records = (0..<40).map { SampleRecord($0, size: 200_000 + $0) }
    place.keep(records)
    let store = try #require(place.open())
    var contents: [CompressedStore.Content] = []
    for record in records {
      let location = try #require(store.find(record.key))
      contents.append(try #require(store.content(at: location, of: record.key)))
    }
    for (record, content) in zip(records, contents).shuffled() {
      var given: [UInt8] = []
      try unsafe store.withBytes(of: content) { unsafe given += $0 }
      #expect(given == record.bytes)
    }
  }

  @Test func `A damaged note of uses does no harm`() throws {
    let records = (0..<10).map { SampleRecord($0, size: 50) }
    place.keep(records, hour: 1000)
    place.keep([], using: records, hour: 1001)
    let uses = try #require(place.files().first { $0.kind == "uses" })
    let path = place.file(uses.name)
    for bytes in [[], [1], [UInt8](repeating: 0xff, count: 40), [UInt8](repeating: 0, count: 40)] {
      try place.replace(path, with: Data(bytes))
      place.expect(records)
      place.keep([], using: records, hour: 1002)
      #expect(place.usage.newestUse == seconds(1002))
    }
  }
}
