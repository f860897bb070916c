/// What `.git-eb.yml` says, and everything that is wrong with it.
struct ConfigurationFile {
  private(set) var values: [SettingKey: Setting<SettingValue>] = [:]
  private(set) var branches: [BranchRule] = []
  private(set) var environments: [EnvironmentName: EnvironmentSettings] = [:]
  /// `previews.settings`.
  private(set) var previewSettings: [Setting<EnvironmentOption>] = []
  private(set) var secrets: [SecretRule] = []
  private(set) var check = CheckSettings()
  private(set) var problems: [ConfigurationProblem] = []

  private let name: String

  init(_ file: ConfigurationSources.File) {
    name = file.name
    do {
      if let root = try YAMLNode.parse(file.bytes, name: file.name) { readRoot(root) }
    } catch {
      problems.append(
        ConfigurationProblem(
          origin: .file(path: name, line: error.line), column: error.column,
          what: .syntax(error.problem)))
    }
  }

  private mutating func readRoot(_ root: YAMLNode) {
    for (key, value) in pairs(of: root, key: "") {
      switch key.text {
      case "branches": readBranches(value)
      case "environments": readEnvironments(value)
      case "secrets": secrets = rules(value, key: "secrets", environment: nil)
      case "check": readCheck(value)
      default:
        if let setting = SettingKey(rawValue: key.text), setting.isScalar, !key.text.contains(".") {
          readValue(setting, value)
        } else if SettingKey.sections.contains(key.text) {
          readSection(key.text, value)
        } else {
          unknownKey(key, under: "")
        }
      }
    }
  }

  private mutating func readSection(_ section: String, _ node: YAMLNode) {
    for (key, value) in pairs(of: node, key: section, allowingNothing: true) {
      if let setting = SettingKey(rawValue: section + "." + key.text) {
        if setting == .previewsSettings {
          previewSettings = options(value, key: setting.name)
        } else {
          readValue(setting, value)
        }
      } else {
        unknownKey(key, under: section)
      }
    }
  }
}

// MARK: - Scalars

extension ConfigurationFile {
  private mutating func readValue(_ setting: SettingKey, _ node: YAMLNode) {
    guard let value = value(node, key: setting.name, type: setting.declaration.type) else { return }
    values[setting] = Setting(value, from: origin(node))
  }

  private mutating func value(_ node: YAMLNode, key: String, type: SettingKey.ValueType)
    -> SettingValue?
  {
    switch type {
    case .words:
      guard let words = words(node, key: key) else { return nil }
      return .words(words)
    case .flag:
      // Stricter than git's configuration: a number or a quoted word is a mistake here.
      guard let flag = node.bool else {
        wrongType(node, key: key, expected: type.description)
        return nil
      }
      return .flag(flag)
    default:
      guard let text = node.string else {
        wrongType(node, key: key, expected: type.description)
        return nil
      }
      do {
        return try SettingValue(text, type: type)
      } catch {
        invalid(node, key: key, value: text, error)
        return nil
      }
    }
  }

  /// A program and its arguments, as a list or as a line.
  private mutating func words(_ node: YAMLNode, key: String) -> [String]? {
    let type = SettingKey.ValueType.words
    if let text = node.string {
      do {
        return try SettingValue(text, type: type).words
      } catch {
        invalid(node, key: key, value: text, error)
        return nil
      }
    }
    guard let nodes = node.sequence else {
      wrongType(node, key: key, expected: type.description)
      return nil
    }
    var words: [String] = []
    for node in nodes {
      guard let word = node.string else {
        wrongType(node, key: key, expected: "text")
        return nil
      }
      if word.utf8.contains(0) {
        invalid(node, key: key, value: word, InvalidValue("has a control character"))
        return nil
      }
      words.append(word)
    }
    guard let program = words.first, !program.isEmpty else {
      invalid(node, key: key, value: "", InvalidValue("names no program"))
      return nil
    }
    return words
  }
}

// MARK: - Branches and environments

extension ConfigurationFile {
  private mutating func readBranches(_ node: YAMLNode) {
    for (pattern, value) in pairs(of: node, key: "branches", allowingNothing: true) {
      let key = "branches." + pattern.text
      if pattern.text.isEmpty {
        invalid(pattern.node, key: "branches", value: "", InvalidValue("the pattern is empty"))
        continue
      }
      if pattern.text.hasPrefix("refs/") {
        invalid(
          pattern.node, key: "branches", value: pattern.text,
          InvalidValue("branches are written without refs/heads/"))
        continue
      }
      guard let text = value.string else {
        wrongType(value, key: key, expected: "an environment's name or a template with {branch}")
        continue
      }
      do {
        branches.append(
          BranchRule(
            pattern: pattern.text, target: try EnvironmentTarget(text), origin: origin(pattern.node)
          ))
      } catch {
        invalid(value, key: key, value: text, error)
      }
    }
  }

  private mutating func readEnvironments(_ node: YAMLNode) {
    for (key, value) in pairs(of: node, key: "environments", allowingNothing: true) {
      guard let environment = EnvironmentName(key.text) else {
        invalid(
          key.node, key: "environments", value: key.text,
          InvalidValue(EnvironmentTarget.whyNotName))
        continue
      }
      environments[environment] = settings(value, of: environment, origin: origin(key.node))
    }
  }

  private mutating func settings(
    _ node: YAMLNode, of environment: EnvironmentName, origin: Origin
  ) -> EnvironmentSettings {
    var settings = EnvironmentSettings(origin: origin)
    let section = "environments.\(environment)"
    for (key, value) in pairs(of: node, key: section, allowingNothing: true) {
      let path = section + "." + key.text
      switch SettingKey(rawValue: "environments.<name>." + key.text) {
      case .environmentProtected:
        settings.protection = setting(value, key: path, of: .environmentProtected, \.flag)
      case .environmentOnly:
        settings.only = setting(value, key: path, of: .environmentOnly) {
          $0.text.flatMap { Admission(rawValue: $0) }
        }
      case .environmentSecrets:
        settings.secrets = rules(value, key: path, environment: environment)
      case .environmentVariables:
        settings.variableSettings = pairsOfText(value, key: path, what: "a variable's name")
      case .environmentTags:
        settings.tags = pairsOfText(value, key: path, what: "a tag's name")
      case .environmentOptions:
        settings.options = options(value, key: path)
      case .environmentPolicy:
        settings.policy = setting(value, key: path, of: .environmentPolicy) {
          $0.text.flatMap { DeploymentPolicy(rawValue: $0) }
        }
      case .environmentBatch:
        settings.batch = batch(value, key: path)
      case .environmentLike:
        settings.like = setting(value, key: path, of: .environmentLike, \.text)
      case .environmentPlatform:
        settings.platform = setting(value, key: path, of: .environmentPlatform, \.text)
      case .environmentTier:
        settings.tier = setting(value, key: path, of: .environmentTier, \.text)
      case .environmentSingle:
        settings.single = setting(value, key: path, of: .environmentSingle, \.flag)
      case .environmentCNAME:
        settings.cname = setting(value, key: path, of: .environmentCNAME, \.text)
      default:
        unknownKey(key, under: "environments.<name>", shownAs: section)
      }
    }
    return settings
  }

  private mutating func setting<Value>(
    _ node: YAMLNode, key: String, of setting: SettingKey, _ read: (SettingValue) -> Value?
  ) -> Setting<Value>? {
    value(node, key: key, type: setting.declaration.type)
      .flatMap(read).map { Setting($0, from: origin(node)) }
  }

  private mutating func batch(_ node: YAMLNode, key: String) -> Setting<DeploymentBatch>? {
    guard let text = setting(node, key: key, of: .environmentBatch, \.text) else { return nil }
    guard let batch = DeploymentBatch(text.value) else {
      invalid(
        node, key: key, value: text.value,
        InvalidValue("expected a number above 0, or 1% to 100%"))
      return nil
    }
    return Setting(batch, from: text.origin)
  }

  /// Namespaces with names and values. Values are shown in no problem: they may be secrets.
  private mutating func options(_ node: YAMLNode, key: String) -> [Setting<EnvironmentOption>] {
    var options: [Setting<EnvironmentOption>] = []
    for (namespace, names) in pairs(of: node, key: key, allowingNothing: true) {
      if !namespace.text.hasPrefix("aws:") {
        invalid(
          namespace.node, key: key, value: namespace.text,
          InvalidValue("a namespace starts with 'aws:'"))
        continue
      }
      let values = pairsOfText(
        names, key: key + "." + namespace.text, what: "an option's name", allowingEquals: true)
      options += values.sorted { $0.key < $1.key }.map { name, value in
        Setting(EnvironmentOption(namespace.text, name, value.value), from: value.origin)
      }
    }
    return options
  }

  /// Values are shown in no problem: they may be secrets.
  private mutating func pairsOfText(
    _ node: YAMLNode, key: String, what: String, allowingEquals: Bool = false
  ) -> [String: Setting<String>] {
    var texts: [String: Setting<String>] = [:]
    for (name, value) in pairs(of: node, key: key, allowingNothing: true) {
      if name.text.isEmpty || name.text.utf8.contains(0)
        || (!allowingEquals && name.text.contains("="))
      {
        invalid(
          name.node, key: key, value: name.text,
          InvalidValue("\(what) has at least one character and no '='"))
        continue
      }
      guard let text = value.string else {
        wrongType(value, key: key + "." + name.text, expected: "text")
        continue
      }
      texts[name.text] = Setting(text, from: origin(value))
    }
    return texts
  }
}

// MARK: - Secrets

extension ConfigurationFile {
  /// The keys of a rule that is a mapping.
  private enum RuleKey: String, CaseIterable {
    case from, to, run, environments
  }

  private mutating func rules(_ node: YAMLNode, key: String, environment: EnvironmentName?)
    -> [SecretRule]
  {
    if node.isNull { return [] }
    guard let nodes = node.sequence else {
      wrongType(node, key: key, expected: "a list")
      return []
    }
    return nodes.enumerated().compactMap { index, node in
      rule(node, key: "\(key)[\(index)]", environment: environment)
    }
  }

  private mutating func rule(_ node: YAMLNode, key: String, environment: EnvironmentName?)
    -> SecretRule?
  {
    if node.string != nil {
      guard let path = bundlePath(node, key: key) else { return nil }
      return SecretRule(
        source: .path(path), environments: environment.map { [$0] }, origin: origin(node))
    }
    guard node.mapping != nil else {
      wrongType(node, key: key, expected: "a path, {from, to} or {run, to}")
      return nil
    }
    let before = problems.count
    var nodes: [RuleKey: YAMLNode] = [:]
    for (field, value) in pairs(of: node, key: key) {
      guard let ruleKey = RuleKey(rawValue: field.text) else {
        unknownKey(field, shownAs: key, among: RuleKey.allCases.map(\.rawValue))
        continue
      }
      nodes[ruleKey] = value
    }
    let source = source(nodes, of: node, key: key)
    let environments = limits(nodes[.environments], key: key, environment: environment)
    guard let source, problems.count == before else { return nil }
    return SecretRule(source: source, environments: environments, origin: origin(node))
  }

  private mutating func source(_ nodes: [RuleKey: YAMLNode], of node: YAMLNode, key: String)
    -> SecretRule.Source?
  {
    if let run = nodes[.run], nodes[.from] != nil {
      invalid(run, key: key, value: "run", InvalidValue("either from or run, not both"))
      return nil
    }
    var to: String?
    if let toNode = nodes[.to] {
      to = bundlePath(toNode, key: key + ".to")
    } else {
      add(.missingKey(key + ".to"), at: node)
    }
    if let from = nodes[.from] {
      guard
        case .text(let from)? = value(from, key: key + ".from", type: .path), let to
      else { return nil }
      return .file(from: from, to: to)
    }
    if let run = nodes[.run] {
      guard let words = words(run, key: key + ".run"), let to else { return nil }
      if to.hasSuffix("/") {
        invalid(
          node, key: key + ".to", value: to, InvalidValue("a program's output is one file"))
        return nil
      }
      return .run(words, to: to)
    }
    add(.missingKey(key + ".from"), at: node)
    return nil
  }

  private mutating func limits(_ node: YAMLNode?, key: String, environment: EnvironmentName?)
    -> [EnvironmentName]?
  {
    guard let node else { return environment.map { [$0] } }
    let key = key + ".environments"
    if let environment {
      invalid(
        node, key: key, value: "", InvalidValue("the rule is limited to '\(environment)' already"))
      return nil
    }
    guard let nodes = node.sequence else {
      wrongType(node, key: key, expected: "a list of environments")
      return nil
    }
    if nodes.isEmpty { invalid(node, key: key, value: "", InvalidValue("names no environment")) }
    var names: [EnvironmentName] = []
    for node in nodes {
      guard let text = node.string else {
        wrongType(node, key: key, expected: "an environment's name")
        continue
      }
      guard let name = EnvironmentName(text) else {
        invalid(node, key: key, value: text, InvalidValue(EnvironmentTarget.whyNotName))
        continue
      }
      names.append(name)
    }
    return names
  }

  private mutating func bundlePath(_ node: YAMLNode, key: String) -> String? {
    guard case .text(let path)? = value(node, key: key, type: .repositoryPath) else { return nil }
    if path.split(separator: "/").allSatisfy({ $0 == "." }) {
      invalid(node, key: key, value: path, InvalidValue("names no file"))
      return nil
    }
    return path
  }
}

// MARK: - Checks

extension ConfigurationFile {
  private mutating func readCheck(_ node: YAMLNode) {
    for (key, value) in pairs(of: node, key: "check", allowingNothing: true) {
      if key.text == "allow" {
        readAllowed(value)
        continue
      }
      guard let rule = Rules.rule(key.text) else {
        unknownKey(
          key, shownAs: "check", among: Rules.all.flatMap { [$0.id, $0.name] } + ["allow"])
        continue
      }
      let type = SettingKey.ValueType.choice(CheckSettings.Level.allCases.map(\.rawValue))
      // An unquoted off is false in YAML.
      let text = value.bool == false ? "off" : value.string
      guard let level = text.flatMap({ CheckSettings.Level(rawValue: $0) }) else {
        wrongType(value, key: "check." + key.text, expected: type.description)
        continue
      }
      check.levels[rule.id] = Setting(level, from: origin(value))
    }
  }

  private mutating func readAllowed(_ node: YAMLNode) {
    guard let nodes = node.sequence else {
      wrongType(node, key: "check.allow", expected: "a list of paths and fingerprints")
      return
    }
    for node in nodes {
      guard let text = node.string, !text.isEmpty else {
        wrongType(node, key: "check.allow", expected: "a path or a fingerprint")
        continue
      }
      check.allowed.append(Setting(text, from: origin(node)))
    }
  }
}

// MARK: - Nodes and problems

extension ConfigurationFile {
  private typealias Key = (text: String, node: YAMLNode)

  /// The pairs of a mapping whose keys are text; each key once. Whatever else is there is a problem.
  private mutating func pairs(of node: YAMLNode, key: String, allowingNothing: Bool = false)
    -> [(key: Key, value: YAMLNode)]
  {
    if allowingNothing, node.isNull { return [] }
    guard let mapping = node.mapping else {
      wrongType(node, key: key, expected: "a mapping")
      return []
    }
    for duplicate in node.duplicates() {
      let name = key.isEmpty ? duplicate.key : key + "." + duplicate.key
      add(.duplicateKey(name, firstLine: duplicate.firstLine), at: duplicate.node)
    }
    var seen: Set<String> = []
    var pairs: [(key: Key, value: YAMLNode)] = []
    for (keyNode, value) in mapping {
      guard let text = keyNode.string else {
        wrongType(keyNode, key: key, expected: "a key")
        continue
      }
      if seen.insert(text).inserted { pairs.append(((text, keyNode), value)) }
    }
    return pairs
  }

  private mutating func unknownKey(_ key: Key, under section: String, shownAs shown: String? = nil)
  {
    unknownKey(key, shownAs: shown ?? section, among: SettingKey.keys(under: section))
  }

  private mutating func unknownKey(_ key: Key, shownAs section: String, among known: [String]) {
    let prefix = section.isEmpty ? "" : section + "."
    let nearest =
      EditDistance.nearest(to: key.text, among: known).map { prefix + $0 }
      ?? SettingKey.elsewhere(key.text)
    add(.unknownKey(prefix + key.text, nearest: nearest), at: key.node)
  }

  private mutating func invalid(
    _ node: YAMLNode, key: String, value: String, _ error: InvalidValue
  ) {
    add(.invalidValue(key: key, value: value, why: error.why), at: node)
  }

  private mutating func wrongType(_ node: YAMLNode, key: String, expected: String) {
    add(.wrongType(key: key, expected: expected, found: node.kind), at: node)
  }

  private mutating func add(_ what: ConfigurationProblem.What, at node: YAMLNode) {
    problems.append(ConfigurationProblem(origin: origin(node), column: node.column, what: what))
  }

  private func origin(_ node: YAMLNode) -> Origin { .file(path: name, line: node.line) }
}

extension SettingKey {
  /// A key of this name in a section, or the section of a key that is written with its dot.
  static func elsewhere(_ name: String) -> String? {
    if let dot = name.firstIndex(of: "."), SettingKey(rawValue: name) != nil {
      return String(name[..<dot])
    }
    return allCases.first { $0.name.hasSuffix("." + name) }?.name
  }
}

extension YAMLNode {
  /// What this is, for messages.
  var kind: String {
    switch content {
    case .scalar: isNull ? "nothing" : "text"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}
