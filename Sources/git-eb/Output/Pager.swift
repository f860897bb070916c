import Deployment
import Git

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// git's pager, for answers that may be longer than the screen.
enum Pager {
  /// The status of a shell that did not find the program.
  private static let notFound: Int32 = 127

  /// Shows the lines through the pager where a terminal reads them, and as they are elsewhere.
  static func show(_ lines: [String], _ context: Context) async throws {
    if lines.isEmpty { return }
    let text = lines.joined(separator: "\n") + "\n"
    guard Output.isTerminal, let program = await program(context) else { return Output.text(text) }
    var environment = context.processEnvironment
    // Source: git-config(1), "core.pager".
    for (name, value) in ["LESS": "FRX", "LV": "-c"] where environment[name] == nil {
      environment[name] = value
    }
    let variables = environment
    let isShown = try await Threads.run {
      guard feed(text) else { return false }
      let command = OutsideCommand(["sh", "-c", program], environment: variables, directory: nil)
      return try command.run { _ in } != .exited(notFound)
    }
    if !isShown { Output.text(text) }
  }

  /// `nil` where the user wants none.
  private static func program(_ context: Context) async -> String? {
    let answer = try? await GitCommand(context.repository.location).output(["var", "GIT_PAGER"])
    guard let answer, answer.succeeded else { return nil }
    var program = String(decoding: answer.output, as: UTF8.self)
    while program.last?.isWhitespace == true { program.removeLast() }
    return ["", "cat"].contains(program) ? nil : program
  }

  /// Makes the text this process's standard input, which the pager then has as its own.
  private static func feed(_ text: String) -> Bool {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return false }
    let (reading, writing) = (ends[0], ends[1])
    // The pager must not hold the end that it waits for.
    _ = fcntl(writing, F_SETFD, FD_CLOEXEC)
    guard dup2(reading, STDIN_FILENO) >= 0 else { return false }
    close(reading)
    return Threads.start {
      var bytes = Array(text.utf8)[...]
      while !bytes.isEmpty {
        let count = unsafe bytes.withUnsafeBytes { unsafe write(writing, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        // Who quits the pager has read enough.
        if count < 0 { break }
        bytes = bytes.dropFirst(count)
      }
      close(writing)
    }
  }
}
