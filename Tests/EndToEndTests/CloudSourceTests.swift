import Foundation
import TestSupport
import Testing

@Suite("git eb push: from CodeCommit and from a bare repository", .serialized)
struct CloudSourceTests {
  private struct Branch: Encodable {
    var repository = "shop"
    var branch: String
    var commit: String
    var account: String
    var region = "us-east-1"
  }

  private func put(_ branch: String, at commit: String, in cloud: CloudShop) async throws {
    _ = try await cloud.server.control(
      "codecommit", Branch(branch: branch, commit: commit, account: cloud.server.keys[0].account),
      as: [String: String].self)
  }

  @Test func `A branch at CodeCommit is deployed without an upload`() async throws {
    let cloud = try CloudShop()
    try cloud.shop.repository.git(
      "commit", "--quiet", "--allow-empty", "--message", "At CodeCommit")
    let id = try cloud.shop.repository.git("rev-parse", "HEAD")
    try await put("master", at: id, in: cloud)
    let before = try await cloud.operations().count
    let push = try cloud.shop.eb("push", "--source", "codecommit/shop/master")
    #expect(push.status == 0, "\(push)")
    #expect(push.output.contains("+codecommit  master -> production"), "\(push)")
    let asked = try await cloud.operations().dropFirst(before)
    #expect(asked.contains("GetBranch"))
    #expect(!asked.contains("PutObject") && !asked.contains("CreateStorageLocation"))
    let sources = try cloud.boto(
      """
      for one in client("elasticbeanstalk").describe_application_versions()["ApplicationVersions"]:
          if "SourceBuildInformation" in one:
              print(one["SourceBuildInformation"]["SourceLocation"], one["Description"])
      """)
    #expect(sources.hasPrefix("shop/\(id) At CodeCommit [git-eb \(id) "), "\(sources)")
    let again = try cloud.shop.eb("push", "--source", "codecommit/shop/master")
    #expect(again.output.contains("[up to date]"), "\(again)")
  }

  @Test func `What CodeCommit does not have is refused, and so is a branch that goes back`()
    async throws
  {
    let cloud = try CloudShop()
    let first = try cloud.shop.repository.git("rev-parse", "HEAD")
    try await put("master", at: first, in: cloud)
    let none = try cloud.shop.eb("push", "--source", "codecommit/shop/other")
    #expect(none.status == 2)
    #expect(none.error.contains("error: CodeCommit does not have it: "), "\(none)")
    let form = try cloud.shop.eb("push", "--source", "codecommit/shop")
    #expect(form.status == 64)
    // It used to trap: there are no files here to look at.
    let dry = try cloud.shop.eb("push", "--source", "codecommit/shop/master", "--dry-run")
    #expect(dry.status == 64)
    #expect(dry.error.contains("'--dry-run' cannot look into what is at CodeCommit"), "\(dry)")
    try cloud.shop.repository.git("commit", "--quiet", "--allow-empty", "--message", "Newer")
    #expect(try cloud.shop.eb("push", "-q").status == 0)
    let back = try cloud.shop.eb("push", "--source", "codecommit/shop/master")
    #expect(back.status == 2, "\(back)")
    #expect(back.error.contains("not an ancestor") || back.error.contains("runs"), "\(back)")
  }

  /// A bare repository that deploys what is pushed to it.
  private func bare(_ cloud: CloudShop) throws -> String {
    let path = cloud.shop.base + "/central.git"
    try cloud.shop.repository.git("init", "--quiet", "--bare", "--initial-branch=master", path)
    let hook = path + "/hooks/post-receive"
    try FileManager.default.createDirectory(
      atPath: path + "/hooks", withIntermediateDirectories: true)
    try "#!/bin/sh\nexec git eb push --bare-hook\n".write(
      toFile: hook, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
    try cloud.shop.repository.git("remote", "add", "central", path)
    return path
  }

  @Test func `A push to a bare repository deploys the branch that maps to an environment`()
    async throws
  {
    let cloud = try CloudShop(more: "bundle: {lfs: true}")
    _ = try bare(cloud)
    // A bare repository has no files that git ignores, so no secret can come from there.
    try cloud.shop.repository.write(
      ".git-eb.yml",
      """
      application: shop
      host: beanstalk
      platform: Python 3.13 running on 64bit Amazon Linux 2023
      branches: {master: production}
      """)
    try cloud.shop.repository.git("commit", "--quiet", "--all", "--message", "Through the hook")
    let push = try cloud.shop.command(["git", "push", "--quiet", "central", "master"])
    #expect(push.status == 0, "\(push)")
    #expect(push.error.contains("remote: To shop in us-east-1"), "\(push)")
    #expect(push.error.contains("master -> production"), "\(push)")
    let status = try cloud.shop.eb("status")
    #expect(status.output.contains("Through the hook"), "\(status)")

    let before = try await cloud.operations().count
    let topic = try cloud.shop.command(["git", "push", "--quiet", "central", "master:topic"])
    #expect(
      topic.error.contains(
        "note: 'topic' maps to no environment of its name; nothing is deployed"), "\(topic)")
    let gone = try cloud.shop.command(["git", "push", "--quiet", "central", ":topic"])
    #expect(gone.error.contains("note: 'topic' was deleted; its environment stays"), "\(gone)")
    #expect(try await cloud.operations().count == before)
  }

  @Test func `A branch that was forced back is refused, and the push itself stands`() async throws {
    let cloud = try CloudShop(more: "bundle: {lfs: true}")
    let path = try bare(cloud)
    try cloud.shop.repository.write(
      ".git-eb.yml", "application: shop\nhost: beanstalk\nbranches: {master: production}\n")
    try cloud.shop.repository.git("commit", "--quiet", "--all", "--message", "One")
    #expect(try cloud.shop.command(["git", "push", "--quiet", "central", "master"]).status == 0)
    try cloud.shop.repository.git("commit", "--quiet", "--amend", "--message", "Other")
    let forced = try cloud.shop.command(["git", "push", "--quiet", "--force", "central", "master"])
    #expect(forced.status == 0, "\(forced)")
    #expect(forced.error.contains("remote: error: "), "\(forced)")
    #expect(try cloud.shop.eb("status").output.contains("One"))
    let head = try cloud.shop.repository.git("rev-parse", "HEAD")
    #expect(try cloud.shop.repository.git("-C", path, "rev-parse", "master") == head)
  }

  @Test func `Words that are not from git are no pushed references`() throws {
    let cloud = try CloudShop(instances: nil)
    let screen = try cloud.shop.command(["sh", "-c", "echo hello | git eb push --bare-hook"])
    #expect(screen.status == 64)
    #expect(screen.error.contains("post-receive"), "\(screen)")
  }
}
