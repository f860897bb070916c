/// What the zip as a whole must be like: its names, its size, what kind of entries it has.
enum LayoutRules {
  static let all = [
    parentFolder, tooLarge, backslashes, processFile, macOSLeftovers, standIns, ignoreFile,
    badEntries, ownDirectory,
  ]

  static let parentFolder = Rule(
    "EB101", "parent-folder", .error,
    "Everything lies in one directory of the zip, and Beanstalk looks for the application at its root",
    server: "The application is missing: for example 'Your WSGIPath refers to a file that does not "
      + "exist.', or nothing to start.",
    remedy: "zip what is in the directory, not the directory; with git eb: set bundle.root to it",
    source: "github.com/aws-samples/eb-py-flask-signup/issues/6"
  ) { bundle in
    func counts(_ entry: CheckedBundle.Entry) -> Bool {
      !entry.isDirectory && !MacOSLeftover.isOne(entry)
    }
    guard let file = bundle.entries.first(where: counts),
      let first = file.path.split(separator: "/").first.map(String.init), !first.hasPrefix("."),
      case let start = Array((first + "/").utf8),
      bundle.entries.allSatisfy({ $0.isBelow(start) || !counts($0) }),
      let marker = rootMarkers.first(where: { bundle.has("\(first)/\($0)") })
    else { return [] }
    return [
      Sighting(
        "'\(marker)' is in '\(first)/', and nothing is beside that", at: "\(first)/\(marker)",
        remedy: "set bundle.root to '\(first)', or zip what is in '\(first)/'",
        // What PHP calls its document root, which an option may name.
        severity: marker == "index.php" && ["public", "web"].contains(first) ? .warning : nil)
    ]
  }

  /// What an application has at its root.
  static let rootMarkers = [
    "Procfile", "Dockerfile", "Dockerrun.aws.json", "docker-compose.yml", "package.json",
    "requirements.txt", "Pipfile", "application.py", "composer.json", "Gemfile", "config.ru",
    "go.mod", "pom.xml", "application.jar", "WEB-INF/web.xml", "index.php", "env.yaml",
  ]

  static let tooLarge = Rule(
    "EB102", "too-large", .error, "The bundle is larger than 500 MB",
    server: "Failed to create the AWS Elastic Beanstalk application version",
    remedy: "keep files out with 'export-ignore' in .gitattributes, or in .ebignore",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/applications-sourcebundle.html",
    isBeanstalks: false
  ) { bundle in
    let size = bundle.surroundings.size
    guard size > BundleLimits.size / 5 * 4 else { return [] }
    let largest = bundle.surroundings.largest.map {
      "\($0.name) (\($0.compressedSize / 1_000_000) MB)"
    }
    return [
      Sighting(
        "\(size / 1_000_000) MB of \(BundleLimits.size / 1_000_000); the largest are "
          + largest.joined(separator: ", "),
        severity: size > BundleLimits.size ? .error : .warning)
    ]
  }

  static let backslashes = Rule(
    "EB103", "backslash", .error, "Names in the zip are written with backslashes",
    server: "warning: source_bundle appears to use backslashes as path separators; Failed to unzip "
      + "source bundle, abort deployment",
    remedy: "write the zip again with '/' between the parts of names",
    source: "github.com/aws/aws-extensions-for-dotnet-cli/issues/43", isBeanstalks: false
  ) { bundle in
    // Where others are written with '/', it is a name that has one.
    let isMixed = bundle.entries.contains { $0.bytes.dropLast().contains(UInt8(ascii: "/")) }
    return bundle.odd.filter { $0.marks.contains(.backslash) }.map {
      Sighting(
        "'\\' is a part of the name, and separates nothing", at: $0.path,
        severity: isMixed ? .warning : .error)
    }
  }

  static let processFile = Rule(
    "EB109", "procfile", .error, "A line of the Procfile is not 'name: command'",
    server: "The process is absent, and the proxy answers 502.",
    remedy: "write each process as 'name: command', with web first",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/platforms-linux-extend.html",
    isBeanstalks: false
  ) { bundle in
    guard let text = bundle.text(of: "Procfile") else {
      // Linux tells one from the other.
      return bundle.shallow.filter { $0.path.lowercased() == "procfile" && $0.path != "Procfile" }
        .map {
          Sighting(
            "it is called '\($0.path)', and only 'Procfile' is read", at: $0.path,
            mend: .move(from: $0.path, to: "Procfile"))
        }
    }
    let file = Procfile(reading: text)
    var sightings = file.problems.map {
      Sighting($0.reason, at: "Procfile", line: $0.line, column: 1)
    }
    if let first = file.processes.first, first.name != Procfile.web {
      sightings.append(
        Sighting(
          file.hasWeb
            ? "'web' is not the first process, which is the one that gets the requests"
            : "no process is called 'web'; the first one, '\(first.name)', gets the requests",
          at: "Procfile", line: first.line, column: 1, severity: .warning))
    }
    return sightings
  }

  static let macOSLeftovers = Rule(
    "EB116", "macos-leftovers", .error, "What macOS adds to zips is in the bundle",
    server: "The configuration file __MACOSX/.ebextensions/._app.config in application version … "
      + "contains invalid YAML or JSON.",
    remedy: "leave them out: zip -X, or git rm --cached and a line in .gitignore",
    source: "github.com/awsdocs/aws-elastic-beanstalk-developer-guide/issues/60"
  ) { bundle in
    bundle.hidden.filter { MacOSLeftover.isOne($0) && !$0.isDirectory }.map { entry in
      // Only what Beanstalk itself would read stops it.
      let isRead = entry.path.contains(".ebextensions/") && entry.path.hasSuffix(".config")
      return Sighting(
        "macOS keeps its own attributes in it", at: entry.path,
        severity: isRead ? .error : .warning)
    }
  }

  static let standIns = Rule(
    "EB134", "stand-in", .error, "A file holds something that stands for its contents",
    server: "Nothing: the application reads a text of 130 bytes where it expects an image.",
    remedy: "git lfs pull, git-crypt unlock, or end the merge",
    source: "github.com/git-lfs/git-lfs/issues/3273", isBeanstalks: false
  ) { bundle in
    var sightings: [Sighting] = []
    for entry in bundle.noted where entry.isFile {
      if entry.traits.contains(.largeObjectPointer) {
        sightings.append(
          Sighting(
            "it is a pointer of Git LFS", at: entry.path, remedy: "git lfs pull",
            severity: TestDirectory.contains(entry.path) ? .warning : .error))
      } else if entry.traits.contains(.encrypted) {
        sightings.append(
          Sighting("git-crypt has encrypted it", at: entry.path, remedy: "git-crypt unlock"))
      } else if let place = conflict(in: bundle.lines(of: entry.path) ?? []) {
        sightings.append(
          Sighting(
            "a merge left its marks in it", at: entry.path, line: place, column: 1,
            remedy: "edit \(entry.path), and git add it"))
      }
    }
    return sightings
  }

  /// The line at which a conflict begins that also ends.
  private static func conflict(in lines: [Substring]) -> Int? {
    guard let start = lines.firstIndex(where: { $0.hasPrefix("<<<<<<< ") }),
      let middle = lines[start...].firstIndex(of: "======="),
      lines[middle...].contains(where: { $0.hasPrefix(">>>>>>> ") })
    else { return nil }
    return start + 1
  }

  static let ignoreFile = Rule(
    "EB135", "ebignore", .warning, "An .ebignore is there, and the EB CLI reads it otherwise",
    server: "Nothing: with an .ebignore, 'eb deploy' takes no heed of git and of .gitignore.",
    remedy: "with git-eb it takes files out and brings those in that it names with '!'; list "
      + "secrets under 'secrets' of .git-eb.yml instead",
    source: "github.com/aws/aws-elastic-beanstalk-cli/issues/42"
  ) { bundle in
    guard let lines = bundle.lines(of: ".ebignore") else { return [] }
    guard let index = lines.firstIndex(where: { $0.hasPrefix("!") }) else {
      return [Sighting("the EB CLI takes it in the place of git's ignore files", at: ".ebignore")]
    }
    return [
      Sighting(
        "'\(lines[index])' brings in what git leaves out", at: ".ebignore", line: index + 1,
        column: 1)
    ]
  }

  static let badEntries = Rule(
    "EB139", "bad-entry", .error, "An entry of the zip cannot be unpacked, or leads out of it",
    server: "Unzipping fails, or leaves a hole.",
    remedy: "write the zip again without it; in git: git rm --cached",
    source: "github.com/aws-actions/aws-elasticbeanstalk-deploy", isBeanstalks: false
  ) { bundle in
    outward(bundle) + twice(bundle) + alike(bundle) + odd(bundle)
  }

  private static func outward(_ bundle: CheckedBundle) -> [Sighting] {
    bundle.odd.filter { $0.marks.contains(.outward) }.map {
      Sighting("its name leads out of the bundle", at: $0.path)
    }
  }

  private static func twice(_ bundle: CheckedBundle) -> [Sighting] {
    guard bundle.hasDuplicates else { return [] }
    var seen: Set<String> = []
    return bundle.entries.filter { !seen.insert($0.path).inserted }.map {
      Sighting("it is there twice", at: $0.path)
    }
  }

  /// One of two that differ in case alone has a letter that is not in lower case.
  private static func alike(_ bundle: CheckedBundle) -> [Sighting] {
    var folded: [String: String] = [:]
    var sightings: [Sighting] = []
    for entry in bundle.uppercase where !entry.isDirectory {
      let lower = entry.path.lowercased()
      let other = folded[lower] ?? (bundle.has(lower) ? lower : nil)
      folded[lower] = entry.path
      guard let other, other != entry.path else { continue }
      sightings.append(
        Sighting(
          "only its case tells it from '\(other)'", at: entry.path,
          severity: bundle.platform?.kind == .windows ? .error : .warning))
    }
    return sightings
  }

  private static func odd(_ bundle: CheckedBundle) -> [Sighting] {
    var links: [[UInt8]: [UInt8]] = [:]
    for entry in bundle.odd where entry.isSymbolicLink {
      links[entry.bytes] = bundle.contents(of: entry.path)
    }
    return bundle.odd.compactMap { entry in
      if entry.isSymbolicLink {
        guard LinkPath.leaves(entry.bytes, through: links) else { return nil }
        let target = bundle.text(of: entry.path) ?? ""
        return Sighting("it links to '\(target)', out of the bundle", at: entry.path)
      }
      if entry.isFile {
        guard entry.mode & 0o777 == 0 else { return nil }
        return Sighting("nobody may read it: its mode is 000", at: entry.path)
      }
      return entry.isDirectory
        ? nil : Sighting("it is a pipe, a socket or a device, and no file", at: entry.path)
    }
  }

  static let ownDirectory = Rule(
    "EB152", "elasticbeanstalk-directory", .warning,
    "The EB CLI's own directory is in the bundle",
    server: "Nothing: saved configurations and names of environments lie on every instance.",
    remedy: "add '.elasticbeanstalk/ export-ignore' to .gitattributes",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/eb-cli3-configuration.html"
  ) { bundle in
    bundle.files(below: ".elasticbeanstalk/").prefix(1).map {
      Sighting("the EB CLI's own directory needs not leave", at: $0.path)
    }
  }
}

/// `__MACOSX/` and `._name`, in which macOS's programs keep attributes beside files.
enum MacOSLeftover {
  static func isOne(_ entry: CheckedBundle.Entry) -> Bool {
    entry.marks.contains(.hidden) && isOne(entry.path)
  }

  static func isOne(_ path: String) -> Bool {
    path.hasPrefix("__MACOSX/")
      || path.split(separator: "/").contains { $0.hasPrefix("._") } || path.hasSuffix(".DS_Store")
  }
}
