private import Subprocess
private import SystemPackage

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// What a program printed on standard output, and how it ended.
package struct ProgramOutput: Sendable {
  package var output: [UInt8]
  package var succeeded: Bool
  /// Whether a signal ended it.
  package var wasKilled: Bool
  /// Such as `exit status 2` or `signal 9`, for people.
  package var statusText: String
  /// What it printed on standard error, where that was not let through.
  package var complaint = ""
}

/// A program that gave no result at all.
package enum ProgramError: Error, Equatable {
  case cannotStart(reason: String)
  case timedOut
  case outputTooLarge(limit: Int)
  /// It was told to end because a signal asked git-eb to stop.
  case interrupted
}

/// Runs other programs to their end. Their standard error is the user's own, unless it is asked for.
package enum Program {
  /// Runs `name` with its standard error kept in ``ProgramOutput/complaint``.
  package static func ask(
    _ name: String, _ arguments: [String], input: [UInt8] = [], directory: String,
    environment: [String: String?] = [:], timeLimit: Duration
  ) async throws(ProgramError) -> ProgramOutput {
    let configuration = configuration(
      name, arguments.map { Array($0.utf8) }, directory, environment)
    do {
      return try await withTimeLimit(timeLimit, isInterrupted: { false }) {
        if let filled = filledPipe(input) {
          let result = try await Subprocess.run(
            configuration, input: .fileDescriptor(filled, closeAfterSpawningProcess: true),
            output: .bytes(limit: 1 << 24), error: .string(limit: 1 << 16))
          return ProgramOutput(
            result.standardOutput, result.terminationStatus, result.standardError)
        }
        let result = try await Subprocess.run(
          configuration, input: .array(input), output: .bytes(limit: 1 << 24),
          error: .string(limit: 1 << 16))
        return ProgramOutput(
          result.standardOutput, result.terminationStatus, result.standardError)
      }
    } catch {
      throw programError(error, name)
    }
  }

  /// Runs `name`, found as a shell would or given as a path; a relative path is `directory`'s.
  ///
  /// `environment` is laid over git-eb's own; `nil` takes a variable away. At most `outputLimit`
  /// bytes of output. After `timeLimit` it is told to end, and killed two seconds later.
  package static func run(
    _ name: String, _ arguments: [String], input: [UInt8] = [], directory: String,
    environment: [String: String?] = [:], outputLimit: Int, timeLimit: Duration,
    isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) async throws(ProgramError) -> ProgramOutput {
    try await run(
      name, raw: arguments.map { Array($0.utf8) }, input: input, directory: directory,
      environment: environment, outputLimit: outputLimit, timeLimit: timeLimit,
      isInterrupted: isInterrupted)
  }

  /// The same with arguments that need not be UTF-8, such as paths of git.
  package static func run(
    _ name: String, raw arguments: [[UInt8]], input: [UInt8] = [], directory: String,
    environment: [String: String?] = [:], outputLimit: Int, timeLimit: Duration,
    isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) async throws(ProgramError) -> ProgramOutput {
    let configuration = configuration(name, arguments, directory, environment)
    do {
      return try await withTimeLimit(timeLimit, isInterrupted: isInterrupted) {
        guard !input.isEmpty else {
          let result = try await Subprocess.run(
            configuration, input: .none, output: .bytes(limit: outputLimit),
            error: .currentStandardError)
          return ProgramOutput(result.standardOutput, result.terminationStatus)
        }
        let result = try await Subprocess.run(
          configuration, input: .array(input), output: .bytes(limit: outputLimit),
          error: .currentStandardError)
        return ProgramOutput(result.standardOutput, result.terminationStatus)
      }
    } catch let error as SubprocessError where error.code == .outputLimitExceeded {
      throw .outputTooLarge(limit: outputLimit)
    } catch {
      throw programError(error, name)
    }
  }

  /// The reading end of a pipe that holds all of the input, and whose other end is closed; `nil`
  /// where it does not fit. Subprocess ends the whole program by a trap when a program that it
  /// writes to ends before it has read.
  private static func filledPipe(_ input: [UInt8]) -> FileDescriptor? {
    guard let ends = try? FileDescriptor.pipe() else { return nil }
    defer { try? ends.writeEnd.close() }
    let isFilled =
      fcntl(ends.writeEnd.rawValue, F_SETFL, O_NONBLOCK) == 0
      && fcntl(ends.readEnd.rawValue, F_SETFD, FD_CLOEXEC) == 0
      && (input.isEmpty || (try? ends.writeEnd.writeAll(input)) == input.count)
    if isFilled { return ends.readEnd }
    try? ends.readEnd.close()
    return nil
  }

  private static func programError(_ error: any Error, _ name: String) -> ProgramError {
    switch error {
    case is TimeLimitPassed: .timedOut
    case is Interrupted: .interrupted
    case let error as SubprocessError where error.code == .executableNotFound:
      .cannotStart(reason: "'\(name)' was not found")
    default: .cannotStart(reason: "\(error)")
    }
  }

  /// Runs `name` with its standard output on the descriptor `output`, which is closed after.
  package static func write(
    _ name: String, _ arguments: [String], input: [UInt8] = [], directory: String,
    environment: [String: String?] = [:], output: Int32
  ) async throws(ProgramError) -> ProgramOutput {
    let configuration = configuration(
      name, arguments.map { Array($0.utf8) }, directory, environment)
    do {
      let output = FileDescriptorOutput.fileDescriptor(
        FileDescriptor(rawValue: output), closeAfterSpawningProcess: true)
      guard !input.isEmpty else {
        let result = try await Subprocess.run(
          configuration, input: .none, output: output, error: .currentStandardError)
        return ProgramOutput([], result.terminationStatus)
      }
      let result = try await Subprocess.run(
        configuration, input: .array(input), output: output, error: .currentStandardError)
      return ProgramOutput([], result.terminationStatus)
    } catch {
      throw .cannotStart(reason: "\(error)")
    }
  }

  private static func configuration(
    _ name: String, _ arguments: [[UInt8]], _ directory: String, _ environment: [String: String?]
  ) -> Subprocess.Configuration {
    var options = PlatformOptions()
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))]
    let path = name.contains("/") && !name.hasPrefix("/") ? directory + "/" + name : name
    // Every git that is run must leave the index alone, also where it would only refresh it.
    var variables: [Environment.Key: String?] = ["GIT_OPTIONAL_LOCKS": "0"]
    for (name, value) in environment { variables[.init(stringLiteral: name)] = value }
    return Subprocess.Configuration(
      executable: path.contains("/") ? .path(FilePath(path)) : .name(path),
      // Subprocess takes raw arguments as they would be in C.
      arguments: Arguments(arguments.map { $0 + [0] }), environment: .inherit.updating(variables),
      workingDirectory: FilePath(directory), platformOptions: options)
  }
}

extension ProgramOutput {
  fileprivate init(_ output: [UInt8], _ status: TerminationStatus, _ complaint: String = "") {
    self.output = output
    self.complaint = complaint
    succeeded = status.isSuccess
    switch status {
    case .exited(let code):
      wasKilled = false
      statusText = "exit status \(code)"
    case .signaled(let signal):
      wasKilled = true
      statusText = "signal \(signal)"
    }
  }
}

private struct TimeLimitPassed: Error {}

/// The body's result, or ``TimeLimitPassed`` or ``Interrupted``; the body is cancelled then.
private func withTimeLimit<R: Sendable>(
  _ limit: Duration, isInterrupted: @escaping @Sendable () -> Bool,
  _ body: @escaping @Sendable () async throws -> R
) async throws -> R {
  try await withThrowingTaskGroup(of: R.self) { group in
    group.addTask { try await body() }
    group.addTask {
      let clock = ContinuousClock()
      let deadline = clock.now + limit
      while clock.now < deadline {
        if isInterrupted() { throw Interrupted() }
        try await Task.sleep(for: .milliseconds(50))
      }
      throw TimeLimitPassed()
    }
    defer { group.cancelAll() }
    guard let first = try await group.next() else { throw TimeLimitPassed() }
    return first
  }
}
