/// `GIT_ALTERNATE_OBJECT_DIRECTORIES` as git reads it: paths with colons between them, quoted as in
/// C where they could be taken for something else (git's `link_alt_odb_entries`).
enum AlternateDirectories {
  static func text(_ directories: [String]) -> String {
    directories.map(quoted).joined(separator: ":")
  }

  private static func quoted(_ path: String) -> String {
    guard path.contains(":") || path.hasPrefix("\"") || path.contains("\n") else { return path }
    var text = "\""
    for character in path.unicodeScalars {
      switch character {
      case "\"", "\\": text += "\\\(character)"
      case "\n": text += "\\n"
      default: text.unicodeScalars.append(character)
      }
    }
    return text + "\""
  }
}
