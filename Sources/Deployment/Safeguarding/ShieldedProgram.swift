import CPlatform
import Git

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Runs programs to their end on the calling thread, in sessions of their own: what a terminal
/// sends to git-eb must not end the `git` that puts an index back.
enum ShieldedProgram {
  struct Result {
    var output: [UInt8]
    var ending: LocalEnding
  }

  /// `environment` is all that the program sees. `nil` for `directory` stays where git-eb is. After
  /// `timeLimit`, and when `isInterrupted` says so, the program is killed.
  static func run(
    _ arguments: [String], input: UnsafeRawBufferPointer, directory: String?,
    environment: [String: String], timeLimit: Duration = GitProgram.timeLimit,
    isInterrupted: () -> Bool = { false }
  ) throws -> Result {
    let name = arguments.first ?? ""
    let (inputEnd, toProgram) = try pipeEnds()
    let (fromProgram, outputEnd) = try pipeEnds()
    var child = try GatedProgram.start(
      arguments, environment: environment, directory: directory,
      streams: .init(input: inputEnd.value, output: outputEnd.value, error: STDERR_FILENO))
    inputEnd.close()
    outputEnd.close()
    let error = unsafe platform_open_gate(&child)
    guard error == 0 else { throw FileError(operation: "start", path: name, errno: error) }

    var conversation = Conversation(
      process: child.pid, input: toProgram, output: fromProgram,
      deadline: ContinuousClock().now + timeLimit)
    let output = try unsafe conversation.hold(saying: input, isInterrupted: isInterrupted)
    var exit: Int32 = 0
    var signal: Int32 = 0
    _ = platform_await(child.pid)
    _ = unsafe platform_reap(child.pid, &exit, &signal)
    if isInterrupted() { throw Interrupted() }
    return Result(output: output, ending: signal == 0 ? .exited(exit) : .signalled(signal))
  }

  /// A descriptor that is closed with its last reference, or before.
  final class Descriptor {
    private(set) var value: Int32

    init(_ value: Int32) { self.value = value }

    deinit { close() }

    func close() {
      guard value >= 0 else { return }
      #if canImport(Glibc)
        _ = Glibc.close(value)
      #else
        _ = Darwin.close(value)
      #endif
      value = -1
    }
  }

  static func pipeEnds() throws(FileError) -> (reading: Descriptor, writing: Descriptor) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else {
      throw FileError(operation: "make", path: "a pipe", errno: errno)
    }
    // Another thread may start a program in between; what it inherits then ends with it.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (Descriptor(ends[0]), Descriptor(ends[1]))
  }
}

/// What is said to a program and what it says, neither waiting for the other.
private struct Conversation {
  let process: pid_t
  let input: ShieldedProgram.Descriptor
  let output: ShieldedProgram.Descriptor
  let deadline: ContinuousClock.Instant

  mutating func hold(
    saying words: UnsafeRawBufferPointer, isInterrupted: () -> Bool
  ) throws -> [UInt8] {
    _ = fcntl(input.value, F_SETFL, O_NONBLOCK)
    var said = 0
    var heard: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var isKilled = false
    while true {
      if said == words.count, input.value >= 0 { input.close() }
      var waits = [
        pollfd(fd: output.value, events: Int16(POLLIN), revents: 0),
        pollfd(fd: input.value, events: Int16(POLLOUT), revents: 0),
      ]
      _ = unsafe poll(&waits, 2, 100)
      if !isKilled, isInterrupted() || ContinuousClock().now > deadline {
        kill(process, SIGKILL)
        isKilled = true
      }
      if waits[1].revents != 0 {
        let count = unsafe Glue.write(
          input.value, words.baseAddress?.advanced(by: said), words.count - said)
        if count > 0 {
          said += count
        } else if errno != EAGAIN, errno != EINTR {
          // It wants no more; how it ends says whether that is right.
          input.close()
          said = words.count
        }
      }
      if waits[0].revents != 0 {
        let count = unsafe chunk.withUnsafeMutableBytes {
          unsafe Glue.read(output.value, $0.baseAddress, $0.count)
        }
        if count > 0 { heard.append(contentsOf: chunk[..<count]) }
        if count == 0 || (count < 0 && errno != EINTR) { return heard }
      }
    }
  }
}

/// Runs `git` on one repository with an index and objects of our choice.
struct ShieldedGit {
  let location: Location
  /// Laid over the environment that the repository was found with; `nil` takes a variable away.
  var variables: [String: String?] = [:]
  /// Given as `-c`.
  var settings: [String] = []
  var isInterrupted: () -> Bool = { false }

  init(_ location: Location) {
    self.location = location
    // Those that are relative paths are so from where git-eb was started.
    variables["GIT_INDEX_FILE"] = location.indexPath
    variables["GIT_OBJECT_DIRECTORY"] = location.objectDirectory
    if location.environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"] != nil {
      variables["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = AlternateDirectories.text(location.alternates)
    }
    variables["GIT_OPTIONAL_LOCKS"] = "0"
  }

  /// The output of `git`, which must succeed.
  func run(
    _ operation: String, _ arguments: [String], input: [UInt8] = []
  ) throws -> [UInt8] {
    try unsafe input.withUnsafeBytes {
      try unsafe run(operation, arguments, inputBytes: $0)
    }
  }

  /// The same, with an input that is not copied.
  func run(
    _ operation: String, _ arguments: [String], inputBytes: UnsafeRawBufferPointer
  ) throws -> [UInt8] {
    var environment = location.environment
    if environment["PATH"] == nil { environment["PATH"] = ProcessEnvironment.current()["PATH"] }
    for (name, value) in variables { environment[name] = value }
    var words = ["git"] + GitProgram.leading(location)
    for setting in settings { words += ["-c", setting] }
    let result: ShieldedProgram.Result
    do {
      result = try unsafe ShieldedProgram.run(
        words + arguments, input: inputBytes,
        directory: GitProgram.directory(location), environment: environment,
        isInterrupted: isInterrupted)
    } catch let error as FileError {
      throw SourceError.git(operation: operation, reason: error.reason)
    }
    guard result.ending == .exited(0) else {
      throw SourceError.git(operation: operation, reason: "git \(result.ending.text)")
    }
    return result.output
  }
}
