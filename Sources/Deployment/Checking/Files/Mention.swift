/// A word in a text, and where it stands.
struct Mention: Equatable, Sendable {
  var word: String
  var path: String
  /// Counted from 1.
  var line: Int
  /// In characters, counted from 1.
  var column: Int

  /// Where each of the words first stands by itself in each of the files, but only one of them in a
  /// line. Lines that are comments do not count: YAML and shells begin one with `#`.
  static func all(of words: [String], in paths: [String], of bundle: CheckedBundle) -> [Mention] {
    let words = words.map { (text: $0, bytes: Array($0.utf8)) }
    return paths.flatMap { path -> [Mention] in
      guard let bytes = bundle.contents(of: path) else { return [] }
      // By where the line starts.
      var found: [Int: (word: String, start: Int)] = [:]
      for word in words {
        // A line of a megabyte may hold nothing else than the word: each byte is read once.
        var (line, seen, isInComment) = (0, 0, false)
        for (index, start) in places(of: word.bytes, in: bytes).enumerated() {
          let newline = bytes[seen..<start].lastIndex(of: UInt8(ascii: "\n"))
          seen = start
          if let newline { line = newline + 1 }
          if newline != nil || index == 0 { isInComment = isComment(bytes[line..<start]) }
          if !isInComment, start < found[line]?.start ?? .max { found[line] = (word.text, start) }
        }
      }
      var seen: Set<String> = []
      return found.sorted { $0.key < $1.key }.compactMap { line, place in
        guard seen.insert(place.word).inserted else { return nil }
        return Mention(
          word: place.word, path: path,
          line: bytes[..<line].count { $0 == UInt8(ascii: "\n") } + 1,
          column: String(decoding: bytes[line..<place.start], as: UTF8.self).count + 1)
      }
    }
  }

  /// Whether any of the words stands in a text by itself.
  static func isAny(of words: [String], in text: String) -> Bool {
    let bytes = Array(text.utf8)
    return words.contains { !places(of: Array($0.utf8), in: bytes).isEmpty }
  }

  private static func places(of word: [UInt8], in bytes: [UInt8]) -> [Int] {
    var places: [Int] = []
    var next = 0
    while let start = bytes.firstPlace(of: word, from: next) {
      next = start + word.count
      let isPartBefore = start > 0 && isPart(bytes[start - 1])
      let isPartAfter = next < bytes.count && isPart(bytes[next])
      if !isPartBefore, !isPartAfter { places.append(start) }
    }
    return places
  }

  private static func isComment(_ start: ArraySlice<UInt8>) -> Bool {
    start.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") } == UInt8(ascii: "#")
  }

  /// Of a longer word or name of a file.
  private static func isPart(_ byte: UInt8) -> Bool {
    byte >= 0x80 || "_-.".utf8.contains(byte) || LeakPattern.Alphabet.base62.contains(byte)
  }
}

extension CheckedBundle {
  /// Whether a file sets up an instance: one of `.ebextensions`, or a hook of the platform.
  static func isSetup(_ entry: Entry) -> Bool {
    // Hardly any does, and every one is asked.
    guard entry.bytes.first == UInt8(ascii: "."), entry.isFile else { return false }
    return entry.path.hasPrefix(ExtensionsFile.directory) && !entry.path.hasSuffix(".md")
      || HookRules.isHook(entry)
  }

  /// Whether it is for what came before Amazon Linux 2, for all that is known.
  var isForAmazonLinux1: Bool { platform?.isModern == false }
}

extension CheckedBundle.Entry {
  /// Where a piece of a path begins in this one, counted in bytes.
  func place(of piece: [UInt8]) -> Int? { bytes.firstPlace(of: piece, from: 0) }
}

extension [UInt8] {
  /// Where a piece begins, at an index or after it. Every path is searched, and that by characters
  /// would take longer than making the bundle.
  func firstPlace(of piece: [UInt8], from start: Int) -> Int? {
    guard let first = piece.first, count - start >= piece.count else { return nil }
    for place in start...(count - piece.count) where self[place] == first {
      if self[place...].starts(with: piece) { return place }
    }
    return nil
  }
}
