import ArgumentParser
import Deployment
import Git
import Zip

/// `git eb check`
struct Check: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Find in the bundle what Beanstalk would fail on.",
    discussion: """
      Looks at the bundle that a push would send, or at a finished one, without unpacking it: its \
      layout, hooks, .ebextensions, Procfile, Dockerfile and the like, and what should not leave \
      the machine. git eb push does the same; errors stop it, unless it is given --no-check.

      What is made of a rule is set under 'check' in .git-eb.yml: off, warning or error. Secrets \
      that may be there are listed under check.allow, by path or by the fingerprint that is told.

      --fix mends what is mechanical: executable bits, line ends of scripts, a misplaced \
      .ebextensions. It shows the changes first and asks. They are staged, and committed by you.

      Exit status: 0 no errors, 1 errors, 2 it could not look.

      Examples:
        git eb check                      # what a push would deploy
        git eb check --staged -e production
        git eb check --bundle build/app.zip
        git eb check --explain EB104      # what it means, and what to do
        git eb check --format sarif > check.sarif
      """)

  enum Answer: String, ExpressibleByArgument, CaseIterable {
    case text, json, sarif, github
  }

  @Argument(help: .init("What to look at; HEAD without it.", valueName: "commit-ish"))
  var revision: String?

  @OptionGroup var source: SourceOptions

  @Option(help: .init("Look at a finished bundle: a zip, war or jar.", valueName: "file"))
  var bundle: String?

  @OptionGroup var environment: EnvironmentOptions

  @Option(help: "How to answer: for people, machines, code scanning or GitHub's log.")
  var format: Answer?

  @Flag(help: "Mend what is mechanical, after showing it.")
  var fix = false

  @Flag(name: .shortAndLong, help: "With --fix: do not ask.")
  var yes = false

  @Option(help: .init("Say what a rule is about.", valueName: "rule"))
  var explain: String?

  @Flag(help: "List the rules.")
  var list = false

  @OptionGroup var base: ConfigurationOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    let choice = try source.choice(revision: revision)
    if bundle != nil, choice != .commit(nil) || fix {
      throw ValidationError("'--bundle' takes no other source, and '--fix' mends none")
    }
    if fix, revision != nil {
      throw ValidationError("'--fix' mends what is checked out, and takes no commit")
    }
    if yes, !fix { throw ValidationError("'--yes' goes with '--fix'") }
    if format != nil, common.json { throw ValidationError("'--json' is '--format json'") }
    if let explain, Rules.rule(explain) == nil {
      let nearest = EditDistance.nearest(
        to: explain, among: Rules.all.flatMap { [$0.id, $0.name] })
      throw ValidationError(
        "there is no rule '\(explain)'" + (nearest.map { "; did you mean '\($0)'?" } ?? ""))
    }
  }

  mutating func execute() async throws -> ExitStatus {
    if let rule = explain.flatMap({ Rules.rule($0) }) {
      return try RuleReport.render(rule, json: answer == .json)
    }
    if list { return try RuleReport.renderAll(json: answer == .json) }
    Interruption.begin()
    let looked = try await look()
    if fix, let context = looked.context {
      return try await Mending(context, isAsking: !yes).run(looked.findings)
    }
    return try render(looked)
  }

  private var answer: Answer { common.json ? .json : format ?? .text }

  // MARK: - Looking

  private struct Looked {
    var findings: [Finding]
    var entryCount: Int
    var root = ""
    var context: Context?
  }

  private func look() async throws -> Looked {
    if let bundle { return try look(at: bundle) }
    let context = try Context(common, revision: revision, base: base)
    let target = try target(context)
    let checking = BundleChecking(
      repository: context.repository, configuration: context.configuration,
      environment: target.environment, isEphemeral: target.isEphemeral, context.surroundings)
    let checked = try await checking.check(
      try context.source(source.choice(revision: revision)), words: context.reporter.words)
    return Looked(
      findings: checked.findings, entryCount: checked.entryCount,
      root: context.configuration.bundle.rootPath, context: context)
  }

  /// Where no branch says which environment is meant, rules do without.
  private func target(
    _ context: Context
  ) throws -> (environment: EnvironmentName?, isEphemeral: Bool) {
    do {
      let mapping = try context.resolver.environment(
        named: context.askedEnvironment(environment), branch: context.askedBranch(environment))
      return (mapping.environment, mapping.isEphemeral)
    } catch is ResolvingError
      where environment.environment == nil && environment.branch == nil
    {
      return (nil, false)
    }
  }

  /// A finished bundle, wherever it is: the configuration is that of the repository around, if
  /// there is one.
  private func look(at path: String) throws -> Looked {
    let place = common.directory.map { path.hasPrefix("/") ? path : $0 + "/" + path } ?? path
    let archive: ZipReader
    do {
      archive = try ZipReader(path: place)
    } catch {
      throw CommandError.unreadableBundle(path, error)
    }
    let context = try Context.ifThereIsOne(common, base: base)
    let target = try context.map { try self.target($0) }
    var surroundings = CheckSurroundings()
    if let context {
      surroundings = CheckSurroundings(
        of: target?.environment, isEphemeral: target?.isEphemeral ?? false, context.configuration)
    }
    let checked = try CheckedBundle(
      archive: archive, surroundings, isInterrupted: { Interruption.isRequested })
    let checker =
      context.map { Checker($0.configuration) } ?? Checker(CheckSettings(), isOnBeanstalk: true)
    return Looked(findings: checker.findings(in: checked), entryCount: checked.entries.count)
  }

  // MARK: - The answer

  private struct View: Encodable {
    var findings: [FindingView]
    var errors: Int
    var warnings: Int
    var entries: Int
  }

  private func render(_ looked: Looked) throws -> ExitStatus {
    let findings = looked.findings
    let errors = findings.count { $0.severity == .error }
    switch answer {
    case .json:
      try Output.json(
        View(
          findings: findings.map { FindingView($0, root: looked.root) }, errors: errors,
          warnings: findings.count - errors, entries: looked.entryCount))
    case .sarif:
      try Output.json(SARIF(findings, root: looked.root))
    case .github:
      for line in GitHubAnnotations.lines(findings, root: looked.root) { Output.line(line) }
    case .text:
      let lines = FindingLines(root: looked.root, style: looked.context?.style).lines(findings)
      for line in lines { Output.line(line) }
      let total = CheckCount(findings)
      Output.line("\(total) in \(Format.count(looked.entryCount, "entry", "entries"))")
    }
    return errors > 0 ? .deploymentFailed : .success
  }
}
