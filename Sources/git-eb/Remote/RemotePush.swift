import Deployment
import Git

/// One `git push` to the remote: at most one of the references is deployed.
struct RemotePush {
  private let environment: RemoteEnvironment
  private let options: RemoteOptions

  init(_ environment: RemoteEnvironment, _ options: RemoteOptions) {
    self.environment = environment
    self.options = options
  }

  /// Gives an answer to each update, in their order.
  func run(_ requests: [RemoteRequest]) async throws -> [RemoteAnswer] {
    let updates = requests.compactMap { request in
      if case .push(let update) = request { update } else { nil }
    }
    let context = try Context(try options.common)
    var statuses = updates.map(unfitness)
    try await passOverFollowers(among: updates, &statuses, context)
    let chosen = choose(among: updates, &statuses, context)
    if options.isAtomic, statuses.contains(where: { $0?.isRefusal == true }) {
      statuses = statuses.map { $0 ?? .failed("atomic push failed") }
    } else if let chosen {
      do {
        statuses[chosen] = try await deploy(updates[chosen], context)
      } catch {
        statuses[chosen] = Self.status(of: error)
      }
    }
    return zip(updates, statuses).map {
      RemoteAnswer(destination: $0.destination, status: $1 ?? .ignored)
    }
  }

  // MARK: - What is deployed

  /// Why an update is none that an environment could take, whatever else is pushed.
  private func unfitness(_ update: RemoteUpdate) -> RemoteAnswer.Status? {
    if update.source == nil { return Self.status(of: RemoteRefusal.deletion(environment.name)) }
    if update.branch == nil, !update.isTag {
      // `--mirror` has many, and one line of git's says it for each.
      return .failed(Failure(RemoteRefusal.neitherBranchNorTag(update.destination)).message)
    }
    return nil
  }

  /// Where `push.followTags` is set, git sends the tags of what the environment has at every push:
  /// an environment shows none.
  private func passOverFollowers(
    among updates: [RemoteUpdate], _ statuses: inout [RemoteAnswer.Status?], _ context: Context
  ) async throws {
    let repository = context.repository
    let fit = updates.indices.filter { statuses[$0] == nil }
    guard repository.location.configuration.bool("push.followTags") == true,
      fit.allSatisfy({ updates[$0].isTag && !updates[$0].isForced }), !fit.isEmpty,
      let running = try RemoteReferences.commit(
        of: await context.host().environment(named: environment.name)?.version, repository),
      repository.contains(running)
    else { return }
    let followers = try fit.filter { index in
      guard let commit = try updates[index].source.flatMap({ try repository.resolve($0) })?.commit
      else { return false }
      return try repository.isAncestor(commit, of: running)
    }
    for index in followers { statuses[index] = .ignored }
    guard let first = followers.first, !options.isQuiet else { return }
    let names = followers.map { updates[$0].shortName }
    Output.message(
      "note: '\(environment.name)' runs \(running.abbreviated()), which has "
        + Format.names(names))
    Output.message(
      "hint: git push --force --no-follow-tags \(Format.visible(environment.remote)) "
        + "\(Format.visible(updates[first].shortName)) goes back to it")
  }

  /// The position of the one update that is deployed. A branch goes before tags, which
  /// `--follow-tags` sends along and of which an environment keeps none; of several branches it is
  /// the one that maps to the environment.
  private func choose(
    among updates: [RemoteUpdate], _ statuses: inout [RemoteAnswer.Status?], _ context: Context
  ) -> Int? {
    let fit = updates.indices.filter { statuses[$0] == nil }
    let branches = fit.filter { updates[$0].branch != nil }
    let own = branches.filter {
      updates[$0].branch.flatMap { context.mapping.mapping(of: $0) }?.environment
        == environment.name
    }
    let candidates = branches.isEmpty ? fit : branches.count > 1 ? own : branches
    guard candidates.count == 1, let chosen = candidates.first else {
      if let example = own.first ?? fit.first {
        let refusal = RemoteRefusal.several(
          count: fit.count, example: updates[example].shortName, remote: environment.remote)
        let status = Self.status(of: refusal)
        for index in fit { statuses[index] = status }
      }
      return nil
    }
    let tags = fit.filter { $0 != chosen && updates[$0].isTag }
    if !tags.isEmpty, !options.isQuiet {
      Output.message(
        "note: an environment keeps no tags: "
          + Format.names(tags.map { updates[$0].shortName }) + " left out")
    }
    for index in tags { statuses[index] = .ignored }
    for index in branches where index != chosen {
      statuses[index] = .failed("only '\(updates[chosen].shortName)' is deployed")
    }
    return chosen
  }

  /// What the update deploys: with the environment named outright, as with `--environment`.
  private func target(_ update: RemoteUpdate, _ context: Context) throws -> Target {
    let repository = context.repository
    let references = try RemoteReferences(of: environment.name, running: nil, context)
    var branch = update.branch
    if let branch, references.isMapped, !context.isProtected(environment.name),
      context.mapping.mapping(of: branch)?.environment != environment.name
    {
      throw RemoteRefusal.otherBranch(
        branch, environment.name, own: references.branches[0], remote: environment.remote)
    }
    let commit = try update.source.flatMap { try repository.resolve($0) }?.commit
    if branch == nil {
      // The branch that the tag is on, if several map to the environment.
      branch =
        try references.branches.first {
          guard let tip = try repository.branch($0), let commit else { return false }
          return try repository.isAncestor(commit, of: tip)
        } ?? references.branches.first
    }
    var source = SourceChoice.commit(update.source)
    if let artifact = context.configuration.bundle.artifact?.value, let commit {
      // As `git eb push` takes what was built of what is checked out.
      guard try repository.head().commit == commit else {
        throw RemoteRefusal.notBuilt(commit: commit, artifact: artifact)
      }
      source = .commit(nil)
    }
    return try context.resolver.target(
      .init(
        source: source, environment: environment.setting(in: repository),
        branch: branch?.description))
  }

  // MARK: - Deploying

  private func deploy(
    _ update: RemoteUpdate, _ context: Context
  ) async throws -> RemoteAnswer.Status {
    var context = context
    if context.repository.isBare {
      // There the configuration is that of what is pushed.
      context = try Context(try options.common, revision: update.source, isHealing: false)
    }
    let target = try target(update, context)
    await context.healRecords()
    let reporter = ConsoleReporter(quiet: options.isQuiet, showsProgress: options.showsProgress)
    for problem in context.configuration.warnings { reporter.notice(.configuration(problem)) }
    let host = try context.host()
    let pipeline = context.pipeline(on: host, reporter)
    var pushing = context.deploymentOptions
    pushing.force = update.isForced
    if let lease = options.leases[update.destination], !update.isForced {
      try await set(lease, in: &pushing, context, on: host)
    }
    Interruption.begin()
    if options.isDryRun { return try status(of: await pipeline.plan(target, pushing), pushing) }
    var status = RemoteAnswer.Status.failed("interrupted")
    _ = try await DeploymentReport.sayingWhatRuns(target.environment, on: host) {
      status = self.status(of: try await pipeline.push(target, pushing), target)
      return .success
    }
    return status
  }

  /// git has compared the lease with what the environment ran when it listed it; what it runs when
  /// it is deployed to is compared again.
  private func set(
    _ lease: String, in pushing: inout Pipeline.Options, _ context: Context, on host: any Host
  ) async throws {
    let version = try await host.environment(named: environment.name)?.version
    let running = try RemoteReferences.commit(of: version, context.repository)
    if lease.allSatisfy({ $0 == "0" }) {
      guard let running else { return }
      throw RemoteRefusal.runsAlready(environment.name, commit: running.hex)
    }
    if version?.commit == nil, running?.hex == lease {
      // Another tool's version does not say its commit, which was found by its label.
      pushing.force = true
    } else {
      pushing.lease = lease
    }
  }

  private func status(
    of plan: DeploymentPlan, _ pushing: Pipeline.Options
  ) throws -> RemoteAnswer.Status {
    if !options.isQuiet {
      for line in PlanReport(plan, isForced: pushing.force).lines { Output.message(line) }
    }
    if let refusal = plan.refusal, !pushing.force { throw refusal }
    if plan.isTooLarge { throw BundleLimits.Exceeded(summary: plan.summary) }
    return plan.refusal == nil ? .done : .forced
  }

  private func status(of result: Pipeline.Result, _ target: Target) -> RemoteAnswer.Status {
    OutcomeWords.report(result.outcome, "deployment", on: target.environment)
    switch result.outcome {
    case .deployed, .started: break
    case .failed: return .failed("deployment failed")
    case .timedOut: return .failed("gave up waiting; the deployment goes on")
    }
    if !options.isQuiet {
      let size = result.summary.size > 0 ? Format.bytes(result.summary.size) + ", " : ""
      Output.message(
        "'\(target.environment)' runs \(result.version.label)  "
          + "(\(size)\(Format.duration(result.duration)))")
      if let url = result.environment?.url { Output.message(url) }
    }
    return result.wasUpToDate ? .upToDate : result.wasForced ? .forced : .done
  }

  /// Says an error, and gives git's word for it.
  private static func status(of error: any Error) -> RemoteAnswer.Status {
    var error = error
    if case HostError.busy(let name, let holder) = error {
      // `git push` has no `--wait`.
      error = RemoteRefusal.busy(name, holder: holder)
    }
    let failure = Failure(error)
    _ = failure.report()
    switch error {
    case Ancestry.Refusal.backwards: return .backwards
    case Ancestry.Refusal.unknownCommit: return .unknownCommit
    case Ancestry.Refusal.stale, RemoteRefusal.runsAlready: return .stale
    default: return .failed(failure.message)
    }
  }
}
