/// Reads nginx's configuration, without recursion: blocks are kept on a stack.
struct NginxReader {
  typealias Word = NginxConfiguration.Word
  typealias Directive = NginxConfiguration.Directive
  typealias Problem = NginxConfiguration.Problem

  /// Blocks in blocks: nginx knows five kinds that nest, and `location` may stand in itself.
  private static let depthLimit = 64

  private(set) var directives: [Directive] = []
  private let text: [Character]
  private var place = 0
  private var line = 1
  private var column = 1
  /// Whether only blanks came before in this line.
  private var isLineStart = true
  private var words: [Word] = []
  /// Blocks that are open, each with what stood before its brace and around it.
  private var open: [(words: [Word], before: [Directive])] = []

  init(_ text: String) {
    // A byte order mark is skipped by nginx too.
    self.text = Array(text.first == "\u{feff}" ? String(text.dropFirst()) : text)
  }

  /// Reads all of it; a problem ends it.
  mutating func run() -> Problem? {
    while let character = next {
      switch character {
      case "#": while let character = next, !character.isNewline { advance() }
      case ";":
        guard !words.isEmpty else { return problem("unexpected ';'") }
        close(block: nil)
        advance()
      case "{":
        guard let name = words.first else { return problem("unexpected '{'") }
        guard open.count < Self.depthLimit else { return problem("too many blocks in blocks") }
        // What is in it is Lua.
        if name.text.hasSuffix("_by_lua_block") { return nil }
        open.append((words, directives))
        (words, directives) = ([], [])
        advance()
      case "}":
        if let word = words.first { return unended(word) }
        guard let block = open.popLast() else { return problem("unexpected '}'") }
        let inner = directives
        (words, directives) = block
        close(block: inner)
        advance()
      case _ where character.isWhitespace: advance()
      default: if let problem = word(character) { return problem }
      }
    }
    if let word = words.first { return unended(word) }
    guard let block = open.last, let name = block.words.first else { return nil }
    return Problem(
      reason: "the block of '\(name.text)' that begins here has no '}'", line: name.line,
      column: name.column)
  }

  private var next: Character? { place < text.count ? text[place] : nil }

  private mutating func advance() {
    guard let character = next else { return }
    place += 1
    if character.isNewline {
      line += 1
      column = 1
      isLineStart = true
    } else {
      column += 1
      if !character.isWhitespace { isLineStart = false }
    }
  }

  private func problem(_ reason: String) -> Problem {
    Problem(reason: reason, line: line, column: column)
  }

  private func unended(_ word: Word) -> Problem {
    Problem(reason: "'\(word.text)' does not end in ';'", line: word.line, column: word.column)
  }

  private mutating func close(block: [Directive]?) {
    if let name = words.first {
      directives.append(Directive(name: name, arguments: Array(words.dropFirst()), block: block))
    }
    words = []
  }

  private mutating func word(_ first: Character) -> Problem? {
    let (startLine, startColumn, isFirst) = (line, column, isLineStart)
    let quote: Character? = first == "\"" || first == "'" ? first : nil
    var text = ""
    if quote != nil { advance() }
    var isVariable = false
    while let character = next {
      if character == "\\" {
        advance()
        text += Self.escaped(next)
      } else if let quote {
        if character == quote { break }
        text.append(character)
      } else if character.isWhitespace || character == ";" || character == "{" && !isVariable {
        break
      } else {
        text.append(character)
      }
      isVariable = character == "$"
      advance()
    }
    words.append(
      Word(
        text: text, line: startLine, column: startColumn, isQuoted: quote != nil, isFirst: isFirst))
    guard quote != nil else { return nil }
    guard next != nil else {
      return Problem(
        reason: "the quote that begins here does not end", line: startLine, column: startColumn)
    }
    advance()
    if let character = next, !character.isWhitespace, !";{)".contains(character) {
      return problem("unexpected '\(character)' after a quote")
    }
    return nil
  }

  /// What a backslash and a character stand for: most of them for both.
  private static func escaped(_ character: Character?) -> String {
    switch character {
    case nil: "\\"
    case "\"", "'", "\\": character.map(String.init) ?? ""
    case "t": "\t"
    case "r": "\r"
    case "n": "\n"
    case let character?: "\\\(character)"
    }
  }
}
