import Foundation

/// A program that runs beside the test, in a process group of its own as on a terminal.
package final class Background: Sendable {
  private let process: RunningProcess
  private let scratch: TemporaryDirectory
  private let base: String

  init(
    _ arguments: [String], in directory: String, environment: [String: String], base: String
  ) throws {
    self.base = base
    scratch = try TemporaryDirectory()
    // Whoever started the tests may ignore SIGINT, and the thread that starts this may block
    // signals: both would be inherited.
    let starter = """
      import os, signal, sys
      signal.signal(signal.SIGINT, signal.SIG_DFL)
      signal.pthread_sigmask(signal.SIG_SETMASK, [])
      if os.getpgrp() != os.getpid(): os.setpgid(0, 0)
      os.execvp(sys.argv[1], sys.argv[1:])
      """
    process = try RunningProcess(
      ["python3", "-c", starter] + arguments, in: directory, environment: environment,
      output: scratch.file("output"), error: scratch.file("error"))
  }

  deinit { end() }

  package var output: String { text("output") }
  package var error: String { text("error") }
  package var isRunning: Bool { process.ending == nil }

  /// Sends a signal to the whole group, as a terminal does.
  package func interrupt(_ signal: Int32 = SIGINT) { kill(-process.id, signal) }

  /// Sends a signal to the processes of the group whose name is this, alone.
  package func interrupt(only name: String, _ signal: Int32 = SIGINT) throws {
    let found = try run(["pgrep", "-x", "-g", "\(process.id)", name]).output
    for id in found.split(separator: "\n").compactMap({ Int32($0) }) { kill(id, signal) }
  }

  /// Waits for the end; `nil` when it does not come in time.
  package func wait(seconds: Double = 60) -> Screen? {
    guard eventually(seconds: seconds, { self.process.ending != nil }),
      let ending = process.ending
    else { return nil }
    return Screen(status: ending, output: output, error: error, base: base)
  }

  func end() {
    guard isRunning else { return }
    kill(-process.id, SIGKILL)
    _ = wait(seconds: 10)
  }

  private func text(_ name: String) -> String {
    String(
      decoding: FileManager.default.contents(atPath: scratch.file(name)) ?? Data(), as: UTF8.self)
  }
}

/// A child process and how it ended.
///
/// `@unchecked`: what changes is behind the lock.
private final class RunningProcess: @unchecked Sendable {
  private let process = Process()
  private let lock = NSLock()
  private var status: Int32?

  init(
    _ arguments: [String], in directory: String, environment: [String: String], output: String,
    error: String
  ) throws {
    for file in [output, error] { try Data().write(to: URL(filePath: file)) }
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: directory)
    process.environment = hermeticEnvironment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    let outputHandle = try FileHandle(forWritingTo: URL(filePath: output))
    let errorHandle = try FileHandle(forWritingTo: URL(filePath: error))
    process.standardOutput = outputHandle
    process.standardError = errorHandle
    process.terminationHandler = { [weak self] ended in
      let status = ended.terminationStatus
      self?.note(ended.terminationReason == .uncaughtSignal ? 128 + status : status)
    }
    try process.run()
    try outputHandle.close()
    try errorHandle.close()
  }

  var id: Int32 { process.processIdentifier }
  var ending: Int32? { lock.withLock { status } }

  private func note(_ ending: Int32) { lock.withLock { status = ending } }
}

/// The programs that a workplace has to end.
///
/// `@unchecked`: the list is behind the lock.
final class BackgroundList: @unchecked Sendable {
  private let lock = NSLock()
  private var backgrounds: [Background] = []

  func add(_ background: Background) { lock.withLock { backgrounds.append(background) } }

  func end() { for background in lock.withLock({ backgrounds }) { background.end() } }
}

/// Asks again and again until the answer is yes; `false` when the time is over first.
package func eventually(seconds: Double = 30, _ condition: () throws -> Bool) rethrows -> Bool {
  let deadline = Date() + seconds
  while true {
    if try condition() { return true }
    if Date() > deadline { return false }
    usleep(20_000)
  }
}
