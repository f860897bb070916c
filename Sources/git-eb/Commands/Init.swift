import ArgumentParser
import Deployment
import Git

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `git eb init`
struct Init: GitEBCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a commented .git-eb.yml.",
    discussion: """
      On a terminal it asks for what the options do not say. An existing .git-eb.yml stays unless \
      --force is given, and no other file is written.

      Examples:
        git eb init
        git eb init --host local --application shop --secret .secrets/
        git eb init --map master=production --map 'issue*={branch}'
      """)

  @Option(help: .init("The application.", valueName: "name"))
  var application: String?

  @Option(help: .init("Where environments live: beanstalk, local or command.", valueName: "host"))
  var host: String?

  @Option(help: .init("The AWS region.", valueName: "region"))
  var region: String?

  @Option(help: .init("The profile in AWS's shared files.", valueName: "name"))
  var profile: String?

  @Option(
    name: .customLong("map"),
    help: .init(
      "A branch pattern and its environment; may be given again.",
      valueName: "pattern=environment"))
  var mappings: [String] = []

  @Option(
    name: .customLong("secret"),
    help: .init(
      "A file or directory that git ignores and the bundle needs; may be given again.",
      valueName: "path"))
  var secrets: [String] = []

  @Flag(help: "Write over an existing .git-eb.yml.")
  var force = false

  @OptionGroup var common: CommonOptions

  private struct Answers {
    var application: ApplicationName
    var host: HostKind
    var region: String?
    var profile: String?
    var branches: [(pattern: String, environment: String)]
    var secrets: [String]
  }

  mutating func execute() throws -> ExitStatus {
    let processEnvironment = ProcessEnvironment.current()
    let repository = try Repository.discover(
      startingAt: common.directory ?? ".", environment: processEnvironment)
    Healing.run(repository.location, processEnvironment, isQuiet: common.quiet)
    guard let workTree = repository.workTree else { throw CommandError.noWorkTree }
    let path = workTree + "/" + ConfigurationReader.fileName
    let output = ConfigurationOutput(path)
    try output.check(isForced: force)
    let reader = ConfigurationReader(
      repository: repository, flags: [], processEnvironment: processEnvironment)
    let inherited = try reader.inherited()
    let answers = try gather(inherited, reader.defaultApplication)
    var values: [SettingKey: String] = [
      .application: answers.application.text, .host: answers.host.rawValue,
    ]
    values[.region] = answers.region
    values[.profile] = answers.profile
    let template = ConfigurationTemplate(
      values, branches: answers.branches, secrets: answers.secrets)
    try output.write(template)
    if common.json {
      try Output.json(["path": path])
    } else {
      Output.line("wrote \(ConfigurationReader.fileName)")
    }
    if !common.quiet {
      if !inherited.ebCLIBranches.isEmpty {
        Output.message("note: branches taken from the EB CLI's configuration")
      }
      Output.message("hint: git add .git-eb.yml; git commit; git eb push")
    }
    return .success
  }

  /// What no option says comes from the settings that are in force without the file, so that an
  /// EB CLI project's branches go on going where they went.
  private func gather(_ inherited: Configuration, _ fallback: ApplicationName?) throws -> Answers {
    let known = inherited.application?.value.text ?? fallback?.text ?? "app"
    let name = application ?? ask("application", known) ?? known
    guard let applicationName = ApplicationName(name) else {
      throw CommandError.invalidValue(
        what: "application name", value: name, why: "1 to 100 characters without '/'")
    }
    let hostText = host ?? ask("host (beanstalk, local or command)", "beanstalk") ?? "beanstalk"
    guard let kind = HostKind(rawValue: hostText) else {
      throw CommandError.invalidValue(
        what: "host", value: hostText, why: "it is beanstalk, local or command")
    }
    let knownRegion = inherited.region?.value
    let regionText =
      kind == .beanstalk ? region ?? ask("region", knownRegion) ?? knownRegion : region
    return Answers(
      application: applicationName, host: kind, region: regionText,
      profile: profile ?? inherited.profile?.value,
      branches: try branches(inherited), secrets: secrets)
  }

  private func branches(
    _ inherited: Configuration
  ) throws -> [(pattern: String, environment: String)] {
    guard !mappings.isEmpty else {
      let known = inherited.ebCLIBranches.compactMap { branch, settings in
        settings.environment.map { (pattern: branch, environment: $0.value.text) }
      }
      if !known.isEmpty { return known.sorted { $0.pattern < $1.pattern } }
      return [("master", "production"), ("main", "production"), ("dev", "dev"), ("**", "{branch}")]
    }
    return try mappings.map { text in
      guard let equals = text.lastIndex(of: "="), equals != text.startIndex else {
        throw CommandError.invalidValue(
          what: "mapping", value: text, why: "it is <pattern>=<environment>")
      }
      return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }
  }

  /// The answer on a terminal, the fallback for an empty one; `nil` where nobody can be asked.
  private func ask(_ what: String, _ fallback: String?) -> String? {
    guard Output.isInputTerminal, Output.isErrorTerminal else { return nil }
    Output.status("\(what)" + (fallback.map { " [\($0)]" } ?? "") + ": ")
    guard let line = readLine(), !line.isEmpty else { return fallback }
    return line
  }
}
