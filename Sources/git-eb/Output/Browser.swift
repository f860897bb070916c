import Deployment

/// The browser that the user has.
enum Browser {
  /// Answers a command with an address: as JSON, printed, or in the browser.
  static func answer(
    _ url: String, json: Bool, printing: Bool, _ processEnvironment: [String: String]
  ) async throws {
    if json {
      try Output.json(["url": url])
    } else if printing {
      Output.line(url)
    } else {
      try await show(url, processEnvironment)
    }
  }

  /// Shows an address, or prints it where there is no browser.
  private static func show(_ url: String, _ processEnvironment: [String: String]) async throws {
    guard await !opens(url, processEnvironment) else { return }
    Output.line(url)
    throw CommandError.noBrowser
  }

  /// Shows an address with `$BROWSER`, or what the system has; `false` where there is none.
  static func opens(_ url: String, _ processEnvironment: [String: String]) async -> Bool {
    let asked = processEnvironment["BROWSER"].flatMap { $0.isEmpty ? nil : $0 }
    #if os(macOS)
      let candidates = [asked, "open"]
    #else
      let candidates = [asked, "xdg-open", "sensible-browser", "x-www-browser"]
    #endif
    for program in candidates.compactMap({ $0 }) {
      let result = try? await Program.run(
        program, [url], directory: "/", outputLimit: 1 << 16, timeLimit: .seconds(20))
      if result?.succeeded == true { return true }
    }
    return false
  }
}
