/// `cron.yaml`, the periodic tasks of a worker environment.
///
/// Source: https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/using-features-managing-env-tiers.html
struct PeriodicTasks {
  struct Problem: Equatable {
    var detail: String
    /// Counted from 1.
    var line: Int
    var column: Int
    /// Whether the daemon would not take the file.
    var isCertain = true
  }

  static let path = "cron.yaml"

  private(set) var problems: [Problem] = []

  init(_ bytes: [UInt8]) {
    do throws(YAMLError) {
      guard let root = try YAMLNode.parse(bytes, name: Self.path) else {
        problems = [Problem(detail: "it is empty", line: 1, column: 1)]
        return
      }
      check(root)
    } catch {
      problems = [Problem(detail: error.problem, line: error.line, column: error.column)]
    }
  }

  private mutating func check(_ root: YAMLNode) {
    guard root.mapping != nil else { return add("its root is not a map", root) }
    if let version = root["version"] {
      if version.string != "1" { add("its version is not 1", version) }
    } else {
      add("it has no 'version: 1'", root)
    }
    guard let tasks = root["cron"]?.sequence else {
      return add("it has no list under 'cron'", root["cron"] ?? root)
    }
    var names: Set<String> = []
    for task in tasks {
      guard task.mapping != nil else {
        add("a task is not a map", task)
        continue
      }
      for key in ["name", "url", "schedule"] where task[key]?.string == nil {
        add("a task has no '\(key)'", task)
      }
      if let name = task["name"], let text = name.string, !names.insert(text).inserted {
        add("another task is called '\(text)' too", name)
      }
      if let url = task["url"], let text = url.string, !text.hasPrefix("/") {
        add("'\(text)' does not begin with '/'", url, isCertain: false)
      }
      if let schedule = task["schedule"], let text = schedule.string {
        check(schedule, text)
      }
    }
  }

  private mutating func check(_ node: YAMLNode, _ schedule: String) {
    let fields = schedule.split(whereSeparator: \.isWhitespace)
    guard fields.count == Self.ranges.count else {
      return add("'\(schedule)' has \(fields.count) fields, and five are needed", node)
    }
    for (field, range) in zip(fields, Self.ranges) where !Self.isField(field, range) {
      add("'\(field)' is no \(range.name)", node)
    }
  }

  private static let ranges: [(name: String, numbers: ClosedRange<Int>)] = [
    ("minute", 0...59), ("hour", 0...23), ("day of the month", 1...31), ("month", 1...12),
    ("day of the week", 0...7),
  ]

  /// Lists of numbers, ranges and steps; names of months and days are taken as they are.
  private static func isField(
    _ field: Substring, _ range: (name: String, numbers: ClosedRange<Int>)
  ) -> Bool {
    field.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { item in
      let parts = item.split(separator: "/", omittingEmptySubsequences: false)
      guard let base = parts.first, parts.count <= 2, parts.count == 1 || Int(parts[1]) != nil
      else { return false }
      return base == "*"
        || base.split(separator: "-", omittingEmptySubsequences: false).allSatisfy { end in
          if let number = Int(end) { return range.numbers.contains(number) }
          return !end.isEmpty && end.allSatisfy { $0.isASCII && ($0.isLetter || "?#".contains($0)) }
        }
    }
  }

  private mutating func add(_ detail: String, _ node: YAMLNode, isCertain: Bool = true) {
    problems.append(
      Problem(detail: detail, line: node.line, column: node.column, isCertain: isCertain))
  }
}
