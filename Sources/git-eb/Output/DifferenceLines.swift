import Deployment
import Git

/// A commit as `--json` has it.
struct CommitView: Encodable {
  var id: String
  var subject: String

  init(_ commit: Commit) {
    id = commit.id.hex
    subject = commit.summary
  }
}

/// A file that differs as `--json` has it.
struct ChangeView: Encodable {
  var path: String
  var kind: String

  init(_ change: Change) {
    path = String(decoding: change.path, as: UTF8.self)
    kind = change.kind.rawValue
  }
}

/// What would come and go, as lines.
enum DifferenceLines {
  /// Commits as `git log --oneline` shows them.
  static func of(_ commits: [Commit], limit: Int = .max, _ style: Style? = nil) -> [String] {
    limited(commits, limit) { commit in
      let id = commit.id.abbreviated()
      return "\(style?(id, .yellow) ?? id) \(Format.visible(commit.summary))"
    }
  }

  /// Files with `A`, `C` or `R` for added, changed or removed.
  static func of(_ changes: [Change], limit: Int = .max) -> [String] {
    limited(changes, limit) { change in
      "\(change.kind.rawValue.prefix(1).uppercased()) "
        + Format.visible(String(decoding: change.path, as: UTF8.self))
    }
  }

  /// Such as `1 added, 0 changed, 2 removed`.
  static func count(_ changes: [Change]) -> String {
    func number(_ kind: Change.Kind) -> Int { changes.count { $0.kind == kind } }
    return "\(number(.added)) added, \(number(.changed)) changed, \(number(.removed)) removed"
  }

  private static func limited<T>(
    _ all: [T], _ limit: Int, _ text: (T) -> String
  ) -> [String] {
    all.prefix(limit).map { "  " + text($0) }
      + (all.count > limit ? ["  and \(all.count - limit) more"] : [])
  }
}
