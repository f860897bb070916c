/// `GIT_ALTERNATE_OBJECT_DIRECTORIES`: paths with colons between them, which may be quoted.
enum AlternateList {
  static func parse(_ text: String) -> [String] {
    var paths: [String] = []
    var rest = text.utf8[...]
    while let first = rest.first {
      var path: [UInt8] = []
      if first == UInt8(ascii: "\"") {
        guard let (unquoted, count) = CQuoting.unquote(rest) else { break }
        path = unquoted
        rest = rest.dropFirst(count)
      } else {
        path = Array(rest.prefix { $0 != UInt8(ascii: ":") })
        rest = rest.dropFirst(path.count)
      }
      if rest.first == UInt8(ascii: ":") { rest = rest.dropFirst() }
      if !path.isEmpty && path.first != UInt8(ascii: "#") {
        paths.append(String(decoding: path, as: UTF8.self))
      }
    }
    return paths
  }
}
