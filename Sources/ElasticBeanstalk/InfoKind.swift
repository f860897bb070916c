/// Which logs are asked for: the model's `EnvironmentInfoType`.
package struct InfoKind: Word, Sendable, Hashable {
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }

  /// The last hundred lines of the usual logs.
  package static let tail = InfoKind(rawValue: "tail")
  /// All logs, as a zip file.
  package static let bundle = InfoKind(rawValue: "bundle")
}
