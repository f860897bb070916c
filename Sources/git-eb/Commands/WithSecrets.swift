import ArgumentParser
import Deployment
import Git
import SystemPackage

/// `git eb with-secrets`
struct WithSecrets: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "with-secrets",
    abstract: "Run another program that finds the secrets staged.",
    usage: "git eb with-secrets [<options>] -- <command> [<argument> ...]",
    discussion: """
      For programs that deploy what is staged, such as the EB CLI. The command sees an index of its \
      own, with the secrets over what you have staged, and an object directory of its own, both in \
      memory; nothing is written to the repository. They are gone when the command ends, also when \
      it or git-eb is killed. While it runs, git in it refuses to commit, and to make any reference \
      to an object that would go away.

      A program that does not heed GIT_INDEX_FILE and GIT_OBJECT_DIRECTORY sees nothing of it. For \
      such there is --in-place: the secrets are staged in the repository's own index, and taken out \
      again when the command ends: by a watcher when git-eb is killed, and by git-eb's next run when \
      the machine went down. What you stage meanwhile is kept. A commit that the command makes is \
      refused; one that somebody else makes meanwhile holds the secrets.

      Exit status: the command's own, 128 and the signal's number when it was killed, 127 when there \
      is no such command, 126 when it cannot be run; 2 when the secrets could not be staged.

      Examples:
        git eb with-secrets -- eb deploy --staged
        git eb with-secrets -e production -- sh -c 'git archive -o app.zip $(git write-tree)'
        git eb with-secrets --commit v1.4.0 -- git diff --cached --stat
        git eb with-secrets --in-place -- ./deploy.sh
      """)

  @Argument(
    parsing: .postTerminator,
    help: .init("The command and its arguments, after '--'.", valueName: "command"))
  var command: [String] = []

  @Flag(help: "Stage the secrets over what is staged now; the default.")
  var staged = false

  @Option(
    help: .init("Stage the secrets over this commit instead.", valueName: "commit"))
  var commit: String?

  @Flag(name: .customLong("in-place"), help: "Stage them in the repository's own index.")
  var inPlace = false

  @Option(
    help: .init(
      "Wait so long for another process that writes the index; 10s without it.",
      valueName: "duration"))
  var wait: String?

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if command.isEmpty {
      throw ValidationError("a command is missing: git eb with-secrets -- <command>")
    }
    if staged, commit != nil {
      throw ValidationError("'--staged' and '--commit' cannot be used together")
    }
    if inPlace, commit != nil {
      throw ValidationError("'--in-place' works on what is staged, not on a commit")
    }
    if common.json { throw ValidationError("'--json' has no meaning here") }
  }

  mutating func execute() async throws -> ExitStatus {
    let limit = try waitingLimit()
    let context = try Context(common)
    let reporter = context.reporter
    for problem in context.configuration.warnings { reporter.notice(.configuration(problem)) }
    Interruption.begin()
    if context.repository.workTree == nil, commit == nil { throw CommandError.nothingStaged }
    let name = try context.environment(environment)
    let session = SecretSession(
      context.repository.location, processEnvironment: context.processEnvironment,
      executable: try context.ownExecutable().string, context.surroundings)
    try await Threads.run { try session.waitForOthers(limit) }
    let (overlay, unignored) = try await OverlayReader(
      repository: context.repository, configuration: context.configuration, environment: name,
      context.surroundings
    ).read()
    if !unignored.isEmpty { reporter.notice(.unignoredSecrets(unignored)) }
    if overlay.secrets.isEmpty, !common.quiet {
      Output.message("warning: no secrets are listed for '\(name)'")
    }
    let request = SecretSession.Request(
      secrets: overlay.secrets, environment: name,
      root: context.configuration.bundle.rootPath, base: try base(context),
      isInPlace: inPlace && !overlay.secrets.isEmpty, command: command,
      directory: common.directory, wait: limit)
    let isQuiet = common.quiet
    let ending = try await Threads.run {
      try session.run(request) { Self.say($0, isQuiet: isQuiet) }
    }
    if case .interrupted = ending { throw CancellationError() }
    return .command(ending)
  }

  private func waitingLimit() throws -> Duration {
    guard let wait else { return .seconds(10) }
    guard let limit = Duration(setting: wait) else {
      throw CommandError.invalidValue(
        what: "duration", value: wait, why: "it is such as 90s or 10m")
    }
    return limit
  }

  private func base(_ context: Context) throws -> StagingBase {
    guard let commit else { return .index }
    guard let found = try context.repository.resolve(commit) else {
      throw ResolvingError.unknownRevision(commit)
    }
    if found.isAmbiguous { throw ResolvingError.ambiguousRevision(commit) }
    return .commit(found.tree.hex)
  }

  private static func say(_ report: SecretSession.Report, isQuiet: Bool) {
    switch report {
    case .healed(let taken):
      if !isQuiet {
        Output.message(
          "note: took back what an earlier git-eb had staged: \(Format.names(taken.names))")
      }
      TakenBackWords.warnings(taken).forEach(Output.message)
    case .replaced(let names):
      if !isQuiet { Output.message("warning: a secret takes the place of \(Format.names(names))") }
    case .stillStaged:
      Output.message("warning: the secrets are still staged in this repository")
      Output.message("hint: git eb recover")
    case .takenBack(let taken): TakenBackWords.warnings(taken).forEach(Output.message)
    }
  }
}
