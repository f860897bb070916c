#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// `packed-refs`: a line `<id> <name>` for each reference and, after an annotated tag, one with `^`
/// and what it names; sorted, where the first line says so.
///
/// Source: gitrepository-layout(5), and git's `refs/packed-backend.c`.
struct PackedReferences {
  private let bytes: [UInt8]
  /// Where the lines begin.
  private let start: Int
  private let isSorted: Bool

  init(at path: String) throws(GitError) {
    bytes = try FileSystem.contents(of: path, for: "read the packed references") ?? []
    guard bytes.first == UInt8(ascii: "#") else {
      start = 0
      isSorted = false
      return
    }
    let header = bytes.prefix { $0 != 0x0a }
    start = min(header.endIndex + 1, bytes.endIndex)
    isSorted = String(decoding: header, as: UTF8.self).split(separator: " ").contains("sorted")
  }

  /// Each name below a prefix with the letters of its id.
  func forEach(
    under prefix: String, _ body: (_ name: ArraySlice<UInt8>, _ id: ArraySlice<UInt8>) -> Void
  ) {
    let prefix = Array(prefix.utf8)
    var position = isSorted ? firstLine(notBefore: prefix) : start
    while position < bytes.endIndex {
      let end = self.end(ofLineAt: position)
      if let name = name(position..<end) {
        if name.starts(with: prefix) {
          body(name, bytes[position..<(name.startIndex - 1)])
        } else if isSorted {
          break
        }
      }
      position = end + 1
    }
  }

  /// What the reference points to; `nil` where it is not here.
  func id(of fullName: String) -> ObjectID? {
    var found: ObjectID?
    let wanted = Array(fullName.utf8)
    guard isSorted else {
      forEach(under: fullName) { name, id in
        if name == wanted[...] { found = ObjectID(hex: String(decoding: id, as: UTF8.self)) }
      }
      return found
    }
    let line = firstLine(notBefore: wanted)
    guard line < bytes.endIndex, let name = name(line..<end(ofLineAt: line)), name == wanted[...]
    else { return nil }
    return ObjectID(hex: String(decoding: bytes[line..<(name.startIndex - 1)], as: UTF8.self))
  }

  /// Where the first line begins whose name does not come before `name`.
  private func firstLine(notBefore name: [UInt8]) -> Int {
    var low = start
    var high = bytes.endIndex
    while low < high {
      // Back to the beginning of a line that has a name.
      var line = beginning(ofLineAt: low + (high - low) / 2)
      while line > low, bytes[line] == UInt8(ascii: "^") { line = beginning(ofLineAt: line - 1) }
      let end = self.end(ofLineAt: line)
      if let found = self.name(line..<end), !found.lexicographicallyPrecedes(name) {
        high = line
      } else {
        low = end + 1
      }
    }
    return low
  }

  private func beginning(ofLineAt position: Int) -> Int {
    var position = position
    while position > start, bytes[position - 1] != 0x0a { position -= 1 }
    return position
  }

  private func end(ofLineAt position: Int) -> Int {
    unsafe bytes.withUnsafeBytes { bytes in
      guard let first = bytes.baseAddress,
        let end = unsafe memchr(first + position, 0x0a, bytes.count - position)
      else { return bytes.count }
      return unsafe UnsafeRawPointer(end) - first
    }
  }

  /// `nil` for a line without one.
  private func name(_ line: Range<Int>) -> ArraySlice<UInt8>? {
    guard let first = bytes[line].first, first != UInt8(ascii: "^"),
      let blank = bytes[line].firstIndex(of: 0x20)
    else { return nil }
    return bytes[(blank + 1)..<line.upperBound]
  }
}
