import Foundation
import Testing

@testable import Deployment

@Suite("Version pruning") struct VersionPruningTests {
  private let now = Date(timeIntervalSince1970: 2_000_000_000)
  private let name = EnvironmentName(trusted: "production")

  private func label(_ text: String) -> VersionLabel { VersionLabel(trusted: text) }

  /// `days` old, the newest first.
  private func version(
    _ text: String, days: Double, commit: String? = "c", digest: String = "d"
  ) -> ApplicationVersion {
    ApplicationVersion(
      label: label(text), digest: digest, size: 1,
      created: now.addingTimeInterval(-days * 86400), description: "", commit: commit,
      reference: nil, source: "commit", secrets: [], builtBy: "1.0")
  }

  private func reasons(
    keep: Int, age: Duration? = nil, _ versions: [ApplicationVersion],
    _ adjust: (inout VersionPruning) -> Void = { _ in }
  ) -> [VersionPruning.Reason?] {
    var pruning = VersionPruning(
      keep: keep, age: age, running: [:], ranBefore: [:], taggedCommits: [])
    adjust(&pruning)
    return pruning.decisions(on: versions, now: now).map(\.reason)
  }

  @Test func `The newest stay, and what is younger than was asked for`() {
    let versions = (0..<5).map { version("v\($0)", days: Double($0) * 10) }
    #expect(reasons(keep: 2, versions) == [.newest, .newest, nil, nil, nil])
    #expect(reasons(keep: 0, versions) == [nil, nil, nil, nil, nil])
    #expect(
      reasons(keep: 0, age: .seconds(86400 * 25), versions)
        == [.young, .young, .young, nil, nil])
    #expect(
      reasons(keep: 1, age: .seconds(86400 * 15), versions)
        == [.newest, .young, nil, nil, nil])
    // The very age that was asked for is old enough.
    #expect(
      reasons(keep: 0, age: .seconds(86400 * 20), versions) == [.young, .young, nil, nil, nil])
  }

  @Test func `What runs, ran before, is tagged or was made by others stays`() {
    let versions = [
      version("runs", days: 1), version("ran", days: 2), version("tagged", days: 3, commit: "t"),
      version("other", days: 4, commit: nil, digest: ""), version("none", days: 5, commit: nil),
    ]
    let found = reasons(keep: 0, versions) {
      $0.running = [label("runs"): [name]]
      $0.ranBefore = [label("ran"): [name], label("runs"): [name]]
      $0.taggedCommits = ["t"]
    }
    #expect(found == [.running([name]), .ranBefore([name]), .tagged, .foreign, nil])
  }

  @Test func `What others made is not counted among the newest`() {
    let versions = [
      version("other", days: 1, digest: ""), version("a", days: 2), version("b", days: 3),
    ]
    #expect(reasons(keep: 1, versions) == [.foreign, .newest, nil])
  }

  @Test func `Events tell which versions an environment ran before`() {
    let events = ["a", "b", nil, "c", "b", "d", "d"].map {
      Event(date: now, severity: .info, message: "", versionLabel: $0)
    }
    #expect(
      VersionPruning.labelsBefore(label("d"), in: events) == [label("b"), label("c")])
    #expect(VersionPruning.labelsBefore(nil, in: events) == [label("d"), label("b")])
    #expect(VersionPruning.labelsBefore(nil, in: []) == [])
  }
}
