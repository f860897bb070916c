import ArgumentParser
import Deployment
import FoundationEssentials
import Git

/// `git eb push`
struct Push: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "push",
    abstract: "Deploy what is in git to the environment that its branch maps to.",
    discussion: """
      Builds the bundle, publishes it under a label made from branch, commit and content, and has \
      the environment run it. The same content has the same label, so pushing it again, or to \
      another environment, uploads nothing. What was deployed is recorded (see git eb log), and \
      refs/remotes/eb/<environment> follows it.

      A branch that maps to an environment of its own has it made by its first push: like \
      previews.like, an environment or a saved configuration, or of previews.settings. Variables \
      that environments.<name>.variables gives to that one alone, and what it has from AWS's \
      secrets, are not taken; variables that were set on it otherwise are. Where previews.limit is \
      reached the push is refused.

      The branch says which environment: the one that is checked out, the one that is named, or \
      with --branch another. A protected environment takes only commits of its own branch. What is \
      pushed must descend from what the environment runs, unless --force is given, or \
      --force-with-lease names the very commit that runs. The index is not touched.

      Exit status: 0 deployed, 1 the deployment failed, 2 it could not start, 3 gave up waiting, \
      64 misuse, 69 the service could not be reached, 77 no permission, 130 interrupted. On the \
      local host a deployment that runs out of time is undone, and has failed.

      Examples:
        git eb push                    # HEAD, to its branch's environment
        git eb push --staged           # what is staged, without a commit
        git eb push --dry-run          # what would happen
        git eb push v1.4.0 -e production   # the very version of a release
        git eb push --wait 10m --timeout 5m
      """)

  @Argument(help: .init("What to deploy; HEAD without it.", valueName: "commit"))
  var revision: String?

  @OptionGroup var source: SourceOptions
  @OptionGroup var environment: EnvironmentOptions

  @Option(help: .init("The version's label, instead of one that is made.", valueName: "label"))
  var label: String?

  @Option(
    name: .shortAndLong,
    help: .init("The version's description, instead of the commit's subject.", valueName: "text"))
  var message: String?

  @Flag(name: .customLong("dry-run"), help: "Say what would happen, and do nothing.")
  var dryRun = false

  @Flag(
    help: """
      Deploy also what does not descend from what runs, and again what runs already.
      """)
  var force = false

  @Option(
    name: .customLong("force-with-lease"),
    help: .init(
      "Deploy also what does not descend from what runs, if that is <commit>.",
      valueName: "commit"))
  var lease: String?

  @Option(
    name: .customLong("source"),
    help: .init(
      "Have Beanstalk take the source from CodeCommit, without an upload.",
      valueName: "codecommit/repository/branch"))
  var remoteSource: String?

  @Flag(
    name: .customLong("bare-hook"),
    help: """
      As the post-receive hook of a bare repository: deploy each branch that was pushed and that \
      maps to an environment of its name.
      """)
  var bareHook = false

  @Flag(
    name: .customLong("blue-green"),
    help: """
      Deploy to a second environment, and let it take over the address once it is healthy. The \
      local host deploys so anyway.
      """)
  var blueGreen = false

  @Flag(
    name: .customLong("terminate-old"),
    help: "With --blue-green: terminate the environment that had the address.")
  var terminateOld = false

  @Flag(
    name: .customLong("create-application"), help: "Make the application on AWS when it is missing."
  )
  var createApplication = false

  @Flag(help: "Have Beanstalk check env.yaml and .ebextensions before the version is deployed.")
  var process = false

  @Flag(
    help: """
      Stop an older push of the same branch that is under way, and take its place. What else makes \
      the environment busy is waited for, as long as --wait or --timeout says.
      """)
  var supersede = false

  @Flag(
    name: .customLong("no-check"), help: "Send also what git eb check finds fault with.")
  var noCheck = false

  @Flag(
    name: .customLong("rollback-on-failure"),
    help: "Put the version back that ran before when the deployment fails.")
  var rollbackOnFailure = false

  @Flag(
    name: .customLong("no-wait"),
    help: """
      Do not wait for the environment to become healthy. The local host deploys within the \
      command, so there it makes no difference.
      """)
  var noWait = false

  @Flag(help: "Open the environment's address in the browser when it is deployed.")
  var open = false

  @OptionGroup var ci: CIOptions
  @OptionGroup var base: ConfigurationOptions
  @OptionGroup var waiting: WaitingOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    let choice = try source.choice(revision: revision)
    if let remoteSource {
      guard CodeCommitBranch(remoteSource) != nil else {
        throw ValidationError("'--source' takes codecommit/<repository>/<branch>")
      }
      if choice != .commit(nil) { throw ValidationError("'--source' takes no other source") }
      if dryRun { throw ValidationError("'--dry-run' cannot look into what is at CodeCommit") }
    }
    if bareHook, choice != .commit(nil) || remoteSource != nil || environment.branch != nil {
      throw ValidationError("'--bare-hook' takes what was pushed, and no other source")
    }
    if force, lease != nil {
      throw ValidationError("'--force' and '--force-with-lease' cannot be used together")
    }
    if dryRun, !ci.isEmpty {
      throw ValidationError("'--dry-run' deploys nothing that '--ci' could tell of")
    }
    if terminateOld, !blueGreen {
      throw ValidationError("'--terminate-old' goes with '--blue-green'")
    }
  }

  private var flags: [ConfigurationSources.Flag] {
    var flags = waiting.flags + place.flags
    if createApplication {
      flags.append(
        .init(.beanstalkCreateApplication, option: "--create-application", value: "true"))
    }
    if process { flags.append(.init(.beanstalkProcess, option: "--process", value: "true")) }
    return flags
  }

  mutating func execute() async throws -> ExitStatus {
    if let label, VersionLabel(label) == nil { throw CommandError.invalidLabel(label) }
    if bareHook { return try await deployPushed() }
    let context = try Context(common, flags: flags, revision: revision, base: base)
    if let source = remoteSource.flatMap({ CodeCommitBranch($0) }) {
      return try await deploy(context, from: source)
    }
    return try await deploy(
      context,
      try context.resolver.target(
        .init(
          source: try source.choice(revision: revision),
          environment: context.askedEnvironment(environment),
          branch: context.askedBranch(environment))))
  }

  private func deploy(_ context: Context, from source: CodeCommitBranch) async throws -> ExitStatus
  {
    let host = try context.host()
    guard let asked = host as? any CodeCommitHost else { throw HostError.noCodeCommit }
    let target = try context.resolver.target(
      of: source, id: try await asked.commit(of: source),
      environment: context.askedEnvironment(environment))
    return try await deploy(context, target, on: host)
  }

  /// `host` is made from the context where it was not needed before.
  private func deploy(
    _ context: Context, _ target: Target, on host: (any Host)? = nil
  ) async throws -> ExitStatus {
    let report = CIReport(ci, context.processEnvironment)
    do {
      let status = try await deploy(context, saying: target, on: host)
      if status == .interrupted {
        report.write(.init(.stopped(status, message: "interrupted"), target))
      }
      return status
    } catch {
      let failure = Failure(error)
      report.write(.init(.stopped(failure.status, message: failure.message), target))
      throw error
    }
  }

  private func deploy(
    _ context: Context, saying target: Target, on host: (any Host)?
  ) async throws -> ExitStatus {
    let reporter = context.reporter
    if !dryRun { await context.healRecords() }
    for problem in context.configuration.warnings { reporter.notice(.configuration(problem)) }
    let host = try host ?? context.host()
    let pipeline = context.pipeline(on: host, reporter)
    let options = try options(context)
    Interruption.begin()
    let released = try await released(context, target, host)
    if dryRun {
      var plan = try await pipeline.plan(target, options)
      if let released {
        plan.version = released
        plan.isPublished = true
      }
      return try PlanReport(plan, isForced: force).render(json: common.json)
    }
    return try await DeploymentReport.sayingWhatRuns(target.environment, on: host) {
      let result =
        if let released {
          try await pipeline.deploy(try await pipeline.order(released, for: target), options)
        } else {
          try await pipeline.push(target, options)
        }
      CIReport(ci, context.processEnvironment).write(.init(result, target, context))
      let status = try DeploymentReport(
        result, to: target.environment, from: target.branch?.description ?? target.labelName,
        branch: target.branch?.description, at: host.location
      ).render(json: common.json)
      if open, status == .success, let url = result.environment?.url,
        !(await Browser.opens(url, context.processEnvironment))
      {
        Output.message("note: no program opens a browser here")
      }
      return status
    }
  }

  /// The version that a release's tag names, where the host still has it: then nothing is built.
  private func released(
    _ context: Context, _ target: Target, _ host: any Host
  ) async throws -> ApplicationVersion? {
    let tags = "refs/tags/"
    guard label == nil, message == nil, case .commit = target.source,
      let reference = target.reference, reference.hasPrefix(tags),
      let release = try Release.read(
        tag: String(reference.dropFirst(tags.count)), in: context.repository),
      release.application == context.application
    else { return nil }
    let configuration = context.configuration
    let places = configuration.secretDifferences(
      between: release.environment, and: target.environment)
    guard places.isEmpty else {
      Output.message(
        "note: \(release.label) carries the secrets of '\(release.environment)'; building it again "
          + "with those of '\(target.environment)'")
      return nil
    }
    guard var version = try await host.version(labelled: release.label) else {
      Output.message(
        "note: \(release.label) is gone from the host; building it again, with the secrets of now")
      return nil
    }
    guard version.digest == release.digest else {
      throw ReuseError.changed(release.label, recorded: release.digest, found: version.digest)
    }
    if version.commit == nil { version.commit = target.source.commitID }
    return version
  }

  // MARK: - As a hook

  /// Deploys what was pushed to this repository, as git tells its post-receive hook. One branch
  /// that cannot be deployed does not keep the others from it; the first failure is the status.
  private func deployPushed() async throws -> ExitStatus {
    var status = ExitStatus.success
    for update in try PushedReferences.read() {
      let ended: ExitStatus
      do {
        ended = try await deploy(update)
      } catch {
        ended = Failure(error).report()
      }
      if status == .success { status = ended }
      if ended == .interrupted { break }
    }
    return status
  }

  private func deploy(_ update: PushedReferences.Update) async throws -> ExitStatus {
    guard let branch = BranchName(fullName: update.reference) else { return .success }
    guard let id = update.new else {
      Output.message("note: '\(branch)' was deleted; its environment stays")
      return .success
    }
    let context = try Context(
      common, flags: flags, revision: update.reference, base: base)
    guard try context.repository.branch(branch)?.hex == id else {
      Output.message("note: '\(branch)' has moved on since; its own push deploys it")
      return .success
    }
    if environment.environment == nil {
      guard let mapping = context.mapping.mapping(of: branch), !mapping.isEphemeral else {
        Output.message("note: '\(branch)' maps to no environment of its name; nothing is deployed")
        return .success
      }
    }
    let target = try context.resolver.target(
      .init(
        source: .commit(update.reference), environment: context.askedEnvironment(environment),
        branch: branch.description))
    return try await deploy(context, target)
  }

  private func options(_ context: Context) throws -> Pipeline.Options {
    var options = context.deploymentOptions
    options.label = label.flatMap { VersionLabel($0) }
    options.message = message
    options.force = force
    options.lease = try lease.map(context.expectedCommit)
    options.isLeftAlone = noWait
    options.rollsBack = rollbackOnFailure
    options.supersedes = supersede
    options.isUnchecked = noCheck
    if blueGreen { options.blueGreen = terminateOld ? .terminatingOld : .keepingOld }
    return options
  }
}

/// A plan on the screen or as JSON.
struct PlanReport {
  private let plan: DeploymentPlan
  /// Whether a refusal is overridden.
  private let isForced: Bool

  init(_ plan: DeploymentPlan, isForced: Bool) {
    self.plan = plan
    self.isForced = isForced
  }

  private struct View: Encodable {
    var environment: String
    var reason: String
    var host: String
    var location: String
    var creates: Bool
    var running: String?
    var version: ApplicationVersion
    var published: Bool
    var refusal: String?
    var commits: [CommitView]?
    var changes: [ChangeView]?
    var findings: [FindingView]
  }

  func render(json: Bool) throws -> ExitStatus {
    if json { try Output.json(view) } else { for line in lines { Output.line(line) } }
    if let refusal = plan.refusal {
      guard isForced else { return Failure(refusal).report() }
      Output.message("note: " + Failure(refusal).message)
    }
    let errors = plan.findings.filter { $0.severity == .error }
    if !errors.isEmpty { return Failure(CheckRefusal(errors: errors)).report() }
    if plan.isTooLarge { return Failure(BundleLimits.Exceeded(summary: plan.summary)).report() }
    return .success
  }

  private var view: View {
    View(
      environment: plan.target.environment.text,
      reason: MappingWords.reason(plan.target.mapping.reason), host: plan.host.rawValue,
      location: plan.location, creates: plan.running == nil,
      running: plan.running?.version?.label.text, version: plan.version,
      published: plan.isPublished, refusal: plan.refusal.map { Failure($0).message },
      commits: plan.commits?.map(CommitView.init), changes: plan.changes?.map(ChangeView.init),
      findings: plan.findings.map { FindingView($0) })
  }

  /// `environment:` and two blanks.
  private static let width = 14
  /// How many commits and files are shown.
  private static let limit = 10

  /// The plan for people.
  var lines: [String] {
    var table = Table()
    let target = plan.target
    table.add([
      "environment:",
      "\(target.environment) (\(MappingWords.reason(target.mapping.reason)))"
        + (plan.running == nil ? ", would be created" : ""),
    ])
    table.add(["host:", "\(plan.host.rawValue) \(plan.location)"])
    if let running = plan.running?.version {
      table.add(["runs:", "\(running.label) (\(Format.short(running.commit)))"])
    }
    table.add([
      "version:", "\(plan.version.label)" + (plan.isPublished ? ", published already" : ""),
    ])
    table.add([
      "commit:",
      "\(Format.short(plan.version.commit)) \(Format.visible(plan.version.description))",
    ])
    table.add(["digest:", plan.version.digest])
    table.add([
      "bundle:",
      "\(Format.bytes(plan.summary.size)), "
        + "\(Format.count(plan.summary.entryCount, "entry", "entries"))",
    ])
    if !plan.version.secrets.isEmpty {
      table.add(["secrets:", plan.version.secrets.joined(separator: ", ")])
    }
    if let commits = plan.commits { table.add(["commits:", "\(commits.count)"]) }
    var lines = table.lines + DifferenceLines.of(plan.commits ?? [], limit: Self.limit)
    if let changes = plan.changes {
      // As wide as the rows above.
      lines.append(
        "files:".padded(to: Self.width) + DifferenceLines.count(changes))
      lines += DifferenceLines.of(changes, limit: Self.limit)
    }
    if !plan.findings.isEmpty {
      lines.append("checks:".padded(to: Self.width) + "\(CheckCount(plan.findings))")
      lines += FindingLines().lines(plan.findings).map { "  " + $0 }
    }
    return lines
  }
}
