import Deployment
import Git
import TestSupport
import Testing

@Suite("Previews: tags and identity") struct PreviewTagsTests {
  @Test(
    arguments: [
      ("https://github.com/o/shop", "github.com/o/shop"),
      ("https://github.com/o/shop.git", "github.com/o/shop"),
      ("https://github.com/o/shop.git/", "github.com/o/shop"),
      ("https://GitHub.com:443//o/Shop.git", "github.com/o/Shop"),
      ("http://github.com:80/o/shop", "github.com/o/shop"),
      ("https://x-access-token:ghs_a:b@github.com/o/shop.git", "github.com/o/shop"),
      ("https://github.com:8443/o/shop", "github.com:8443/o/shop"),
      ("ssh://git@github.com/o/shop.git", "github.com/o/shop"),
      ("ssh://git@github.com:22/o/shop.git", "github.com/o/shop"),
      ("ssh://git@github.com:2222/o/shop.git", "github.com:2222/o/shop"),
      ("git@github.com:o/shop.git", "github.com/o/shop"),
      ("github.com:o/shop", "github.com/o/shop"),
      ("git@github.com:/o/shop.git/", "github.com/o/shop"),
      ("git@[::1]:o/shop", "[::1]/o/shop"),
      ("ssh://git@[::1]:22/o/shop", "[::1]/o/shop"),
      ("git://example.org:9418/shop.git", "example.org/shop"),
      ("/srv/git/shop.git", "/srv/git/shop"),
      ("/srv/git/.//x/../shop.git/", "/srv/git/shop"),
      ("file:///srv/git/shop.git", "/srv/git/shop"),
      ("../shop.git", "/home/shop"),
      ("./a:b.git", "/home/work/a:b"),
      ("codecommit::eu-west-1://eb@shop", "codecommit::eu-west-1/shop"),
      ("https://github.com", "github.com"), ("", nil), (".git", "/home/work"), ("https://", nil),
    ] as [(String, String?)])
  func `However a repository is reached, its identity is the same`(url: String, identity: String?) {
    #expect(RepositoryIdentity(url: url, relativeTo: "/home/work")?.text == identity)
  }

  @Test(
    arguments: [
      (["remote.origin.url=gh:o/shop", "url.git@github.com:.insteadof=gh:"], "github.com/o/shop"),
      (
        ["remote.origin.url=gh:o/shop", "url.x:.insteadof=g", "url.git@a.org:.insteadof=gh:"],
        "a.org/o/shop"
      ),
      (["remote.origin.url=a:b", "branch.topic.remote=fork", "remote.fork.url=a:c"], "a/c"),
      (["branch.topic.remote=https://a.org/b"], "a.org/b"),
      // git fetches from the first of several.
      (["remote.origin.url=a:b", "remote.origin.url=a:c"], "a/b"),
    ])
  func `The remote that the branch goes to says whose it is`(
    settings: [String], identity: String
  ) throws {
    let configuration = GitConfiguration(
      settings.map { line in
        let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
        return .init(name: parts[0], value: parts[1], level: .local)
      })
    let remote = try #require(
      ReleaseRemote.name(for: BranchName("topic"), in: configuration))
    let url = try #require(ReleaseRemote.url(of: remote, in: configuration))
    #expect(RepositoryIdentity(url: url)?.text == identity)
  }

  @Test func `Without a remote the oldest root commit says whose it is`() async throws {
    let fixture = try GitFixture()
    let topic = try #require(BranchName("topic"))
    func identity() async throws -> RepositoryIdentity? {
      let location = try Repository.discover(
        startingAt: fixture.path, environment: fixture.environment
      ).location
      return try await RepositoryIdentity.find(in: location, for: topic)
    }
    #expect(try await identity() == nil)
    try fixture.git("commit", "--quiet", "--allow-empty", "--message=one")
    let root = try fixture.git("rev-parse", "HEAD")
    #expect(try await identity()?.text == "root:\(root)")
    try fixture.git("checkout", "--quiet", "--orphan", "pages")
    try fixture.git(
      ["commit", "--quiet", "--allow-empty", "--message=pages"],
      environment: ["GIT_COMMITTER_DATE": "2040-01-01T00:00:00Z"])
    #expect(try await identity()?.text == "root:\(root)")
    try fixture.git("remote", "add", "origin", "git@github.com:o/shop.git")
    #expect(try await identity()?.text == "github.com/o/shop")
  }

  @Test func `Tags say whose an environment is, and are read again`() throws {
    let branch = try #require(BranchName("feature/login"))
    let shop = RepositoryIdentity(text: "github.com/o/shop")
    var tags = PreviewTags(of: branch, in: shop)
    tags.ttl = .seconds(72 * 3600)
    tags.base = "master"
    tags.pullRequest = 12
    #expect(
      tags.all == [
        "git-eb:ephemeral": "true", "git-eb:repository": "github.com/o/shop",
        "git-eb:branch": "feature/login", "git-eb:ttl": "3d", "git-eb:base": "master",
        "git-eb:pull-request": "12",
      ])
    let read = try #require(PreviewTags(tags.all))
    #expect(read == tags)
    #expect(read.isOf(branch) && read.isOf(shop))
    #expect(!read.isOf(RepositoryIdentity(text: "github.com/o/other")))
    #expect(!read.isOf(try #require(BranchName("feature"))))
  }

  @Test(
    arguments: [
      [:], ["git-eb:branch": "a"], ["git-eb:ephemeral": "true"],
      ["git-eb:ephemeral": "yes", "git-eb:branch": "a"],
    ])
  func `What is not marked as ephemeral is none`(tags: [String: String]) {
    #expect(PreviewTags(tags) == nil)
  }

  @Test func `Names that are too long for a tag still differ`() throws {
    let start = Array(repeating: "ä/", count: 100).joined()
    let one = try #require(BranchName(start + "one"))
    let two = try #require(BranchName(start + "two"))
    let tags = PreviewTags(of: one, in: RepositoryIdentity(text: start + "repository"))
    #expect(tags.isOf(one) && !tags.isOf(two))
    #expect(tags.isOf(RepositoryIdentity(text: start + "repository")))
    #expect(tags.branch.utf8.count <= 256)
  }

  @Test func `A later push sets what differs and takes nothing else away`() throws {
    var tags = PreviewTags(
      of: try #require(BranchName("topic")), in: RepositoryIdentity(text: "a/b"))
    var current = tags.all
    #expect(tags.changes(from: current) == nil)
    current["git-eb:pull-request"] = "3"
    current["team"] = "web"
    #expect(tags.changes(from: current) == nil)
    tags.ttl = .seconds(60)
    #expect(try #require(tags.changes(from: current)).set == ["git-eb:ttl": "1m"])
    tags.ttl = nil
    current["git-eb:ttl"] = "1m"
    #expect(try #require(tags.changes(from: current)).removed == ["git-eb:ttl"])
    current["git-eb:ephemeral"] = nil
    #expect(tags.changes(from: current) == nil)
  }

  @Test(
    arguments: [
      (
        ["GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/pull/12/merge", "GITHUB_BASE_REF": "main"],
        12, "main"
      ),
      (["GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/heads/pull/12"], nil, nil),
      (
        [
          "GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "7",
          "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "dev",
        ], 7, "dev"
      ),
      (
        [
          "CODEBUILD_BUILD_ID": "x", "CODEBUILD_WEBHOOK_TRIGGER": "pr/3",
          "CODEBUILD_WEBHOOK_BASE_REF": "refs/heads/main",
        ], 3, "main"
      ),
      (["CODEBUILD_BUILD_ID": "x", "CODEBUILD_WEBHOOK_TRIGGER": "branch/main"], nil, nil),
      (["CIRCLECI": "true", "CIRCLE_PULL_REQUEST": "https://github.com/o/s/pull/4"], 4, nil),
      (["JENKINS_URL": "x", "CHANGE_ID": "5", "CHANGE_TARGET": "main"], 5, "main"),
      (
        [
          "BITBUCKET_BUILD_NUMBER": "1", "BITBUCKET_PR_ID": "6",
          "BITBUCKET_PR_DESTINATION_BRANCH": "main",
        ], 6, "main"
      ),
      (["GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/pull/$(id)/merge"], nil, nil),
    ] as [([String: String], Int?, String?)])
  func `Continuous integration says which pull request it is`(
    environment: [String: String], number: Int?, base: String?
  ) throws {
    let service = try #require(ContinuousIntegration(environment: environment))
    let request = service.pullRequest(environment: environment)
    #expect(request?.number == number)
    #expect(request?.base?.text == base)
  }
}
