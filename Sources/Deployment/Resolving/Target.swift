package import Git

/// What is to be deployed, and where: the first stage's answer.
package struct Target: Sendable {
  package var application: ApplicationName
  package var mapping: Mapping
  /// The branch that the mapping was asked for; `nil` only where an environment was named outright.
  package var branch: BranchName?
  package var source: Source
  /// The full reference that was deployed, such as `refs/heads/master`.
  package var reference: String?
  /// What the version label starts with: a tag or a branch.
  package var labelName: String
  /// Whether the source is what is checked out here, so that the work tree can differ from it.
  package var isCheckedOut: Bool
  /// Whether the commit is on ``branch``, here or on a remote. An environment may have been named
  /// outright, and a commit chosen, that have nothing to do with each other.
  package var isOnBranch: Bool

  package var environment: EnvironmentName { mapping.environment }
}

/// Which source the user asked for.
package enum SourceChoice: Sendable, Equatable {
  /// A commit-ish; `nil` is HEAD.
  case commit(String?)
  case staged
  case workTree
}

/// A branch or revision that is refused, never guessed.
package enum ResolvingError: Error, Equatable {
  /// HEAD is detached and nothing says which branch it is; the service that is running, if any.
  case detached(ContinuousIntegration?)
  case unborn(BranchName)
  case unmapped(BranchName)
  case invalidBranch(String)
  case invalidEnvironment(String)
  case unknownRevision(String)
  /// Both a branch and a tag have this name.
  case ambiguousRevision(String)
  case notACommit(String)
  /// The environment takes only what its own branch gives it.
  case protected(EnvironmentName, branch: BranchName?)
  /// The environment is protected, and the commit is not on the branch that maps to it.
  case protectedFromCommit(EnvironmentName, commit: String, branch: BranchName)
  /// A pull request comes from a branch of this name, which maps to a shared environment.
  case pullRequest(BranchName, EnvironmentName)
  /// A revision that is not one, but the name of an environment.
  case environmentAsRevision(EnvironmentName)
}

/// Finds what is deployed where: Configuration → Target.
package struct Resolver {
  /// What the user asked for.
  package struct Request: Sendable {
    package var source: SourceChoice
    /// An environment that was named outright.
    package var environment: Setting<String>?
    /// The branch to take the place of the one that is checked out.
    package var branch: String?

    package init(source: SourceChoice, environment: Setting<String>?, branch: String?) {
      self.source = source
      self.environment = environment
      self.branch = branch
    }
  }

  private let repository: Repository
  private let configuration: Configuration
  private let processEnvironment: [String: String]
  private let application: ApplicationName

  package init(
    repository: Repository, configuration: Configuration, application: ApplicationName,
    processEnvironment: [String: String]
  ) {
    self.repository = repository
    self.configuration = configuration
    self.application = application
    self.processEnvironment = processEnvironment
  }

  package func target(_ request: Request) throws -> Target {
    let head = try repository.head()
    let revision = try revision(of: request.source)
    let branch = try branch(request, revision: revision, head: head)
    let mapping = try mapping(request, branch: branch)
    let isProtected = configuration.environments[mapping.environment]?.protected == true
    if isProtected {
      if let branch, isPullRequest(branch, named: request.branch) {
        throw ResolvingError.pullRequest(branch, mapping.environment)
      }
      try checkProtection(of: mapping.environment, branch: branch)
    }
    if case .unborn(let name) = head, revision == nil { throw ResolvingError.unborn(name) }
    let source = try source(request.source, revision: revision, head: head)
    let isOnBranch = try isOnBranch(branch, source: source, head: head)
    if isProtected, let branch, let commit = source.commit, !isOnBranch {
      throw ResolvingError.protectedFromCommit(
        mapping.environment, commit: commit.id.hex, branch: branch)
    }
    let reference = revision?.reference ?? (revision == nil ? head.branch?.fullName : nil)
    return Target(
      application: application, mapping: mapping, branch: branch, source: source,
      reference: reference, labelName: try labelName(reference, branch: branch, source: source),
      isCheckedOut: source.commit?.id == head.commit && head.commit != nil, isOnBranch: isOnBranch)
  }

  /// The branch that `git eb which` and the commands about one environment go by: the one named,
  /// the one checked out, or the one that continuous integration says.
  package func currentBranch(_ named: String?) throws -> BranchName {
    if let named { return try parse(named) }
    return try branch(of: try repository.head())
  }

  /// The environment that a command without a source speaks of. With an environment named
  /// outright no branch is needed.
  package func environment(named: Setting<String>?, branch: String?) throws -> Mapping {
    let request = Request(source: .commit(nil), environment: named, branch: branch)
    if named != nil { return try mapping(request, branch: nil) }
    return try mapping(request, branch: try currentBranch(branch))
  }

  // MARK: - Branch and environment

  private func branch(_ request: Request, revision: Revision?, head: Head) throws -> BranchName? {
    if let named = request.branch { return try parse(named) }
    if let reference = revision?.reference {
      if let branch = BranchName(fullName: reference) { return branch }
      // `origin/topic` goes where `topic` goes.
      if reference.hasPrefix(Self.remotes) {
        let parts = reference.dropFirst(Self.remotes.count).split(separator: "/", maxSplits: 1)
        if parts.count == 2, let branch = BranchName(String(parts[1])) { return branch }
      }
    }
    do {
      return try branch(of: head)
    } catch is ResolvingError where request.environment != nil {
      return nil
    }
  }

  private static let remotes = "refs/remotes/"

  /// Whether the source's commit is on the branch, as this clone knows it or one of its remotes. A
  /// detached HEAD of which continuous integration says the branch is believed.
  private func isOnBranch(_ branch: BranchName?, source: Source, head: Head) throws -> Bool {
    guard let branch, let commit = source.commit?.id else { return true }
    if head.branch == branch, head.commit == commit { return true }
    if case .detached(commit) = head,
      let service = ContinuousIntegration(
        environment: processEnvironment),
      service.branch(environment: processEnvironment)?.name == branch
    {
      return true
    }
    var tips = try repository.branch(branch).map { [$0] } ?? []
    for reference in try repository.references(under: Self.remotes)
    where reference.name.hasSuffix("/" + branch.description) {
      let name = reference.name.dropFirst(Self.remotes.count).split(separator: "/", maxSplits: 1)
      if name.last.map(String.init) == branch.description { tips.append(reference.id) }
    }
    return try tips.contains { try repository.isAncestor(commit, of: $0) }
  }

  private func branch(of head: Head) throws -> BranchName {
    if let name = head.branch { return name }
    let service = ContinuousIntegration(environment: processEnvironment)
    if let found = service?.branch(environment: processEnvironment) { return found.name }
    throw ResolvingError.detached(service)
  }

  private func parse(_ text: String) throws -> BranchName {
    let short = text.hasPrefix("refs/heads/") ? String(text.dropFirst("refs/heads/".count)) : text
    guard let name = BranchName(short) else { throw ResolvingError.invalidBranch(text) }
    return name
  }

  private func mapping(_ request: Request, branch: BranchName?) throws -> Mapping {
    if let asked = request.environment {
      guard let name = EnvironmentName(asked.value) else {
        throw ResolvingError.invalidEnvironment(asked.value)
      }
      let own = branch.flatMap { BranchMapping(configuration).mapping(of: $0) }
      return Mapping(
        environment: name, reason: .asked(asked.origin),
        isEphemeral: own.map { $0.environment == name && $0.isEphemeral } ?? false)
    }
    guard let branch else { throw ResolvingError.detached(nil) }
    guard let mapping = BranchMapping(configuration).mapping(of: branch) else {
      throw ResolvingError.unmapped(branch)
    }
    if !mapping.isEphemeral, isPullRequest(branch, named: request.branch) {
      throw ResolvingError.pullRequest(branch, mapping.environment)
    }
    return mapping
  }

  /// Whether the branch is that of a pull request, as far as continuous integration says so. What is
  /// checked out there is, whatever the branch is called; a branch that is named outright may not be.
  private func isPullRequest(_ branch: BranchName, named: String?) -> Bool {
    let found = ContinuousIntegration(environment: processEnvironment)
    guard let found,
      found.pullRequest(environment: processEnvironment)?.mayBeStrangers == true
    else { return false }
    return named == nil || found.branch(environment: processEnvironment)?.name == branch
  }

  private func checkProtection(of environment: EnvironmentName, branch: BranchName?) throws {
    let own = branch.flatMap { BranchMapping(configuration).mapping(of: $0) }
    if own?.environment != environment {
      throw ResolvingError.protected(environment, branch: branch)
    }
  }

  // MARK: - Source

  private func revision(of choice: SourceChoice) throws -> Revision? {
    guard case .commit(let words?) = choice else { return nil }
    guard let revision = try repository.resolve(words) else {
      let named = BranchMapping(configuration).namedEnvironments
      if let name = EnvironmentName(words), named.contains(name) {
        throw ResolvingError.environmentAsRevision(name)
      }
      throw ResolvingError.unknownRevision(words)
    }
    if revision.isAmbiguous { throw ResolvingError.ambiguousRevision(words) }
    return revision
  }

  private func source(_ choice: SourceChoice, revision: Revision?, head: Head) throws -> Source {
    switch choice {
    case .commit(nil) where configuration.bundle.artifact != nil:
      return try artifact(head: head)
    case .commit(let words):
      guard let id = revision.map(\.commit) ?? head.commit else {
        throw ResolvingError.notACommit(words ?? "HEAD")
      }
      guard let commit = try repository.commit(id) else {
        throw ResolvingError.unknownRevision(words ?? "HEAD")
      }
      return .commit(commit)
    case .staged:
      return .staged(head: try head.commit.flatMap { try repository.commit($0) })
    case .workTree:
      guard repository.workTree != nil else { throw SourceError.noWorkTree }
      return .workTree(head: try head.commit.flatMap { try repository.commit($0) })
    }
  }

  /// What a branch at CodeCommit is deployed to; `id` is the commit that it is at.
  package func target(
    of source: CodeCommitBranch, id: String, environment: Setting<String>?
  ) throws -> Target {
    let request = Request(
      source: .commit(nil), environment: environment, branch: source.branch.description)
    let mapping = try mapping(request, branch: source.branch)
    if configuration.environments[mapping.environment]?.protected == true {
      try checkProtection(of: mapping.environment, branch: source.branch)
    }
    guard let name = ObjectID(hex: id) else { throw ResolvingError.notACommit(id) }
    let commit = repository.contains(name) ? try repository.commit(name) : nil
    return Target(
      application: application, mapping: mapping, branch: source.branch,
      source: .codeCommit(source, id: id, commit: commit), reference: source.branch.fullName,
      labelName: source.branch.description, isCheckedOut: false, isOnBranch: true)
  }

  /// What is built elsewhere is deployed unless the command line says what else.
  package func artifact(head: Head) throws -> Source {
    let name = configuration.bundle.artifact?.value ?? ""
    let path = ConfiguredPath.absolute(name, in: repository, home: processEnvironment["HOME"])
    return .artifact(
      name: name, path: path ?? name,
      head: try head.commit.flatMap { try repository.commit($0) })
  }

  private func labelName(_ reference: String?, branch: BranchName?, source: Source) throws -> String
  {
    if let reference, reference.hasPrefix("refs/tags/") {
      return String(reference.dropFirst("refs/tags/".count))
    }
    if let branch { return branch.description }
    if let id = source.commit?.id, let tag = try repository.tags(at: id).first { return tag }
    return "head"
  }
}

extension Resolver {
  /// A branch that maps to the environment: `preferred` if it does, the one that is checked out, or
  /// another of this clone. `nil` where there is none.
  package func branch(
    mappedTo environment: EnvironmentName, preferring preferred: BranchName?
  ) throws -> BranchName? {
    let mapping = BranchMapping(configuration)
    let candidates =
      try [preferred, repository.head().branch].compactMap { $0 }
      + repository.branches().map(\.name)
    return candidates.first { mapping.mapping(of: $0)?.environment == environment }
  }

  /// Throws what keeps a commit from a protected environment: it has to be on the branch that maps
  /// there.
  package func checkProtection(of environment: EnvironmentName, from version: ApplicationVersion)
    throws
  {
    guard configuration.environments[environment]?.protected == true else { return }
    let preferred = version.reference.flatMap { BranchName(fullName: $0) }
    guard let branch = try branch(mappedTo: environment, preferring: preferred) else {
      throw ResolvingError.protected(environment, branch: preferred)
    }
    guard let commit = version.commit else { throw ResolvingError.notACommit(version.label.text) }
    _ = try target(
      .init(
        source: .commit(commit), environment: Setting(environment.text, from: .builtIn),
        branch: branch.description))
  }
}
