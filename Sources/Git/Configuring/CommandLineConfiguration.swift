/// What `git -c` and `GIT_CONFIG_COUNT` hand down through the environment.
enum CommandLineConfiguration {
  private static let operation = "read the configuration"

  /// Names in their canonical case with their values, in order of rising precedence.
  static func pairs(
    in environment: [String: String]
  ) throws(GitError) -> [(name: String, value: String?)] {
    try counted(in: environment) + parameters(environment["GIT_CONFIG_PARAMETERS"] ?? "")
  }

  private static func counted(
    in environment: [String: String]
  ) throws(GitError) -> [(name: String, value: String?)] {
    guard let text = environment.nonEmpty("GIT_CONFIG_COUNT") else { return [] }
    guard let count = Int(text), (0...Int(Int32.max)).contains(count) else {
      throw GitError(.invalidName, operation, "GIT_CONFIG_COUNT", detail: "bogus count")
    }
    var pairs: [(name: String, value: String?)] = []
    for number in 0..<count {
      guard let key = environment.nonEmpty("GIT_CONFIG_KEY_\(number)") else {
        throw GitError(
          .invalidName, operation, "GIT_CONFIG_KEY_\(number)", detail: "missing config key")
      }
      guard let value = environment["GIT_CONFIG_VALUE_\(number)"] else {
        throw GitError(
          .invalidName, operation, "GIT_CONFIG_VALUE_\(number)", detail: "missing config value")
      }
      pairs.append((try canonical(key), value))
    }
    return pairs
  }

  /// Old form: `'name=value'` words. New form: `'name'='value'` words. Either may have no value.
  static func parameters(
    _ text: String
  ) throws(GitError) -> [(name: String, value: String?)] {
    let bytes = Array(text.utf8)
    let bogus = GitError(
      .invalidName, operation, "GIT_CONFIG_PARAMETERS", detail: "bogus format")
    var pairs: [(name: String, value: String?)] = []
    var position = bytes.firstIndex { !$0.isBlank } ?? bytes.count
    while position < bytes.count {
      guard let key = dequote(bytes, &position) else { throw bogus }
      if position >= bytes.count || bytes[position].isBlank {
        let parts = key.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        pairs.append(
          (try canonical(trimmed(parts[0])), parts.count > 1 ? String(parts[1]) : nil))
      } else if bytes[position] == UInt8(ascii: "=") {
        position += 1
        var value: String?
        if position < bytes.count, bytes[position] == UInt8(ascii: "'") {
          value = dequote(bytes, &position)
          guard value != nil else { throw bogus }
        }
        guard position >= bytes.count || bytes[position].isBlank else { throw bogus }
        pairs.append((try canonical(key), value))
      } else {
        throw bogus
      }
      while position < bytes.count, bytes[position].isBlank { position += 1 }
    }
    return pairs
  }

  /// A word in the shell's single quotes, as git's `sq_quote` writes it.
  private static func dequote(_ bytes: [UInt8], _ position: inout Int) -> String? {
    let quote = UInt8(ascii: "'")
    guard position < bytes.count, bytes[position] == quote else { return nil }
    var word: [UInt8] = []
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte != quote {
        word.append(byte)
        continue
      }
      // `'\''` and `'\!'` go on with the same word.
      guard position + 2 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
        bytes[position + 1] == quote || bytes[position + 1] == UInt8(ascii: "!"),
        bytes[position + 2] == quote
      else { return String(decoding: word, as: UTF8.self) }
      word.append(bytes[position + 1])
      position += 3
    }
    return nil
  }

  private static func trimmed(_ text: Substring) -> String {
    let bytes = text.utf8.drop(while: \.isBlank)
    let end = bytes.lastIndex { !$0.isBlank }
    return end.map { String(decoding: bytes[...$0], as: UTF8.self) } ?? ""
  }

  private static func canonical(_ key: String) throws(GitError) -> String {
    guard let first = key.utf8.firstIndex(of: UInt8(ascii: ".")),
      let last = key.utf8.lastIndex(of: UInt8(ascii: ".")),
      first != key.startIndex,
      let initial = key[last...].utf8.dropFirst().first, initial.isLetter,
      key[..<first].utf8.allSatisfy({ $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") }),
      key[last...].utf8.dropFirst().allSatisfy({
        $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-")
      }),
      !key.utf8.contains(0x0a)
    else { throw GitError(.invalidName, operation, key, detail: "invalid key") }
    return GitConfiguration.canonical(key)
  }
}
