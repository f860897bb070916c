import ArgumentParser
import Deployment
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `git eb logs`
struct Logs: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs",
    abstract: "Show the end of an environment's logs.",
    discussion: """
      Examples:
        git eb logs
        git eb logs web.log -n 100
        git eb logs -f -e production
      """)

  @Argument(help: .init("Only these logs.", valueName: "log"))
  var names: [String] = []

  @Flag(name: .shortAndLong, help: "Go on and show new lines as they are written.")
  var follow = false

  @Option(
    name: .customShort("n"), help: .init("So many lines of each log.", valueName: "number"))
  var count = 20

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var common: CommonOptions

  private struct View: Encodable {
    var name: String
    var path: String
    var lines: [String]
  }

  func validate() throws {
    if count < 0 { throw ValidationError("'-n' takes a number that is not negative") }
    if follow, common.json { throw ValidationError("'--follow' has no JSON") }
  }

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common)
    let host = try context.host()
    let name = try context.environment(environment)
    let logs = try select(await host.logs(of: name))
    var tails = try logs.map { (log: $0, tail: try LogTail($0.path.string, lines: count)) }
    if common.json {
      try Output.json(
        tails.map { View(name: $0.log.name, path: $0.log.path.string, lines: $0.tail.lines) })
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
        tails.append((log, try LogTail(log.path.string, lines: .max)))
        show(tails[tails.count - 1].tail.lines, of: log.name, &last, among: tails.count)
      }
    }
    return .interrupted
  }

  private func select(_ logs: [LogFile]) throws -> [LogFile] {
    for name in names where !logs.contains(where: { $0.name == name }) {
      throw CommandError.noLog(name, known: logs.map(\.name))
    }
    return names.isEmpty ? logs : logs.filter { names.contains($0.name) }
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

/// The end of a log file, and what is appended to it later.
private struct LogTail {
  /// At most so much is read of what is there already.
  private static let limit = 4 << 20

  private let path: String
  private var offset: Int64
  private var unfinished: [UInt8] = []
  private(set) var lines: [String] = []

  init(_ path: String, lines count: Int) throws {
    self.path = path
    let size = try FileSystem.status(path)?.size ?? 0
    offset = max(0, size - Int64(Self.limit))
    let all = try more()
    lines = count < all.count ? Array(all.suffix(count)) : all
    if !unfinished.isEmpty, count > 0 {
      lines.append(String(decoding: unfinished, as: UTF8.self))
      unfinished = []
    }
  }

  /// Whole lines that came since the last call. A file that shrank was begun anew.
  mutating func more() throws -> [String] {
    guard let status = try FileSystem.status(path) else { return [] }
    if status.size < offset {
      offset = 0
      unfinished = []
    }
    guard status.size > offset else { return [] }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(operation: "open", path: path, errno: errno) }
    defer { close(descriptor) }
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes {
        unsafe pread(descriptor, $0.baseAddress, $0.count, off_t(offset))
      }
      guard count > 0 else { break }
      unfinished += chunk[..<count]
      offset += Int64(count)
    }
    guard let end = unfinished.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    let whole = unfinished[..<end].split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    unfinished = Array(unfinished[(end + 1)...])
    return whole.map { String(decoding: $0, as: UTF8.self) }
  }
}
