/// Finds in logs the first cause of a failure, not the last echo of it.
///
/// Only the last deployment counts: where a log tells of several, the lines since its beginning, and
/// what other logs of the same instance wrote since then. Of what is recognised there, causes come
/// before what follows from them, and the earliest before the later ones.
package struct Explainer: Sendable {
  private let search: SymptomSearch

  package init() { search = .shared }

  init(_ symptoms: [Symptom]) { search = SymptomSearch(symptoms) }

  package func explain(_ set: LogSet) -> Explanation { explain(set.logs) }

  package func explain(_ all: [LogText]) -> Explanation {
    let logs = Self.scoped(all.filter { $0.kind != .access })
    var sights = logs.flatMap(look).filter { $0.hit.symptom.bearing > .echo }
    sights.sort(by: Sight.precedes)
    var seen: Set<String> = []
    sights = sights.filter { seen.insert($0.hit.symptom.id).inserted }
    var explanation = Explanation()
    explanation.cause = sights.first?.sighting
    explanation.others = sights.dropFirst().filter { $0.hit.symptom.bearing > .ending }
      .prefix(Self.otherLimit).map(\.sighting)
    let finder = TellingLines(first: sights.first.map { ($0.log, $0.hit.line) })
    explanation.excerpts = finder.excerpts(of: logs.map { ($0.log, $0.last) })
    return explanation
  }

  /// What a line or a few of them show, where it says what to do: for the end of a failed push.
  package func symptom(in lines: [String]) -> Symptom? {
    let log = LogText("", Array(lines.joined(separator: "\n").utf8), kind: .other)
    let hits = search.hits(in: log, lines: 0..<log.lineCount).map(\.symptom)
      .filter { $0.bearing > .ending }
    let most = hits.map(\.bearing).max()
    return hits.first { $0.bearing == most }
  }

  /// So many symptoms are told besides the first.
  private static let otherLimit = 4

  // MARK: - Which lines count

  /// A log with the part of it that is of the last deployment.
  private struct Scoped {
    let log: LogText
    var last: LastDeployment
    /// The year of lines that do not say it.
    var year: Int

    /// What of the name says which instance it is of.
    var instance: String {
      log.name.firstRange(of: "var/log/").map { String(log.name[..<$0.lowerBound]) } ?? ""
    }

    /// A line without a time is of the one before it that has one.
    func time(of line: Int) -> Double? {
      for index in stride(from: line, through: max(0, line - stretch), by: -1) {
        if let time = LogTime.read(log.bytes[log.bytes(of: index)], year: year) { return time }
      }
      return nil
    }
  }

  private static func scoped(_ all: [LogText]) -> [Scoped] {
    let year = all.flatMap(years).max() ?? 1970
    var logs = all.map { Scoped(log: $0, last: LastDeployment(in: $0), year: year) }
    // When each instance's last deployment began, as its log of deployments says.
    var starts: [String: Double] = [:]
    for scoped in logs where scoped.last.isWhole && [.engine, .activity].contains(scoped.log.kind) {
      guard let start = scoped.time(of: scoped.last.lines.lowerBound) else { continue }
      starts[scoped.instance] = max(starts[scoped.instance] ?? start, start)
    }
    for index in logs.indices {
      let scoped = logs[index]
      guard let start = starts[scoped.instance] else { continue }
      logs[index].last.begin(at: start - tolerance, time: scoped.time)
    }
    return logs
  }

  /// Those that the log's first and last lines say.
  private static func years(of log: LogText) -> [Int] {
    let count = log.lineCount
    return [0..<min(50, count), max(0, count - 50)..<count].joined().compactMap {
      LogTime.year(log.bytes[log.bytes(of: $0)])
    }
  }

  /// A hit, and when it was written.
  private struct Sight {
    var log: LogText
    var hit: SymptomSearch.Hit
    var time: Double?
    /// Whether it is known to be of the last deployment.
    var isCurrent: Bool

    var sighting: SymptomSighting {
      SymptomSighting(
        symptom: hit.symptom, log: log.name, line: log.number(of: hit.line),
        text: log.text(of: hit.line))
    }

    static func precedes(_ left: Sight, _ right: Sight) -> Bool {
      let (one, other) = (left.hit.symptom.bearing, right.hit.symptom.bearing)
      if one != other { return one > other }
      if left.isCurrent != right.isCurrent { return left.isCurrent }
      let (time, later) = (left.time ?? .infinity, right.time ?? .infinity)
      if time != later { return time < later }
      if left.log.kind != right.log.kind { return left.log.kind < right.log.kind }
      if left.log.name != right.log.name { return left.log.name < right.log.name }
      return left.hit.line < right.hit.line
    }
  }

  private func look(at scoped: Scoped) -> [Sight] {
    let isCurrent = scoped.last.isWhole
    let sights = search.hits(in: scoped.log, lines: scoped.last.lines).map { hit in
      Sight(log: scoped.log, hit: hit, time: scoped.time(of: hit.line), isCurrent: isCurrent)
    }
    // What stands far before the last cause is of an earlier deployment.
    let most = sights.map(\.hit.symptom.bearing).max()
    guard !isCurrent, let last = sights.last(where: { $0.hit.symptom.bearing == most }) else {
      return sights
    }
    return sights.filter { $0.hit.line >= last.hit.line - stretch }
  }

  /// Clocks of a log and of the engine's may differ so much, in seconds.
  private static let tolerance = 5.0
}

/// Lines that a failure without a known beginning is taken to be told in, and lines without a time
/// of their own that follow one with a time.
private let stretch = 100
