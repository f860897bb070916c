/// A commit's subject in the form of Conventional Commits: `feat(cart)!: add coupons`.
///
/// Source: https://www.conventionalcommits.org/en/v1.0.0/. The specification leaves the types open;
/// only the usual ones are taken, since `net: fix the resolver` is how other projects name the part
/// that a commit touches.
struct ConventionalCommit: Sendable, Equatable {
  /// In lower case, such as `feat`.
  var type: String
  /// The part that it is about, such as `cart`.
  var scope: String?
  var isBreaking: Bool
  /// What stands behind the colon.
  var subject: String

  /// Those of the specification's examples and of commitlint's `config-conventional`.
  private static let types: Set<String> = [
    "build", "chore", "ci", "docs", "feat", "fix", "perf", "refactor", "revert", "style", "test",
  ]

  /// `nil` when the subject has another form. `message` is the whole message, `summary` its subject.
  init?(summary: String, message: String) {
    guard let colon = summary.firstRange(of: ": ") else { return nil }
    var head = summary[..<colon.lowerBound]
    let isMarked = head.hasSuffix("!")
    if isMarked { head.removeLast() }
    var scope: String?
    if head.hasSuffix(")"), let open = head.firstIndex(of: "(") {
      scope = String(head[head.index(after: open)...].dropLast())
      head = head[..<open]
    }
    let type = head.lowercased()
    let subject = summary[colon.upperBound...].drop { $0 == " " }
    guard Self.types.contains(type), scope != "", !subject.isEmpty else { return nil }
    self.type = type
    self.scope = scope
    self.subject = String(subject)
    isBreaking = isMarked || Self.saysBreaking(message)
  }

  /// Whether a line of the message, behind its subject, says that something breaks, which counts
  /// whatever the form of the subject.
  static func saysBreaking(_ message: String) -> Bool {
    message.split(separator: "\n", omittingEmptySubsequences: false).dropFirst().contains { line in
      ["BREAKING CHANGE: ", "BREAKING-CHANGE: ", "BREAKING CHANGE #", "BREAKING-CHANGE #"]
        .contains { line.hasPrefix($0) }
    }
  }
}
