/// How many columns text takes on a terminal.
enum TextWidth {
  /// Colours take none, wide characters such as 한 take two.
  static func of(_ text: String) -> Int {
    if text.utf8.allSatisfy({ (0x20..<0x7f) ~= $0 }) { return text.utf8.count }
    var width = 0
    var isEscape = false
    for character in text {
      if isEscape {
        if character == "m" { isEscape = false }
      } else if character == "\u{1b}" {
        isEscape = true
      } else {
        width += columns(of: character)
      }
    }
    return width
  }

  /// At most `width` columns of a text without colours, three dots at its end where it was cut.
  static func cut(_ text: String, to width: Int) -> String {
    if of(text) <= width { return text }
    if width < 4 { return prefix(of: text, width) }
    return prefix(of: text, width - 3) + "..."
  }

  private static func prefix(of text: String, _ width: Int) -> String {
    var rest = width
    return String(
      text.prefix { character in
        rest -= columns(of: character)
        return rest >= 0
      })
  }

  private static func columns(of character: Character) -> Int {
    character.unicodeScalars.map(columns).max() ?? 0
  }

  private static func columns(of scalar: Unicode.Scalar) -> Int {
    if scalar.isASCII { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }
  }

  /// What is Wide or Fullwidth, in the rough. Source: Unicode Standard Annex #11.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0xa4cf,
    0xa960...0xa97c, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
    0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f900...0x1f9ff, 0x20000...0x3fffd,
  ]
}
