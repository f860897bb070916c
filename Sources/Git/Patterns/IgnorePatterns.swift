/// The patterns of one `.gitignore`, or of a file of the same form, by git's own rules (`dir.c`).
package struct IgnorePatterns: Sendable, Equatable {
  /// What the last pattern that matches says.
  package enum Decision: Sendable {
    case ignored
    /// By a pattern with `!`.
    case included
  }

  private let base: [UInt8]
  private let patterns: [PathPattern]

  /// - Parameter base: the directory that the file is in, relative to the root, without a trailing
  ///   slash. Only paths below it may be asked for.
  package init(_ contents: some Collection<UInt8>, base: [UInt8] = []) {
    self.base = base
    patterns = Array(contents).withoutByteOrderMark
      .split(separator: 0x0a)
      .filter { $0.first != UInt8(ascii: "#") }
      .map { Self.trimmed($0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0) }
      .filter { !$0.isEmpty }
      .map { PathPattern($0) }
  }

  package var isEmpty: Bool { patterns.isEmpty }
  /// Whether there is a pattern with `!`.
  package var hasInclusions: Bool { patterns.contains(where: \.isNegative) }

  /// What the file says about one path, or `nil` when no pattern matches. Nothing is said about the
  /// directories above: in git, what is below an ignored directory is ignored, whatever matches it.
  ///
  /// - Parameter path: without a trailing slash.
  package func decision(
    for path: [UInt8], isDirectory: Bool, ignoringCase: Bool = false
  ) -> Decision? {
    let nameStart = path.nameStart
    let match = patterns.last {
      $0.matches(
        path, name: nameStart, isDirectory: isDirectory, base: base, ignoringCase: ignoringCase)
    }
    return match.map { $0.isNegative ? .included : .ignored }
  }

  /// Without the spaces at the end that have no backslash before them.
  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var lastSpace: Int?
    var position = line.startIndex
    while position < line.endIndex {
      switch line[position] {
      case 0x20:
        lastSpace = lastSpace ?? position
      case UInt8(ascii: "\\"):
        position += 1
        if position >= line.endIndex { return line }
        lastSpace = nil
      default:
        lastSpace = nil
      }
      position += 1
    }
    return lastSpace.map { line[..<$0] } ?? line
  }
}
