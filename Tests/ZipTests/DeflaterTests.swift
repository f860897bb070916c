import Testing
import Zip

@Suite struct DeflaterTests {
  @Test func `nothing is stored`() {
    #expect(Deflater().compress([]) == .empty)
  }

  @Test(arguments: [1, 10, 100, 5000, 300_000, 2_000_000])
  func `random bytes are stored, whatever their size`(size: Int) {
    let bytes = SeededGenerator(seed: 1).firstBytes(size)
    let content = Deflater().compress(bytes)
    #expect(content == Deflater.store(bytes))
    #expect(content.method == .stored)
  }

  @Test(arguments: 1...12) func `text is deflated at every level, and always alike`(level: Int) {
    let bytes = prose(400_000)
    let content = Deflater(level: level).compress(bytes)
    #expect(content.method == .deflate)
    #expect(content.bytes.count < bytes.count / 3)
    let deflater = Deflater(level: level)
    _ = deflater.compress(prose(10))
    #expect(deflater.compress(bytes) == content)
    #expect(deflater.compress(bytes) == content)
  }

  @Test func `a large file with little to gain in the middle is still deflated`() {
    var bytes = SeededGenerator(seed: 2).firstBytes(1 << 20)
    bytes.replaceSubrange((1 << 19)..<(1 << 20), with: prose(1 << 19))
    let content = Deflater().compress(bytes)
    #expect(content.method == .deflate)
  }

  @Test func `the checksum is that of zlib`() {
    #expect(Deflater.crc32(Array("123456789".utf8)) == 0xcbf4_3926)
  }
}
