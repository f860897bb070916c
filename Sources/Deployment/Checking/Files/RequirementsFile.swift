/// `requirements.txt` as pip reads it.
///
/// Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/
struct RequirementsFile {
  /// What stands in a line, or in several that backslashes join.
  enum Item: Equatable {
    /// Another file that is installed too, by its path as written: `-r`.
    case include(String)
    /// A file that only says which versions may be installed, by its path as written: `-c`.
    case constraint(String)
    /// A path, or an URL of one: whether it is editable does not matter here.
    case local(String)
    /// What comes from an index: its name in lower case with `-`, and what follows it.
    case package(name: String, rest: Substring)
    /// Any other option, and what comes from elsewhere.
    case other
  }

  struct Line {
    var item: Item
    /// Whether a marker says for which systems it is meant (PEP 508).
    var hasMarker: Bool
    /// Counted from 1.
    var number: Int
    /// Of what is written, in characters, counted from 1.
    var column: Int
  }

  let lines: [Line]

  init(_ text: String) {
    let text = text.hasPrefix("\u{feff}") ? String(text.dropFirst()) : text
    var lines: [Line] = []
    var joined = ""
    var start: Int?
    for (index, line) in TextLines.of(text).enumerated() {
      joined += line.hasSuffix("\\") ? line.dropLast() : line
      start = start ?? index
      if line.hasSuffix("\\") { continue }
      if let start, let line = Self.line(joined, number: start + 1) { lines.append(line) }
      joined = ""
      start = nil
    }
    self.lines = lines
  }

  private static func line(_ text: String, number: Int) -> Line? {
    let content = withoutComment(text[...]).trimming(while: \.isWhitespace)
    guard !content.isEmpty else { return nil }
    let column = text.distance(from: text.startIndex, to: content.startIndex) + 1
    // A marker follows a space where an URL stands before it.
    let parts = content.split(separator: ";", maxSplits: 1)
    let requirement = (parts.first ?? "").trimming(while: \.isWhitespace)
    return Line(
      item: item(requirement), hasMarker: parts.count > 1, number: number, column: column)
  }

  /// A comment begins a line, or follows a space.
  private static func withoutComment(_ line: Substring) -> Substring {
    var previous: Character = " "
    for index in line.indices {
      if line[index] == "#", previous.isWhitespace { return line[..<index] }
      previous = line[index]
    }
    return line
  }

  private static func item(_ text: Substring) -> Item {
    if let path = argument(of: ["-r", "--requirement"], in: text) {
      return path.contains("://") ? .other : .include(path)
    }
    if let path = argument(of: ["-c", "--constraint"], in: text) {
      return path.contains("://") ? .other : .constraint(path)
    }
    if let path = argument(of: ["-e", "--editable"], in: text) {
      return isPath(path) ? .local(path) : .other
    }
    if text.hasPrefix("-") { return .other }
    let word = text.prefix { !$0.isWhitespace }
    if isPath(String(word)) { return .local(String(word)) }
    let name = text.prefix { isName($0) }
    guard !name.isEmpty else { return .other }
    var rest = text[name.endIndex...].drop(while: \.isWhitespace)
    if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
      rest = rest[rest.index(after: end)...].drop(while: \.isWhitespace)
    }
    // PEP 440's direct reference.
    if rest.hasPrefix("@") {
      let url = rest.dropFirst().drop(while: \.isWhitespace).prefix { !$0.isWhitespace }
      return isPath(String(url)) ? .local(String(url)) : .other
    }
    // `git+https://…`, and all else that has a colon.
    if rest.first == ":" || rest.first == "+" { return .other }
    return .package(name: normalized(name), rest: rest)
  }

  private static func argument(of options: [String], in text: Substring) -> String? {
    for option in options where text.hasPrefix(option) {
      let rest = text.dropFirst(option.count)
      let isShort = !option.hasPrefix("--")
      guard isShort || rest.first == "=" || rest.first?.isWhitespace == true else { continue }
      let value = rest.drop { $0 == "=" || $0.isWhitespace }
      return value.isEmpty ? nil : String(value.trimming { $0 == "\"" || $0 == "'" })
    }
    return nil
  }

  private static func isPath(_ word: String) -> Bool {
    if word.hasPrefix(".") || word.hasPrefix("/") || word.hasPrefix("~/") { return true }
    if word.hasPrefix("file:") || isDrive(word) { return true }
    return word.contains("/") && !word.contains(":") && archives.contains { word.hasSuffix($0) }
  }

  /// Whether a path begins with a drive of Windows.
  static func isDrive(_ path: String) -> Bool {
    let start = Array(path.prefix(3))
    return start.count == 3 && start[0].isLetter && start[1] == ":" && "\\/".contains(start[2])
  }

  private static let archives = [".whl", ".tar.gz", ".zip", ".tar.bz2"]

  private static func isName(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
  }

  /// PEP 503.
  static func normalized(_ name: Substring) -> String {
    name.lowercased().split { "-_.".contains($0) }.joined(separator: "-")
  }
}
