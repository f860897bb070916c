/// The `.git-eb.yml` that `git eb init` and `git eb import` write: what is known, and every other key
/// commented out with its meaning.
package struct ConfigurationTemplate: Sendable {
  /// The values of scalar keys as the file has them, such as `true` for a flag.
  package var values: [SettingKey: String]
  package var branches: [(pattern: String, environment: String)]
  /// Paths.
  package var secrets: [String]

  package init(
    _ values: [SettingKey: String], branches: [(pattern: String, environment: String)] = [],
    secrets: [String] = []
  ) {
    self.values = values
    self.branches = branches
    self.secrets = secrets
  }

  /// The whole file.
  package var text: String {
    var lines = [
      "# How `git eb push` deploys this repository. `git eb config` shows what is in force.",
      "",
    ]
    for key in [SettingKey.application, .host, .region, .profile, .platform] {
      lines += [Self.comment(key), setting(key)]
    }

    lines += ["", Self.comment(.branches, "  Patterns are as in .gitignore.")]
    if branches.isEmpty {
      lines += ["# branches:", "#   master: production", "#   issue*: \"{branch}\""]
    } else {
      lines.append("branches:")
      lines += branches.map { "  \(Self.scalar($0.pattern)): \(Self.scalar($0.environment))" }
    }

    lines += ["", "# Settings of single environments.", "# environments:", "#   production:"]
    for key in SettingKey.allCases where key.name.hasPrefix("environments.<name>.") {
      lines += [
        "#     " + Self.comment(key), "#     \(Self.leaf(key)): \(key.declaration.example)",
      ]
    }

    lines += ["", Self.comment(.secrets)]
    if secrets.isEmpty {
      lines.append("# secrets: \(SettingKey.secrets.declaration.example)")
    } else {
      lines.append("secrets:")
      lines += secrets.map { "  - \(Self.scalar($0))" }
    }

    lines += ["", Self.comment(.check), "# check: \(SettingKey.check.declaration.example)"]

    for section in SettingKey.sections { lines += [""] + self.section(section) }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A section is commented out unless one of its keys has a value.
  private func section(_ name: String) -> [String] {
    let keys = SettingKey.allCases.filter { $0.name.hasPrefix(name + ".") }
    guard keys.contains(where: { values[$0] != nil }) else {
      return ["# \(name):"]
        + keys.flatMap {
          ["#   " + Self.comment($0), "#   \(Self.leaf($0)): \($0.declaration.example)"]
        }
    }
    return ["\(name):"]
      + keys.flatMap { key in
        ["  " + Self.comment(key), (values[key] == nil ? "  # " : "  ") + line(key)]
      }
  }

  private func setting(_ key: SettingKey) -> String {
    (values[key] == nil ? "# " : "") + line(key)
  }

  /// The key with its value, or with an example.
  private func line(_ key: SettingKey) -> String {
    guard let value = values[key] else { return "\(Self.leaf(key)): \(key.declaration.example)" }
    // A flag in quotes would be text.
    return "\(Self.leaf(key)): " + (key.declaration.type == .flag ? value : Self.scalar(value))
  }

  private static func comment(_ key: SettingKey, _ more: String = "") -> String {
    let fallback = key.declaration.fallback.map { " Default: \($0)." } ?? ""
    return "# " + key.declaration.meaning + fallback + more
  }

  private static func leaf(_ key: SettingKey) -> Substring {
    key.name.split(separator: ".").last ?? ""
  }

  /// `text` as a YAML scalar that reads as exactly that text, without quotes where that is certain.
  static func scalar(_ text: String) -> String {
    if isPlain(text) { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\":
        quoted += "\\"
        quoted.unicodeScalars.append(scalar)
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      // U+2028 and U+2029 end a line in YAML.
      case "\u{20}"..."\u{7e}", "\u{a1}"..."\u{2027}", "\u{202a}"..."\u{d7ff}":
        quoted.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
      }
    }
    return quoted + "\""
  }

  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, isLetter(first) || first == UInt8(ascii: ".") else {
      return false
    }
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
    // `.inf` and `.nan` are numbers, and `...` ends a document.
    return !words.contains(text.lowercased()) && !text.hasPrefix("..")
      && ![".inf", ".nan"].contains(text.lowercased())
      && text.utf8.allSatisfy { byte in
        isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || "-_./*".utf8.contains(byte)
      }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
