import Deployment

/// What git tells a post-receive hook on standard input: `<old id> <new id> <reference>`, a line for
/// each (githooks(5)).
enum PushedReferences {
  struct Update {
    var reference: String
    /// `nil` where the reference was deleted.
    var new: String?
  }

  /// Throws ``CommandError/notFromPostReceive`` for anything else.
  static func read() throws -> [Update] {
    let text = String(decoding: try FileSystem.standardInput(), as: UTF8.self)
    return try text.split(separator: "\n").map { line in
      let words = line.split(separator: " ", maxSplits: 2).map(String.init)
      guard words.count == 3, words[0].utf8.count == words[1].utf8.count,
        words[1].utf8.allSatisfy({ Self.isHexadecimal($0) })
      else { throw CommandError.notFromPostReceive }
      let isDeleted = words[1].utf8.allSatisfy { $0 == UInt8(ascii: "0") }
      return Update(reference: words[2], new: isDeleted ? nil : words[1])
    }
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}
