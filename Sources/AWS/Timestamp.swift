package import FoundationEssentials

/// The three ways in which AWS writes a moment.
package enum Timestamp {
  /// `20150830T123600Z`, as signatures have it.
  static func signing(_ date: Date) -> String {
    bounded(date).formatted(
      Date.ISO8601FormatStyle(
        dateSeparator: .omitted, dateTimeSeparator: .standard, timeSeparator: .omitted,
        timeZone: .gmt))
  }

  /// `2015-08-30T12:36:00Z`, as parameters have it: to the whole second.
  package static func text(_ date: Date) -> String {
    bounded(date).formatted(.iso8601)
  }

  /// Reads ISO 8601 with or without a fraction of a second, as answers have it.
  package static func date(_ text: String) -> Date? {
    let text = trimmed(text)
    // The style takes only one of the two forms at a time.
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
    return try? style.parse(text)
  }

  /// Reads the `Date` header: `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that may be sent
  /// (RFC 9110, 5.6.7).
  package static func date(ofHeader text: String) -> Date? {
    let words = text.split(separator: " ")
    guard words.count == 6, words[5] == "GMT" || words[5] == "UTC",
      let month = months.firstIndex(of: words[2].lowercased()), words[1].utf8.count == 2,
      words[3].utf8.count == 4
    else { return nil }
    let number = month + 1
    return date("\(words[3])-\(number < 10 ? "0" : "")\(number)-\(words[1])T\(words[4])Z")
  }

  private static let months = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]

  /// Years that are written with four digits, whatever the clock says.
  private static func bounded(_ date: Date) -> Date {
    min(max(date, Date(timeIntervalSince1970: 0)), Date(timeIntervalSince1970: 253_402_300_799))
  }

  private static func trimmed(_ text: String) -> String {
    let isSpace = { (character: Character) in character.isWhitespace }
    return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
  }
}
