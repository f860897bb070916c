import Testing

@testable import Deployment

@Suite("Configuring: the EB CLI's files") struct ConfiguringEBCLITests {
  private func load(local: String? = nil, global: String? = nil, git: String? = nil) throws
    -> Configuration
  {
    var files: [ConfigurationSources.File] = []
    if let local { files.append(.init(name: "config.yml", bytes: Array(local.utf8))) }
    if let global { files.append(.init(name: "config.global.yml", bytes: Array(global.utf8))) }
    return try ConfigurationLoader.load(
      ConfigurationSources(
        gitEB: git.map { .init(name: ".git-eb.yml", bytes: Array($0.utf8)) }, ebCLI: files))
  }

  private func ebCLI(_ path: String, _ line: Int) -> Origin { .ebCLI(path: path, line: line) }

  /// As `eb init` 3.27.5 writes it.
  private static let initial = """
    branch-defaults:
      main:
        environment: myapp-dev
        group_suffix: null
    environment-defaults:
      myapp-dev:
        branch: null
        repository: null
    global:
      application_name: myapp
      default_ec2_keyname: null
      default_platform: Python 3.13 running on 64bit Amazon Linux 2023
      default_region: us-east-1
      include_git_submodules: true
      instance_profile: null
      platform_name: null
      platform_version: null
      profile: null
      sc: git
      workspace_type: Application
    """

  @Test func `What eb init writes is read`() throws {
    let configuration = try load(local: Self.initial)
    #expect(configuration.application?.value.text == "myapp")
    #expect(configuration.application?.origin == ebCLI("config.yml", 10))
    #expect(configuration.region == Setting("us-east-1", from: ebCLI("config.yml", 13)))
    #expect(configuration.profile == nil)
    #expect(configuration.bundle.submodules == Setting(true, from: ebCLI("config.yml", 14)))
    #expect(configuration.ebCLIBranches.keys.sorted() == ["main"])
    #expect(
      configuration.ebCLIBranches["main"]?.environment
        == Setting(try #require(EnvironmentName("myapp-dev")), from: ebCLI("config.yml", 3)))
    #expect(configuration.warnings.isEmpty)
  }

  @Test func `The local file wins key by key, and a branch is one key`() throws {
    let configuration = try load(
      local: """
        branch-defaults:
          main: {environment: local-env}
          gone: {environment: null}
          none: null
        global: {profile: null, default_region: eu-west-1}
        """,
      global: """
        branch-defaults:
          main: {environment: global-env, profile: global-profile}
          gone: {environment: global-env}
          none: {environment: global-env}
          other: {environment: other-env, default_region: us-west-2}
        global: {profile: team, default_region: us-east-1, application_name: shop}
        deploy: {artifact: build/app.war}
        """)
    #expect(configuration.application?.origin == ebCLI("config.global.yml", 6))
    #expect(configuration.region == Setting("eu-west-1", from: ebCLI("config.yml", 5)))
    #expect(configuration.profile == nil)
    #expect(configuration.bundle.artifact?.value == "build/app.war")
    #expect(configuration.ebCLIBranches.keys.sorted() == ["main", "other"])
    #expect(configuration.ebCLIBranches["main"]?.environment?.value.text == "local-env")
    #expect(configuration.ebCLIBranches["main"]?.profile == nil)
    #expect(configuration.region(forBranch: "other")?.value == "us-west-2")
    #expect(configuration.region(forBranch: "main")?.value == "eu-west-1")
    #expect(configuration.region(forBranch: nil)?.value == "eu-west-1")
  }

  @Test func `A branch's region does not override a region that is set elsewhere`() throws {
    let configuration = try load(
      local: "branch-defaults: {x: {default_region: us-west-2, profile: p}}", git: "region: r")
    #expect(configuration.region(forBranch: "x")?.value == "r")
    #expect(configuration.profile(forBranch: "x")?.value == "p")
  }

  @Test(arguments: [
    "", "null\n", "# nothing\n", "global:\n", "branch-defaults:\nglobal: {}\n",
    "branch-defaults:\n  main:\n", "global: {application_name: , profile: ~}\n",
    "unknown: {a: b}\nglobal: {no-verify-ssl: true, editor: vi}\n",
  ])
  func `Empty and half-written files say nothing`(text: String) throws {
    let configuration = try load(local: text, global: text)
    #expect(configuration.application == nil)
    #expect(configuration.ebCLIBranches.isEmpty)
    #expect(configuration.warnings.isEmpty)
  }

  @Test func `A file that is not YAML is a warning and the other one is read`() throws {
    let configuration = try load(
      local: "global:\n  profile: [\n", global: "global: {application_name: shop}\n")
    #expect(configuration.application?.value.text == "shop")
    #expect(configuration.warnings.map(\.origin) == [ebCLI("config.yml", 3)])
    guard case .syntax? = configuration.warnings.first?.what else {
      Issue.record("expected a syntax error")
      return
    }
  }

  @Test func `What cannot be used is a warning at its place`() throws {
    let configuration = try load(
      local: """
        global:
          application_name: a/b
          default_region: [x]
          include_git_submodules: "yes"
        branch-defaults:
          a: text
          b: {environment: no_name, profile: p}
        deploy: {artifact: {}}
        """, global: "- a list\n")
    #expect(configuration.application == nil)
    #expect(configuration.bundle.submodules.origin == .builtIn)
    #expect(configuration.ebCLIBranches.keys.sorted() == ["b"])
    #expect(
      configuration.warnings.map { "\($0.origin)" } == [
        "line 1 of config.global.yml", "line 2 of config.yml", "line 3 of config.yml",
        "line 4 of config.yml", "line 8 of config.yml", "line 6 of config.yml",
        "line 7 of config.yml",
      ])
  }

  @Test func `A section that is no mapping says nothing`() throws {
    let configuration = try load(local: "global: text\nbranch-defaults: [a]\ndeploy: 5\n")
    #expect(configuration.application == nil)
  }
}
