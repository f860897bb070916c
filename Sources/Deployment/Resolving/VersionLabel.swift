/// The label of an application version: 1 to 100 characters without a slash.
///
/// Source: the `VersionLabel` shape of Elastic Beanstalk's API. Only printable ASCII is accepted
/// here, since the label becomes a file name and an S3 key.
package struct VersionLabel: Hashable, Sendable, CustomStringConvertible, Codable {
  package let text: String

  /// `nil` when `text` is not a valid label.
  package init?(_ text: String) {
    guard (1...100).contains(text.utf8.count), text != ".", text != "..",
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") })
    else { return nil }
    self.text = text
  }

  /// For text that is known to be a label.
  init(trusted text: String) {
    self.text = text
  }

  package init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let label = VersionLabel(text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "not a version label"))
    }
    self = label
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }

  package var description: String { text }
}
