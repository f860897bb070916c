/// Whether a text is JSON to the letter: without comments, and without commas that nothing follows.
/// YAML takes both, so that its reader cannot tell.
struct JSONSyntax {
  /// Where a text stops being JSON, and why.
  struct Problem: Error, Equatable, Sendable {
    /// Counted from 1.
    let line: Int
    /// In characters, counted from 1.
    let column: Int
    /// Lower case, no full stop.
    let reason: String
  }

  /// Deeper than any file that people write; every level takes some of the stack.
  private static let depthLimit = 256

  private let bytes: [UInt8]
  private var place: Int

  /// The first problem of a document of RFC 8259; `nil` for a sound one.
  /// - Parameter allowsMark: whether a byte order mark is passed over, as most readers do.
  static func problem(in bytes: [UInt8], allowsMark: Bool = true) -> Problem? {
    let hasMark = bytes.starts(with: [0xef, 0xbb, 0xbf])
    if hasMark, !allowsMark {
      return Problem(line: 1, column: 1, reason: "it begins with a byte order mark")
    }
    var reader = JSONSyntax(bytes: bytes, place: hasMark ? 3 : 0)
    do throws(Problem) {
      try reader.value(depth: 0)
      reader.skipSpace()
      if reader.place < bytes.count { throw reader.problem("nothing may follow here") }
      return nil
    } catch {
      return error
    }
  }

  private var byte: UInt8? { place < bytes.count ? bytes[place] : nil }

  private mutating func skipSpace() {
    while let byte, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { place += 1 }
  }

  private mutating func takes(_ character: Unicode.Scalar) -> Bool {
    guard byte == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  private mutating func value(depth: Int) throws(Problem) {
    skipSpace()
    guard depth < Self.depthLimit else { throw problem("too deeply nested") }
    switch byte {
    case UInt8(ascii: "{"): try object(depth: depth)
    case UInt8(ascii: "["): try array(depth: depth)
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "-"): try number()
    case let byte? where Self.isDigit(byte): try number()
    default:
      for word in ["true", "false", "null"] where bytes[place...].starts(with: word.utf8) {
        place += word.utf8.count
        return
      }
      throw problem("a value is expected here")
    }
  }

  private mutating func object(depth: Int) throws(Problem) {
    place += 1
    skipSpace()
    if takes("}") { return }
    repeat {
      skipSpace()
      guard byte == UInt8(ascii: "\"") else { throw problem("a name in quotes is expected here") }
      try string()
      skipSpace()
      guard takes(":") else { throw problem("':' is expected here") }
      try value(depth: depth + 1)
      skipSpace()
    } while takes(",")
    guard takes("}") else { throw problem("',' or '}' is expected here") }
  }

  private mutating func array(depth: Int) throws(Problem) {
    place += 1
    skipSpace()
    if takes("]") { return }
    repeat {
      try value(depth: depth + 1)
      skipSpace()
    } while takes(",")
    guard takes("]") else { throw problem("',' or ']' is expected here") }
  }

  private mutating func string() throws(Problem) {
    let start = place
    place += 1
    while let byte, byte >= 0x20 {
      place += 1
      if byte == UInt8(ascii: "\"") { return }
      if byte == UInt8(ascii: "\\") { try escape() }
    }
    throw problem("the text that begins here has no end in its line", at: start)
  }

  private mutating func escape() throws(Problem) {
    let start = place - 1
    guard let byte, "\"\\/bfnrtu".utf8.contains(byte) else {
      throw problem("no such escape", at: start)
    }
    place += 1
    guard byte == UInt8(ascii: "u") else { return }
    for _ in 0..<4 {
      guard let digit = self.byte, Character(Unicode.Scalar(digit)).isHexDigit else {
        throw problem("four hexadecimal digits are expected after '\\u'", at: start)
      }
      place += 1
    }
  }

  private mutating func number() throws(Problem) {
    let start = place
    _ = takes("-")
    let isZero = takes("0")
    let whole = digits()
    guard isZero != (whole > 0) else { throw problem("no number", at: start) }
    if takes("."), digits() == 0 { throw problem("no number", at: start) }
    if takes("e") || takes("E") {
      if !takes("+") { _ = takes("-") }
      if digits() == 0 { throw problem("no number", at: start) }
    }
  }

  private mutating func digits() -> Int {
    let start = place
    while let byte, Self.isDigit(byte) { place += 1 }
    return place - start
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private func problem(_ reason: String, at offset: Int? = nil) -> Problem {
    let before = bytes[..<(offset ?? place)]
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let column = String(decoding: before[lineStart...], as: UTF8.self).count
    return Problem(
      line: before.count { $0 == UInt8(ascii: "\n") } + 1, column: column + 1,
      reason: place >= bytes.count ? "it ends before it is complete" : reason)
  }
}
