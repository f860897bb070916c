/// Every setting that is in force, with where it came from.
package struct Configuration: Sendable {
  /// `nil` when nothing names it.
  package var application: Setting<ApplicationName>?
  package var host: Setting<HostKind>
  package var region: Setting<String>?
  package var profile: Setting<String>?
  /// The platform of environments that are made.
  package var platform: Setting<String>?
  /// `branches` of `.git-eb.yml`, in its order: the first match wins.
  package var branches: [BranchRule]
  /// `branch.<name>.ebEnvironment` of git's configuration, by the branch's short name.
  package var branchOverrides: [String: Setting<EnvironmentTarget>]
  /// `branch-defaults` of the EB CLI, by the branch's short name.
  package var ebCLIBranches: [String: EBCLIBranch]
  package var environments: [EnvironmentName: EnvironmentSettings]
  package var previews: PreviewSettings
  /// The rules at the top; ``secrets(for:)`` adds those of an environment.
  package var secrets: [SecretRule]
  package var check: CheckSettings
  package var bundle: BundleSettings
  package var beanstalk: BeanstalkSettings
  package var local: LocalSettings
  package var command: CommandSettings
  package var push: PushSettings
  package var records: RecordSettings
  /// What was passed over in the EB CLI's files.
  package var warnings: [ConfigurationProblem]
}

/// A pattern of `branches` and what it maps to.
package struct BranchRule: Sendable, Equatable {
  /// As in `.gitignore`, over the branch's short name.
  package let pattern: String
  package let target: EnvironmentTarget
  package let origin: Origin

  package init(pattern: String, target: EnvironmentTarget, origin: Origin) {
    self.pattern = pattern
    self.target = target
    self.origin = origin
  }
}

/// What the EB CLI keeps for a branch.
package struct EBCLIBranch: Sendable, Equatable {
  package var environment: Setting<EnvironmentName>?
  package var region: Setting<String>?
  package var profile: Setting<String>?
}

/// `environments.<name>`.
package struct EnvironmentSettings: Sendable, Equatable {
  package var protection: Setting<Bool>?
  package var only: Setting<Admission>?
  /// Each is limited to this environment.
  package var secrets: [SecretRule] = []
  package var variableSettings: [String: Setting<String>] = [:]
  package var options: [Setting<EnvironmentOption>] = []
  package var policy: Setting<DeploymentPolicy>?
  package var batch: Setting<DeploymentBatch>?
  package var like: Setting<String>?
  package var platform: Setting<String>?
  /// `web` or `worker`.
  package var tier: Setting<String>?
  package var single: Setting<Bool>?
  package var cname: Setting<String>?
  package var tags: [String: Setting<String>] = [:]
  package var origin: Origin

  package var protected: Bool { protection?.value ?? false }
  package var variables: [String: String] { variableSettings.mapValues(\.value) }
}

/// `previews`.
package struct PreviewSettings: Sendable, Equatable {
  package var like: Setting<String>?
  package var settings: [Setting<EnvironmentOption>] = []
  package var single: Setting<Bool>?
  package var instanceType: Setting<String>?
  package var cname: Setting<String>?
  package var ttl: Setting<Duration>?
  package var maximum: Setting<Duration>?
  package var limit: Setting<Int>?
  package var sleep: Setting<Duration>?
}

/// `bundle`.
package struct BundleSettings: Sendable, Equatable {
  package var root: Setting<String>?
  package var submodules: Setting<Bool>
  package var lfs: Setting<Bool>
  package var artifact: Setting<String>?
  package var autocrlf: Setting<Bool>
  /// Bytes.
  package var cache: Setting<Int>
  /// Whether the source may be a stranger's, which is not configured: then `.ebignore` brings in
  /// nothing from the work tree, and Git LFS, which that source may configure, is not run.
  package var isForStrangers = false

  /// ``root`` without `.` and slashes at the ends; empty for the whole repository.
  package var rootPath: String {
    (root?.value ?? "").split(separator: "/").filter { $0 != "." }.joined(separator: "/")
  }
}

/// `beanstalk`.
package struct BeanstalkSettings: Sendable, Equatable {
  package var bucket: Setting<String>?
  package var prefix: Setting<String>?
  package var encryption: Setting<String>?
  package var kmsKey: Setting<String>?
  package var process: Setting<Bool>
  package var createApplication: Setting<Bool>
}

/// `local`.
package struct LocalSettings: Sendable, Equatable {
  package var directory: Setting<String>?
  package var hooks: Setting<Bool>
  package var health: Setting<String>?
}

/// `command`.
package struct CommandSettings: Sendable, Equatable {
  package var deploy: Setting<[String]>?
}

/// `push`.
package struct PushSettings: Sendable, Equatable {
  package var timeout: Setting<Duration>
  /// `nil` refuses an environment that is busy.
  package var wait: Setting<Duration>?
}

/// `records`.
package struct RecordSettings: Sendable, Equatable {
  package var tracking: Setting<String>
  package var expire: Setting<Duration>
  package var keep: Setting<Int>
}

extension Configuration {
  /// The rules for an environment's bundles: the shared ones that apply to it, then its own.
  package func secrets(for environment: EnvironmentName) -> [SecretRule] {
    secrets.filter { $0.applies(to: environment) } + (environments[environment]?.secrets ?? [])
  }

  /// Every rule of every environment, as written: what must not be committed anywhere.
  package var allSecrets: [SecretRule] {
    secrets + environments.sorted { $0.key < $1.key }.flatMap(\.value.secrets)
  }

  /// How the environment is made when it is missing. `previews.like` is not looked at.
  package func creation(of environment: EnvironmentName) -> CreationSettings {
    let own = environments[environment]
    var settings = CreationSettings()
    settings.like = own?.like?.value
    settings.platform = own?.platform?.value ?? platform?.value
    settings.isWorker = own?.tier?.value == "worker"
    settings.isSingleInstance = own?.single?.value
    settings.cnamePrefix = own?.cname?.value
    settings.options = options(of: environment)
    settings.tags = own?.tags.mapValues(\.value) ?? [:]
    return settings
  }

  /// The options that the environment shall have, those of its deployment policy among them.
  package func options(of environment: EnvironmentName) -> [EnvironmentOption] {
    guard let own = environments[environment] else { return [] }
    return DeploymentPolicy.options(own.policy?.value, own.batch?.value) + own.options.map(\.value)
  }

  /// The region for a branch: the EB CLI lets a branch have its own.
  package func region(forBranch branch: String?) -> Setting<String>? {
    Self.overridden(region, by: branch.flatMap { ebCLIBranches[$0]?.region })
  }

  /// The profile for a branch: the EB CLI lets a branch have its own.
  package func profile(forBranch branch: String?) -> Setting<String>? {
    Self.overridden(profile, by: branch.flatMap { ebCLIBranches[$0]?.profile })
  }

  private static func overridden(_ setting: Setting<String>?, by branch: Setting<String>?)
    -> Setting<String>?
  {
    switch setting?.origin {
    case nil, .ebCLI, .builtIn: branch ?? setting
    default: setting
    }
  }
}

// MARK: - Listing

/// A line of `git eb config`.
package struct SettingInForce: Sendable, Equatable {
  /// The key's path, such as `branches.issue*` or `secrets[0]`.
  package let name: String
  package let value: String
  package let origin: Origin
}

extension Configuration {
  /// Every setting in force, one by one, in the order of ``SettingKey``. Values of variables are
  /// masked, since they may be secrets.
  package var allSettings: [SettingInForce] {
    SettingKey.allCases.flatMap(settings)
  }

  private func settings(of key: SettingKey) -> [SettingInForce] {
    switch key {
    case .application: line(key, application, \.text)
    case .host: line(key, host, \.rawValue)
    case .region: line(key, region, \.self)
    case .profile: line(key, profile, \.self)
    case .platform: line(key, platform, \.self)
    case .branches: branchLines
    case .environmentProtected:
      environmentLines { name, settings in
        line("environments.\(name).protected", settings.protection, \.description)
      }
    case .environmentOnly: environmentLine("only", \.only, \.rawValue)
    case .environmentSecrets:
      environmentLines { name, settings in
        Self.lines("environments.\(name).secrets", settings.secrets)
      }
    case .environmentVariables:
      environmentLines { name, settings in
        settings.variableSettings.sorted { $0.key < $1.key }.map { variable in
          SettingInForce(
            name: "environments.\(name).variables.\(variable.key)", value: Self.mask,
            origin: variable.value.origin)
        }
      }
    case .environmentOptions:
      environmentLines { name, settings in
        optionLines("environments.\(name).options", settings.options)
      }
    case .environmentPolicy: environmentLine("policy", \.policy, \.rawValue)
    case .environmentBatch: environmentLine("batch", \.batch, \.description)
    case .environmentLike: environmentLine("like", \.like, \.self)
    case .environmentPlatform: environmentLine("platform", \.platform, \.self)
    case .environmentTier: environmentLine("tier", \.tier, \.self)
    case .environmentSingle: environmentLine("single", \.single, \.description)
    case .environmentCNAME: environmentLine("cname", \.cname, \.self)
    case .environmentTags:
      environmentLines { name, settings in
        settings.tags.sorted { $0.key < $1.key }.map { tag in
          SettingInForce(
            name: "environments.\(name).tags.\(tag.key)", value: tag.value.value,
            origin: tag.value.origin)
        }
      }
    case .previewsLike: line(key, previews.like, \.self)
    case .previewsSettings: optionLines(key.name, previews.settings)
    case .previewsSingle: line(key, previews.single, \.description)
    case .previewsInstanceType: line(key, previews.instanceType, \.self)
    case .previewsCNAME: line(key, previews.cname, \.self)
    case .previewsTTL: line(key, previews.ttl, \.configurationText)
    case .previewsMaximum: line(key, previews.maximum, \.configurationText)
    case .previewsLimit: line(key, previews.limit, \.description)
    case .previewsSleep: line(key, previews.sleep, \.configurationText)
    case .secrets: Self.lines(key.name, secrets)
    case .check: checkLines
    case .bundleRoot: line(key, bundle.root, \.self)
    case .bundleSubmodules: line(key, bundle.submodules, \.description)
    case .bundleLFS: line(key, bundle.lfs, \.description)
    case .bundleArtifact: line(key, bundle.artifact, \.self)
    case .bundleAutocrlf: line(key, bundle.autocrlf, \.description)
    case .bundleCache: line(key, bundle.cache, \.configurationText)
    case .beanstalkBucket: line(key, beanstalk.bucket, \.self)
    case .beanstalkPrefix: line(key, beanstalk.prefix, \.self)
    case .beanstalkEncryption: line(key, beanstalk.encryption, \.self)
    case .beanstalkKMSKey: line(key, beanstalk.kmsKey, \.self)
    case .beanstalkProcess: line(key, beanstalk.process, \.description)
    case .beanstalkCreateApplication: line(key, beanstalk.createApplication, \.description)
    case .localDirectory: line(key, local.directory, \.self)
    case .localHooks: line(key, local.hooks, \.description)
    case .localHealth: line(key, local.health, \.self)
    case .commandDeploy: line(key, command.deploy, \.commandLine)
    case .pushTimeout: line(key, push.timeout, \.configurationText)
    case .pushWait: line(key, push.wait, \.configurationText)
    case .recordsTracking: line(key, records.tracking, \.self)
    case .recordsExpire: line(key, records.expire, \.configurationText)
    case .recordsKeep: line(key, records.keep, \.description)
    }
  }

  private static let mask = "…"

  private var branchLines: [SettingInForce] {
    let overrides = branchOverrides.sorted { $0.key < $1.key }.map { branch, setting in
      SettingInForce(
        name: "branch.\(branch).ebEnvironment", value: setting.value.description,
        origin: setting.origin)
    }
    let rules = branches.map { rule in
      SettingInForce(
        name: "branches.\(rule.pattern)", value: rule.target.description, origin: rule.origin)
    }
    let ebCLI = ebCLIBranches.sorted { $0.key < $1.key }.flatMap { branch, settings in
      line("branch-defaults.\(branch).environment", settings.environment, \.text)
        + line("branch-defaults.\(branch).default_region", settings.region, \.self)
        + line("branch-defaults.\(branch).profile", settings.profile, \.self)
    }
    return overrides + rules + ebCLI
  }

  private var checkLines: [SettingInForce] {
    check.levels.sorted { $0.key < $1.key }.map { id, level in
      SettingInForce(name: "check.\(id)", value: level.value.rawValue, origin: level.origin)
    }
      + check.allowed.enumerated().map { index, word in
        SettingInForce(name: "check.allow[\(index)]", value: word.value, origin: word.origin)
      }
  }

  private func optionLines(
    _ name: String, _ options: [Setting<EnvironmentOption>]
  ) -> [SettingInForce] {
    options.map { option in
      SettingInForce(
        name: "\(name).\(option.value.namespace).\(option.value.name)",
        value: option.value.isVariable ? Self.mask : option.value.value, origin: option.origin)
    }
  }

  private func environmentLine<Value>(
    _ name: String, _ setting: (EnvironmentSettings) -> Setting<Value>?, _ text: (Value) -> String
  ) -> [SettingInForce] {
    environmentLines { environment, settings in
      line("environments.\(environment).\(name)", setting(settings), text)
    }
  }

  private func environmentLines(_ lines: (EnvironmentName, EnvironmentSettings) -> [SettingInForce])
    -> [SettingInForce]
  {
    environments.sorted { $0.key < $1.key }.flatMap { lines($0.key, $0.value) }
  }

  private static func lines(_ name: String, _ rules: [SecretRule]) -> [SettingInForce] {
    rules.enumerated().map { index, rule in
      SettingInForce(name: "\(name)[\(index)]", value: rule.valueLine, origin: rule.origin)
    }
  }

  private func line<Value>(_ key: SettingKey, _ setting: Setting<Value>?, _ text: (Value) -> String)
    -> [SettingInForce]
  {
    line(key.name, setting, text)
  }

  private func line<Value>(_ name: String, _ setting: Setting<Value>?, _ text: (Value) -> String)
    -> [SettingInForce]
  {
    guard let setting else { return [] }
    return [SettingInForce(name: name, value: text(setting.value), origin: setting.origin)]
  }
}

extension SecretRule {
  fileprivate var valueLine: String {
    guard let environments else { return description }
    return "\(description) (\(environments.map(\.text).joined(separator: ", ")))"
  }
}

extension [String] {
  /// The words as a line that a shell would split into them again.
  fileprivate var commandLine: String {
    map(ShellWords.line).joined(separator: " ")
  }
}
