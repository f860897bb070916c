import Git

/// A path limit after `--`: a file, a directory with all below it, or a pattern.
struct PathLimit {
  private let text: String
  private let bytes: [UInt8]
  private let isPattern: Bool

  init(_ text: String) {
    var text = text.hasPrefix("./") ? String(text.dropFirst(2)) : text
    while text.count > 1, text.hasSuffix("/") { text.removeLast() }
    self.text = text
    bytes = Array(text.utf8)
    isPattern = text.contains { "*?[".contains($0) }
  }

  func matches(_ path: [UInt8]) -> Bool {
    if text == "." { return true }
    if path.starts(with: bytes),
      path.count == bytes.count || path[bytes.count] == UInt8(ascii: "/")
    {
      return true
    }
    return isPattern
      && Wildmatch.matches(text, String(decoding: path, as: UTF8.self), pathname: false)
  }
}
