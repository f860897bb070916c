import Deployment
import Git

/// What every command does first: takes away what an earlier git-eb left when it was cut off.
enum Healing {
  /// Says on standard error what was found; what cannot be healed stops nothing.
  static func run(_ location: Location, _ environment: [String: String], isQuiet: Bool) {
    let places = PrivateStorage.places(
      environment: environment, temporaryDirectory: temporaryDirectory(environment))
    for leftover in Recovery(location, places: places).heal() {
      let words = LeftoverWords(leftover)
      if words.isProblem {
        Output.message("warning: \(words.message)")
        Output.message("hint: git eb recover")
      } else if !isQuiet {
        Output.message("note: \(words.message)")
      }
      if !isQuiet { words.warnings.forEach(Output.message) }
    }
  }

  static func temporaryDirectory(_ environment: [String: String]) -> String {
    let directory = environment["TMPDIR"] ?? ""
    return directory.isEmpty ? "/tmp" : directory
  }
}

/// A leftover in words.
struct LeftoverWords {
  var message: String
  var warnings: [String] = []
  var isProblem = false

  init(_ leftover: Leftover) {
    let owner = leftover.owner.map { "process \($0)" } ?? "an earlier git-eb"
    let what =
      switch leftover.kind {
      case .journal: "the secrets that \(owner) had staged"
      case .storage: "private files of \(owner)"
      case .draft: "\(Format.quoted(leftover.path)), which \(owner) was writing"
      case .release: "what was left in \(leftover.detail ?? "the local host")"
      }
    switch leftover.outcome {
    case .inUse: message = "left alone: \(what), which is at work"
    case .found: message = "found \(what)"
    case .removed: message = "removed \(what)"
    case .takenBack(let taken):
      message = "took back \(what): \(Format.names(taken.names))"
      warnings = TakenBackWords.warnings(taken)
    case .failed(let error):
      message = "cannot take away \(what): \(Failure(error).message)"
      isProblem = true
    }
  }
}

extension LeftoverWords {
  /// A record that an earlier git-eb had not written.
  init(_ healed: Recorder.Healed, isDry: Bool) {
    guard let record = healed.record else {
      message =
        (isDry ? "found" : "removed")
        + " what process \(healed.owner) kept as a record, and is none"
      return
    }
    let what =
      "the deployment of \(record.label) to '\(record.environment)' that process "
      + "\(healed.owner) began (\(record.ending.rawValue))"
    switch healed.recording {
    case .written: message = "recorded \(what)"
    case .postponed where isDry: message = "found no record of \(what)"
    case .postponed(let reason), .lost(let reason):
      message = "cannot record \(what): \(Format.visible(reason))"
      isProblem = true
    }
  }
}

/// What others have made of the index meanwhile.
enum TakenBackWords {
  static func warnings(_ taken: TakenBack) -> [String] {
    var lines: [String] = []
    if !taken.changedByOthers.isEmpty {
      lines.append(
        "note: kept what was staged meanwhile in place of \(Format.names(taken.changedByOthers))")
    }
    if !taken.stillReferenced.isEmpty {
      lines.append(
        "warning: a commit, stash or index made meanwhile holds "
          + Format.names(taken.stillReferenced))
      lines.append("hint: git log --all --reflog -- \(taken.stillReferenced[0])")
    }
    if !taken.packed.isEmpty {
      lines.append(
        "warning: git has packed the contents of \(Format.names(taken.packed)) meanwhile")
      lines.append("hint: git gc --prune=now removes them")
    }
    return lines
  }
}
