import FoundationEssentials
package import Git

/// Finds the previews of a repository among the environments of its application.
package struct PreviewReader {
  private let repository: Repository
  private let records: RecordReader
  private let configuration: Configuration
  /// What is known of a branch's repository, so that each remote is read once.
  private var identities: [String?: RepositoryIdentity?] = [:]

  package init(
    _ repository: Repository, _ records: RecordReader, _ configuration: Configuration
  ) {
    self.repository = repository
    self.records = records
    self.configuration = configuration
  }

  /// Those environments that carry the tags of a preview of this repository, by name; all others are
  /// none of its business.
  ///
  /// - Parameter environments: with their tags, as ``Host/taggedEnvironments()`` gives them.
  package mutating func previews(
    among environments: [EnvironmentDescription]
  ) async throws -> [Preview] {
    var previews: [Preview] = []
    for environment in environments {
      if let preview = try await preview(environment) { previews.append(preview) }
    }
    return previews
  }

  /// Whose previews are looked for: ``RepositoryIdentity/mark`` of this repository, by whichever
  /// remote it was known when something was found or made.
  package mutating func owners() async throws -> Set<String> {
    let branches: [BranchName?] = [nil] + (try repository.branches().map(\.name))
    for branch in branches {
      let remote = ReleaseRemote.name(for: branch, in: repository.location.configuration)
      _ = try await identity(of: branch, at: remote)
    }
    return Set(identities.values.compactMap { $0?.mark })
  }

  private mutating func preview(
    _ environment: EnvironmentDescription
  ) async throws -> Preview? {
    guard let tags = PreviewTags(environment.tags) else { return nil }
    let branch = try branch(of: tags)
    let remote = ReleaseRemote.name(for: branch, in: repository.location.configuration)
    guard let identity = try await identity(of: branch, at: remote), tags.isOf(identity) else {
      return nil
    }
    var preview = Preview(
      environment, tags, branch: branch, lastDeployment: try lastDeployment(of: environment))
    preview.remote = remote
    preview.ttl = tags.ttl ?? configuration.previews.ttl?.value
    preview.maximum = configuration.previews.maximum?.value
    preview.sleep = configuration.previews.sleep?.value
    preview.isProtected = configuration.environments[environment.name]?.protected == true
    return preview
  }

  /// A name that a tag had to cut is one of a branch that is here, if any.
  private func branch(of tags: PreviewTags) throws -> BranchName? {
    if let branch = BranchName(tags.branch) { return branch }
    return try repository.branches().map(\.name).first(where: tags.isOf)
  }

  /// The repository as it is known where the branch's previews are made: by the branch's own remote.
  private mutating func identity(
    of branch: BranchName?, at remote: String?
  ) async throws -> RepositoryIdentity? {
    if let known = identities[remote] { return known }
    let found = try await RepositoryIdentity.find(in: repository.location, for: branch)
    identities[remote] = .some(found)
    return found
  }

  /// What the host says and what the records of this clone say: the later of the two. Other clones'
  /// deployments are in no record here, and the host counts what was no deployment, too: both let an
  /// environment stay longer.
  private func lastDeployment(of environment: EnvironmentDescription) throws -> Date {
    let record = try records.lastDeployed(to: environment.name) {
      // An earlier environment of the same name has records of its own.
      $0.ended >= environment.created
    }
    return max(environment.updated, record?.record.ended ?? environment.updated)
  }
}
