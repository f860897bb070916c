package import FoundationEssentials

/// An element of an answer, with everything in it.
///
/// Attributes are left out: none of AWS's answers that git-eb reads says anything in one.
package struct XMLElement: Sendable, Equatable {
  /// As written, with its prefix if there is one.
  package var name: String
  /// All text that is directly in it, as it stands; entities are resolved.
  package var text: String
  package var children: [XMLElement]

  package init(_ name: String, text: String = "", children: [XMLElement] = []) {
    self.name = name
    self.text = text
    self.children = children
  }

  /// The first child of that name.
  package subscript(name: String) -> XMLElement? {
    children.first { $0.name == name }
  }

  /// The text of the first child of that name; empty for a child with nothing in it.
  package func string(_ name: String) -> String? {
    self[name]?.text
  }

  /// The items of the list `name`: `member` elements, `item` in EC2's answers. Empty where there is
  /// no such list.
  package func members(_ name: String) -> [XMLElement] {
    self[name]?.children.filter { $0.name == "member" || $0.name == "item" } ?? []
  }

  /// A moment in ISO 8601, with or without a fraction of a second.
  package func date(_ name: String) -> Date? {
    string(name).flatMap { Timestamp.date($0) }
  }

  package func integer(_ name: String) -> Int? {
    string(name).flatMap { Int(Self.word($0)) }
  }

  /// `true` and `false`, as the services write them; also with a capital and as 1 and 0.
  package func flag(_ name: String) -> Bool? {
    switch string(name).map({ Self.word($0).lowercased() }) {
    case "true", "1": true
    case "false", "0": false
    default: nil
    }
  }

  private static func word(_ text: String) -> Substring {
    text.split(whereSeparator: \.isWhitespace).first ?? ""
  }
}

/// Why an answer is no XML that git-eb reads. `line` counts from 1.
package enum XMLError: Error, Equatable, Sendable {
  /// Not well formed, or cut short. `reason` is expat's.
  case malformed(line: Int, reason: String)
  /// A document type, which could define entities; AWS sends none.
  case documentType(line: Int)
  /// More than ``XMLLimits`` allow.
  case tooDeep(line: Int)
  case tooLarge
}

/// What a document may be at most. AWS's largest answers (1,000 events, or 1,000 keys of a bucket)
/// are below 1 MB, with fewer than 20,000 elements, eight levels deep.
enum XMLLimits {
  static let depth = 64
  static let elements = 200_000
  /// In bytes.
  static let size = 16 << 20
}
