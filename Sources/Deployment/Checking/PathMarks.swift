/// What stands out in a path. Every path of a bundle is looked at once, by its bytes; rules then ask
/// only the few that have what they look for.
struct PathMarks: OptionSet, Sendable {
  let rawValue: UInt8

  /// A component begins with a dot or an underscore: `.ebextensions`, `__pycache__`, `._notes`.
  static let hidden = PathMarks(rawValue: 1)
  /// A component is `..`, or the path begins with a slash.
  static let outward = PathMarks(rawValue: 2)
  static let backslash = PathMarks(rawValue: 4)
  /// A letter that has a lower case, or one that is not ASCII.
  static let uppercase = PathMarks(rawValue: 8)
  /// At most two components.
  static let shallow = PathMarks(rawValue: 16)

  /// - Returns: the marks, and where the last component begins.
  static func read(_ path: [UInt8]) -> (marks: PathMarks, nameStart: Int) {
    var marks: PathMarks = []
    var start = 0
    var slashes = 0
    let bytes = path.span
    let end = bytes.count - (path.last == slash ? 1 : 0)
    if path.first == slash { marks.insert(.outward) }
    for index in 0..<end {
      let byte = bytes[index]
      switch byte {
      case slash:
        slashes += 1
        start = index + 1
      case dot:
        guard index == start else { break }
        marks.insert(.hidden)
        if index + 1 < end, bytes[index + 1] == dot, index + 2 == end || bytes[index + 2] == slash {
          marks.insert(.outward)
        }
      case underscore:
        if index == start { marks.insert(.hidden) }
      case UInt8(ascii: "\\"):
        marks.insert(.backslash)
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x80...:
        marks.insert(.uppercase)
      default:
        break
      }
    }
    if slashes < 2 { marks.insert(.shallow) }
    return (marks, start)
  }

  private static let slash = UInt8(ascii: "/")
  private static let dot = UInt8(ascii: ".")
  private static let underscore = UInt8(ascii: "_")
}
