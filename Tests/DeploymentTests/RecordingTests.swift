import Foundation
import Git
import TestSupport
import Testing

@testable import Deployment

@Suite("Records of deployments") struct RecordingTests {
  private static let shop = ApplicationName("shop")
  private static let start = Date(timeIntervalSince1970: 1_795_250_400)

  /// A record that ends `minutes` after the first one.
  private static func record(
    _ label: String, _ ending: DeploymentRecord.Ending = .deployed, minutes: Double = 0,
    environment: String = "production", kind: DeploymentRecord.Kind = .push, after: String? = nil
  ) throws -> DeploymentRecord {
    let ended = start.addingTimeInterval(minutes * 60)
    return DeploymentRecord(
      application: try #require(shop),
      environment: EnvironmentName(trusted: environment), kind: kind, ending: ending,
      label: VersionLabel(trusted: label), digest: String(repeating: "d", count: 64),
      source: "commit", commit: nil, reference: "refs/heads/master", subject: "Open the shop",
      secrets: [], previousLabel: after.map { VersionLabel(trusted: $0) }, previousCommit: nil,
      host: "local", location: "/var/shop",
      deployedBy: Signature(
        name: "C O Mitter", email: "committer@example.com", time: 1_795_250_400, offsetMinutes: 540),
      machine: "laptop", began: ended.addingTimeInterval(-3.25), ended: ended, recordedBy: "0.1.0",
      reasons: [])
  }

  private static func location(_ fixture: GitFixture) throws -> Location {
    try Repository.discover(
      startingAt: fixture.path,
      environment: fixture.environment.merging(["PATH": "/usr/local/bin:/usr/bin:/bin"]) { $1 }
    ).location
  }

  private static func recorder(_ fixture: GitFixture) throws -> Recorder {
    let location = try location(fixture)
    return Recorder(
      location, tracking: TrackingReferences(location, name: "eb"),
      stateDirectory: "\(fixture.home)/state")
  }

  // MARK: - The text

  @Test(arguments: [
    "Open the shop", "", "Fix: the colon", "  blanks  ", "Label: v2", "더 많은 Carts",
    "it's \"quoted\" \\ and $HOME", "- a dash", "# no comment", "-----BEGIN PGP SIGNATURE-----",
    String(repeating: "long ", count: 60),
  ])
  func `What is written is read again, whatever the commit is called`(subject: String) throws {
    var record = try Self.record("master-1a2b3c4-5d6e7f80", .failed)
    record.subject = subject
    record.application = try #require(ApplicationName("My Shop, 2nd ed."))
    record.secrets = [".secrets/key", "with blank/and: colon", "한글"]
    record.commit = String(repeating: "a", count: 40)
    record.previousLabel = VersionLabel("app-1_2-261121_084000000000")
    record.previousCommit = String(repeating: "b", count: 40)
    record.reasons = ["it ended with status 3", "and: again"]
    let text = record.text(naming: .emptyBlob, kind: .blob)
    let tag = try Tag(contents: Array(text.utf8), id: .emptyBlob)
    var read = try #require(DeploymentRecord(tag))
    // Only blanks at the ends may be lost.
    read.subject = read.subject.trimmingCharacters(in: .whitespaces)
    record.subject = subject.trimmingCharacters(in: .whitespaces)
    #expect(read == record)
  }

  @Test func `A time is written again as it was read, to the millisecond`() throws {
    for millisecond in 0..<1000 {
      let digits = String(String(millisecond + 1000).dropFirst())
      let text = "2026-11-21T18:52:35.\(digits)Z"
      let date = try #require(RecordTime.date(text))
      #expect(RecordTime.text(date) == text)
      #expect(RecordTime.compact(date) == "20261121T185235.\(digits)Z")
    }
  }

  @Test(arguments: [
    "1970-01-01T00:00:00.000Z", "2000-02-29T23:59:59.999Z", "2024-02-29T12:00:00.500Z",
    "2024-03-01T00:00:00.000Z", "2026-12-31T23:59:59.000Z", "2100-02-28T00:00:00.000Z",
    "2100-03-01T00:00:00.001Z", "2400-02-29T00:00:00.000Z",
  ])
  func `A time is the one that others read`(text: String) throws {
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    let date = try #require(RecordTime.date(text))
    #expect(try abs(date.timeIntervalSince(Date(text, strategy: style))) < 1e-6)
    #expect(RecordTime.text(date) == text)
  }

  @Test(arguments: [
    "", "2026-11-21", "2026-11-21T18:52:35Z", "2026-13-01T00:00:00.000Z",
    "2026-11-21 18:52:35.581Z",
    "2026-11-21T24:00:00.000Z", "2026-11-21T18:52:35.581+", "x026-11-21T18:52:35.581Z",
    "2026-11-21T18:52:35.5812Z",
  ])
  func `What is no time of a record is none`(text: String) {
    #expect(RecordTime.date(text) == nil)
  }

  @Test func `A value of several lines becomes one, and adds no trailer`() throws {
    var record = try Self.record("v1")
    record.subject = "one\nEnvironment: other\r\n\u{7}two"
    let text = record.text(naming: .emptyBlob, kind: .blob)
    let read = try #require(
      DeploymentRecord(try Tag(contents: Array(text.utf8), id: .emptyBlob)))
    #expect(read.subject == "one Environment: other   two")
    #expect(read.environment.text == "production")
  }

  @Test func `What is no record is not read as one`() throws {
    let whole = try Self.record("v1").text(naming: .emptyBlob, kind: .blob)
    for missing in ["Application", "Environment", "Outcome", "Version-Label", "Ended-At"] {
      let text = whole.split(separator: "\n", omittingEmptySubsequences: false)
        .filter { !$0.hasPrefix("\(missing): ") }.joined(separator: "\n")
      #expect(text != whole, "\(missing)")
      let tag = try Tag(contents: Array(text.utf8), id: .emptyBlob)
      #expect(DeploymentRecord(tag) == nil, "\(missing)")
    }
  }

  @Test func `git reads the trailers as they are read here`() throws {
    let fixture = try GitFixture()
    var record = try Self.record("v1", .failed)
    record.subject = "Fix: the colon"
    record.secrets = ["a", "b: c"]
    record.reasons = ["first: cause", "second"]
    let tag = try Tag(
      contents: Array(record.text(naming: .emptyBlob, kind: .blob).utf8), id: .emptyBlob)
    let git = try fixture.git(["interpret-trailers", "--parse"], input: tag.message)
    let block = TrailerBlock(of: tag.message)
    #expect(block.text == git + "\n")
    #expect(block.trailers.count > 15)
  }

  @Test(arguments: [
    "shop", "My Shop", "a..b", ".hidden", "x.lock", "x.", "a/b", "a~b^c:d?e*f[g\\h", "@{u}", "-x",
    "한글", "a.b.c", "@", "..", "%2e", "\u{7f}",
  ])
  func `Any name becomes a component of a reference, and no two the same`(name: String) throws {
    let fixture = try GitFixture(nil)
    let text = ReferenceComponent.text(of: name)
    try fixture.git("check-ref-format", "refs/eb/deployments/\(text)/production/x")
    #expect(!text.contains("/"))
    #expect(text.removingPercentEncoding == name)
  }

  // MARK: - Writing

  @Test func `A record is a tag of its commit, and git checks it`() async throws {
    let fixture = try GitFixture()
    let commit = try fixture.commit("Open the shop")
    var record = try Self.record("master-1a2b3c4-5d6e7f80")
    record.commit = commit
    let recorder = try Self.recorder(fixture)
    let recording = await recorder.record(record, recorder.begin(record))
    guard case .written(let reference) = recording else {
      Issue.record("\(recording)")
      return
    }
    #expect(
      reference.wholeMatch(
        of: /refs\/eb\/deployments\/shop\/production\/20261121T\d{6}\.000Z-[0-9a-f]{7}/) != nil)
    #expect(try fixture.git("rev-parse", "\(reference)^{commit}") == commit)
    #expect(try fixture.git("rev-parse", "refs/remotes/eb/production") == commit)
    #expect(try fixture.git("fsck", "--strict") == "")
    let filed = try RecordReader(.open(Self.location(fixture)), application: record.application)
      .record(at: reference)
    #expect(filed?.record == record)
  }

  @Test func `A deployment that failed moves no reference`() async throws {
    let fixture = try GitFixture()
    var record = try Self.record("v1", .failed)
    record.commit = try fixture.commit("Open the shop")
    let recorder = try Self.recorder(fixture)
    _ = await recorder.record(record, recorder.begin(record))
    #expect(try fixture.git("for-each-ref", "refs/remotes") == "")
    #expect(try fixture.git("for-each-ref", "refs/eb").split(separator: "\n").count == 1)
  }

  @Test func `A version without a commit is recorded as well`() async throws {
    let fixture = try GitFixture()
    let record = try Self.record("v1")
    let recorder = try Self.recorder(fixture)
    _ = await recorder.record(record, recorder.begin(record))
    let kinds = try fixture.git("for-each-ref", "--format=%(objecttype) %(*objecttype)", "refs/eb")
    #expect(kinds == "tag blob")
    #expect(try fixture.git("fsck", "--strict") == "")
  }

  // MARK: - What a killed git-eb leaves

  /// As ``PendingRecords`` keeps it, for a process that has ended.
  private static func leave(_ text: String, _ name: String, _ fixture: GitFixture) throws {
    let recorder = try recorder(fixture)
    let draft = recorder.begin(try record("probe"))
    let directory = "\(fixture.home)/state/.records"
    let files = try FileManager.default.subpathsOfDirectory(atPath: directory)
      .filter { !$0.hasSuffix("/") && $0.contains("/") }
    let probe = try #require(files.first)
    let place = probe[..<(probe.lastIndex(of: "/") ?? probe.startIndex)]
    try Data(text.utf8).write(to: URL(filePath: "\(directory)/\(place)/\(name)"))
    recorder.discard(draft)
  }

  /// A process that has ended, as ``ProcessIdentity`` writes it.
  private static let gone = "2147480000-1-00000000"

  @Test func `What was left by one that was killed is written once`() async throws {
    let fixture = try GitFixture()
    var record = try Self.record("v1", .interrupted)
    record.commit = try fixture.commit("Open the shop")
    let commit = try #require(ObjectID(hex: try fixture.git("rev-parse", "HEAD")))
    try Self.leave(
      record.text(naming: commit, kind: .commit), "\(Self.gone)-0", fixture)
    let recorder = try Self.recorder(fixture)
    #expect(recorder.leftovers().map(\.record) == [record])
    let healed = await recorder.heal()
    #expect(healed.map(\.record) == [record])
    #expect(try fixture.git("for-each-ref", "refs/eb").split(separator: "\n").count == 1)
    #expect(recorder.leftovers().isEmpty)
    #expect(await recorder.heal().isEmpty)
  }

  @Test func `Killed between the record and its file's removal, there is one record`() async throws
  {
    let fixture = try GitFixture()
    var record = try Self.record("v1")
    record.commit = try fixture.commit("Open the shop")
    let recorder = try Self.recorder(fixture)
    _ = await recorder.record(record, recorder.begin(record))
    let before = try fixture.git("for-each-ref")
    let commit = try #require(ObjectID(hex: try fixture.git("rev-parse", "HEAD")))
    try Self.leave(record.text(naming: commit, kind: .commit), "\(Self.gone)-0", fixture)
    let healed = await recorder.heal()
    #expect(healed.count == 1)
    #expect(try fixture.git("for-each-ref") == before)
  }

  @Test func `An older record that comes late moves nothing back`() async throws {
    let fixture = try GitFixture()
    var late = try Self.record("v1")
    late.commit = try fixture.commit("First")
    let first = try #require(ObjectID(hex: try fixture.git("rev-parse", "HEAD")))
    var newest = try Self.record("v2", minutes: 5)
    newest.commit = try fixture.commit("Second")
    let recorder = try Self.recorder(fixture)
    _ = await recorder.record(newest, recorder.begin(newest))
    try Self.leave(late.text(naming: first, kind: .commit), "\(Self.gone)-0", fixture)
    _ = await recorder.heal()
    #expect(try fixture.git("rev-parse", "refs/remotes/eb/production") == newest.commit)
    #expect(try fixture.git("for-each-ref", "refs/eb").split(separator: "\n").count == 2)
  }

  @Test func `Half a record is taken away, and what a living process keeps stays`() async throws {
    let fixture = try GitFixture()
    try fixture.commit()
    let whole = try Self.record("v1").text(naming: .emptyBlob, kind: .blob)
    try Self.leave(String(whole.prefix(150)), "\(Self.gone)-0", fixture)
    try Self.leave(whole, "\(ProcessIdentity.current.text)-7", fixture)
    let recorder = try Self.recorder(fixture)
    let healed = await recorder.heal()
    #expect(healed.map(\.record) == [nil])
    #expect(await recorder.heal().isEmpty)
    #expect(try fixture.git("for-each-ref", "refs/eb") == "")
  }

  // MARK: - History

  private struct Step {
    var label: String
    var ending = DeploymentRecord.Ending.deployed
    var kind = DeploymentRecord.Kind.push
    var after: String?
  }

  private func history(_ steps: [Step], running: String?) throws -> DeploymentHistory {
    try DeploymentHistory(
      steps.map { try Self.record($0.label, $0.ending, kind: $0.kind, after: $0.after) },
      running: running.map { VersionLabel(trusted: $0) })
  }

  @Test func `History is what ran, in its order`() throws {
    let cases: [(String, [Step], String?, [String])] = [
      ("nothing", [], nil, []),
      (
        "twice the same", [.init(label: "a"), .init(label: "a"), .init(label: "b")], "b",
        ["a", "b"]
      ),
      (
        "failures", [.init(label: "a"), .init(label: "x", ending: .failed), .init(label: "b")], "b",
        ["a", "b"]
      ),
      (
        "put back", [.init(label: "a"), .init(label: "x", ending: .rolledBack)], "a", ["a"]
      ),
      (
        "rollback takes away what came after",
        [.init(label: "a"), .init(label: "b"), .init(label: "a", kind: .rollback)], "a", ["a"]
      ),
      (
        "interrupted, and it runs", [.init(label: "a"), .init(label: "b", ending: .interrupted)],
        "b", ["a", "b"]
      ),
      (
        "interrupted, and it does not run",
        [.init(label: "a"), .init(label: "b", ending: .interrupted)], "a", ["a"]
      ),
      (
        "timed out, and the next one came after it",
        [
          .init(label: "a"), .init(label: "b", ending: .timedOut),
          .init(label: "c", after: "b"),
        ], "c", ["a", "b", "c"]
      ),
      (
        "started, and the next one came after another",
        [.init(label: "a"), .init(label: "b", ending: .started), .init(label: "c", after: "a")],
        "c", ["a", "c"]
      ),
    ]
    for (name, steps, running, expected) in cases {
      let found = try history(steps, running: running)
      #expect(found.versions.map(\.label.text) == expected, "\(name)")
    }
  }

  @Test func `Going back counts versions from what runs`() throws {
    let history = try history(
      [.init(label: "a"), .init(label: "b"), .init(label: "c")], running: "c")
    func label(_ steps: Int, _ running: String?) -> String? {
      history.version(steps, before: running.map { VersionLabel(trusted: $0) })?.label.text
    }
    #expect(label(1, "c") == "b")
    #expect(label(2, "c") == "a")
    #expect(label(3, "c") == nil)
    #expect(label(1, "a") == nil)
    #expect(label(1, "of somebody else") == "c")
    #expect(label(1, nil) == "c")
  }

  // MARK: - Commits of versions

  @Test(
    arguments: [
      ("app-1_2-261121_084000000000", "1_2"),
      ("app-1_2_0-3-g1a2b-261121_084000000000", "1_2_0-3-g1a2b"),
      ("app-1a2b-261121_084000000000", "1a2b"),
      ("app-1a2b-261121_084000000000-stage-261121_084000000000", "1a2b"),
      ("app-1a2b-stage-261121_084000000000", nil),
      ("app-261121_084000000000", nil), ("app--261121_084000000000", nil),
      ("master-1a2b3c4-5d6e7f80", nil),
      ("app-1a2b-261121_0840", nil), ("app-1a2b", nil), ("v1.4.0", nil),
    ] as [(String, String?)])
  func `What the EB CLI described is found in its label`(label: String, described: String?) {
    #expect(CommitFinder.described(VersionLabel(trusted: label)) == described)
  }

  // MARK: - Expiry

  private func filed(_ records: [DeploymentRecord]) -> [FiledRecord] {
    records.enumerated().map {
      FiledRecord(
        reference: "refs/eb/deployments/shop/\($1.environment)/\($0)", id: .emptyBlob, record: $1)
    }
  }

  private func expired(
    _ records: [DeploymentRecord], days: Int = 1, keep: Int = 0, after minutes: Double = 1e6
  ) -> [String] {
    RecordExpiry(age: .seconds(days * 86400), keep: keep)
      .expired(filed(records), now: Self.start.addingTimeInterval(minutes * 60))
      .map(\.record.label.text)
  }

  @Test func `What is old goes, and what a rollback needs stays`() throws {
    let labels = ["a", "b", "c", "d", "e"]
    let records = try labels.enumerated().map { try Self.record($1, minutes: Double($0)) }
    #expect(expired(records) == ["a", "b", "c"])
    #expect(expired(records, keep: 4) == ["a"])
    #expect(expired(records, keep: 9) == [])
    #expect(expired(records, days: 1, after: 60) == [], "nothing is a day old")
    #expect(expired(records, days: 1, after: 1442.5) == ["a", "b", "c"])
    #expect(expired(records, days: 1, after: 1440.5) == ["a"])
  }

  @Test func `Failures do not count as what a rollback needs`() throws {
    let records = [
      try Self.record("a", minutes: 0), try Self.record("b", minutes: 1),
      try Self.record("x", .failed, minutes: 2), try Self.record("y", .failed, minutes: 3),
    ]
    #expect(expired(records) == ["x", "y"])
  }

  @Test func `What may run after an interruption stays`() throws {
    let records = [
      try Self.record("a", minutes: 0), try Self.record("b", minutes: 1),
      try Self.record("c", minutes: 2),
      try Self.record("d", .interrupted, minutes: 3),
    ]
    #expect(expired(records) == ["a"])
  }

  @Test func `Each environment keeps its own`() throws {
    let records = try ["production", "dev"].flatMap { name in
      try (0..<4).map { try Self.record("\(name)\($0)", minutes: Double($0), environment: name) }
    }
    #expect(expired(records, keep: 3) == ["production0", "dev0"])
  }

  // MARK: - Sharing

  @Test func `What git says of each pushed record is understood`() {
    let text = """
      To /srv/shop.git
      *\trefs/eb/a:refs/eb/a\t[new reference]
      =\trefs/eb/b:refs/eb/b\t[up to date]
      !\trefs/eb/c:refs/eb/c\t[remote rejected] (failed to update ref)
      Done
      """
    let lines = RecordSharing.parse(text)
    #expect(lines.map(\.flag) == ["*", "=", "!"])
    #expect(lines.map(\.reference) == ["refs/eb/a", "refs/eb/b", "refs/eb/c"])
  }

  @Test(arguments: [
    ("[remote rejected] (failed to update ref)", true),
    ("[remote rejected] (reference already exists)", true),
    ("[remote rejected] (cannot lock ref 'refs/eb/a')", true),
    ("[rejected] (fetch first)", false),
    ("[remote rejected] (pre-receive hook declined)", false),
    ("[remote rejected] (deny updating a hidden ref)", false),
    ("[rejected] (already exists)", false),
  ])
  func `Only what may be otherwise the next moment is pushed again`(reason: String, isRace: Bool) {
    #expect(RecordSharing.isRace(.init(reference: "refs/eb/a", reason: reason)) == isRace)
  }
}
