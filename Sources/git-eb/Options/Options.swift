import ArgumentParser
import Deployment

/// What every command takes.
struct CommonOptions: ParsableArguments {
  @Option(
    name: .customShort("C"), help: .init("Run as if started in <path>.", valueName: "path"))
  var directory: String?

  @Flag(help: "Answer in JSON on standard output.")
  var json = false

  @Flag(name: .shortAndLong, help: "Say nothing but the answer and errors.")
  var quiet = false
}

extension CommonOptions: PlainOptions {
  mutating func read(_ arguments: inout PlainArguments) {
    directory = arguments.value("-C")
    json = arguments.flag("--json")
    quiet = arguments.flag("-q", "--quiet")
  }
}

/// What the commands about one environment take.
struct EnvironmentOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: .init(
      "The environment, instead of the one that the branch maps to.", valueName: "name"))
  var environment: String?

  @Option(
    help: .init(
      "The branch to go by, instead of the one that is checked out.", valueName: "branch"))
  var branch: String?
}

extension EnvironmentOptions: PlainOptions {
  mutating func read(_ arguments: inout PlainArguments) {
    environment = arguments.value("-e", "--environment")
    branch = arguments.value("--branch")
  }
}

/// What the commands take that wait for an end, and not for a beginning.
struct TimeoutOptions: ParsableArguments {
  @Option(
    help: .init("Give up after so long, such as 90s or 10m.", valueName: "duration"))
  var timeout: String?

  var flags: [ConfigurationSources.Flag] {
    timeout.map { [.init(.pushTimeout, option: "--timeout", value: $0)] } ?? []
  }
}

/// What the commands that change an environment take.
struct WaitingOptions: ParsableArguments {
  @Option(
    help: .init(
      "Wait so long for an environment that is busy, such as 90s or 10m.", valueName: "duration"))
  var wait: String?

  @Option(
    help: .init("Give up after so long, such as 90s or 10m.", valueName: "duration"))
  var timeout: String?

  var flags: [ConfigurationSources.Flag] {
    var flags: [ConfigurationSources.Flag] = []
    if let wait { flags.append(.init(.pushWait, option: "--wait", value: wait)) }
    if let timeout { flags.append(.init(.pushTimeout, option: "--timeout", value: timeout)) }
    return flags
  }
}

/// Which source a bundle is made from.
struct SourceOptions: ParsableArguments {
  @Flag(help: "Take what is staged, as it is in the index.")
  var staged = false

  @Flag(help: "Take the work tree: tracked and untracked files that are not ignored.")
  var worktree = false

  func choice(revision: String?) throws -> SourceChoice {
    if staged, worktree {
      throw ValidationError("'--staged' and '--worktree' cannot be used together")
    }
    if revision != nil, staged || worktree {
      let option = staged ? "--staged" : "--worktree"
      throw ValidationError("'\(option)' takes no commit")
    }
    return staged ? .staged : worktree ? .workTree : .commit(revision)
  }
}
