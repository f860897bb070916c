/// `check`: what is made of findings.
package struct CheckSettings: Sendable, Equatable {
  package enum Level: String, Sendable, CaseIterable {
    case off, warning, error
  }

  /// By the rule's identifier.
  package var levels: [String: Setting<Level>] = [:]
  /// What is not told: paths as patterns of `.gitignore`, and fingerprints of secrets.
  package var allowed: [Setting<String>] = []

  package init() {}
}

/// Runs the rules over a bundle.
package struct Checker: Sendable {
  private let settings: CheckSettings
  private let isOnBeanstalk: Bool
  private let rules: [Rule]

  /// - Parameter isOnBeanstalk: whether the bundle goes there; elsewhere, rules about Beanstalk alone
  ///   only warn.
  package init(_ settings: CheckSettings, isOnBeanstalk: Bool, rules: [Rule] = Rules.all) {
    self.settings = settings
    self.isOnBeanstalk = isOnBeanstalk
    self.rules = rules
  }

  /// As a configuration says.
  package init(_ configuration: Configuration) {
    self.init(configuration.check, isOnBeanstalk: configuration.host.value == .beanstalk)
  }

  /// Everything that is found, errors first.
  package func findings(in bundle: CheckedBundle) -> [Finding] {
    var allowed = Allowed(settings.allowed.map(\.value))
    return rules.flatMap { rule -> [Finding] in
      let level = settings.levels[rule.id]?.value
      if level == .off || !isMeant(rule, for: bundle.platform) { return [] }
      return rule.look(bundle).compactMap { sighting in
        if rule.isAboutSecrets, allowed.contains(sighting) { return nil }
        return Finding(
          rule: rule, severity: severity(of: sighting, rule, level), sighting: sighting)
      }
    }.sorted(by: Finding.precedes)
  }

  private func isMeant(_ rule: Rule, for platform: PlatformGuess?) -> Bool {
    guard let platforms = rule.platforms else { return true }
    // What holds for all of Linux holds where nothing is known too.
    guard let platform else { return platforms == PlatformKind.linux }
    return platforms.contains(platform.kind)
  }

  private func severity(
    of sighting: Sighting, _ rule: Rule, _ level: CheckSettings.Level?
  ) -> Severity {
    switch level {
    case .error: return .error
    case .warning: return .warning
    case .off, nil:
      let own = sighting.severity ?? rule.severity
      return rule.isBeanstalks && !isOnBeanstalk ? .warning : own
    }
  }
}

extension Rule {
  /// Whether it is about what should not leave, which may be allowed by path or fingerprint.
  fileprivate var isAboutSecrets: Bool { LeakRules.all.contains(self) }
}

/// What `check.allow` lets pass.
private struct Allowed {
  private let fingerprints: Set<String>
  private var patterns: IgnoreFile

  init(_ words: [String]) {
    fingerprints = Set(words)
    patterns = IgnoreFile(Array(words.joined(separator: "\n").utf8))
  }

  mutating func contains(_ sighting: Sighting) -> Bool {
    if let fingerprint = sighting.fingerprint, fingerprints.contains(fingerprint) { return true }
    return sighting.path.map { patterns.excludes(Array($0.utf8)) } ?? false
  }
}
