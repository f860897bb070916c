import Testing

@testable import Deployment

/// The configuration from these sources.
private func load(
  _ yaml: String? = nil, flags: [ConfigurationSources.Flag] = [],
  environment: [String: String] = [:], git: [(String, String?)] = [], ebCLI: String? = nil
) throws -> Configuration {
  try ConfigurationLoader.load(
    ConfigurationSources(
      flags: flags, processEnvironment: environment,
      git: git.map { name, value in
        ConfigurationSources.GitEntry(name: name, value: value, level: "local", file: ".git/config")
      },
      gitEB: yaml.map { .init(name: ".git-eb.yml", bytes: Array($0.utf8)) },
      ebCLI: ebCLI.map {
        [.init(name: ".elasticbeanstalk/config.yml", bytes: Array($0.utf8))]
      } ?? []))
}

private func inFile(_ line: Int) -> Origin { .file(path: ".git-eb.yml", line: line) }

@Suite("Configuring: loading") struct ConfiguringLoaderTests {
  /// The file that PRODUCT shows.
  static let full = """
    application: shop
    host: beanstalk              # beanstalk | local | command
    region: ap-northeast-2
    profile: eb
    branches:                    # first match wins; patterns as in .gitignore/wildmatch
      master: production
      dev: dev
      issue*: "{branch}"         # an ephemeral environment of its own
    environments:
      production:
        protected: true          # deployed only from its own branch, never terminated or pruned
        secrets: [{from: ~/.config/shop/production.json, to: .secrets/base.json}]
        variables: {DJANGO_SETTINGS_MODULE: config.settings.production}
    previews:                    # environments made for branches
      like: dev                  # take option settings from this environment
      ttl: 72h
      limit: 10
    secrets:
      - .secrets/                # ignored by git, wanted in the bundle
      - {from: config/prod.env, to: .env, environments: [production]}
      - {run: [sops, -d, secrets.enc.yml], to: .secrets/app.yml}
    bundle: {submodules: true, lfs: true, artifact: build/app.war}
    """

  @Test func `Nothing configured gives the defaults`() throws {
    let configuration = try load()
    #expect(configuration.application == nil)
    #expect(configuration.host == Setting(.beanstalk, from: .builtIn))
    #expect(configuration.bundle.submodules == Setting(true, from: .builtIn))
    #expect(configuration.bundle.lfs == Setting(true, from: .builtIn))
    #expect(configuration.local.hooks == Setting(false, from: .builtIn))
    #expect(configuration.push.timeout == Setting(.seconds(600), from: .builtIn))
    #expect(configuration.push.wait == nil)
    #expect(configuration.previews == PreviewSettings())
    #expect(configuration.branches.isEmpty)
    #expect(configuration.secrets.isEmpty)
    #expect(
      configuration.allSettings.map(\.name) == [
        "host", "bundle.submodules", "bundle.lfs", "bundle.autocrlf", "bundle.cache",
        "beanstalk.process", "beanstalk.createApplication", "local.hooks", "push.timeout",
        "records.tracking",
        "records.expire", "records.keep",
      ])
  }

  @Test func `Options, policy and the making of an environment are read`() throws {
    let configuration = try load(
      """
      platform: Docker
      environments:
        production:
          policy: rolling
          batch: 25%
          like: dev
          single: true
          cname: shop
          tags: {team: web}
          options: {"aws:autoscaling:asg": {MinSize: 2}}
      """, git: [("eb.beanstalk.kmskey", "alias/x")])
    let name = try #require(EnvironmentName("production"))
    let settings = configuration.creation(of: name)
    #expect(
      settings.options == [
        .init("aws:elasticbeanstalk:command", "DeploymentPolicy", "Rolling"),
        .init("aws:elasticbeanstalk:command", "BatchSizeType", "Percentage"),
        .init("aws:elasticbeanstalk:command", "BatchSize", "25"),
        .init("aws:autoscaling:asg", "MinSize", "2"),
      ])
    #expect(settings.like == "dev")
    #expect(settings.platform == "Docker")
    #expect(settings.isSingleInstance == true)
    #expect(settings.cnamePrefix == "shop")
    #expect(settings.tags == ["team": "web"])
    #expect(configuration.beanstalk.kmsKey?.value == "alias/x")
  }

  @Test(arguments: ["batch: 0", "batch: 101%", "policy: slowly", "options: {asg: {MinSize: 2}}"])
  func `What Beanstalk has no word for is refused`(line: String) {
    #expect(throws: ConfigurationError.self) {
      try load("environments: {dev: {\(line)}}")
    }
  }

  @Test func `The whole file is read, with its lines`() throws {
    let production = try #require(EnvironmentName("production"))
    let configuration = try load(Self.full)
    #expect(configuration.application?.value.text == "shop")
    #expect(configuration.application?.origin == inFile(1))
    #expect(configuration.host == Setting(.beanstalk, from: inFile(2)))
    #expect(configuration.region == Setting("ap-northeast-2", from: inFile(3)))
    #expect(configuration.profile == Setting("eb", from: inFile(4)))
    #expect(
      configuration.branches == [
        BranchRule(pattern: "master", target: .named(production), origin: inFile(6)),
        BranchRule(
          pattern: "dev", target: .named(try #require(EnvironmentName("dev"))), origin: inFile(7)),
        BranchRule(pattern: "issue*", target: .template("{branch}"), origin: inFile(8)),
      ])
    let environment = try #require(configuration.environments[production])
    #expect(environment.protected)
    #expect(environment.origin == inFile(10))
    #expect(environment.variables == ["DJANGO_SETTINGS_MODULE": "config.settings.production"])
    #expect(
      environment.secrets == [
        SecretRule(
          source: .file(from: "~/.config/shop/production.json", to: ".secrets/base.json"),
          environments: [production], origin: inFile(12))
      ])
    #expect(configuration.previews.like == Setting("dev", from: inFile(15)))
    #expect(configuration.previews.ttl == Setting(.seconds(72 * 3600), from: inFile(16)))
    #expect(configuration.previews.limit == Setting(10, from: inFile(17)))
    #expect(
      configuration.secrets == [
        SecretRule(source: .path(".secrets/"), environments: nil, origin: inFile(19)),
        SecretRule(
          source: .file(from: "config/prod.env", to: ".env"), environments: [production],
          origin: inFile(20)),
        SecretRule(
          source: .run(["sops", "-d", "secrets.enc.yml"], to: ".secrets/app.yml"),
          environments: nil, origin: inFile(21)),
      ])
    #expect(configuration.bundle.artifact == Setting("build/app.war", from: inFile(22)))
    #expect(configuration.bundle.lfs == Setting(true, from: inFile(22)))
  }

  @Test func `Every setting in force is listed with where it came from`() throws {
    let configuration = try load(
      Self.full, environment: ["GIT_EB_REGION": "eu-west-1"],
      git: [("branch.topic.ebenvironment", "dev-2"), ("eb.command.deploy", "'my deploy' -x")],
      ebCLI: "branch-defaults: {old: {environment: old-env, profile: other}}")
    let lines = configuration.allSettings.map { "\($0.name) = \($0.value) [\($0.origin)]" }
    #expect(
      lines == [
        "application = shop [line 1 of .git-eb.yml]",
        "host = beanstalk [line 2 of .git-eb.yml]",
        "region = eu-west-1 [GIT_EB_REGION]",
        "profile = eb [line 4 of .git-eb.yml]",
        "branch.topic.ebEnvironment = dev-2 "
          + "[git config branch.topic.ebenvironment (file:.git/config)]",
        "branches.master = production [line 6 of .git-eb.yml]",
        "branches.dev = dev [line 7 of .git-eb.yml]",
        "branches.issue* = {branch} [line 8 of .git-eb.yml]",
        "branch-defaults.old.environment = old-env [line 1 of .elasticbeanstalk/config.yml]",
        "branch-defaults.old.profile = other [line 1 of .elasticbeanstalk/config.yml]",
        "environments.production.protected = true [line 11 of .git-eb.yml]",
        "environments.production.secrets[0] = ~/.config/shop/production.json to "
          + ".secrets/base.json (production) [line 12 of .git-eb.yml]",
        "environments.production.variables.DJANGO_SETTINGS_MODULE = … [line 13 of .git-eb.yml]",
        "previews.like = dev [line 15 of .git-eb.yml]",
        "previews.ttl = 3d [line 16 of .git-eb.yml]",
        "previews.limit = 10 [line 17 of .git-eb.yml]",
        "secrets[0] = .secrets/ [line 19 of .git-eb.yml]",
        "secrets[1] = config/prod.env to .env (production) [line 20 of .git-eb.yml]",
        "secrets[2] = output of sops … to .secrets/app.yml [line 21 of .git-eb.yml]",
        "bundle.submodules = true [line 22 of .git-eb.yml]",
        "bundle.lfs = true [line 22 of .git-eb.yml]",
        "bundle.artifact = build/app.war [line 22 of .git-eb.yml]",
        "bundle.autocrlf = false [default]",
        "bundle.cache = 1g [default]",
        "beanstalk.process = false [default]", "beanstalk.createApplication = false [default]",
        "local.hooks = false [default]",
        "command.deploy = 'my deploy' -x [git config eb.command.deploy (file:.git/config)]",
        "push.timeout = 10m [default]",
        "records.tracking = eb [default]",
        "records.expire = 400d [default]",
        "records.keep = 50 [default]",
      ])
  }

  /// Every level that can set the region, the highest first.
  private static let levels = ["flag", "variable", "git", "file", "ebCLI"]

  @Test(arguments: 1..<32)
  func `For any set of sources the highest one wins`(set: Int) throws {
    let present = Self.levels.enumerated().filter { set & (1 << $0.offset) != 0 }.map(\.element)
    let configuration = try load(
      present.contains("file") ? "region: file\n" : "host: local\n",
      flags: present.contains("flag")
        ? [.init(.region, option: "--region", value: "flag")] : [],
      environment: present.contains("variable") ? ["GIT_EB_REGION": "variable"] : [:],
      git: present.contains("git") ? [("eb.region", "git")] : [],
      ebCLI: present.contains("ebCLI") ? "global: {default_region: ebCLI}\n" : nil)
    #expect(configuration.region?.value == present.first)
    let origin: Origin =
      switch present.first {
      case "flag": .commandLine(option: "--region")
      case "variable": .environmentVariable(name: "GIT_EB_REGION")
      case "git": .gitConfiguration(name: "eb.region", file: ".git/config", level: "local")
      case "file": inFile(1)
      default: .ebCLI(path: ".elasticbeanstalk/config.yml", line: 1)
      }
    #expect(configuration.region?.origin == origin)
  }

  @Test func `Every scalar key can be set by option, variable, git and file`() throws {
    for key in SettingKey.allCases where key.isScalar {
      let example = key.declaration.example
      let node = try #require(try YAMLNode.parse(example, name: "example"))
      let text = node.string ?? node.sequence?.compactMap(\.string).joined(separator: " ") ?? ""
      let parts = key.name.split(separator: ".")
      let yaml =
        parts.count == 1
        ? "\(key.name): \(example)" : "\(parts[0]): {\(parts[1]): \(example)}"
      let configurations = [
        try load(flags: [.init(key, option: "--x", value: text)]),
        try load(environment: [try #require(key.environmentVariable): text]),
        try load(git: [(try #require(key.gitName), text)]),
        try load(yaml),
      ]
      let values = configurations.map { configuration in
        configuration.allSettings.first { $0.name == key.name }
      }
      #expect(!values.contains(nil), "\(key.name)")
      #expect(Set(values.map { $0?.value }).count == 1, "\(key.name)")
      #expect(values[0]?.origin == .commandLine(option: "--x"))
      #expect(values[3]?.origin == inFile(1))
    }
  }

  @Test func `The last of git's entries wins and overridden ones are not judged`() throws {
    let configuration = try load(git: [("eb.host", "nonsense"), ("eb.host", "local")])
    #expect(configuration.host.value == .local)
  }

  @Test(
    arguments: [
      (nil, true), ("", false), ("1", true), ("0", false), ("Yes", true), ("off", false),
    ] as [(String?, Bool)])
  func `Booleans in git's configuration are git's`(text: String?, value: Bool) throws {
    #expect(try load(git: [("eb.local.hooks", text)]).local.hooks.value == value)
  }

  @Test func `An empty variable is one that is not set`() throws {
    #expect(try load(environment: ["GIT_EB_REGION": "", "GIT_EB_HOST": ""]).region == nil)
  }

  @Test func `Variables that are not settings are left alone`() throws {
    let environment = [
      "GIT_EB_ENVIRONMENT": "dev", "GIT_EB_BRANCH": "x", "GIT_EB_LABEL": "y", "GIT_EB_REGON": "z",
    ]
    #expect(try load(environment: environment).region == nil)
  }

  @Test func `A branch's own setting in git takes any branch name`() throws {
    let configuration = try load(git: [
      ("branch.feature/a.b.ebenvironment", "dev"), ("branch.Topic.ebEnvironment", "{branch}-x"),
      ("branch.Topic.remote", "origin"), ("branch.sort", "x"), ("core.bare", "false"),
    ])
    #expect(
      configuration.branchOverrides.mapValues(\.value.description) == [
        "feature/a.b": "dev", "Topic": "{branch}-x",
      ])
  }

  @Test func `Sections may be left empty`() throws {
    let configuration = try load(
      "branches:\nenvironments:\n  dev:\n  production:\n    variables:\n    secrets:\n"
        + "previews:\nsecrets:\nbundle:\nlocal:\ncommand:\npush:\n")
    #expect(configuration.environments.count == 2)
    #expect(configuration.branches.isEmpty)
  }

  @Test func `Keys that YAML might take for something else are branches too`() throws {
    let configuration = try load("branches:\n  on: dev\n  2024: dev\n  \"*\": '{branch}'\n")
    #expect(configuration.branches.map(\.pattern) == ["on", "2024", "*"])
  }

  @Test func `A variable's value is its text`() throws {
    let configuration = try load(
      "environments:\n  dev:\n    variables: {A: 1, B: true, C: '', D: \"a\\nb\", E: 010}\n")
    let dev = try #require(EnvironmentName("dev"))
    #expect(
      configuration.environments[dev]?.variables
        == ["A": "1", "B": "true", "C": "", "D": "a\nb", "E": "010"])
  }

  @Test func `An environment gets the shared rules that apply to it, then its own`() throws {
    let configuration = try load(
      """
      secrets:
        - a
        - {from: x, to: b, environments: [dev, test]}
        - {from: x, to: c, environments: [production]}
      environments:
        production: {secrets: [d]}
      """)
    func paths(_ name: String) throws -> [String] {
      configuration.secrets(for: try #require(EnvironmentName(name))).map(\.destination)
    }
    #expect(try paths("production") == ["a", "c", "d"])
    #expect(try paths("dev") == ["a", "b"])
    #expect(try paths("issue-5") == ["a"])
    #expect(configuration.allSecrets.map(\.destination) == ["a", "b", "c", "d"])
  }

  @Test func `A program may be written as a list or as a line`() throws {
    let list = try load("command: {deploy: [./deploy, 'a b', '']}\n")
    let line = try load("command: {deploy: ./deploy 'a b' ''}\n")
    #expect(list.command.deploy?.value == ["./deploy", "a b", ""])
    #expect(line.command.deploy == list.command.deploy)
  }

  @Test func `Anchors and merge keys share settings between environments`() throws {
    let configuration = try load(
      """
      environments:
        stage: &base
          protected: true
          variables: {A: x}
        production:
          <<: *base
          variables: {A: y}
      """)
    let name = try #require(EnvironmentName("production"))
    let production = try #require(configuration.environments[name])
    #expect(production.protected)
    #expect(production.variables == ["A": "y"])
  }
}
