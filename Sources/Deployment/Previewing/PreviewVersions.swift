import FoundationEssentials
package import Git

/// Finds the versions that were made for previews of this repository, and that nobody needs now.
///
/// It goes by what is there, not by what was pruned a moment ago: what an earlier prune left is
/// found, too.
package struct PreviewVersions {
  private let host: any Host
  private let records: RecordReader
  private let repository: Repository

  package init(_ host: any Host, _ records: RecordReader, _ repository: Repository) {
    self.host = host
    self.records = records
    self.repository = repository
  }

  /// The versions that no environment runs, or ran among its last two before that, and whose commit
  /// no tag names; the newest first.
  ///
  /// - Parameters:
  ///   - owners: whose previews they were made for: ``RepositoryIdentity/mark``.
  ///   - leaving: environments that are taken as gone already.
  package func unneeded(
    of owners: Set<String>, leaving: Set<EnvironmentName> = []
  ) async throws -> [ApplicationVersion] {
    // Before the environments: what begins to be deployed in between is looked at by the host.
    let versions = try await host.versions().filter { version in
      version.preview.map { owners.contains($0) } ?? false
    }
    if versions.isEmpty { return [] }
    var pruning = VersionPruning(
      keep: 0, age: nil, running: [:], ranBefore: [:],
      taggedCommits: Set(try repository.taggedCommits().map(\.hex)))
    for environment in try await host.environments() where !leaving.contains(environment.name) {
      let label = environment.version?.label
      if let label { pruning.running[label, default: []].append(environment.name) }
      for earlier in try await labelsBefore(label, on: environment) {
        pruning.ranBefore[earlier, default: []].append(environment.name)
      }
    }
    return pruning.decisions(on: versions, now: Date()).filter { $0.reason == nil }.map(\.version)
  }

  /// What the environment can go back to, as its events and the records of this clone tell.
  private func labelsBefore(
    _ running: VersionLabel?, on environment: EnvironmentDescription
  ) async throws -> [VersionLabel] {
    var labels: [VersionLabel] = []
    do {
      let events = try await host.events(of: environment.name, since: nil)
      labels = VersionPruning.labelsBefore(running, in: events)
    } catch HostError.noSuchEnvironment {
      // It went in between.
      return []
    }
    let recorded = try records.records(of: environment.name) { record in
      record.ending == .deployed && record.ended >= environment.created
    }
    var seen: Set<VersionLabel> = []
    for label in recorded.map(\.record.label) where label != running {
      if seen.count == 2 { break }
      if seen.insert(label).inserted { labels.append(label) }
    }
    return labels
  }

  /// Takes back a version and its bundle; `false` where that is done, or somebody needs it by now.
  package func remove(_ version: ApplicationVersion) async throws -> Bool {
    do {
      try await host.delete(version.label)
      return true
    } catch HostError.noSuchVersion, HostError.versionInUse {
      return false
    }
  }
}
