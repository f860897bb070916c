import Deployment
import FoundationEssentials
import Git

/// The words for a preview.
struct PreviewWords {
  let preview: Preview
  private let style: Style
  private let now: Date

  init(_ preview: Preview, _ style: Style, now: Date) {
    self.preview = preview
    self.style = style
    self.now = now
  }

  var branch: String { Format.visible(preview.branch?.text ?? preview.tags.branch) }
  var pullRequest: String { preview.tags.pullRequest.map { "#\($0)" } ?? "" }
  var commit: String { style(Format.short(preview.commit), .yellow) }
  var deployed: String { Format.age(of: preview.lastDeployment, at: now) }
  var url: String { preview.environment.url ?? "-" }

  /// The health, or what is being done to it, or that it sleeps.
  var state: String {
    if preview.environment.status != .ready {
      return style(preview.environment.status.rawValue, .yellow)
    }
    if preview.isAsleep { return "Asleep" }
    let health = preview.environment.health
    let colour: Style.Colour? =
      switch health {
      case .green: .green
      case .yellow: .yellow
      case .red: .red
      case .grey: nil
      }
    return style(health.rawValue, colour)
  }

  /// Such as `expires in 2 days`; empty for one that stays.
  var expiry: String {
    if preview.isProtected { return "protected" }
    guard let expiry = preview.expiry else { return "" }
    if expiry.date <= now { return style("expired", .red) }
    return "expires in " + Format.span(expiry.date.timeIntervalSince(now))
  }

  /// Such as `about $1.20 ($0.0104/h)`; `-` where nobody knows.
  var cost: String {
    guard let cost = preview.cost(now: now) else { return "-" }
    return "about $\(Self.cents(cost.soFar)) ($\(Self.tenThousandths(cost.hourly))/h)"
  }

  private static func cents(_ dollars: Double) -> String {
    let cents = Int((dollars * 100).rounded())
    return "\(cents / 100)." + (cents % 100 < 10 ? "0" : "") + "\(cents % 100)"
  }

  private static func tenThousandths(_ dollars: Double) -> String {
    let parts = Int((dollars * 10_000).rounded())
    let digits = "\(parts % 10_000)"
    return "\(parts / 10_000)." + String(repeating: "0", count: 4 - digits.count) + digits
  }
}

/// Previews in rows, as wide as the terminal.
struct PreviewTable {
  private let words: [PreviewWords]
  /// Columns of the terminal; `nil` where nothing is left out.
  private let width: Int?

  init(_ previews: [Preview], _ style: Style, width: Int?, now: Date = Date()) {
    words = previews.map { PreviewWords($0, style, now: now) }
    self.width = width
  }

  /// Columns that are left out where there is no room, the first of them first.
  private enum Column: CaseIterable {
    case cost, url, name, deployed, pullRequest, expiry
  }

  var lines: [String] {
    var leftOut: Set<Column> = []
    // Nobody needs a column in which nothing stands.
    if words.allSatisfy({ $0.pullRequest.isEmpty }) { leftOut.insert(.pullRequest) }
    if words.allSatisfy({ $0.expiry.isEmpty }) { leftOut.insert(.expiry) }
    if words.allSatisfy({ $0.cost == "-" }) { leftOut.insert(.cost) }
    guard let width else { return lines(without: leftOut) }
    for column in [nil] + Column.allCases {
      if let column { leftOut.insert(column) }
      let found = lines(without: leftOut)
      if found.allSatisfy({ TextWidth.of($0) <= width }) { return found }
    }
    return lines(without: leftOut)
  }

  private func lines(without leftOut: Set<Column>) -> [String] {
    var table = Table()
    for words in words {
      let first: [(Column?, String)] = [
        (nil, words.branch), (.pullRequest, words.pullRequest),
        (.name, words.preview.name.text), (nil, words.state), (nil, words.commit),
      ]
      let rest: [(Column?, String)] = [
        (.deployed, "deployed " + words.deployed), (.expiry, words.expiry),
        (.cost, words.cost), (.url, words.url),
      ]
      table.add(
        (first + rest).filter { column, _ in column.map { !leftOut.contains($0) } ?? true }
          .map(\.1))
    }
    return table.lines
  }

  /// A table for a comment or a summary. What comes from branches stays text.
  var markdown: [String] {
    if words.isEmpty { return ["No previews."] }
    let titles = [
      "Branch", "Pull request", "Environment", "State", "Commit", "Deployed", "Expires",
      "Cost (estimate)", "URL",
    ]
    let rows = words.map { words in
      [
        Self.cell(words.branch), words.pullRequest, Self.cell(words.preview.name.text),
        words.state, "`\(words.commit)`", words.deployed, words.expiry, words.cost,
        words.url == "-" ? "-" : "<\(words.url)>",
      ]
    }
    let lines = [titles, titles.map { _ in "---" }] + rows
    return lines.map { "| " + $0.joined(separator: " | ") + " |" }
  }

  private static func cell(_ text: String) -> String {
    MarkdownText.escaped(text).replacing("|", with: "\\|").replacing("@", with: "&#64;")
  }
}

/// The shape of a preview in `--json`. A key, once there, keeps its name and meaning.
struct PreviewView: Encodable {
  struct Cost: Encodable {
    var instanceType: String
    var instances: Int
    /// US dollars, an estimate.
    var hourly: Double
    var soFar: Double
    /// When the prices were written down, such as `2026-06`.
    var pricesOf: String
  }

  var environment: String
  var branch: String
  var base: String?
  var pullRequest: Int?
  var status: String
  var health: String
  var asleep: Bool
  var protected: Bool
  /// The full id.
  var commit: String?
  var label: String?
  var url: String?
  var created: Date
  var lastDeployment: Date
  /// Seconds.
  var ttl: Int64?
  var expires: Date?
  /// Which limit that is: `ttl` or `maximum`.
  var expiresBy: String?
  var cost: Cost?

  init(_ preview: Preview, now: Date = Date()) {
    environment = preview.name.text
    branch = preview.branch?.text ?? preview.tags.branch
    base = preview.tags.base
    pullRequest = preview.tags.pullRequest
    status = preview.environment.status.rawValue
    health = preview.environment.health.rawValue
    asleep = preview.isAsleep
    protected = preview.isProtected
    commit = preview.commit
    label = preview.environment.version?.label.text
    url = preview.environment.url
    created = preview.created
    lastDeployment = preview.lastDeployment
    ttl = preview.ttl?.components.seconds
    expires = preview.expiry?.date
    expiresBy = preview.expiry?.limit.rawValue
    cost = preview.cost(now: now).map {
      Cost(
        instanceType: $0.instances.type, instances: $0.instances.count, hourly: $0.hourly,
        soFar: $0.soFar, pricesOf: CostHint.date)
    }
  }
}
