/// One thing that bundles are checked for: what it is called and why it matters, and a pure function
/// that looks for it.
///
/// Rules stand in `Families/`, a file for each family. To add one, write it there: identifiers are
/// never given twice, and never change what they mean.
package struct Rule: Sendable {
  /// Such as `EB105`.
  package let id: String
  /// Such as `crlf-script`.
  package let name: String
  /// Where no configuration says otherwise.
  package let severity: Severity
  /// What is wrong, in one sentence without a full stop: what a list of rules shows.
  package let title: String
  /// What Beanstalk shows of it, or what happens there.
  package let server: String
  /// What to do about it.
  package let remedy: String
  /// Where the fact is from: a page of the documentation, or a thread of people who met it.
  package let source: String
  /// The platforms that it is about; `nil` for all.
  package let platforms: Set<PlatformKind>?
  /// Whether it matters on Beanstalk alone. On other hosts it is a warning at most.
  package let isBeanstalks: Bool
  let look: @Sendable (CheckedBundle) -> [Sighting]

  package init(
    _ id: String, _ name: String, _ severity: Severity, _ title: String, server: String,
    remedy: String, source: String, platforms: Set<PlatformKind>? = nil,
    isBeanstalks: Bool = true, look: @escaping @Sendable (CheckedBundle) -> [Sighting]
  ) {
    self.id = id
    self.name = name
    self.severity = severity
    self.title = title
    self.server = server
    self.remedy = remedy
    self.source = source
    self.platforms = platforms
    self.isBeanstalks = isBeanstalks
    self.look = look
  }
}

extension Rule: Equatable {
  package static func == (left: Rule, right: Rule) -> Bool { left.id == right.id }
}

/// Every rule, by its identifier.
package enum Rules {
  package static let all: [Rule] = families.flatMap(\.rules).sorted { $0.id < $1.id }

  /// The families, as `git eb check --explain` groups them.
  package static let families: [(name: String, rules: [Rule])] = [
    ("layout", LayoutRules.all),
    ("hooks", HookRules.all),
    ("extensions", ExtensionRules.all),
    ("python", PythonRules.all),
    ("node", NodeRules.all),
    ("java", JavaRules.all),
    ("docker", DockerRules.all),
    ("proxy", ProxyRules.all),
    ("secrets", LeakRules.all),
    ("names", NameRules.all),
  ]

  /// The rule of that identifier or name, in any case.
  package static func rule(_ text: String) -> Rule? {
    let text = text.lowercased()
    return all.first { $0.id.lowercased() == text || $0.name == text }
  }
}
