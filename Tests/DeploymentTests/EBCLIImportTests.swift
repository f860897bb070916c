import Git
import Testing

@testable import Deployment

@Suite("Configuring: importing the EB CLI's files") struct EBCLIImportTests {
  private func files(_ local: String, _ global: String? = nil) -> [ConfigurationSources.File] {
    var files = [ConfigurationSources.File(name: "config.yml", bytes: Array(local.utf8))]
    if let global { files.append(.init(name: "config.global.yml", bytes: Array(global.utf8))) }
    return files
  }

  /// What is in force with the EB CLI's files alone, and with what was imported over them.
  private func loaded(_ files: [ConfigurationSources.File]) throws -> (
    before: Configuration, after: Configuration
  ) {
    let text = EBCLIImport(files).template.text
    return (
      try ConfigurationLoader.load(ConfigurationSources(ebCLI: files)),
      try ConfigurationLoader.load(
        ConfigurationSources(
          gitEB: .init(name: ".git-eb.yml", bytes: Array(text.utf8)), ebCLI: files))
    )
  }

  @Test func `Settings and branches are taken over, in the order of the files`() throws {
    let imported = EBCLIImport(
      files(
        """
        branch-defaults:
          staging: {environment: shop-staging}
          main: {environment: shop-live, group_suffix: null}
          "feature/login": {environment: shop-login}
        global:
          application_name: shop
          default_region: ap-northeast-2
          default_platform: "Tomcat 10: with Corretto"
          include_git_submodules: false
          profile: eb-cli
          sc: git
          workspace_type: Application
        deploy: {artifact: build/libs/app.war}
        """,
        """
        branch-defaults:
          main: {environment: hidden}
          aaa: {environment: shop-aaa}
        """))
    #expect(imported.problems.isEmpty)
    #expect(imported.remainders.isEmpty)
    #expect(
      imported.template.branches.map(\.pattern) == ["staging", "main", "feature/login", "aaa"])
    #expect(
      imported.template.values == [
        .host: "beanstalk", .application: "shop", .region: "ap-northeast-2", .profile: "eb-cli",
        .platform: "Tomcat 10: with Corretto", .bundleSubmodules: "false",
        .bundleArtifact: "build/libs/app.war",
      ])
  }

  @Test func `What has no counterpart is named with its line`() {
    let imported = EBCLIImport(
      files(
        """
        branch-defaults:
          main:
            environment: live
            group_suffix: blue
            default_platform: PHP
        environment-defaults:
          live: {branch: main, repository: null}
          other: {branch: null}
        global:
          default_ec2_keyname: key
          no-verify-ssl: true
          editor: null
          workspace_type: Platform
        """, "global: {default_ec2_keyname: hidden, platform_name: custom}\n"))
    #expect(
      imported.remainders.map { "\($0.origin): \($0.key)" } == [
        "line 4 of config.yml: branch-defaults.main.group_suffix",
        "line 5 of config.yml: branch-defaults.main.default_platform",
        "line 7 of config.yml: environment-defaults.live.branch",
        "line 10 of config.yml: global.default_ec2_keyname",
        "line 11 of config.yml: global.no-verify-ssl",
        "line 13 of config.yml: global.workspace_type",
        "line 1 of config.global.yml: global.platform_name",
      ])
    #expect(imported.remainders.allSatisfy { $0.reason == .unknown })
  }

  @Test func `A branch keeps its own region and profile`() throws {
    let files = files(
      """
      branch-defaults:
        main: {environment: live}
        asia: {environment: live-asia, default_region: ap-northeast-2}
      global: {default_region: us-east-1, profile: team}
      """)
    #expect(
      EBCLIImport(files).remainders.map { "\($0.origin): \($0.key)" } == [
        "line 4 of config.yml: global.default_region",
        "line 3 of config.yml: branch-defaults.asia.default_region",
      ])
    let (before, after) = try loaded(files)
    for branch in ["main", "asia", "none"] {
      #expect(
        after.region(forBranch: branch)?.value == before.region(forBranch: branch)?.value)
      #expect(
        after.profile(forBranch: branch)?.value == before.profile(forBranch: branch)?.value)
    }
    #expect(after.profile?.origin == .file(path: ".git-eb.yml", line: after.profile.line ?? 0))
  }

  @Test(arguments: [
    "branch-defaults: {main: {environment: live}, dev: {environment: null}}",
    "branch-defaults: {main: {environment: live}, \"*\": {environment: star}, \"a?b\": {environment: b}}",
    "branch-defaults: {refs/heads/main: {environment: live}, main: {environment: main-env}}",
    "branch-defaults: {\"#1\": {environment: one}, \"!x\": {environment: x-env}, \"true\": {environment: yes-env}}",
    "branch-defaults: {main: {environment: no_name}}", "global: {application_name: shop}", "",
    "branch-defaults: {main: {profile: p}}",
  ])
  func `Every branch goes on going where it went`(text: String) throws {
    let (before, after) = try loaded(files(text))
    for name in [
      "main", "dev", "master", "develop", "other", "feature/main", "star", "axb", "#1", "!x",
      "true", "refs/heads/main",
    ] {
      let branch = try #require(BranchName(name))
      #expect(
        BranchMapping(after).mapping(of: branch)?.environment
          == BranchMapping(before).mapping(of: branch)?.environment, "\(name)")
    }
    #expect(after.application?.value == before.application?.value)
  }

  @Test func `What cannot be read is a problem, and the rest is imported`() {
    let imported = EBCLIImport(files("global: [\n", "global: {application_name: shop}\n"))
    #expect(imported.problems.count == 1)
    #expect(imported.template.values[.application] == "shop")
  }
}

extension Setting<String>? {
  /// Of the file that set it.
  fileprivate var line: Int? {
    if case .file(_, let line)? = self?.origin { line } else { nil }
  }
}
