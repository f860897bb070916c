import CPlatform
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A process that the local host started, as it is recorded. It leads a session of its own.
struct LocalProcess: Codable, Equatable, Sendable {
  var name: String
  var pid: Int32
  /// Process ids are used again, the pair of id and start only after the next boot.
  var started: UInt64
  var boot: String
  /// A hook is never part of what serves.
  var isHook = false

  /// Whether the process itself runs, and not another one with its id.
  var isRunning: Bool {
    boot == ProcessIdentity.boot && ProcessIdentity.startTime(of: pid) == started
  }

  /// The processes of its session that run: its own and those that it started. `mark` is what its
  /// environment holds; it tells the session from another one once the first process has ended.
  func members(mark: String) -> [Int32] {
    guard boot == ProcessIdentity.boot else { return [] }
    var members = [Int32](repeating: 0, count: 4096)
    let count = unsafe members.withUnsafeMutableBufferPointer {
      unsafe platform_session_members(pid, $0.baseAddress, Int32($0.count))
    }
    guard count > 0 else { return [] }
    let found = Array(members[..<min(Int(count), members.count)])
    if isRunning { return found }
    return found.filter { Self.environment(of: $0, holds: mark) }
  }

  private static func environment(of pid: Int32, holds mark: String) -> Bool {
    let bytes = try? LocalStorage.read(FilePath("/proc/\(pid)/environ"), limit: 1 << 22)
    return bytes?.split(separator: 0).contains { $0.elementsEqual(mark.utf8) } ?? false
  }
}

/// How a process ended.
enum LocalEnding: Equatable, Sendable {
  case exited(Int32)
  case signalled(Int32)
  /// It is no child of this process, so only its absence is known.
  case unknown

  /// Such as `exited with status 1`, for people.
  var text: String {
    switch self {
    case .exited(let status): "exited with status \(status)"
    case .signalled(let number): "was ended by signal \(number)"
    case .unknown: "ended"
    }
  }
}

/// A program to be started.
struct LocalProgram: Sendable {
  var path: String
  /// All of them, the program's own name first.
  var arguments: [String]
  var environment: [String: String]
  var directory: FilePath
  /// The file that standard output and error are appended to.
  var log: FilePath
}

/// A process that exists and waits at its gate. Dropping it ends the process, which has run
/// nothing; so does the end of git-eb, however it comes.
struct WaitingProcess: ~Copyable {
  private var child: platform_child

  var pid: Int32 { child.pid }

  init(_ program: borrowing LocalProgram) throws(HostError) {
    let log = unsafe open(
      program.log.string, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0o600)
    guard log >= 0 else { throw LocalStorage.failure("open", program.log) }
    defer { close(log) }
    var child = platform_child()
    let arguments = CStrings(program.arguments)
    let variables = program.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let environment = CStrings(variables)
    let status = unsafe platform_spawn(
      &child, program.path, arguments.pointer, environment.pointer, program.directory.string, log)
    guard status == 0 else { throw LocalStorage.failure("start", FilePath(program.path)) }
    self.child = child
  }

  deinit {
    var child = child
    unsafe platform_close_gate(&child)
  }

  /// What to record before the process may run; `nil` when it is gone already.
  func record(name: String, isHook: Bool) -> LocalProcess? {
    ProcessIdentity.startTime(of: child.pid).map {
      LocalProcess(
        name: name, pid: child.pid, started: $0, boot: ProcessIdentity.boot, isHook: isHook)
    }
  }

  /// Lets the program run. Returns the errno that kept it from running, or `nil`.
  consuming func run() -> Int32? {
    var child = child
    discard self
    let error = unsafe platform_open_gate(&child)
    return error == 0 ? nil : error
  }
}

/// Waiting for processes and ending them.
enum LocalProcesses {
  /// How the process ended, or `nil` while it runs.
  static func ending(of process: LocalProcess) -> LocalEnding? {
    var status: Int32 = 0
    var signal: Int32 = 0
    switch unsafe platform_reap(process.pid, &status, &signal) {
    case 1: return signal == 0 ? .exited(status) : .signalled(signal)
    case 0: return nil
    default: return process.isRunning ? nil : .unknown
    }
  }

  /// Ends the processes and everything in their sessions: SIGTERM, and SIGKILL after `grace`.
  ///
  /// Goes on when the task is cancelled, since what was started must not stay. Returns the names of
  /// those that could not be ended.
  @discardableResult
  static func stop(_ processes: [(process: LocalProcess, mark: String)], grace: Duration) async
    -> [String]
  {
    var rest = remaining(processes)
    guard !rest.isEmpty else { return [] }
    for entry in rest { send(SIGTERM, to: entry.members) }
    let clock = ContinuousClock()
    let deadline = clock.now + grace
    while !rest.isEmpty, clock.now < deadline {
      await pause(.milliseconds(20))
      rest = remaining(processes)
    }
    let limit = clock.now + .seconds(5)
    while !rest.isEmpty, clock.now < limit {
      // Each time anew: a process may have started others in the meantime.
      for entry in rest { send(SIGKILL, to: entry.members) }
      await pause(.milliseconds(20))
      rest = remaining(processes)
    }
    return rest.map(\.name)
  }

  /// Waits, also in a task that is cancelled.
  static func pause(_ duration: Duration) async {
    await Task { try? await Task.sleep(for: duration) }.value
  }

  private static func remaining(_ processes: [(process: LocalProcess, mark: String)])
    -> [(name: String, members: [Int32])]
  {
    processes.compactMap { process, mark in
      _ = ending(of: process)
      let members = process.members(mark: mark)
      return members.isEmpty ? nil : (process.name, members)
    }
  }

  /// One by one, not as a group: a shell with job control gives its jobs groups of their own.
  private static func send(_ signal: Int32, to members: [Int32]) {
    for member in members { kill(member, signal) }
  }
}
