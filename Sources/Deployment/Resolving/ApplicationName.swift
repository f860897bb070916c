/// The name of a Beanstalk application: 1 to 100 characters without a slash.
///
/// Source: the `ApplicationName` shape of Elastic Beanstalk's API.
package struct ApplicationName: Hashable, Sendable, CustomStringConvertible {
  package let text: String

  /// `nil` when `text` is not a valid name.
  package init?(_ text: String) {
    // `.` and `..` would lead elsewhere where the name becomes part of a path.
    guard (1...100).contains(text.unicodeScalars.count), !text.contains("/"), text != ".",
      text != "..",
      text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
    else { return nil }
    self.text = text
  }

  package var description: String { text }
}
