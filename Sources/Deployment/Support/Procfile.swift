/// A `Procfile`: the processes of an application, by name, in the file's order.
///
/// Source: Elastic Beanstalk's "Configuring the application process with a Procfile".
struct Procfile: Equatable, Sendable {
  struct Process: Equatable, Sendable {
    var name: String
    /// For the shell.
    var command: String
    /// Counted from 1.
    var line: Int
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

  private(set) var processes: [Process] = []
  /// Lines that are no process; those after them are read all the same.
  private(set) var problems: [Problem] = []

  var hasWeb: Bool { processes.contains { $0.name == Self.web } }

  init() {}

  /// Reads what can be read.
  init(reading text: String) {
    var names: Set<String> = []
    for (index, line) in TextLines.of(text).enumerated() {
      let content = line.trimming(while: \.isWhitespace)
      if content.isEmpty || content.hasPrefix("#") { continue }
      do throws(Problem) {
        let process = try Self.process(line, number: index + 1)
        guard names.insert(process.name).inserted else {
          throw Problem(line: index + 1, reason: "'\(process.name)' is there already")
        }
        processes.append(process)
      } catch {
        problems.append(error)
      }
    }
  }

  /// Throws the first problem, if there is one.
  init(_ text: String) throws(Problem) {
    self.init(reading: text)
    if let problem = problems.first { throw problem }
  }

  private static func process(_ line: Substring, number: Int) throws(Problem) -> Process {
    guard let colon = line.firstIndex(of: ":") else {
      throw Problem(line: number, reason: "not of the form 'name: command'")
    }
    let name = String(line[..<colon])
    let command = line[line.index(after: colon)...].trimming(while: \.isWhitespace)
    guard !name.isEmpty, name.utf8.allSatisfy(isAllowed) else {
      throw Problem(
        line: number, reason: "'\(name)' is not a name of letters, digits, '-' and '_'")
    }
    guard !command.isEmpty else {
      throw Problem(line: number, reason: "'\(name)' has no command")
    }
    guard !command.unicodeScalars.contains("\0") else {
      throw Problem(line: number, reason: "the command of '\(name)' holds a NUL byte")
    }
    return Process(name: name, command: String(command), line: number)
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
