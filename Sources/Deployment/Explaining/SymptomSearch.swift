/// Finds the signs of symptoms in a log.
struct SymptomSearch: Sendable {
  static let shared = SymptomSearch(Symptoms.all)

  /// A symptom in a line.
  struct Hit: Equatable {
    var symptom: Symptom
    /// Counted from 0.
    var line: Int
  }

  private struct Known: Sendable {
    let symptom: Symptom
    let sign: Sign
    let pieces: [[UInt8]]
    let following: [[UInt8]]
  }

  private let known: [Known]
  /// The longest piece of each sign: the others are looked for where it stands.
  private let anchors: PieceIndex
  /// A line is looked at so far.
  private static let longestLine = 16 << 10

  init(_ symptoms: [Symptom]) {
    let known = symptoms.flatMap { symptom in
      symptom.signs.map { sign in
        Known(
          symptom: symptom, sign: sign, pieces: sign.pieces.map { Array($0.utf8) },
          following: sign.following.map { Array($0.utf8) })
      }
    }
    self.known = known
    anchors = PieceIndex(known.map { $0.pieces.max { $0.count < $1.count } ?? [] })
  }

  /// What each line of these shows: of several symptoms in one, that which says most.
  func hits(in log: LogText, lines: Range<Int>) -> [Hit] {
    guard !lines.isEmpty else { return [] }
    var best: [Int: Int] = [:]
    // Signs that the line does not show though their anchors stand in it, perhaps many times.
    var failed: (line: Int, signs: Set<Int>) = (-1, [])
    anchors.search(log.bytes, in: log.bytes(of: lines)) { index, place in
      let line = log.line(at: place)
      if failed.line != line { failed = (line, []) }
      guard place - log.bytes(of: line).lowerBound < Self.longestLine,
        !failed.signs.contains(index)
      else { return }
      if let other = best[line], !saysMore(index, than: other) { return }
      if holds(known[index], in: log, line: line) {
        best[line] = index
      } else {
        failed.signs.insert(index)
      }
    }
    return best.sorted { $0.key < $1.key }.map {
      Hit(symptom: known[$0.value].symptom, line: $0.key)
    }
  }

  private func saysMore(_ index: Int, than other: Int) -> Bool {
    let (new, old) = (known[index], known[other])
    if new.symptom.bearing != old.symptom.bearing {
      return new.symptom.bearing > old.symptom.bearing
    }
    return new.sign.weight > old.sign.weight
  }

  private func holds(_ known: Known, in log: LogText, line: Int) -> Bool {
    let text = log.bytes[log.bytes(of: line)].prefix(Self.longestLine)
    guard Self.standInOrder(known.pieces, in: text) else { return false }
    if known.following.isEmpty { return true }
    let next = line + 1..<min(line + 1 + Sign.reach, log.lineCount)
    guard !next.isEmpty else { return false }
    return Self.standInOrder(known.following, in: log.bytes[log.bytes(of: next)])
  }

  private static func standInOrder(_ pieces: [[UInt8]], in text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    for piece in pieces {
      guard let place = rest.firstRange(of: piece) else { return false }
      rest = rest[place.upperBound...]
    }
    return true
  }
}
