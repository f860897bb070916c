/// Makes the configuration from everything that may say something about it, highest first: command
/// line, `GIT_EB_*`, git's configuration, `.git-eb.yml`, the EB CLI's files, defaults.
package enum ConfigurationLoader {
  package static func load(_ sources: ConfigurationSources) throws(ConfigurationError)
    -> Configuration
  {
    var problems: [ConfigurationProblem] = []
    let layers = [
      flags(sources.flags, &problems),
      variables(sources.processEnvironment, &problems),
    ]
    let git = GitSettings(sources.git)
    problems += git.problems
    let file = sources.gitEB.map(ConfigurationFile.init)
    problems += file?.problems ?? []
    let ebCLI = EBCLIFiles(sources.ebCLI)
    guard problems.isEmpty else { throw ConfigurationError(problems: problems) }

    let values = Values(layers: layers + [git.values, file?.values ?? [:], ebCLI.values])
    return Configuration(
      application: values[.application]?.compactMap { $0.text.flatMap(ApplicationName.init) },
      host: values[.host, default: .beanstalk] { $0.text.flatMap(HostKind.init) },
      region: values[.region]?.compactMap(\.text),
      profile: values[.profile]?.compactMap(\.text),
      platform: values[.platform]?.compactMap(\.text),
      branches: file?.branches ?? [],
      branchOverrides: git.branches,
      ebCLIBranches: ebCLI.branches,
      environments: file?.environments ?? [:],
      previews: PreviewSettings(
        like: values[.previewsLike]?.compactMap(\.text),
        settings: file?.previewSettings ?? [],
        single: values[.previewsSingle]?.compactMap(\.flag),
        instanceType: values[.previewsInstanceType]?.compactMap(\.text),
        cname: values[.previewsCNAME]?.compactMap(\.text),
        ttl: values[.previewsTTL]?.compactMap(\.duration),
        maximum: values[.previewsMaximum]?.compactMap(\.duration),
        limit: values[.previewsLimit]?.compactMap(\.count),
        sleep: values[.previewsSleep]?.compactMap(\.duration)),
      secrets: file?.secrets ?? [],
      check: file?.check ?? CheckSettings(),
      bundle: BundleSettings(
        root: values[.bundleRoot]?.compactMap(\.text),
        submodules: values[.bundleSubmodules, default: true, \.flag],
        lfs: values[.bundleLFS, default: true, \.flag],
        artifact: values[.bundleArtifact]?.compactMap(\.text),
        autocrlf: values[.bundleAutocrlf, default: false, \.flag],
        cache: values[.bundleCache, default: 1 << 30, \.count]),
      beanstalk: BeanstalkSettings(
        bucket: values[.beanstalkBucket]?.compactMap(\.text),
        prefix: values[.beanstalkPrefix]?.compactMap(\.text),
        encryption: values[.beanstalkEncryption]?.compactMap(\.text),
        kmsKey: values[.beanstalkKMSKey]?.compactMap(\.text),
        process: values[.beanstalkProcess, default: false, \.flag],
        createApplication: values[.beanstalkCreateApplication, default: false, \.flag]),
      local: LocalSettings(
        directory: values[.localDirectory]?.compactMap(\.text),
        hooks: values[.localHooks, default: false, \.flag],
        health: values[.localHealth]?.compactMap(\.text)),
      command: CommandSettings(deploy: values[.commandDeploy]?.compactMap(\.words)),
      push: PushSettings(
        timeout: values[.pushTimeout, default: .seconds(600), \.duration],
        wait: values[.pushWait]?.compactMap(\.duration)),
      records: RecordSettings(
        tracking: values[.recordsTracking, default: "eb", \.text],
        expire: values[.recordsExpire, default: .seconds(400 * 86400), \.duration],
        keep: values[.recordsKeep, default: 50, \.count]),
      warnings: ebCLI.warnings)
  }

  private static func flags(
    _ flags: [ConfigurationSources.Flag], _ problems: inout [ConfigurationProblem]
  ) -> [SettingKey: Setting<SettingValue>] {
    var values: [SettingKey: Setting<SettingValue>] = [:]
    for flag in flags {
      values[flag.key] =
        value(
          flag.value, of: flag.key, from: .commandLine(option: flag.option), &problems)
    }
    return values
  }

  /// Other variables of that beginning are not looked at: hosts and hooks are given some.
  private static func variables(
    _ environment: [String: String], _ problems: inout [ConfigurationProblem]
  ) -> [SettingKey: Setting<SettingValue>] {
    var values: [SettingKey: Setting<SettingValue>] = [:]
    // Mostly there are none, and making up their names takes longer than seeing that.
    guard environment.keys.contains(where: { $0.hasPrefix(SettingKey.variablePrefix) }) else {
      return values
    }
    for key in SettingKey.allCases {
      // Services of continuous integration set variables to nothing where they have no value.
      guard let name = key.environmentVariable, let text = environment[name], !text.isEmpty
      else { continue }
      values[key] = value(text, of: key, from: .environmentVariable(name: name), &problems)
    }
    return values
  }

  fileprivate static func value(
    _ text: String, of key: SettingKey, from origin: Origin,
    _ problems: inout [ConfigurationProblem]
  ) -> Setting<SettingValue>? {
    do {
      return Setting(try SettingValue(text, type: key.declaration.type), from: origin)
    } catch {
      problems.append(
        ConfigurationProblem(
          origin: origin, what: .invalidValue(key: key.name, value: text, why: error.why)))
      return nil
    }
  }
}

/// For each key the value of the highest layer that has one, else the default.
private struct Values {
  private var values: [SettingKey: Setting<SettingValue>] = [:]

  init(layers: [[SettingKey: Setting<SettingValue>]]) {
    for layer in layers { values.merge(layer) { higher, _ in higher } }
    for key in SettingKey.allCases where values[key] == nil && key.isScalar {
      guard let text = key.declaration.fallback,
        let value = try? SettingValue(text, type: key.declaration.type)
      else { continue }
      values[key] = Setting(value, from: .builtIn)
    }
  }

  subscript(key: SettingKey) -> Setting<SettingValue>? { values[key] }

  /// `fallback` is only for the type: the table has a default for each key that is read so.
  subscript<Value>(
    key: SettingKey, default fallback: Value, read: (SettingValue) -> Value?
  ) -> Setting<Value> {
    values[key]?.compactMap(read) ?? Setting(fallback, from: .builtIn)
  }
}

/// What git's configuration says: `eb.*` and `branch.<name>.ebEnvironment`.
private struct GitSettings {
  private(set) var values: [SettingKey: Setting<SettingValue>] = [:]
  private(set) var branches: [String: Setting<EnvironmentTarget>] = [:]
  private(set) var problems: [ConfigurationProblem] = []

  init(_ entries: [ConfigurationSources.GitEntry]) {
    var last: [SettingKey: ConfigurationSources.GitEntry] = [:]
    for entry in entries {
      if entry.name.hasPrefix("eb.") {
        if let key = Self.keysByGitName[Self.folded(entry.name)], key.isScalar {
          last[key] = entry
        } else {
          problems.append(Self.unknown(entry))
        }
      } else if entry.name.hasPrefix("branch.") {
        readBranch(entry)
      }
    }
    // An overridden value is no problem, as in git itself.
    for key in SettingKey.allCases {
      guard let entry = last[key] else { continue }
      guard let text = entry.value ?? (key.declaration.type == .flag ? "true" : nil) else {
        problems.append(
          ConfigurationProblem(
            origin: entry.origin,
            what: .wrongType(
              key: entry.name, expected: key.declaration.type.description, found: "nothing")))
        continue
      }
      values[key] = ConfigurationLoader.value(text, of: key, from: entry.origin, &problems)
    }
  }

  private static let keysByGitName = Dictionary(
    SettingKey.allCases.map { (folded("eb." + $0.name), $0) },
    uniquingKeysWith: { first, _ in first })

  /// git gives a variable's name, the last part, in lower case.
  private static func folded(_ name: String) -> String {
    guard let dot = name.lastIndex(of: ".") else { return name }
    return name[...dot] + name[dot...].dropFirst().lowercased()
  }

  private static func unknown(_ entry: ConfigurationSources.GitEntry) -> ConfigurationProblem {
    let name = String(entry.name.dropFirst("eb.".count))
    let top = String(name.prefix { $0 != "." })
    let isOnlyInFile = SettingKey.allCases.contains {
      !$0.isScalar && ($0.name == top || $0.name.hasPrefix(top + "."))
    }
    if isOnlyInFile {
      return ConfigurationProblem(origin: entry.origin, what: .onlyInFile(key: top))
    }
    let nearest =
      EditDistance.nearest(to: entry.name, among: SettingKey.allCases.compactMap(\.gitName))
      ?? SettingKey.elsewhere(name).flatMap { SettingKey(rawValue: $0)?.gitName }
    return ConfigurationProblem(
      origin: entry.origin, what: .unknownKey(entry.name, nearest: nearest))
  }

  private static let branchKey = "ebEnvironment"

  private mutating func readBranch(_ entry: ConfigurationSources.GitEntry) {
    let rest = entry.name.dropFirst("branch.".count)
    guard let dot = rest.lastIndex(of: ".") else { return }
    let branch = String(rest[..<dot])
    let key = rest[rest.index(after: dot)...].lowercased()
    guard key == Self.branchKey.lowercased() else {
      // The section is git's and open to everybody; only what looks like ours is looked at.
      if key.hasPrefix("eb"), EditDistance.nearest(to: key, among: [Self.branchKey]) != nil {
        problems.append(
          ConfigurationProblem(
            origin: entry.origin,
            what: .unknownKey(entry.name, nearest: "branch.\(branch).\(Self.branchKey)")))
      }
      return
    }
    guard let text = entry.value else {
      problems.append(
        ConfigurationProblem(
          origin: entry.origin,
          what: .wrongType(
            key: entry.name, expected: "an environment's name or a template with {branch}",
            found: "nothing")))
      return
    }
    do {
      branches[branch] = Setting(try EnvironmentTarget(text), from: entry.origin)
    } catch {
      problems.append(
        ConfigurationProblem(
          origin: entry.origin,
          what: .invalidValue(key: entry.name, value: text, why: error.why)))
    }
  }
}

extension ConfigurationSources.GitEntry {
  fileprivate var origin: Origin {
    .gitConfiguration(name: name, file: file, level: level)
  }
}
