package import FoundationEssentials
package import Git

/// A version that can be released: the commit that it was made from, and nothing else.
package struct ReleaseCandidate: Sendable, Equatable {
  package var environment: EnvironmentName
  package var version: ApplicationVersion
  package var commit: Commit
  /// When the version came to the environment; `nil` when it does not run there.
  package var deployedAt: Date?

  package init(
    environment: EnvironmentName, version: ApplicationVersion, commit: Commit, deployedAt: Date?
  ) {
    self.environment = environment
    self.version = version
    self.commit = commit
    self.deployedAt = deployedAt
  }

  /// The release that it would be.
  package func release(of application: ApplicationName) -> Release {
    Release(
      application: application, environment: environment, label: version.label,
      digest: version.digest, deployedAt: deployedAt)
  }
}
