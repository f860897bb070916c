/// The grammar of git's configuration files, after git's `config.c`.
struct ConfigurationFile {
  /// One `name = value` as it stands in a file.
  struct Item: Equatable {
    /// `section.subsection.key`, section and key in lower case.
    var name: String
    /// `nil` for a key without `=`, which means true.
    var value: String?
    var line: Int
  }

  /// The line at which the grammar is broken.
  struct SyntaxError: Error {
    var line: Int
  }

  static func parse(_ bytes: [UInt8]) throws(SyntaxError) -> [Item] {
    var parser = Parser(bytes: Array(bytes.withoutByteOrderMark))
    return try parser.items()
  }
}

private struct Parser {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1

  init(bytes: [UInt8]) { self.bytes = bytes }

  private static let newline = UInt8(ascii: "\n")
  private static let quote = UInt8(ascii: "\"")
  private static let backslash = UInt8(ascii: "\\")

  /// The next byte, a newline at the end of the file. `\r\n` is one newline.
  private mutating func next() -> UInt8 {
    guard position < bytes.count else {
      position += 1
      return Self.newline
    }
    var byte = bytes[position]
    position += 1
    if byte == UInt8(ascii: "\r"), position < bytes.count, bytes[position] == Self.newline {
      byte = Self.newline
      position += 1
    }
    if byte == Self.newline { line += 1 }
    return byte
  }

  /// Whether the last byte was the newline that stands for the end.
  private var isAtEnd: Bool { position > bytes.count }

  private var failure: ConfigurationFile.SyntaxError { .init(line: line) }

  mutating func items() throws(ConfigurationFile.SyntaxError) -> [ConfigurationFile.Item] {
    var items: [ConfigurationFile.Item] = []
    var section: [UInt8] = []
    var isComment = false
    while true {
      let byte = next()
      if byte == Self.newline {
        if isAtEnd { return items }
        isComment = false
      } else if isComment || byte.isBlank {
        continue
      } else if byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") {
        isComment = true
      } else if byte == UInt8(ascii: "[") {
        section = try sectionName()
        section.append(UInt8(ascii: "."))
      } else if byte.isLetter {
        items.append(try item(section, byte))
      } else {
        throw failure
      }
    }
  }

  private mutating func sectionName() throws(ConfigurationFile.SyntaxError) -> [UInt8] {
    var name: [UInt8] = []
    while true {
      let byte = next()
      if isAtEnd { throw failure }
      if byte == UInt8(ascii: "]") { return name }
      if byte.isBlank { return try subsection(of: name, byte) }
      guard byte.isKey || byte == UInt8(ascii: ".") else { throw failure }
      name.append(byte.lowercased)
    }
  }

  private mutating func subsection(
    of section: [UInt8], _ blank: UInt8
  ) throws(ConfigurationFile.SyntaxError) -> [UInt8] {
    var byte = blank
    while byte.isBlank {
      if byte == Self.newline { throw failure }
      byte = next()
    }
    guard byte == Self.quote else { throw failure }
    var name = section + [UInt8(ascii: ".")]
    while true {
      byte = next()
      if byte == Self.newline { throw failure }
      if byte == Self.quote { break }
      if byte == Self.backslash {
        byte = next()
        if byte == Self.newline { throw failure }
      }
      name.append(byte)
    }
    guard next() == UInt8(ascii: "]") else { throw failure }
    return name
  }

  private mutating func item(
    _ section: [UInt8], _ first: UInt8
  ) throws(ConfigurationFile.SyntaxError) -> ConfigurationFile.Item {
    let start = line
    var name = section + [first.lowercased]
    var byte = next()
    while byte.isKey, !isAtEnd {
      name.append(byte.lowercased)
      byte = next()
    }
    while byte == 0x20 || byte == 0x09 { byte = next() }
    var item = ConfigurationFile.Item(
      name: String(decoding: name, as: UTF8.self), value: nil, line: start)
    if byte != Self.newline {
      guard byte == UInt8(ascii: "=") else { throw failure }
      item.value = try value()
    }
    return item
  }

  private mutating func value() throws(ConfigurationFile.SyntaxError) -> String {
    var value: [UInt8] = []
    var isQuoted = false
    var isComment = false
    var blanks = 0
    while true {
      var byte = next()
      if byte == Self.newline {
        if isQuoted { throw failure }
        return String(decoding: value, as: UTF8.self)
      }
      if isComment { continue }
      if byte.isBlank && !isQuoted {
        if !value.isEmpty { blanks += 1 }
        continue
      }
      if !isQuoted && (byte == UInt8(ascii: ";") || byte == UInt8(ascii: "#")) {
        isComment = true
        continue
      }
      value += Array(repeating: 0x20, count: blanks)
      blanks = 0
      if byte == Self.quote {
        isQuoted.toggle()
        continue
      }
      if byte == Self.backslash {
        byte = next()
        switch byte {
        case Self.newline: continue
        case UInt8(ascii: "t"): byte = 0x09
        case UInt8(ascii: "b"): byte = 0x08
        case UInt8(ascii: "n"): byte = Self.newline
        case Self.backslash, Self.quote: break
        default: throw failure
        }
      }
      value.append(byte)
    }
  }
}

extension UInt8 {
  /// What a section's or a key's name is made of.
  fileprivate var isKey: Bool { isLetter || isDigit || self == UInt8(ascii: "-") }
}
