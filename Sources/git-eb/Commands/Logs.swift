import ArgumentParser
import Deployment
import FoundationEssentials
import SystemPackage
import Zip

/// `git eb logs`
struct Logs: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs",
    abstract: "Show the end of an environment's logs, or save all of them.",
    discussion: """
      On Beanstalk the logs are those of the instances, which are asked to collect them; each \
      instance has one of its name.

      Examples:
        git eb logs
        git eb logs web.log -n 100
        git eb logs -f -e production
        git eb logs --all -o logs.zip
        git eb logs --instance i-0123456789abcdef0 -n 100
      """)

  @Argument(help: .init("Only these logs.", valueName: "log"))
  var names: [String] = []

  @Flag(help: "Show the end of each log; the default.")
  var tail = false

  @Flag(help: "Save everything as a zip file.")
  var all = false

  @Option(
    name: .shortAndLong,
    help: .init("With --all, the file; a name of its own without it.", valueName: "file"))
  var output: String?

  @Flag(name: .shortAndLong, help: "Go on and show new lines as they are written (local host).")
  var follow = false

  @Option(
    name: .customShort("n"), help: .init("So many lines of each log.", valueName: "number"))
  var count = 20

  @Option(help: .init("Only this instance's (Beanstalk).", valueName: "id"))
  var instance: String?

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if count < 0 { throw ValidationError("'-n' takes a number that is not negative") }
    if follow, common.json { throw ValidationError("'--follow' has no JSON") }
    if all, tail || follow {
      throw ValidationError("'--all' cannot be used with '\(tail ? "--tail" : "--follow")'")
    }
    if !all, output != nil { throw ValidationError("'--output' needs '--all'") }
  }

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: place.flags)
    let host = try context.host()
    let name = try context.environment(environment)
    guard let beanstalk = host as? BeanstalkHost else {
      if instance != nil { throw CommandError.onlyOnBeanstalk("logs --instance") }
      let logs = try select(await host.logs(of: name))
      if all { return try await save(of: name) { try archive(logs, to: $0) } }
      return try await show(logs, of: name, on: host)
    }
    if follow { throw CommandError.onlyOnLocal("logs --follow") }
    Interruption.begin()
    if all {
      if !names.isEmpty { throw CommandError.onlyOnLocal("logs --all <log>") }
      let (instance, scratch) = (instance, context.temporaryDirectory)
      return try await save(of: name) {
        try await BeanstalkLogs(host: beanstalk).writeAll(
          of: name, instance: instance, to: $0, temporaryDirectory: scratch)
      }
    }
    let logs = try ofInstance(await beanstalk.logs(of: name), on: name)
    return try await show(select(logs.flatMap(LogSections.split)), of: name, on: host)
  }

  private func select(_ logs: [LogFile]) throws -> [LogFile] {
    for name in names where !logs.contains(where: { Self.is($0, called: name) }) {
      throw CommandError.noLog(name, known: logs.map(\.name))
    }
    return names.isEmpty
      ? logs : logs.filter { log in names.contains { Self.is(log, called: $0) } }
  }

  /// By its whole name or, where that is a path, the last part of it.
  private static func `is`(_ log: LogFile, called name: String) -> Bool {
    log.name == name || log.name.hasSuffix("/" + name)
  }

  /// The logs of the instance that is asked for; all without one.
  private func ofInstance(_ logs: [LogFile], on name: EnvironmentName) throws -> [LogFile] {
    guard let instance else { return logs }
    let wanted = logs.filter { $0.name == instance + ".log" }
    guard !wanted.isEmpty else {
      throw InstanceError.noLogs(
        instance, of: name, known: logs.map { String($0.name.dropLast(".log".count)) })
    }
    return wanted
  }

  // MARK: - Everything

  private struct ArchiveView: Encodable {
    struct File: Encodable {
      var name: String
      var size: UInt64
    }

    var path: String
    var files: [File]
  }

  /// Readable to nobody else: logs may hold secrets.
  private func save(
    of name: EnvironmentName, _ write: (any ZipSink) async throws -> [LogArchive.Entry]
  ) async throws -> ExitStatus {
    let path = output ?? Self.fileName(of: name)
    let file = try OutputFile(path)
    let entries = try await write(file.sink)
    try file.finish()
    try render(entries, path)
    return .success
  }

  private func archive(_ logs: [LogFile], to sink: any ZipSink) throws -> [LogArchive.Entry] {
    Interruption.begin()
    return try LogArchive.write(logs, to: sink, isInterrupted: { Interruption.isRequested })
  }

  private func render(_ entries: [LogArchive.Entry], _ path: String) throws {
    if common.json {
      return try Output.json(
        ArchiveView(path: path, files: entries.map { .init(name: $0.name, size: $0.size) }))
    }
    Output.line(path)
    if !common.quiet { Output.message("saved \(Format.count(entries.count, "log"))") }
  }

  /// Such as `production-logs-20261121-084000.zip`: nothing that is there is written over.
  private static func fileName(of name: EnvironmentName) -> String {
    let time = Format.time(Date()).filter { $0 != "-" && $0 != ":" }.replacing(" ", with: "-")
    return "\(name)-logs-\(time).zip"
  }

  // MARK: - The end

  private struct View: Encodable {
    var name: String
    /// `nil` where the log is not on this machine.
    var path: String?
    var lines: [String]
  }

  private func show(
    _ logs: [LogFile], of name: EnvironmentName, on host: any Host
  ) async throws -> ExitStatus {
    var tails = try logs.map { (log: $0, tail: try LogTail($0, lines: count)) }
    if common.json {
      try Output.json(
        tails.map {
          View(
            name: $0.log.name, path: $0.log.contents == nil ? $0.log.path.string : nil,
            lines: $0.tail.lines)
        })
      return .success
    }
    var last: String?
    for (log, tail) in tails { show(tail.lines, of: log.name, &last, among: logs.count) }
    guard follow else { return .success }
    Interruption.begin()
    while !Interruption.isRequested {
      try await Task.sleep(for: .milliseconds(200))
      for index in tails.indices {
        show(try tails[index].tail.more(), of: tails[index].log.name, &last, among: logs.count)
      }
      // A log that is new since the start is followed as well.
      guard let now = try? await host.logs(of: name) else { return .success }
      for log in now
      where (names.isEmpty || names.contains(log.name))
        && !tails.contains(where: { $0.log.name == log.name })
      {
        tails.append((log, try LogTail(log, lines: .max)))
        show(tails[tails.count - 1].tail.lines, of: log.name, &last, among: tails.count)
      }
    }
    return .interrupted
  }

  /// A heading as `tail` has it, wherever the lines are of another log than those before.
  private func show(_ lines: [String], of name: String, _ last: inout String?, among count: Int) {
    guard !lines.isEmpty else { return }
    if count > 1, last != name {
      if last != nil { Output.line() }
      Output.line("==> \(name) <==")
    }
    last = name
    for line in lines { Output.line(line) }
  }
}
