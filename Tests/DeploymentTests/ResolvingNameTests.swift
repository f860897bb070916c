import Git
import Testing

@testable import Deployment

/// SplitMix64: the same numbers on every machine.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

struct ResolvingNameTests {
  private func name(
    _ branch: String, template: String = "{branch}", reserved: Set<EnvironmentName> = []
  ) throws -> String {
    EnvironmentName(
      template: template, branch: try #require(BranchName(branch)), reserved: reserved
    ).text
  }

  @Test(arguments: ["issue91", "issue-91", "abcd", "feature-login-page"])
  func `A branch that is a valid name keeps it`(branch: String) throws {
    let made = try name(branch)
    #expect(made == branch)
  }

  @Test(arguments: [
    "feature/login", "Issue91", "abc", "änderung", "v1.2", "-x-", "x-",
    "a234567890123456789012345678901234567890x", "issue--91/",
  ])
  func `Any other branch gets a slug and a hash`(branch: String) throws {
    guard let valid = BranchName(branch) else { return }
    let made = EnvironmentName(template: "{branch}", branch: valid, reserved: []).text
    #expect(made != branch)
    #expect(EnvironmentName(made) != nil)
    #expect((4...40).contains(made.count))
    let endsInHash = made.suffix(12).allSatisfy { $0.isHexDigit }
    #expect(endsInHash)
  }

  @Test func `The name of a branch is the same on every machine`() throws {
    let made = try name("feature/login")
    #expect(made == "feature-login-8d27994afa0a")
    let inApplication = try name("feature/login", template: "shop-{branch}")
    #expect(inApplication.hasPrefix("shop-feature-login-"))
  }

  @Test func `A branch that looks like slug and hash gets a hash of its own`() throws {
    let made = try name("feature/login")
    let again = try name(made)
    #expect(again != made)
  }

  @Test func `A branch called like a named environment is only a name`() throws {
    let production = try #require(EnvironmentName("production"))
    let made = try name("production", reserved: [production])
    #expect(made.hasPrefix("production-"))
  }

  @Test func `A million random branches have a million valid names`() async throws {
    // On a thread of its own: it takes long, and other tests wait for theirs.
    try await Threads.run { try checkAMillionNames() }
  }

  private func checkAMillionNames() throws {
    var generator = SeededGenerator(seed: 91)
    let alphabet = Array("abcdefgh0123-./_ABCD#äöü한국日本🎉é@+=".unicodeScalars)
    var branches = Set<String>()
    var names = Set<String>()
    while branches.count < 1_000_000 {
      var scalars = String.UnicodeScalarView()
      let longest = branches.count % 100 == 0 ? 250 : 12
      for _ in 0..<Int.random(in: 1...longest, using: &generator) {
        scalars.append(alphabet.randomElement(using: &generator) ?? "a")
      }
      let text = String(scalars)
      guard let branch = BranchName(text), branches.insert(text).inserted else { continue }
      let made = EnvironmentName(template: "{branch}", branch: branch, reserved: [])
      #expect((4...40).contains(made.text.utf8.count) && EnvironmentName(made.text) != nil)
      // Also on a host that does not tell upper from lower case.
      names.insert(made.text.lowercased())
      if names.count != branches.count {
        Issue.record("two branches share the name \(made)")
        return
      }
    }
    #expect(names.count == 1_000_000)
  }

  @Test func `A label says name, commit and content`() {
    let commit = "0123456789012345678901234567890123456789"
    let digest = "fedcba98" + String(repeating: "0", count: 56)
    let cases: [(String, String?, String, String)] = [
      ("master", commit, "commit", "master-0123456-fedcba98"),
      ("master", commit, "staged", "master-0123456-staged-fedcba98"),
      ("master", commit, "worktree", "master-0123456-worktree-fedcba98"),
      ("feature/login", commit, "commit", "feature-login-0123456-fedcba98"),
      ("v1.4.0", commit, "commit", "v1.4.0-0123456-fedcba98"),
      ("한국", commit, "commit", "0123456-fedcba98"),
      ("master", nil, "staged", "master-staged-fedcba98"),
    ]
    for (name, id, kind, expected) in cases {
      #expect(
        VersionLabel(name: name, commit: id, kind: kind, digest: digest).text == expected)
    }
  }

  @Test func `A label is at most a hundred characters and keeps its end`() {
    let label = VersionLabel(
      name: String(repeating: "x", count: 300), commit: String(repeating: "a", count: 40),
      kind: "worktree", digest: String(repeating: "b", count: 64))
    #expect(label.text.count == 100)
    #expect(label.text.hasSuffix("-aaaaaaa-worktree-bbbbbbbb"))
    #expect(VersionLabel(label.text) != nil)
  }

  @Test func `Continuous integration says which branch it built`() throws {
    let cases: [([String: String], String?)] = [
      (["GITHUB_ACTIONS": "true", "GITHUB_REF_TYPE": "branch", "GITHUB_REF_NAME": "dev"], "dev"),
      (["GITHUB_ACTIONS": "true", "GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1"], nil),
      (
        [
          "GITHUB_ACTIONS": "true", "GITHUB_HEAD_REF": "issue91", "GITHUB_REF_TYPE": "branch",
          "GITHUB_REF_NAME": "7/merge",
        ], "issue91"
      ),
      (["GITLAB_CI": "true", "CI_COMMIT_BRANCH": "dev"], "dev"),
      (["GITLAB_CI": "true", "CI_COMMIT_TAG": "v1"], nil),
      (["GITLAB_CI": "true", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "fix"], "fix"),
      (
        ["CODEBUILD_BUILD_ID": "x:1", "CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/a/b"], "a/b"
      ),
      (["CIRCLECI": "true", "CIRCLE_BRANCH": "dev"], "dev"),
      (["JENKINS_URL": "http://j", "GIT_BRANCH": "origin/dev"], "dev"),
      (["JENKINS_URL": "http://j", "BRANCH_NAME": "PR-1", "CHANGE_BRANCH": "fix"], "fix"),
      (["BITBUCKET_BUILD_NUMBER": "1", "BITBUCKET_BRANCH": "dev"], "dev"),
      (["CIRCLECI": "true", "CIRCLE_BRANCH": "../x"], nil),
    ]
    for (variables, expected) in cases {
      let service = try #require(ContinuousIntegration(environment: variables))
      #expect(service.branch(environment: variables)?.name.description == expected)
    }
    #expect(ContinuousIntegration(environment: ["CIRCLE_BRANCH": "dev"]) == nil)
  }

  @Test func `Continuous integration says that it builds a pull request, and for which branch`()
    throws
  {
    let cases: [([String: String], isRequest: Bool, base: String?)] = [
      (["GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_BASE_REF": ""], false, nil),
      (["GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request_target"], true, nil),
      (["GITHUB_ACTIONS": "true", "GITHUB_BASE_REF": "dev"], true, "dev"),
      (["GITHUB_ACTIONS": "true", "GITHUB_HEAD_REF": "x", "GITHUB_BASE_REF": "../x"], true, nil),
      (["GITLAB_CI": "true", "CI_COMMIT_BRANCH": "dev"], false, nil),
      (["GITLAB_CI": "true", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "a/b"], true, "a/b"),
      (["CODEBUILD_BUILD_ID": "1", "CODEBUILD_WEBHOOK_EVENT": "PUSH"], false, nil),
      (
        [
          "CODEBUILD_BUILD_ID": "1", "CODEBUILD_WEBHOOK_EVENT": "PULL_REQUEST_CREATED",
          "CODEBUILD_WEBHOOK_BASE_REF": "refs/heads/dev",
        ], true, "dev"
      ),
      (["CIRCLECI": "true", "CIRCLE_PULL_REQUEST": "https://x/7"], false, nil),
      (["CIRCLECI": "true", "CIRCLE_PR_NUMBER": "7"], true, nil),
      (["JENKINS_URL": "http://j", "CHANGE_TARGET": "dev"], true, "dev"),
      (["JENKINS_URL": "http://j", "CHANGE_ID": "7"], true, nil),
      (
        ["BITBUCKET_BUILD_NUMBER": "1", "BITBUCKET_PR_DESTINATION_BRANCH": "dev"], true, "dev"
      ),
    ]
    for (variables, isRequest, base) in cases {
      let service = try #require(ContinuousIntegration(environment: variables))
      let request = service.pullRequest(environment: variables)
      // CircleCI numbers the request of a branch of our own.
      #expect((request?.mayBeStrangers == true) == isRequest, "\(variables)")
      #expect(request?.base?.description == base, "\(variables)")
    }
  }
}
