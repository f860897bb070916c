import Foundation
import TestSupport
import Testing

/// A pull request whose author wrote everything in it, built by a service of continuous integration.
@Suite("Pull requests of strangers") struct HostilePullRequestTests {
  private static let configuration = """
    application: shop
    host: local
    branches:
      master: production
      "**": "{branch}"
    environments:
      production: {protected: true}
    secrets:
      - {from: config/preview.env, to: .env}
      - {from: config/live.env, to: live.env, environments: [production, live-eu]}
    push:
      timeout: 60s

    """

  /// What GitHub sets for a pull request from this branch to `master`.
  private func github(_ branch: String, event: String = "pull_request") -> [String: String] {
    [
      "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": event, "GITHUB_HEAD_REF": branch,
      "GITHUB_BASE_REF": "master", "GITHUB_REF_TYPE": "branch",
      "GITHUB_REF_NAME": event == "pull_request" ? "7/merge" : "master",
    ]
  }

  /// A shop as a service checks it out: a commit of the stranger's, detached, and the base branch as
  /// the remote has it.
  private func open(_ files: [String: String] = [:]) throws -> Workplace {
    let shop = try Workplace.shop(configuration: Self.configuration)
    let repository = shop.repository
    try repository.write(".gitignore", "config/\n.secrets/\n*.log\n")
    try repository.write("config/preview.env", "PREVIEW=1\n")
    try repository.write("config/live.env", Shop.secret + "\n")
    try repository.commit("Keep what is live apart")
    try repository.git("update-ref", "refs/remotes/origin/master", "HEAD")
    try repository.git("switch", "--quiet", "--detach")
    for (name, text) in files {
      try repository.write(name, text)
      try repository.git("add", "--", name)
    }
    try repository.git("commit", "--quiet", "--allow-empty", "--message=Be a stranger")
    return shop
  }

  private func which(_ shop: Workplace, _ branch: String, _ arguments: String...) throws -> String {
    let screen = try shop.command(
      ["git", "eb", "which", "--json"] + arguments, with: github(branch))
    struct Answer: Decodable { var environment: String? }
    guard screen.status == 0 else { return "\(screen)" }
    return try screen.json([Answer].self).first?.environment ?? "-"
  }

  private func contents(_ shop: Workplace, _ arguments: String...) throws -> [String] {
    let file = "\(shop.base)/bundle.zip"
    let screen = try shop.command(
      ["git", "eb", "archive", "-o", file] + arguments, with: github("fix"))
    try #require(screen.status == 0, "\(screen)")
    let names = try shop.python(
      "import sys, zipfile; print('\\n'.join(zipfile.ZipFile(sys.argv[1]).namelist()))", file)
    return names.split(separator: "\n").map(String.init).filter { !$0.hasSuffix("/") }.sorted()
  }

  @Test func `The configuration is the base branch's, and not the pull request's`() throws {
    let shop = try open([
      ".git-eb.yml": """
      application: shop
      host: beanstalk
      branches: {"**": production}
      secrets: [{from: config/live.env, to: live.env}]

      """
    ])
    #expect(try which(shop, "fix-it") == "fix-it")
    let config = try shop.eb("config", "--origin", with: github("fix-it"))
    #expect(config.output.contains("host=local"), "\(config)")
    #expect(!config.output.contains("branches.**=production"), "\(config)")
    #expect(try contents(shop).filter { $0.hasSuffix(".env") } == [".env"])
    // Outside of continuous integration it is the work tree's own affair.
    #expect(try shop.eb("config").output.contains("host=beanstalk"))
    #expect(try shop.eb("config", "--config-from", "HEAD~1").output.contains("host=local"))
  }

  @Test func `The EB CLI's files in the work tree are not believed`() throws {
    let shop = try open([
      ".elasticbeanstalk/config.yml": "branch-defaults: {fix-it: {environment: production}}\n"
    ])
    #expect(try which(shop, "fix-it") == "fix-it")
  }

  @Test func `Every service says that it builds a pull request`() throws {
    let shop = try open([".git-eb.yml": "application: shop\nhost: beanstalk\n"])
    let services = [
      github("fix"), github("fix", event: "pull_request_target"),
      ["GITLAB_CI": "true", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "master"],
      ["JENKINS_URL": "http://x", "CHANGE_TARGET": "master"],
      ["BITBUCKET_BUILD_NUMBER": "7", "BITBUCKET_PR_DESTINATION_BRANCH": "master"],
      ["CODEBUILD_BUILD_ID": "1", "CODEBUILD_WEBHOOK_BASE_REF": "refs/heads/master"],
    ]
    for variables in services {
      let config = try shop.eb("config", with: variables)
      #expect(config.output.contains("host=local\n"), "\(variables): \(config)")
    }
    expect(
      try shop.eb("config", with: ["CIRCLECI": "true", "CIRCLE_PR_NUMBER": "7"]),
      """
      ! error: CircleCI builds a pull request, and does not say which branch it is for
      ! hint: git eb push --config-from <commit>, whose .git-eb.yml counts
      [2]
      """)
  }

  @Test func `Where the base branch is not here nothing is believed`() throws {
    let shop = try open()
    // Branches and tags are not the remote's, whatever they are called.
    try shop.repository.git("branch", "origin/master", "HEAD")
    try shop.repository.git("update-ref", "-d", "refs/remotes/origin/master")
    expect(
      try shop.eb("push", with: github("fix")),
      """
      ! error: GitHub Actions builds a pull request, and 'origin/master', whose .git-eb.yml counts, \
      is not here
      ! hint: git fetch origin master
      ! hint: git eb push --config-from <commit> goes by another commit
      [2]
      """)
    #expect(
      try shop.eb("which", "--config-from", "master", with: github("fix-it")).output
        .hasPrefix("fix-it "))
  }

  @Test func `A commit that is none is refused`() throws {
    let shop = try open()
    expect(
      try shop.eb("push", "--config-from", "nothing"),
      """
      ! error: 'nothing' is no commit here
      ! hint: git fetch
      [2]
      """)
  }

  @Test(arguments: ["pull_request", "pull_request_target"])
  func `A pull request from a branch called master reaches nothing that is shared`(
    _ event: String
  ) throws {
    let shop = try open()
    let refused = "says nothing about 'production'"
    func push(_ arguments: String...) throws -> Screen {
      try shop.command(
        ["git", "eb", "push"] + arguments, with: github("master", event: event))
    }
    #expect(try push().error.contains(refused))
    // It used to be deployed when the branch was checked out, or named by whoever trusts its name.
    #expect(try push("--branch", "master").error.contains(refused))
    #expect(try push("--environment", "production").error.contains(refused))
    try shop.repository.git("switch", "--quiet", "--force-create", "master")
    #expect(try push().error.contains(refused))
    #expect(try push("HEAD").error.contains(refused))
    #expect(shop.published == [])
  }

  @Test(arguments: [
    "production", "-e", "--force", "$(id)", "`id`", "a;id", "|", "a\u{2028}b", "a\u{85}b", "\"'",
    "live-eu", "origin", "HEAD",
  ])
  func `A branch's name is only a name`(_ branch: String) throws {
    let shop = try open()
    let name = try which(shop, branch)
    #expect(name.wholeMatch(of: /[a-z0-9-]{4,40}/) != nil, "\(name)")
    #expect(name != "production" && name != "live-eu" && !name.hasPrefix("-"))
    let output = "\(shop.base)/output"
    let comment = "\(shop.base)/comment.md"
    let screen = try shop.eb(
      "push", "--ci", "--ci-comment", comment,
      with: github(branch).merging(["GITHUB_OUTPUT": output]) { $1 })
    #expect(screen.status == 0, "\(screen)")
    #expect(try shop.page(name).contains("greeting: welcome"))
    #expect(
      !shop.files(below: shop.environmentDirectory(name)).contains { $0.hasSuffix("live.env") })
  }

  @Test func `A name of ten thousand characters is only a name, or none`() throws {
    let shop = try open()
    let name = try which(shop, String(repeating: "x", count: 10_000))
    #expect(name.wholeMatch(of: /x{27}-[0-9a-f]{12}/) != nil, "\(name)")
  }

  @Test(arguments: ["../x", "a..b", "a b", "x\ny", "a/", "a~1", ".", "a.lock"])
  func `What is no branch's name is not taken for another`(_ branch: String) throws {
    let shop = try open()
    for event in ["pull_request", "pull_request_target"] {
      // It used to be `GITHUB_REF_NAME`, which may be the base branch.
      let screen = try shop.eb("push", with: github(branch, event: event))
      #expect(
        screen.error.hasPrefix("error: GitHub Actions does not say which branch is checked out\n"),
        "\(screen)")
    }
  }

  @Test func `No program makes a secret, and none comes from outside of the repository`() throws {
    let shop = try open()
    let trace = "\(shop.base)/trace"
    try Data("outside\n".utf8).write(to: URL(filePath: "\(shop.base)/outside"))
    try shop.repository.write(
      ".git-eb.yml",
      """
      application: shop
      host: local
      secrets:
        - config/preview.env
        - {run: [touch, "\(trace)"], to: made}
        - {from: "\(shop.base)/outside", to: absolute}
        - {from: ../outside, to: relative}

      """)
    try shop.repository.commit("List secrets")
    try shop.repository.git("update-ref", "refs/remotes/origin/master", "HEAD")
    let names = try contents(shop)
    #expect(names.contains("config/preview.env"))
    #expect(Set(names).isDisjoint(with: ["made", "absolute", "relative"]))
    #expect(!FileManager.default.fileExists(atPath: trace))
  }

  @Test func `Hooks of the local host are off`() throws {
    let shop = try open()
    let trace = "\(shop.base)/trace"
    try shop.repository.write(
      ".git-eb.yml", Self.configuration + "local: {hooks: true}\n")
    try shop.repository.write(".platform/hooks/predeploy/a.sh", "#!/bin/sh\ntouch '\(trace)'\n")
    try shop.command(["chmod", "+x", "\(shop.path)/.platform/hooks/predeploy/a.sh"])
    try shop.repository.commit("Hook")
    try shop.repository.git("update-ref", "refs/remotes/origin/master", "HEAD")
    #expect(try shop.eb("push", with: github("fix")).status == 0)
    #expect(!FileManager.default.fileExists(atPath: trace))
    // And on where nobody says that it is a stranger's.
    #expect(try shop.eb("push", "--branch", "mine-own").status == 0)
    #expect(FileManager.default.fileExists(atPath: trace))
  }

  @Test func `What '.ebignore' negates brings in nothing`() throws {
    // The pull request says what git ignores as well.
    let shop = try open([".ebignore": "!/*.token\n!/*.log\n", ".gitignore": "config/\n"])
    try shop.repository.write("job.token", "token\n")
    try shop.repository.write("job.log", "log\n")
    let names = try contents(shop)
    #expect(Set(names).isDisjoint(with: ["job.token", "job.log"]))
    // Where nobody says that it is a stranger's, it does.
    let trusting = try shop.eb("archive", "--list", "--branch", "fix")
    #expect(trusting.output.contains("job.token"), "\(trusting)")
  }

  @Test(arguments: [".git", ".git/", "elsewhere"])
  func `A link in the place of a secret brings in nothing else`(_ target: String) throws {
    let shop = try open()
    try shop.repository.remove("config/preview.env")
    try shop.repository.remove("config/live.env")
    try FileManager.default.removeItem(atPath: "\(shop.path)/config")
    try FileManager.default.createSymbolicLink(
      atPath: "\(shop.path)/config", withDestinationPath: target)
    try shop.repository.write("elsewhere/preview.env", "the job's\n")
    try shop.repository.write(".git/preview.env", "git's\n")
    try shop.repository.write(".gitignore", "elsewhere/\n")
    try shop.repository.commit("Lead astray")
    let screen = try shop.eb("archive", "--list", with: github("fix"))
    #expect(screen.status == 2, "\(screen)")
    #expect(screen.error.contains("config/preview.env"), "\(screen)")
  }
}
