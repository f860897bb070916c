import Git

/// The `.git-eb.yml` that says what the EB CLI's files say.
package struct EBCLIImport: Sendable {
  /// Something of the EB CLI's files that `.git-eb.yml` does not say.
  package struct Remainder: Sendable, Equatable {
    package enum Reason: Sendable, Equatable {
      /// git-eb has no such setting.
      case unknown
      /// The EB CLI's files go on saying it: `.git-eb.yml` would override a branch's own value.
      case left
    }

    /// Such as `global.default_ec2_keyname`.
    package var key: String
    package var origin: Origin
    package var reason: Reason
  }

  package let template: ConfigurationTemplate
  package let remainders: [Remainder]
  /// What cannot be read.
  package let problems: [ConfigurationProblem]

  /// `files` has the one that wins first, as ``ConfigurationSources/ebCLI``.
  ///
  /// A branch that has a region or profile of its own keeps it only as long as no file of git-eb
  /// sets one for all (``Configuration/region(forBranch:)``), so then neither is written.
  package init(_ files: [ConfigurationSources.File]) {
    let found = EBCLIFiles(files)
    var values: [SettingKey: String] = [.host: HostKind.beanstalk.rawValue]
    for (key, setting) in found.values {
      values[key] = setting.value.text ?? setting.value.flag?.description
    }
    var remainders = found.unused.map {
      Remainder(key: $0.key, origin: $0.origin, reason: .unknown)
    }
    let own = found.branchOrder.compactMap { name in found.branches[name].map { (name, $0) } }
    for (key, name, setting) in [
      (SettingKey.region, "default_region", \EBCLIBranch.region),
      (SettingKey.profile, "profile", \EBCLIBranch.profile),
    ] {
      let overriding = own.compactMap { branch, settings in
        settings[keyPath: setting].map { ("branch-defaults.\(branch).\(name)", $0.origin) }
      }
      if overriding.isEmpty { continue }
      values[key] = nil
      let shared = found.values[key].map { [("global.\(name)", $0.origin)] } ?? []
      remainders += (shared + overriding).map { Remainder(key: $0.0, origin: $0.1, reason: .left) }
    }
    var branches: [(pattern: String, environment: String)] = []
    for (branch, settings) in own {
      guard let environment = settings.environment else { continue }
      if Self.isPlain(branch) {
        branches.append((pattern: branch, environment: environment.value.text))
      } else {
        remainders.append(
          Remainder(
            key: "branch-defaults.\(branch)", origin: environment.origin, reason: .unknown))
      }
    }
    template = ConfigurationTemplate(values, branches: branches)
    self.remainders = remainders
    problems = found.warnings
  }

  /// Whether the name as a pattern matches the branch of that name and no other.
  private static func isPlain(_ branch: String) -> Bool {
    BranchName(branch) != nil && !branch.hasPrefix("refs/")
  }
}
