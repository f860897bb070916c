import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Deployment

@Suite("Local host: processes", .serialized) struct LocalProcessTests {
  private let directory: TemporaryDirectory
  private var log: FilePath { FilePath(directory.file("log")) }

  init() throws { directory = try TemporaryDirectory() }

  private func program(_ arguments: [String], environment: [String: String] = [:]) -> LocalProgram {
    LocalProgram(
      path: arguments[0], arguments: arguments, environment: environment,
      directory: FilePath(directory.path), log: log)
  }

  private func output() throws -> String {
    String(decoding: try LocalStorage.read(log) ?? [], as: UTF8.self)
  }

  private func start(_ program: LocalProgram) throws -> Int32? {
    let waiting = try WaitingProcess(program)
    return waiting.run()
  }

  private func runToEnd(_ program: LocalProgram) async throws -> LocalEnding {
    let waiting = try WaitingProcess(program)
    let record = waiting.record(name: "x", isHook: false)
    let error = waiting.run()
    #expect(error == nil)
    let process = try #require(record)
    while true {
      if let ending = LocalProcesses.ending(of: process) { return ending }
      try await Task.sleep(for: .milliseconds(2))
    }
  }

  @Test func `Nothing runs before the gate is opened, and never when it is not`() async throws {
    let pid: Int32
    do {
      let waiting = try WaitingProcess(program(["/bin/sh", "-c", "echo ran"]))
      pid = waiting.pid
      #expect(ProcessIdentity.startTime(of: pid) != nil)
      try await Task.sleep(for: .milliseconds(100))
      #expect(try output() == "")
    }
    #expect(ProcessIdentity.startTime(of: pid) == nil)
    #expect(try output() == "")
  }

  @Test func `A program starts clean: its own session, no descriptors, signals as they should be`()
    async throws
  {
    // As in the command, which ignores SIGPIPE and holds locks.
    let lock = unsafe open(directory.file("lock"), O_RDWR | O_CREAT, 0o600)
    defer { close(lock) }
    let script = """
      echo $(ls /proc/self/fd | wc -l) $(cat /proc/$$/stat | cut -d' ' -f5,6) $$
      pwd; echo "$A"; cat; echo end >&2
      exec grep -E 'Sig(Ign|Blk)' /proc/self/status
      """
    let ending = try await runToEnd(program(["/bin/sh", "-c", script], environment: ["A": "é b"]))
    #expect(ending == .exited(0))
    let lines = try output().split(separator: "\n").map { String($0) }
    let first = lines[0].split(separator: " ")
    // The three, and the one of ls that reads the directory.
    #expect(first[0] == "4")
    #expect(first[1] == first[3] && first[2] == first[3], "\(lines[0])")
    #expect(lines[1...3] == [directory.path, "é b", "end"])
    #expect(lines[4] == "SigBlk:\t0000000000000000")
    // The C library keeps two signals to itself, 32 and 33.
    let ignored = try #require(UInt64(lines[5].suffix(16), radix: 16))
    #expect(ignored & ~(0b11 << 31) == 0, "\(lines[5])")
  }

  @Test func `A program that cannot be run is told, and leaves no process`() throws {
    let waiting = try WaitingProcess(program(["/nonexistent"]))
    let pid = waiting.pid
    let error = waiting.run()
    #expect(error == ENOENT)
    #expect(ProcessIdentity.startTime(of: pid) == nil)
    try directory.write("text", to: "plain", mode: 0o644)
    #expect(try start(program([directory.file("plain")])) == EACCES)
    var elsewhere = program(["/bin/true"])
    elsewhere.directory = "/nonexistent"
    #expect(try start(elsewhere) == ENOENT)
    elsewhere.log = "/nonexistent/log"
    #expect(throws: HostError.storage(operation: "open", path: "/nonexistent/log", errno: ENOENT)) {
      _ = try start(elsewhere)
    }
  }

  @Test func `How a process ended is known`() async throws {
    #expect(try await runToEnd(program(["/bin/sh", "-c", "exit 3"])) == .exited(3))
    #expect(try await runToEnd(program(["/bin/sh", "-c", "kill -9 $$"])) == .signalled(9))
    let gone = LocalProcess(name: "x", pid: 1 << 22, started: 1, boot: ProcessIdentity.boot)
    #expect(LocalProcesses.ending(of: gone) == .unknown)
  }

  @Test func `A process is known by id, start and boot together`() throws {
    let start = try #require(ProcessIdentity.startTime(of: getpid()))
    var process = LocalProcess(name: "x", pid: getpid(), started: start, boot: ProcessIdentity.boot)
    #expect(process.isRunning)
    process.started += 1
    #expect(!process.isRunning)
    process.started = start
    process.boot = "other"
    #expect(!process.isRunning)
    #expect(process.members(mark: "").isEmpty)
  }

  @Test func `Stopping goes on in a task that is cancelled`() async throws {
    let waiting = try WaitingProcess(
      program(["/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.05; done"]))
    let record = waiting.record(name: "x", isHook: false)
    let error = waiting.run()
    #expect(error == nil)
    let process = try #require(record)
    let task = Task {
      try? await Task.sleep(for: .seconds(60))
      return await LocalProcesses.stop([(process, "")], grace: .milliseconds(100))
    }
    task.cancel()
    #expect(await task.value == [])
    #expect(!process.isRunning)
  }
}
