package import Git

/// Which environment a branch maps to, and why.
package struct Mapping: Sendable, Equatable {
  /// What decided.
  package enum Reason: Sendable, Equatable {
    /// `--environment`, or `GIT_EB_ENVIRONMENT`.
    case asked(Origin)
    /// `branch.<name>.ebEnvironment`.
    case branchSetting(Origin)
    /// A pattern of `branches`.
    case pattern(String, Origin)
    /// `branch-defaults` of the EB CLI.
    case ebCLI(Origin)
    /// Nothing is configured; this is git-eb's own mapping.
    case builtIn(String)
  }

  package var environment: EnvironmentName
  package var reason: Reason
  /// Whether the environment was made from the branch's name, for this branch alone.
  package var isEphemeral: Bool
}

/// Maps branches to environments as the configuration says.
///
/// Highest first: git's `branch.<name>.ebEnvironment`, the patterns of `.git-eb.yml`, the EB CLI's
/// `branch-defaults`, and, where no branch is configured anywhere, `master` and `main` to
/// `production`, `dev` and `develop` to `dev`, and every other to an environment of its own.
package struct BranchMapping: Sendable {
  private let configuration: Configuration

  package init(_ configuration: Configuration) {
    self.configuration = configuration
  }

  /// `nil` when the configuration maps some branches, but not this one.
  package func mapping(of branch: BranchName) -> Mapping? {
    let name = branch.description
    if let override = configuration.branchOverrides[name] {
      return mapping(override.value, branch, .branchSetting(override.origin))
    }
    for rule in configuration.branches where Wildmatch.matches(rule.pattern, name) {
      return mapping(rule.target, branch, .pattern(rule.pattern, rule.origin))
    }
    if let setting = configuration.ebCLIBranches[name]?.environment {
      return mapping(.named(setting.value), branch, .ebCLI(setting.origin))
    }
    guard configuration.branches.isEmpty,
      configuration.ebCLIBranches.values.allSatisfy({ $0.environment == nil })
    else { return nil }
    for (pattern, target) in Self.builtIn where pattern == name {
      return mapping(.named(target), branch, .builtIn(pattern))
    }
    let application = configuration.application.map { $0.value.text + "-" } ?? ""
    return mapping(.template(application + "{branch}"), branch, .builtIn("every other branch"))
  }

  /// The environments that are named outright: no branch's own environment takes such a name.
  package var namedEnvironments: Set<EnvironmentName> {
    var names = Set(configuration.environments.keys)
    let targets =
      configuration.branches.map(\.target) + configuration.branchOverrides.values.map(\.value)
    for case .named(let name) in targets { names.insert(name) }
    for branch in configuration.ebCLIBranches.values {
      if let setting = branch.environment { names.insert(setting.value) }
    }
    // Else a branch of that name would be given what is meant for the environment.
    names.formUnion(configuration.secrets.flatMap { $0.environments ?? [] })
    return names.union(Self.builtIn.map(\.target))
  }

  /// The branches that are named outright, not by a pattern, and map to an environment, by name.
  package func namedBranches(of environment: EnvironmentName) -> [BranchName] {
    let texts =
      configuration.branches.map(\.pattern) + configuration.branchOverrides.keys
      + configuration.ebCLIBranches.keys + Self.builtIn.map(\.pattern)
    // What makes a pattern one may not be part of a branch's name (git-check-ref-format(1)).
    return Set(texts.compactMap { BranchName($0) }).filter {
      mapping(of: $0)?.environment == environment
    }.sorted()
  }

  private func mapping(
    _ target: EnvironmentTarget, _ branch: BranchName, _ reason: Mapping.Reason
  ) -> Mapping {
    switch target {
    case .named(let name):
      return Mapping(environment: name, reason: reason, isEphemeral: false)
    case .template(let template):
      let reserved = namedEnvironments.union(claimedElsewhere(template, branch))
      let name = EnvironmentName(template: template, branch: branch, reserved: reserved)
      return Mapping(environment: name, reason: reason, isEphemeral: true)
    }
  }

  /// The plain name that `template` gives, if another branch gets the same from another template:
  /// then neither has it.
  private func claimedElsewhere(_ template: String, _ branch: BranchName) -> [EnvironmentName] {
    let wanted = template.replacing("{branch}", with: branch.description)
    guard let name = EnvironmentName(wanted) else { return [] }
    for case .template(let other) in configuration.branches.map(\.target) where other != template {
      let parts = other.split(separator: "{branch}", omittingEmptySubsequences: false)
      let rest = wanted.utf8.count - parts.reduce(0) { $0 + $1.utf8.count }
      guard rest > 0, rest % (parts.count - 1) == 0, let first = parts.first else { continue }
      let start = wanted.utf8.dropFirst(first.utf8.count)
      let claimant = String(decoding: start.prefix(rest / (parts.count - 1)), as: UTF8.self)
      if other.replacing("{branch}", with: claimant) == wanted, claimant != branch.description {
        return [name]
      }
    }
    return []
  }

  private static let builtIn: [(pattern: String, target: EnvironmentName)] = {
    let production = EnvironmentName(trusted: "production")
    let dev = EnvironmentName(trusted: "dev")
    return [("master", production), ("main", production), ("dev", dev), ("develop", dev)]
  }()
}
