import FoundationEssentials
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One start of a release's processes, beside those that serve: from its record to its health.
struct LocalLaunch {
  let environment: LocalEnvironment
  /// With the new run as its last.
  private(set) var release: LocalRelease
  let deadline: ContinuousClock.Instant
  let timeout: Duration
  private let procfile: Procfile
  private let extensions: LocalExtensions
  /// Sizes of the logs before the start, by process.
  private var logOffsets: [String: Int64] = [:]

  private var layout: LocalEnvironmentLayout { environment.layout }
  private var directory: FilePath { layout.release(release.number) }

  var run: LocalRun { release.runs[release.runs.count - 1] }
  var live: LiveRun { LiveRun(generation: run.generation, port: run.port) }
  /// The new processes, for ending them.
  var processes: [(process: LocalProcess, mark: String)] { run.marked }

  /// Plans the run and records it. Nothing is started yet.
  init(
    _ environment: LocalEnvironment, release: LocalRelease, variables: [String: String],
    deadline: ContinuousClock.Instant, timeout: Duration
  ) throws {
    self.environment = environment
    self.release = release
    self.deadline = deadline
    self.timeout = timeout
    let directory = environment.layout.release(release.number)
    procfile = try Self.procfile(in: directory)
    extensions = try LocalExtensions(release: directory)
    let healthPath = environment.options.healthPath ?? extensions.healthPath
    guard healthPath.hasPrefix("/"), healthPath.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
    else { throw LocalFailure("'\(healthPath)' is not a path that can be asked for") }
    for (name, value) in extensions.variables.merging(variables, uniquingKeysWith: { $1 }) {
      guard !name.isEmpty, !name.contains("="), !(name + value).utf8.contains(0) else {
        throw LocalFailure("the variable '\(name)' cannot be given to a process")
      }
    }
    let run = LocalRun(
      generation: release.nextGeneration, started: environment.options.now(),
      variables: variables, port: procfile.hasWeb ? try LocalSocket.freePort() : nil,
      healthPath: healthPath, mark: "GIT_EB_RUN=\(UUID().uuidString)")
    self.release.runs.append(run)
    try environment.layout.write(self.release)
  }

  /// Starts the processes. None of them runs anything before it is recorded for good, so that there
  /// is never one that a later git-eb does not know.
  mutating func start() throws {
    for process in procfile.processes {
      let log = layout.log(of: process.name)
      logOffsets[process.name] = LocalStorage.size(of: log)
      var variables = self.variables
      if process.name == Procfile.web, let port = run.port { variables["PORT"] = "\(port)" }
      try start(
        LocalProgram(
          path: "/bin/sh", arguments: ["/bin/sh", "-c", process.command],
          environment: variables, directory: directory, log: log),
        name: process.name, isHook: false)
    }
  }

  /// Waits until the processes serve. Throws ``LocalFailure`` when one ends or the time is over.
  func waitUntilHealthy(say: (Event.Severity, String) -> Void) async throws {
    let clock = ContinuousClock()
    let start = clock.now
    var last: HealthCheck.Answer?
    // Short at first, so that a quick start is seen at once; longer then, since each try is a line
    // in the application's log.
    var pause = Duration.milliseconds(20)
    var told = start
    let settles = procfile.processes.contains { $0.name != Procfile.web }
    while !procfile.processes.isEmpty {
      try environment.checkInterruption()
      try checkAlive()
      var isHealthy = !settles || clock.now - start >= environment.options.settling
      if let port = run.port {
        let check = HealthCheck(port: port, path: run.healthPath)
        let answer = try await check.ask(
          limit: max(.milliseconds(100), min(.seconds(2), deadline - clock.now)))
        last = answer
        if answer != .status(200) { isHealthy = false }
      }
      if isHealthy {
        // It may have been somebody else's answer, on a port that the process could not take.
        try checkAlive()
        return
      }
      guard clock.now < deadline else { throw timeoutFailure(last) }
      if let port = run.port, let last, clock.now - told >= Self.silence {
        told = clock.now
        say(.info, "Waiting for GET \(run.healthPath) on port \(port): \(last.text).")
      }
      try await Task.sleep(for: pause)
      pause = min(pause * 3 / 2, .milliseconds(500))
    }
  }

  /// How long nothing is said while the processes start.
  private static let silence = Duration.seconds(5)

  /// Runs the hooks of one phase, one after the other, in the order of their names.
  ///
  /// Source: Elastic Beanstalk's "Platform hooks".
  mutating func runHooks(_ phase: String, announce: (String) -> Void) async throws {
    guard environment.options.hooks else { return }
    let hooks = directory.appending(".platform").appending("hooks").appending(phase)
    for name in try LocalStorage.names(in: hooks) {
      let path = hooks.appending(name)
      guard isFile(path) else { continue }
      let title = ".platform/hooks/\(phase)/\(name)"
      announce(title)
      try await runHook(title, at: path)
    }
  }

  /// The last lines that a process wrote since this start.
  func logTail(of process: String) -> [String] {
    LocalLogs.tail(of: layout.log(of: process), from: logOffsets[process] ?? 0)
  }

  /// The run became the release's only one: those before it are forgotten.
  mutating func forgetOtherRuns() throws {
    release.runs = [run]
    try layout.write(release)
  }

  private static func procfile(in directory: FilePath) throws -> Procfile {
    guard let bytes = try LocalStorage.read(directory.appending("Procfile"), limit: 1 << 20) else {
      return Procfile()
    }
    do {
      return try Procfile(String(decoding: bytes, as: UTF8.self))
    } catch {
      throw LocalFailure("Procfile, line \(error.line): \(error.reason)")
    }
  }

  private var variables: [String: String] {
    var variables = environment.baseVariables
    variables.merge(extensions.variables) { $1 }
    variables.merge(run.variables) { $1 }
    variables["GIT_EB_APPLICATION"] = environment.application.text
    variables["GIT_EB_ENVIRONMENT"] = environment.name.text
    variables["GIT_EB_LABEL"] = release.version.label.text
    variables["GIT_EB_COMMIT"] = release.version.commit ?? ""
    let mark = run.mark.split(separator: "=", maxSplits: 1)
    variables[String(mark[0])] = String(mark[1])
    return variables
  }

  private mutating func start(_ program: LocalProgram, name: String, isHook: Bool) throws {
    let waiting = try WaitingProcess(program)
    try environment.step(.spawned)
    guard let record = waiting.record(name: name, isHook: isHook) else {
      throw LocalFailure("'\(name)' could not be started")
    }
    release.runs[release.runs.count - 1].processes.append(record)
    try layout.write(release)
    try environment.step(.processRecorded)
    if let error = waiting.run() {
      throw LocalFailure("'\(name)' could not be started: \(LocalEnvironment.text(of: error))")
    }
    try environment.step(.processStarted)
  }

  private func checkAlive() throws {
    for process in run.processes where !process.isHook {
      guard let ending = LocalProcesses.ending(of: process) else { continue }
      throw LocalFailure(
        reasons: ["process '\(process.name)' \(ending.text)"] + logTail(of: process.name))
    }
  }

  private func timeoutFailure(_ last: HealthCheck.Answer?) -> LocalFailure {
    guard run.port != nil else {
      return LocalFailure("the processes did not run long enough within \(timeout.seconds)")
    }
    let answer = last?.text ?? "none"
    let reason =
      "GET \(run.healthPath) did not answer 200 within \(timeout.seconds); last answer: \(answer)"
    return LocalFailure(reasons: [reason] + logTail(of: Procfile.web))
  }

  private mutating func runHook(_ title: String, at path: FilePath) async throws {
    // As Beanstalk does since 2022: a hook need not be executable in git.
    unsafe chmod(path.string, 0o700)
    let offset = LocalStorage.size(of: layout.hooksLog)
    try start(
      LocalProgram(
        path: path.string, arguments: [path.string], environment: variables,
        directory: directory, log: layout.hooksLog),
      name: title, isHook: true)
    guard let hook = run.processes.last else { return }
    let clock = ContinuousClock()
    var ending: LocalEnding?
    do {
      while ending == nil {
        try environment.checkInterruption()
        ending = LocalProcesses.ending(of: hook)
        if ending != nil { break }
        guard clock.now < deadline else {
          throw LocalFailure("hook '\(title)' did not end within \(timeout.seconds)")
        }
        try await Task.sleep(for: .milliseconds(10))
      }
    } catch {
      await LocalProcesses.stop([(hook, run.mark)], grace: environment.options.grace)
      throw error
    }
    // What a hook leaves running is nothing that git-eb would know of later.
    await LocalProcesses.stop([(hook, run.mark)], grace: environment.options.grace)
    release.runs[release.runs.count - 1].processes.removeAll { $0 == hook }
    try layout.write(release)
    if let ending, ending != .exited(0) {
      throw LocalFailure(
        reasons: ["hook '\(title)' \(ending.text)"]
          + LocalLogs.tail(of: layout.hooksLog, from: offset))
    }
  }

  private func isFile(_ path: FilePath) -> Bool {
    var status = stat()
    return unsafe stat(path.string, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }
}

extension LocalRun {
  /// Its processes with what they are known by.
  var marked: [(process: LocalProcess, mark: String)] { processes.map { ($0, mark) } }
}
