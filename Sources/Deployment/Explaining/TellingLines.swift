/// Finds the lines that speak of a failure, whatever it is of.
struct TellingLines {
  /// The line that comes first of all, by its log and its index.
  var first: (log: LogText, line: Int)?

  /// The first two are also parts of names.
  private static let words = PieceIndex(
    [
      "fail", "error", "exception", "traceback", "fatal", "no such file", "cannot ",
      "permission denied", "out of memory", "npm err!",
    ].map { Array($0.utf8) }, foldsCase: true)
  /// What speaks of failures that did not happen.
  private static let harmless = [" 0 error", "0 failed", "errors=0", "failed=0", "error_log"]

  /// Lines before and after one that tells.
  private static let around = 2
  /// Lines of one log, and of all.
  private static let logLimit = 30
  private static let limit = 60
  /// In a log that does not say where the last deployment begins, so many lines at its end count.
  private static let end = 400

  /// The lines of these logs, each with what stands around it, those of the first cause first.
  func excerpts(of logs: [(log: LogText, last: LastDeployment)]) -> [LogExcerpt] {
    var excerpts: [LogExcerpt] = []
    var seen: Set<String> = []
    var rest = Self.limit
    let ordered = logs.enumerated().sorted { left, right in
      let (one, other) = (isFirst(left.element.log), isFirst(right.element.log))
      if one != other { return one }
      if left.element.log.kind != right.element.log.kind {
        return left.element.log.kind < right.element.log.kind
      }
      return left.offset < right.offset
    }
    for (_, (log, last)) in ordered {
      let lines = telling(log, last, &seen)
      let found = Self.joined(log, lines, limit: min(Self.logLimit, rest))
      rest -= found.reduce(0) { $0 + $1.lines.count }
      excerpts += found
      if rest <= 0 { break }
    }
    return excerpts
  }

  /// The texts of the last lines that tell, at most so many.
  static func last(_ limit: Int, of log: LogText) -> [String] {
    telling(log, 0..<log.lineCount).suffix(limit).map {
      let text = log.text(of: $0)
      return String(text.drop { $0.isWhitespace })
    }
  }

  /// The ends of several logs in one file have its name.
  private func isFirst(_ log: LogText) -> Bool {
    first?.log.name == log.name && first?.log.firstNumber == log.firstNumber
  }

  /// The indices of lines that tell something new; the cause's before all others.
  private func telling(
    _ log: LogText, _ last: LastDeployment, _ seen: inout Set<String>
  ) -> [Int] {
    let start =
      last.isWhole
      ? last.lines.lowerBound : max(last.lines.lowerBound, last.lines.upperBound - Self.end)
    var found = Self.telling(log, start..<last.lines.upperBound)
    if let first, isFirst(log) {
      found.removeAll { $0 == first.line }
      found.insert(first.line, at: 0)
    }
    return found.filter { seen.insert(Self.message(of: log.text(of: $0))).inserted }
  }

  private static func telling(_ log: LogText, _ lines: Range<Int>) -> [Int] {
    var found: [Int] = []
    words.search(log.bytes, in: log.bytes(of: lines)) { word, place in
      guard !isName(word, at: place, in: log.bytes) else { return }
      let line = log.line(at: place)
      if found.last != line { found.append(line) }
    }
    return found.filter { line in
      let text = log.text(of: line).lowercased()
      return !harmless.contains { text.contains($0) }
    }
  }

  /// Whether it is part of a name, such as `error.log`, `--on-failure` or `/errors`.
  private static func isName(_ word: Int, at place: Int, in bytes: [UInt8]) -> Bool {
    guard word < 2 else { return false }
    if place > 0, "-_/.".utf8.contains(bytes[place - 1]) { return true }
    let next = bytes[place...].drop { ("a"..."z").contains(Character(UnicodeScalar($0 | 0x20))) }
    guard let byte = next.first else { return false }
    if "-_/0123456789".utf8.contains(byte) { return true }
    guard byte == UInt8(ascii: "."), let after = next.dropFirst().first else { return false }
    return after > UInt8(ascii: " ")
  }

  /// The line without the numbers in it, such as its time: the same said twice is said once.
  private static func message(of text: String) -> String {
    String(text.filter { !$0.isNumber })
  }

  /// Lines with those around them, in pieces that do not overlap.
  private static func joined(_ log: LogText, _ lines: [Int], limit: Int) -> [LogExcerpt] {
    var shown: Set<Int> = []
    for line in lines {
      let near = max(0, line - around)...min(log.lineCount - 1, line + around)
      let new = near.filter { !shown.contains($0) }
      if shown.count + new.count > limit { break }
      shown.formUnion(new)
    }
    let telling = Set(lines)
    var excerpts: [LogExcerpt] = []
    var before: Int?
    for index in shown.sorted() {
      let line = LogExcerpt.Line(
        number: log.number(of: index), text: log.text(of: index), isTelling: telling.contains(index)
      )
      if let before, before + 1 == index {
        excerpts[excerpts.count - 1].lines.append(line)
      } else {
        excerpts.append(LogExcerpt(log: log.name, lines: [line]))
      }
      before = index
    }
    return excerpts
  }
}
