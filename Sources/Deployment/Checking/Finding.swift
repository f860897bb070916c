/// How much a finding matters.
package enum Severity: String, Sendable, CaseIterable, Comparable {
  /// The deployment would fail, or leave what it must not: a push stops.
  case error
  /// It may work; a push says so and goes on.
  case warning

  package static func < (left: Severity, right: Severity) -> Bool {
    left == .warning && right == .error
  }
}

/// What a rule found in a bundle.
package struct Finding: Sendable, Equatable {
  package var rule: Rule
  package var severity: Severity
  package var sighting: Sighting

  package var path: String? { sighting.path }
  package var line: Int? { sighting.line }
  package var column: Int? { sighting.column }
  package var detail: String { sighting.detail }

  /// What to do about it: the sighting's own words, or the rule's.
  package var remedy: String { sighting.remedy ?? rule.remedy }

  /// In the order in which people read: errors first, then by rule and by place.
  static func precedes(_ left: Finding, _ right: Finding) -> Bool {
    if left.severity != right.severity { return left.severity > right.severity }
    if left.rule.id != right.rule.id { return left.rule.id < right.rule.id }
    if left.path != right.path { return (left.path ?? "") < (right.path ?? "") }
    return (left.line ?? 0, left.column ?? 0) < (right.line ?? 0, right.column ?? 0)
  }
}

/// Where a rule is broken, and how.
package struct Sighting: Sendable, Equatable {
  /// As in the bundle; `nil` for what is about no file of it.
  package var path: String?
  /// Counted from 1.
  package var line: Int?
  /// In characters, counted from 1.
  package var column: Int?
  /// What is wrong here: lower case, no full stop. Never a secret's value.
  package var detail: String
  /// What to do here, where the rule's own words say less: a command, or a line to write.
  package var remedy: String?
  /// Where this case matters less or more than the rule's others.
  package var severity: Severity?
  /// What `git eb check --fix` can do about it.
  package var mend: Mend?
  /// Tells a secret from others without showing it, for `check.allow`.
  package var fingerprint: String?

  package init(
    _ detail: String, at path: String? = nil, line: Int? = nil, column: Int? = nil,
    remedy: String? = nil, severity: Severity? = nil, mend: Mend? = nil, fingerprint: String? = nil
  ) {
    self.detail = detail
    self.path = path
    self.line = line
    self.column = column
    self.remedy = remedy
    self.severity = severity
    self.mend = mend
    self.fingerprint = fingerprint
  }
}

/// A change to the repository that is mechanical and loses nothing. Paths are those of the bundle.
package enum Mend: Sendable, Hashable {
  /// Set the executable bit in the index, and on the file.
  case makeExecutable(String)
  /// Say in `.gitattributes` that the file has lines that end in LF, and write it so.
  case endLinesWithLF(String)
  /// `git mv`, where nothing is at the new place.
  case move(from: String, to: String)
}
