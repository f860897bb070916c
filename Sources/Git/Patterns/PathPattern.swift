/// One pattern of a `.gitignore` or `.gitattributes` file, as git's `dir.c` matches it.
struct PathPattern: Equatable {
  /// Without the leading `!` and the trailing slash.
  let bytes: [UInt8]
  /// How many bytes come before the first that means more than itself.
  let literalCount: Int
  let isNegative: Bool
  let mustBeDirectory: Bool
  /// Without a slash, it is matched against the last part of a path only.
  let isName: Bool
  /// `*` and then only letters, so that comparing ends is enough.
  let isSuffix: Bool

  init(_ pattern: some Collection<UInt8>) {
    var bytes = Array(pattern)
    isNegative = bytes.first == UInt8(ascii: "!")
    if isNegative { bytes.removeFirst() }
    let special = bytes.firstIndex(where: Wildmatch.isSpecial) ?? bytes.count
    isSuffix =
      bytes.first == UInt8(ascii: "*") && !bytes.dropFirst().contains(where: Wildmatch.isSpecial)
    mustBeDirectory = bytes.last == UInt8(ascii: "/")
    if mustBeDirectory { bytes.removeLast() }
    isName = !bytes.contains(UInt8(ascii: "/"))
    literalCount = min(special, bytes.count)
    self.bytes = bytes
  }

  /// Whether the pattern, which stands in a file of the directory `base`, matches `path`.
  ///
  /// - Parameters:
  ///   - path: relative to the root, without a trailing slash.
  ///   - name: where the last part of `path` begins.
  ///   - base: relative to the root, without a trailing slash; empty for the root. `path` is known
  ///     to be below it.
  func matches(
    _ path: [UInt8], name: Int, isDirectory: Bool, base: [UInt8], ignoringCase: Bool
  ) -> Bool {
    if mustBeDirectory && !isDirectory { return false }
    return isName
      ? matches(name: path, name, ignoringCase: ignoringCase)
      : matches(whole: path, base: base, ignoringCase: ignoringCase)
  }

  private func matches(name path: [UInt8], _ start: Int, ignoringCase: Bool) -> Bool {
    let count = path.count - start
    if literalCount == bytes.count {
      return count == bytes.count
        && Self.equal(bytes, 0, path, start, count, ignoringCase: ignoringCase)
    }
    if isSuffix {
      let suffix = bytes.count - 1
      return suffix <= count
        && Self.equal(bytes, 1, path, path.count - suffix, suffix, ignoringCase: ignoringCase)
    }
    return Wildmatch.matches(
      bytes, bytes.indices, path, start..<path.count, pathname: false, ignoringCase: ignoringCase)
  }

  private func matches(whole path: [UInt8], base: [UInt8], ignoringCase: Bool) -> Bool {
    var patternStart = 0
    var literal = literalCount
    if bytes.first == UInt8(ascii: "/") {
      patternStart = 1
      literal -= 1
    }
    var start = 0
    if !base.isEmpty {
      guard path.count > base.count, path[base.count] == UInt8(ascii: "/"),
        Self.equal(base, 0, path, 0, base.count, ignoringCase: ignoringCase)
      else { return false }
      start = base.count + 1
    }
    if literal > 0 {
      guard literal <= path.count - start,
        Self.equal(bytes, patternStart, path, start, literal, ignoringCase: ignoringCase)
      else { return false }
      patternStart += literal
      start += literal
      if patternStart == bytes.count && start == path.count { return true }
    }
    return Wildmatch.matches(
      bytes, patternStart..<bytes.count, path, start..<path.count, pathname: true,
      ignoringCase: ignoringCase)
  }

  private static func equal(
    _ left: [UInt8], _ leftStart: Int, _ right: [UInt8], _ rightStart: Int, _ count: Int,
    ignoringCase: Bool
  ) -> Bool {
    for offset in 0..<count {
      let (a, b) = (left[leftStart + offset], right[rightStart + offset])
      if a != b && (!ignoringCase || a.lowercased != b.lowercased) { return false }
    }
    return true
  }
}

extension [UInt8] {
  /// Where the last part of a path begins.
  var nameStart: Int { (lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1 }

  /// Without the mark that some editors put before UTF-8.
  var withoutByteOrderMark: ArraySlice<UInt8> {
    starts(with: [0xef, 0xbb, 0xbf]) ? dropFirst(3) : self[...]
  }
}
