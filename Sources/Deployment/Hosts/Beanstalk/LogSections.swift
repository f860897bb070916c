import SystemPackage

/// The logs in a tail of an instance's: Beanstalk joins the ends of several files, each below its
/// path between two rules.
package enum LogSections {
  /// The files of a tail, called `<instance><path>`; the tail itself where it has no such headings.
  package static func split(_ tail: LogFile) -> [LogFile] {
    let bytes = tail.contents ?? []
    let sections = sections(of: bytes)
    guard !sections.isEmpty else { return [tail] }
    let instance = tail.name.hasSuffix(".log") ? String(tail.name.dropLast(4)) : tail.name
    return sections.map { section in
      var log = LogFile(name: instance + section.path, path: "")
      log.contents = Array(bytes[section.contents])
      return log
    }
  }

  /// The same of a file that may be anything, with the numbers that the lines have in it.
  static func texts(of bytes: [UInt8], _ name: String, firstNumber: Int?) -> [LogText] {
    let sections = sections(of: bytes)
    guard !sections.isEmpty else { return [LogText(name, bytes, firstNumber: firstNumber)] }
    return sections.map { section in
      LogText(
        name, Array(bytes[section.contents]), kind: LogKind(section.path),
        firstNumber: firstNumber.map { $0 + section.line })
    }
  }

  private struct Section {
    var path: String
    /// Of its first line, counted from 0.
    var line: Int
    var contents: Range<Int>
  }

  private static func sections(of bytes: [UInt8]) -> [Section] {
    // Nearly no file has a rule, and then nothing is split.
    guard holdsRule(bytes) else { return [] }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let headings = lines.indices.filter { index in
      index > 0 && index + 1 < lines.count && lines[index].first == UInt8(ascii: "/")
        && isRule(lines[index - 1]) && isRule(lines[index + 1])
    }
    let ends = headings.dropFirst().map { $0 - 1 } + [lines.endIndex]
    return zip(headings, ends).map { heading, end in
      let first = min(heading + 2, end)
      var body = lines[first..<end]
      while body.last?.isEmpty == true { body.removeLast() }
      let start = body.first?.startIndex ?? bytes.endIndex
      return Section(
        path: String(decoding: lines[heading], as: UTF8.self), line: first,
        contents: start..<(body.last?.endIndex ?? start))
    }
  }

  /// The service's rules have forty hyphens; it is enough to look at every twentieth byte.
  private static func holdsRule(_ bytes: [UInt8]) -> Bool {
    stride(from: 0, to: bytes.count, by: ruleLength).contains { place in
      guard bytes[place] == UInt8(ascii: "-") else { return false }
      let start = bytes[..<place].lastIndex { $0 != UInt8(ascii: "-") }.map { $0 + 1 } ?? 0
      return bytes[start...].prefix(ruleLength).allSatisfy { $0 == UInt8(ascii: "-") }
        && bytes[start...].count >= ruleLength
    }
  }

  private static let ruleLength = 20

  private static func isRule(_ line: ArraySlice<UInt8>) -> Bool {
    line.count >= ruleLength && line.allSatisfy { $0 == UInt8(ascii: "-") }
  }
}
