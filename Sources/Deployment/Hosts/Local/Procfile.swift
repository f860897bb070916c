/// A `Procfile`: the processes of an application, by name, in the file's order.
///
/// Source: Elastic Beanstalk's "Configuring the application process with a Procfile".
struct Procfile: Equatable, Sendable {
  struct Process: Equatable, Sendable {
    var name: String
    /// For the shell.
    var command: String
  }

  /// A line that is no process.
  struct Problem: Error, Equatable {
    /// Counted from 1.
    var line: Int
    /// For people.
    var reason: String
  }

  /// The process that is given the port whose health is checked.
  static let web = "web"

  var processes: [Process]

  var hasWeb: Bool { processes.contains { $0.name == Self.web } }

  init(processes: [Process] = []) { self.processes = processes }

  init(_ text: String) throws(Problem) {
    processes = []
    var number = 0
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      number += 1
      let content = line.trimming(while: \.isWhitespace)
      if content.isEmpty || content.hasPrefix("#") { continue }
      guard let colon = line.firstIndex(of: ":") else {
        throw Problem(line: number, reason: "not of the form 'name: command'")
      }
      let name = String(line[..<colon])
      let command = line[line.index(after: colon)...].trimming(while: \.isWhitespace)
      guard !name.isEmpty, name.utf8.allSatisfy(Self.isAllowed) else {
        throw Problem(
          line: number, reason: "'\(name)' is not a name of letters, digits, '-' and '_'")
      }
      guard !command.isEmpty else {
        throw Problem(line: number, reason: "'\(name)' has no command")
      }
      guard !command.unicodeScalars.contains("\0") else {
        throw Problem(line: number, reason: "the command of '\(name)' holds a NUL byte")
      }
      guard !processes.contains(where: { $0.name == name }) else {
        throw Problem(line: number, reason: "'\(name)' is there already")
      }
      processes.append(Process(name: name, command: String(command)))
    }
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}

extension Substring {
  /// Without the characters at both ends that fulfil the condition.
  func trimming(while condition: (Character) -> Bool) -> Substring {
    var rest = drop(while: condition)
    while let last = rest.last, condition(last) { rest.removeLast() }
    return rest
  }
}
