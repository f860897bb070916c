#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Asks on the terminal for the code that a device for multi-factor authentication shows.
enum TokenPrompt {
  /// `nil` where no terminal can be asked.
  static var asker: (@Sendable (_ serial: String) async -> String?)? {
    guard isatty(STDIN_FILENO) == 1, Output.isErrorTerminal else { return nil }
    return { serial in
      Output.status("code of \(Format.visible(serial)): ")
      guard let line = readLine() else { return nil }
      let code = line.filter { !$0.isWhitespace }
      return code.isEmpty ? nil : code
    }
  }
}
