import Deployment
import FoundationEssentials
import Git

/// An environment as its host and the repository see it.
struct EnvironmentPicture {
  var environment: EnvironmentDescription
  var standing: Standing
  /// Whether it is the environment of the branch that is checked out.
  var isCurrent: Bool
}

extension Context {
  /// Pictures of environments, and the references that follow them moved to what they run.
  func pictures(_ environments: [EnvironmentDescription]) async throws -> [EnvironmentPicture] {
    await follow(environments)
    let current = (try? resolver.currentBranch(nil)).flatMap { mapping.mapping(of: $0) }
    var reader = StandingReader(repository, records, try branches)
    return try environments.map {
      EnvironmentPicture(
        environment: $0, standing: try reader.standing(of: $0),
        isCurrent: $0.name == current?.environment)
    }
  }
}

/// The words for an environment's picture.
struct EnvironmentWords {
  private let environment: EnvironmentDescription
  private let standing: Standing
  private let style: Style
  private let now: Date

  init(_ picture: EnvironmentPicture, _ style: Style, now: Date = Date()) {
    environment = picture.environment
    standing = picture.standing
    self.style = style
    self.now = now
  }

  /// The health, or what is being done to it.
  var state: String {
    environment.status == .ready ? health : style(environment.status.rawValue, .yellow)
  }

  var health: String {
    if environment.isAsleep { return style("Asleep", .cyan) }
    let colour: Style.Colour? =
      switch environment.health {
      case .green: .green
      case .yellow: .yellow
      case .red: .red
      case .grey: nil
      }
    return style(environment.health.rawValue, colour)
  }

  /// The commit's short id and what was deployed over it, such as `1a2b3c4+staged`.
  var id: String {
    guard let version = environment.version else { return "-" }
    let source = ["", "commit"].contains(version.source) ? "" : "+\(version.source)"
    switch standing.running {
    case .known(let id): return style(id.abbreviated(), .yellow) + source
    case .missing(let id): return style(Format.short(id), .yellow) + source
    case .unknown: return version.label.text
    }
  }

  var subject: String {
    Format.visible(standing.commit?.summary ?? environment.version?.description ?? "")
  }

  /// The commit's age; empty where no commit is known.
  var age: String {
    if case .missing = standing.running { return "not in this clone" }
    return standing.commit.map {
      Format.age(of: Date(timeIntervalSince1970: Double($0.committer.time)), at: now)
    } ?? ""
  }

  /// Such as `1 ahead, 2 behind`.
  var distance: String {
    guard let distance = standing.distance else { return "-" }
    if distance.ahead == 0, distance.behind == 0 { return "up to date" }
    let parts = [
      distance.ahead > 0 ? "\(distance.ahead) ahead" : nil,
      distance.behind > 0 ? "\(distance.behind) behind" : nil,
    ]
    return style(parts.compactMap { $0 }.joined(separator: ", "), .cyan)
  }

  /// When and by whom, as the record says it.
  var deployed: String {
    guard let record = standing.record?.record else { return "-" }
    return "\(Format.age(of: record.ended, at: now)) by \(Format.visible(record.deployedBy.name))"
  }

  /// Such as `in 2 days`; `nil` for an environment that stays.
  var expiry: String? {
    standing.expires.map { expires in
      expires <= now ? style("now", .red) : "in " + Format.span(expires.timeIntervalSince(now))
    }
  }
}

/// Environments in rows, as wide as the terminal.
struct EnvironmentTable {
  private let pictures: [EnvironmentPicture]
  private let style: Style
  /// Columns of the terminal; `nil` where nothing is cut.
  private let width: Int?

  init(_ pictures: [EnvironmentPicture], _ style: Style, width: Int?) {
    self.pictures = pictures
    self.style = style
    self.width = width
  }

  /// Columns that are left out where there is no room, the first of them first.
  private enum Column: CaseIterable {
    case expiry, url, deployed, age, release
  }

  /// A subject is not cut to less.
  private static let leastSubject = 16

  var lines: [String] {
    var leftOut: Set<Column> = []
    // Nobody needs a column in which nothing stands.
    if !pictures.contains(where: { $0.standing.expires != nil }) { leftOut.insert(.expiry) }
    if !pictures.contains(where: { $0.standing.releaseName != nil }) { leftOut.insert(.release) }
    guard let width else { return lines(without: leftOut, subject: .max) }
    for next in [nil] + Column.allCases {
      if let next { leftOut.insert(next) }
      // And the blank before the subject.
      let rest = width - widest(lines(without: leftOut, subject: 0)) - 1
      if rest >= Self.leastSubject || next == Column.allCases.last {
        return lines(without: leftOut, subject: max(rest, Self.leastSubject))
      }
    }
    return []
  }

  private func widest(_ lines: [String]) -> Int { lines.map(TextWidth.of).max() ?? 0 }

  private func lines(without leftOut: Set<Column>, subject: Int) -> [String] {
    var table = Table()
    for picture in pictures {
      let words = EnvironmentWords(picture, style)
      let age = words.age.isEmpty || leftOut.contains(.age) ? "" : "(\(words.age))"
      let commit = [words.id, TextWidth.cut(words.subject, to: subject), age]
      let more: [(Column, String)] = [
        (.release, picture.standing.releaseName.map(Format.visible) ?? "-"),
        (.deployed, words.deployed), (.url, picture.environment.url ?? "-"),
        (.expiry, words.expiry.map { "expires \($0)" } ?? ""),
      ]
      let name = picture.environment.name.text
      let mark = picture.isCurrent ? "* " : "  "
      table.add(
        [
          // Programs that read the rows want the name first.
          (width == nil ? "" : mark) + (picture.isCurrent ? style(name, .green) : name),
          words.state, commit.filter { !$0.isEmpty }.joined(separator: " "), words.distance,
        ] + more.filter { !leftOut.contains($0.0) }.map(\.1))
    }
    return table.lines
  }
}
