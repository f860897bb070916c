import Foundation
import Git
import Testing

@testable import Deployment

@Suite("Previews: what they are made like") struct PreviewMakingTests {
  private func configuration(_ yaml: String) throws -> Configuration {
    var sources = ConfigurationSources()
    sources.gitEB = .init(name: ".git-eb.yml", bytes: Array(yaml.utf8))
    return try ConfigurationLoader.load(sources)
  }

  private func creation(
    _ yaml: String, _ environment: String = "issue91"
  ) throws -> CreationSettings {
    try configuration(yaml).creation(
      ofPreview: try #require(EnvironmentName(environment)),
      for: try #require(BranchName("issue#91")), try #require(ApplicationName("shop")),
      in: RepositoryIdentity(text: "github.com/o/shop"))
  }

  @Test func `Everything that previews says is in force, and their own environment goes first`()
    throws
  {
    let yaml = """
      environments:
        dev: {variables: {TOKEN: "1", MODE: dev}}
        issue91: {options: {"aws:autoscaling:asg": {MaxSize: 3}}}
      previews:
        like: dev
        settings: {"aws:autoscaling:asg": {MaxSize: 1, MinSize: 1}}
        single: false
        instanceType: t4g.small,t4g.medium
        cname: shop-{branch}
      """
    let made = try creation(yaml)
    #expect(made.isPreview)
    #expect(made.like == "dev")
    #expect(made.isSingleInstance == false)
    #expect(made.ownVariables == ["MODE", "TOKEN"])
    #expect(
      made.options == [
        EnvironmentOption("aws:autoscaling:asg", "MaxSize", "1"),
        EnvironmentOption("aws:autoscaling:asg", "MinSize", "1"),
        EnvironmentOption("aws:ec2:instances", "InstanceTypes", "t4g.small,t4g.medium"),
        EnvironmentOption("aws:autoscaling:asg", "MaxSize", "3"),
      ])
    #expect(made.cnamePrefix?.hasPrefix("shop-issue-91-") == true)
    #expect(made.otherCNAMEPrefix?.hasPrefix("\(made.cnamePrefix ?? "")-") == true)
  }

  @Test func `An environment's own like, kind and address take the place of those of previews`()
    throws
  {
    let made = try creation(
      """
      environments: {issue91: {like: other, single: true, cname: mine}}
      previews: {like: dev, single: false, cname: x}
      """)
    #expect(made.like == "other")
    #expect(made.isSingleInstance == true)
    #expect(made.cnamePrefix == "mine")
    #expect(made.otherCNAMEPrefix == nil)
  }

  @Test func `Without a template the address begins with the environment's name`() throws {
    #expect(try creation("application: shop").cnamePrefix == "issue91")
    #expect(try creation("application: shop").like == nil)
  }

  @Test(arguments: [
    "issue91", "abcd", String(repeating: "a", count: 63), "a-b-1",
  ])
  func `What can be an address is one`(text: String) {
    #expect(PreviewAddress.prefix(text) == text)
  }

  @Test(arguments: [
    "", "a", "abc", "Issue91", "a b", "-abcd", "abcd-", "a..b", "$(id)", "../x", "ümläut",
    String(repeating: "a", count: 64), String(repeating: "x", count: 10_000),
  ])
  func `Whatever else is asked for becomes one, and no two the same`(text: String) {
    let prefix = PreviewAddress.prefix(text)
    #expect((4...63).contains(prefix.utf8.count))
    #expect(EnvironmentName(String(prefix.prefix(40)).trimmingCharacters(in: ["-"])) != nil)
    #expect(prefix == prefix.lowercased() && !prefix.hasPrefix("-") && !prefix.hasSuffix("-"))
    #expect(prefix != PreviewAddress.prefix(text + "/"))
    let other = PreviewAddress.other(prefix, seed: "shop github.com/o/shop")
    #expect(other != prefix && (4...63).contains(other.utf8.count))
    #expect(other != PreviewAddress.other(prefix, seed: "shop github.com/o/fork"))
  }

  private func environment(
    _ name: String, _ repository: String?, days: Double,
    status: EnvironmentDescription.Status = .ready
  ) throws -> EnvironmentDescription {
    let tags = PreviewTags(
      of: try #require(BranchName(name)), in: repository.map(RepositoryIdentity.init(text:)))
    let date = Date(timeIntervalSince1970: days * 86400)
    return EnvironmentDescription(
      name: try #require(EnvironmentName(name)), status: status, health: .green, causes: [],
      version: nil, url: nil, created: date, updated: date, tags: tags.all)
  }

  @Test func `The limit counts this repository's previews, and names the oldest`() throws {
    var shared = try environment("shared", "a", days: 0)
    shared.tags = ["git-eb:branch": "dev"]
    let all = try [
      environment("one", "a", days: 4), environment("two", "a", days: 1),
      environment("three", "a", days: 3), environment("four", "a", days: 2),
      environment("going", "a", days: 0, status: .terminating), environment("b", "b", days: 0),
      environment("none", nil, days: 0), shared,
    ]
    let tags = PreviewTags(
      of: try #require(BranchName("new")), in: RepositoryIdentity(text: "a"))
    try PreviewLimit.check(5, for: tags, among: all)
    let reached = try #require(throws: PreviewLimit.Reached.self) {
      try PreviewLimit.check(4, for: tags, among: all)
    }
    #expect(reached.count == 4 && reached.limit == 4)
    #expect(reached.oldest.map(\.name.text) == ["two", "four", "three"])
    #expect(throws: PreviewLimit.Reached.self) {
      try PreviewLimit.check(0, for: tags, among: [])
    }
  }

  @Test(arguments: ["", "master", "issue#91", "a=b", "ümläut/x", "100%", "=", "a b"])
  func `A tag's value is read as it was written`(text: String) {
    #expect(TagValue.value(TagValue.text(text)) == text)
    #expect(TagValue.text(text).utf8.count == TagValue.length(of: text))
  }

  @Test(arguments: ["=", "a=", "=4", "=zz", "=FF"])
  func `What is no escaped value is left as it is`(text: String) {
    #expect(TagValue.value(text) == text)
  }
}
