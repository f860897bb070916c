/// All of git's configuration that applies, in order of rising precedence.
package struct GitConfiguration: Sendable, Equatable {
  /// Where an entry was read, as `git config --show-scope` names it, except that the two files of
  /// the user are told apart.
  package enum Level: String, Sendable, Comparable, CaseIterable {
    case system
    case xdg
    case global
    case local
    case worktree
    /// `git -c`, `GIT_CONFIG_COUNT`.
    case command

    package static func < (left: Self, right: Self) -> Bool {
      (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
  }

  package struct Entry: Sendable, Equatable {
    /// `section.key` or `section.subsection.key`, with section and key in lower case.
    package var name: String
    /// `nil` for a key without `=`, which means true.
    package var value: String?
    package var level: Level
    /// The file that it stands in, included files too; `nil` on the command line.
    package var file: String?
    /// Counted from 1; `nil` on the command line.
    package var line: Int?

    package init(
      name: String, value: String?, level: Level, file: String? = nil, line: Int? = nil
    ) {
      self.name = name
      self.value = value
      self.level = level
      self.file = file
      self.line = line
    }
  }

  package private(set) var entries: [Entry] = []
  private var positions: [String: [Int]] = [:]

  package init(_ entries: [Entry] = []) {
    for entry in entries { append(entry) }
  }

  mutating func append(_ entry: Entry) {
    positions[entry.name, default: []].append(entries.count)
    entries.append(entry)
  }

  /// The entry that is in force: the last one. Section and key may be written in any case.
  package subscript(name: String) -> Entry? {
    positions[Self.canonical(name)]?.last.map { entries[$0] }
  }

  /// Every entry of that name, the one in force last.
  package func all(_ name: String) -> [Entry] {
    (positions[Self.canonical(name)] ?? []).map { entries[$0] }
  }

  /// The value in force as git's `--type=bool` reads it; `nil` when there is none or it is no bool.
  package func bool(_ name: String) -> Bool? {
    self[name].flatMap { Self.bool($0.value) }
  }

  /// As git's `--type=bool`: true, yes, on, false, no, off in any case, nothing (`nil`: true,
  /// empty: false) or a number. `nil` for anything else.
  package static func bool(_ value: String?) -> Bool? {
    guard let value else { return true }
    switch value.lowercased() {
    case "true", "yes", "on": return true
    case "false", "no", "off", "": return false
    default: return integer(value).map { $0 != 0 }
    }
  }

  /// As git's `--type=int`: decimal, octal or hexadecimal, with `k`, `m` or `g`.
  package static func integer(_ value: String) -> Int? {
    var text = value.drop { $0 == " " || $0 == "\t" || $0 == "\n" }
    var factor = 1
    switch text.utf8.last.map({ $0 | 0x20 }) {
    case UInt8(ascii: "k"): factor = 1 << 10
    case UInt8(ascii: "m"): factor = 1 << 20
    case UInt8(ascii: "g"): factor = 1 << 30
    default: break
    }
    if factor > 1 { text.removeLast() }
    var isNegative = false
    if let sign = text.first, sign == "-" || sign == "+" {
      isNegative = sign == "-"
      text.removeFirst()
    }
    guard let first = text.utf8.first, first.isDigit else { return nil }
    let number: Int?
    if text.lowercased().hasPrefix("0x") {
      number = Int(text.dropFirst(2), radix: 16)
    } else if text.count > 1 && first == UInt8(ascii: "0") {
      number = Int(text.dropFirst(), radix: 8)
    } else {
      number = Int(text)
    }
    guard let number, number >= 0 else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : (isNegative ? -product : product)
  }

  /// Section and key in lower case, the subsection between them as it is.
  package static func canonical(_ name: String) -> String {
    guard let first = name.firstIndex(of: "."), let last = name.lastIndex(of: ".") else {
      return name.lowercased()
    }
    return name[..<first].lowercased() + name[first..<last] + name[last...].lowercased()
  }

  package static func == (left: Self, right: Self) -> Bool { left.entries == right.entries }
}
