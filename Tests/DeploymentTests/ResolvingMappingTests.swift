import Git
import Testing

@testable import Deployment

struct ResolvingMappingTests {
  private func mapping(
    _ branch: String, yaml: String = "", git: [String: String] = [:], ebCLI: String? = nil
  ) throws -> Mapping? {
    var sources = ConfigurationSources()
    if !yaml.isEmpty { sources.gitEB = .init(name: ".git-eb.yml", bytes: Array(yaml.utf8)) }
    sources.git = git.map { .init(name: $0.key, value: $0.value, level: "local") }
    if let ebCLI {
      sources.ebCLI = [.init(name: ".elasticbeanstalk/config.yml", bytes: Array(ebCLI.utf8))]
    }
    let configuration = try ConfigurationLoader.load(sources)
    return BranchMapping(configuration).mapping(of: try #require(BranchName(branch)))
  }

  @Test(arguments: [
    ("master", "production"), ("main", "production"), ("dev", "dev"), ("develop", "dev"),
  ])
  func `With nothing configured the usual branches have their environments`(
    branch: String, environment: String
  ) throws {
    let found = try #require(try mapping(branch))
    #expect(found.environment.text == environment)
    #expect(!found.isEphemeral)
  }

  @Test func `With nothing configured every other branch gets one of its own`() throws {
    let found = try #require(try mapping("issue91", yaml: "application: shop"))
    #expect(found.environment.text == "shop-issue91")
    #expect(found.isEphemeral)
  }

  @Test func `The first pattern that matches wins`() throws {
    let yaml = """
      branches:
        issue9*: nines
        issue*: "{branch}"
        release/**: staging
      """
    #expect(try mapping("issue91", yaml: yaml)?.environment.text == "nines")
    #expect(try mapping("issue81", yaml: yaml)?.environment.text == "issue81")
    #expect(try mapping("release/1/2", yaml: yaml)?.environment.text == "staging")
  }

  @Test func `A star does not cross a slash`() throws {
    #expect(try mapping("issue/91", yaml: "branches: {issue*: \"{branch}\"}") == nil)
  }

  @Test func `Where branches are configured an unmapped one maps to nothing`() throws {
    #expect(try mapping("other", yaml: "branches: {master: production}") == nil)
    #expect(try mapping("dev", yaml: "branches: {master: production}") == nil)
    let ebCLI = "branch-defaults: {main: {environment: shop-prod}}"
    #expect(try mapping("other", ebCLI: ebCLI) == nil)
    #expect(try mapping("main", ebCLI: ebCLI)?.environment.text == "shop-prod")
  }

  @Test func `The branch's own setting wins over every pattern`() throws {
    let found = try #require(
      try mapping(
        "issue91", yaml: "branches: {issue*: \"{branch}\"}",
        git: ["branch.issue91.ebenvironment": "staging"]))
    #expect(found.environment.text == "staging")
    guard case .branchSetting = found.reason else {
      Issue.record("the reason is \(found.reason)")
      return
    }
  }

  @Test(arguments: [
    ("", "production", ["main", "master"]),
    ("branches: {trunk: production, \"release/*\": production}", "production", ["trunk"]),
    ("branches: {trunk: production, \"issue*\": \"{branch}\"}", "issue91", []),
    ("branches: {dev: staging, \"*\": production}", "staging", ["dev"]),
  ])
  func `The branches of an environment are those that are named outright`(
    yaml: String, environment: String, branches: [String]
  ) throws {
    var sources = ConfigurationSources()
    sources.gitEB = .init(name: ".git-eb.yml", bytes: Array(yaml.utf8))
    let mapping = BranchMapping(try ConfigurationLoader.load(sources))
    let name = try #require(EnvironmentName(environment))
    #expect(mapping.namedBranches(of: name).map(\.text) == branches)
  }

  @Test func `A branch called like a named environment does not reach it`() throws {
    let yaml = """
      branches: {master: production, "*": "{branch}"}
      environments: {staging: {protected: true}}
      """
    for name in ["production", "staging"] {
      let found = try #require(try mapping(name, yaml: yaml))
      #expect(found.environment.text != name)
      #expect(found.isEphemeral)
    }
  }

  @Test func `Two templates never give two branches one name`() throws {
    let yaml = "branches: {x*: \"app-{branch}\", \"**\": \"{branch}\"}"
    let first = try #require(try mapping("x123", yaml: yaml)?.environment)
    let second = try #require(try mapping("app-x123", yaml: yaml)?.environment)
    #expect(first != second)
    #expect(try mapping("issue91", yaml: yaml)?.environment.text == "issue91")
  }

  @Test func `The reason names the file and the line`() throws {
    let found = try #require(
      try mapping("master", yaml: "application: shop\nbranches:\n  master: production\n"))
    #expect(found.reason == .pattern("master", .file(path: ".git-eb.yml", line: 3)))
  }
}
