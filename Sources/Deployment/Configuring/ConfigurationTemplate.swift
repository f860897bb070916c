/// The `.git-eb.yml` that `git eb init` writes: what was asked for, and every other key commented
/// out with its meaning.
package enum ConfigurationTemplate {
  package static func text(
    application: ApplicationName, host: HostKind, region: String?, profile: String?,
    branches: [(pattern: String, environment: String)], secrets: [String]
  ) -> String {
    var lines = [
      "# How `git eb push` deploys this repository. `git eb config` shows what is in force.",
      "",
    ]
    lines += setting(.application, application.text)
    lines += setting(.host, host.rawValue)
    lines += setting(.region, region)
    lines += setting(.profile, profile)
    lines += setting(.platform, nil)

    lines += ["", comment(.branches, "  Patterns are as in .gitignore.")]
    if branches.isEmpty {
      lines += ["# branches:", "#   master: production", "#   issue*: \"{branch}\""]
    } else {
      lines.append("branches:")
      lines += branches.map { "  \(scalar($0.pattern)): \(scalar($0.environment))" }
    }

    lines += ["", "# Settings of single environments.", "# environments:", "#   production:"]
    for key in SettingKey.allCases where key.name.hasPrefix("environments.<name>.") {
      lines += ["#     " + comment(key), "#     \(leaf(key)): \(key.declaration.example)"]
    }

    lines += ["", comment(.secrets)]
    if secrets.isEmpty {
      lines.append("# secrets: \(SettingKey.secrets.declaration.example)")
    } else {
      lines.append("secrets:")
      lines += secrets.map { "  - \(scalar($0))" }
    }

    for section in SettingKey.sections {
      let keys = SettingKey.allCases.filter { $0.name.hasPrefix(section + ".") }
      lines += ["", "# \(section):"]
      for key in keys {
        lines += ["#   " + comment(key), "#   \(leaf(key)): \(key.declaration.example)"]
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func setting(_ key: SettingKey, _ value: String?) -> [String] {
    [
      comment(key),
      value.map { "\(key.name): \(scalar($0))" } ?? "# \(key.name): \(key.declaration.example)",
    ]
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
