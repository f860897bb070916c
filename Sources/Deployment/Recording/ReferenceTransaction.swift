import Git

/// Changes of references, made by git itself: all of them or none. Its own `update-ref` knows packed
/// references, linked work trees, locks, reflogs and the `reference-transaction` hook.
struct ReferenceTransaction {
  /// One reference from a value to another; `nil` is no reference.
  struct Change: Sendable, Equatable {
    var name: String
    var old: ObjectID?
    var new: ObjectID?
  }

  /// What git said instead of doing it.
  struct Refused: Error {
    var reason: String
  }

  private let git: GitProgram
  private let settings: [String]

  init(_ location: Location) {
    git = GitProgram(location)
    // A bare repository keeps no reflogs unless it is told to; of these it shall have one.
    let isUnsaid = location.isBare && location.configuration["core.logallrefupdates"] == nil
    settings = isUnsaid ? ["-c", "core.logAllRefUpdates=true"] : []
  }

  /// Throws ``Refused`` where a reference has another value than ``Change/old`` by now.
  ///
  /// - Parameter message: for the reflogs.
  func run(_ changes: [Change], message: String, by committer: Signature) async throws {
    let none = String(repeating: "0", count: 40)
    let lines = changes.map { change in
      change.new == nil
        ? "delete \(change.name) \(change.old?.hex ?? "")"
        : "update \(change.name) \(change.new?.hex ?? none) \(change.old?.hex ?? none)"
    }
    if changes.isEmpty { return }
    let output = try await git.ask(
      settings + ["update-ref", "-m", message, "--stdin"],
      input: Array(lines.joined(separator: "\n").utf8) + [0x0a],
      environment: [
        "GIT_COMMITTER_NAME": committer.name, "GIT_COMMITTER_EMAIL": committer.email,
      ])
    if !output.succeeded { throw Refused(reason: GitComplaint.text(output)) }
  }
}

/// What a `git` that failed has to say, in one line.
enum GitComplaint {
  static func text(_ output: ProgramOutput) -> String {
    let lines = output.complaint.split(separator: "\n").map(String.init)
    let line = lines.first { $0.hasPrefix("fatal: ") || $0.hasPrefix("error: ") } ?? lines.first
    guard var text = line else { return "git ended with \(output.statusText)" }
    for prefix in ["fatal: ", "error: "] where text.hasPrefix(prefix) {
      text.removeFirst(prefix.count)
    }
    return text
  }
}
