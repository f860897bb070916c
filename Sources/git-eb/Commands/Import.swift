import ArgumentParser
import Deployment
import Git

/// `git eb import`
struct Import: GitEBCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Write a .git-eb.yml that says what the EB CLI's files say.",
    discussion: """
      For a repository that the EB CLI was set up in. git-eb reads the EB CLI's files also without \
      this, so a push works at once; .git-eb.yml can say more, and is shared with everybody who \
      clones. The EB CLI's files stay as they are, and every branch goes on going where it went. \
      What has no counterpart is named with its line.

      Examples:
        git eb import --print
        git eb import
      """)

  @Flag(help: "Print the file instead of writing it.")
  var print = false

  @Flag(help: "Write over an existing .git-eb.yml.")
  var force = false

  @OptionGroup var common: CommonOptions

  private struct View: Encodable {
    struct Branch: Encodable {
      var branch: String
      var environment: String
    }

    struct Remainder: Encodable {
      var key: String
      var origin: String
      /// Whether the EB CLI's files go on saying it.
      var inForce: Bool
    }

    var path: String?
    /// With `--print`, where nothing is written.
    var text: String?
    var settings: [String: String]
    var branches: [Branch]
    var notImported: [Remainder]
  }

  mutating func execute() throws -> ExitStatus {
    let processEnvironment = ProcessEnvironment.current()
    let repository = try Repository.discover(
      startingAt: common.directory ?? ".", environment: processEnvironment)
    Healing.run(repository.location, processEnvironment, isQuiet: common.quiet)
    guard let workTree = repository.workTree else { throw CommandError.noWorkTree }
    let files = try ConfigurationReader(
      repository: repository, flags: [], processEnvironment: processEnvironment
    ).ebCLI()
    if files.isEmpty { throw CommandError.noEBCLIProject }
    let found = EBCLIImport(files)
    let path = workTree + "/" + ConfigurationReader.fileName
    if print {
      try ConfigurationOutput.check(found.template)
    } else {
      let output = ConfigurationOutput(path)
      try output.check(isForced: force)
      try output.write(found.template)
    }
    try render(found, path)
    return .success
  }

  private func render(_ found: EBCLIImport, _ path: String) throws {
    if common.json {
      try Output.json(view(found, path))
    } else if print {
      Output.text(found.template.text)
    } else {
      Output.line("wrote \(ConfigurationReader.fileName)")
    }
    if common.quiet { return }
    for problem in found.problems {
      Output.message("warning: " + ProblemWords(problem).message)
    }
    for remainder in found.remainders { Output.message("note: " + Self.words(remainder)) }
    if !print { Output.message("hint: git add .git-eb.yml; git commit; git eb push") }
  }

  private func view(_ found: EBCLIImport, _ path: String) -> View {
    View(
      path: print ? nil : path, text: print ? found.template.text : nil,
      settings: Dictionary(
        found.template.values.map { ($0.name, $1) }, uniquingKeysWith: { first, _ in first }),
      branches: found.template.branches.map {
        .init(branch: $0.pattern, environment: $0.environment)
      },
      notImported: found.remainders.map {
        .init(key: $0.key, origin: "\($0.origin)", inForce: $0.reason == .left)
      })
  }

  private static func words(_ remainder: EBCLIImport.Remainder) -> String {
    let key = Format.quoted(remainder.key)
    let place = MappingWords.place(remainder.origin)
    return switch remainder.reason {
    case .unknown: "\(place): \(key) has no counterpart in .git-eb.yml"
    case .left: "\(place): \(key) stays there: .git-eb.yml has one value for all branches"
    }
  }
}
