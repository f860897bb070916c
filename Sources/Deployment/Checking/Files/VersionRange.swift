/// A range of versions as npm writes one, looked at by its major versions alone.
///
/// Source: https://github.com/npm/node-semver#ranges
struct VersionRange {
  /// One for each part between `||`: the majors from the first to the last.
  private let majors: [ClosedRange<Int>]

  private static let last = 9999

  /// `nil` for what is not understood.
  init?(_ text: String) {
    var majors: [ClosedRange<Int>] = []
    var rest = text[...]
    while true {
      let separator = rest.firstRange(of: "||")
      let part = rest[..<(separator?.lowerBound ?? rest.endIndex)]
      guard let range = Self.range(part.trimming(while: \.isWhitespace)) else { return nil }
      majors.append(range)
      guard let separator else { break }
      rest = rest[separator.upperBound...]
    }
    self.majors = majors
  }

  /// Whether any version of that major version is in the range, for all that is known.
  func mayContain(major: Int) -> Bool { majors.contains { $0.contains(major) } }

  /// What all the words between spaces allow. `nil` where nothing is left, too.
  private static func range(_ text: Substring) -> ClosedRange<Int>? {
    let words = text.split(whereSeparator: \.isWhitespace)
    if words.isEmpty { return 0...last }
    if words.count == 3, words[1] == "-" {
      guard let low = version(words[0])?.major, let high = version(words[2])?.major, low <= high
      else { return nil }
      return low...high
    }
    var bounds = (low: 0, high: last)
    var pending: Substring?
    for word in words {
      // The operator may stand by itself.
      if word.allSatisfy({ operators.contains($0) }) {
        guard pending == nil else { return nil }
        pending = word
        continue
      }
      let sign = pending ?? word.prefix { operators.contains($0) }
      let number = pending == nil ? word.dropFirst(sign.count) : word
      pending = nil
      guard let one = comparator(sign, number) else { return nil }
      bounds = (max(bounds.low, one.lowerBound), min(bounds.high, one.upperBound))
    }
    return pending == nil && bounds.low <= bounds.high ? bounds.low...bounds.high : nil
  }

  private static let operators: Set<Character> = ["<", ">", "=", "^", "~"]

  private static func comparator(_ sign: Substring, _ text: Substring) -> ClosedRange<Int>? {
    guard let version = version(text) else { return nil }
    guard let major = version.major else { return ["", "=", ">="].contains(sign) ? 0...last : nil }
    switch sign {
    case "", "=", "^", "~", "~>": return major...major
    case ">=": return major...last
    // What is after 20.1.0 may still be 20, and what is after 20 may not.
    case ">": return (version.isWhole ? major + 1 : major)...last
    case "<=": return 0...major
    case "<":
      let high = version.isStart ? major - 1 : major
      return high >= 0 ? 0...high : nil
    default: return nil
    }
  }

  /// - Returns: the major version, `nil` for `*` and `x`; whether nothing but the major version is
  ///   said; and whether it is the first of its major version.
  private static func version(
    _ text: Substring
  ) -> (major: Int?, isWhole: Bool, isStart: Bool)? {
    let plain = text.hasPrefix("v") ? text.dropFirst() : text
    let parts = plain.split(separator: ".", omittingEmptySubsequences: false)
    guard let first = parts.first, parts.count <= 3 else { return nil }
    let isAny = { (part: Substring) in ["x", "X", "*"].contains(part) }
    if isAny(first) { return (nil, true, true) }
    guard let major = Int(first), (0..<last).contains(major) else { return nil }
    let others = parts.dropFirst().filter { !isAny($0) }
    guard others.allSatisfy({ $0.first?.isNumber == true }) else { return nil }
    return (major, others.isEmpty, others.allSatisfy { $0 == "0" })
  }
}
