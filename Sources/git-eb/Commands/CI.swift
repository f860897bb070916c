import ArgumentParser
import Deployment
import Git

/// `git eb ci`
struct CI: GitEBCommand {
  static let configuration = CommandConfiguration(
    commandName: "ci",
    abstract: "Print a workflow that deploys pull requests to previews.",
    discussion: """
      The workflow has a preview for each pull request, one comment that says where it is, and \
      prunes previews when pull requests are closed, and every hour. How git-eb is installed has to \
      be filled in, and the role that AWS lets it take; Documentation/CI.md says how.

      Examples:
        git eb ci github
        git eb ci gitlab --write
      """)

  @Argument(help: .init("github or gitlab.", valueName: "service"))
  var service: Service

  @Flag(help: "Write it where the service looks for it, unless there is a file already.")
  var write = false

  @OptionGroup var common: CommonOptions

  enum Service: String, ExpressibleByArgument, CaseIterable {
    case github, gitlab

    var workflow: CIWorkflow { self == .github ? .gitHub : .gitLab }
  }

  mutating func execute() throws -> ExitStatus {
    let workflow = service.workflow
    guard write else {
      if common.json {
        try Output.json(["path": workflow.path, "workflow": workflow.text])
      } else {
        Output.text(workflow.text)
      }
      return .success
    }
    let repository = try Repository.discover(
      startingAt: common.directory ?? ".", environment: ProcessEnvironment.current())
    guard let workTree = repository.workTree else { throw CommandError.noWorkTree }
    let path = workTree + "/" + workflow.path
    if try FileSystem.status(path) != nil { throw CommandError.workflowExists(workflow.path) }
    let directory = path.split(separator: "/").dropLast().joined(separator: "/")
    try FileSystem.makeDirectories("/" + directory, mode: 0o755)
    let file = try OutputFile(path, mode: 0o644)
    try file.write(workflow.text)
    try file.finish()
    if common.json {
      try Output.json(["path": path])
    } else {
      Output.line("wrote \(workflow.path)")
    }
    if !common.quiet { Output.message("hint: fill in the step that installs git-eb") }
    return .success
  }
}
