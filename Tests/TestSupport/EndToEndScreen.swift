import Foundation

/// What a program wrote and how it ended, with everything that differs from run to run replaced.
package struct Screen: Sendable, CustomStringConvertible {
  /// The exit status; 128 + the signal for a program that was killed.
  package var status: Int32
  /// Standard output as it was written.
  package var output: String
  /// Standard error as it was written.
  package var error: String
  /// What to show in place of the test's own directory.
  package var base: String

  package init(status: Int32, output: String, error: String, base: String) {
    self.status = status
    self.output = output
    self.error = error
    self.base = base
  }

  /// Standard output, then standard error with `! ` in front of each line, then the status unless
  /// it is 0.
  package var description: String {
    var lines = Self.normalized(output, base: base).split(
      separator: "\n", omittingEmptySubsequences: false
    ).map(String.init)
    if lines.last == "" { lines.removeLast() }
    var errors = Self.normalized(error, base: base).split(
      separator: "\n", omittingEmptySubsequences: false)
    if errors.last == "" { errors.removeLast() }
    lines += errors.map { "! \($0)" }
    if status != 0 { lines.append("[\(status)]") }
    return lines.joined(separator: "\n")
  }

  /// Standard output as a value.
  package func json<T: Decodable>(_ type: T.Type) throws -> T {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return try decoder.decode(type, from: Data(output.utf8))
  }

  /// `text` with times, ids, ports and sizes replaced by what they are.
  package static func normalized(_ text: String, base: String) -> String {
    let shown = base.isEmpty ? text : text.replacing(base, with: "<base>")
    return
      shown.replacing(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, with: "<time>")
      .replacing(/127\.0\.0\.1:\d+/, with: "127.0.0.1:<port>")
      .replacing(/\b[0-9a-f]{64}\b/, with: "<digest>")
      .replacing(/\b[0-9a-f]{40}\b/, with: "<id>")
      .replacing(/-[0-9a-f]{7}((-staged|-worktree)?)-[0-9a-f]{8}\b/) { "-<id>\($0.1)-<digest8>" }
      .replacing(/\b[0-9a-f]{7}\b/, with: "<id>")
      .replacing(/-g[0-9a-f]{7}\b/, with: "-g<id>")
      .replacing(/\bprocess \d+/, with: "process <pid>")
      .replacing(/\b\d+(\.\d)? (B|kB|MB), \d+\.\d s\)/, with: "<size>, <duration>)")
      .replacing(/<digest8>, \d+\.\d s\)/, with: "<digest8>, <duration>)")
      .replacing(/\b\d+(\.\d)? (B|kB|MB)\b/, with: "<size>")
      .replacing(/, \d+\.\d s\)/, with: ", <duration>)")
      // The fixture's commits are all of one day.
      .replacing(/\(\d+ years? ago\)/, with: "(<age>)")
  }
}
