import Git

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Changes of references, made by git itself: all of them or none. Its own `update-ref` knows packed
/// references, linked work trees, locks, reflogs and the `reference-transaction` hook.
package struct ReferenceTransaction {
  /// One reference from a value to another; `nil` is no reference.
  struct Change: Sendable, Equatable {
    var name: String
    var old: ObjectID?
    var new: ObjectID?
  }

  /// What git said instead of doing it.
  package struct Refused: Error {
    package var reason: String
  }

  private let git: GitProgram
  private let settings: [String]
  private let directory: String

  init(_ location: Location) {
    git = GitProgram(location)
    directory = location.commonDirectory
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
    if output.succeeded { return }
    if output.wasKilled { await releaseAbandonedLocks(of: changes) }
    throw Refused(reason: GitComplaint.text(output))
  }
}

extension ReferenceTransaction {
  /// How long a living git may take with a lock that it holds: it writes forty digits.
  private static let patience = 40
  private static let pause = Duration.milliseconds(50)

  /// Removes the locks on these references that stay where they are. Only for references that
  /// nothing but git-eb writes, and after a git or a git-eb that ended before its time.
  func releaseAbandonedLocks(of changes: [Change]) async {
    var abandoned: [String: UInt64] = [:]
    for path in changes.map({ "\(directory)/\($0.name).lock" }) {
      abandoned[path] = Self.file(at: path)
    }
    for _ in 0..<Self.patience where !abandoned.isEmpty {
      try? await Task.sleep(for: Self.pause)
      abandoned = abandoned.filter { Self.file(at: $0.key) == $0.value }
    }
    for path in abandoned.keys { _ = unsafe unlink(path) }
  }

  /// Tells one file from another of that name.
  private static func file(at path: String) -> UInt64? {
    (try? FileSystem.status(path))?.inode
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
