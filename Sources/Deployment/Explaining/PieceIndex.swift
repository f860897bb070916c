/// Finds where any of many pieces of text stand, in one pass over the bytes.
///
/// The first four bytes of all pieces are looked for at once: a table of bits says at nearly every
/// place that none of them begins there.
struct PieceIndex: Sendable {
  /// How many bytes of a piece the table is made of. A piece has no fewer.
  static let length = 4

  private let pieces: [[UInt8]]
  private let foldsCase: Bool
  private var beginnings: [UInt32: [Int]] = [:]
  private var bits = [UInt64](repeating: 0, count: 1 << 10)

  /// With `foldsCase` the pieces are in lower case, and found in any.
  init(_ pieces: [[UInt8]], foldsCase: Bool = false) {
    self.pieces = pieces
    self.foldsCase = foldsCase
    for (index, piece) in pieces.enumerated() {
      precondition(piece.count >= Self.length, "a piece is too short")
      let key = piece.prefix(Self.length).reduce(0) { Self.key($0, $1) }
      beginnings[key, default: []].append(index)
      let bit = Self.bit(key)
      bits[bit >> 6] |= 1 << UInt64(bit & 63)
    }
  }

  /// Gives each piece that stands in `bytes[range]`, by its index and its place.
  func search(_ bytes: [UInt8], in range: Range<Int>, found: (_ piece: Int, _ place: Int) -> Void) {
    var key: UInt32 = 0
    for place in range {
      let byte = foldsCase ? Self.folded(bytes[place]) : bytes[place]
      key = Self.key(key, byte)
      let bit = Self.bit(key)
      guard bits[bit >> 6] & (1 << UInt64(bit & 63)) != 0, let candidates = beginnings[key] else {
        continue
      }
      let start = place - Self.length + 1
      guard start >= range.lowerBound else { continue }
      for index in candidates
      where stands(pieces[index], in: bytes, at: start, to: range.upperBound) {
        found(index, start)
      }
    }
  }

  private func stands(_ piece: [UInt8], in bytes: [UInt8], at start: Int, to end: Int) -> Bool {
    guard start + piece.count <= end else { return false }
    for offset in Self.length..<max(piece.count, Self.length) {
      let byte = bytes[start + offset]
      guard piece[offset] == (foldsCase ? Self.folded(byte) : byte) else { return false }
    }
    return true
  }

  /// The last four bytes.
  private static func key(_ key: UInt32, _ byte: UInt8) -> UInt32 { key >> 8 | UInt32(byte) << 24 }

  /// By Knuth's multiplicative hashing, so that text, which has few different bytes, is spread.
  private static func bit(_ key: UInt32) -> Int { Int((key &* 0x9E37_79B1) >> 16) }

  private static func folded(_ byte: UInt8) -> UInt8 {
    UInt8(ascii: "A") <= byte && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }
}
