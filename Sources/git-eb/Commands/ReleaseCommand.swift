import ArgumentParser
import Deployment
import FoundationEssentials
import Git

/// `git eb release`
struct ReleaseCommand: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "release",
    abstract: "Tag the commit that an environment runs, and name the version after the tag.",
    discussion: """
      Makes an annotated tag at the commit that the environment runs, signed where git is \
      configured to. Its message has release notes and, as trailers, which application version \
      it is: Application, Environment, Version-Label, Bundle-Digest and Deployed-At. The version's \
      description on the host then says the tag. A version that was made from what was staged, or \
      from the work tree, is refused: the commit is not all that it holds.

      The notes list the commits since the last release in this environment, or else since the last \
      tag, without merges. Where at least half of them have the form of Conventional Commits, they \
      are grouped into breaking changes, features, fixes and others.

      Without a name, the next version is proposed on a terminal: Return takes it. It is the last \
      one with its major number counted up for what breaks (below 1.0.0 its minor number), the minor \
      number for features, and else the last number.

      With --push, the tag goes to the branch's remote, else to the one that remote.pushDefault \
      names, the only one, or origin. The same command may be given again: what is done already is \
      left as it is, and a tag that names something else is refused.

      Examples:
        git eb release                             # asks for the name
        git eb release v1.4.0 -e production --push
        git eb release v1.4.0 --dry-run            # what would be tagged, and the notes
        git eb release v1.4.0 --notes > notes.md
        git eb release --dry-run --notes           # only the notes
        git eb release v1.4.0 --commit 9c6aee8 -m 'The autumn release'
      """)

  @Argument(help: .init("The tag's name, such as v1.4.0.", valueName: "tag"))
  var name: String?

  @Option(
    help: .init(
      """
      The commit to release, instead of the one that the environment runs: the newest version \
      that was made from it.
      """, valueName: "commit"))
  var commit: String?

  @Flag(help: "Push the tag to the remote.")
  var push = false

  @Flag(help: "Print the release notes, in Markdown, and nothing else on standard output.")
  var notes = false

  @Option(
    name: .shortAndLong,
    help: .init("The tag's message, instead of the release notes.", valueName: "text"))
  var message: String?

  @Flag(name: .customLong("dry-run"), help: "Say what would happen, and do nothing.")
  var dryRun = false

  @Flag(name: .shortAndLong, help: "Sign the tag, also where git is not configured to.")
  var sign = false

  @Option(
    name: [.customShort("u"), .customLong("local-user")],
    help: .init("Sign the tag with this key.", valueName: "key"))
  var key: String?

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  mutating func execute() async throws -> ExitStatus {
    if let name, TagName(name) == nil { throw ReleaseError.invalidTag(name) }
    let context = try Context(common, flags: place.flags)
    let asked = try commit.map { try Self.commit($0, in: context.repository) }
    let host = try context.host()
    let found = try await context.describedEnvironment(environment, on: host)
    let planner = ReleasePlanner(
      repository: context.repository, application: context.application, host: host)
    let candidate = try await planner.candidate(in: found, commit: asked)
    let tag = try tag(for: candidate, planner)
    let changes = try planner.changes(of: candidate, as: tag)
    let wanted = ReleaseTag(
      name: tag, target: candidate.commit.id,
      release: candidate.release(of: context.application))
    let tagger = ReleaseTagger(context.repository, isQuiet: common.quiet) {
      Interruption.isRequested
    }
    Interruption.begin()
    var progress = try await progress(of: wanted, tagger, context)
    let answer = Answer(tag: wanted, candidate: candidate, changes: changes)
    if dryRun { return try render(answer, progress) }
    if !progress.isTagged {
      try await tagger.make(
        tag, at: candidate.commit.id, message: text(of: wanted, changes), signing)
      progress.isNew = true
    }
    do {
      if let remote = progress.remote, !progress.isPushed {
        try await tagger.push(wanted, to: remote)
        progress.isPushed = true
      }
    } catch is Interrupted {
      Output.message("error: interrupted; the tag '\(tag)' is made, and not pushed")
      Output.message("hint: " + again(tag, candidate.environment))
      return .interrupted
    }
    progress.isNamed = await nameVersion(candidate, tag, on: host)
    let status = try render(answer, progress)
    return Interruption.isRequested ? .interrupted : status
  }

  private var signing: ReleaseTagger.Signing {
    key.map { .key($0) } ?? (sign ? .signed : .configured)
  }

  private static func commit(_ words: String, in repository: Repository) throws -> Commit {
    guard let revision = try repository.resolve(words) else {
      throw ResolvingError.unknownRevision(words)
    }
    if revision.isAmbiguous { throw ResolvingError.ambiguousRevision(words) }
    guard let id = revision.commit, let commit = try repository.commit(id) else {
      throw ResolvingError.notACommit(words)
    }
    return commit
  }

  // MARK: - The tag

  /// The name that was given, or the one that is agreed on.
  private func tag(
    for candidate: ReleaseCandidate, _ planner: ReleasePlanner
  ) throws -> TagName {
    if let tag = name.flatMap({ TagName($0) }) { return tag }
    // What comes after a tag's number can be a tag's name as well.
    guard let proposed = try planner.proposal(for: candidate) else {
      throw ReleaseError.invalidTag("")
    }
    if dryRun { return proposed }
    guard Output.isInputTerminal, Output.isErrorTerminal else {
      throw ReleaseError.noTag(proposed: proposed)
    }
    Output.message(
      "'\(candidate.environment)' runs \(candidate.version.label): "
        + "\(candidate.commit.id.abbreviated()) \(Format.visible(candidate.commit.summary))")
    Output.status("release it as [\(proposed)]: ")
    guard let line = readLine() else { throw CommandError.notConfirmed }
    let typed = String(line.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    if typed.isEmpty { return proposed }
    guard let tag = TagName(typed) else { throw ReleaseError.invalidTag(typed) }
    return tag
  }

  private func text(of wanted: ReleaseTag, _ changes: ReleasePlanner.Changes) -> String {
    guard let release = wanted.release else { return "" }
    if let message { return release.message(title: message, body: "") }
    return release.message(
      title: "\(release.application) \(wanted.name)", body: changes.notes.markdown)
  }

  // MARK: - What is done already

  /// How far the release is.
  private struct Progress {
    var isTagged: Bool
    /// The tag is made now.
    var isNew = false
    /// Where it is to be pushed to, if that is asked for.
    var remote: String?
    var isPushed = false
    var isNamed = false
  }

  /// Refuses a tag that is there and names something else, here or on the remote.
  private func progress(
    of wanted: ReleaseTag, _ tagger: ReleaseTagger, _ context: Context
  ) async throws -> Progress {
    let repository = context.repository
    let existing = try ReleaseTag.find(wanted.name, in: repository)
    if let existing, !existing.isSame(as: wanted) {
      throw ReleaseError.taken(existing, wanted: wanted)
    }
    var progress = Progress(isTagged: existing != nil)
    guard push else { return progress }
    let branch = try? context.resolver.currentBranch(context.askedBranch(environment))
    guard let remote = ReleaseRemote.name(for: branch, in: try repository.configuration()) else {
      throw ReleaseError.noRemote
    }
    progress.remote = remote
    if let there = try await tagger.find(wanted.name, on: remote) {
      guard try there.id == repository.reference(wanted.name.fullName) else {
        throw ReleaseError.takenOnRemote(remote, there: there.target, wanted: wanted)
      }
      progress.isPushed = true
    }
    return progress
  }

  // MARK: - The version's name

  /// Names the version on the host. The tag is made by then, and stays when this fails.
  private func nameVersion(
    _ candidate: ReleaseCandidate, _ tag: TagName, on host: any Host
  ) async -> Bool {
    do {
      try await host.name(candidate.version.label, release: tag.text)
      return true
    } catch {
      let failure = Failure(error)
      Output.message(
        "warning: version '\(candidate.version.label)' is not named after the tag: "
          + (failure.status == .interrupted ? "interrupted" : failure.message))
      for line in failure.details { Output.message(line) }
      Output.message("hint: " + again(tag, candidate.environment))
      return false
    }
  }

  /// The command that does what is left.
  private func again(
    _ tag: TagName, _ environment: EnvironmentName, pushing: Bool? = nil
  ) -> String {
    "git eb release \(tag) -e \(environment)" + (commit.map { " --commit \($0)" } ?? "")
      + (pushing ?? push ? " --push" : "")
  }

  // MARK: - The answer

  /// What is released, and as what.
  private struct Answer {
    var tag: ReleaseTag
    var candidate: ReleaseCandidate
    var changes: ReleasePlanner.Changes
  }

  private struct View: Encodable {
    var tag: String
    var commit: String
    var subject: String
    var application: String?
    var environment: String
    var label: String
    var digest: String
    var deployedAt: Date?
    /// The tag of the release before.
    var previous: String?
    /// In Markdown.
    var notes: String
    /// Whether the tag was made now.
    var created: Bool
    /// The remote that has the tag, as far as that was asked for.
    var remote: String?
    /// Whether the version on the host says the tag.
    var named: Bool

    init(_ answer: Answer, _ progress: Progress) {
      tag = answer.tag.name.text
      commit = answer.candidate.commit.id.hex
      subject = answer.candidate.commit.summary
      application = answer.tag.release?.application.text
      environment = answer.candidate.environment.text
      label = answer.candidate.version.label.text
      digest = answer.candidate.version.digest
      deployedAt = answer.candidate.deployedAt
      previous = answer.changes.previous
      notes = answer.changes.notes.markdown
      created = progress.isNew
      remote = progress.isPushed ? progress.remote : nil
      named = progress.isNamed
    }
  }

  private func render(_ answer: Answer, _ progress: Progress) throws -> ExitStatus {
    if common.json {
      try Output.json(View(answer, progress))
      return .success
    }
    let lines = dryRun ? plan(answer, progress) : [result(answer, progress)]
    if notes {
      // The notes alone are what was asked for; the rest is conversation.
      if !common.quiet { for line in lines { Output.message(line) } }
      Output.text(answer.changes.notes.markdown)
      return .success
    }
    for line in lines { Output.line(line) }
    if dryRun {
      Output.line()
      Output.text(answer.changes.notes.markdown)
    } else if progress.isNew, progress.remote == nil, !common.quiet {
      let command = again(answer.tag.name, answer.candidate.environment, pushing: true)
      Output.message("hint: \(command) shares it")
    }
    return .success
  }

  /// One line in the manner of `git push`.
  private func result(_ answer: Answer, _ progress: Progress) -> String {
    let mark = progress.isNew ? "* [new release]      " : "= [released]         "
    let (tag, candidate) = (answer.tag, answer.candidate)
    let pushed = progress.isPushed ? progress.remote.map { ", on \($0)" } ?? "" : ""
    return " \(mark)\(tag.name) -> \(tag.target.abbreviated())  "
      + "(\(candidate.version.label), \(candidate.environment)\(pushed))"
  }

  private func plan(_ answer: Answer, _ progress: Progress) -> [String] {
    let candidate = answer.candidate
    var table = Table()
    table.add(["tag:", answer.tag.name.text + (progress.isTagged ? ", made already" : "")])
    table.add([
      "commit:",
      "\(candidate.commit.id.abbreviated()) \(Format.visible(candidate.commit.summary))",
    ])
    table.add(["environment:", candidate.environment.text])
    table.add(["version:", candidate.version.label.text])
    table.add(["digest:", candidate.version.digest])
    if let date = candidate.deployedAt { table.add(["deployed:", Format.time(date)]) }
    table.add(["since:", answer.changes.previous ?? "the first commit"])
    if let remote = progress.remote {
      table.add(["push:", remote + (progress.isPushed ? ", pushed already" : "")])
    }
    return table.lines
  }
}
