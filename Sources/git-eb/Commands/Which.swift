import ArgumentParser
import Deployment
import Git

/// `git eb which`
struct Which: GitEBCommand, PlainCommand {
  static let configuration = CommandConfiguration(
    commandName: "which",
    abstract: "Say which environment a branch maps to, and why.",
    discussion: """
      Without a branch it is the one that is checked out or, on a detached HEAD, the one that \
      continuous integration says. The reason names the setting with its file and line.

      Examples:
        git eb which
        git eb which issue91 feature/login
        git eb which --all
      """)

  @Argument(help: .init("The branches.", valueName: "branch"))
  var branches: [String] = []

  @Flag(help: "All local branches.")
  var all = false

  @OptionGroup var base: ConfigurationOptions
  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var common: CommonOptions

  mutating func read(_ arguments: inout PlainArguments) -> Bool {
    all = arguments.flag("--all")
    base = ConfigurationOptions(&arguments)
    environment = EnvironmentOptions(&arguments)
    common = CommonOptions(&arguments)
    guard let operands = arguments.operands() else { return false }
    branches = operands
    return true
  }

  func validate() throws {
    if environment.branch != nil, all || !branches.isEmpty {
      throw ValidationError("'--branch' cannot be used with '--all' or branches")
    }
  }

  mutating func execute() throws -> ExitStatus {
    let context = try Context(common, base: base)
    let answers = try gather(context)
    try render(answers)
    return answers.contains { $0.environment == nil } && !all ? .refused : .success
  }

  private func gather(_ context: Context) throws -> [MappingView] {
    if all {
      return try context.repository.branches().map { branch in
        MappingView(branch: branch.name, mapping: context.mapping.mapping(of: branch.name))
      }
    }
    if branches.isEmpty {
      if let asked = context.askedEnvironment(environment) {
        let mapping = try context.resolver.environment(named: asked, branch: nil)
        let branch = try? context.resolver.currentBranch(context.askedBranch(environment))
        return [MappingView(branch: branch, mapping: mapping)]
      }
      let branch = try context.resolver.currentBranch(context.askedBranch(environment))
      let mapping = try context.resolver.environment(
        named: nil, branch: context.askedBranch(environment))
      return [MappingView(branch: branch, mapping: mapping)]
    }
    return try branches.map { text in
      guard let branch = BranchName(text) else { throw ResolvingError.invalidBranch(text) }
      return MappingView(branch: branch, mapping: context.mapping.mapping(of: branch))
    }
  }

  private func render(_ answers: [MappingView]) throws {
    if common.json { return try Output.json(answers) }
    var table = Table()
    let showsBranch = all || answers.count > 1
    for answer in answers {
      let environment = answer.environment ?? "-"
      let reason = "(\(answer.reason))"
      table.add(
        showsBranch
          ? [Format.visible(answer.branch ?? "-"), environment, reason] : [environment, reason])
    }
    for line in table.lines { Output.line(line) }
  }
}
