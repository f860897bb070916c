/// Configuration files in `.ebextensions`: where they lie, and whether they can be read.
enum ExtensionRules {
  static let all =
    [nested, unreadable, duplicates, unknownKey]
    + ExtensionOptionRules.all + ExtensionSystemRules.all + ExtensionResourceRules.all

  /// The sections that the documentation names, and those of CloudFormation's templates, of which
  /// `Resources` makes the file a part.
  static let sections = [
    "option_settings", "packages", "groups", "users", "sources", "files", "commands", "services",
    "container_commands", "Resources", "Outputs", "Mappings", "Parameters", "Conditions",
    "Metadata", "Description", "AWSTemplateFormatVersion", "Transform",
  ]

  static let nested = Rule(
    "EB114", "nested-extensions", .error,
    "Configuration files are where Beanstalk does not look for them",
    server: "Nothing: they are ignored.",
    remedy: "put them into '.ebextensions' at the bundle's root, with names that end in '.config'",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/ebextensions.html"
  ) { bundle in
    nestedDirectories(bundle) + misnamed(bundle)
  }

  // MARK: - EB114

  private static func nestedDirectories(_ bundle: CheckedBundle) -> [Sighting] {
    var files: [String: [String]] = [:]
    for entry in bundle.hidden where !entry.isDirectory {
      guard let directory = nestedDirectory(of: entry) else { continue }
      files[directory, default: []].append(entry.path)
    }
    let directories = files.keys.filter { directory in
      files[directory]?.contains { $0.hasSuffix(".config") } == true
    }
    return directories.sorted().flatMap { directory -> [Sighting] in
      let paths = files[directory] ?? []
      let parent = directory.dropLast(ExtensionsFile.directory.count)
      let isOnlyOne = directories.count == 1 && !isApplication(String(parent), bundle)
      // Where the root has an application, it may be for another one.
      let isMeant =
        directory.hasPrefix("WEB-INF/")
        || !isApplication("", bundle) && !TestDirectory.contains(directory)
      let severity: Severity =
        isOnlyOne && bundle.extensions.isEmpty && isMeant ? .error : .warning
      guard isOnlyOne, paths.count <= moveLimit else {
        let path = paths.first { $0.hasSuffix(".config") }
        return [
          Sighting("'\(directory)' is not at the root", at: path, severity: severity)
        ]
      }
      return paths.map { moved($0, from: directory, bundle, severity) }
    }
  }

  /// More files than that are told by their directory alone.
  private static let moveLimit = 20

  private static func moved(
    _ path: String, from directory: String, _ bundle: CheckedBundle, _ severity: Severity
  ) -> Sighting {
    let place = ExtensionsFile.directory + path.dropFirst(directory.count)
    return Sighting(
      "'\(directory)' is not at the root", at: path, severity: severity,
      mend: bundle.has(place) ? nil : .move(from: path, to: place))
  }

  /// The first `.ebextensions/` in a path that is not at the root, and not a package's own.
  private static func nestedDirectory(of entry: CheckedBundle.Entry) -> String? {
    guard let start = entry.place(of: nestedPiece) else { return nil }
    let parent = String(decoding: entry.bytes[..<start], as: UTF8.self)
    let parts = parent.split(separator: "/")
    // Maven and Gradle put what is there at the root of the archive that they make.
    if parent.hasSuffix("src/main/webapp") || parts.contains(where: others.contains) { return nil }
    return "\(parent)/\(ExtensionsFile.directory)"
  }

  private static let nestedPiece = Array("/\(ExtensionsFile.directory)".utf8)

  private static let others: Set<Substring> = [
    "node_modules", "vendor", "site-packages", "__MACOSX", ".ebextensions",
  ]

  private static func isApplication(_ parent: String, _ bundle: CheckedBundle) -> Bool {
    LayoutRules.rootMarkers.contains { bundle.has(parent + $0) }
  }

  /// What lies beside configuration files, reads like one, and is called otherwise.
  private static func misnamed(_ bundle: CheckedBundle) -> [Sighting] {
    bundle.files(below: ExtensionsFile.directory).compactMap { entry in
      guard entry.isFile, entry.depth == 2,
        let ending = endings.first(where: { entry.path.lowercased().hasSuffix($0) }),
        !entry.path.hasSuffix(".config"), let bytes = bundle.contents(of: entry.path),
        let keys = try? YAMLNode.parse(bytes, name: entry.path)?.mapping?.compactMap(\.key.string),
        !Set(sections).isDisjoint(with: keys)
      else { return nil }
      let place = entry.path.dropLast(ending.count) + ".config"
      return Sighting(
        "its name does not end in '.config'", at: entry.path,
        severity: ownSections.isDisjoint(with: keys) ? .warning : .error,
        mend: bundle.has(String(place)) ? nil : .move(from: entry.path, to: String(place)))
    }
  }

  /// Sections that nothing but a configuration file has.
  private static let ownSections: Set = ["option_settings", "container_commands"]

  /// A name such as `a.config.off` is given to what shall not be read.
  private static let endings = [".config.yml", ".config.yaml", ".yml", ".yaml", ".json", ".config"]

  // MARK: - Reading

  static let unreadable = Rule(
    "EB115", "extensions-syntax", .error,
    "A configuration file is neither YAML nor JSON that Beanstalk can read",
    server: "The configuration file .ebextensions/x.config in application version … contains "
      + "invalid YAML or JSON.",
    remedy: "mend it where it is shown; YAML is indented with spaces alone",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/ebextensions.html; "
      + "github.com/awsdocs/aws-elastic-beanstalk-developer-guide/issues/126"
  ) { bundle in
    bundle.extensions.filter { !$0.isForeign }.compactMap { file in
      if let error = file.error { return sighting(of: error, in: file) }
      guard let root = file.root, root.mapping == nil else { return nil }
      return Sighting(
        "its root is not a map of sections", at: file.path, line: root.line, column: root.column)
    }
  }

  private static func sighting(of error: YAMLError, in file: ExtensionsFile) -> Sighting? {
    // Our own limits, and JSON that is not YAML too, say nothing about Beanstalk.
    if error.isLimit || JSONSyntax.problem(in: file.bytes) == nil { return nil }
    let lines = TextLines.of(file.text)
    let line = lines.indices.contains(error.line - 1) ? lines[error.line - 1] : ""
    let indentation = line.prefix { $0 == " " || $0 == "\t" }
    if let tab = indentation.firstIndex(of: "\t") {
      return Sighting(
        "a tab indents it, and YAML takes spaces alone", at: file.path, line: error.line,
        column: line.distance(from: line.startIndex, to: tab) + 1)
    }
    // Whether letters of another encoding are refused is not documented.
    return Sighting(
      error.problem, at: file.path, line: error.line, column: error.column,
      severity: error.problem.contains("UTF-8") ? .warning : .error)
  }

  static let duplicates = Rule(
    "EB117", "duplicate-key", .warning, "A configuration file has a key twice",
    server: "Nothing: of two sections of one name, the first is dropped.",
    remedy: "put what is below both under one of them",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/ebextensions.html"
  ) { bundle in
    bundle.extensions.flatMap { file in
      file.root?.allDuplicates.map { duplicate in
        Sighting(
          "'\(duplicate.key)' is there already, in line \(duplicate.firstLine)", at: file.path,
          line: duplicate.node.line, column: duplicate.node.column)
      } ?? []
    }
  }

  static let unknownKey = Rule(
    "EB118", "unknown-section", .warning, "A configuration file has a section that nothing reads",
    server: "Error processing file (Skipping): … Contains invalid key: 'OptionSettings'",
    remedy: "use one of " + sections.prefix(11).joined(separator: ", "),
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/customize-containers-ec2.html; "
      + "github.com/blueimp/aws-lambda/issues/8"
  ) { bundle in
    bundle.extensions.flatMap { file in
      (file.root?.mapping ?? []).compactMap { key, _ in
        guard let name = key.string, !sections.contains(name) else { return nil }
        let words = name.replacing("-", with: "_")
        let nearest = EditDistance.nearest(to: words, among: sections)
        return Sighting(
          "no section is called '\(name)'", at: file.path, line: key.line, column: key.column,
          remedy: nearest.map { "did you mean '\($0)'?" })
      }
    }
  }
}

extension ExtensionsFile {
  /// Whether what is in it only stands for its contents, or is macOS's.
  fileprivate var isForeign: Bool {
    let traits = unsafe bytes.withUnsafeBytes { unsafe ContentTraits(ofStart: $0) }
    return !traits.isDisjoint(with: [.largeObjectPointer, .encrypted]) || MacOSLeftover.isOne(path)
  }
}

extension YAMLError {
  /// Whether the document is only larger than what is read of one.
  fileprivate var isLimit: Bool {
    problem.hasPrefix("larger than") || problem.hasPrefix("nested more than")
      || problem.hasPrefix("more than") && problem.hasSuffix("values")
  }
}

extension YAMLNode {
  /// The duplicate keys of this node and of all in it.
  fileprivate var allDuplicates: [(key: String, firstLine: Int, node: YAMLNode)] {
    switch content {
    case .scalar: []
    case .sequence(let nodes): nodes.flatMap(\.allDuplicates)
    case .mapping(let pairs): duplicates() + pairs.flatMap(\.value.allDuplicates)
    }
  }
}
