/// Why a version that was built before is not deployed once more.
package enum ReuseError: Error, Equatable {
  /// No record says what the environment ran.
  case noRecords(EnvironmentName)
  /// The records know of no version so many steps before the one that runs; of `known` they do.
  case noVersionBefore(EnvironmentName, steps: Int, known: Int)
  /// The host's version of this label has another content than was recorded.
  case changed(VersionLabel, recorded: String, found: String)
  /// It is gone from the host, and was not built from a commit, so that it cannot be built again.
  case notBuildable(VersionLabel, source: String)
  /// It is gone from the host, and this clone does not have its commit.
  case commitMissing(VersionLabel, commit: String)
  /// The environment runs nothing.
  case nothingRuns(EnvironmentName)
  /// The environment is red or busy, so what runs there is not fit to be passed on.
  case notHealthy(EnvironmentName, health: String)
  /// The version carries the secrets of the first, and the second has others: these places.
  case otherSecrets(EnvironmentName, EnvironmentName, [String])
}

extension ApplicationVersion {
  /// Throws ``ReuseError/changed(_:recorded:found:)`` where the host's content is not what was
  /// recorded; where one of them does not say, it is believed.
  package func check(against record: DeploymentRecord) throws {
    guard !digest.isEmpty, !record.digest.isEmpty, digest != record.digest else { return }
    throw ReuseError.changed(label, recorded: record.digest, found: digest)
  }

  /// With what the host does not say and was recorded.
  package func completed(by record: DeploymentRecord) -> ApplicationVersion {
    var version = self
    version.commit = commit ?? record.commit
    version.reference = reference ?? record.reference
    if secrets.isEmpty { version.secrets = record.secrets }
    return version
  }
}

extension Configuration {
  /// The places in a bundle where the secrets of two environments come from elsewhere, or are there
  /// in one of them alone.
  package func secretDifferences(
    between first: EnvironmentName, and second: EnvironmentName
  ) -> [String] {
    let rules = (secrets(for: first), secrets(for: second))
    let differing =
      rules.0.filter { rule in !rules.1.contains { $0.source == rule.source } }
      + rules.1.filter { rule in !rules.0.contains { $0.source == rule.source } }
    return Set(differing.map(\.destination)).sorted()
  }
}
