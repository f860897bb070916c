/// How far two words are from each other, for "did you mean".
package enum EditDistance {
  /// Insertions, deletions, replacements and swaps of neighbours that turn `left` into `right`
  /// (optimal string alignment).
  package static func between(_ left: String, _ right: String) -> Int {
    let left = Array(left.unicodeScalars)
    let right = Array(right.unicodeScalars)
    var beforePrevious: [Int] = []
    var previous = Array(0...right.count)
    for i in left.indices {
      var current = [i + 1]
      current.reserveCapacity(right.count + 1)
      for j in right.indices {
        var distance = min(
          previous[j] + (left[i] == right[j] ? 0 : 1), previous[j + 1] + 1, current[j] + 1)
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
          distance = min(distance, beforePrevious[j - 1] + 1)
        }
        current.append(distance)
      }
      beforePrevious = previous
      previous = current
    }
    return previous[right.count]
  }

  /// The candidate that `word` was most likely meant to be, whatever its case; the first of equals.
  /// `nil` when none is within two edits, or a third of a long word (one edit in a word of up to
  /// three letters).
  package static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let word = word.lowercased()
    let length = word.unicodeScalars.count
    // Nobody misspells a word of this length, and the distance is quadratic.
    guard length <= 100 else { return nil }
    let limit = length <= 3 ? 1 : max(2, length / 3)
    let distances = candidates.map { (candidate: $0, distance: between(word, $0.lowercased())) }
    return distances.filter { $0.distance <= limit }.min { $0.distance < $1.distance }?.candidate
  }
}
