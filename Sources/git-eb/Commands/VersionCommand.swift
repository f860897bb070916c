import ArgumentParser

/// `git eb version`
struct VersionCommand: GitEBCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Print git-eb's version.",
    discussion: """
      Examples:
        git eb version
        git eb version --json
      """)

  @Flag(help: "Answer in JSON on standard output.")
  var json = false

  mutating func execute() throws -> ExitStatus {
    if json {
      try Output.json(["version": Version.text])
    } else {
      Output.line("git-eb version \(Version.text)")
    }
    return .success
  }
}
