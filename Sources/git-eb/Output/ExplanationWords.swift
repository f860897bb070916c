import Deployment

/// The words for an explanation: the cause, what it means, what mends it, and the lines themselves.
struct ExplanationWords {
  let explanation: Explanation

  init(_ explanation: Explanation) {
    self.explanation = explanation
  }

  var lines: [String] {
    var lines: [String] = []
    if let cause = explanation.cause {
      lines.append(Self.line(cause))
      lines.append("  means:  \(cause.symptom.meaning) (\(cause.symptom.id))")
      lines.append("  mend:   \(cause.symptom.remedy)")
      lines.append("  source: \(cause.symptom.source)")
    }
    for other in explanation.others {
      lines += ["", Self.line(other), "  means:  \(other.symptom.meaning) (\(other.symptom.id))"]
      lines.append("  mend:   \(other.symptom.remedy)")
    }
    for excerpt in explanation.excerpts {
      if !lines.isEmpty { lines.append("") }
      lines += Self.lines(excerpt)
    }
    return lines
  }

  /// Such as `web.log:12: what stands there`.
  private static func line(_ sighting: SymptomSighting) -> String {
    let place = [Format.visible(sighting.log), sighting.line.map(String.init)]
    return place.compactMap(\.self).joined(separator: ":") + ": "
      + Format.visible(String(sighting.text.drop { $0.isWhitespace }))
  }

  /// A heading as `tail` has it, and the lines as `grep -n` has them: a colon where one tells.
  private static func lines(_ excerpt: LogExcerpt) -> [String] {
    let width = excerpt.lines.compactMap { $0.number.map { "\($0)".count } }.max() ?? 0
    return ["==> \(Format.visible(excerpt.log)) <=="]
      + excerpt.lines.map { line in
        let number = line.number.map(String.init) ?? ""
        let blanks = String(repeating: " ", count: width - number.count)
        return blanks + number + (line.isTelling ? ": " : "- ") + Format.visible(line.text)
      }
  }
}
