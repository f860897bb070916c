package import Foundation

/// A program that could not be run, or that ended with a status that the test did not expect.
package struct ShellError: Error, CustomStringConvertible {
  package var arguments: [String]
  package var status: Int32
  package var output: String
  package var error: String

  package var description: String {
    "\(arguments.joined(separator: " ")): status \(status)\n\(output)\(error)"
  }
}

/// What every program of a test sees: nothing of the person's who runs the tests.
///
/// Names and dates of commits are fixed, so that the same steps give the same commit ids. `HOME`
/// does not exist unless the test gives one.
package let hermeticEnvironment: [String: String] = [
  "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
  "HOME": "/nonexistent",
  "LC_ALL": "C.UTF-8",
  "TZ": "UTC",
  "TERM": "dumb",
  "GIT_CONFIG_NOSYSTEM": "1",
  "GIT_ATTR_NOSYSTEM": "1",
  "GIT_TERMINAL_PROMPT": "0",
  "GIT_EDITOR": "true",
  "GIT_AUTHOR_NAME": "A U Thor",
  "GIT_AUTHOR_EMAIL": "author@example.com",
  "GIT_AUTHOR_DATE": "1700000000 +0000",
  "GIT_COMMITTER_NAME": "C O Mitter",
  "GIT_COMMITTER_EMAIL": "committer@example.com",
  "GIT_COMMITTER_DATE": "1700000000 +0000",
]

/// Runs a program found on `PATH` to its end, with `hermeticEnvironment` and `environment` over it.
///
/// Output goes through files rather than pipes: nothing can fill up, and a background process that
/// the program leaves behind does not keep the test waiting.
/// - Returns: the exit status (128 + the signal for a program that was killed) and what it wrote.
package func run(
  _ arguments: [String], in directory: String = "/", environment: [String: String] = [:],
  input: String = ""
) throws -> (status: Int32, output: String, error: String) {
  let result = try runForBytes(
    arguments, in: directory, environment: environment, input: Data(input.utf8))
  return (
    result.status, String(decoding: result.output, as: UTF8.self),
    String(decoding: result.error, as: UTF8.self)
  )
}

/// Runs a program like `run`, with bytes in and bytes out.
package func runForBytes(
  _ arguments: [String], in directory: String = "/", environment: [String: String] = [:],
  input: Data = Data()
) throws -> (status: Int32, output: Data, error: Data) {
  let scratch = try TemporaryDirectory()
  let inputFile = scratch.path + "/input"
  let outputFile = scratch.path + "/output"
  let errorFile = scratch.path + "/error"
  try input.write(to: URL(filePath: inputFile))
  try Data().write(to: URL(filePath: outputFile))
  try Data().write(to: URL(filePath: errorFile))

  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = arguments
  process.currentDirectoryURL = URL(filePath: directory)
  process.environment = hermeticEnvironment.merging(environment) { $1 }
  process.standardInput = try FileHandle(forReadingFrom: URL(filePath: inputFile))
  process.standardOutput = try FileHandle(forWritingTo: URL(filePath: outputFile))
  process.standardError = try FileHandle(forWritingTo: URL(filePath: errorFile))
  // `waitUntilExit` turns a run loop, which tests that run side by side do not have.
  let ended = DispatchSemaphore(value: 0)
  process.terminationHandler = { _ in ended.signal() }
  try process.run()
  ended.wait()

  let status = process.terminationStatus
  return (
    process.terminationReason == .uncaughtSignal ? 128 + status : status,
    try Data(contentsOf: URL(filePath: outputFile)),
    try Data(contentsOf: URL(filePath: errorFile))
  )
}

/// Runs a program that is expected to succeed.
/// - Returns: its standard output.
/// - Throws: `ShellError` for any status but 0.
@discardableResult
package func check(
  _ arguments: [String], in directory: String = "/", environment: [String: String] = [:],
  input: String = ""
) throws -> String {
  let (status, output, error) = try run(
    arguments, in: directory, environment: environment, input: input)
  guard status == 0 else {
    throw ShellError(arguments: arguments, status: status, output: output, error: error)
  }
  return output
}
