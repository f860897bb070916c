/// What the EB CLI's `config.yml` and `config.global.yml` say. They belong to another program, so
/// what cannot be used is passed over with a warning.
struct EBCLIFiles {
  private(set) var values: [SettingKey: Setting<SettingValue>] = [:]
  private(set) var branches: [String: EBCLIBranch] = [:]
  /// The branches in the order of the files.
  private(set) var branchOrder: [String] = []
  private(set) var warnings: [ConfigurationProblem] = []

  private var documents: [(name: String, root: YAMLNode)] = []

  /// `files` has the one that wins first.
  init(_ files: [ConfigurationSources.File]) {
    for file in files {
      do {
        guard let root = try YAMLNode.parse(file.bytes, name: file.name) else { continue }
        guard root.mapping != nil else {
          warn(
            .wrongType(key: "", expected: "a mapping", found: root.kind), at: (root, file.name))
          continue
        }
        documents.append((file.name, root))
      } catch {
        warnings.append(
          ConfigurationProblem(
            origin: .ebCLI(path: file.name, line: error.line), column: error.column,
            what: .syntax(error.problem)))
      }
    }
    for key in SettingKey.allCases { readValue(key) }
    readBranches()
  }

  private mutating func readValue(_ key: SettingKey) {
    guard let (section, name) = Self.place(of: key), let found = lookUp(section, name),
      let value = value(found, path: section + "." + name, type: key.declaration.type)
    else { return }
    values[key] = value
  }

  /// Section and key in the EB CLI's files.
  private static func place(of key: SettingKey) -> (String, String)? {
    switch key {
    case .application: ("global", "application_name")
    case .region: ("global", "default_region")
    case .profile: ("global", "profile")
    case .platform: ("global", "default_platform")
    case .bundleSubmodules: ("global", "include_git_submodules")
    case .bundleArtifact: ("deploy", "artifact")
    default: nil
    }
  }

  private mutating func readBranches() {
    let section = Self.branchSection
    let names = documents.flatMap { $0.root[section]?.mapping ?? [] }.compactMap(\.key.string)
    var seen: Set<String> = []
    for name in names where seen.insert(name).inserted {
      // No deep merge: the local file's entry hides the global one's, whatever is in it.
      guard let found = lookUp(section, name), !found.node.isNull else { continue }
      let path = section + "." + name
      guard found.node.mapping != nil else {
        warn(.wrongType(key: path, expected: "a mapping", found: found.node.kind), at: found)
        continue
      }
      let branch = EBCLIBranch(
        environment: environment(found, path: path),
        region: text("default_region", in: found, path: path),
        profile: text("profile", in: found, path: path))
      if branch == EBCLIBranch() { continue }
      branches[name] = branch
      branchOrder.append(name)
    }
  }

  private static let branchSection = "branch-defaults"

  private mutating func environment(_ branch: Found, path: String) -> Setting<EnvironmentName>? {
    guard let setting = text("environment", in: branch, path: path) else { return nil }
    guard let name = EnvironmentName(setting.value) else {
      warn(
        .invalidValue(
          key: path + ".environment", value: setting.value, why: EnvironmentTarget.whyNotName),
        at: (branch.node["environment"] ?? branch.node, branch.file))
      return nil
    }
    return Setting(name, from: setting.origin)
  }

  private mutating func text(_ key: String, in branch: Found, path: String) -> Setting<String>? {
    guard let node = branch.node[key] else { return nil }
    return value((node, branch.file), path: path + "." + key, type: .text)?.compactMap(\.text)
  }

  private typealias Found = (node: YAMLNode, file: String)

  /// The first file that has the key decides, also with nothing.
  private func lookUp(_ section: String, _ key: String) -> Found? {
    for document in documents {
      if let node = document.root[section]?[key] { return (node, document.name) }
    }
    return nil
  }

  private mutating func value(_ found: Found, path: String, type: SettingKey.ValueType)
    -> Setting<SettingValue>?
  {
    if found.node.isNull { return nil }
    let origin = Origin.ebCLI(path: found.file, line: found.node.line)
    guard let text = found.node.string, type != .flag || found.node.bool != nil else {
      warn(
        .wrongType(key: path, expected: type.description, found: found.node.kind), at: found)
      return nil
    }
    do {
      return Setting(try SettingValue(text, type: type), from: origin)
    } catch {
      warn(.invalidValue(key: path, value: text, why: error.why), at: found)
      return nil
    }
  }

  private mutating func warn(_ what: ConfigurationProblem.What, at found: Found) {
    warnings.append(
      ConfigurationProblem(
        origin: .ebCLI(path: found.file, line: found.node.line), column: found.node.column,
        what: what))
  }
}

// MARK: - What git-eb has no use for

extension EBCLIFiles {
  /// The keys with a value that say something to the EB CLI and nothing to git-eb, in the order of
  /// the files.
  var unused: [(key: String, origin: Origin)] {
    var unused: [(key: String, origin: Origin)] = []
    for document in documents {
      for (sectionNode, content) in document.root.mapping ?? [] {
        guard let section = sectionNode.string else { continue }
        for (keyNode, value) in content.mapping ?? [] {
          guard let key = keyNode.string, isInForce(section, key, in: document.name) else {
            continue
          }
          unused += Self.unused(value, section, key, keyNode.line, document.name)
        }
      }
    }
    return unused
  }

  /// Whether no file before this one has the key.
  private func isInForce(_ section: String, _ key: String, in file: String) -> Bool {
    lookUp(section, key)?.file == file
  }

  private static func unused(
    _ value: YAMLNode, _ section: String, _ key: String, _ line: Int, _ file: String
  ) -> [(key: String, origin: Origin)] {
    let path = section + "." + key
    if value.isNull || isUnderstood(section, key, value) { return [] }
    guard let pairs = value.mapping else {
      return [(path, .ebCLI(path: file, line: line))]
    }
    return pairs.compactMap { keyNode, value in
      guard let inner = keyNode.string, !value.isNull,
        section != branchSection || !branchKeys.contains(inner)
      else { return nil }
      return ("\(path).\(inner)", .ebCLI(path: file, line: keyNode.line))
    }
  }

  private static let branchKeys = ["environment", "default_region", "profile"]

  /// Besides what is mapped: that the project is one of git, and an application.
  private static func isUnderstood(_ section: String, _ key: String, _ value: YAMLNode) -> Bool {
    switch (section, key) {
    case ("global", "sc"): true
    case ("global", "workspace_type"): value.string == "Application"
    default: SettingKey.allCases.contains { place(of: $0).map { $0 == (section, key) } ?? false }
    }
  }
}
