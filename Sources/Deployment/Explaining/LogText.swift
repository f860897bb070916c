/// The text of a log, and where its lines begin.
package struct LogText: Sendable {
  /// As it is shown: a path, or the name in an archive.
  package let name: String
  let kind: LogKind
  let bytes: [UInt8]
  /// The number of the first line that is here; `nil` where the beginning was left out.
  let firstNumber: Int?
  private let starts: [Int]
  /// The index of the line with which the last operation begins, where the host knows it.
  private(set) var lastStart: Int?

  package init(_ name: String, _ bytes: [UInt8], kind: LogKind? = nil, firstNumber: Int? = 1) {
    self.name = name
    self.kind = kind ?? LogKind(name)
    self.bytes = bytes
    self.firstNumber = firstNumber
    var starts: [Int] = []
    var start = 0
    while start < bytes.count {
      starts.append(start)
      start = (bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count) + 1
    }
    self.starts = starts
  }

  var lineCount: Int { starts.count }

  /// Says that the last operation wrote what is behind the first `count` bytes.
  mutating func beginLast(behind count: Int) {
    lastStart = count < bytes.count ? line(at: max(0, count)) : lineCount
  }

  /// The index of the line, counted from 0, that the byte belongs to.
  func line(at place: Int) -> Int {
    var (low, high) = (0, starts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= place { low = middle } else { high = middle }
    }
    return low
  }

  /// Where the line stands, without its end.
  func bytes(of line: Int) -> Range<Int> {
    let start = starts[line]
    var end = line + 1 < starts.count ? starts[line + 1] : bytes.count
    // One of each: a line may be nothing but carriage returns, and is asked for again and again.
    if end > start, bytes[end - 1] == UInt8(ascii: "\n") { end -= 1 }
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return start..<end
  }

  /// Where these lines stand.
  func bytes(of lines: Range<Int>) -> Range<Int> {
    guard !lines.isEmpty else { return 0..<0 }
    return starts[
      lines.lowerBound]..<(lines.upperBound < starts.count ? starts[lines.upperBound] : bytes.count)
  }

  /// The number that an editor gives the line.
  func number(of line: Int) -> Int? { firstNumber.map { $0 + line } }

  /// The line for people: not too long, and without what could drive their terminal.
  func text(of line: Int) -> String {
    let range = bytes(of: line)
    let shown = bytes[range].prefix(Self.longestShown)
    let text = String(decoding: shown, as: UTF8.self).unicodeScalars.filter {
      $0 == "\t" || !($0.value < 0x20 || (0x7f...0x9f).contains($0.value))
    }
    return String(String.UnicodeScalarView(text)) + (shown.count < range.count ? "…" : "")
  }

  private static let longestShown = 400
}

/// Which of Beanstalk's logs it is, by its file's name, in the order in which they tell of a cause.
package enum LogKind: Int, Sendable, Comparable {
  /// The environment's events.
  case events
  /// `eb-engine.log`, of Amazon Linux 2 and later.
  case engine
  /// `eb-activity.log`, of Amazon Linux.
  case activity
  /// `cfn-init.log` and `cfn-init-cmd.log`.
  case resources
  /// `eb-ecs-mgr.log`, and the agent's.
  case containers
  /// `cloud-init-output.log`.
  case boot
  /// What the application writes.
  case application
  /// The proxy's `error.log`.
  case proxy
  case other
  /// Requests: what is in them was written by anybody.
  case access

  package init(_ path: String) {
    let name = String(path.split(separator: "/").last ?? "").lowercased()
    self =
      if name.contains("access") {
        .access
      } else if name.hasPrefix("eb-engine") || name.hasPrefix("eb-hooks") {
        .engine
      } else if name.hasPrefix("eb-activity") || name.hasPrefix("eb-commandprocessor") {
        .activity
      } else if name.hasPrefix("cfn-") {
        .resources
      } else if name.hasPrefix("eb-ecs") || name.hasPrefix("ecs-") {
        .containers
      } else if name.hasPrefix("cloud-init") {
        .boot
      } else if name.hasPrefix("error.log") || name.hasPrefix("error_log") {
        .proxy
      } else if name.hasPrefix("web.") || name.contains("stdout") || name.contains("stderr")
        || name.hasPrefix("nodejs") || name.hasPrefix("catalina") || path.contains("/eb-docker/")
      {
        .application
      } else {
        .other
      }
  }

  package static func < (left: LogKind, right: LogKind) -> Bool { left.rawValue < right.rawValue }
}
