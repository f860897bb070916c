/// Tells whether a text is JSON to the letter, as the readers of Beanstalk want it.
///
/// Foundation's own reader lets trailing commas and a byte order mark pass, and names no place.
enum StrictJSON {
  /// Why a text is not JSON, and where.
  struct Problem: Equatable, Sendable {
    /// Lower case, no full stop.
    let reason: String
    /// Counted from 1.
    let line: Int
    /// In characters, counted from 1.
    let column: Int
  }

  /// The first problem; `nil` for JSON. Source of the grammar: RFC 8259.
  static func problem(in bytes: [UInt8]) -> Problem? {
    var reader = Reader(bytes)
    guard let reason = reader.problem() else { return nil }
    let before = bytes.prefix(reader.place)
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return Problem(
      reason: reason, line: before.count { $0 == UInt8(ascii: "\n") } + 1,
      column: String(decoding: before[start...], as: UTF8.self).unicodeScalars.count + 1)
  }

  /// Walks through the text without recursion: brackets may be nested as deep as there are bytes.
  private struct Reader {
    private let bytes: [UInt8]
    private(set) var place = 0
    /// The brackets that are open.
    private var open: [UInt8] = []

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    mutating func problem() -> String? {
      if bytes.starts(with: [0xef, 0xbb, 0xbf]) { return "it begins with a byte order mark" }
      repeat {
        if let reason = value() { return reason }
        if let reason = end() { return reason }
      } while !open.isEmpty
      skipBlanks()
      return next == nil ? nil : "something follows the end"
    }

    /// Reads a value; of an object or a list, up to its first value.
    private mutating func value() -> String? {
      while true {
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
          let isObject = next == UInt8(ascii: "{")
          open.append(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
          place += 1
          skipBlanks()
          if next == open.last { return nil }
          if isObject, let reason = key() { return reason }
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return number()
        case nil: return "the text ends where a value has to be"
        default: return literal()
        }
      }
    }

    /// What follows a value: the ends of what holds it, and a comma if there is another.
    private mutating func end() -> String? {
      while let closing = open.last {
        skipBlanks()
        guard let byte = next else { return "'\(Character(UnicodeScalar(closing)))' is missing" }
        if byte == closing {
          open.removeLast()
          place += 1
        } else if byte == UInt8(ascii: ",") {
          let comma = place
          place += 1
          skipBlanks()
          if next == closing {
            place = comma
            return "nothing follows the comma"
          }
          return closing == UInt8(ascii: "}") ? key() : nil
        } else {
          return unexpected("a comma or '\(Character(UnicodeScalar(closing)))' is missing here")
        }
      }
      return nil
    }

    private mutating func key() -> String? {
      guard next == UInt8(ascii: "\"") else {
        return unexpected("a name in double quotes is missing here")
      }
      if let reason = string() { return reason }
      skipBlanks()
      guard next == UInt8(ascii: ":") else { return unexpected("':' is missing here") }
      place += 1
      return nil
    }

    private func unexpected(_ reason: String) -> String {
      switch next {
      case UInt8(ascii: "/"), UInt8(ascii: "#"): "JSON has no comments"
      default: reason
      }
    }

    private mutating func literal() -> String? {
      for word in ["true", "false", "null"] where bytes[place...].starts(with: word.utf8) {
        place += word.utf8.count
        return nil
      }
      return unexpected("no value begins like this")
    }

    private mutating func number() -> String? {
      if next == UInt8(ascii: "-") { place += 1 }
      let zero = next == UInt8(ascii: "0")
      let whole = digits()
      guard whole > 0, !zero || whole == 1 else { return "this is no number" }
      if next == UInt8(ascii: ".") {
        place += 1
        guard digits() > 0 else { return "this is no number" }
      }
      if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
        place += 1
        if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { place += 1 }
        guard digits() > 0 else { return "this is no number" }
      }
      return nil
    }

    private mutating func digits() -> Int {
      let start = place
      while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { place += 1 }
      return place - start
    }

    private mutating func string() -> String? {
      let start = place
      place += 1
      while let byte = next {
        switch byte {
        case UInt8(ascii: "\""):
          place += 1
          return nil
        case UInt8(ascii: "\\"):
          place += 1
          guard let escaped = next, Self.escapes.contains(escaped) else {
            return "this is no escape sequence"
          }
          place += 1
        case 0..<0x20: return "a control character or the end of a line is in a text"
        default: place += 1
        }
      }
      place = start
      return "the text that begins here does not end"
    }

    private static let escapes = Set("\"\\/bfnrtu".utf8)

    private mutating func skipBlanks() {
      while let byte = next, " \t\r\n".utf8.contains(byte) { place += 1 }
    }
  }
}
