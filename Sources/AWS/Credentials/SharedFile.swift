/// One of AWS's shared files (`~/.aws/config`, `~/.aws/credentials`), as its own tools read it.
///
/// The rules are those of botocore's `configloader.raw_config_parse`, which is Python's
/// `RawConfigParser`: sections and keys appear once, keys are in lower case, `=` or `:` ends a key,
/// lines that begin with `#` or `;` are comments and nothing after a value is one, deeper indented
/// lines go on with a value. A value that begins on the line after its key holds keys of its own.
/// The reader is ours: what libraries call INI differs in each of these points, and a file that the
/// AWS CLI reads one way must not be read another way here.
struct SharedFile: Sendable {
  /// Sections by their names as they stand between the brackets, in the file's order.
  var sections: [(name: String, values: [String: Value])] = []

  enum Value: Sendable, Equatable {
    case text(String)
    case nested([String: String])
  }

  /// What is wrong with a file, and in which line, counted from 1.
  struct Flaw: Error, Equatable {
    var line: Int?
    var reason: String
  }

  init() {}

  init(parsing bytes: some Collection<UInt8>) throws(Flaw) {
    var reader = Reader()
    // Editors of other systems leave a byte order mark; Python's parser is not told of it.
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    let content = bytes.starts(with: mark) ? Array(bytes.dropFirst(3)) : Array(bytes)
    guard let text = String(validating: Self.withPlainLineEnds(content), as: UTF8.self) else {
      throw Flaw(line: nil, reason: "it is not UTF-8")
    }
    let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      try reader.take(line, number: index + 1)
    }
    sections = try reader.finished()
  }

  /// The section whose name stands so between the brackets.
  subscript(name: String) -> [String: Value]? {
    sections.first { $0.name == name }?.values
  }

  private static func withPlainLineEnds(_ bytes: [UInt8]) -> [UInt8] {
    var plain: [UInt8] = []
    plain.reserveCapacity(bytes.count)
    var previous: UInt8 = 0
    for byte in bytes {
      if byte == UInt8(ascii: "\r") {
        plain.append(UInt8(ascii: "\n"))
      } else if byte != UInt8(ascii: "\n") || previous != UInt8(ascii: "\r") {
        plain.append(byte)
      }
      previous = byte
    }
    return plain
  }
}

extension SharedFile {
  private typealias Scalars = Substring.UnicodeScalarView

  /// Takes lines one after the other, as `RawConfigParser._read`.
  private struct Reader {
    var names: [String] = []
    /// The lines of each key's value, by section.
    var values: [String: [String: [String]]] = [:]
    /// The line of each key, for what is wrong with a value.
    var places: [String: [String: Int]] = [:]
    var section: String?
    var key: String?
    var indentation = 0

    /// Keys of a section of this name are in every other section, unless it has them itself.
    static let defaults = "DEFAULT"

    mutating func take(_ line: Scalars, number: Int) throws(Flaw) {
      let content = SharedFile.trimmed(line)
      guard let first = content.first else {
        if let section, let key { values[section]?[key]?.append("") }
        return
      }
      if first == "#" || first == ";" { return }
      let depth = line.distance(from: line.startIndex, to: content.startIndex)
      if let section, let key, depth > indentation {
        values[section]?[key]?.append(String(content))
        return
      }
      indentation = depth
      if first == "[", let end = content.lastIndex(of: "]"),
        content.distance(from: content.startIndex, to: end) > 1
      {
        try begin(String(content[content.index(after: content.startIndex)..<end]), number)
      } else {
        try set(content, number)
      }
    }

    private mutating func begin(_ name: String, _ number: Int) throws(Flaw) {
      if values[name] == nil {
        values[name] = [:]
        names.append(name)
      } else if name != Self.defaults {
        throw Flaw(line: number, reason: "the section '\(name)' appears twice")
      }
      section = name
      key = nil
    }

    private mutating func set(_ content: Scalars, _ number: Int) throws(Flaw) {
      guard let section else {
        throw Flaw(line: number, reason: "there is something before the first section")
      }
      guard let end = content.firstIndex(where: { $0 == "=" || $0 == ":" }) else {
        throw Flaw(line: number, reason: "there is no '='")
      }
      let name = String(SharedFile.trimmed(content[..<end])).lowercased()
      guard !name.isEmpty else { throw Flaw(line: number, reason: "there is no key before '='") }
      guard values[section]?[name] == nil else {
        throw Flaw(line: number, reason: "the key '\(name)' appears twice")
      }
      let value = SharedFile.trimmed(content[content.index(after: end)...])
      values[section]?[name] = [String(value)]
      places[section, default: [:]][name] = number
      key = name
    }

    func finished() throws(Flaw) -> [(name: String, values: [String: Value])] {
      let shared = values[Self.defaults] ?? [:]
      var sections: [(name: String, values: [String: Value])] = []
      for name in names where name != Self.defaults {
        var read: [String: Value] = [:]
        for (key, lines) in (values[name] ?? [:]).merging(
          shared, uniquingKeysWith: { own, _ in own })
        {
          let place = places[name]?[key] ?? places[Self.defaults]?[key]
          read[key] = try SharedFile.value(of: lines, at: place)
        }
        sections.append((name, read))
      }
      return sections
    }
  }

  /// The value that these lines make, as `RawConfigParser` joins and botocore takes them apart.
  private static func value(of lines: [String], at place: Int?) throws(Flaw) -> Value {
    let joined = lines.joined(separator: "\n")
    let scalars = joined[...].unicodeScalars
    let end = scalars.lastIndex { !isSpace($0) }.map { scalars.index(after: $0) }
    let text = String(scalars[..<(end ?? scalars.startIndex)])
    guard text.unicodeScalars.first == "\n" else { return .text(text) }
    var nested: [String: String] = [:]
    for line in text.unicodeScalars.split(separator: "\n") {
      let line = trimmed(line)
      guard !line.isEmpty else { continue }
      guard let equals = line.firstIndex(of: "=") else {
        throw Flaw(line: place, reason: "a line below this key has no '='")
      }
      let key = String(trimmed(line[..<equals]))
      nested[key] = String(trimmed(line[line.index(after: equals)...]))
    }
    return .nested(nested)
  }

  private static func trimmed(_ text: Scalars) -> Scalars {
    guard let first = text.firstIndex(where: { !isSpace($0) }),
      let last = text.lastIndex(where: { !isSpace($0) })
    else { return text[text.endIndex...] }
    return text[first...last]
  }

  /// What Python's `str.isspace` takes for one.
  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1c...0x1f).contains(scalar.value)
  }
}

/// A command line taken apart as a POSIX shell does it, without any expansion: Python's
/// `shlex.split`, with which botocore reads section names and `credential_process`.
/// - Returns: `nil` where a quotation does not end.
func shellWords(_ text: String) -> [String]? {
  var words: [String] = []
  var word: String?
  var quote: Unicode.Scalar?
  var rest = text.unicodeScalars[...]
  while let scalar = rest.popFirst() {
    if quote == "'" {
      if scalar == "'" { quote = nil } else { word?.unicodeScalars.append(scalar) }
    } else if scalar == "\\" {
      guard let next = rest.popFirst() else { return nil }
      // Between double quotes a backslash escapes only what would end it there.
      if quote != nil, next != "\"", next != "\\" {
        word?.unicodeScalars.append(scalar)
      }
      word = word ?? ""
      word?.unicodeScalars.append(next)
    } else if quote != nil {
      if scalar == "\"" { quote = nil } else { word?.unicodeScalars.append(scalar) }
    } else if scalar == "'" || scalar == "\"" {
      quote = scalar
      word = word ?? ""
    } else if scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" {
      if let word { words.append(word) }
      word = nil
    } else {
      word = word ?? ""
      word?.unicodeScalars.append(scalar)
    }
  }
  guard quote == nil else { return nil }
  if let word { words.append(word) }
  return words
}
