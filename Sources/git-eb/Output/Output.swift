import Deployment
import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Standard output is the answer, standard error the conversation.
enum Output {
  /// What stands before each line of the conversation: `remote: ` where git-eb is a remote of git.
  static let prefix = Monitor("")

  /// One line of the answer.
  static func line(_ text: String = "") {
    write(text + "\n", to: STDOUT_FILENO)
  }

  /// Text of the answer as it is.
  static func text(_ text: String) {
    write(text, to: STDOUT_FILENO)
  }

  /// One line of the conversation.
  static func message(_ text: String) {
    write(prefix.update { $0 } + text + "\n", to: STDERR_FILENO)
  }

  /// Conversation without a line's end.
  static func status(_ text: String) {
    write(text, to: STDERR_FILENO)
  }

  /// A line of the conversation that the next one takes the place of.
  static func progress(_ text: String) {
    write("\r" + prefix.update { $0 } + text + "\u{1b}[K", to: STDERR_FILENO)
  }

  /// `value` as JSON, keys sorted, dates in ISO 8601.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    line(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  static var isTerminal: Bool { isatty(STDOUT_FILENO) != 0 }
  static var isErrorTerminal: Bool { isatty(STDERR_FILENO) != 0 }
  static var isInputTerminal: Bool { isatty(STDIN_FILENO) != 0 }

  static func flush() {
    fflush(nil)
  }

  /// A reader that went away is a quiet end: what it did not want is dropped.
  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        #if canImport(Glibc)
          unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
        #else
          unsafe Darwin.write(descriptor, buffer.baseAddress, buffer.count)
        #endif
      }
      if count < 0 {
        if errno == EINTR || errno == EAGAIN { continue }
        return
      }
      bytes = bytes.dropFirst(count)
    }
  }
}

/// Rows under each other, each column as wide as its widest cell.
struct Table {
  private var rows: [[String]] = []

  mutating func add(_ row: [String]) {
    rows.append(row)
  }

  /// Lines without blanks at their ends.
  var lines: [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? TextWidth.of($0[column]) : 0 }.max() ?? 0
    }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        line += cell
        if column < row.count - 1 {
          line += String(repeating: " ", count: widths[column] - TextWidth.of(cell) + 2)
        }
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}

/// Numbers as people read them.
enum Format {
  /// Such as `12.3 MB`; decimal, as the service's limit is.
  static func bytes(_ count: Int64) -> String {
    if count < 1000 { return "\(count) B" }
    var value = count
    for unit in ["kB", "MB", "GB", "TB"] {
      if value < 1_000_000 {
        let tenths = (value + 50) / 100
        return tenths >= 1000 ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
      }
      value /= 1000
    }
    return "\(count) B"
  }

  /// Such as `3 files` or `1 file`.
  static func count(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
    "\(number) " + (number == 1 ? noun : plural ?? noun + "s")
  }

  /// The first names of a list, and how many there are besides.
  static func names(_ names: [String], total: Int? = nil, limit: Int = 3) -> String {
    let shown = names.prefix(limit).map(quoted).joined(separator: ", ")
    let rest = (total ?? names.count) - min(limit, names.count)
    return rest > 0 ? "\(shown) and \(rest) more" : shown
  }

  /// In single quotes, with control characters made visible.
  static func quoted(_ text: String) -> String {
    "'" + visible(text) + "'"
  }

  /// Control characters as escapes, so that a name cannot drive the terminal.
  static func visible(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        result += "\\" + String(scalar.value, radix: 8)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Such as `2026-11-21 08:40:00`, UTC.
  static func time(_ date: Date) -> String {
    unsafe text(of: date) { unsafe gmtime_r($0, $1) }
  }

  /// Such as `2026-11-21 17:40:00`, in the time zone of this machine.
  static func localTime(_ date: Date) -> String {
    unsafe text(of: date) { unsafe localtime_r($0, $1) }
  }

  /// By the C library: Foundation's styles take longer to make than most answers.
  private static func text(
    of date: Date,
    _ split: (UnsafePointer<time_t>, UnsafeMutablePointer<tm>) -> UnsafeMutablePointer<tm>?
  ) -> String {
    var seconds = time_t(date.timeIntervalSince1970.rounded(.down))
    var parts = unsafe tm()
    guard unsafe split(&seconds, &parts) != nil else { return "\(date)" }
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return unsafe "\(Int(parts.tm_year) + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
  }

  /// Such as `3 hours ago`.
  static func age(of date: Date, at now: Date = Date()) -> String {
    let seconds = now.timeIntervalSince(date)
    return seconds < 60 ? "just now" : span(seconds) + " ago"
  }

  /// Such as `3 hours`, of some seconds; from two weeks on in weeks, months and years, as git does.
  static func span(_ seconds: Double) -> String {
    let seconds = Int(seconds)
    switch seconds {
    case ..<60: return count(seconds, "second")
    case ..<3600: return count(seconds / 60, "minute")
    case ..<86400: return count(seconds / 3600, "hour")
    case ..<(14 * 86400): return count(seconds / 86400, "day")
    case ..<(70 * 86400): return count(seconds / 86400 / 7, "week")
    case ..<(365 * 86400): return count(seconds / 86400 / 30, "month")
    default: return count(seconds / 86400 / 365, "year")
    }
  }

  /// Such as `3.2 s`.
  static func duration(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    if seconds >= 90 { return "\(seconds / 60) min \(seconds % 60) s" }
    return "\(seconds).\(attoseconds / 100_000_000_000_000_000) s"
  }

  static func short(_ commit: String?) -> String {
    commit.map { String($0.prefix(7)) } ?? "-"
  }
}
