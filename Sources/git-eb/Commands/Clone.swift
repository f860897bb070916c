import ArgumentParser
import Deployment

/// `git eb clone`
struct Clone: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "clone",
    abstract: "Make an environment like another one.",
    discussion: """
      The new environment runs the version that the other one runs, with its variables and options. \
      It gets an address of its own. With one name that is the new environment's, and the other one \
      is that of the branch. The next push to it sets what .git-eb.yml says of it.

      Examples:
        git eb clone production rehearsal
        git eb clone rehearsal --tag purpose=rehearsal
      """)

  @Argument(help: .init("The environment to make it like, and what to call the new one."))
  var names: [String]

  @Option(help: .init("What the address begins with.", valueName: "prefix"))
  var cname: String?

  @Option(
    name: .customLong("tag"),
    help: .init("A tag of the environment; may be repeated.", valueName: "key=value"))
  var tags: [String] = []

  @Option(
    name: .customLong("envvar"),
    help: .init("A variable that differs; may be repeated.", valueName: "name=value"))
  var variables: [String] = []

  @Flag(
    name: .customLong("no-wait"),
    help: "Do not wait for the environment to become healthy. The local host is done at the end.")
  var noWait = false

  @OptionGroup var timeout: TimeoutOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (1...2).contains(names.count) else {
      throw ValidationError("one or two environments are to be named")
    }
  }

  mutating func execute() async throws -> ExitStatus {
    let changes = try VariableAssignments.changes(variables)
    guard let last = names.last else { return .misuse }
    let context = try Context(common, flags: timeout.flags + place.flags)
    let host = try context.host()
    if context.configuration.host.value != .beanstalk, cname != nil {
      throw CommandError.optionsOnlyOnBeanstalk(["--cname"])
    }
    let new = try context.environment(named: last)
    let model =
      names.count == 2
      ? try context.environment(named: names[0]) : try context.environment()
    guard let found = try await host.environment(named: model) else {
      throw HostError.noSuchEnvironment(model)
    }
    var settings = CreationSettings()
    settings.like = model.text
    settings.cnamePrefix = cname
    settings.tags = try CreationOptions.tags(tags)
    var request = CreationRequest(
      environment: new, label: found.version?.label, variables: changes.compactMapValues { $0 },
      settings: settings, timeout: context.configuration.push.timeout.value)
    request.isLeftAlone = noWait
    return try await CreationReport(context, host).run(request, "cloning")
  }
}
