/// Words and variables in a Dockerfile.
enum DockerfileWords {
  /// Splits at blanks that are neither in quotes nor escaped; quotes and escapes stay.
  static func split(_ text: String, escape: Character) -> [String] {
    var words: [String] = []
    var word = ""
    var quote: Character?
    var isEscaped = false
    for character in text {
      if isEscaped {
        isEscaped = false
      } else if character == escape, quote != "'" {
        isEscaped = true
      } else if character == quote {
        quote = nil
      } else if quote == nil, character == "\"" || character == "'" {
        quote = character
      } else if quote == nil, character.isWhitespace {
        if !word.isEmpty { words.append(word) }
        word = ""
        continue
      }
      word.append(character)
    }
    if !word.isEmpty { words.append(word) }
    return words
  }

  /// Replaces `$NAME`, `${NAME}`, `${NAME:-word}` and `${NAME:+word}`, and takes quotes and escapes
  /// away. `missing` are the variables without a value that were replaced with nothing. `nil` for
  /// what comes to more than ``longest``.
  static func expand(
    _ text: String, with variables: [String: String], escape: Character
  ) -> (text: String, missing: [String])? {
    var expansion = Expansion(Array(text), variables: variables, escape: escape)
    expansion.run()
    return expansion.isTooLong ? nil : (expansion.result, expansion.missing)
  }

  /// In bytes. `ARG A2=$A1$A1` doubles what it holds, and forty such lines would fill any memory.
  static let longest = 64 << 10

  private struct Expansion {
    private let text: [Character]
    private let variables: [String: String]
    private let escape: Character
    private let depth: Int
    private var place = 0
    private var quote: Character?
    private(set) var result = ""
    private(set) var missing: [String] = []

    var isTooLong: Bool { result.utf8.count > DockerfileWords.longest }

    init(_ text: [Character], variables: [String: String], escape: Character, depth: Int = 0) {
      self.text = text
      self.variables = variables
      self.escape = escape
      self.depth = depth
    }

    mutating func run() {
      while place < text.count, !isTooLong {
        let character = text[place]
        place += 1
        if character == escape, quote != "'", place < text.count {
          result.append(text[place])
          place += 1
        } else if character == quote {
          quote = nil
        } else if quote == nil, character == "\"" || character == "'" {
          quote = character
        } else if character == "$", quote != "'", place < text.count {
          variable()
        } else {
          result.append(character)
        }
      }
    }

    private mutating func variable() {
      if text[place] == "{" {
        braced()
      } else {
        let name = self.name()
        if name.isEmpty { result.append("$") } else { replace(name) }
      }
    }

    /// Letters, digits and underscores.
    private mutating func name() -> String {
      let start = place
      while place < text.count, text[place].isASCII,
        text[place].isLetter || text[place].isNumber || text[place] == "_"
      {
        place += 1
      }
      return String(text[start..<place])
    }

    private mutating func replace(_ name: String) {
      if let value = variables[name] { result += value } else { missing.append(name) }
    }

    private mutating func braced() {
      place += 1
      let name = self.name()
      let start = place
      var level = 1
      while place < text.count, level > 0 {
        if text[place] == "{" { level += 1 }
        if text[place] == "}" { level -= 1 }
        place += 1
      }
      var rest = text[start..<(level == 0 ? place - 1 : place)]
      let isStrict = rest.first == ":"
      if isStrict { rest.removeFirst() }
      let value = variables[name].flatMap { isStrict && $0.isEmpty ? nil : $0 }
      guard let kind = rest.popFirst() else { return replace(name) }
      switch kind {
      case "-": if let value { result += value } else { insert(rest) }
      case "+": if value != nil { insert(rest) }
      default: replace(name)
      }
    }

    /// The word after `:-`, which may hold variables itself.
    private mutating func insert(_ word: ArraySlice<Character>) {
      // Nobody writes so many defaults of defaults.
      guard depth < 16 else { return }
      var inner = Self(Array(word), variables: variables, escape: escape, depth: depth + 1)
      inner.run()
      result += inner.result
      missing += inner.missing
    }
  }
}
