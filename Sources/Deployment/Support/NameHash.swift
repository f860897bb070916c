private import Crypto

/// What tells names apart that look alike: the SHA-256 of a text, or its start.
enum NameHash {
  /// The first `count` of 64 hexadecimal digits.
  static func text(of name: String, count: Int) -> String {
    String(Hexadecimal.text(of: SHA256.hash(data: Array(name.utf8))).prefix(count))
  }
}
