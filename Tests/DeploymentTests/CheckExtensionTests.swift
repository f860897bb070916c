import Testing

@testable import Deployment

@Suite("Checks: extensions") struct CheckExtensionTests {
  private let file = ".ebextensions/a.config"

  // MARK: - EB114

  @Test func `EB114: the only nested directory is an error, and can be moved`() {
    var sample = CheckSample([
      "deploy/.ebextensions/a.config": "packages: {}\n",
      "deploy/.ebextensions/setup.sh": "#!/bin/sh\n",
    ])
    #expect(
      sample.lines(of: "EB114") == [
        "error deploy/.ebextensions/a.config 'deploy/.ebextensions/' is not at the root",
        "error deploy/.ebextensions/setup.sh 'deploy/.ebextensions/' is not at the root",
      ])
    let mends = sample.findings.filter { $0.rule.id == "EB114" }.map(\.sighting.mend)
    #expect(
      mends == [
        .move(from: "deploy/.ebextensions/a.config", to: file),
        .move(from: "deploy/.ebextensions/setup.sh", to: ".ebextensions/setup.sh"),
      ])
    // Where the root has an application, it may be for another one.
    sample.files.append(("application.py", ""))
    #expect(sample.lines(of: "EB114").map { $0.prefix(7) } == ["warning", "warning"])
  }

  @Test func `EB114: beside others at the root it warns, and nothing is moved over them`() {
    let sample = CheckSample([
      file: "packages: {}\n", "deploy/.ebextensions/a.config": "packages: {}\n",
    ])
    #expect(
      sample.lines(of: "EB114") == [
        "warning deploy/.ebextensions/a.config 'deploy/.ebextensions/' is not at the root"
      ])
    #expect(sample.findings.first { $0.rule.id == "EB114" }?.sighting.mend == nil)
  }

  @Test func `EB114: applications of their own only warn, each once`() {
    let sample = CheckSample([
      "one/package.json": "{}", "one/.ebextensions/a.config": "packages: {}\n",
      "one/.ebextensions/b.config": "packages: {}\n",
      "two/.ebextensions/a.config": "packages: {}\n",
      "readme": "",
    ])
    #expect(
      sample.lines(of: "EB114") == [
        "warning one/.ebextensions/a.config 'one/.ebextensions/' is not at the root",
        "warning two/.ebextensions/a.config 'two/.ebextensions/' is not at the root",
      ])
    let alone = CheckSample([
      "one/package.json": "{}", "one/.ebextensions/a.config": "packages: {}\n", "readme": "",
    ])
    #expect(
      alone.lines(of: "EB114") == [
        "warning one/.ebextensions/a.config 'one/.ebextensions/' is not at the root"
      ])
  }

  @Test func `EB114: an archive for Tomcat has its configuration files at its root too`() {
    let sample = CheckSample([
      "WEB-INF/web.xml": "<web-app/>", "WEB-INF/.ebextensions/a.config": "packages: {}\n",
    ])
    #expect(
      sample.lines(of: "EB114") == [
        "error WEB-INF/.ebextensions/a.config 'WEB-INF/.ebextensions/' is not at the root"
      ])
  }

  @Test(arguments: [
    "node_modules/x/.ebextensions/a.config", "vendor/x/.ebextensions/a.config",
    "src/main/webapp/.ebextensions/a.config", ".ebextensions/a.config", "docs/.ebextensions/README",
    "docs/.ebextensions-old/a.config", ".ebextensions/nginx/.ebextensions/a.config",
  ])
  func `EB114: what others bring along is no configuration file`(path: String) {
    #expect(CheckSample([path: "packages: {}\n", "x": ""]).lines(of: "EB114").isEmpty)
  }

  @Test func `EB114: a configuration file has to be called so`() {
    let sample = CheckSample([
      ".ebextensions/01.yml": "option_settings: {}\n", ".ebextensions/02.yaml": "files: {}\n",
      ".ebextensions/03.json": #"{"container_commands": {}}"#,
      ".ebextensions/04.config.yml": "packages: {}\n",
    ])
    #expect(
      sample.lines(of: "EB114") == [
        "error .ebextensions/01.yml its name does not end in '.config'",
        "error .ebextensions/03.json its name does not end in '.config'",
        "warning .ebextensions/02.yaml its name does not end in '.config'",
        "warning .ebextensions/04.config.yml its name does not end in '.config'",
      ])
    #expect(
      sample.findings.first { $0.path == ".ebextensions/04.config.yml" }?.sighting.mend
        == .move(from: ".ebextensions/04.config.yml", to: ".ebextensions/04.config"))
  }

  @Test(arguments: [
    (".ebextensions/a.config.disabled", "option_settings: {}\n"), (".ebextensions/a.json", "{}"),
    (".ebextensions/cloudwatch.json", #"{"agent": {}}"#), (".ebextensions/a.sh", "#!/bin/sh\n"),
    (".ebextensions/staging/a.yml", "option_settings: {}\n"), (".ebextensions/a.yml", "- a\n"),
    (".ebextensions/README.md", "option_settings: {}\n"), (".ebextensions/b.yml", "a: [\n"),
  ])
  func `EB114: what was put away or is something else is let alone`(path: String, text: String) {
    var sample = CheckSample([:])
    sample.files = [(path, SampleFile(stringLiteral: text))]
    #expect(sample.lines(of: "EB114").isEmpty)
  }

  // MARK: - EB115

  @Test(arguments: [
    ("option_settings:\n\tx: 1\n", "2:1 a tab indents it, and YAML takes spaces alone"),
    ("a: b\n--- \nc: d\n", "2:1 more than one document"),
    ("- a\n", "1:1 its root is not a map of sections"),
    ("text\n", "1:1 its root is not a map of sections"),
    ("commands:\n  a: [1\n", "3:1 did not find expected ',' or ']' while parsing a flow sequence"),
    (
      "{\"commands\": {\"a\" 1}}",
      "1:19 did not find expected ',' or '}' while parsing a flow mapping"
    ),
  ])
  func `EB115: what Beanstalk cannot read is an error, with its place`(text: String, line: String) {
    let sample = CheckSample([file: SampleFile(stringLiteral: text)])
    #expect(sample.lines(of: "EB115") == ["error \(file):\(line)"])
  }

  @Test(arguments: [
    "", "# nothing\n", "commands:\n  a:\n    command: |\n      a\tb\n      \tc\n",
    "{\n\t\"commands\": {\n\t\t\"a\": {\"command\": \"x \\ud83d\\ude00\"}\n\t}\n}\n",
    "Resources:\n  a: !Ref b\n", "commands: {}\n...\n", "---\ncommands: {}\n",
  ])
  func `EB115: all that is YAML or JSON is let pass`(text: String) {
    let sample = CheckSample([file: SampleFile(stringLiteral: text)])
    #expect(sample.lines(of: "EB115").isEmpty)
  }

  @Test func `EB115: letters of another encoding only warn`() {
    let sample = CheckSample([file: SampleFile(Array("commands: {} # ".utf8) + [0xe9, 0x0a])])
    #expect(sample.lines(of: "EB115") == ["warning \(file):1:16 incomplete UTF-8 octet sequence"])
  }

  @Test func `EB115: encrypted files and pointers are told by another rule`() {
    let sample = CheckSample([
      file: SampleFile(Array("\0GITCRYPT\0abc".utf8)),
      ".ebextensions/b.config": "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    ])
    #expect(sample.lines(of: "EB115").isEmpty)
    #expect(sample.lines(of: "EB134").count == 2)
  }

  // MARK: - EB117 and EB118

  @Test func `EB117: of two sections or commands of one name, one is lost`() {
    let sample = CheckSample([
      file: """
      commands:
        a: {command: b}
        a: {command: c}
      packages: {}
      commands:
        a: {command: d}
      """
    ])
    #expect(
      sample.lines(of: "EB117") == [
        "warning \(file):3:3 'a' is there already, in line 2",
        "warning \(file):5:1 'commands' is there already, in line 1",
      ])
  }

  @Test func `EB117: the same name in another map is no duplicate`() {
    let sample = CheckSample([
      file: "commands:\n  a: {command: b}\ncontainer_commands:\n  a: {command: c}\n",
      ".ebextensions/b.config": "commands:\n  a: {command: b}\n",
    ])
    #expect(sample.lines(of: "EB117").isEmpty)
  }

  @Test func `EB118: a section that nothing reads warns with the one that is meant`() {
    let sample = CheckSample([file: "OptionSettings: {}\ncontainer-commands: {}\nxyzzy: {}\n"])
    #expect(
      sample.lines(of: "EB118") == [
        "warning \(file):1:1 no section is called 'OptionSettings'",
        "warning \(file):2:1 no section is called 'container-commands'",
        "warning \(file):3:1 no section is called 'xyzzy'",
      ])
    #expect(
      sample.findings.filter { $0.rule.id == "EB118" }.prefix(2).map(\.remedy) == [
        "did you mean 'option_settings'?", "did you mean 'container_commands'?",
      ])
  }

  @Test(arguments: ExtensionRules.sections)
  func `EB118: all documented sections are known`(section: String) {
    let sample = CheckSample([file: SampleFile(stringLiteral: "\(section): {}\n")])
    #expect(sample.lines(of: "EB118").isEmpty)
  }
}

@Suite("JSON syntax") struct JSONSyntaxTests {
  @Test(arguments: [
    "{}", "[]", " [1, -0.5e+3, 0, true, false, null, \"a\\u00e9\\n\"] \n", "\u{feff}{\"a\":{}}",
    "1",
  ])
  func `sound documents have no problem`(text: String) {
    #expect(JSONSyntax.problem(in: Array(text.utf8)) == nil)
  }

  @Test(arguments: [
    ("{\"a\": 1,}", 1, 9, "a name in quotes is expected here"),
    ("{\n  // no\n}", 2, 3, "a name in quotes is expected here"),
    ("[1,\n]", 2, 1, "a value is expected here"),
    ("{'a': 1}", 1, 2, "a name in quotes is expected here"),
    ("{\"a\" 1}", 1, 6, "':' is expected here"),
    ("{\"a\": 1 \"b\": 2}", 1, 9, "',' or '}' is expected here"),
    ("[01]", 1, 2, "no number"), ("[1 2]", 1, 4, "',' or ']' is expected here"),
    ("[\"a\nb\"]", 1, 2, "the text that begins here has no end in its line"),
    ("[\"é\\x\"]", 1, 4, "no such escape"), ("{} x", 1, 4, "nothing may follow here"),
    ("{\"a\": 1", 1, 8, "it ends before it is complete"),
    ("", 1, 1, "it ends before it is complete"),
    ("[\"\\u12g4\"]", 1, 3, "four hexadecimal digits are expected after '\\u'"),
  ])
  func `the first problem has its place`(text: String, line: Int, column: Int, reason: String) {
    let problem = JSONSyntax.problem(in: Array(text.utf8))
    #expect(problem == JSONSyntax.Problem(line: line, column: column, reason: reason))
  }

  @Test func `depth has a limit`() {
    let text = String(repeating: "[", count: 100_000)
    #expect(JSONSyntax.problem(in: Array(text.utf8))?.reason == "too deeply nested")
  }
}
