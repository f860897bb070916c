import Foundation
import Git
import TestSupport
import Testing

/// `scope NUL name LF value NUL`, as git lists it; a key without a value has no LF.
private func listed(
  _ fixture: GitFixture, _ options: [String] = [], environment: [String: String] = [:]
)
  throws -> [String]
{
  let output = try fixture.git(
    options + ["config", "--list", "--show-scope", "-z", "--includes"], environment: environment)
  let fields = output.split(separator: "\0", omittingEmptySubsequences: false)
  return stride(from: 0, to: fields.count - 1, by: 2).map { "\(fields[$0]) \(fields[$0 + 1])" }
}

private func ours(_ repository: Repository) throws -> [String] {
  try repository.configuration().entries.map { entry in
    let scope = entry.level == .xdg ? "global" : entry.level.rawValue
    return "\(scope) \(entry.name)" + (entry.value.map { "\n\($0)" } ?? "")
  }
}

@Suite struct ConfigurationTests {
  @Test func `every file counts, in git's order`() throws {
    let fixture = try GitFixture()
    try fixture.write(
      "../home/.gitconfig", "[user]\n\tname = Home\n[eb \"Sub.Section\"]\n\tKey = one\n")
    try fixture.write("../home/.config/git/config", "[user]\n\tname = XDG\n[core]\n\tpager\n")
    try fixture.write("../system", "[user]\n\tname = System\n")
    try fixture.git("config", "branch.Foo/Bar.ebEnvironment", "production")
    try fixture.git("config", "extensions.worktreeConfig", "true")
    try fixture.git("config", "--worktree", "eb.own", "yes")
    let environment = ["GIT_CONFIG_NOSYSTEM": "0", "GIT_CONFIG_SYSTEM": "\(fixture.base)/system"]
    let repository = try fixture.open(environment: environment)
    #expect(try ours(repository) == listed(fixture, environment: environment))
    let configuration = try repository.configuration()
    #expect(configuration["BRANCH.Foo/Bar.EBENVIRONMENT"]?.value == "production")
    #expect(configuration["branch.foo/bar.ebenvironment"] == nil)
    #expect(configuration["user.name"]?.value == "Home")
    #expect(configuration.all("user.name").map(\.level) == [.system, .xdg, .global])
    #expect(configuration["eb.own"]?.level == .worktree)
    #expect(configuration["branch.Foo/Bar.ebEnvironment"]?.file == "\(fixture.path)/.git/config")
    #expect(configuration["user.name"]?.line == 2)
    #expect(configuration.bool("core.pager") == true)
  }

  @Test(arguments: [
    "[a]\nb = c", "[a] b=c ; comment\n", "[a]\r\n\tb = c \t d  # e\r\n", "[a \"x \\\"y\\\\z\"] b\n",
    "[A.Sub]\n\tB-c = \"x # y\" ; z\n", "[a]\nb = one\\\n  two\n", "[a]\nb = \"\\t\\n\\\\\"\n",
    "\u{feff}[a]\nb =\n", "# c\n; d\n[a]\n\n b = \"  x  \"  \n",
    "[a]\nb=1\nb=2\n[b]\nb\n[a]\nb=3\n",
    "[a \"\"]\nb = 1\n", "[a]\nb = x\"y z\"w\n",
  ])
  func `a file is parsed as git parses it`(contents: String) throws {
    let fixture = try GitFixture()
    try fixture.write("../home/.gitconfig", contents)
    #expect(try ours(fixture.open()) == listed(fixture))
  }

  @Test(arguments: [
    "[a]\nb = \"x\n", "[a\nb = c\n", "b = c\\q\n[", "[a]\n1b = c\n", "[a \"x\n\"]\n",
    "[a]\nb = \\x\n",
    "[a]\nb c\n", "[a \"x\" ]\nb=1\n",
  ])
  func `what git cannot parse is an error`(contents: String) throws {
    let fixture = try GitFixture()
    try fixture.write("../home/.gitconfig", contents)
    #expect(throws: ShellError.self) { try listed(fixture) }
    #expect(code { _ = try fixture.open() } == .corrupt)
  }

  @Test func `git -c comes last, in the new form, the old form and by count`() throws {
    let fixture = try GitFixture()
    try fixture.git("config", "eb.x", "file")
    try fixture.write(
      "../print", "#!/bin/sh\nprintf %s \"$GIT_CONFIG_PARAMETERS\"\n", executable: true)
    let options = [
      "-c", "eb.x=a b'c!", "-c", "eb.Y", "-c", "a.Sub . .K=v=w", "-c", "eb.z=", "-c",
      "alias.print=!sh \(fixture.base)/print",
    ]
    let parameters = try fixture.git(options + ["print"])
    #expect(parameters.contains("'eb.x'="))
    let counted = [
      "GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "eb.X", "GIT_CONFIG_VALUE_0": "count",
      "GIT_CONFIG_KEY_1": "eb.n", "GIT_CONFIG_VALUE_1": "",
    ]
    for text in [
      parameters, "'eb.x=old form'  'eb.y' 'eb.z='", "'eb.x=it'\\''s' 'eb.q=a'\\!'b'", "",
    ] {
      let environment = counted.merging(["GIT_CONFIG_PARAMETERS": text]) { $1 }
      #expect(
        try ours(fixture.open(environment: environment))
          == listed(fixture, environment: environment))
    }
    for text in ["eb.x=1", "'eb.x", "'eb.x'y", "'x=1'", "'eb.1=x'"] {
      #expect(
        code { _ = try fixture.open(environment: ["GIT_CONFIG_PARAMETERS": text]) } == .invalidName,
        "\(text)")
    }
    #expect(code { _ = try fixture.open(environment: ["GIT_CONFIG_COUNT": "1"]) } == .invalidName)
    #expect(code { _ = try fixture.open(environment: ["GIT_CONFIG_COUNT": "x"]) } == .invalidName)
  }

  @Test func `included files count where they are included`() throws {
    let fixture = try GitFixture()
    let included = ["plain", "git", "icase", "branch", "remote", "never", "deep", "relative"]
    for name in included {
      let more = name == "plain" ? "[include]\n\tpath = ../more/deep\n" : ""
      try fixture.write("../home/inc/\(name)", "[inc]\n\t\(name) = yes\n\(more)")
    }
    try fixture.write("../home/more/deep", "[inc]\n\tdeep = yes\n")
    try fixture.write(
      "../home/.gitconfig",
      """
      [inc]
      	before = 1
      [include]
      	path = inc/plain
      	path = ~/missing
      [includeIf "gitdir:\(fixture.base)/"]
      	path = ~/inc/git
      [includeIf "gitdir/i:**/REPOSITORY/.git"]
      	path = inc/icase
      [includeIf "gitdir:./../repository/.git"]
      	path = inc/relative
      [includeIf "onbranch:mas*"]
      	path = inc/branch
      [includeIf "hasconfig:remote.*.url:https://example.com/**"]
      	path = inc/remote
      [includeIf "gitdir:/elsewhere/"]
      	path = inc/never
      [includeIf "unknown:x"]
      	path = inc/never
      [inc]
      	after = 1

      """)
    try fixture.git("remote", "add", "origin", "https://example.com/a/b")
    let repository = try fixture.open()
    #expect(try ours(repository) == listed(fixture))
    let configuration = try repository.configuration()
    #expect(configuration["inc.deep"]?.file?.hasSuffix("home/inc/../more/deep") == true)
    for name in ["plain", "deep", "git", "icase", "branch", "remote"] {
      #expect(configuration["inc.\(name)"]?.value == "yes", "\(name)")
    }
    #expect(configuration["inc.never"] == nil)
  }

  @Test func `a circle of includes is an error`() throws {
    let fixture = try GitFixture()
    try fixture.write("../home/.gitconfig", "[include]\n\tpath = .gitconfig\n")
    #expect(code { _ = try fixture.open() } == .invalidName)
  }

  @Test func `another global file takes the place of both`() throws {
    let fixture = try GitFixture()
    try fixture.write("../home/.gitconfig", "[a]\n\tb = home\n")
    try fixture.write("../other", "[a]\n\tb = other\n")
    for file in ["\(fixture.base)/other", ""] {
      let environment = ["GIT_CONFIG_GLOBAL": file]
      #expect(
        try ours(fixture.open(environment: environment))
          == listed(fixture, environment: environment))
    }
  }

  @Test(arguments: [
    ("true", true), ("Yes", true), ("ON", true), ("1", true), ("2k", true), ("-1", true),
    ("false", false), ("no", false), ("Off", false), ("0", false), ("", false), ("0x0", false),
    ("maybe", nil), ("1x", nil), ("k", nil),
  ])
  func `a bool is read as git reads it`(text: String, expected: Bool?) throws {
    #expect(GitConfiguration.bool(text) == expected)
    let fixture = try GitFixture(nil)
    let git = try? fixture.git("-c", "a.b=\(text)", "config", "--type=bool", "a.b")
    #expect(git.map { $0 == "true" } == expected)
  }
}
