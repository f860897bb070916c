import Deployment

/// Findings as lines for people: where, what, the rule's identifier, and below it what to do.
struct FindingLines {
  /// Of one rule, so many are told.
  private static let limit = 5

  /// The repository's directory that is the bundle's root; empty for the repository's own.
  private let root: String
  private let style: Style?

  init(root: String = "", style: Style? = nil) {
    self.root = root
    self.style = style
  }

  /// Each as `path:line:column: error: what is wrong [EB104]`, as compilers have it.
  func lines(_ findings: [Finding]) -> [String] {
    grouped(findings) { finding in
      let place = Self.place(of: finding, root: root)
      return (place.isEmpty ? "" : place + ": ") + severity(finding) + ": " + words(finding)
    }
  }

  /// Each as git has its warnings: `warning: path:line:column: what is wrong [EB104]`.
  func messages(_ findings: [Finding]) -> [String] {
    grouped(findings) { finding in
      let place = Self.place(of: finding, root: root)
      return severity(finding) + ": " + (place.isEmpty ? "" : place + ": ") + words(finding)
    }
  }

  /// `path:line:column`, as far as it is known.
  static func place(of finding: Finding, root: String) -> String {
    guard let path = path(of: finding, root: root) else { return "" }
    return
      ([Format.visible(path)] + [finding.line, finding.column].compactMap { $0.map(String.init) })
      .joined(separator: ":")
  }

  /// As it is in the repository.
  static func path(of finding: Finding, root: String) -> String? {
    finding.path.map { root.isEmpty ? $0 : root + "/" + $0 }
  }

  private func severity(_ finding: Finding) -> String {
    let text = finding.severity.rawValue
    return style?(text, finding.severity == .error ? .red : .yellow) ?? text
  }

  private func words(_ finding: Finding) -> String {
    "\(Format.visible(finding.detail)) [\(finding.rule.id)]"
  }

  /// Those of one rule stand together: after them what to do, once for all that need the same.
  private func grouped(_ findings: [Finding], _ line: (Finding) -> String) -> [String] {
    var lines: [String] = []
    var rest = findings[...]
    while let first = rest.first {
      let group = rest.prefix { $0.rule == first.rule && $0.severity == first.severity }
      rest = rest.dropFirst(group.count)
      var remedies: [String] = []
      for (index, finding) in group.enumerated() where index < Self.limit {
        lines.append(line(finding))
        if !remedies.contains(finding.remedy) { remedies.append(finding.remedy) }
        if let fingerprint = finding.sighting.fingerprint {
          lines.append("  fingerprint: " + fingerprint)
        }
      }
      if group.count > Self.limit { lines.append("  and \(group.count - Self.limit) more like it") }
      lines += remedies.map { "hint: " + Format.visible($0) }
    }
    return lines
  }
}

/// A finding as JSON has it.
struct FindingView: Encodable {
  var rule: String
  var name: String
  var severity: String
  var path: String?
  var line: Int?
  var column: Int?
  var message: String
  var server: String
  var remedy: String
  var fingerprint: String?

  init(_ finding: Finding, root: String = "") {
    rule = finding.rule.id
    name = finding.rule.name
    severity = finding.severity.rawValue
    path = FindingLines.path(of: finding, root: root)
    line = finding.line
    column = finding.column
    message = finding.detail
    server = finding.rule.server
    remedy = finding.remedy
    fingerprint = finding.sighting.fingerprint
  }
}

/// Findings as GitHub's workflow commands, which it shows beside the lines of a pull request.
///
/// Source: "Workflow commands for GitHub Actions", setting an error message.
enum GitHubAnnotations {
  static func lines(_ findings: [Finding], root: String) -> [String] {
    findings.map { finding in
      var properties: [(String, String)] = []
      if let path = FindingLines.path(of: finding, root: root) { properties.append(("file", path)) }
      if let line = finding.line { properties.append(("line", "\(line)")) }
      if let column = finding.column { properties.append(("col", "\(column)")) }
      properties.append(("title", "\(finding.rule.id) \(finding.rule.name)"))
      let list = properties.map {
        "\($0)=\(escaped($1).replacing(":", with: "%3A").replacing(",", with: "%2C"))"
      }
      return "::\(finding.severity.rawValue) \(list.joined(separator: ","))::"
        + escaped("\(finding.detail)\n\(finding.remedy)")
    }
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
  }
}
