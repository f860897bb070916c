/// What is wrong with a configuration: all of it, not only what was found first.
package struct ConfigurationError: Error, Sendable, Equatable {
  package let problems: [ConfigurationProblem]
}

/// One thing that is wrong, and where.
package struct ConfigurationProblem: Error, Sendable, Equatable {
  package enum What: Sendable, Equatable {
    /// `nearest` is the known key that was probably meant.
    case unknownKey(String, nearest: String?)
    /// `key` is empty for the document itself. `expected` and `found` are for people.
    case wrongType(key: String, expected: String, found: String)
    case duplicateKey(String, firstLine: Int)
    case missingKey(String)
    case invalidValue(key: String, value: String, why: String)
    /// The key is known, but only `.git-eb.yml` can hold it.
    case onlyInFile(key: String)
    case syntax(String)
  }

  /// The file and line, variable, option or git setting.
  package let origin: Origin
  /// Counted from 1; `nil` outside of files.
  package let column: Int?
  package let what: What

  package init(origin: Origin, column: Int? = nil, what: What) {
    self.origin = origin
    self.column = column
    self.what = what
  }
}
