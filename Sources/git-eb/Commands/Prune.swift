import ArgumentParser
import Deployment
import FoundationEssentials
import Git

/// `git eb prune`
struct Prune: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Terminate previews whose time is over, and remove what only they used.",
    discussion: """
      An environment that was made for a branch of this repository goes when its branch is gone from \
      the remote, when the branch is merged into its base (also as one commit, or rebased), or when \
      it has outlived previews.ttl or previews.maximum. After them go the versions and bundles that \
      were made for previews and that no environment runs, or could go back to, and that no tag \
      names.

      What is doubtful stays: a branch that was never pushed is not gone, and where the remote \
      cannot be read no branch is. Nothing is touched that is protected, that something is being \
      done to, or that does not carry this repository's tags. It may be run at any time, by several \
      at once, and again after it was cut off.

      On a terminal it asks; elsewhere --yes is needed.

      Examples:
        git eb prune --dry-run
        git eb prune --yes
        git eb prune --keep demo --keep release/2
      """)

  @Flag(name: .customLong("dry-run"), help: "Say what would happen, and do nothing.")
  var dryRun = false

  @Flag(help: "Do not ask.")
  var yes = false

  @Option(help: .init("Keep this branch's preview; may be repeated.", valueName: "branch"))
  var keep: [String] = []

  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    let kept = try keep.map { text in
      guard let branch = BranchName(text) else { throw ResolvingError.invalidBranch(text) }
      return branch
    }
    let context = try Context(common, flags: place.flags)
    if !dryRun { await context.healRecords() }
    let pruning = Pruning(context, try context.host(), common)
    let plan = try await pruning.plan(keeping: Set(kept))
    pruning.tell(plan)
    if dryRun {
      try pruning.renderPlan(plan)
      return .success
    }
    if !plan.isEmpty, !yes { try pruning.confirm(plan) }
    Interruption.begin()
    return try await pruning.carryOut(plan)
  }
}

/// Plans what is pruned, carries it out and answers with it.
private struct Pruning {
  private let context: Context
  private let host: any Host
  private let options: CommonOptions

  init(_ context: Context, _ host: any Host, _ options: CommonOptions) {
    self.context = context
    self.host = host
    self.options = options
  }

  struct Plan {
    var decisions: [Reconciliation.Decision]
    /// Whose previews versions are looked for.
    var owners: Set<String>
    /// The versions that nobody needs once the environments are gone.
    var versions: [ApplicationVersion]
    /// The environments that are gone and still followed.
    var followed: [EnvironmentName]
    /// Remotes that could not be read, and why.
    var unreadable: [String: String]

    var leaving: [Reconciliation.Decision] { decisions.filter { $0.action == .terminate } }
    var resting: [Reconciliation.Decision] { decisions.filter { $0.action == .sleep } }
    var staying: [Reconciliation.Decision] { decisions.filter { $0.action == .keep } }
    /// Whether there is nothing that anybody would miss.
    var isEmpty: Bool { leaving.isEmpty && resting.isEmpty && versions.isEmpty }
  }

  // MARK: - Planning

  func plan(keeping kept: Set<BranchName>) async throws -> Plan {
    let environments = try await host.taggedEnvironments()
    var reader = PreviewReader(context.repository, context.records, context.configuration)
    let previews = try await reader.previews(among: environments)
    var states = BranchStateReader(context.repository) { Interruption.isRequested }
    let reconciliation = Reconciliation(keeping: kept)
    let now = Date()
    var decisions: [Reconciliation.Decision] = []
    for preview in previews {
      let state = try await states.state(of: preview)
      decisions.append(reconciliation.decision(on: preview, state, now: now))
    }
    let leaving = Set(decisions.filter { $0.action == .terminate }.map(\.preview.name))
    let owners = try await reader.owners()
    return Plan(
      decisions: decisions, owners: owners,
      versions: try await versions.unneeded(of: owners, leaving: leaving),
      followed: try gone(Set(environments.map(\.name))), unreadable: states.unreadable)
  }

  private var versions: PreviewVersions {
    PreviewVersions(host, context.records, context.repository)
  }

  /// Environments that are followed and are not there, and that the records know as made for a
  /// branch: what an earlier prune was cut off from.
  private func gone(_ names: Set<EnvironmentName>) throws -> [EnvironmentName] {
    let followed = try context.tracking.all(in: context.repository).keys
    return try followed.filter { name in
      guard !names.contains(name),
        let last = try context.records.records(of: name, limit: 1).first?.record,
        let branch = last.reference.flatMap({ BranchName(fullName: $0) }),
        let mapping = context.mapping.mapping(of: branch)
      else { return false }
      return mapping.isEphemeral && mapping.environment == name
    }.sorted()
  }

  // MARK: - Telling

  /// What is not concluded, and what stays.
  func tell(_ plan: Plan) {
    for (remote, why) in plan.unreadable.sorted(by: { $0.key < $1.key }) {
      Output.message(
        "warning: cannot read the branches of '\(remote)': \(Format.visible(why)); "
          + "none is taken for gone or merged")
    }
    guard !options.quiet, !options.json else { return }
    var table = Table()
    for decision in plan.staying {
      table.add(["keeps '\(decision.preview.name)'", PruneWords.reason(decision)])
    }
    for line in table.lines { Output.message(line) }
  }

  func renderPlan(_ plan: Plan) throws {
    if options.json {
      return try Output.json(
        View(
          terminated: plan.leaving.map(DecisionView.init),
          asleep: plan.resting.map(DecisionView.init),
          kept: plan.staying.map(DecisionView.init), failed: [],
          versions: plan.versions.map(\.label.text),
          unreadable: plan.unreadable.map { .init(remote: $0.key, reason: $0.value) }))
    }
    for line in planned(plan) { Output.line(line) }
    if plan.isEmpty, !options.quiet { Output.message("nothing to prune") }
  }

  private func planned(_ plan: Plan) -> [String] {
    var table = Table()
    for decision in plan.leaving {
      table.add(["would terminate '\(decision.preview.name)'", PruneWords.reason(decision)])
    }
    for decision in plan.resting {
      table.add(["would put '\(decision.preview.name)' to sleep", PruneWords.reason(decision)])
    }
    return table.lines + plan.versions.map { "would remove \($0.label)" }
  }

  /// Asks on a terminal. Throws ``CommandError/notConfirmed``, also where there is none.
  func confirm(_ plan: Plan) throws {
    try Confirmation.agree("prune?", about: planned(plan))
  }

  // MARK: - Carrying out

  func carryOut(_ plan: Plan) async throws -> ExitStatus {
    var answer = View(
      kept: plan.staying.map(DecisionView.init),
      unreadable: plan.unreadable.map { .init(remote: $0.key, reason: $0.value) })
    var status = ExitStatus.success
    let reporter = context.reporter
    let pruner = Pruner(host, timeout: context.configuration.push.timeout.value) {
      Interruption.isRequested
    }
    await pruner.carryOut(plan.decisions) { name, event in
      // Several are told of at once.
      if event.severity >= .warn { reporter.event(event, of: name) }
    } ended: { result in
      let ended = await end(result, &answer)
      if status == .success { status = ended }
    }
    for name in plan.followed { await context.forget(name, because: "prune") }
    if !Interruption.isRequested { try await removeVersions(plan, &answer) }
    try render(answer, wasEmpty: plan.isEmpty)
    return Interruption.isRequested ? .interrupted : status
  }

  private func end(_ result: Pruner.Result, _ answer: inout View) async -> ExitStatus {
    let decision = result.decision
    let name = decision.preview.name
    var view = DecisionView(decision)
    switch result.ending {
    case .terminated, .gone:
      await context.forget(name, because: "prune")
      answer.terminated.append(view)
      say("terminated '\(name)': \(PruneWords.reason(decision))")
    case .asleep:
      answer.asleep.append(view)
      say("put '\(name)' to sleep: \(PruneWords.reason(decision))")
    case .awake:
      view.reason = "it cannot sleep"
      answer.kept.append(view)
    case .changed:
      view.reason = "it was deployed to meanwhile"
      answer.kept.append(view)
    case .busy(let holder):
      view.reason = PruneWords.busy(holder)
      answer.kept.append(view)
    case .failed(let error):
      let failure = Failure(error)
      // Who interrupts knows.
      if failure.status == .interrupted { return .interrupted }
      view.error = failure.message
      answer.failed.append(view)
      Output.message("error: cannot prune '\(name)': \(failure.message)")
      for line in failure.details { Output.message("  " + line) }
      return failure.status
    }
    return .success
  }

  private func removeVersions(_ plan: Plan, _ answer: inout View) async throws {
    for version in try await versions.unneeded(of: plan.owners) {
      if Interruption.isRequested { return }
      guard try await versions.remove(version) else { continue }
      answer.versions.append(version.label.text)
      say("removed \(version.label)")
    }
    try await host.removeAbandonedBundles()
  }

  private func say(_ line: String) {
    if !options.json { Output.line(line) }
  }

  private func render(_ answer: View, wasEmpty: Bool) throws {
    if options.json { return try Output.json(answer) }
    guard !options.quiet else { return }
    for view in answer.kept where view.isLate {
      Output.message("note: '\(view.environment)' stays: \(view.reason)")
    }
    if wasEmpty, answer.versions.isEmpty { Output.message("nothing to prune") }
  }

  // MARK: - The answer

  private struct View: Encodable {
    struct Unreadable: Encodable {
      var remote: String
      var reason: String
    }

    var terminated: [DecisionView] = []
    var asleep: [DecisionView] = []
    var kept: [DecisionView]
    var failed: [DecisionView] = []
    /// Labels.
    var versions: [String] = []
    var unreadable: [Unreadable]
  }
}

/// What becomes of a preview, in `--json`.
private struct DecisionView: Encodable {
  var environment: String
  var branch: String
  /// For people.
  var reason: String
  /// What decided, for programs.
  var cause: String
  var error: String?
  /// It was to go, and stays.
  var isLate: Bool

  private enum CodingKeys: CodingKey {
    case environment, branch, reason, cause, error
  }

  init(_ decision: Reconciliation.Decision) {
    environment = decision.preview.name.text
    branch = decision.preview.branch?.text ?? decision.preview.tags.branch
    reason = PruneWords.reason(decision)
    cause = PruneWords.cause(decision.reason)
    isLate = decision.action != .keep
  }
}

private enum PruneWords {
  static func reason(_ decision: Reconciliation.Decision) -> String {
    let preview = decision.preview
    let branch = "branch " + Format.quoted(preview.branch?.text ?? preview.tags.branch)
    let remote = Format.quoted(preview.remote ?? "")
    switch decision.reason {
    case .isProtected: return "protected"
    case .busy(let holder): return busy(holder)
    case .asked: return "--keep"
    case .open: return until(preview) ?? "\(branch) is open"
    case .unpushed:
      return "\(branch) was never on \(remote), as far as is known" + also(preview)
    case .unknown: return "\(remote) cannot be read" + also(preview)
    case .gone: return "\(branch) is gone from \(remote)"
    case .merged(let how, let base): return "\(branch) is \(words(how)) \(Format.quoted(base.text))"
    case .expired(let expiry):
      let age = Format.age(of: expiry.date)
      return expiry.limit == .ttl
        ? "expired \(age), after its last deployment" : "expired \(age), at its longest life"
    case .terminating: return "it is being terminated"
    case .idle(let since): return "deployed \(Format.age(of: since))"
    }
  }

  static func busy(_ holder: String?) -> String {
    holder.map { "busy: " + Format.visible($0) } ?? "busy"
  }

  static func cause(_ reason: Reconciliation.Reason) -> String {
    switch reason {
    case .isProtected: "protected"
    case .busy: "busy"
    case .asked: "keep"
    case .open: "open"
    case .unpushed: "unpushed"
    case .unknown: "unknown"
    case .gone: "gone"
    case .merged(let how, _): how.rawValue
    case .expired: "expired"
    case .terminating: "terminating"
    case .idle: "idle"
    }
  }

  private static func words(_ merge: BranchState.Merge) -> String {
    switch merge {
    case .merged: "merged into"
    case .rebased: "rebased onto"
    case .squashed: "squashed into"
    case .contained: "contained in"
    }
  }

  private static func until(_ preview: Preview) -> String? {
    preview.expiry.map { "expires in " + Format.span($0.date.timeIntervalSince(Date())) }
  }

  private static func also(_ preview: Preview) -> String {
    until(preview).map { "; " + $0 } ?? ""
  }
}
