import Git

/// The value of a scalar key, parsed as its declaration says.
enum SettingValue: Sendable, Equatable {
  case text(String)
  case flag(Bool)
  case duration(Duration)
  case count(Int)
  case words([String])
}

/// Why a text is not a value: a few words that follow "is not valid:".
struct InvalidValue: Error, Equatable {
  let why: String

  init(_ why: String) { self.why = why }
}

extension SettingValue {
  /// Parses what a file, a variable, git's configuration or an option holds for a key.
  init(_ text: String, type: SettingKey.ValueType) throws(InvalidValue) {
    if case .flag = type {
      guard let flag = Self.flag(text) else { throw InvalidValue("expected \(type)") }
      self = .flag(flag)
      return
    }
    if text.isEmpty { throw InvalidValue("is empty") }
    if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) {
      throw InvalidValue("has a control character")
    }
    switch type {
    case .text, .path, .structure, .flag:
      self = .text(text)
    case .applicationName:
      guard ApplicationName(text) != nil else { throw InvalidValue("expected \(type)") }
      self = .text(text)
    case .choice(let words):
      guard words.contains(text) else {
        let hint = EditDistance.nearest(to: text, among: words).map { "; did you mean '\($0)'?" }
        throw InvalidValue("expected one of \(type)" + (hint ?? ""))
      }
      self = .text(text)
    case .duration(let allowingZero):
      self = .duration(try Self.duration(text, allowingZero: allowingZero))
    case .count(let range):
      guard text.utf8.allSatisfy(Self.isDigit), let count = Int(text), range.contains(count) else {
        throw InvalidValue("expected \(type)")
      }
      self = .count(count)
    case .size:
      guard text.utf8.first.map(Self.isDigit) == true, let size = GitConfiguration.integer(text)
      else { throw InvalidValue("expected \(type)") }
      self = .count(size)
    case .repositoryPath:
      try RepositoryPath.check(text)
      self = .text(text)
    case .urlPath:
      guard text.hasPrefix("/"), !text.contains(" ") else { throw InvalidValue("expected \(type)") }
      self = .text(text)
    case .referenceComponent:
      guard
        text.utf8.allSatisfy({ EnvironmentName.isAllowed($0) || $0 == UInt8(ascii: "_") })
      else { throw InvalidValue("expected \(type)") }
      self = .text(text)
    case .words:
      let words = try ShellWords.split(text)
      guard let program = words.first, !program.isEmpty else {
        throw InvalidValue("names no program")
      }
      self = .words(words)
    }
  }

  /// As git reads booleans: https://git-scm.com/docs/git-config#Documentation/git-config.txt-boolean
  private static func flag(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "yes", "on": true
    case "false", "no", "off", "": false
    default: Int(text).map { $0 != 0 }
    }
  }

  fileprivate static func duration(_ text: String, allowingZero: Bool) throws(InvalidValue)
    -> Duration
  {
    let digits = text.prefix { $0.utf8.allSatisfy(isDigit) }
    guard !digits.isEmpty else {
      throw InvalidValue("expected \(SettingKey.ValueType.duration(allowingZero: allowingZero))")
    }
    let unit: Int
    switch text[digits.endIndex...] {
    case "s": unit = 1
    case "m": unit = 60
    case "h": unit = 3600
    case "d": unit = 86400
    case "": throw InvalidValue("needs a unit: s, m, h or d")
    default:
      throw InvalidValue("expected \(SettingKey.ValueType.duration(allowingZero: allowingZero))")
    }
    guard let number = Int(digits), number <= longestDuration / unit else {
      throw InvalidValue("is longer than ten years")
    }
    guard number > 0 || allowingZero else { throw InvalidValue("is zero") }
    return .seconds(number * unit)
  }

  private static let longestDuration = 3650 * 86400

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

extension SettingValue {
  var text: String? {
    if case .text(let text) = self { text } else { nil }
  }

  var flag: Bool? {
    if case .flag(let flag) = self { flag } else { nil }
  }

  var duration: Duration? {
    if case .duration(let duration) = self { duration } else { nil }
  }

  var count: Int? {
    if case .count(let count) = self { count } else { nil }
  }

  var words: [String]? {
    if case .words(let words) = self { words } else { nil }
  }
}

extension Duration {
  /// As settings are written, such as `90s`; `nil` when `text` is something else.
  package init?(setting text: String) {
    guard let found = try? SettingValue.duration(text, allowingZero: true) else { return nil }
    self = found
  }
}

extension Int {
  /// Bytes as they are written in a configuration, in the largest unit that is exact: `200m`, `1g`.
  package var configurationText: String {
    for (unit, size) in [("g", 1 << 30), ("m", 1 << 20), ("k", 1 << 10)]
    where self != 0 && isMultiple(of: size) {
      return "\(self / size)\(unit)"
    }
    return description
  }
}

extension Duration {
  /// As it is written in a configuration, in the largest unit that is exact: `90s`, `10m`, `3d`.
  package var configurationText: String {
    let seconds = components.seconds
    if seconds == 0 { return "0s" }
    for (unit, length) in [("d", Int64(86400)), ("h", 3600), ("m", 60)]
    where seconds % length == 0 {
      return "\(seconds / length)\(unit)"
    }
    return "\(seconds)s"
  }
}

/// Paths that are written relative to the repository's root.
enum RepositoryPath {
  /// Throws when `path` may lead out of the repository, or into `.git`.
  static func check(_ path: String) throws(InvalidValue) {
    if path.isEmpty { throw InvalidValue("is empty") }
    if path.hasPrefix("/") || path == "~" || path.hasPrefix("~/") {
      throw InvalidValue("must be a path in the repository")
    }
    let components = path.split(separator: "/")
    if components.contains("..") { throw InvalidValue("must not contain '..'") }
    if components.contains(where: { $0.lowercased() == ".git" }) {
      throw InvalidValue("must not be in .git")
    }
  }
}

/// A line as a shell splits it into words: blanks, quotes and backslashes, and nothing else.
enum ShellWords {
  /// A word as a shell takes it for one, in quotes.
  static func quoted(_ word: String) -> String {
    "'" + word.replacing("'", with: #"'\''"#) + "'"
  }

  /// A word in quotes where it needs them.
  static func line(_ word: String) -> String { isPlain(word) ? word : quoted(word) }

  private static func isPlain(_ word: String) -> Bool {
    !word.isEmpty
      && word.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "-_./:=@%+,".utf8.contains(byte)
        }
      }
  }

  static func split(_ line: String) throws(InvalidValue) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var characters = line.makeIterator()
    while let character = characters.next() {
      switch (quote, character) {
      case ("'", "'"), ("\"", "\""):
        quote = nil
      case (nil, "'"), (nil, "\""):
        quote = character
        word = word ?? ""
      case (nil, "\\"):
        guard let next = characters.next() else { throw InvalidValue("ends in a backslash") }
        word = (word ?? "") + String(next)
      case ("\"", "\\"):
        guard let next = characters.next() else { throw InvalidValue("has an unclosed quote") }
        // POSIX: within double quotes a backslash escapes only these.
        let kept = "\"\\$`".contains(next) ? String(next) : "\\" + String(next)
        word = (word ?? "") + kept
      case (nil, " "), (nil, "\t"):
        if let finished = word { words.append(finished) }
        word = nil
      default:
        word = (word ?? "") + String(character)
      }
    }
    if quote != nil { throw InvalidValue("has an unclosed quote") }
    if let word { words.append(word) }
    return words
  }
}
