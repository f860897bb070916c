import Deployment

/// Rules on the screen or as JSON.
enum RuleReport {
  private struct View: Encodable {
    var rule: String
    var name: String
    var family: String
    var severity: String
    var title: String
    var server: String
    var remedy: String
    var source: String
    /// Empty for all.
    var platforms: [String]

    init(_ rule: Rule) {
      self.rule = rule.id
      name = rule.name
      family = Rules.families.first { $0.rules.contains(rule) }?.name ?? ""
      severity = rule.severity.rawValue
      title = rule.title
      server = rule.server
      remedy = rule.remedy
      source = rule.source
      platforms = (rule.platforms ?? []).map(\.rawValue).sorted()
    }
  }

  private struct ListView: Encodable {
    var rules: [View]
    /// What secrets are told by their shapes, such as `a GitHub token`.
    var secrets: [String]
  }

  /// One rule with all that is known of it.
  static func render(_ rule: Rule, json: Bool) throws -> ExitStatus {
    let view = View(rule)
    if json {
      try Output.json(view)
      return .success
    }
    Output.line("\(rule.id) \(rule.name): \(rule.title).")
    Output.line()
    var table = Table()
    table.add(["severity:", rule.severity.rawValue + (rule.isBeanstalks ? ", on Beanstalk" : "")])
    if !view.platforms.isEmpty, view.platforms.count < PlatformKind.allCases.count - 1 {
      table.add(["platforms:", view.platforms.joined(separator: ", ")])
    }
    table.add(["what AWS shows:", rule.server])
    table.add(["what to do:", rule.remedy])
    table.add(["source:", rule.source])
    table.add(["to switch it off:", "check: {\(rule.id): off} in .git-eb.yml"])
    for line in table.lines { Output.line(line) }
    return .success
  }

  static func renderAll(json: Bool) throws -> ExitStatus {
    if json {
      try Output.json(
        ListView(
          rules: Rules.families.flatMap(\.rules).map(View.init), secrets: LeakScanner.names))
      return .success
    }
    for family in Rules.families where !family.rules.isEmpty {
      Output.line(family.name)
      var table = Table()
      for rule in family.rules.sorted(by: { $0.id < $1.id }) {
        table.add(["  \(rule.id)", rule.severity.rawValue, rule.title])
      }
      for line in table.lines { Output.line(line) }
    }
    return .success
  }
}

/// How many errors and warnings there are, such as `2 errors and 1 warning`.
struct CheckCount: CustomStringConvertible {
  private let errors: Int
  private let warnings: Int

  init(errors: Int, warnings: Int) {
    self.errors = errors
    self.warnings = warnings
  }

  init(_ findings: [Finding]) {
    errors = findings.count { $0.severity == .error }
    warnings = findings.count - errors
  }

  var description: String {
    let parts = [(errors, "error"), (warnings, "warning")].filter { $0.0 > 0 }
    return parts.isEmpty
      ? "nothing found" : parts.map { Format.count($0, $1) }.joined(separator: " and ")
  }
}
