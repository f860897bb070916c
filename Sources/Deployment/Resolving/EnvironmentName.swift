/// The name of an environment: at most 40 letters, digits and hyphens, no hyphen at either end.
///
/// Source: Elastic Beanstalk's documentation of CreateEnvironment, which also wants at least four
/// characters. A name that somebody chose, such as `dev`, may be shorter here: other hosts take
/// it, and Beanstalk's host says so itself.
package struct EnvironmentName: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let text: String

  /// `nil` when `text` is not a valid name.
  package init?(_ text: String) {
    guard (1...Self.maximumLength).contains(text.utf8.count),
      text.utf8.allSatisfy(Self.isAllowed),
      text.utf8.first != UInt8(ascii: "-"), text.utf8.last != UInt8(ascii: "-")
    else { return nil }
    self.text = text
  }

  /// For text that is known to be a name.
  init(trusted text: String) {
    self.text = text
  }

  package static func < (left: Self, right: Self) -> Bool { left.text < right.text }

  package var description: String { text }

  static let maximumLength = 40

  static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
