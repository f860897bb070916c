/// The trailers at the end of a message, such as `Signed-off-by: …`, by git's rules
/// (git-interpret-trailers(1) and `trailer.c`), without a configuration of trailers.
struct TrailerBlock: Sendable, Equatable {
  struct Trailer: Sendable, Equatable {
    var key: String
    /// On one line.
    var value: String
  }

  var trailers: [Trailer]

  init(_ trailers: [Trailer]) {
    self.trailers = trailers
  }

  /// The trailers of a commit's or of a tag's message. A signature behind them is no part of it.
  init(of message: String) {
    var lines = Self.lines(of: message)
    while let last = lines.last, Self.isBlank(last) || Self.isComment(last) { lines.removeLast() }
    // The first paragraph is the title, and never trailers.
    let title = lines.firstIndex { Self.isBlank($0) && !Self.isComment($0) } ?? lines.count
    let block = lines[title...].lastIndex(where: Self.isBlank).map { lines[($0 + 1)...] } ?? []
    trailers = Self.trailers(in: Array(block))
  }

  /// The value of the last trailer with this key, in any case.
  subscript(key: String) -> String? {
    trailers.last { $0.key.lowercased() == key.lowercased() }?.value
  }

  /// The lines of the block, each with its end.
  var text: String {
    trailers.map { trailer in
      let value = trailer.value.split(whereSeparator: \.isNewline).joined(separator: " ")
      return "\(trailer.key): \(value)\n"
    }.joined()
  }

  // MARK: - git's rules

  /// By bytes: the last of many records are read at once, and characters take ten times as long.
  private typealias Line = ArraySlice<UInt8>

  /// The lines of a message without the signature at its end.
  private static func lines(of message: String) -> [Line] {
    let lines = Array(message.utf8).split(separator: 0x0a, omittingEmptySubsequences: false)
    return Array(lines[..<(TagSignature.start(in: lines) ?? lines.count)])
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d) ~= byte }
  private static func isBlank(_ line: Line) -> Bool { line.allSatisfy(isSpace) }
  private static func isComment(_ line: Line) -> Bool { line.first == UInt8(ascii: "#") }

  /// A block is one of trailers when all of its lines are, or when git itself wrote one of them and
  /// a quarter are.
  private static func trailers(in lines: [Line]) -> [Trailer] {
    var trailers: [Trailer] = []
    var isContinuable = false
    var isGenerated = false
    var (found, others) = (0, 0)
    for line in lines where !isComment(line) {
      let isOfGit = ["Signed-off-by: ", "(cherry picked from commit "]
        .contains { line.starts(with: $0.utf8) }
      if isOfGit { isGenerated = true }
      if let trailer = trailer(line) {
        trailers.append(trailer)
        found += 1
        isContinuable = true
      } else if isOfGit {
        found += 1
        isContinuable = false
      } else if isContinuable, line.first.map(isSpace) ?? false {
        trailers[trailers.count - 1].value += " " + trimmed(line)
      } else {
        others += 1
        isContinuable = false
      }
    }
    return others == 0 || isGenerated && found * 3 >= others ? trailers : []
  }

  /// A key of letters, digits and hyphens, perhaps blanks, and a colon.
  private static func trailer(_ line: Line) -> Trailer? {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let key = line[..<colon].prefix { $0 != 0x20 && $0 != 0x09 }
    guard !key.isEmpty, key.allSatisfy(EnvironmentName.isAllowed),
      line[key.endIndex..<colon].allSatisfy({ $0 == 0x20 || $0 == 0x09 })
    else { return nil }
    return Trailer(
      key: String(decoding: key, as: UTF8.self), value: trimmed(line[(colon + 1)...]))
  }

  private static func trimmed(_ text: Line) -> String {
    let start = text.drop(while: isSpace)
    return start.lastIndex { !isSpace($0) }.map { String(decoding: start[...$0], as: UTF8.self) }
      ?? ""
  }
}
