import Foundation
import TestSupport
import Testing

/// The answer of `git eb release --json`.
struct ReleaseAnswer: Decodable {
  var tag: String
  var commit: String
  var subject: String
  var application: String
  var environment: String
  var label: String
  var digest: String
  var deployedAt: Date?
  var previous: String?
  var notes: String
  var created: Bool
  var remote: String?
  var named: Bool
}

@Suite("git eb release") struct ReleaseTests {
  /// A shop whose production runs HEAD.
  private func running() throws -> (shop: Workplace, version: VersionAnswer) {
    let shop = try Workplace.shop()
    let push = try shop.eb("push", "--json", "-q")
    try #require(push.status == 0, "\(push)")
    return (shop, try push.json(PushAnswer.self).version)
  }

  /// What git itself takes for the tag's trailers.
  private func trailers(_ shop: Workplace, _ tag: String) throws -> [String: String] {
    let reference = "refs/tags/\(tag)"
    // Before the signature: git 2.39 finds no trailers in front of one by itself.
    let message = try shop.repository.git(
      "for-each-ref", "--format=%(contents:subject)%0a%0a%(contents:body)", reference)
    let text = try shop.repository.git(["interpret-trailers", "--parse"], input: message)
    let whole = try shop.repository.git("for-each-ref", "--format=%(contents)", reference)
    if !whole.contains("-----BEGIN ") {
      let own = try shop.repository.git(
        "for-each-ref", "--format=%(contents:trailers)", reference)
      #expect(own.trimmingCharacters(in: .newlines) == text)
    }
    let pairs = text.split(separator: "\n").map { line in
      let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
      return (parts[0], parts[1].trimmingCharacters(in: .whitespaces))
    }
    return Dictionary(pairs) { first, _ in first }
  }

  private func tags(_ shop: Workplace) throws -> String { try shop.repository.git("tag", "-l") }

  private func description(_ shop: Workplace, _ label: String) throws -> String {
    let versions = try shop.eb("versions", "--json").json([PublishedAnswer].self)
    return try #require(versions.first { $0.version.label == label }).version.description
  }

  /// A bare repository as the remote `origin`.
  private func addRemote(_ shop: Workplace, _ name: String = "origin") throws -> String {
    let path = "\(shop.base)/\(name).git"
    try shop.repository.git("init", "--quiet", "--bare", path)
    try shop.repository.git("remote", "add", name, path)
    return path
  }

  // MARK: - The tag

  @Test func `The tag is at the commit that runs, and says which version that is`() throws {
    let (shop, version) = try running()
    let released = try #require(version.commit)
    // Work goes on; what runs is what is released.
    try shop.repository.commit("Later")
    let updated = try shop.eb("status", "--json").json(EnvironmentAnswer.self).updated
    expect(
      try shop.eb("release", "v1.4.0"),
      """
       * [new release]      v1.4.0 -> <id>  (master-<id>-<digest8>, production)
      ! hint: git eb release v1.4.0 -e production --push shares it
      """)
    #expect(try shop.repository.git("rev-parse", "v1.4.0^{commit}") == released)
    #expect(try shop.repository.git("cat-file", "-t", "v1.4.0") == "tag")
    var found = try trailers(shop, "v1.4.0")
    let time = found.removeValue(forKey: "Deployed-At")
    let deployed = try Date(#require(time), strategy: .iso8601)
    #expect(abs(deployed.timeIntervalSince(updated)) < 60)
    #expect(
      found == [
        "Application": "shop", "Environment": "production", "Version-Label": version.label,
        "Bundle-Digest": version.digest,
      ])
    #expect(
      try shop.repository.git("for-each-ref", "--format=%(contents:subject)", "refs/tags")
        == "shop v1.4.0")
    #expect(try description(shop, version.label) == "v1.4.0: Open the shop")
  }

  @Test func `The same command again does nothing`() throws {
    let (shop, version) = try running()
    try #require(try shop.eb("release", "v1.4.0").status == 0)
    let before = try shop.repository.snapshot()
    let record = "\(shop.host)/versions/\(version.label).json"
    let written = try Data(contentsOf: URL(filePath: record))
    expect(
      try shop.eb("release", "v1.4.0"),
      " = [released]         v1.4.0 -> <id>  (master-<id>-<digest8>, production)")
    // The environment is not what it was a moment ago, but it runs the same.
    try #require(try shop.eb("setenv", "MODE=busy", "-q").status == 0)
    let again = try shop.eb("release", "v1.4.0", "--json").json(ReleaseAnswer.self)
    #expect(!again.created)
    #expect(again.named)
    #expect(try shop.repository.snapshot() == before)
    #expect(try Data(contentsOf: URL(filePath: record)) == written)
    #expect(shop.leftovers == [])
  }

  @Test func `A tag that names something else is refused, and both are shown`() throws {
    let (shop, _) = try running()
    try #require(try shop.eb("release", "v1.4.0", "-q").status == 0)
    try shop.repository.git("tag", "plain")
    let before = try shop.repository.snapshot()
    expect(
      try shop.eb("release", "plain"),
      """
      ! error: tag 'plain' is there already, and names something else
      !   there:  <id>, no release
      !   wanted: <id>, master-<id>-<digest8> of shop in production
      ! hint: git show plain, or choose another name
      [2]
      """)
    #expect(try shop.repository.snapshot() == before)
    try shop.repository.commit("Later")
    try #require(try shop.eb("push", "-q").status == 0)
    expect(
      try shop.eb("release", "v1.4.0"),
      """
      ! error: tag 'v1.4.0' is there already, and names something else
      !   there:  <id>, master-<id>-<digest8> of shop in production
      !   wanted: <id>, master-<id>-<digest8> of shop in production
      ! hint: git show v1.4.0, or choose another name
      [2]
      """)
  }

  @Test(arguments: ["a b", "v1..2", "v1.lock", "HEAD", "v1~1"])
  func `A name that git would not take is refused first`(name: String) throws {
    let shop = try Workplace.shop()
    expect(
      try shop.eb("release", name),
      """
      ! error: '\(name)' is not a tag's name
      ! hint: git eb release v1.4.0
      [64]
      """)
  }

  @Test func `A message of one's own takes the place of the notes`() throws {
    let (shop, version) = try running()
    let message = "The autumn release\n\n# Not a comment\n---\nwith leaves: yellow"
    try #require(try shop.eb("release", "v1.4.0", "-m", message).status == 0)
    let text = try shop.repository.git("for-each-ref", "--format=%(contents)", "refs/tags")
    #expect(text.hasPrefix(message + "\n\nApplication: shop\n"))
    // It is read back all the same.
    let again = try shop.eb("release", "v1.4.0", "--json").json(ReleaseAnswer.self)
    #expect(!again.created && again.label == version.label)
  }

  // MARK: - Signatures

  @Test func `A tag is signed with SSH where git is configured so, and git verifies it`() throws {
    let (shop, version) = try running()
    let key = "\(shop.base)/home/key"
    _ = try shop.command(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "me", "-f", key])
    let signer = try String(contentsOfFile: key + ".pub", encoding: .utf8)
    try "committer@example.com \(signer)".write(
      toFile: "\(shop.base)/home/signers", atomically: true, encoding: .utf8)
    for (name, value) in [
      ("gpg.format", "ssh"), ("tag.gpgSign", "true"), ("user.signingKey", key),
      ("gpg.ssh.allowedSignersFile", "\(shop.base)/home/signers"),
    ] { try shop.repository.git("config", name, value) }
    try #require(try shop.eb("release", "v1.4.0").status == 0)
    let verified = try shop.command(["git", "verify-tag", "v1.4.0"])
    #expect(verified.status == 0, "\(verified)")
    #expect(verified.error.contains("Good \"git\" signature for committer@example.com"))
    #expect(try trailers(shop, "v1.4.0")["Version-Label"] == version.label)
    #expect(try !shop.eb("release", "v1.4.0", "--json").json(ReleaseAnswer.self).created)
    // A key that is not there: git says so, and nothing is made.
    let refused = try shop.eb("release", "v1.4.1", "-u", "\(shop.base)/home/none")
    #expect(refused.status == 2)
    // Old versions of git make the tag without a signature, newer ones fail.
    #expect(
      refused.error.contains("error: git could not sign the tag 'v1.4.1', so it is not made\n")
        || refused.error.contains("error: git could not make the tag 'v1.4.1': exit status"))
    #expect(try tags(shop) == "v1.4.0")
    // And one that is named takes the place of the configured one.
    try shop.repository.git("config", "user.signingKey", "\(shop.base)/home/none")
    try #require(try shop.eb("release", "v1.4.2", "-u", key).status == 0)
    #expect(try shop.command(["git", "verify-tag", "v1.4.2"]).status == 0)
  }

  private static let hasGPG = (try? run(["gpg", "--version"]).status) == 0

  @Test(.enabled(if: hasGPG)) func `With --sign a tag is signed with OpenPGP`() throws {
    let (shop, version) = try running()
    // Sockets have short names.
    let ring = "/tmp/git-eb-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(
      atPath: ring, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let with = ["GNUPGHOME": ring]
    defer {
      _ = try? shop.command(["gpgconf", "--kill", "all"], with: with)
      try? FileManager.default.removeItem(atPath: ring)
    }
    let made = try shop.command(
      [
        "gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key",
        "C O Mitter <committer@example.com>", "ed25519", "sign", "never",
      ], with: with)
    try #require(made.status == 0, "\(made)")
    let screen = try shop.eb("release", "v1.4.0", "--sign", with: with)
    try #require(screen.status == 0, "\(screen)")
    let verified = try shop.command(["git", "verify-tag", "v1.4.0"], with: with)
    #expect(verified.status == 0, "\(verified)")
    #expect(try trailers(shop, "v1.4.0")["Bundle-Digest"] == version.digest)
    let again = try shop.eb("release", "v1.4.0", "--sign", "--json", with: with)
    #expect(try !again.json(ReleaseAnswer.self).created)
  }

  // MARK: - What cannot be released

  @Test(arguments: ["--staged", "--worktree"])
  func `What holds more than a commit is refused`(source: String) throws {
    let shop = try Workplace.shop()
    try shop.repository.write("greeting.txt", "changed\n")
    try shop.repository.git("add", "greeting.txt")
    try #require(try shop.eb("push", source, "-q").status == 0)
    let refusal = """
      ! error: version 'master-<id>\(source.dropFirst())-<digest8>' holds what no commit does: it \
      was made from \(source == "--staged" ? "what was staged" : "the work tree")
      ! hint: git commit, and git eb push, deploys a version that a tag can name
      [2]
      """
    expect(try shop.eb("release", "v1.4.0"), refusal)
    expect(try shop.eb("release", "v1.4.0", "--commit", "HEAD"), refusal)
    #expect(try tags(shop) == "")
  }

  @Test func `What does not run, or is not here, is refused with what to type`() throws {
    let shop = try Workplace.shop()
    expect(
      try shop.eb("release", "v1.4.0"),
      """
      ! error: there is no environment 'production'
      ! hint: git eb list
      [2]
      """)
    try #require(try shop.eb("create", "production", "-q").status == 0)
    expect(
      try shop.eb("release", "v1.4.0"),
      """
      ! error: nothing is deployed to 'production'
      ! hint: git eb push
      [2]
      """)
    let released = try shop.repository.commit("Release me")
    try #require(try shop.eb("push", "-q").status == 0)
    try shop.repository.git("reset", "--quiet", "--hard", "HEAD~1")
    // What says that it ran would keep the commit.
    let names = try shop.repository.git(
      "for-each-ref", "--format=%(refname)", "refs/eb", "refs/remotes/eb")
    for name in names.split(separator: "\n") {
      try shop.repository.git("update-ref", "-d", String(name))
    }
    try shop.repository.git("reflog", "expire", "--expire=now", "--all")
    try shop.repository.git("gc", "--quiet", "--prune=now")
    expect(
      try shop.eb("release", "v1.4.0"),
      """
      ! error: 'production' runs <id>, a commit that this clone does not have
      ! hint: git fetch
      [2]
      """)
    expect(
      try shop.eb("release", "v1.4.0", "--commit", released),
      """
      ! error: '<id>' is no commit here
      ! hint: git fetch
      [2]
      """)
    expect(
      try shop.eb("release", "v1.4.0", "--commit", "HEAD"),
      """
      ! error: <id> does not run in 'production', and no version was made from it
      ! hint: git eb push <id> -e production
      [2]
      """)
    #expect(try tags(shop) == "")
  }

  @Test func `An environment that is being changed is not released from`() throws {
    let (shop, version) = try running()
    try shop.repository.write("slow", "20\n")
    try shop.repository.commit("Take time")
    let push = try shop.start("git", "eb", "push", "-q")
    #expect(
      try eventually {
        try shop.eb("status", "--json").json(EnvironmentAnswer.self).status == "Updating"
      })
    expect(
      try shop.eb("release", "v1.4.0"),
      """
      ! error: 'production' is being changed, so that what it runs is not settled
      ! hint: git eb status -e production
      [2]
      """)
    // What a named commit became does not change.
    let named = try shop.eb("release", "v1.4.0", "--commit", "HEAD~1", "--json")
    #expect(try named.json(ReleaseAnswer.self).label == version.label)
    push.interrupt()
    _ = push.wait()
  }

  @Test func `A commit that ran before is released as the version that was made from it`() throws {
    let (shop, version) = try running()
    try shop.repository.commit("Later")
    try #require(try shop.eb("push", "-q").status == 0)
    let answer = try shop.eb("release", "v1.4.0", "--commit", "HEAD~1", "--json")
      .json(ReleaseAnswer.self)
    #expect(answer.created && answer.named)
    #expect(answer.label == version.label)
    #expect(answer.commit == version.commit)
    #expect(answer.deployedAt == nil)
    #expect(try trailers(shop, "v1.4.0")["Deployed-At"] == nil)
    #expect(try description(shop, version.label) == "v1.4.0: Open the shop")
    let again = try shop.eb("release", "v1.4.0", "--commit", "HEAD~1", "--json")
    #expect(try !again.json(ReleaseAnswer.self).created)
  }

  // MARK: - The name

  @Test func `Without a name and a terminal the next one is a hint`() throws {
    let (shop, _) = try running()
    expect(
      try shop.eb("release"),
      """
      ! error: no tag is named, and there is no terminal to ask on
      ! hint: git eb release v1.0.0
      [2]
      """)
    try shop.repository.git("tag", "v1.4.0")
    #expect(try shop.eb("release").error.hasSuffix("hint: git eb release v1.4.1\n"))
    try shop.repository.commit("feat: carts")
    try #require(try shop.eb("push", "-q").status == 0)
    // A tag elsewhere has that name already.
    try shop.repository.git("switch", "--quiet", "--orphan", "other")
    try shop.repository.git("commit", "--quiet", "--allow-empty", "--message=other")
    try shop.repository.git("tag", "v1.5.0")
    try shop.repository.git("switch", "--quiet", "master")
    #expect(try shop.eb("release").error.hasSuffix("hint: git eb release v1.5.1\n"))
    #expect(
      try shop.eb("release", "--dry-run", "--json").json(ReleaseAnswer.self).tag == "v1.5.1")
  }

  @Test func `On a terminal the next name is proposed, and taken or typed over`() throws {
    let (shop, _) = try running()
    let question = """

      'production' runs master-<id>-<digest8>: <id> Open the shop
      release it as [v1.0.0]:
      """
    let first = try shop.terminal("release", typing: "\n")
    #expect(first.status == 0, "\(first)")
    #expect(first.description.hasPrefix(question), "\(first)")
    #expect(try tags(shop) == "v1.0.0")
    // The release that it is already is what is proposed.
    let second = try shop.terminal("release", typing: "\n")
    #expect(second.output.contains("= [released]         v1.0.0"), "\(second)")
    let other = try shop.terminal("release", typing: " v1.0.1-rc.1 \n")
    #expect(other.status == 0, "\(other)")
    #expect(try tags(shop) == "v1.0.0\nv1.0.1-rc.1")
    let bad = try shop.terminal("release", typing: "a b\n")
    #expect(bad.status == 64 && bad.output.contains("'a b' is not a tag's name"), "\(bad)")
    let end = try shop.terminal("release", typing: "\u{4}")
    #expect(end.status == 2 && end.output.contains("error: not confirmed"), "\(end)")
  }

  // MARK: - Notes

  @Test func `Notes list what came since the last release there, grouped where that is done`()
    throws
  {
    let (shop, version) = try running()
    try #require(try shop.eb("release", "v1.0.0", "-q").status == 0)
    let first = try shop.repository.git("for-each-ref", "--format=%(contents:body)", "refs/tags")
    #expect(first.hasPrefix("- Open the shop (\(try #require(version.commit).prefix(7)))\n"))
    try shop.repository.git("switch", "--quiet", "--create", "topic")
    try shop.repository.commit("fix(login): keep *the* session")
    try shop.repository.git("switch", "--quiet", "master")
    try shop.repository.commit("feat!: rename greetings")
    try shop.repository.git("merge", "--quiet", "--no-ff", "--no-edit", "topic")
    // A tag of another kind, and a release of another environment, are not the last release here.
    try shop.repository.git("tag", "nightly")
    try #require(try shop.eb("push", "-e", "dev", "-q").status == 0)
    try #require(try shop.eb("release", "dev-1", "-e", "dev", "-q").status == 0)
    try shop.repository.commit("docs: explain")
    try #require(try shop.eb("push", "-q").status == 0)
    let expected = """
      ### Breaking changes

      - rename greetings (<id>)

      ### Fixes

      - **login:** keep \\*the\\* session (<id>)

      ### Other changes

      - docs: explain (<id>)
      """
    let screen = try shop.eb("release", "v2.0.0", "--notes")
    expect(
      screen,
      """
      \(expected)
      !  * [new release]      v2.0.0 -> <id>  (master-<id>-<digest8>, production)
      """)
    let body = try shop.repository.git(
      "for-each-ref", "--format=%(contents:body)", "refs/tags/v2.0.0")
    #expect(body.hasPrefix(screen.output + "\nApplication: shop\n"))
    #expect(try trailers(shop, "v2.0.0").count == 5)
    let again = try shop.eb("release", "v2.0.0", "--notes", "-q")
    expect(again, expected)
    let answer = try shop.eb("release", "v2.0.0", "--json").json(ReleaseAnswer.self)
    #expect(answer.previous == "v1.0.0")
    #expect(answer.notes == screen.output)
  }

  @Test func `A dry run says what would be, and does nothing`() throws {
    let (shop, version) = try running()
    _ = try addRemote(shop)
    let before = try shop.repository.snapshot()
    expect(
      try shop.eb("release", "v1.4.0", "--dry-run", "--push"),
      """
      tag:          v1.4.0
      commit:       <id> Open the shop
      environment:  production
      version:      master-<id>-<digest8>
      digest:       <digest>
      deployed:     <time>
      since:        the first commit
      push:         origin

      - Open the shop (<id>)
      """)
    #expect(try shop.repository.snapshot() == before)
    #expect(try shop.repository.git("ls-remote", "origin") == "")
    #expect(try description(shop, version.label) == "Open the shop")
    let answer = try shop.eb("release", "v1.4.0", "--dry-run", "--json").json(ReleaseAnswer.self)
    #expect(!answer.created && !answer.named && answer.remote == nil)
  }

  // MARK: - The remote

  @Test func `With --push the tag goes to the remote, once`() throws {
    let (shop, _) = try running()
    // The remote that deploys takes no tags.
    try shop.repository.git("remote", "add", "production", "eb::production")
    let remote = try addRemote(shop, "upstream")
    let screen = try shop.eb("release", "v1.4.0", "--push", "-q")
    expect(
      screen,
      " * [new release]      v1.4.0 -> <id>  (master-<id>-<digest8>, production, on upstream)")
    let id = try shop.repository.git("rev-parse", "v1.4.0")
    #expect(try shop.repository.git("--git-dir", remote, "rev-parse", "v1.4.0") == id)
    #expect(try shop.repository.git("--git-dir", remote, "for-each-ref").hasSuffix("/v1.4.0"))
    expect(
      try shop.eb("release", "v1.4.0", "--push"),
      " = [released]         v1.4.0 -> <id>  (master-<id>-<digest8>, production, on upstream)")
    // A tag that was not pushed at first is pushed later.
    try #require(try shop.eb("release", "v1.4.1", "-q").status == 0)
    let later = try shop.eb("release", "v1.4.1", "--push", "--json").json(ReleaseAnswer.self)
    #expect(!later.created && later.remote == "upstream")
    #expect(try shop.repository.git("--git-dir", remote, "tag") == "v1.4.0\nv1.4.1")
  }

  @Test func `A remote that has the tag elsewhere is asked first, and nothing is made`() throws {
    let (shop, version) = try running()
    let remote = try addRemote(shop)
    try shop.repository.git("--git-dir", remote, "fetch", "--quiet", shop.path, "master")
    try shop.repository.git("--git-dir", remote, "tag", "v1.4.0", "FETCH_HEAD")
    // Its name ends the same.
    try shop.repository.git("--git-dir", remote, "tag", "x/refs/tags/v1.4.1", "FETCH_HEAD")
    let before = try shop.repository.snapshot()
    expect(
      try shop.eb("release", "v1.4.0", "--push"),
      """
      ! error: 'origin' has a tag 'v1.4.0' that is not the one here
      !   there:  <id>
      !   wanted: <id>
      ! hint: git fetch origin tag v1.4.0, or choose another name
      [2]
      """)
    #expect(try shop.repository.snapshot() == before)
    #expect(try description(shop, version.label) == "Open the shop")
    #expect(try shop.eb("release", "v1.4.1", "--push", "-q").status == 0)
    // The same tag that somebody else pushed is fetched, and then it is one.
    try shop.repository.git("tag", "-d", "v1.4.1")
    let foreign = try shop.eb("release", "v1.4.1", "--push")
    #expect(foreign.error.contains("hint: git fetch origin tag v1.4.1,"), "\(foreign)")
    try shop.repository.git("fetch", "--quiet", "origin", "tag", "v1.4.1")
    #expect(try shop.eb("release", "v1.4.1", "--push", "-q").status == 0)
  }

  @Test func `When the remote refuses, the tag stays here, and trying again is enough`() throws {
    let (shop, version) = try running()
    let remote = try addRemote(shop)
    let hook = "\(remote)/hooks/pre-receive"
    try write("exit 1", to: hook, in: shop)
    let screen = try shop.eb("release", "v1.4.0", "--push")
    #expect(screen.status == 2)
    #expect(
      screen.error.contains(" ! [remote rejected] v1.4.0 -> v1.4.0 (pre-receive hook declined)"))
    #expect(
      screen.error.hasSuffix(
        """
        error: the tag 'v1.4.0' is made here, and 'origin' did not take it
        hint: git eb release v1.4.0 -e production --push tries again
        hint: git tag -d v1.4.0 takes the tag back

        """), "\(screen)")
    #expect(try tags(shop) == "v1.4.0")
    #expect(try description(shop, version.label) == "Open the shop")
    try FileManager.default.removeItem(atPath: hook)
    #expect(try shop.eb("release", "v1.4.0", "-e", "production", "--push", "-q").status == 0)
    #expect(try shop.repository.git("--git-dir", remote, "tag") == "v1.4.0")
    #expect(try description(shop, version.label) == "v1.4.0: Open the shop")
  }

  @Test func `Without a remote there is nothing to push to`() throws {
    let (shop, _) = try running()
    expect(
      try shop.eb("release", "v1.4.0", "--push"),
      """
      ! error: there is no remote to push the tag to
      ! hint: git remote add origin <url>
      [2]
      """)
    try shop.repository.git("remote", "add", "origin", "\(shop.base)/nowhere")
    let gone = try shop.eb("release", "v1.4.0", "--push")
    #expect(gone.status == 2)
    #expect(
      gone.error.hasSuffix("error: git could not look at the tags of 'origin': exit status 128\n"))
    #expect(try tags(shop) == "")
  }

  @Test func `A version that cannot be named is a warning, and the tag stays`() throws {
    let (shop, version) = try running()
    // The record says what the environment needs no more to run.
    let record = "\(shop.host)/versions/\(version.label).json"
    try FileManager.default.moveItem(atPath: record, toPath: record + ".away")
    expect(
      try shop.eb("release", "v1.4.0", "-q"),
      """
       * [new release]      v1.4.0 -> <id>  (master-<id>-<digest8>, production)
      ! warning: version 'master-<id>-<digest8>' is not named after the tag: there is no version \
      'master-<id>-<digest8>'
      ! hint: git eb release v1.4.0 -e production
      """)
    try FileManager.default.moveItem(atPath: record + ".away", toPath: record)
    let again = try shop.eb("release", "v1.4.0", "-e", "production", "--json")
    #expect(try again.json(ReleaseAnswer.self).named)
    #expect(try description(shop, version.label) == "v1.4.0: Open the shop")
  }

  /// Writes a script by a program of its own: while this one has a file open for writing, whatever
  /// another test starts has it open as well, and then the script cannot be run ("text file busy").
  private func write(_ script: String, to path: String, in shop: Workplace) throws {
    let writer = #"printf '#!/bin/sh\n%s\n' "$1" > "$2" && chmod 755 "$2""#
    let written = try shop.command(["sh", "-c", writer, "sh", script, path])
    try #require(written.status == 0, "\(written)")
  }

  /// A program that waits for ever once it has begun, which the file `begun` tells.
  private func waiting(_ shop: Workplace, at path: String) throws {
    try write(": > '\(shop.base)/begun'; exec sleep 600", to: path, in: shop)
  }

  private func hasBegun(_ shop: Workplace) -> Bool {
    eventually { FileManager.default.fileExists(atPath: "\(shop.base)/begun") }
  }

  @Test func `Interrupted while the tag is signed, nothing is made`() throws {
    let (shop, version) = try running()
    try waiting(shop, at: "\(shop.base)/bin/signer")
    try shop.repository.git("config", "gpg.program", "\(shop.base)/bin/signer")
    let release = try shop.start("git", "eb", "release", "v1.4.0", "--sign")
    #expect(hasBegun(shop))
    release.interrupt()
    let screen = try #require(release.wait())
    #expect(screen.status == 130, "\(screen)")
    #expect(screen.error.hasSuffix("error: interrupted; nothing was changed\n"), "\(screen)")
    #expect(try tags(shop) == "")
    #expect(try description(shop, version.label) == "Open the shop")
  }

  @Test func `Interrupted while the tag is pushed, it stays, and that is said`() throws {
    let (shop, _) = try running()
    let remote = try addRemote(shop)
    let hook = "\(shop.path)/.git/hooks/pre-push"
    try waiting(shop, at: hook)
    let release = try shop.start("git", "eb", "release", "v1.4.0", "--push", "-q")
    #expect(hasBegun(shop))
    release.interrupt()
    let screen = try #require(release.wait())
    expect(
      screen,
      """
      ! error: interrupted; the tag 'v1.4.0' is made, and not pushed
      ! hint: git eb release v1.4.0 -e production --push
      [130]
      """)
    #expect(try tags(shop) == "v1.4.0")
    try FileManager.default.removeItem(atPath: hook)
    #expect(try shop.eb("release", "v1.4.0", "-e", "production", "--push", "-q").status == 0)
    #expect(try shop.repository.git("--git-dir", remote, "tag") == "v1.4.0")
  }

  @Test func `A bare repository and a linked work tree release as well`() throws {
    let (shop, version) = try running()
    let tree = "\(shop.base)/tree"
    try shop.repository.git("worktree", "add", "--quiet", "--detach", tree)
    #expect(try shop.eb("release", "v1.0.0", "-e", "production", "-q", in: tree).status == 0)
    let bare = "\(shop.base)/bare.git"
    try shop.repository.git("clone", "--quiet", "--bare", shop.path, bare)
    let answer = try shop.eb("release", "v1.0.1", "--json", in: bare).json(ReleaseAnswer.self)
    #expect(answer.created && answer.label == version.label)
    #expect(try shop.repository.git("--git-dir", bare, "tag") == "v1.0.0\nv1.0.1")
    #expect(try tags(shop) == "v1.0.0")
  }
}

@Suite("git eb release: Beanstalk", .serialized) struct BeanstalkReleaseTests {
  private func written(_ shop: Tenant, _ label: String) async throws -> String {
    try #require(try await shop.state().version(label)).description
  }

  @Test func `The version's description says the tag, and still where it is from`() async throws {
    try await Tenant.open { shop in
      let version = try shop.push().version
      let requests = try await shop.requests {
        expectCloud(
          try shop.eb("release", "v1.4.0", "-q"),
          " * [new release]      v1.4.0 -> <id>  (master-<id>-<digest8>, production)")
      }
      #expect(requests.count { $0.operation == "UpdateApplicationVersion" } == 1)
      let commit = try #require(version.commit)
      #expect(
        try await written(shop, version.label)
          == "v1.4.0: Open the shop [git-eb \(commit) \(version.digest) commit]")
      let versions = try shop.eb("versions", "--json").json([PublishedAnswer].self)
      #expect(versions.map(\.version.commit) == [commit])
      #expect(versions.map(\.version.digest) == [version.digest])
      #expect(versions.map(\.version.description) == ["v1.4.0: Open the shop"])
      // What is named already is only looked at.
      let again = try await shop.requests {
        let answer = try shop.eb("release", "v1.4.0", "--json").json(ReleaseAnswer.self)
        #expect(!answer.created && answer.named)
        #expect(answer.deployedAt != nil)
      }
      #expect(!again.contains { $0.operation == "UpdateApplicationVersion" })
      // And a push finds it as before.
      #expect(try shop.push().upToDate)
    }
  }

  @Test func `A name whose answer is lost is written again, and one that is refused is a warning`()
    async throws
  {
    try await Tenant.open { shop in
      let version = try shop.push().version
      try await shop.breaks(.init("reset-after", "UpdateApplicationVersion"))
      try #require(try shop.eb("release", "v1.4.0", "-q").status == 0)
      #expect(try await written(shop, version.label).hasPrefix("v1.4.0: Open the shop ["))
      try await shop.breaks(.init("denied", "UpdateApplicationVersion", times: nil))
      let screen = try shop.eb("release", "v1.4.1", "-q")
      #expect(screen.status == 0)
      #expect(screen.error.contains("' is not named after the tag: UpdateApplicationVersion is"))
      #expect(screen.error.hasSuffix("hint: git eb release v1.4.1 -e production\n"), "\(screen)")
      #expect(try shop.repository.git("tag") == "v1.4.0\nv1.4.1")
      try await shop.mend()
      try #require(try shop.eb("release", "v1.4.1", "-e", "production", "-q").status == 0)
      #expect(
        try await written(shop, version.label).hasPrefix("v1.4.1: v1.4.0: Open the shop [git-eb "))
    }
  }

  @Test func `A version of another tool is refused`() async throws {
    try await Tenant.open { shop in
      let version = try shop.push().version
      let stored = try #require(try await shop.state().version(version.label))
      try shop.boto(
        """
        eb = boto3.client("elasticbeanstalk")
        eb.create_application_version(
            ApplicationName="shop", VersionLabel="app-1234-deploy", Description="EB-CLI deploy",
            SourceBundle={"S3Bucket": sys.argv[1], "S3Key": sys.argv[2]})
        eb.update_environment(EnvironmentName="production", VersionLabel="app-1234-deploy")
        """, try #require(stored.bucket), try #require(stored.key))
      try await shop.settle()
      expectCloud(
        try shop.eb("release", "v1.4.0"),
        """
        ! error: 'production' runs 'app-1234-deploy', which another tool made: nothing says its \
        commit
        ! hint: git eb push -e production deploys a version that says it
        [2]
        """)
      #expect(try shop.repository.git("tag") == "")
      // The commit's own version is still there.
      let answer = try shop.eb("release", "v1.4.0", "--commit", "HEAD", "--json")
        .json(ReleaseAnswer.self)
      #expect(answer.label == version.label && answer.deployedAt == nil)
    }
  }
}
