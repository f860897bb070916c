/// What the Python platform trips on.
enum PythonRules {
  static let all = [entryPoint, requirements, virtualEnvironment]

  static let entryPoint = Rule(
    "EB110", "wsgi-path", .error, "The application that Gunicorn is to load is not there",
    server: "Your WSGIPath refers to a file that does not exist. On Amazon Linux 2 and later: "
      + "ModuleNotFoundError: No module named 'ebdjango/wsgi'",
    remedy: "set WSGIPath to 'package.module:application', or write a Procfile",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/create-deploy-python-container.html; "
      + "github.com/awsdocs/aws-elastic-beanstalk-developer-guide/issues/86",
    platforms: [.python]
  ) { bundle in
    // Its command is run instead.
    if bundle.has("Procfile") { return [] }
    guard
      let option = bundle.setOptions.last(where: {
        $0.namespace == OptionNamespaces.python && $0.name == "WSGIPath"
      })
    else { return missingDefault(bundle) }
    guard let value = option.value, !value.isEmpty else { return [] }
    if bundle.isForAmazonLinux1 {
      let path = value.hasPrefix("/") ? String(value.dropFirst()) : value
      return bundle.has(path) || isMade(path, in: bundle)
        ? [] : [option.sighting("there is no '\(path)' in the bundle")]
    }
    if value.contains("/") {
      let parts = value.split(separator: ":", maxSplits: 1)
      let module = parts[0].hasSuffix(".py") ? parts[0].dropLast(3) : parts[0]
      let dotted = module.split(separator: "/").joined(separator: ".")
      return [
        option.sighting(
          "'\(value)' is a path, and Gunicorn takes a module",
          remedy: "set WSGIPath to '\(dotted):\(parts.count > 1 ? parts[1] : "application")'")
      ]
    }
    return missingModule(value, option, bundle)
  }

  private static func missingModule(
    _ value: String, _ option: SetOption, _ bundle: CheckedBundle
  ) -> [Sighting] {
    var module = value.split(separator: ":").first.map(String.init) ?? value
    // `application.py` is taken for the module's name without its ending.
    if module.hasSuffix(".py") { module.removeLast(3) }
    let path = module.split(separator: ".").joined(separator: "/")
    let file = "\(path).py"
    let roots = searchPath(bundle)
    if ([""] + roots.compactMap(\.self)).contains(where: { hasModule($0 + path, bundle) }) {
      return []
    }
    let isElsewhere =
      roots.contains(nil) || isInstalled(module, bundle) || isMade(file, in: bundle)
    return [
      option.sighting(
        "there is no '\(file)' in the bundle", severity: isElsewhere ? .warning : .error)
    ]
  }

  private static func hasModule(_ path: String, _ bundle: CheckedBundle) -> Bool {
    bundle.has("\(path).py") || hasDirectory(path, bundle)
  }

  /// A directory is a package without `__init__.py` too (PEP 420).
  private static func hasDirectory(_ path: String, _ bundle: CheckedBundle) -> Bool {
    let (start, ending) = (Array("\(path)/".utf8), Array(".py".utf8))
    return bundle.entries.contains { $0.ends(with: ending) && $0.isBelow(start) }
  }

  /// Where else Python looks for modules: a directory of the bundle with its slash, or `nil` for one
  /// of which the bundle does not say what is in it.
  private static func searchPath(_ bundle: CheckedBundle) -> [String?] {
    if bundle.variable("GUNICORN_CMD_ARGS") != nil { return [nil] }
    let path = bundle.variable("PYTHONPATH") ?? ""
    return path.split(separator: ":").compactMap { part -> String?? in
      for root in ["/var/app/current", "/var/app/staging"] where part.hasPrefix(root) {
        let rest = part.dropFirst(root.count).drop { $0 == "/" }
        return rest.isEmpty ? .none : rest + (rest.hasSuffix("/") ? "" : "/")
      }
      // What was in it before, and the modules that are installed.
      return part.hasPrefix("$") || part.hasPrefix("/var/app/venv/") ? .none : .some(nil)
    }
  }

  /// Whether the module may be one of a package's.
  private static func isInstalled(_ module: String, _ bundle: CheckedBundle) -> Bool {
    let package = RequirementsFile.normalized(module.prefix { $0 != "." })
    return RequirementsFile(bundle.text(of: "requirements.txt") ?? "").lines.contains { line in
      switch line.item {
      case .package(let name, _): name == package
      case .local: true
      case .include, .constraint, .other: false
      }
    }
  }

  /// Whether a command may make the file on the instance.
  private static func isMade(_ path: String, in bundle: CheckedBundle) -> Bool {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return bundle.setupPaths.contains { setup in
      bundle.lines(of: setup)?.contains { $0.contains(name) && !$0.contains("WSGIPath") } == true
    }
  }

  /// A warning: whoever made the environment may have set it there, and the bundle does not say.
  private static func missingDefault(_ bundle: CheckedBundle) -> [Sighting] {
    guard !bundle.has("application.py"), !hasDirectory("application", bundle) else {
      return []
    }
    let other = ["app.py", "main.py", "wsgi.py"].first(where: bundle.has)
    let module = other.map { String($0.dropLast(3)) } ?? "package.wsgi"
    return [
      Sighting(
        "there is no Procfile, no WSGIPath and no application.py",
        remedy: "write a Procfile with 'web: gunicorn --bind :8000 \(module):app', or set WSGIPath",
        severity: .warning)
    ]
  }

  // MARK: - Requirements

  static let requirements = Rule(
    "EB111", "requirements", .error, "requirements.txt is not one that pip can install there",
    server: "Your requirements.txt is invalid. Snapshot your logs for details; Instance deployment "
      + "failed to install application dependencies.",
    remedy: "python3 -m pip freeze > requirements.txt, in a virtual environment and saved as UTF-8",
    source:
      "docs.aws.amazon.com/elasticbeanstalk/latest/dg/python-configuration-requirements.html; "
      + "github.com/aws-samples/eb-py-flask-signup/issues/9",
    platforms: [.python]
  ) { RequirementsCheck.sightings(in: $0) }

  // MARK: - Virtual environments

  static let virtualEnvironment = Rule(
    "EB112", "virtual-environment", .warning, "A virtual environment is in the bundle",
    server: "Nothing, but the upload is slow, and its interpreter is that of another machine.",
    remedy: "git rm -r --cached <directory>, and a line in .gitignore",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/python-development-environment.html"
  ) { bundle in
    var seen: Set<Substring> = []
    var sightings: [Sighting] = []
    for entry in bundle.entries {
      guard let ending = environmentFiles.first(where: entry.ends) else {
        continue
      }
      let directory = entry.path.dropLast(ending.count)
      guard !directory.isEmpty, seen.insert(directory).inserted else { continue }
      sightings.append(
        Sighting(
          "'\(directory)' is a virtual environment", at: entry.path,
          remedy: "git rm -r --cached \(ShellWords.line(String(directory))), and a line in "
            + ".gitignore"))
    }
    let cache = bundle.hidden.first { entry in
      entry.place(of: cacheDirectory) != nil && !entry.isDirectory && !isBelow(seen, entry.path)
    }
    let caches = cache.map {
      Sighting(
        "compiled modules are made anew on the instance", at: $0.path,
        remedy: "a line '__pycache__/' in .gitignore, and git rm -r --cached where it is tracked")
    }
    return sightings + [caches].compactMap(\.self)
  }

  /// Whether any of the directories holds the file. There may be as many as there are files.
  private static func isBelow(_ directories: Set<Substring>, _ path: String) -> Bool {
    path.utf8.indices.contains { index in
      path.utf8[index] == UInt8(ascii: "/") && directories.contains(path[..<index])
    }
  }

  private static let cacheDirectory = Array("__pycache__/".utf8)

  /// What `python3 -m venv` writes (PEP 405), and what older versions of virtualenv do.
  private static let environmentFiles = [
    "/pyvenv.cfg", "/bin/activate_this.py", "/Scripts/activate_this.py",
  ].map { Array($0.utf8) }
}
