package import Git

/// The number of a release in a tag's name: a semantic version behind a prefix, such as `v1.4.0`,
/// `2.0.0-rc.1` or `shop/v1.0.3`.
///
/// Source: https://semver.org/spec/v2.0.0.html
package struct ReleaseNumber: Sendable, Hashable, CustomStringConvertible {
  /// What stands in front of the number, such as `v`; often nothing.
  package var prefix: String
  package var major: Int
  package var minor: Int
  package var patch: Int
  /// What stands behind the hyphen, such as `rc.1`.
  package var prerelease: String?

  /// What a first release is called. semver.org's advice: what is in production is 1.0.0.
  package static let first = ReleaseNumber(prefix: "v", major: 1, minor: 0, patch: 0)

  init(prefix: String, major: Int, minor: Int, patch: Int, prerelease: String? = nil) {
    self.prefix = prefix
    self.major = major
    self.minor = minor
    self.patch = patch
    self.prerelease = prerelease
  }

  /// `nil` when the name does not end with a semantic version. Build metadata (`+…`) is read over.
  package init?(_ name: String) {
    var previous: Character?
    for index in name.indices {
      defer { previous = name[index] }
      guard Self.isDigit(name[index]), previous.map({ !Self.isDigit($0) && $0 != "." }) ?? true,
        let found = Self.parse(name[index...])
      else { continue }
      self = found
      prefix = String(name[..<index])
      return
    }
    return nil
  }

  private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }

  private static func parse(_ text: Substring) -> ReleaseNumber? {
    let parts = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2, !isList(parts[1], allowingZeros: true) { return nil }
    let core = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    if core.count == 2, !isList(core[1], allowingZeros: false) { return nil }
    let numbers = core[0].split(separator: ".", omittingEmptySubsequences: false).map(number)
    guard numbers.count == 3, let major = numbers[0], let minor = numbers[1],
      let patch = numbers[2]
    else { return nil }
    return ReleaseNumber(
      prefix: "", major: major, minor: minor, patch: patch,
      prerelease: core.count == 2 ? String(core[1]) : nil)
  }

  /// Without leading zeros, and small enough to be counted up.
  private static func number(_ text: Substring) -> Int? {
    guard (1...9).contains(text.count), text.allSatisfy(isDigit), text == "0" || text.first != "0"
    else { return nil }
    return Int(text)
  }

  /// Identifiers with dots between them.
  private static func isList(_ text: Substring, allowingZeros: Bool) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      let isZeroLed = part.count > 1 && part.first == "0" && part.allSatisfy(isDigit)
      return !part.isEmpty && (allowingZeros || !isZeroLed)
        && part.utf8.allSatisfy { EnvironmentName.isAllowed($0) }
    }
  }

  package var description: String {
    "\(prefix)\(major).\(minor).\(patch)" + (prerelease.map { "-" + $0 } ?? "")
  }

  // MARK: - The next one

  /// Which of the three numbers a change counts up.
  package enum Step: Int, Sendable, Comparable {
    case patch
    case minor
    case major

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// What the commits come to: something that breaks counts up the major number, `feat` of
  /// Conventional Commits the minor one, and anything else the last.
  package static func step(for commits: some Sequence<Commit>) -> Step {
    commits.lazy.map(step).max() ?? .patch
  }

  private static func step(for commit: Commit) -> Step {
    let summary = commit.summary
    let form = ConventionalCommit(summary: summary, message: commit.message)
    if form?.isBreaking ?? ConventionalCommit.saysBreaking(commit.message) { return .major }
    return form?.type == "feat" ? .minor : .patch
  }

  /// The number after this one. Before 1.0.0, what breaks counts up the minor number. After a
  /// prerelease comes its release, where that counts up enough.
  package func next(_ step: Step) -> ReleaseNumber {
    var next = self
    next.prerelease = nil
    let isPrerelease = prerelease != nil
    switch major == 0 ? min(step, .minor) : step {
    case .major:
      if isPrerelease, minor == 0, patch == 0 { break }
      next.major += 1
      next.minor = 0
      next.patch = 0
    case .minor:
      if isPrerelease, patch == 0 { break }
      next.minor += 1
      next.patch = 0
    case .patch:
      if isPrerelease { break }
      next.patch += 1
    }
    return next
  }
}
