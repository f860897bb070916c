/// What `option_settings` may hold.
enum ExtensionOptionRules {
  static let all = [shape, retired, namespace, healthPath]

  static let shape = Rule(
    "EB119", "option-shape", .error, "An option setting is not a map",
    server: "Each option setting in configuration file … must be a map.",
    remedy: "write 'namespace:' and below it 'option: value', or a list of maps with namespace, "
      + "option_name and value",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/ebextensions-optionsettings.html; "
      + "github.com/awsdocs/aws-elastic-beanstalk-developer-guide/issues/93"
  ) { bundle in
    bundle.extensions.flatMap { file -> [Sighting] in
      guard let settings = file.root?["option_settings"] else { return [] }
      let problems = problems(of: settings) + file.options.compactMap(problem)
      return problems.map { problem in
        Sighting(
          problem.detail, at: file.path, line: problem.node.line, column: problem.node.column,
          severity: problem.isCertain ? .error : .warning)
      }
    }
  }

  private typealias Problem = (detail: String, node: YAMLNode, isCertain: Bool)

  private static func problems(of settings: YAMLNode) -> [Problem] {
    switch settings.content {
    case .scalar:
      return settings.isNull
        ? [] : [("'option_settings' is neither a list nor a map", settings, true)]
    case .sequence(let items):
      return items.compactMap { item in
        guard item.mapping != nil else { return ("an item of the list is not a map", item, true) }
        guard item["option_name"] ?? item["OptionName"] == nil else { return nil }
        return ("it has no 'option_name'", item, false)
      }
    case .mapping(let pairs):
      return pairs.compactMap { key, value in
        guard let name = key.string, value.mapping == nil else { return nil }
        return ("'\(name)' is not a map of options", key, !value.isNull)
      }
    }
  }

  /// A value that is more than text or a number.
  private static func problem(of option: ExtensionsFile.Option) -> Problem? {
    // The document of enhanced health is JSON, and so a map; what CloudFormation fills in is too.
    guard option.name != "ConfigDocument",
      option.value.line != option.place.line
        || option.value.column != option.place.column
    else { return nil }
    switch option.value.content {
    case .scalar: return nil
    case .mapping(let pairs):
      let name = pairs.first?.key.string ?? ""
      if pairs.count == 1, name == "Ref" || name.hasPrefix("Fn::") { return nil }
      return ("the value of '\(option.name)' is a map", option.value, false)
    case .sequence: return ("the value of '\(option.name)' is a list", option.value, false)
    }
  }

  // MARK: - Which options there are

  static let retired = Rule(
    "EB120", "retired-option", .error,
    "An option is set that Beanstalk has not known since Amazon Linux 2",
    server: "Invalid option specification (Namespace: "
      + "'aws:elasticbeanstalk:container:nodejs:staticfiles', …): Unknown configuration setting.",
    remedy: "set static files in aws:elasticbeanstalk:environment:proxy:staticfiles, commands in a "
      + "Procfile, versions under 'engines' in package.json",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/using-features.migration-al.html; "
      + "github.com/aws-samples/eb-node-express-sample/issues/18",
    platforms: PlatformKind.linux
  ) { bundle in
    guard !bundle.isForAmazonLinux1 else { return [] }
    return bundle.setOptions.compactMap { option in
      let found = RetiredOption.all.first { retired in
        guard retired.describes(option.namespace, option.name, option.value) else { return false }
        guard let platforms = retired.platforms else { return true }
        return bundle.platform.map { platforms.contains($0.kind) } ?? false
      }
      guard let found else { return nil }
      let detail =
        found.value == nil
        ? "'\(option.name)' of '\(option.namespace)'"
        : "'\(option.name)' with the value '\(found.value ?? "")'"
      return option.sighting(
        "\(detail) was for Amazon Linux 1 alone", remedy: found.instead, severity: found.severity)
    }
  }

  static let namespace = Rule(
    "EB146", "unknown-namespace", .warning,
    "An option is set in a namespace that Beanstalk's documentation does not name",
    server: "Invalid option specification (Namespace: …, OptionName: …): Unknown configuration "
      + "setting.",
    remedy: "use a namespace of the documentation's lists",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/command-options-general.html; "
      + "…/command-options-specific.html"
  ) { bundle in
    var seen: Set<String> = []
    return bundle.setOptions.compactMap { option in
      let name = option.namespace
      let isRetired = RetiredOption.all.contains {
        $0.describes(name, option.name, option.value)
      }
      guard !isRetired, seen.insert("\(option.path ?? "") \(name)").inserted else { return nil }
      if let kinds = OptionNamespaces.specific[name], let kind = bundle.platform?.kind,
        bundle.platform?.isFromFiles == false, !kinds.contains(kind)
      {
        return option.sighting(
          "'\(name)' is of another platform than \(kind.rawValue)", remedy: "take it out")
      }
      guard !OptionNamespaces.isKnown(name) else { return nil }
      return option.sighting(
        "no namespace is called '\(name)'",
        remedy: OptionNamespaces.nearest(to: name).map { "did you mean '\($0)'?" })
    }
  }

  // MARK: - Health

  static let healthPath = Rule(
    "EB138", "health-path", .warning, "What the load balancer is to ask for is no path",
    server: "Severe health after a deployment that went well.",
    remedy: "begin it with '/', and answer it with 200 to those who are not signed in",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/environments-cfg-alb.html"
  ) { bundle in
    bundle.setOptions.compactMap { option in
      guard let value = option.value, !value.isEmpty, !value.hasPrefix("`"),
        let forms = forms(of: option), !forms.contains(where: value.hasPrefix)
      else { return nil }
      return option.sighting("'\(option.name)' is '\(value)'")
    }
  }

  /// How the value of an option about health may begin; `nil` for all other options.
  private static func forms(of option: SetOption) -> [String]? {
    switch (option.namespace, option.name) {
    case (OptionNamespaces.application, "Application Healthcheck URL"):
      ["/", "HTTP:", "HTTPS:", "TCP:", "SSL:", "http:", "https:"]
    case (OptionNamespaces.classicHealth, "Target"): ["HTTP:", "HTTPS:", "TCP:", "SSL:"]
    case (let name, "HealthCheckPath") where name.hasPrefix(OptionNamespaces.process): ["/"]
    default: nil
    }
  }
}

/// An option that the bundle or the configuration sets.
struct SetOption: Sendable {
  let namespace: String
  let name: String
  /// `nil` for one that is no text, or nothing.
  let value: String?
  /// `nil` for what the configuration sets.
  let path: String?
  let place: YAMLNode?

  func sighting(_ detail: String, remedy: String? = nil, severity: Severity? = nil) -> Sighting {
    Sighting(
      detail, at: path, line: place?.line, column: place?.column, remedy: remedy,
      severity: severity)
  }
}

extension CheckedBundle {
  /// A variable of the environment, as the configuration or `.ebextensions` sets it.
  func variable(_ name: String) -> String? {
    surroundings.variables[name] ?? option(EnvironmentOption.variables, name)
  }

  /// Every option that is set, in the order of files, and then those of the configuration.
  var setOptions: [SetOption] {
    let own = extensions.flatMap { file in
      file.options.map {
        SetOption(
          namespace: $0.namespace, name: $0.name, value: $0.value.string, path: file.path,
          place: $0.place)
      }
    }
    return own
      + surroundings.options.map {
        SetOption(
          namespace: $0.namespace, name: $0.name, value: $0.value, path: nil, place: nil)
      }
  }
}
