package import Git

/// Exchanges records with a remote, by git itself. Every record has a reference of its own that never
/// changes, so nothing is forced, nothing is deleted, and both sides end with all of them.
package struct RecordSharing {
  /// The records of all applications, there as here.
  private static let all = "refs/eb/*:refs/eb/*"
  /// How often what somebody else was pushing at the same moment is pushed again.
  private static let attempts = 12

  /// A record that the remote does not take.
  package struct Refused: Sendable, Equatable {
    package var reference: String
    /// In git's words, such as `[remote rejected] (pre-receive hook declined)`.
    package var reason: String
  }

  package struct Result: Sendable, Equatable {
    /// How many records came to the other side.
    package var count = 0
    package var refused: [Refused] = []
  }

  /// git ended without having exchanged anything; it said why on standard error.
  package struct Failed: Error {
    package var reason: String
  }

  private let git: GitCommand
  private let location: Location

  /// - Parameter directory: where a remote that is a relative path begins.
  package init(_ location: Location, in directory: String?) {
    self.location = location
    git = GitCommand(location, in: directory)
  }

  /// Pushes the records that the remote does not have.
  package func push(to remote: String) async throws -> Result {
    var result = Result()
    for attempt in 1...Self.attempts {
      let output = try await git.output(
        ["push", "--porcelain", "--no-progress", "--", remote, Self.all])
      let lines = Self.parse(String(decoding: output.output, as: UTF8.self))
      result.count += lines.count { $0.flag == "*" || $0.flag == " " }
      result.refused = lines.filter { $0.flag == "!" }
        .map { Refused(reference: $0.reference, reason: $0.summary) }
      if output.succeeded { break }
      if result.refused.isEmpty { throw Failed(reason: output.statusText) }
      if !result.refused.contains(where: Self.isRace) { break }
      if attempt < Self.attempts {
        try await Task.sleep(for: .milliseconds(Int.random(in: 50...(100 * attempt))))
      }
    }
    return result
  }

  /// Fetches the records that are not here.
  package func fetch(from remote: String) async throws -> Result {
    let before = try names()
    let output = try await git.output(
      ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", remote, Self.all])
    let new = try names().subtracting(before)
    if !output.succeeded, new.isEmpty { throw Failed(reason: output.statusText) }
    return Result(count: new.count)
  }

  private func names() throws -> Set<String> {
    try Set(Repository.open(location).referenceNames(under: "refs/eb/"))
  }

  /// A line of `git push --porcelain`: a flag, `<from>:<to>` and what was done, with tabs between.
  struct Line: Sendable, Equatable {
    var flag: Character
    var reference: String
    var summary: String
  }

  static func parse(_ text: String) -> [Line] {
    text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard parts.count == 3, let flag = parts[0].first, parts[0].count == 1,
        let colon = parts[1].lastIndex(of: ":")
      else { return nil }
      return Line(
        flag: flag, reference: String(parts[1][parts[1].index(after: colon)...]),
        summary: String(parts[2]))
    }
  }

  /// Whether it may be that somebody else was writing there at this moment. Another record of the
  /// same name, what a hook says and what the remote forbids stays as it is.
  static func isRace(_ refused: Refused) -> Bool {
    guard refused.reason.hasPrefix("[remote rejected]") else { return false }
    return !["hook declined", "den", "prohibit", "not allowed", "shallow"].contains {
      refused.reason.contains($0)
    }
  }
}
