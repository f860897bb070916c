package import FoundationEssentials

/// Which of an application's versions are taken back, and why the others stay.
package struct VersionPruning: Sendable {
  /// Why a version stays.
  package enum Reason: Sendable, Equatable {
    /// These environments run it.
    case running([EnvironmentName])
    /// These environments ran it before, and can go back to it.
    case ranBefore([EnvironmentName])
    /// A tag names its commit.
    case tagged
    /// git-eb did not make it.
    case foreign
    /// It is one of the newest.
    case newest
    /// It is younger than was asked for.
    case young
  }

  /// What becomes of one version.
  package struct Decision: Sendable, Equatable {
    package var version: ApplicationVersion
    /// `nil` takes it back.
    package var reason: Reason?
  }

  /// How many of the newest stay.
  package var keep: Int
  /// How old a version must be to go; `nil` for any age.
  package var age: Duration?
  package var running: [VersionLabel: [EnvironmentName]]
  package var ranBefore: [VersionLabel: [EnvironmentName]]
  /// The full ids of the commits that tags name.
  package var taggedCommits: Set<String>

  package init(
    keep: Int, age: Duration?, running: [VersionLabel: [EnvironmentName]],
    ranBefore: [VersionLabel: [EnvironmentName]], taggedCommits: Set<String>
  ) {
    self.keep = keep
    self.age = age
    self.running = running
    self.ranBefore = ranBefore
    self.taggedCommits = taggedCommits
  }

  /// In the order of `versions`, which has the newest first.
  package func decisions(on versions: [ApplicationVersion], now: Date) -> [Decision] {
    var newest = 0
    return versions.map { version in
      // What git-eb did not make is no part of the count either.
      if !version.digest.isEmpty { newest += 1 }
      return Decision(version: version, reason: reason(for: version, place: newest, now: now))
    }
  }

  /// What environments ran before what they run now, as their events tell: the last two.
  package static func labelsBefore(
    _ running: VersionLabel?, in events: some BidirectionalCollection<Event>
  ) -> [VersionLabel] {
    var labels: [VersionLabel] = []
    for event in events.reversed() {
      guard let label = event.versionLabel.flatMap({ VersionLabel($0) }), label != running,
        !labels.contains(label)
      else { continue }
      labels.append(label)
      if labels.count == 2 { break }
    }
    return labels
  }

  private func reason(
    for version: ApplicationVersion, place: Int, now: Date
  ) -> Reason? {
    if let names = running[version.label] { return .running(names) }
    if let names = ranBefore[version.label] { return .ranBefore(names) }
    if let commit = version.commit, taggedCommits.contains(commit) { return .tagged }
    if version.digest.isEmpty { return .foreign }
    if place <= keep { return .newest }
    if let age, now.timeIntervalSince(version.created) < Double(age.components.seconds) {
      return .young
    }
    return nil
  }
}
