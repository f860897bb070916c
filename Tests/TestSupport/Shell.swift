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

  let status = try spawn(
    ["/bin/sh", "-c", #"cd -- "$1" && shift && exec env "$@""#, "sh", directory] + arguments,
    environment: hermeticEnvironment.merging(environment) { $1 },
    files: [inputFile, outputFile, errorFile])
  return (
    status, try Data(contentsOf: URL(filePath: outputFile)),
    try Data(contentsOf: URL(filePath: errorFile))
  )
}

/// Runs a program to its end, with the three files as its input, output and errors.
///
/// Not with `Process`: Foundation 6.3.1's `run()` reads behind a buffer and now and then crashes the
/// tests (swift-corelibs-foundation#5472).
/// - Returns: the exit status, 128 + the signal for a program that was killed.
private func spawn(
  _ arguments: [String], environment: [String: String], files: [String]
) throws -> Int32 {
  let failed = ShellError(arguments: arguments, status: -1, output: "", error: "cannot be started")
  #if canImport(Glibc)
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
  #else
    var actions: posix_spawn_file_actions_t?
    var attributes: posix_spawnattr_t?
  #endif
  unsafe posix_spawn_file_actions_init(&actions)
  unsafe posix_spawnattr_init(&attributes)
  defer {
    unsafe posix_spawn_file_actions_destroy(&actions)
    unsafe posix_spawnattr_destroy(&attributes)
  }
  for (number, file) in files.enumerated() {
    unsafe posix_spawn_file_actions_addopen(
      &actions, Int32(number), file, number == 0 ? O_RDONLY : O_WRONLY, 0)
  }
  // The child must not inherit what the test runner blocks or ignores.
  var none = sigset_t()
  var all = sigset_t()
  unsafe sigemptyset(&none)
  unsafe sigfillset(&all)
  unsafe posix_spawnattr_setsigmask(&attributes, &none)
  unsafe posix_spawnattr_setsigdefault(&attributes, &all)
  unsafe posix_spawnattr_setflags(
    &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

  var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
  var variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
  defer {
    let texts = unsafe words + variables
    for index in unsafe texts.indices { unsafe free(texts[index]) }
  }
  var child: pid_t = 0
  guard
    unsafe posix_spawn(&child, arguments[0], &actions, &attributes, &words, &variables) == 0
  else { throw failed }
  var status: Int32 = 0
  while unsafe waitpid(child, &status, 0) < 0 {
    guard errno == EINTR else { throw failed }
  }
  let signal = status & 0x7f
  return signal == 0 ? status >> 8 & 0xff : 128 + signal
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
