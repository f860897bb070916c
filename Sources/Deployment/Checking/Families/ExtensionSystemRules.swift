/// What configuration files and hooks do on an instance: commands, packages and paths that other
/// generations of Amazon Linux had.
enum ExtensionSystemRules {
  static let all = [oldPaths, oldWords, longDeployment, leaderOnly]

  static let oldPaths = Rule(
    "EB122", "old-path", .warning, "A command uses a path that Amazon Linux 1 had",
    server: "No such file or directory",
    remedy: "use /var/app/current, /var/app/staging, /var/app/venv",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/using-features.migration-al.html",
    platforms: PlatformKind.linux
  ) { bundle in
    guard !bundle.isForAmazonLinux1 else { return [] }
    return Mention.all(of: paths.map(\.old), in: bundle.setupPaths, of: bundle).map { mention in
      let new = paths.first { $0.old == mention.word }?.new
      return Sighting(
        "'\(mention.word)' is not there any more", at: mention.path, line: mention.line,
        column: mention.column, remedy: new.map { "use \($0)" })
    } + oldProxies(bundle)
  }

  private static let paths: [(old: String, new: String)] = [
    ("/opt/python/current", "/var/app/current"), ("/opt/python/ondeck", "/var/app/staging"),
    ("/opt/python/run/venv", "/var/app/venv/*, or $PYTHONPATH"),
    ("/opt/python/bin", "/var/app/venv/*/bin"), ("/var/app/ondeck", "/var/app/staging"),
    ("/var/lib/tomcat7/webapps", "/var/app/current"),
    ("/var/lib/tomcat8/webapps", "/var/app/current"), ("/tmp/deployment", "/var/app/staging"),
    ("/opt/elasticbeanstalk/node-install", "the node that is in the PATH"),
    ("/opt/elasticbeanstalk/support/envvars", "/opt/elasticbeanstalk/bin/get-config environment"),
  ]

  /// Where a proxy was set up before `.platform`.
  private static func oldProxies(_ bundle: CheckedBundle) -> [Sighting] {
    ["nginx", "httpd"].compactMap { proxy in
      bundle.files(below: "\(ExtensionsFile.directory)\(proxy)/").first.map {
        Sighting(
          "'.ebextensions/\(proxy)' is not read any more", at: $0.path,
          remedy: "move it to '.platform/\(proxy)'")
      }
    }
  }

  static let oldWords = Rule(
    "EB123", "amazon-linux-2-only", .warning,
    "A command or a package is one that Amazon Linux 2023 does not have",
    server: "command not found, or 'No match for argument'; people report that their "
      + "'.ebextensions seem to be ignored'",
    remedy: "use a package of dnf's; a systemd timer, or install cronie, instead of cron",
    source: "github.com/aws/elastic-beanstalk-roadmap/issues/323; "
      + "docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html",
    platforms: PlatformKind.linux
  ) { bundle in
    let generation = bundle.platform?.generation
    guard generation == .al2023 || generation == nil else { return [] }
    let paths = bundle.setupPaths
    // Who installs it has cron.
    let hasCron = !Mention.all(of: ["cronie"], in: paths, of: bundle).isEmpty
    let words = ["amazon-linux-extras", "epel", "epel-release"] + (hasCron ? [] : cronWords)
    let mentions = Mention.all(of: words, in: paths, of: bundle)
    return mentions.map {
      Sighting(
        "'\($0.word)' is not there on Amazon Linux 2023", at: $0.path, line: $0.line,
        column: $0.column)
    } + packages(of: bundle)
  }

  private static let cronWords = [
    "crontab", "/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly",
    "/etc/cron.monthly", "crond",
  ]

  private static func packages(of bundle: CheckedBundle) -> [Sighting] {
    bundle.extensions.flatMap { file in
      (file.root?["packages"]?["yum"]?.mapping ?? []).compactMap { key, _ in
        guard let name = key.string, let new = missingPackages[name] else { return nil }
        return Sighting(
          "no package is called '\(name)' on Amazon Linux 2023", at: file.path, line: key.line,
          column: key.column, remedy: "use \(new)")
      }
    }
  }

  /// Source: https://docs.aws.amazon.com/linux/al2023/release-notes/all-packages.html and
  /// "Comparing AL2 and AL2023" of its user guide.
  private static let missingPackages: [String: String] = [
    "postgresql": "postgresql15 or newer", "postgresql-devel": "libpq-devel",
    "mysql": "mariadb105", "mysql-devel": "mariadb-connector-c-devel",
    "mysql57": "mariadb105", "mariadb": "mariadb105", "mariadb-devel": "mariadb105-devel",
    "redis": "redis6", "ntp": "chrony, which is there already", "python-devel": "python3-devel",
    "python27-devel": "python3-devel", "awslogs": "amazon-cloudwatch-agent",
  ]

  // MARK: - Commands

  static let longDeployment = Rule(
    "EB131", "long-deployment", .warning,
    "Compiling on the instance may take longer than a deployment may",
    server: "…complete, but with command timeouts. Try increasing the timeout period.",
    remedy: "set Timeout of aws:elasticbeanstalk:command, 600 seconds by itself; or compile "
      + "before the upload",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/troubleshooting-deployments.html; "
      + "docs.aws.amazon.com/elasticbeanstalk/latest/dg/command-options-general.html"
  ) { bundle in
    guard bundle.surroundings.timeout == nil,
      bundle.option(OptionNamespaces.command, "Timeout") == nil
    else { return [] }
    let paths = ["Buildfile", "Dockerfile"] + bundle.setupPaths
    return Mention.all(of: compilers, in: paths, of: bundle).prefix(1).map {
      Sighting(
        "'\($0.word)' on the instance, and no Timeout is set", at: $0.path, line: $0.line,
        column: $0.column)
    }
  }

  /// What is known for taking minutes on the instances that people deploy to.
  private static let compilers = [
    "cargo build", "cargo install", "swift build", "stack build", "stack install", "cabal build",
    "bazel build", "mix release", "lein uberjar", "sbt assembly", "native-image",
  ]

  static let leaderOnly = Rule(
    "EB151", "leader-only", .warning,
    "A command that every instance needs runs on one of them alone",
    server: "Nothing: instances other than the leader, and all that are added later, lack what it "
      + "makes.",
    remedy: "take 'leader_only' out; it is for what happens once, such as a migration",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/customize-containers-ec2.html"
  ) { bundle in
    // It puts them where all instances find them.
    let storesApart = bundle.text(of: "requirements.txt")?.contains("django-storages") == true
    let words = storesApart ? everywhere.filter { $0 != "collectstatic" } : everywhere
    return bundle.extensions.flatMap { file in
      (file.root?["container_commands"]?.mapping ?? []).compactMap { name, body in
        guard body["leader_only"]?.isTrue == true, let command = body["command"] else {
          return nil
        }
        let text =
          command.string ?? (command.sequence ?? []).compactMap(\.string).joined(separator: " ")
        guard let word = words.first(where: { Mention.isAny(of: [$0], in: text) }) else {
          return nil
        }
        return Sighting(
          "'\(name.string ?? "")' runs '\(word)' on the leader alone", at: file.path,
          line: name.line, column: name.column)
      }
    }
  }

  private static let everywhere = [
    "collectstatic", "npm install", "npm ci", "yarn install", "pnpm install", "pip install",
    "bundle install", "composer install", "assets:precompile",
  ]
}

extension YAMLNode {
  /// Whether it says yes, in quotes too.
  var isTrue: Bool { bool ?? (string?.lowercased() == "true") }
}
