/// Platform hooks, and the scripts that a deployment runs.
enum HookRules {
  static let all = [notExecutable, carriageReturns, notAProgram, oldHooks, lateMode]

  /// Whether Beanstalk runs it: what lies directly in one of the three directories of each kind.
  static func isHook(_ entry: CheckedBundle.Entry) -> Bool {
    guard entry.isFile, directories.contains(where: entry.path.hasPrefix) else { return false }
    let parts = entry.path.split(separator: "/")
    // What only keeps a directory in git is empty, and fails nothing by being run or not.
    return parts.count == 4 && stages.contains(String(parts[2])) && !parts[3].hasPrefix(".git")
      && !parts[3].hasPrefix(".keep")
  }

  static let directories = [".platform/hooks/", ".platform/confighooks/"]
  private static let stages: Set<String> = ["prebuild", "predeploy", "postdeploy"]

  private static func hooks(_ bundle: CheckedBundle) -> [CheckedBundle.Entry] {
    bundle.hidden.filter(isHook)
  }

  static let notExecutable = Rule(
    "EB104", "hook-not-executable", .error, "A platform hook has no executable bit",
    server: "Command .platform/hooks/… failed with error fork/exec .platform/hooks/…: permission "
      + "denied",
    remedy: "git update-index --chmod=+x <file>, and commit it",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/platforms-linux-extend.hooks.html; "
      + "platform versions since 29 April 2022 set the bit themselves, so that it only warns where "
      + "the platform is not known to be Amazon Linux 2",
    platforms: PlatformKind.linux
  ) { bundle in
    hooks(bundle).filter { !$0.isExecutable }.map {
      Sighting(
        "it is not executable (mode \(String($0.mode & 0o777, radix: 8)))", at: $0.path,
        remedy: "git update-index --chmod=+x \(ShellWords.line($0.path))",
        severity: bundle.platform?.generation == .al2 ? .error : .warning,
        mend: .makeExecutable($0.path))
    }
  }

  static let carriageReturns = Rule(
    "EB105", "crlf-script", .error, "A script's lines end in CRLF",
    server: "/usr/bin/env: bash\\r: No such file or directory, with status 127",
    remedy: "in .gitattributes: '*.sh text eol=lf', then git add --renormalize .",
    source: "github.com/FoxxMD/laravel-elasticbeanstalk-queue-worker/issues/9",
    platforms: PlatformKind.linux
  ) { bundle in
    let started = startedPaths(in: bundle)
    return bundle.noted.filter(\.isFile).compactMap { entry in
      let lines = ["Procfile", "Buildfile"].contains(entry.path) || isHook(entry)
      guard
        entry.traits.contains(.carriageReturn)
          || lines && (bundle.contents(of: entry.path)?.carriageReturnCount ?? 0) > 0
      else { return nil }
      // One that an interpreter is given, or that nothing of Beanstalk runs, may well work.
      let isRun = lines || started.contains(entry.path)
      return Sighting(
        "its lines end in CRLF", at: entry.path, line: 1,
        severity: isRun ? .error : .warning, mend: .endLinesWithLF(entry.path))
    }
  }

  /// Files that the Procfile and the Buildfile run as they are.
  private static func startedPaths(in bundle: CheckedBundle) -> Set<String> {
    var paths: Set<String> = []
    for name in ["Procfile", "Buildfile"] {
      for process in Procfile(reading: bundle.text(of: name) ?? "").processes {
        let words = process.command.split(separator: " ").drop { $0 == "exec" || $0.contains("=") }
        guard let word = words.first else { continue }
        paths.insert(String(word.hasPrefix("./") ? word.dropFirst(2) : word))
      }
    }
    return paths
  }

  static let notAProgram = Rule(
    "EB106", "hook-no-interpreter", .error,
    "A platform hook neither begins with #! nor is a program",
    server: "fork/exec .platform/hooks/…: exec format error",
    remedy: "begin it with a line such as '#!/bin/bash'",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/platforms-linux-extend.hooks.html",
    platforms: PlatformKind.linux
  ) { bundle in
    hooks(bundle).filter { $0.traits.isDisjoint(with: [.script, .linuxBinary]) }.map {
      Sighting(
        $0.size == 0
          ? "it is empty"
          : $0.traits.contains(.foreignBinary)
            ? "it is a program for another system" : "it does not begin with '#!'",
        at: $0.path, line: 1, column: 1)
    }
  }

  static let oldHooks = Rule(
    "EB121", "old-hooks", .error, "A configuration file writes hooks where nothing reads them",
    server: "Nothing: Amazon Linux 2 'doesn't read or execute them'.",
    remedy: "move it to .platform/hooks/prebuild, predeploy or postdeploy",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/custom-platform-hooks.html",
    platforms: PlatformKind.linux
  ) { bundle in
    guard bundle.platform?.isModern != false else { return [] }
    var sightings: [Sighting] = []
    for file in bundle.extensions {
      for key in file.root?["files"]?.mapping?.map(\.key) ?? []
      where key.string?.hasPrefix(oldDirectory) == true {
        sightings.append(
          Sighting(
            "'\(oldDirectory)' is not read any more", at: file.path, line: key.line,
            column: key.column))
      }
    }
    // Elsewhere it may be taken away, or asked for.
    let written = Set(sightings.map { "\($0.path ?? "") \($0.line ?? 0)" })
    let paths = bundle.extensions.map(\.path)
    return sightings
      + Mention.all(of: [oldDirectory], in: paths, of: bundle).compactMap { mention in
        guard !written.contains("\(mention.path) \(mention.line)") else { return nil }
        return Sighting(
          "'\(oldDirectory)' is not read any more", at: mention.path, line: mention.line,
          column: mention.column, severity: .warning)
      }
  }

  private static let oldDirectory = "/opt/elasticbeanstalk/hooks"

  static let lateMode = Rule(
    "EB124", "late-chmod", .warning,
    "A container command makes hooks executable, too late for a configuration deployment",
    server: "permission denied at the next configuration deployment, which unpacks anew",
    remedy: "git update-index --chmod=+x <file>, and commit it",
    source: "github.com/aws/elastic-beanstalk-roadmap/issues/110", platforms: PlatformKind.linux
  ) { bundle in
    bundle.extensions.flatMap { file in
      file.scalars.compactMap { text, node in
        guard text.contains("chmod"), text.contains(".platform") else { return nil }
        return Sighting(
          "the executable bit of what is in '.platform' belongs into git", at: file.path,
          line: node.line, column: node.column)
      }
    }
  }
}

extension PlatformKind {
  /// All but Windows.
  static let linux = Set(allCases).subtracting([.windows])
}

extension [UInt8] {
  /// How many lines end in CRLF.
  var carriageReturnCount: Int {
    zip(self, dropFirst()).count { $0 == UInt8(ascii: "\r") && $1 == UInt8(ascii: "\n") }
  }
}
