import Git
import Testing

@Suite struct ObjectIDTests {
  @Test func `an id goes to digits and back`() throws {
    let hex = "0123456789abcdef0123456789abcdef01234567"
    let id = try #require(ObjectID(hex: hex))
    #expect(id.hex == hex)
    #expect(id.abbreviated() == "0123456")
    #expect(id.abbreviated(12) == "0123456789ab")
    #expect(ObjectID(bytes: id.bytes) == id)
    #expect(ObjectID(hex: hex.uppercased()) == id)
  }

  @Test(arguments: [
    "", "0123", String(repeating: "g", count: 40), String(repeating: "0", count: 41),
  ])
  func `what is not forty digits is no id`(text: String) {
    #expect(ObjectID(hex: text) == nil)
  }

  @Test func `ids are in the order of their digits`() {
    let ids = [ObjectID.emptyBlob, .emptyTree]
    #expect(ids.sorted().map(\.hex) == ids.map(\.hex).sorted())
    #expect(ObjectID.emptyTree.hex == "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
    #expect(ObjectID.emptyBlob.hex == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
  }

  @Test func `the id of contents is git's`() throws {
    #expect(try BlobReader.id(of: []) == .emptyBlob)
    #expect(
      try BlobReader.id(of: Array("hello\n".utf8)).hex
        == "ce013625030ba8dba906f756967f9e9ca394464a")
  }
}
