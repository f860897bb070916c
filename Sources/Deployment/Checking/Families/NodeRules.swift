/// What the Node.js platform trips on.
enum NodeRules {
  static let all = [nothingToStart, shippedModules, version, manifest]

  private static let packageFile = "package.json"

  static let nothingToStart = Rule(
    "EB107", "node-nothing-to-start", .error, "Nothing says how the application starts",
    server: "Instance deployment failed to generate a 'Procfile' for Node.js. Provide one of these "
      + "files: 'package.json', 'server.js', or 'app.js'.",
    remedy: "add a package.json with a 'start' script, or a Procfile",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/nodejs-configuration-procfile.html; "
      + "github.com/udacity/cloud-developer/issues/353",
    platforms: [.node]
  ) { bundle in
    if ["Procfile", "server.js", "app.js"].contains(where: bundle.has) { return [] }
    guard bundle.has(packageFile) else {
      return [
        Sighting("there is no package.json, server.js, app.js or Procfile at the bundle's root")
      ]
    }
    guard let root = package(in: bundle), root.mapping != nil else { return [] }
    let scripts = root["scripts"]
    guard scripts?["start"] == nil else { return [] }
    let place = scripts ?? root
    return [
      Sighting(
        "it has no 'start' script, and there is no server.js, app.js or Procfile", at: packageFile,
        line: place.line, column: place.column, severity: .warning)
    ]
  }

  /// `nil` for one that is missing or cannot be read.
  static func package(in bundle: CheckedBundle) -> YAMLNode? {
    // Every JSON document of this kind is YAML, whose reader knows places.
    bundle.contents(of: packageFile).flatMap { try? YAMLNode.parse($0, name: packageFile) }
  }

  static let manifest = Rule(
    "EB145", "package-json", .error, "package.json is not JSON",
    server: "npm ERR! code EJSONPARSE; Instance deployment failed to install application "
      + "dependencies.",
    remedy: "mend it where it is shown; JSON has neither comments nor a comma before '}'",
    source: "docs.npmjs.com/cli/configuring-npm/package-json", platforms: [.node]
  ) { bundle in
    guard
      bundle.entry(packageFile)?.traits.isDisjoint(with: [.largeObjectPointer, .encrypted])
        == true, let bytes = bundle.contents(of: packageFile),
      let problem = JSONSyntax.problem(in: bytes)
    else { return [] }
    return [
      Sighting(problem.reason, at: packageFile, line: problem.line, column: problem.column)
    ]
  }

  // MARK: - Modules

  static let shippedModules = Rule(
    "EB113", "node-modules", .warning, "node_modules is in the bundle",
    server: "npm install does not run then; a module that was compiled elsewhere fails with "
      + "'invalid ELF header'.",
    remedy: "git rm -r --cached node_modules, and a line in .gitignore; commit the lock file",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/nodejs-platform-dependencies.html; "
      + "github.com/kelektiv/node.bcrypt.js/issues/23",
    platforms: [.node]
  ) { bundle in
    let first = bundle.files(below: "node_modules/").first.map {
      Sighting("what is there is used as it is, and nothing is installed", at: $0.path)
    }
    return [first].compactMap(\.self)
      + bundle.noted.filter(isForeignModule).map {
        Sighting("it was compiled for another system", at: $0.path, severity: .error)
      }
  }

  /// Whether it is a module for macOS or Windows that Linux would load. Many packages bring one for
  /// each system, and load what fits.
  private static func isForeignModule(_ entry: CheckedBundle.Entry) -> Bool {
    guard entry.traits.contains(.foreignBinary), entry.path.hasSuffix(".node"),
      let module = module(of: entry.path)
    else { return false }
    let path = entry.path.lowercased()
    // fsevents is for macOS alone, and those that can use it do without.
    return !module.hasSuffix("/fsevents/") && !systems.contains { path.contains($0) }
  }

  private static let systems = ["darwin", "macos", "win32", "windows", "osx", "prebuilds"]

  /// The directory of the innermost package, with its slash.
  private static func module(of path: String) -> String? {
    guard let range = path.ranges(of: "node_modules/").last,
      range.lowerBound == path.startIndex || path[..<range.lowerBound].hasSuffix("/")
    else { return nil }
    let rest = path[range.upperBound...]
    let parts = rest.split(separator: "/", maxSplits: rest.hasPrefix("@") ? 2 : 1)
    guard parts.count > 1 else { return nil }
    return path[..<range.upperBound] + parts.dropLast().joined(separator: "/") + "/"
  }

  // MARK: - Version

  static let version = Rule(
    "EB141", "engine", .warning,
    "The version that package.json asks for is not the platform's",
    server: "You didn't specify a Node.js version…, or the installation of dependencies fails",
    remedy: "ask for the platform's major version, or choose another platform branch",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/nodejs-platform-dependencies.html",
    platforms: [.node]
  ) { bundle in
    guard let own = bundle.platform?.version,
      let major = own.split(separator: ".").first.flatMap({ Int($0) }),
      let wanted = package(in: bundle)?["engines"]?["node"], let text = wanted.string,
      let range = VersionRange(text), !range.mayContain(major: major)
    else { return [] }
    return [
      Sighting(
        "it asks for '\(text)', and the platform has \(own)", at: packageFile, line: wanted.line,
        column: wanted.column)
    ]
  }
}
