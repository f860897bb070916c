import Testing

@testable import Deployment

@Suite("Configuring: problems") struct ConfiguringProblemsTests {
  private func problems(_ sources: ConfigurationSources) -> [ConfigurationProblem] {
    do {
      _ = try ConfigurationLoader.load(sources)
      return []
    } catch {
      return error.problems
    }
  }

  private func problems(_ yaml: String) -> [ConfigurationProblem] {
    problems(ConfigurationSources(gitEB: .init(name: ".git-eb.yml", bytes: Array(yaml.utf8))))
  }

  private func problems(git: [(String, String?)]) -> [ConfigurationProblem] {
    problems(
      ConfigurationSources(
        git: git.map { .init(name: $0.0, value: $0.1, level: "global", file: nil) }))
  }

  struct Case: Sendable {
    let yaml: String
    let line: Int
    let column: Int
    let what: ConfigurationProblem.What
  }

  @Test(arguments: [
    Case(
      yaml: "host: local\nreigon: x\n", line: 2, column: 1,
      what: .unknownKey("reigon", nearest: "region")),
    Case(yaml: "Region: x\n", line: 1, column: 1, what: .unknownKey("Region", nearest: "region")),
    Case(yaml: "zzz: x\n", line: 1, column: 1, what: .unknownKey("zzz", nearest: nil)),
    Case(yaml: "'': x\n", line: 1, column: 1, what: .unknownKey("", nearest: nil)),
    Case(
      yaml: "submodules: true\n", line: 1, column: 1,
      what: .unknownKey("submodules", nearest: "bundle.submodules")),
    Case(
      yaml: "bundle.lfs: true\n", line: 1, column: 1,
      what: .unknownKey("bundle.lfs", nearest: "bundle")),
    Case(
      yaml: "environments.<name>: {protected: true}\n", line: 1, column: 1,
      what: .unknownKey("environments.<name>", nearest: nil)),
    Case(
      yaml: "bundle:\n  submodule: true\n", line: 2, column: 3,
      what: .unknownKey("bundle.submodule", nearest: "bundle.submodules")),
    Case(
      yaml: "environments:\n  dev: {protectd: true}\n", line: 2, column: 9,
      what: .unknownKey("environments.dev.protectd", nearest: "environments.dev.protected")),
    Case(
      yaml: "secrets: [{form: a, to: b, from: c}]\n", line: 1, column: 12,
      what: .unknownKey("secrets[0].form", nearest: "secrets[0].from")),
    Case(
      yaml: "- a\n", line: 1, column: 1,
      what: .wrongType(key: "", expected: "a mapping", found: "a list")),
    Case(
      yaml: "? [a]\n: b\n", line: 1, column: 3,
      what: .wrongType(key: "", expected: "a key", found: "a list")),
    Case(
      yaml: "region: [a]\n", line: 1, column: 9,
      what: .wrongType(key: "region", expected: "text", found: "a list")),
    Case(
      yaml: "region:\n", line: 1, column: 8,
      what: .wrongType(key: "region", expected: "text", found: "nothing")),
    Case(
      yaml: "bundle: {lfs: \"true\"}\n", line: 1, column: 15,
      what: .wrongType(key: "bundle.lfs", expected: "true or false", found: "text")),
    Case(
      yaml: "bundle: true\n", line: 1, column: 9,
      what: .wrongType(key: "bundle", expected: "a mapping", found: "text")),
    Case(
      yaml: "secrets: .env\n", line: 1, column: 10,
      what: .wrongType(key: "secrets", expected: "a list", found: "text")),
    Case(
      yaml: "secrets: [[a]]\n", line: 1, column: 11,
      what: .wrongType(
        key: "secrets[0]", expected: "a path, {from, to} or {run, to}", found: "a list")),
    Case(
      yaml: "environments:\n  dev: {variables: {A: [x]}}\n", line: 2, column: 24,
      what: .wrongType(key: "environments.dev.variables.A", expected: "text", found: "a list")),
    Case(
      yaml: "command: {deploy: [a, [b]]}\n", line: 1, column: 23,
      what: .wrongType(key: "command.deploy", expected: "text", found: "a list")),
    Case(
      yaml: "region: a\nhost: local\nregion: b\n", line: 3, column: 1,
      what: .duplicateKey("region", firstLine: 1)),
    Case(
      yaml: "branches:\n  a: dev\n  a: test\n", line: 3, column: 3,
      what: .duplicateKey("branches.a", firstLine: 2)),
    Case(
      yaml: "environments:\n  dev: {protected: no}\n  dev: {}\n", line: 3, column: 3,
      what: .duplicateKey("environments.dev", firstLine: 2)),
    Case(
      yaml: "host: lokal\n", line: 1, column: 7,
      what: .invalidValue(
        key: "host", value: "lokal",
        why: "expected one of beanstalk, local, command; did you mean 'local'?")),
    Case(
      yaml: "application: a/b\n", line: 1, column: 14,
      what: .invalidValue(
        key: "application", value: "a/b", why: "expected 1 to 100 characters without a slash")),
    Case(
      yaml: "previews: {ttl: 72}\n", line: 1, column: 17,
      what: .invalidValue(key: "previews.ttl", value: "72", why: "needs a unit: s, m, h or d")),
    Case(
      yaml: "previews: {limit: -1}\n", line: 1, column: 19,
      what: .invalidValue(
        key: "previews.limit", value: "-1", why: "expected a whole number from 0 to 1000")),
    Case(
      yaml: "region: ''\n", line: 1, column: 9,
      what: .invalidValue(key: "region", value: "", why: "is empty")),
    Case(
      yaml: "region: \"a\\nb\"\n", line: 1, column: 9,
      what: .invalidValue(key: "region", value: "a\nb", why: "has a control character")),
    Case(
      yaml: "bundle: {root: ../other}\n", line: 1, column: 16,
      what: .invalidValue(key: "bundle.root", value: "../other", why: "must not contain '..'")),
    Case(
      yaml: "local: {health: health}\n", line: 1, column: 17,
      what: .invalidValue(
        key: "local.health", value: "health", why: "expected a path that starts with /")),
    Case(
      yaml: "command: {deploy: \"a 'b\"}\n", line: 1, column: 19,
      what: .invalidValue(key: "command.deploy", value: "a 'b", why: "has an unclosed quote")),
    Case(
      yaml: "command: {deploy: {a: b}}\n", line: 1, column: 19,
      what: .wrongType(
        key: "command.deploy", expected: "a program and its arguments", found: "a mapping")),
    Case(
      yaml: "command: {deploy: [a, \"\\0\"]}\n", line: 1, column: 23,
      what: .invalidValue(key: "command.deploy", value: "\0", why: "has a control character")),
    Case(
      yaml: "command: {deploy: \"''\"}\n", line: 1, column: 19,
      what: .invalidValue(key: "command.deploy", value: "''", why: "names no program")),
    Case(
      yaml: "command: {deploy: []}\n", line: 1, column: 19,
      what: .invalidValue(key: "command.deploy", value: "", why: "names no program")),
    Case(
      yaml: "branches:\n  master: my_env\n", line: 2, column: 11,
      what: .invalidValue(
        key: "branches.master", value: "my_env", why: EnvironmentTarget.whyNotName)),
    Case(
      yaml: "branches:\n  master: '{brnch}'\n", line: 2, column: 11,
      what: .invalidValue(
        key: "branches.master", value: "{brnch}", why: "the only placeholder is {branch}")),
    Case(
      yaml: "branches:\n  x*: 'a_{branch}'\n", line: 2, column: 7,
      what: .invalidValue(
        key: "branches.x*", value: "a_{branch}",
        why: "around {branch} there may be letters, digits and hyphens only")),
    // Without quotes the template is a mapping: {branch: nothing}.
    Case(
      yaml: "branches:\n  x*: {branch}\n", line: 2, column: 7,
      what: .wrongType(
        key: "branches.x*", expected: "an environment's name or a template with {branch}",
        found: "a mapping")),
    Case(
      yaml: "branches:\n  '': dev\n", line: 2, column: 3,
      what: .invalidValue(key: "branches", value: "", why: "the pattern is empty")),
    Case(
      yaml: "branches:\n  refs/heads/x: dev\n", line: 2, column: 3,
      what: .invalidValue(
        key: "branches", value: "refs/heads/x", why: "branches are written without refs/heads/")),
    Case(
      yaml: "environments:\n  -x: {}\n", line: 2, column: 3,
      what: .invalidValue(
        key: "environments", value: "-x", why: EnvironmentTarget.whyNotName)),
    Case(
      yaml: "environments:\n  dev: {variables: {A=B: x}}\n", line: 2, column: 21,
      what: .invalidValue(
        key: "environments.dev.variables", value: "A=B",
        why: "a variable's name has at least one character and no '='")),
    Case(
      yaml: "secrets:\n  - /etc/passwd\n", line: 2, column: 5,
      what: .invalidValue(
        key: "secrets[0]", value: "/etc/passwd", why: "must be a path in the repository")),
    Case(
      yaml: "secrets:\n  - a\n  - a/../../b\n", line: 3, column: 5,
      what: .invalidValue(key: "secrets[1]", value: "a/../../b", why: "must not contain '..'")),
    Case(
      yaml: "secrets: [./]\n", line: 1, column: 11,
      what: .invalidValue(key: "secrets[0]", value: "./", why: "names no file")),
    Case(
      yaml: "secrets: [{from: a, to: .git/config}]\n", line: 1, column: 25,
      what: .invalidValue(key: "secrets[0].to", value: ".git/config", why: "must not be in .git")),
    Case(
      yaml: "secrets: [{from: a}]\n", line: 1, column: 11, what: .missingKey("secrets[0].to")),
    Case(
      yaml: "secrets: [{to: a}]\n", line: 1, column: 11, what: .missingKey("secrets[0].from")),
    Case(
      yaml: "secrets: [{from: a, run: [b], to: c}]\n", line: 1, column: 26,
      what: .invalidValue(
        key: "secrets[0]", value: "run", why: "either from or run, not both")),
    Case(
      yaml: "secrets: [{run: [b], to: c/}]\n", line: 1, column: 11,
      what: .invalidValue(
        key: "secrets[0].to", value: "c/", why: "a program's output is one file")),
    Case(
      yaml: "secrets: [{from: a, to: b, environments: dev}]\n", line: 1, column: 42,
      what: .wrongType(
        key: "secrets[0].environments", expected: "a list of environments", found: "text")),
    Case(
      yaml: "secrets: [{from: a, to: b, environments: []}]\n", line: 1, column: 42,
      what: .invalidValue(
        key: "secrets[0].environments", value: "", why: "names no environment")),
    Case(
      yaml: "secrets: [{from: a, to: b, environments: [[x]]}]\n", line: 1, column: 43,
      what: .wrongType(
        key: "secrets[0].environments", expected: "an environment's name", found: "a list")),
    Case(
      yaml: "secrets: [{from: a, to: b, environments: [dev, a_b]}]\n", line: 1, column: 48,
      what: .invalidValue(
        key: "secrets[0].environments", value: "a_b", why: EnvironmentTarget.whyNotName)),
    Case(
      yaml: "environments:\n  dev:\n    secrets: [{from: a, to: b, environments: [dev]}]\n",
      line: 3, column: 46,
      what: .invalidValue(
        key: "environments.dev.secrets[0].environments", value: "",
        why: "the rule is limited to 'dev' already")),
    Case(
      yaml: "branches:\n  *: dev\n", line: 2, column: 4,
      what: .syntax(
        "did not find expected alphabetic or numeric character while scanning an alias")),
    Case(yaml: "a: 1\n---\nb: 2\n", line: 2, column: 1, what: .syntax("more than one document")),
  ])
  func `Each mistake is told with its line and what would be right`(_ mistake: Case) {
    #expect(
      problems(mistake.yaml) == [
        ConfigurationProblem(
          origin: .file(path: ".git-eb.yml", line: mistake.line), column: mistake.column,
          what: mistake.what)
      ])
  }

  @Test func `All problems of all sources are told at once`() {
    let found = problems(
      ConfigurationSources(
        flags: [.init(.pushTimeout, option: "--timeout", value: "soon")],
        processEnvironment: ["GIT_EB_HOST": "aws"],
        git: [.init(name: "eb.hots", value: "local", level: "local", file: ".git/config")],
        gitEB: .init(name: "HEAD:.git-eb.yml", bytes: Array("a: 1\nhost: 2\nsecrets: 3\n".utf8))))
    #expect(
      found.map(\.origin.description) == [
        "--timeout", "GIT_EB_HOST", "git config eb.hots (file:.git/config)",
        "line 1 of HEAD:.git-eb.yml", "line 2 of HEAD:.git-eb.yml", "line 3 of HEAD:.git-eb.yml",
      ])
    #expect(found[2].what == .unknownKey("eb.hots", nearest: "eb.host"))
  }

  @Test func `Unknown names in git's configuration are told with the nearest`() {
    let found = problems(git: [
      ("eb.bundle.submodule", "true"), ("eb.Bundle.lfs", "true"), ("eb.lfs", "true"),
      ("eb.branches.master", "x"), ("eb.secrets", "x"), ("eb.environments.x.protected", "true"),
      ("eb.zzzzz", "x"), ("branch.a.b.ebenviroment", "dev"),
    ])
    #expect(
      found.map(\.what) == [
        .unknownKey("eb.bundle.submodule", nearest: "eb.bundle.submodules"),
        .unknownKey("eb.Bundle.lfs", nearest: "eb.bundle.lfs"),
        .unknownKey("eb.lfs", nearest: "eb.bundle.lfs"),
        .onlyInFile(key: "branches"), .onlyInFile(key: "secrets"),
        .onlyInFile(key: "environments"),
        .unknownKey("eb.zzzzz", nearest: nil),
        .unknownKey("branch.a.b.ebenviroment", nearest: "branch.a.b.ebEnvironment"),
      ])
    #expect(found.allSatisfy { $0.column == nil })
    #expect(found[0].origin.description == "git config eb.bundle.submodule (global)")
  }

  @Test func `Values in git's configuration are judged as in the file`() {
    let found = problems(git: [
      ("eb.region", nil), ("eb.bundle.lfs", "maybe"), ("eb.profile", ""),
      ("branch.x.ebenvironment", nil), ("branch.y.ebenvironment", "a_b"),
    ])
    #expect(
      found.map(\.what) == [
        .wrongType(
          key: "branch.x.ebenvironment",
          expected: "an environment's name or a template with {branch}", found: "nothing"),
        .invalidValue(
          key: "branch.y.ebenvironment", value: "a_b", why: EnvironmentTarget.whyNotName),
        .wrongType(key: "eb.region", expected: "text", found: "nothing"),
        .invalidValue(key: "profile", value: "", why: "is empty"),
        .invalidValue(key: "bundle.lfs", value: "maybe", why: "expected true or false"),
      ])
  }

  @Test func `No problem shows the value of a variable`() {
    let found = problems(
      "environments:\n  dev:\n    variables: {A: {hunter2: hunter2}, B: [hunter2], C: }\n")
    #expect(found.count == 3)
    #expect(!"\(found)".contains("hunter2"))
  }

  @Test func `An option with an empty value is refused`() {
    let found = problems(
      ConfigurationSources(flags: [.init(.region, option: "--region", value: "")]))
    #expect(found.map(\.what) == [.invalidValue(key: "region", value: "", why: "is empty")])
  }
}
