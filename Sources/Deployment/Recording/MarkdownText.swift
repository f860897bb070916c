/// Plain text as Markdown shows it: nothing in it is taken for markup.
///
/// Source: CommonMark 0.31, 2.4 "Backslash escapes". What GitHub adds, such as `#12` for an issue,
/// stays, since people write it on purpose.
package enum MarkdownText {
  /// One line of text, as it may stand at the start of a paragraph or of a list's item.
  package static func escaped(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var result = String.UnicodeScalarView()
    for (index, scalar) in scalars.enumerated() {
      // A terminal must not be driven by what is printed.
      if isControl(scalar) {
        result.append(" ")
        continue
      }
      let previous = index > 0 ? scalars[index - 1] : nil
      let next = index + 1 < scalars.count ? scalars[index + 1] : nil
      let isMarkup =
        switch scalar {
        case "\\", "`", "*", "[", "]", "<", "~": true
        // Within a word it is no markup.
        case "_": !isWord(previous) || !isWord(next)
        case "&": isWord(next) || next == "#"
        case "#", "+", "-", ">", "=": index == 0
        // `1.` and `1)` begin a list.
        case ".", ")": index > 0 && scalars[..<index].allSatisfy(isDigit)
        default: false
        }
      if isMarkup { result.append("\\") }
      result.append(scalar)
    }
    return String(result)
  }

  /// One line of text as a code span: nothing in it is markup, names nobody and links nowhere. What
  /// is longer than `limit` characters is cut.
  ///
  /// Source: CommonMark 0.31, 6.1 "Code spans".
  package static func code(_ text: String, limit: Int = 200) -> String {
    let isCut = text.unicodeScalars.count > limit
    var line = String.UnicodeScalarView()
    var (run, longest) = (0, 0)
    for scalar in text.unicodeScalars.prefix(limit) {
      run = scalar == "`" ? run + 1 : 0
      longest = max(longest, run)
      line.append(isControl(scalar) || isLineEnd(scalar) ? " " : scalar)
    }
    if isCut { line.append("…") }
    let fence = String(repeating: "`", count: longest + 1)
    // A blank at both ends is taken away by who reads it, and empty is no code span.
    let isBare = line.first != "`" && line.last != "`" && line.first != " " && !line.isEmpty
    return isBare ? "\(fence)\(String(line))\(fence)" : "\(fence) \(String(line)) \(fence)"
  }

  /// What other programs than Markdown's take for the end of a line.
  private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\u{2028}" || scalar == "\u{2029}"
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
    ("0"..."9").contains(scalar)
  }

  private static func isWord(_ scalar: Unicode.Scalar?) -> Bool {
    scalar.map { $0.properties.isAlphabetic || $0.properties.numericType != nil } ?? false
  }
}
