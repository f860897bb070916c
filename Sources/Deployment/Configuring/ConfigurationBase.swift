package import Git

/// The commit whose configuration is in force in place of the one that is checked out, because what
/// is checked out may be a stranger's.
package struct ConfigurationBase: Sendable, Equatable {
  package var commit: ObjectID

  /// Why there is none.
  package enum Problem: Error, Equatable {
    /// The branch that the pull request is for is not here, as that branch of the remote.
    case notHere(ContinuousIntegration, branch: BranchName, remote: String)
    /// The service does not say which branch the pull request is for.
    case notSaid(ContinuousIntegration)
  }

  /// The commit that was asked for, else in continuous integration for a pull request the one that
  /// the remote's base branch is at; `nil` elsewhere. Throws a ``Problem``, or a ``ResolvingError``
  /// for what was asked for and is no commit.
  package static func find(
    asked revision: String?, in repository: Repository, processEnvironment: [String: String]
  ) throws -> ConfigurationBase? {
    if let revision {
      guard let found = try repository.resolve(revision) else {
        throw ResolvingError.unknownRevision(revision)
      }
      if found.isAmbiguous { throw ResolvingError.ambiguousRevision(revision) }
      guard let commit = found.commit else { throw ResolvingError.notACommit(revision) }
      return ConfigurationBase(commit: commit)
    }
    guard let service = ContinuousIntegration(environment: processEnvironment),
      let request = service.pullRequest(environment: processEnvironment), request.mayBeStrangers
    else { return nil }
    guard let branch = request.base else { throw Problem.notSaid(service) }
    // By its full name: a branch or tag of the pull request's may be called `origin/main`.
    let remote = ReleaseRemote.name(for: nil, in: try repository.configuration()) ?? "origin"
    guard let commit = try repository.reference("refs/remotes/\(remote)/\(branch)") else {
      throw Problem.notHere(service, branch: branch, remote: remote)
    }
    return ConfigurationBase(commit: commit)
  }
}

extension Configuration {
  /// What of it holds where the files that are deployed are a stranger's, such as those of a pull
  /// request: programs that make secrets could be misled by these files, secrets from outside of the
  /// repository were not put there for them, hooks are theirs, and so is what `.ebignore` asks for.
  func forStrangers() -> Configuration {
    var configuration = self
    configuration.secrets = secrets.map { $0.forStrangers() }
    for (name, settings) in environments {
      configuration.environments[name]?.secrets = settings.secrets.map { $0.forStrangers() }
    }
    configuration.local.hooks = Setting(false, from: .builtIn)
    configuration.bundle.isForStrangers = true
    return configuration
  }
}

extension SecretRule {
  /// The same for no environment, unless it names something within the repository. Where it lies
  /// is kept out of bundles all the same.
  fileprivate func forStrangers() -> SecretRule {
    let isWithin =
      switch source {
      case .path(let path), .file(from: let path, to: _):
        !path.hasPrefix("/") && !path.hasPrefix("~") && !path.split(separator: "/").contains("..")
      case .run: false
      }
    return isWithin ? self : SecretRule(source: source, environments: [], origin: origin)
  }
}
