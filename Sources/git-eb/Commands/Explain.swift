import ArgumentParser
import Deployment
import FoundationEssentials

/// `git eb explain`
struct Explain: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Say why a deployment failed, and what mends it.",
    discussion: """
      Reads the environment's events and logs, or with --logs what was downloaded: a log, a \
      directory of logs, or a zip archive as 'git eb logs --all' and the console save it. Then no \
      repository, no configuration and no network is needed.

      The first cause of the last deployment is told, and not the last echo of it: what it means, \
      what to do, and the lines that speak of a failure with what stands around them. Identifiers \
      that begin with EB are those of the checks that find the same before a push; those that begin \
      with ES only logs show.

      Examples:
        git eb explain
        git eb explain -e production
        git eb explain --logs logs.zip
        git eb explain --logs /var/log --json
      """)

  @Option(
    help: .init(
      "Read this instead of the environment's logs; may be given several times.",
      valueName: "file|directory"))
  var logs: [String] = []

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !logs.isEmpty else { return }
    if environment.environment != nil || environment.branch != nil {
      let option = environment.environment == nil ? "--branch" : "--environment"
      throw ValidationError("'--logs' cannot be used with '\(option)'")
    }
    if logs.contains("") { throw ValidationError("'--logs' takes a path") }
  }

  mutating func execute() async throws -> ExitStatus {
    guard logs.isEmpty else {
      let set = try LogSet(paths: logs.map(path))
      return try render(Explainer().explain(set), of: nil, set)
    }
    let context = try Context(common, flags: place.flags)
    let host = try context.host()
    let found = try await context.describedEnvironment(environment, on: host)
    let events = try await host.events(of: found.name, since: nil)
    var set = LogSet()
    set.add(Self.last(events))
    // Logs of an environment that is well tell of failures that are over.
    if found.health != .green || set.holdsWarnings {
      Interruption.begin()
      set.add(try await Self.logs(of: found.name, on: host))
    }
    return try render(Explainer().explain(set), of: found.name, set)
  }

  /// As `-C` has it.
  private func path(_ path: String) -> String {
    guard let directory = common.directory, !path.hasPrefix("/") else { return path }
    return "\(directory)/\(path)"
  }

  /// The newest of them; an environment that is old has thousands.
  private static func last(_ events: [Event]) -> [Event] { events.suffix(200) }

  private static func logs(of name: EnvironmentName, on host: any Host) async throws -> [LogFile] {
    let logs = try await host.logs(of: name)
    return host is BeanstalkHost ? logs.flatMap(LogSections.split) : logs
  }

  // MARK: - Words

  private struct View: Encodable {
    struct Sighting: Encodable {
      var id: String
      var log: String
      var line: Int?
      var text: String
      var meaning: String
      var remedy: String
      var source: String

      init(_ sighting: SymptomSighting) {
        id = sighting.symptom.id
        log = sighting.log
        line = sighting.line
        text = sighting.text
        meaning = sighting.symptom.meaning
        remedy = sighting.symptom.remedy
        source = sighting.symptom.source
      }
    }

    struct Excerpt: Encodable {
      struct Line: Encodable {
        var number: Int?
        var text: String
        var telling: Bool
      }

      var log: String
      var lines: [Line]

      init(_ excerpt: LogExcerpt) {
        log = excerpt.log
        lines = excerpt.lines.map { .init(number: $0.number, text: $0.text, telling: $0.isTelling) }
      }
    }

    /// `nil` with `--logs`.
    var environment: String?
    var cause: Sighting?
    var others: [Sighting]
    var excerpts: [Excerpt]
    /// What was not looked through, by its name.
    var omitted: [String]
  }

  private func render(
    _ explanation: Explanation, of name: EnvironmentName?, _ set: LogSet
  ) throws -> ExitStatus {
    if common.json {
      try Output.json(
        View(
          environment: name?.text, cause: explanation.cause.map(View.Sighting.init),
          others: explanation.others.map(View.Sighting.init),
          excerpts: explanation.excerpts.map(View.Excerpt.init),
          omitted: set.omissions.map(\.name)))
      return .success
    }
    if !common.quiet {
      for omission in set.omissions.prefix(Self.omissionLimit) {
        Output.message("note: \(Format.quoted(omission.name)) \(Self.words(omission.why))")
      }
      let rest = set.omissions.count - Self.omissionLimit
      if rest > 0 { Output.message("note: \(Format.count(rest, "log")) more were not read") }
    }
    for line in ExplanationWords(explanation).lines { Output.line(line) }
    guard !common.quiet else { return .success }
    if explanation.isEmpty {
      Output.message("nothing tells of a failure in " + Format.count(set.logs.count, "log"))
    }
    if let name, set.holdsLogs { Output.message("hint: git eb logs -e \(name)") }
    return .success
  }

  private static let omissionLimit = 5

  private static func words(_ why: LogSet.Omission) -> String {
    switch why {
    case .compressed: "was not read: it is compressed"
    case .binary: "was not read: it is no text"
    case .unreadable: "could not be read"
    case .tooMany: "was not read: there is too much"
    }
  }
}
