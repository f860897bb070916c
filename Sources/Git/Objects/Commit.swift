/// Who did something, and when.
package struct Signature: Sendable, Hashable {
  package var name: String
  package var email: String
  /// Seconds since 1970 UTC.
  package var time: Int64
  /// East of UTC.
  package var offsetMinutes: Int

  package init(
    name: String, email: String, time: Int64, offsetMinutes: Int
  ) {
    self.name = name
    self.email = email
    self.time = time
    self.offsetMinutes = offsetMinutes
  }
}

package struct Commit: Sendable, Hashable {
  package var id: ObjectID
  package var tree: ObjectID
  package var parents: [ObjectID]
  package var author: Signature
  package var committer: Signature
  /// Everything behind the headers.
  package var message: String
  /// The name of the encoding that the message was written in; `nil` for UTF-8.
  package var encoding: String?

  package init(
    id: ObjectID, tree: ObjectID, parents: [ObjectID], author: Signature, committer: Signature,
    message: String, encoding: String? = nil
  ) {
    self.id = id
    self.tree = tree
    self.parents = parents
    self.author = author
    self.committer = committer
    self.message = message
    self.encoding = encoding
  }

  /// The first paragraph of the message, on one line.
  package var summary: String {
    message.split(separator: "\n", omittingEmptySubsequences: false)
      .drop { $0.allSatisfy(\.isWhitespace) }
      .prefix { !$0.allSatisfy(\.isWhitespace) }
      .map { $0.trimmingSpaceAtEnd }
      .joined(separator: " ")
  }
}

/// An annotated tag.
package struct Tag: Sendable, Hashable {
  package var id: ObjectID
  package var name: String
  package var target: ObjectID
  package var targetKind: ObjectKind
  /// Tags of git's first days have none.
  package var tagger: Signature?
  /// With its signature, where it has one.
  package var message: String

  /// From the contents of a tag object. Throws ``GitError/Code/corrupt``.
  package init(contents: [UInt8], id: ObjectID) throws(GitError) {
    self = try ObjectText(contents).tag(id)
  }

  init(
    id: ObjectID, name: String, target: ObjectID, targetKind: ObjectKind, tagger: Signature?,
    message: String
  ) {
    self.id = id
    self.name = name
    self.target = target
    self.targetKind = targetKind
    self.tagger = tagger
    self.message = message
  }
}

/// The text of a commit or of a tag: headers, an empty line, the message.
struct ObjectText {
  private(set) var headers: [(name: String, value: ArraySlice<UInt8>)] = []
  let message: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty, rest.first != 0x0a {
      let line = rest.prefix { $0 != 0x0a }
      rest = rest[line.endIndex...].dropFirst()
      // A line that begins with a space goes on with the header before it, such as a signature.
      guard line.first != 0x20 else { continue }
      let name = line.prefix { $0 != 0x20 }
      headers.append(
        (String(decoding: name, as: UTF8.self), line[name.endIndex...].dropFirst()))
    }
    message = rest.dropFirst()
  }

  func value(_ name: String) -> ArraySlice<UInt8>? { headers.first { $0.name == name }?.value }

  func id(_ name: String) -> ObjectID? {
    value(name).flatMap { ObjectID(hex: String(decoding: $0, as: UTF8.self)) }
  }

  var encoding: String? { value("encoding").map { String(decoding: $0, as: UTF8.self) } }

  /// Latin-1 is taken at its word; of any other encoding the bytes that are not UTF-8 are lost.
  func text(_ bytes: some Collection<UInt8>) -> String {
    switch encoding?.lowercased() {
    case "iso-8859-1", "iso8859-1", "latin1", "latin-1":
      String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    default:
      String(decoding: bytes, as: UTF8.self)
    }
  }

  /// `Name <mail> seconds zone`.
  func signature(_ name: String) -> Signature? {
    guard let line = value(name), let open = line.lastIndex(of: UInt8(ascii: "<")),
      let close = line.lastIndex(of: UInt8(ascii: ">")), open < close
    else { return nil }
    let numbers = line[close...].dropFirst().split(separator: 0x20)
      .map { String(decoding: $0, as: UTF8.self) }
    let zone = numbers.count > 1 ? Int(numbers[1]) ?? 0 : 0
    return Signature(
      name: text(line[..<open]).trimmingSpaceAtEnd, email: text(line[(open + 1)..<close]),
      time: numbers.first.flatMap { Int64($0) } ?? 0, offsetMinutes: zone / 100 * 60 + zone % 100)
  }

  func commit(_ id: ObjectID) throws(GitError) -> Commit {
    guard let tree = self.id("tree") else {
      throw GitError(.corrupt, "read the commit", id.hex, detail: "no tree")
    }
    let nobody = Signature(name: "", email: "", time: 0, offsetMinutes: 0)
    return Commit(
      id: id, tree: tree,
      parents: headers.filter { $0.name == "parent" }.compactMap {
        ObjectID(hex: String(decoding: $0.value, as: UTF8.self))
      },
      author: signature("author") ?? nobody, committer: signature("committer") ?? nobody,
      message: text(message), encoding: encoding)
  }

  func tag(_ id: ObjectID) throws(GitError) -> Tag {
    guard let target = self.id("object"),
      let kind = value("type").flatMap({ ObjectKind(rawValue: text($0)) })
    else { throw GitError(.corrupt, "read the tag", id.hex, detail: "no object") }
    return Tag(
      id: id, name: value("tag").map { text($0) } ?? "", target: target, targetKind: kind,
      tagger: signature("tagger"), message: text(message))
  }
}

extension StringProtocol {
  fileprivate var trimmingSpaceAtEnd: String {
    let end = lastIndex { !$0.isWhitespace }
    return end.map { String(self[...$0]) } ?? ""
  }
}
