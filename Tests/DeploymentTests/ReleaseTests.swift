import AWS
import Foundation
import Git
import SystemPackage
import TestSupport
import Testing

@testable import Deployment

@Suite("Releases: tags and names") struct ReleaseTests {
  private let release = Release(
    application: ApplicationName("my shop")!, environment: EnvironmentName("production")!,
    label: VersionLabel("master-1a2b3c4-9c6aee8d")!, digest: String(repeating: "b", count: 64),
    deployedAt: Date(timeIntervalSince1970: 1_795_250_400))

  private static let signatures = [
    "",
    "-----BEGIN PGP SIGNATURE-----\n\nVersion: 1\n=abc\n-----END PGP SIGNATURE-----\n",
    "-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----\n",
    "-----BEGIN SIGNED MESSAGE-----\nMII\n-----END SIGNED MESSAGE-----\n",
  ]

  @Test(arguments: signatures)
  func `A release is read back from its tag's message, signed or not`(signature: String) {
    let message = release.message(title: "shop v1.4.0", body: "### Fixes\n\n- a: b (1a2b3c4)\n")
    #expect(
      message == """
        shop v1.4.0

        ### Fixes

        - a: b (1a2b3c4)

        Application: my shop
        Environment: production
        Version-Label: master-1a2b3c4-9c6aee8d
        Bundle-Digest: \(release.digest)
        Deployed-At: 2026-11-21T08:40:00Z

        """)
    #expect(Release(message: message + signature) == release)
  }

  @Test func `A release that does not run says no time`() {
    var other = release
    other.deployedAt = nil
    let message = other.message(title: "  \n", body: "Autumn: leaves\n\n")
    #expect(message.hasPrefix("Autumn: leaves\n\nApplication: my shop\n"))
    #expect(!message.contains("Deployed-At"))
    #expect(Release(message: message) == other)
    #expect(other.isSame(as: release))
    other.label = VersionLabel("x")!
    #expect(!other.isSame(as: release))
  }

  @Test(arguments: [
    "", "v1.4.0\n", "v1.4.0\n\nSigned-off-by: A <a@example.com>\n",
    // The first paragraph is the title, whatever it looks like.
    "Application: shop\nEnvironment: production\nVersion-Label: a\nBundle-Digest: b\n",
    // Text behind the trailers ends the block.
    "v1\n\nApplication: shop\nEnvironment: production\nVersion-Label: a\nBundle-Digest: b\n\nBye.\n",
    "v1\n\nApplication: shop\nEnvironment: -\nVersion-Label: a\nBundle-Digest: b\n",
    "v1\n\nApplication: shop\nEnvironment: production\nVersion-Label: a/b\nBundle-Digest: b\n",
    "v1\n\nEnvironment: production\nVersion-Label: a\nBundle-Digest: b\n",
  ])
  func `Any other message names no release`(message: String) {
    #expect(Release(message: message) == nil)
  }

  // MARK: - Trailers

  private static let messages = [
    "", "title", "title\n\nKey: value\n", "title\n\nKey: value", "title\nKey: value\n",
    "title\n\nbody\n\nA: 1\nB: 2\n", "title\n\nbody\nA: 1\n", "title\n\nA: 1\nbody\n",
    "title\n\nA: 1\n  continued\nB: 2\n", "title\n\nA: 1\n\n\n", "title\n\nA : 1\nb-2:x\n",
    "title\n\nNot A Key: 1\n", "title\n\n: 1\n", "title\n\nA:\n", "title\n\n A: 1\n",
    "title\n\nSigned-off-by: A <a@b>\nsome text\nmore text\n",
    "title\n\nSigned-off-by: A <a@b>\n1\n2\n3\n4\n5\n",
    "title\n\n(cherry picked from commit 1a2b3c4)\nA: 1\n", "title\n\nA: 1\nA: 2\n",
    "title\n\nhttp://example.com/\n", "title\n\nA: 1\n\t\nB: 2\n", "A: 0\n\nA: 1\n",
    "title\n\n\nA: 1\n", "title\n\nA_b: 1\n", "title\n\nÄ: 1\n", "title\n\nA: 1\n# comment\nB: 2\n",
    "title\n\nA: 1\n# comment\n",
  ]

  @Test(arguments: messages)
  func `Trailers are those that git finds`(message: String) throws {
    let fixture = try GitFixture(nil)
    let git = try fixture.git(["interpret-trailers", "--parse", "--no-divider"], input: message)
    // git also shows what `git cherry-pick -x` writes, which has no key.
    let expected = git.split(separator: "\n").filter { !$0.hasPrefix("(") }.map(String.init)
    let ours = TrailerBlock(of: message).trailers.map { "\($0.key): \($0.value)" }
    #expect(ours.map { trimmed($0) } == expected.map { trimmed($0) })
  }

  private func trimmed(_ line: String) -> String {
    line.trimmingCharacters(in: .whitespaces)
  }

  // MARK: - The version's name

  @Test(arguments: [
    ("Fix the login", "v1.4.0", "v1.4.0: Fix the login"), ("", "v1.4.0", "v1.4.0"),
    ("v1.4.0", "v1.4.0", "v1.4.0"), ("v1.4.0: Fix it", "v1.4.0", "v1.4.0: Fix it"),
    ("v1.4.0: v1.4.0-rc.1: Fix it", "v1.4.0-rc.1", "v1.4.0: v1.4.0-rc.1: Fix it"),
    ("v1.4.0-rc.1: Fix it", "v1.4.0", "v1.4.0: v1.4.0-rc.1: Fix it"),
    ("fix: v1.4.0 is broken", "v1.4.0", "v1.4.0: fix: v1.4.0 is broken"),
  ])
  func `A version says the release, and says it once`(
    description: String, release: String, named: String
  ) {
    #expect(ReleaseDescription.naming(release, description) == named)
    #expect(ReleaseDescription.naming(release, named) == named)
  }

  @Test(arguments: [0, 10, 60, 70, 90, 200, 400])
  func `On Beanstalk the note stays, and the name is written once`(length: Int) throws {
    let note = VersionNote(
      commit: String(repeating: "a", count: 40), digest: String(repeating: "b", count: 64),
      source: "commit")
    let before = note.description(subject: String(repeating: "x", count: length))
    let named = VersionNote.renamed(before) { ReleaseDescription.naming("v1.4.0", $0) }
    #expect(named.utf16.count <= 200)
    let parsed = try #require(VersionNote.parse(named))
    #expect(parsed.note == note)
    #expect(parsed.subject.hasPrefix("v1.4.0"))
    #expect(VersionNote.renamed(named) { ReleaseDescription.naming("v1.4.0", $0) } == named)
  }

  @Test func `A description without a note has at most 200 characters as well`() {
    let long = VersionNote.renamed("EB CLI") { _ in String(repeating: "x", count: 300) }
    #expect(long.utf16.count == 200)
    #expect(VersionNote.renamed("EB CLI") { "v1: \($0)" } == "v1: EB CLI")
  }

  @Test func `The local host names a version, and leaves what is named`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", ["a": "1"])
      let label = try #require(VersionLabel("v1"))
      let before = try #require(try await local.host.version(labelled: label))
      try await local.host.name(label, release: "v1.4.0")
      var expected = before
      expected.description = "v1.4.0: \(before.description)"
      #expect(try await local.host.version(labelled: label) == expected)
      let path = local.directory.file("host/versions/v1.json")
      let inode = try FileSystem.status(path)?.inode
      try await local.host.name(label, release: "v1.4.0")
      #expect(try FileSystem.status(path)?.inode == inode)
      #expect(try FileSystem.status(path).map { $0.mode & 0o777 } == 0o600)
      #expect(try LocalStorage.names(in: local.root.appending("incoming")).isEmpty)
      let missing = try #require(VersionLabel("v2"))
      await #expect(throws: HostError.noSuchVersion(missing)) {
        try await local.host.name(missing, release: "v1.4.0")
      }
    }
  }

  // MARK: - When, and where to

  private func event(_ time: Double, _ label: String?) -> Event {
    Event(
      date: Date(timeIntervalSince1970: time), severity: .info, message: "", versionLabel: label)
  }

  @Test(
    arguments: [
      ([], nil), ([nil], nil), (["a", "a"], 0), (["b", "a", nil, "a"], 1),
      (["a", "b", "a", "a"], 2),
      (["a", "b"], 0), (["b", "a", "c", nil], 1), (["b", "c"], nil),
    ] as [([String?], Double?)])
  func `A deployment began with the first event since another version's`(
    labels: [String?], start: Double?
  ) throws {
    let events = labels.enumerated().map { event(Double($0.offset), $0.element) }
    let found = ReleasePlanner.start(of: try #require(VersionLabel("a")), in: events)
    #expect(found?.timeIntervalSince1970 == start)
  }

  @Test(
    arguments: [
      ([], nil), (["remote.one.url=x"], "one"), (["remote.one.url=x", "remote.two.url=y"], nil),
      (["remote.one.url=x", "remote.origin.url=y"], "origin"),
      (["remote.origin.url=x", "branch.master.remote=fork"], "fork"),
      (["remote.origin.url=x", "branch.master.remote=."], "origin"),
      (["remote.origin.url=x", "branch.dev.remote=fork"], "origin"),
      (["remote.origin.url=x", "remote.pushdefault=fork"], "fork"),
      (["remote.pushdefault=b", "branch.master.remote=a"], "a"),
      (["remote.origin.url=x", "remote.production.url=eb::production"], "origin"),
      (["remote.production.url=eb::production"], nil),
      (["remote.a.url=x", "remote.p.url=eb::p", "branch.master.remote=p"], "a"),
      (["remote.a.b.url=x"], "a.b"),
    ] as [([String], String?)])
  func `A tag goes to the branch's remote, else to the usual one`(
    settings: [String], remote: String?
  ) {
    let configuration = GitConfiguration(
      settings.map { line in
        let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
        return .init(name: parts[0], value: parts[1], level: .local)
      })
    #expect(ReleaseRemote.name(for: BranchName("master"), in: configuration) == remote)
  }
}
