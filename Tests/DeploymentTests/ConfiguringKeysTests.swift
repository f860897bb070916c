import Testing

@testable import Deployment

@Suite("Configuring: keys, values and the template") struct ConfiguringKeysTests {
  @Test func `Every key is declared with a sentence and an example that loads`() throws {
    for key in SettingKey.allCases {
      #expect(key.declaration.meaning.hasSuffix("."), "\(key.name)")
      var yaml = key.declaration.example
      for part in key.name.split(separator: ".").reversed() {
        yaml = "{\(part == "<name>" ? "dev" : part): \(yaml)}"
      }
      let file = ConfigurationSources.File(name: "x", bytes: Array(yaml.utf8))
      let configuration = try ConfigurationLoader.load(ConfigurationSources(gitEB: file))
      #expect(configuration.allSettings.contains { $0.origin != .builtIn }, "\(key.name)")
    }
  }

  @Test func `Every default is a value of its key`() throws {
    for key in SettingKey.allCases where key.isScalar {
      guard let fallback = key.declaration.fallback else { continue }
      let configuration = try ConfigurationLoader.load(ConfigurationSources())
      let setting = try #require(configuration.allSettings.first { $0.name == key.name })
      #expect(setting.value == fallback)
      #expect(setting.origin == .builtIn)
    }
  }

  @Test func `Names in git and in the environment follow from the path`() {
    #expect(SettingKey.application.gitName == "eb.application")
    #expect(SettingKey.bundleSubmodules.gitName == "eb.bundle.submodules")
    #expect(SettingKey.bundleSubmodules.environmentVariable == "GIT_EB_BUNDLE_SUBMODULES")
    #expect(SettingKey.previewsTTL.environmentVariable == "GIT_EB_PREVIEWS_TTL")
    #expect(SettingKey.branches.gitName == nil)
    #expect(SettingKey.environmentProtected.environmentVariable == nil)
    #expect(
      SettingKey.sections == [
        "previews", "bundle", "beanstalk", "local", "command", "push", "records",
      ])
  }

  @Test(arguments: [
    ("90s", 90), ("10m", 600), ("72h", 259_200), ("3d", 259_200), ("0s", 0), ("3650d", 315_360_000),
  ])
  func `A duration is a number and a unit`(text: String, seconds: Int) throws {
    #expect(
      try SettingValue(text, type: .duration(allowingZero: true)) == .duration(.seconds(seconds)))
  }

  @Test(arguments: [
    "", "s", "10", "-1s", "+1s", "1.5h", "10 m", "10M", "1h30m", "9999999999999999999s", "3651d",
    "٣d", "10ms",
  ])
  func `What is not a duration is refused`(text: String) {
    #expect(throws: InvalidValue.self) {
      try SettingValue(text, type: .duration(allowingZero: true))
    }
  }

  @Test func `Zero is a duration only where it means something`() {
    #expect(throws: InvalidValue("is zero")) {
      try SettingValue("0m", type: .duration(allowingZero: false))
    }
  }

  @Test(arguments: [
    (0, "0s"), (59, "59s"), (60, "1m"), (90, "90s"), (3600, "1h"), (5400, "90m"), (86400, "1d"),
    (90000, "25h"),
  ])
  func `A duration is shown in its largest exact unit`(seconds: Int, text: String) throws {
    #expect(Duration.seconds(seconds).configurationText == text)
  }

  @Test(arguments: [
    ("a b  c", ["a", "b", "c"]), ("'a b' \"c d\"", ["a b", "c d"]), (#"a\ b"#, ["a b"]),
    (#"'a\b'"#, [#"a\b"#]), (#""a\b\"\\""#, [#"a\b"\"#]), ("a''b ''", ["ab", ""]), (" \t", []),
    ("$HOME *", ["$HOME", "*"]),
  ])
  func `A line is split into words as a shell does`(line: String, words: [String]) throws {
    #expect(try ShellWords.split(line) == words)
  }

  @Test(arguments: ["'a", "\"a", "a\\", "\"a\\"])
  func `An open quote is refused`(line: String) {
    #expect(throws: InvalidValue.self) { try ShellWords.split(line) }
  }

  @Test(arguments: [
    ("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("ab", "ba", 1),
    ("ca", "abc", 3), ("reigon", "region", 1), ("héllo", "hello", 1),
  ])
  func `Edit distance counts swaps of neighbours as one`(left: String, right: String, distance: Int)
  {
    #expect(EditDistance.between(left, right) == distance)
    #expect(EditDistance.between(right, left) == distance)
  }

  @Test(arguments: [
    ("hots", "host"), ("HOST", "host"), ("branch", "branches"), ("lsf", "lfs"), ("xyz", nil),
    ("completely", nil), ("", nil),
  ])
  func `The nearest word is suggested when it is near`(word: String, nearest: String?) {
    #expect(EditDistance.nearest(to: word, among: ["host", "branches", "lfs"]) == nearest)
  }

  @Test(arguments: [
    "dev", "a", "x{branch}", "{branch}-x", "{branch}", "-{branch}", "{branch}{branch}",
  ])
  func `A target is a name or a template`(text: String) throws {
    #expect(try EnvironmentTarget(text).description == text)
  }

  @Test(arguments: ["", "-a", "a_b", "{Branch}", "{branch", "{branch}_", "{branch}{tag}", "a b"])
  func `Other targets are refused`(text: String) {
    #expect(throws: InvalidValue.self) { try EnvironmentTarget(text) }
  }

  @Test func `Origins read as a place`() {
    let origins: [(Origin, String)] = [
      (.commandLine(option: "--region"), "--region"),
      (.environmentVariable(name: "GIT_EB_HOST"), "GIT_EB_HOST"),
      (
        .gitConfiguration(name: "eb.host", file: ".git/config", level: "local"),
        "git config eb.host (file:.git/config)"
      ),
      (
        .gitConfiguration(name: "eb.host", file: nil, level: "command"),
        "git config eb.host (command)"
      ),
      (.file(path: ".git-eb.yml", line: 3), "line 3 of .git-eb.yml"),
      (.ebCLI(path: "config.yml", line: 4), "line 4 of config.yml"),
      (.builtIn, "default"),
    ]
    for (origin, text) in origins { #expect(origin.description == text) }
  }

  @Test func `The template loads without problems and says what was asked for`() throws {
    let application = try #require(ApplicationName("my: shop # \"1\""))
    let text = ConfigurationTemplate(
      [
        .application: application.text, .host: "local", .region: "eu-west-1", .profile: "true",
        .platform: "Tomcat: 10 # x", .bundleArtifact: "build/a b.war", .bundleSubmodules: "false",
      ],
      branches: [("*", "{branch}"), ("issue*", "dev"), ("null", "dev"), ("- a", "dev")],
      secrets: [".secrets/", "a b", "é", "#x", "*y"]
    ).text
    let configuration = try load(text)
    #expect(configuration.application?.value == application)
    #expect(configuration.host.value == .local)
    #expect(configuration.region?.value == "eu-west-1")
    #expect(configuration.profile?.value == "true")
    #expect(configuration.platform?.value == "Tomcat: 10 # x")
    #expect(configuration.bundle.artifact?.value == "build/a b.war")
    #expect(!configuration.bundle.submodules.value)
    #expect(configuration.bundle.lfs.origin == .builtIn)
    #expect(configuration.branches.map(\.pattern) == ["*", "issue*", "null", "- a"])
    #expect(configuration.secrets.map(\.destination) == [".secrets/", "a b", "é", "#x", "*y"])
  }

  @Test func `The template names every key, and loads when all is uncommented`() throws {
    let text = ConfigurationTemplate([.application: "shop", .host: "beanstalk"]).text
    #expect(
      try load(text).allSettings.filter { $0.origin != .builtIn }.map(\.name)
        == ["application", "host"])
    // Settings are commented out with `# ` before what would be YAML, at any depth.
    let keys =
      SettingKey.allCases.flatMap { $0.name.split(separator: ".").map(String.init) }
      + ["environments", "production", "master", "issue*"]
    let uncommented = text.split(separator: "\n").map { line in
      guard line.hasPrefix("# ") else { return String(line) }
      let rest = line.dropFirst(2)
      let key = rest.drop { $0 == " " }.prefix { $0 != ":" }
      return keys.contains(String(key)) ? String(rest) : String(line)
    }.joined(separator: "\n")
    let configuration = try load(uncommented)
    for key in SettingKey.allCases {
      let pattern = key.name.replacing("<name>", with: "production")
      #expect(
        configuration.allSettings.contains {
          $0.name.hasPrefix(pattern) && $0.origin != .builtIn
        }, "\(key.name)")
    }
  }

  @Test(arguments: [
    "plain", "true", "", " ", "a: b", "a#b", "'", "\"", "\\", "\u{7f}", "\u{feff}", "\u{2028}",
    "\u{1f600}", "12", "-", "~", "é", "a\tb\nc", ".", "...", "..", ".inf", "*a", "&a", "%a", "@a",
    "a*", "\u{85}", "\u{0}",
  ])
  func `Any text survives being written as a scalar`(text: String) throws {
    let yaml = "k: \(ConfigurationTemplate.scalar(text))\n"
    let root = try #require(try YAMLNode.parse(yaml, name: "x"))
    #expect(root["k"]?.string == text)
    #expect(root["k"]?.bool == nil)
    let key = "\(ConfigurationTemplate.scalar(text)): v\n"
    #expect(try YAMLNode.parse(key, name: "x")?[text]?.string == "v")
  }

  private func load(_ text: String) throws -> Configuration {
    try ConfigurationLoader.load(
      ConfigurationSources(gitEB: .init(name: "x", bytes: Array(text.utf8))))
  }
}
