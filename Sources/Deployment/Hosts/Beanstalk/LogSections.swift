import SystemPackage

/// The logs in a tail of an instance's: Beanstalk joins the ends of several files, each below its
/// path between two rules.
package enum LogSections {
  /// The files of a tail, called `<instance><path>`; the tail itself where it has no such headings.
  package static func split(_ tail: LogFile) -> [LogFile] {
    let text = String(decoding: tail.contents ?? [], as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let headings = lines.indices.filter { index in
      index > 0 && index + 1 < lines.count && lines[index].hasPrefix("/")
        && isRule(lines[index - 1]) && isRule(lines[index + 1])
    }
    guard !headings.isEmpty else { return [tail] }
    let ends = headings.dropFirst().map { $0 - 1 } + [lines.endIndex]
    let instance = tail.name.hasSuffix(".log") ? String(tail.name.dropLast(4)) : tail.name
    return zip(headings, ends).map { heading, end in
      var body = lines[min(heading + 2, end)..<end]
      while body.last?.isEmpty == true { body.removeLast() }
      var log = LogFile(name: instance + lines[heading], path: "")
      log.contents = Array(body.joined(separator: "\n").utf8)
      return log
    }
  }

  private static func isRule(_ line: Substring) -> Bool {
    line.utf8.count >= 20 && line.utf8.allSatisfy { $0 == UInt8(ascii: "-") }
  }
}
