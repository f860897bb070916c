import AWS
import ArgumentParser
import CPlatform
import Deployment
import Git
import Zip

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An error in words: the one place where facts get messages, hints and an exit status.
///
/// Messages are git's kind: lower case, no full stop, what failed first, then hints with the
/// command to type.
struct Failure {
  var status: ExitStatus
  var message: String
  var hints: [String] = []
  /// Lines between message and hints.
  var details: [String] = []
  /// Nothing is said: a reader that went away, or help that was asked for.
  var isSilent = false

  init(_ error: any Error) {
    switch error {
    case let error as ResolvingError: self.init(error)
    case let error as ConfigurationBase.Problem: self.init(error)
    case let error as UnknownEnvironment:
      self.init(
        .refused, "there is no environment '\(error.name)', and nothing maps to it",
        hint: error.nearest.map { "did you mean '\($0)'?" }
          ?? "name it under 'branches' or 'environments' in .git-eb.yml")
    case let error as ConfigurationError: self.init(error)
    case let error as SecretError: self.init(error)
    case let error as SourceError: self.init(error)
    case let error as SafeguardError: self.init(error)
    case let error as OutsideHook.Refused: self.init(error)
    case let error as GuardError: self.init(error)
    case let error as GuardRefusal:
      self.init(.deploymentFailed, error.message, details: error.details)
      hints = error.hints
    case let error as HostError: self.init(error)
    case let error as Ancestry.Refusal: self.init(error)
    case let error as Supersession.Refusal: self.init(error)
    case let error as AdmissionError: self.init(error)
    case let error as ReuseError: self.init(error)
    case let error as ReleaseError: self.init(error)
    case let error as ReferenceTransaction.Refused:
      self.init(.refused, "git does not change references: \(Format.visible(error.reason))")
    case let error as BundleLimits.Exceeded: self.init(error)
    case let error as CheckRefusal:
      let count = CheckCount(errors: error.errors.count, warnings: 0)
      self.init(
        .refused, "nothing was sent: the checks found \(count)",
        details: FindingLines().messages(error.errors))
      hints = error.errors.prefix(1).map { "git eb check --explain \($0.rule.id)" }
      hints.append("git eb push --no-check, to send it all the same")
    case let error as PreviewLimit.Reached: self.init(error)
    case let error as CommandError: self.init(error)
    case let error as RemoteRefusal: self.init(error)
    case let error as InstanceError: self.init(error)
    case let error as GitError: self.init(error)
    case let error as ZipError: self.init(error)
    case let error as FileError:
      self.init(.refused, "cannot \(error.operation) \(Format.quoted(error.path)): \(error.reason)")
    case let error as StillGoingOn:
      self.init(
        .interrupted, "interrupted; the work on '\(error.environment)' goes on",
        hint: "git eb events -f -e \(error.environment)")
      hints.append("git eb abort -e \(error.environment)")
    case is Interrupted, is CancellationError:
      self.init(.interrupted, "interrupted; nothing was changed")
    default:
      if let failure = AWSFailure(error) {
        self.init(failure)
      } else {
        self.init(parser: error)
      }
    }
  }

  /// For an error of the argument parser, which does not say which word it took for a command.
  init(_ error: any Error, arguments: [String]) {
    guard let word = arguments.first, !word.hasPrefix("-"), word != "help",
      GitEB.exitCode(for: error) == .validationFailure, !GitEB.commandNames.contains(word)
    else {
      self.init(error)
      return
    }
    let nearest =
      GitEB.otherNames[word] ?? EditDistance.nearest(to: word, among: GitEB.commandNames)
    self.init(
      .misuse, "\(Format.quoted(word)) is not a command of git eb",
      hint: nearest.map { "did you mean '\($0)'?" } ?? "git eb -h lists them")
  }

  /// Says it, and answers with the status to end with.
  func report() -> ExitStatus {
    guard !isSilent else { return status }
    Output.message("error: " + message)
    for line in details { Output.message(line) }
    for hint in hints { Output.message("hint: " + hint) }
    return status
  }

  private init(
    _ status: ExitStatus, _ message: String, hint: String? = nil, details: [String] = []
  ) {
    self.status = status
    self.message = message
    self.hints = hint.map { [$0] } ?? []
    self.details = details
  }

  private init(_ failure: AWSFailure) {
    self.init(failure.status, failure.message, details: failure.details)
    hints = failure.hints
  }

  /// What the argument parser has to say: help on standard output, mistakes with the usage.
  private init(parser error: any Error) {
    let code = GitEB.exitCode(for: error)
    if code == .success {
      Output.text(GitEB.fullMessage(for: error))
      Output.line()
      self.init(.success, "")
      isSilent = true
      return
    }
    if code == .validationFailure {
      let full = GitEB.fullMessage(for: error).split(separator: "\n").map(String.init)
      let usage = full.filter { $0.hasPrefix("Usage:") }
      let message = GitEB.message(for: error)
      self.init(.misuse, Self.lowered(message), details: usage)
      // "See 'git eb push --help' for more information." would run git's own help: the manual.
      hints = full.compactMap { line in
        guard let start = line.firstRange(of: "See '")?.upperBound,
          let end = line[start...].firstRange(of: " --help'")?.lowerBound
        else { return nil }
        return line[start..<end] + " -h"
      }
    } else {
      self.init(.refused, "\(error)")
    }
  }

  /// The argument parser begins its sentences with a capital and ends them with a full stop.
  private static func lowered(_ message: String) -> String {
    var text = message.split(separator: "\n").first.map(String.init) ?? message
    if text.last == "." { text.removeLast() }
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}

// MARK: - Which environment

extension Failure {
  private init(_ error: ResolvingError) {
    switch error {
    case .detached(let service?):
      self.init(
        .refused, "\(service.rawValue) does not say which branch is checked out",
        hint: "git eb push --branch <branch>")
    case .detached(nil):
      self.init(
        .refused, "HEAD is detached, so no branch says which environment is meant",
        hint: "git eb push --branch <branch>, or --environment <name>")
    case .unborn(let branch):
      self.init(
        .refused, "branch \(Format.quoted(branch.description)) has no commit yet",
        hint: "git commit")
    case .unmapped(let branch):
      let name = branch.description
      self.init(
        .refused, "branch \(Format.quoted(name)) maps to no environment",
        hint: "add it to 'branches' in .git-eb.yml, or: "
          + "git config branch.\(name).ebEnvironment <name>")
    case .invalidBranch(let text):
      self.init(.refused, "\(Format.quoted(text)) is not a branch name")
    case .invalidEnvironment(let text):
      self.init(
        .refused, "\(Format.quoted(text)) is not an environment name",
        hint: "a name is at most 40 letters, digits and hyphens, with no hyphen at either end")
    case .unknownRevision(let text):
      self.init(.refused, "\(Format.quoted(text)) is no commit here", hint: "git fetch")
    case .ambiguousRevision(let text):
      self.init(
        .refused, "\(Format.quoted(text)) is both a branch and a tag",
        hint: "say heads/\(text) or tags/\(text)")
    case .notACommit(let text):
      self.init(.refused, "\(Format.quoted(text)) is not a commit")
    case .pullRequest(let branch, let environment):
      self.init(
        .refused,
        "this is a pull request from a branch called \(Format.quoted(branch.description)), which "
          + "says nothing about '\(environment)'",
        hint: "git eb push --environment <name>, for what is to be shared all the same")
    case .protected(let environment, let branch):
      let from = branch.map { "branch \(Format.quoted($0.description)) is not" } ?? "this is not"
      self.init(
        .refused,
        "environment '\(environment)' is protected, and \(from) the branch that maps to it",
        hint: "git eb which --all")
    case .protectedFromCommit(let environment, let commit, let branch):
      self.init(
        .refused,
        "environment '\(environment)' is protected, and \(Format.short(commit)) is not on branch "
          + Format.quoted(branch.description),
        hint: "git branch -a --contains \(Format.short(commit))")
    case .environmentAsRevision(let environment):
      self.init(
        .refused, "'\(environment)' is no commit here, but an environment",
        hint: "git eb push --environment \(environment)")
    }
  }

  private init(_ error: Supersession.Refusal) {
    switch error {
    case .elsewhere(let environment, let label, _):
      self.init(
        .refused,
        "\(label), which is on its way to '\(environment)', is not of the branch that is pushed",
        hint: "git eb push --wait 10m, or git eb abort -e \(environment)")
    case .newer(let environment, let label, let commit):
      self.init(
        .refused,
        "\(label), which is on its way to '\(environment)', is newer than what is pushed",
        hint: "git log ..\(Format.short(commit))")
    }
  }

  private init(_ error: ConfigurationBase.Problem) {
    switch error {
    case .notHere(let service, let branch, let remote):
      let name = "\(remote)/\(branch)"
      self.init(
        .refused,
        "\(service.rawValue) builds a pull request, and \(Format.quoted(name)), whose .git-eb.yml "
          + "counts, is not here",
        hint: "git fetch \(Format.visible(remote)) \(Format.visible(branch.description))")
      hints.append("git eb push --config-from <commit> goes by another commit")
    case .notSaid(let service):
      self.init(
        .refused,
        "\(service.rawValue) builds a pull request, and does not say which branch it is for",
        hint: "git eb push --config-from <commit>, whose .git-eb.yml counts")
    }
  }

  private init(_ error: Ancestry.Refusal) {
    switch error {
    case .stale(let environment, let running, let expected):
      let runs = running.map { "runs " + Format.short($0) } ?? "runs no known commit"
      self.init(
        .refused, "'\(environment)' \(runs), and not \(Format.short(expected)) as expected",
        hint: "git eb fetch, and look at what it runs now")
    case .backwards(let environment, let running, let pushed, let isShallow):
      self.init(
        .refused,
        "'\(environment)' runs \(Format.short(running)), which is not an ancestor of "
          + Format.short(pushed),
        hint: "git log \(Format.short(pushed))..\(Format.short(running)) shows what would be lost; "
          + "--force deploys all the same")
      // Where the history is cut off, an ancestor may not be seen.
      if isShallow { hints.insert("git fetch --unshallow", at: 0) }
    case .unknownCommit(let environment, let running, let isShallow):
      self.init(
        .refused,
        "'\(environment)' runs \(Format.short(running)), a commit that this clone does not have",
        hint: isShallow ? "git fetch --unshallow" : "git fetch")
    }
  }
}

// MARK: - Versions that were built before

extension Failure {
  private init(_ error: ReuseError) {
    switch error {
    case .noRecords(let environment):
      self.init(
        .refused, "no record says what '\(environment)' ran before",
        hint: "git eb versions lists what there is; git eb rollback -e \(environment) --to <label>")
      hints.append("git eb log --fetch <remote> brings the records of others")
    case .noVersionBefore(let environment, let steps, let known):
      let versions = Format.count(known, "version")
      self.init(
        .refused,
        "the records know \(versions) of '\(environment)' before the one that runs, not \(steps)",
        hint: "git eb log \(environment)")
    case .changed(let label, let recorded, let found):
      self.init(
        .refused,
        "the host's \(label) is not what was deployed: its digest is \(found.prefix(12)), and "
          + "\(recorded.prefix(12)) was recorded",
        hint: "git eb push <commit> builds it again")
    case .notBuildable(let label, let source):
      self.init(
        .refused,
        "\(label) is gone from the host and cannot be built again: it was no commit"
          + (source.isEmpty ? "" : ", but \(source)"),
        hint: "git eb log; git eb rollback --to <label> takes another")
    case .commitMissing(let label, let commit):
      self.init(
        .refused,
        "\(label) is gone from the host, and its commit \(Format.short(commit)) is not in this "
          + "clone",
        hint: "git fetch")
    case .nothingRuns(let environment):
      self.init(.refused, "'\(environment)' runs nothing", hint: "git eb push -e \(environment)")
    case .notHealthy(let environment, let health):
      self.init(
        .refused, "'\(environment)' is \(health)",
        hint: "git eb health -e \(environment); --force takes what it runs all the same")
    case .otherSecrets(let from, let to, let places):
      self.init(
        .refused,
        "the version that '\(from)' runs carries its secrets, and '\(to)' has others: "
          + Format.names(places),
        hint: "git eb push <commit> -e \(to) builds it with those of '\(to)'")
    }
  }
}

// MARK: - Previews

extension Failure {
  private init(_ error: PreviewLimit.Reached) {
    self.init(
      .refused,
      "this repository has \(Format.count(error.count, "preview")), and previews.limit is "
        + "\(error.limit)",
      hint: "git eb prune",
      details: error.oldest.map { environment in
        let branch = PreviewTags(environment.tags).map { Format.visible($0.branch) } ?? ""
        let age = Format.age(of: environment.updated)
        return "  oldest: \(environment.name), branch \(branch), deployed \(age)"
      })
  }
}

// MARK: - Admission

extension Failure {
  private init(_ error: AdmissionError) {
    switch error {
    case .untagged(let environment, let commit):
      self.init(
        .refused,
        "'\(environment)' takes only what a tag names, and none names \(Format.short(commit))",
        hint: "git tag -a <tag> \(Format.short(commit))")
    case .unsigned(let environment, let commit):
      self.init(
        .refused,
        "'\(environment)' takes only what is signed, and git verifies no signature of "
          + Format.short(commit),
        hint: "git verify-commit \(Format.short(commit)) says why; git tag -s signs it by a tag")
    case .notACommit(let environment, let rule, let kind):
      let what = rule == .tags ? "what a tag names" : "what is signed"
      self.init(
        .refused, "'\(environment)' takes only \(what), and not a source that is \(kind)",
        hint: "commit it, and deploy the commit")
    }
  }
}

// MARK: - As a remote of git

extension Failure {
  private init(_ error: RemoteRefusal) {
    switch error {
    case .notFromGit:
      self.init(
        .misuse, "this is for git to run", hint: "git remote add production eb::production")
    case .noEnvironment(let remote, let address):
      // Where no remote is configured, git gives the address as its name.
      let isNamed = !remote.hasPrefix(RemoteEnvironment.prefix) && remote != address
      self.init(
        .misuse,
        "\(Format.quoted(RemoteEnvironment.prefix + address)) names no environment",
        hint: isNamed
          ? "git remote set-url \(Format.visible(remote)) eb::<environment>"
          : "git remote add <environment> eb::<environment>")
    case .unknownRequest(let line):
      self.init(.misuse, "git asks for something unknown: \(Format.quoted(line))")
    case .deletion(let environment):
      self.init(
        .refused, "an environment is not taken down by a push",
        hint: "git eb terminate \(environment)")
    case .neitherBranchNorTag(let reference):
      self.init(.refused, "\(Format.quoted(reference)) is neither a branch nor a tag")
    case .several(let count, let example, let remote):
      self.init(
        .refused, "a push deploys one commit, and here are \(Format.count(count, "reference"))",
        hint: "git push \(Format.visible(remote)) \(Format.visible(example))")
    case .otherBranch(let branch, let environment, let own, let remote):
      let name = Format.visible(branch.description)
      self.init(
        .refused, "branch '\(name)' does not map to environment '\(environment)'",
        hint: "git push \(Format.visible(remote)) \(name):\(Format.visible(own.description))")
    case .runsAlready(let environment, let running):
      self.init(
        .refused, "'\(environment)' runs \(Format.short(running)), and not nothing as expected",
        hint: "git eb status -e \(environment)")
    case .notBuilt(let commit, let artifact):
      self.init(
        .refused,
        "\(commit.abbreviated()) is not checked out, and \(Format.quoted(artifact)) was built of "
          + "what is",
        hint: "git switch --detach \(commit.abbreviated()), and build it")
    case .busy(let environment, let holder):
      self.init(HostError.busy(name: environment, holder: holder))
      hints = ["git config eb.push.wait 10m waits for it"]
    case .cloning(let environment):
      self.init(
        .refused, "environment '\(environment)' keeps no history to clone",
        hint: "clone the repository, and there: git remote add \(environment) eb::\(environment)")
    case .missingCommit(let environment, let commit, let isShallow, let remote):
      self.init(
        .refused,
        "'\(environment)' runs \(commit.abbreviated()), a commit that this clone does not have",
        hint: "git fetch " + (isShallow ? "--unshallow " : "")
          + (remote.map { Format.visible($0) } ?? "<remote>"))
    }
  }
}

// MARK: - Releases

extension Failure {
  private init(_ error: ReleaseError) {
    switch error {
    case .invalidTag(let text):
      self.init(
        .misuse, "\(Format.quoted(text)) is not a tag's name", hint: "git eb release v1.4.0")
    case .noTag(let proposed):
      self.init(
        .refused, "no tag is named, and there is no terminal to ask on",
        hint: "git eb release \(proposed)")
    case .unsettled(let environment):
      self.init(
        .refused, "'\(environment)' is being changed, so that what it runs is not settled",
        hint: "git eb status -e \(environment)")
    case .holdsMore(let label, let source):
      self.init(
        .refused,
        "version '\(label)' holds what no commit does: it was made from "
          + (source == "staged" ? "what was staged" : "the work tree"),
        hint: "git commit, and git eb push, deploys a version that a tag can name")
    case .noCommit(let label, let environment):
      self.init(
        .refused,
        "'\(environment)' runs '\(label)', which another tool made: nothing says its commit",
        hint: "git eb push -e \(environment) deploys a version that says it")
    case .noVersion(let commit, let environment):
      let id = commit.id.abbreviated()
      self.init(
        .refused,
        "\(id) does not run in '\(environment)', and no version was made from it",
        hint: "git eb push \(id) -e \(environment)")
    case .taken(let tag, let wanted):
      self.init(
        .refused, "tag '\(tag.name)' is there already, and names something else",
        hint: "git show \(tag.name), or choose another name",
        details: ["  there:  " + Self.words(tag), "  wanted: " + Self.words(wanted)])
    case .takenOnRemote(let remote, let there, let wanted):
      self.init(
        .refused,
        "\(Format.quoted(remote)) has a tag '\(wanted.name)' that is not the one here",
        hint: "git fetch \(remote) tag \(wanted.name), or choose another name",
        details: [
          "  there:  " + there.abbreviated(), "  wanted: " + wanted.target.abbreviated(),
        ])
    case .noRemote:
      self.init(
        .refused, "there is no remote to push the tag to", hint: "git remote add origin <url>")
    case .notSigned(let tag):
      self.init(
        .refused, "git could not sign the tag '\(tag)', so it is not made",
        hint: "git config user.signingKey <key>, or -u <key>")
    case .notPushed(let tag, let remote):
      self.init(
        .refused,
        "the tag '\(tag.name)' is made here, and \(Format.quoted(remote)) did not take it",
        hint: Self.again(tag) + " --push tries again")
      hints.append("git tag -d \(tag.name) takes the tag back")
    }
  }

  /// The command that made the tag.
  private static func again(_ tag: ReleaseTag) -> String {
    guard let release = tag.release else { return "git eb release \(tag.name)" }
    // What does not run there has to be named.
    let commit = release.deployedAt == nil ? " --commit \(tag.target.abbreviated())" : ""
    return "git eb release \(tag.name) -e \(release.environment)\(commit)"
  }

  /// Such as `1a2b3c4, master-1a2b3c4-9c6aee8d in production`.
  private static func words(_ tag: ReleaseTag) -> String {
    tag.target.abbreviated()
      + (tag.release.map { ", \($0.label) of \($0.application) in \($0.environment)" }
        ?? ", no release")
  }
}

// MARK: - Configuration

extension Failure {
  private init(_ error: ConfigurationError) {
    let words = error.problems.map(ProblemWords.init)
    // What is wrong with an option is misuse of the command, not of a file.
    let isMisuse = error.problems.allSatisfy {
      if case .commandLine = $0.origin { true } else { false }
    }
    self.init(
      isMisuse ? .misuse : .refused, words.first?.message ?? "the configuration is not valid",
      details: words.dropFirst().map { "error: " + $0.message })
    hints = words.compactMap(\.hint)
  }
}

/// A problem of the configuration in words.
struct ProblemWords {
  var message: String
  var hint: String?

  init(_ problem: ConfigurationProblem) {
    let place: String
    switch problem.origin {
    case .file(let path, let line), .ebCLI(let path, let line):
      place = "\(path):\(line)" + (problem.column.map { ":\($0)" } ?? "") + ": "
    default: place = "\(problem.origin): "
    }
    switch problem.what {
    case .unknownKey(let key, let nearest):
      message = place + "unknown key \(Format.quoted(key))"
      hint = nearest.map { "did you mean '\($0)'?" }
    case .wrongType(let key, let expected, let found):
      let subject = key.isEmpty ? "the file" : Format.quoted(key)
      message = place + "\(subject) must be \(expected), not \(found)"
    case .duplicateKey(let key, let firstLine):
      message = place + "\(Format.quoted(key)) is set twice, first on line \(firstLine)"
    case .missingKey(let key):
      message = place + "\(Format.quoted(key)) is missing"
    case .invalidValue(let key, let value, let why):
      message = place + "\(Format.quoted(value)) for \(Format.quoted(key)): \(why)"
    case .onlyInFile(let key):
      message = place + "\(Format.quoted(key)) can be set in .git-eb.yml only"
    case .syntax(let text):
      message = place + text
    }
  }
}

// MARK: - Bundles and secrets

extension Failure {
  private init(_ error: SecretError) {
    let name = Format.quoted(error.secret)
    let listed = "listed on \(error.origin)"
    switch error.problem {
    case .missing:
      self.init(.refused, "secret \(name) is missing (\(listed))")
    case .empty:
      self.init(.refused, "secret \(name) is empty (\(listed))")
    case .tracked:
      self.init(
        .refused, "secret \(name) is tracked by git (\(listed))",
        hint: "git rm --cached \(name), and add it to .gitignore")
    case .outside(let end):
      self.init(
        .refused,
        "secret \(name) leads out of the repository, to \(Format.quoted(end)) (\(listed))",
        hint: "name the file itself: {from: \(end), to: <path>}")
    case .meantFor(let environments):
      let names = environments.map { "'\($0)'" }.joined(separator: ", ")
      self.init(
        .refused, "secret \(name) is meant for \(names) only (\(error.origin))",
        hint: "list the files of the directory one by one")
    case .notAFile:
      self.init(.refused, "secret \(name) is not a file (\(listed))")
    case .tooLarge(let limit):
      self.init(
        .refused, "secret \(name) is larger than \(Format.bytes(Int64(limit))) (\(listed))")
    case .unreadable(let reason):
      self.init(.refused, "cannot read secret \(name): \(reason) (\(listed))")
    case .noWorkTree:
      self.init(
        .refused,
        "secret \(name) is a file of a work tree, and this repository is bare (\(listed))",
        hint: "give an absolute path in 'from'")
    case .placedTwice:
      self.init(.refused, "two secrets go to \(name) (\(listed))")
    case .above(let other):
      self.init(
        .refused,
        "secret \(name) is to be a file, and secret \(Format.quoted(other)) to lie below it (\(listed))"
      )
    case .badPlace:
      self.init(
        .refused, "secret \(name) has no place in the bundle (\(listed))",
        hint: "'to' is a path within the bundle, without '..'")
    case .programFailed(let status):
      self.init(.refused, "the program for secret \(name) failed: \(status) (\(listed))")
    case .programTooSlow(let seconds):
      self.init(
        .refused, "the program for secret \(name) took longer than \(seconds) s (\(listed))")
    case .programMissing(let reason):
      self.init(.refused, "cannot run the program for secret \(name): \(reason) (\(listed))")
    case .loop:
      self.init(
        .refused, "secret \(name) is a link to a directory above it (\(listed))",
        hint: "list the files of the directory one by one")
    case .programGaveNothing:
      self.init(.refused, "the program for secret \(name) printed nothing (\(listed))")
    }
  }

  private init(_ error: SourceError) {
    switch error {
    case .conflicts(let paths):
      self.init(
        .refused, "\(Format.count(paths.count, "file")) in conflict: \(Format.names(paths))",
        hint: "git status")
    case .noWorkTree:
      self.init(.refused, "this repository has no work tree")
    case .nothingMatches(let path):
      self.init(.refused, "\(Format.quoted(path)) matches no file of the source")
    case .submodule(let path, nil):
      self.init(
        .refused, "submodule \(Format.quoted(path)) is not initialised",
        hint: "git submodule update --init --recursive")
    case .submodule(let path, let commit?):
      self.init(
        .refused,
        "submodule \(Format.quoted(path)) lacks commit \(Format.short(commit)), which is recorded",
        hint: "git submodule update --init --recursive")
    case .missingLargeObjects(let paths):
      self.init(
        .refused,
        "Git LFS has no contents here for \(Format.count(paths.count, "file")): "
          + Format.names(paths),
        hint: "git lfs pull")
    case .damagedLargeObject(let path):
      self.init(
        .refused, "the contents that Git LFS keeps for \(Format.quoted(path)) are damaged",
        hint: "git lfs fsck, then git lfs pull")
    case .emptyRoot(let root):
      self.init(
        .refused, "the source has no files in \(Format.quoted(root)), the bundle's root",
        hint: "git eb config --origin says where bundle.root is set")
    case .missingArtifact(let name):
      self.init(
        .refused, "the artifact \(Format.quoted(name)) is missing",
        hint: "build it first, or name a commit to deploy the sources: git eb push HEAD")
    case .unusableArtifact(let name, let reason):
      self.init(.refused, "the artifact \(Format.quoted(name)) cannot be deployed: \(reason)")
    case .outwardLinks(let links):
      self.init(
        .refused,
        "\(Format.count(links.count, "symbolic link")) out of the bundle: "
          + Format.names(links.map(\.path)),
        hint: "link to a path within the bundle, or mark the link as 'export-ignore'",
        details: links.prefix(10).map {
          "  \(Format.visible($0.path)) -> \(Format.visible($0.target))"
        })
    case .encrypted(let paths):
      self.init(
        .refused,
        "\(Format.count(paths.count, "file")) still encrypted by git-crypt: "
          + Format.names(paths),
        hint: "git-crypt unlock")
    case .empty:
      self.init(.refused, "there is nothing to deploy: the source has no files")
    case .unreadable(let path, let reason):
      self.init(.refused, "cannot read \(Format.quoted(path)): \(reason)")
    case .git(let operation, let reason):
      self.init(.refused, "git could not \(operation): \(reason)")
    }
  }

  private init(_ error: BundleLimits.Exceeded) {
    self.init(
      .refused,
      "the bundle has \(Format.bytes(error.summary.size)), more than the "
        + "\(Format.bytes(BundleLimits.size)) that the service takes",
      hint: "mark what the application does not need as 'export-ignore' in .gitattributes",
      details: error.summary.largest.map {
        "  \(Format.bytes($0.compressedSize).padded(to: 10))\(Format.visible($0.name))"
      })
  }

  private init(_ error: ZipError) {
    if case .io(EPIPE) = error.code {
      // As for any filter: the reader has what it wanted.
      self.init(.refused, "")
      isSilent = true
      return
    }
    let subject = error.subject.isEmpty ? "the bundle" : Format.quoted(error.subject)
    var nameless = error
    nameless.subject = ""
    self.init(.refused, "cannot \(error.operation.rawValue) \(subject): \(nameless.reason)")
  }
}

// MARK: - Secrets for outside programs

extension Failure {
  private init(_ error: SafeguardError) {
    switch error {
    case .damagedIndex(let path, let reason):
      self.init(
        .refused, "the index \(Format.quoted(path)) is damaged: \(reason)", hint: "git fsck")
    case .unexpectedIndex(let expected, let found):
      self.init(
        .refused,
        "git made an index of \(Format.count(found, "entry", "entries")) instead of \(expected); "
          + "it is not used")
    case .pathInTheWay(let secret, let path):
      self.init(
        .refused, "secret \(Format.quoted(secret)) has no place: \(Format.quoted(path)) is staged",
        hint: "give the secret another place with 'to'")
    case .locked(let path, let holder, let age):
      self.init(
        .refused,
        "\(Format.quoted(path)) exists"
          + (holder.map { ": \($0) writes the index" } ?? ", and is \(age) s old"),
        hint: holder == nil ? "no process has it open: rm \(Format.quoted(path))" : nil)
    case .restless(let path):
      self.init(
        .refused, "the index \(Format.quoted(path)) is written by others again and again",
        hint: "try again when they have ended")
    case .inUse(let process):
      self.init(
        .refused, "git-eb has secrets staged in this repository already, in process \(process)",
        hint: "--wait 10m waits for it")
    case .badJournal(let path):
      self.init(
        .refused, "the journal \(Format.quoted(path)) is of another version of git-eb",
        hint: "run 'git eb recover' of that version")
    case .noPlace(let errors):
      self.init(
        .refused, "there is no place for private files",
        details: errors.map { "  \(Format.visible($0.path)): \($0.reason)" })
    case .command(let name, let number) where number == ENOENT || number == ENOTDIR:
      self.init(.commandNotFound, "there is no command \(Format.quoted(name))")
    case .command(let name, let number):
      let reason = unsafe String(cString: strerror(number))
      self.init(.notExecutable, "cannot run \(Format.quoted(name)): \(reason)")
    case .watcher(let number):
      let reason = unsafe String(cString: strerror(number))
      self.init(.refused, "cannot start the watcher: \(reason)")
    }
  }

  private init(_ error: OutsideHook.Refused) {
    let names = Format.names(error.secrets)
    switch error.refusal {
    case .commit:
      self.init(
        .deploymentFailed,
        "no commit here: 'git eb with-secrets' has staged \(names) for '\(error.environment)'",
        hint: "commit when its command has ended")
    case .reference(let name):
      self.init(
        .deploymentFailed,
        "\(Format.quoted(name)) would lead to an object that goes away with 'git eb with-secrets'",
        hint: "do that when its command has ended")
    case .leak(let name):
      self.init(
        .deploymentFailed,
        "\(Format.quoted(name)) would lead to a commit that holds \(names)",
        hint: "do that when the command of 'git eb with-secrets' has ended")
    }
  }
}

// MARK: - The guard

extension Failure {
  private init(_ error: GuardError) {
    switch error {
    case .bare:
      self.init(
        .refused, "this repository is bare: nothing is committed in it",
        hint: "git eb guard scan looks through its history")
    case .notFromGit:
      self.init(.misuse, "standard input is not what git gives to a pre-push hook")
    case .hooksFromCommandLine:
      self.init(
        .refused, "core.hooksPath is set on the command line or by another program",
        hint: "git eb guard install, without it")
    case .hooksOfWorkTree:
      self.init(
        .refused, "core.hooksPath is set for this work tree alone",
        hint: "git config --worktree --unset core.hooksPath")
    case .hooksSetElsewhere(let file):
      self.init(
        .refused, "core.hooksPath stays as \(Format.quoted(file)) sets it",
        hint: "call 'git eb guard check-commit' in its pre-commit hook")
    case .changedHook(let path):
      self.init(
        .refused, "\(Format.quoted(path)) was changed after it was installed",
        hint: "take out the lines between '# git-eb guard' and '# End of git-eb guard'")
    case .otherHooks(let names, let directory):
      self.init(
        .refused,
        "\(Format.count(names.count, "file")) in \(Format.quoted(directory)) not made by the guard: "
          + Format.names(names),
        hint: "move them to the directory of your own hooks")
    }
  }
}

// MARK: - Hosts and repositories

extension Failure {
  private init(_ error: HostError) {
    switch error {
    case .noSuchEnvironment(let name):
      self.init(.refused, "there is no environment '\(name)'", hint: "git eb list")
    case .noSuchVersion(let label):
      self.init(.refused, "there is no version '\(label)'", hint: "git eb versions")
    case .labelTaken(let label, let digest):
      self.init(
        .refused,
        "label '\(label)' is taken by other content (digest \(digest.prefix(8)))",
        hint: "leave --label out, or choose another")
    case .busy(let name, let holder):
      self.init(
        .refused, "environment '\(name)' is busy" + (holder.map { ": \($0)" } ?? ""),
        hint: "--wait 10m waits for it")
    case .gaveUpWaiting(let name, let holder):
      self.init(
        .gaveUpWaiting,
        "gave up waiting: environment '\(name)' is busy" + (holder.map { ": \($0)" } ?? ""))
    case .environmentExists(let name):
      self.init(
        .refused, "there is an environment '\(name)' already", hint: "git eb push -e \(name)")
    case .nothingToAbort(let name):
      self.init(
        .refused, "nothing that could be stopped is being done to environment '\(name)'",
        hint: "git eb status -e \(name)")
    case .nothingToSwap(let name):
      self.init(
        .refused, "environment '\(name)' has no address to give away",
        hint: "git eb status -e \(name)")
    case .sameEnvironment(let name):
      self.init(.refused, "'\(name)' is one environment, and two are needed")
    case .versionInUse(let label, let names):
      self.init(
        .refused,
        "version '\(label)' runs on " + Format.names(names.map(\.text)),
        hint: "deploy another version there first")
    case .nothingDeployed(let name):
      self.init(.refused, "nothing is deployed to '\(name)'", hint: "git eb push")
    case .noSuchApplication(let name):
      self.init(
        .refused, "there is no application '\(name)' on AWS",
        hint: "git eb push --create-application")
    case .processingFailed(let label):
      self.init(
        .deploymentFailed, "Beanstalk could not process version '\(label)'",
        hint: "look at env.yaml, Dockerrun.aws.json and .ebextensions: it gives no reason")
    case .operationFailed(let name, let reasons):
      self.init(
        .deploymentFailed, "it failed on '\(name)'",
        hint: "git eb events -e \(name)", details: reasons.map { "  " + Format.visible($0) })
    case .noPlatform(let name):
      self.init(
        .refused, "nothing says which platform environment '\(name)' is to be made with",
        hint: "git config eb.platform 'Python 3.13 running on 64bit Amazon Linux 2023'")
    case .noSuchPlatform(let text, let known):
      self.init(
        .refused, "there is no platform \(Format.quoted(text))",
        hint: "git eb platforms", details: known.prefix(30).map { "  " + Format.visible($0) })
    case .noModel(let name):
      self.init(
        .refused,
        "\(Format.quoted(name)) is neither an environment nor a saved configuration",
        hint: "git eb list")
    case .databaseTied(let name):
      self.init(
        .refused,
        "\(Format.quoted(name)) has a database tied to it, and what is made like it would get "
          + "another",
        hint: "save a configuration without aws:rds:dbinstance, and set previews.like to it")
      hints.append("or leave previews.like out, and write previews.settings")
    case .alwaysAwake(let name):
      self.init(
        .refused,
        "'\(name)' cannot sleep: Beanstalk keeps an environment with a single instance running",
        hint: "git eb terminate -e \(name); the next push makes it again")
    case .noCodeCommit:
      self.init(
        .refused, "only AWS Elastic Beanstalk takes sources from CodeCommit",
        hint: "git config eb.host beanstalk")
    case .notAtCodeCommit(let reason):
      self.init(.refused, "CodeCommit does not have it: \(Format.visible(reason))")
    case .nameTooLong(let name, let limit):
      self.init(
        .refused,
        "'\(name)' leaves no room for the name of a second environment: at most "
          + "\(limit - 6) characters")
    case .noAddress(let name):
      self.init(
        .refused, "'\(name)' is a worker: it has no address that another could take over",
        hint: "environments.\(name).policy: immutable")
    case .addressTaken(let prefix):
      self.init(
        .refused, "the address \(Format.quoted(prefix)) is taken", hint: "choose another cname")
    case .nameTaken(let name, let service):
      self.init(
        .refused,
        "environment '\(name)' cannot be made: another application of this account has '\(service)'",
        hint: "map the branch to another name in .git-eb.yml")
    case .missingRoles(let names):
      self.init(
        .refused, "an environment needs " + Format.names(names) + ", which IAM does not have",
        hint: "name yours under 'options' in .git-eb.yml, or make one environment in AWS's console")
    case .noSuchBucket(let bucket):
      self.init(
        .refused, "there is no bucket \(Format.quoted(bucket))",
        hint: "git config eb.beanstalk.bucket <bucket>")
    case .bucketElsewhere(let bucket, let region, let needed):
      self.init(
        .refused,
        "bucket \(Format.quoted(bucket)) is in \(region), and Beanstalk takes bundles from "
          + "\(needed) only",
        hint: "git config eb.beanstalk.bucket <bucket>")
    case .bucketRefused(let bucket):
      self.init(
        .noPermission, "bucket \(Format.quoted(bucket)) may not be written to: access denied",
        hint: "it may be somebody else's; git eb whoami says who you are")
    case .badLogAddress:
      self.init(.unavailable, "AWS gave an address of logs that leads to none")
    case .badBundle(let reason):
      self.init(.deploymentFailed, "the bundle cannot be used: \(reason)")
    case .storage(let operation, let path, let number):
      let reason = unsafe String(cString: strerror(number))
      let status: ExitStatus = number == EACCES || number == EPERM ? .noPermission : .refused
      self.init(status, "cannot \(operation) \(Format.quoted(path)): \(reason)")
    }
  }

  private init(_ error: CommandError) {
    switch error {
    case .noApplication:
      self.init(.refused, "nothing names the application", hint: "git eb init")
    case .noHome:
      self.init(.refused, "HOME is not set, so there is no place for the local host")
    case .noExecutable:
      self.init(.refused, "cannot find the program git-eb itself")
    case .hostNotAvailable(let kind, let origin):
      let words = origin == .builtIn ? "the default host" : "set by \(origin)"
      self.init(
        .refused, "host '\(kind.rawValue)' (\(words)) is not part of this version",
        hint: origin == .builtIn ? "git eb init --host local" : "git config eb.host local")
    case .fileExists(let path):
      self.init(
        .refused, "\(Format.quoted(path)) exists already", hint: "--force writes it anew")
    case .workflowExists(let path):
      self.init(
        .refused, "\(Format.quoted(path)) exists already",
        hint: "git eb ci prints the workflow, to be merged with it")
    case .terminalOutput:
      self.init(
        .refused, "a bundle is not written to a terminal", hint: "git eb archive -o <file>")
    case .notConfirmed:
      self.init(.refused, "not confirmed", hint: "--yes goes ahead without asking")
    case .noURL(let name):
      self.init(.refused, "environment '\(name)' has no address: it runs no 'web' process")
    case .noBrowser:
      self.init(.refused, "no program opens a browser here", hint: "git eb open --print")
    case .noLog(let name, let known):
      self.init(
        .refused, "there is no log \(Format.quoted(name))",
        hint: known.isEmpty ? nil : "known: " + known.joined(separator: ", "))
    case .invalidLabel(let text):
      self.init(
        .misuse, "\(Format.quoted(text)) is not a version label",
        hint: "a label is at most 100 printable characters without blanks and '/'")
    case .unreadableBundle(let path, let error):
      // Its own words name the file as well.
      self.init(.refused, "cannot look into the bundle: \(Artifact.reason(error))")
      if error.subject.isEmpty { message += " (\(Format.quoted(path)))" }
    case .invalidVariable(let text):
      self.init(
        .misuse, "\(Format.quoted(Self.name(in: text))) sets no variable",
        hint: "git eb setenv NAME=value")
    case .noVariables:
      self.init(.misuse, "no variable is named", hint: "git eb setenv NAME=value")
    case .noWorkTree:
      self.init(.refused, "this repository has no work tree to write .git-eb.yml to")
    case .noEBCLIProject:
      self.init(
        .refused, "there is no .elasticbeanstalk/config.yml here to import",
        hint: "git eb init writes .git-eb.yml anew")
    case .nothingStaged:
      self.init(
        .refused, "this repository has no work tree, so nothing is staged in it",
        hint: "--commit HEAD")
    case .invalidValue(let what, let value, let why):
      self.init(.refused, "\(Format.quoted(value)) is no \(what): \(why)")
    case .protected(let name):
      self.init(
        .refused, "environment '\(name)' is protected",
        hint: "take 'protected' out of .git-eb.yml first")
    case .notFromPostReceive:
      self.init(
        .misuse, "standard input is not what git gives to a post-receive hook",
        hint: "exec git eb push --bare-hook, as hooks/post-receive of a bare repository")
    case .onlyOnBeanstalk(let command):
      self.init(
        .refused, "'git eb \(command)' is for AWS Elastic Beanstalk; the host here is another",
        hint: "git config eb.host beanstalk")
    case .invalidOption(let text):
      self.init(
        .misuse, "\(Format.quoted(Self.name(in: text))) sets no option",
        hint: "--option aws:autoscaling:asg:MinSize=2")
    case .invalidTag(let text):
      self.init(
        .misuse, "\(Format.quoted(Self.name(in: text))) is no tag of yours",
        hint: "--tag key=value, where the key begins with neither 'aws:' nor 'git-eb:'")
    case .optionsOnlyOnBeanstalk(let options):
      self.init(
        .refused,
        Format.names(options, limit: options.count) + (options.count == 1 ? " is" : " are")
          + " for Elastic Beanstalk, and this is another host",
        hint: "git eb config shows the host and where it is set")
    case .onlyOnLocal(let command):
      self.init(.refused, "'git eb \(command)' is for the local host; the host here is another")
    case .singleInstance(let name, let count):
      self.init(
        .refused, "'\(name)' is an environment with a single instance",
        hint: "git eb scale \(count) --load-balanced puts a load balancer in front of it")
    case .trackingTaken(let name):
      self.init(
        .refused, "'\(name)' is a remote here, so no references of that name follow environments",
        hint: "git config eb.records.tracking deployed")
    case .notFollowed(let name):
      self.init(
        .refused, "nothing is known here of what '\(name)' runs", hint: "git eb fetch \(name)")
    case .nothingRecordedOf(let text):
      self.init(
        .refused,
        "\(Format.quoted(text)) is neither an environment with records nor a commit here",
        hint: "git eb log shows all records, git fetch --tags brings tags")
    case .nothingToCompare(let text):
      self.init(
        .refused,
        "\(Format.quoted(text)) is neither an environment that is followed nor a commit here",
        hint: "git eb fetch, or git fetch")
    case .notShared(let remote, let reason):
      self.init(
        .refused,
        "cannot exchange records with \(Format.quoted(remote)): "
          + Format.visible(reason))
    case .noConsole(let region):
      self.init(.refused, "the console of region '\(region)' is not known")
    }
  }

  private init(_ error: InstanceError) {
    switch error {
    case .none(let name):
      self.init(.refused, "no instance of '\(name)' runs", hint: "git eb health -e \(name)")
    case .noSuchInstance(let id, let name, let known):
      self.init(
        .refused, "'\(name)' has no running instance \(Format.quoted(id))",
        hint: "known: " + known.joined(separator: ", "))
    case .several(let name, let known):
      self.init(
        .refused, "'\(name)' has \(known.count) instances",
        hint: "--instance <id>, or --all with a command", details: known.map { "  " + $0 })
    case .noAddress(let id, let isPrivate):
      self.init(
        .refused, "instance \(id) has no \(isPrivate ? "private" : "public") address",
        hint: isPrivate ? nil : "--private, or --jump <user@host>")
    case .noSecurityGroup(let id):
      self.init(.refused, "instance \(id) has no security group to open a port of")
    case .noLogs(let id, let name, let known):
      self.init(
        .refused,
        "no logs came from " + (id.map { "instance \(Format.quoted($0)) of " } ?? "")
          + "'\(name)'",
        hint: known.isEmpty
          ? "git eb health -e \(name)" : "known: " + known.joined(separator: ", "))
    case .ownAddressUnknown:
      self.init(
        .unavailable, "AWS does not say at which address it sees this machine",
        hint: "--from <address>")
    case .stillOpen(let opening, let reason):
      self.init(
        .unavailable,
        "port \(opening.rule.port) of \(opening.group) is still open to \(opening.rule.range): "
          + reason,
        hint: "aws ec2 revoke-security-group-ingress --group-id \(opening.group) --protocol tcp "
          + "--port \(opening.rule.port) --cidr \(opening.rule.range)")
    }
  }

  private init(_ error: GitError) {
    let subject = Format.quoted(error.subject)
    switch error.code {
    case .notARepository:
      self.init(.refused, "not a git repository: \(subject)", hint: "git init")
    case .dubiousOwnership:
      self.init(
        .refused, "the repository at \(subject) belongs to somebody else",
        hint: "git config --global --add safe.directory \(error.subject)")
    case .bareRepositoryRefused:
      self.init(
        .refused, "safe.bareRepository does not allow \(subject)",
        hint: "git --git-dir=\(error.subject) eb …")
    case .unsupportedObjectFormat:
      self.init(
        .refused, "the repository names its objects with \(subject), which is not supported",
        hint: "git-eb reads repositories with SHA-1 object names")
    case .unsupportedRefStorage:
      self.init(
        .refused, "the repository keeps its references as \(subject), which is not supported",
        hint: "git refs migrate --ref-format=files")
    case .unsupportedExtension:
      self.init(.refused, "the repository uses the extension \(subject), which is not supported")
    case .missingPromisorObject:
      self.init(
        .refused, "this partial clone does not have object \(subject)",
        hint: "git fetch --refetch --no-filter")
    case .ambiguous:
      self.init(.refused, "\(subject) is the start of several object ids", hint: "give more digits")
    case .noWorkTree:
      self.init(.refused, "this repository has no work tree")
    case .unsupportedIndex:
      self.init(
        .refused, "the index uses \(subject), which is not supported here",
        hint: "git update-index --no-split-index; git sparse-checkout disable")
    case .permission:
      self.init(.noPermission, Self.plain(error))
    default:
      self.init(.refused, Self.plain(error))
    }
  }

  /// What stands before `=`: what follows may be a secret.
  private static func name(in assignment: String) -> String {
    assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      .first.map(String.init) ?? ""
  }

  private static func plain(_ error: GitError) -> String {
    "cannot \(error.operation)"
      + (error.subject.isEmpty ? "" : " \(Format.quoted(error.subject))")
      + (error.detail.isEmpty ? "" : ": \(error.detail)")
  }
}
