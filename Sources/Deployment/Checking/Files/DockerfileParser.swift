import FoundationEssentials

/// Takes a Dockerfile apart into instructions: directives, comments, lines that go on, heredocs.
struct DockerfileParser {
  private(set) var directives: [String: String] = [:]
  private(set) var instructions: [Dockerfile.Instruction] = []
  private(set) var problems: [Dockerfile.Problem] = []
  private let lines: [Substring]
  private var place = 0
  /// Whether an announced text was without an end, so that no other is believed.
  private var isUnended = false

  init(_ text: String) {
    lines = TextLines.of(text.first == "\u{feff}" ? String(text.dropFirst()) : text)
    readDirectives()
    let escape: Character = directives["escape"] == "`" ? "`" : "\\"
    while place < lines.count { readInstruction(escape: escape) }
  }

  // MARK: - Directives

  /// `# name=value`, from the first line on, until any other line.
  private mutating func readDirectives() {
    while place < lines.count, let (name, value) = Self.directive(lines[place]),
      ["syntax", "escape", "check"].contains(name), directives[name] == nil
    {
      directives[name] = value
      place += 1
    }
  }

  private static func directive(_ line: Substring) -> (name: String, value: String)? {
    guard line.first == "#", let equals = line.firstIndex(of: "=") else { return nil }
    let name = line[..<equals].dropFirst().trimming(while: \.isWhitespace)
    let value = line[line.index(after: equals)...].trimming(while: \.isWhitespace)
    guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }),
      !value.isEmpty
    else { return nil }
    return (name.lowercased(), String(value))
  }

  // MARK: - Instructions

  /// The lines that make up one instruction, with comments and empty lines between them left out.
  private mutating func readInstruction(escape: Character) {
    var whole = ""
    var start: Int?
    while place < lines.count {
      let line = lines[place]
      place += 1
      let content = line.drop(while: \.isWhitespace)
      if content.first == "#" || content.isEmpty { continue }
      if start == nil { start = place }
      let (text, goesOn) = Self.continued(start == place ? content : line, escape: escape)
      whole += text
      if !goesOn { break }
    }
    guard let start else { return }
    append(whole[...].trimming(while: \.isWhitespace), line: start, escape: escape)
  }

  /// A line without the escape character at its end, and whether there is one. Two of them are none.
  private static func continued(
    _ line: Substring, escape: Character
  ) -> (text: Substring, goesOn: Bool) {
    var text = line
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    guard text.last == escape else { return (line, false) }
    text.removeLast()
    return text.last == escape ? (line, false) : (text, true)
  }

  private mutating func append(_ whole: Substring, line: Int, escape: Character) {
    let word = whole.prefix { !$0.isWhitespace }
    let name = word.uppercased()
    var rest = whole[word.endIndex...].drop(while: \.isWhitespace)
    guard Self.names.contains(name) else {
      problems.append(.init(reason: "'\(word)' is no instruction", line: line))
      return
    }
    if rest.isEmpty { problems.append(.init(reason: "'\(name)' has no argument", line: line)) }
    var flags: [String] = []
    while Self.withFlags.contains(name), rest.hasPrefix("--") {
      let flag = rest.prefix { !$0.isWhitespace }
      flags.append(String(flag))
      rest = rest[flag.endIndex...].drop(while: \.isWhitespace)
    }
    let words = Self.withWords.contains(name) ? Self.words(rest) : nil
    let heredocs =
      words == nil && Self.withHeredocs.contains(name)
      ? readHeredocs(String(rest), line: line, escape: escape) : []
    instructions.append(
      .init(
        name: name, text: String(rest), flags: flags, words: words, heredocs: heredocs, line: line))
  }

  private static let names: Set<String> = [
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
    "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
  ]
  private static let withFlags: Set<String> = ["ADD", "COPY", "FROM", "HEALTHCHECK", "RUN"]
  private static let withWords: Set<String> = [
    "ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME",
  ]
  private static let withHeredocs: Set<String> = ["ADD", "COPY", "RUN"]

  /// A JSON list of texts; anything else is the shell form.
  private static func words(_ text: Substring) -> [String]? {
    guard text.hasPrefix("["), JSONSyntax.problem(in: Array(text.utf8)) == nil else { return nil }
    return try? JSONDecoder().decode([String].self, from: Data(text.utf8))
  }

  // MARK: - Heredocs

  /// Reads the texts that the words `<<NAME` of a line announce, which follow it in their order.
  private mutating func readHeredocs(
    _ text: String, line: Int, escape: Character
  ) -> [Dockerfile.Heredoc] {
    let announced = DockerfileWords.split(text, escape: escape).compactMap(Self.announcement)
    var heredocs: [Dockerfile.Heredoc] = []
    let start = place
    for (name, isTrimmed, isExpanded) in announced where !isUnended {
      let strip: (Substring) -> Substring = { isTrimmed ? $0.drop { $0 == "\t" } : $0 }
      guard let end = lines[place...].firstIndex(where: { strip($0) == name }) else {
        // What was no heredoc after all hides nothing that follows.
        problems.append(.init(reason: "the text up to '\(name)' does not end", line: line))
        isUnended = true
        place = start
        return []
      }
      let content = lines[place..<end].map { strip($0) + "\n" }.joined()
      heredocs.append(.init(name: name, text: content, isExpanded: isExpanded))
      place = end + 1
    }
    return heredocs
  }

  /// Reads `<<NAME`, `<<-NAME`, `<<"NAME"`, with the number of a descriptor before it or not.
  private static func announcement(
    _ word: String
  ) -> (name: String, isTrimmed: Bool, isExpanded: Bool)? {
    var rest = word.drop { $0.isASCII && $0.isNumber }
    guard rest.hasPrefix("<<") else { return nil }
    rest = rest.dropFirst(2)
    let isTrimmed = rest.first == "-"
    if isTrimmed { rest = rest.dropFirst() }
    let name = rest.filter { $0 != "\"" && $0 != "'" }
    guard !name.isEmpty, !rest.contains("<") else { return nil }
    return (name, isTrimmed, name.count == rest.count)
  }
}
