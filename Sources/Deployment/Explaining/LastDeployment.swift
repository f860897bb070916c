/// Which lines of a log are of the last deployment in it.
///
/// `eb-engine.log` holds every command that the instance was ever given. Asking for logs is one, so
/// that the last command in a bundle is mostly that one, and not the deployment.
struct LastDeployment {
  /// The lines, counted from 0.
  var lines: Range<Int>
  /// Whether its beginning is known, so that all of it is here and nothing else.
  var isWhole: Bool

  init(in log: LogText) {
    guard let start = log.lastStart ?? Self.starts(in: log).last else {
      self.init(lines: 0..<log.lineCount, isWhole: false)
      return
    }
    self.init(lines: start..<log.lineCount, isWhole: true)
  }

  private init(lines: Range<Int>, isWhole: Bool) {
    self.lines = lines
    self.isWhole = isWhole
  }

  /// Leaves out what was written before `start`, as another log tells it, in a log whose lines have
  /// times. `time` gives a line's, in seconds since 1970.
  mutating func begin(at start: Double, time: (_ line: Int) -> Double?) {
    guard !isWhole, let last = lines.last, time(last) != nil else { return }
    var (low, high) = (lines.lowerBound, lines.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if (time(middle) ?? -.infinity) < start { low = middle + 1 } else { high = middle }
    }
    self = LastDeployment(lines: low..<lines.upperBound, isWhole: true)
  }

  /// Where deployments begin.
  private static func starts(in log: LogText) -> [Int] {
    switch log.kind {
    case .engine: engineStarts(in: log)
    case .activity: activityStarts(in: log)
    case .resources: lines(of: log, with: resources).map(\.line)
    case .events: lines(of: log, with: events).map(\.line)
    default: []
    }
  }

  private static let engineMarks = PieceIndex(
    [
      "] Starting...", "Engine command: (", "Executing instruction: ", "[ERROR]",
    ].map { Array($0.utf8) })
  private static let activityMarks = PieceIndex([Array("] : Starting activity...".utf8)])
  private static let resources = PieceIndex([Array("----Starting build----".utf8)])
  private static let events = PieceIndex([Array(" is starting.".utf8)])

  /// Each run of the engine begins with `Starting...`; those that deploy count.
  private static func engineStarts(in log: LogText) -> [Int] {
    var runs: [(start: Int, command: Bool?, hasWork: Bool)] = []
    for (piece, line) in lines(of: log, with: engineMarks) {
      if piece == 0 {
        runs.append((line, nil, false))
        continue
      }
      guard !runs.isEmpty else { continue }
      switch piece {
      case 1:
        let text = log.text(of: line)
        runs[runs.count - 1].command = deploys.contains { text.contains("(\($0)") }
      default: runs[runs.count - 1].hasWork = true
      }
    }
    return runs.filter { $0.command ?? $0.hasWork }.map(\.start)
  }

  /// The engine's commands that change what runs.
  private static let deploys = [
    "app-deploy", "env-launch", "config-deploy", "self-startup", "restart", "app-install",
  ]

  /// An activity of a whole command is called by the command, such as `[Application update v1@7]`;
  /// what is done in it has a name with slashes.
  private static func activityStarts(in log: LogText) -> [Int] {
    lines(of: log, with: activityMarks).map(\.line).filter { line in
      let text = log.text(of: line)
      guard let end = text.firstRange(of: "] : Starting activity..."),
        let start = text[..<end.lowerBound].lastIndex(of: "[")
      else { return false }
      let name = text[text.index(after: start)..<end.lowerBound]
      return !name.contains("/") && !name.contains("TailLogs") && !name.contains("BundleLogs")
    }
  }

  /// The lines that hold one of the pieces, in order.
  private static func lines(
    of log: LogText, with index: PieceIndex
  ) -> [(piece: Int, line: Int)] {
    var found: [(piece: Int, line: Int)] = []
    index.search(log.bytes, in: 0..<log.bytes.count) { piece, place in
      found.append((piece, log.line(at: place)))
    }
    return found
  }
}
