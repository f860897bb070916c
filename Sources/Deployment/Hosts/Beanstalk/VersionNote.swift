/// What git-eb writes into the description of an application version, so that one request for many
/// versions says where each came from: `Fix the login [git-eb <commit> <digest> <kind>]`, and of what was made for a preview:
/// `[git-eb <commit> <digest> <kind> <mark>]`.
///
/// A description has at most 200 characters (the `Description` shape of the API); the subject gives
/// way. The tags of the version say the same and more, for people and other tools, but have to be
/// asked for one version at a time.
struct VersionNote: Equatable {
  /// The full commit id; `nil` on an unborn branch.
  var commit: String?
  /// 64 hexadecimal digits.
  var digest: String
  /// `commit`, `staged`, `worktree` or `artifact`.
  var source: String
  /// ``ApplicationVersion/preview``
  var preview: String?

  private static let opening = "[git-eb "
  private static let maximumLength = 200

  /// The whole description; `subject` is cut where it does not fit.
  func description(subject: String) -> String {
    let mark = preview.map { " " + $0 } ?? ""
    let note = "\(Self.opening)\(commit ?? "-") \(digest) \(source)\(mark)]"
    let text = Self.cut(subject, to: Self.maximumLength - note.utf16.count - 1)
    return text.isEmpty ? note : "\(text) \(note)"
  }

  /// The description with another subject. The note stays, where there is one.
  static func renamed(_ description: String, _ change: (String) -> String) -> String {
    guard let parsed = parse(description) else {
      return cut(change(description), to: maximumLength)
    }
    return parsed.note.description(subject: change(parsed.subject))
  }

  /// Text of at most `room` UTF-16 units, cut between characters.
  private static func cut(_ text: String, to room: Int) -> String {
    guard room > 0 else { return "" }
    // A control character is no text of XML.
    let plain = String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
    if plain.utf16.count <= room { return plain }
    var cut = ""
    for character in plain {
      if cut.utf16.count + character.utf16.count + 1 > room { break }
      cut.append(character)
    }
    return cut + "…"
  }

  /// The note in a description, and the subject before it; `nil` for a version that git-eb did not
  /// make.
  static func parse(_ description: String) -> (note: VersionNote, subject: String)? {
    guard description.hasSuffix("]"),
      let start = description.ranges(of: opening).last
    else { return nil }
    let words = description[start.upperBound...].dropLast().split(separator: " ").map(String.init)
    guard (3...4).contains(words.count), isHexadecimal(words[1], count: 64),
      words[0] == "-" || isHexadecimal(words[0], count: 40)
    else { return nil }
    let note = VersionNote(
      commit: words[0] == "-" ? nil : words[0], digest: words[1], source: words[2],
      preview: words.count == 4 ? words[3] : nil)
    let subject = description[..<start.lowerBound]
    return (note, String(subject.hasSuffix(" ") ? subject.dropLast() : subject))
  }

  private static func isHexadecimal(_ text: String, count: Int) -> Bool {
    text.utf8.count == count
      && text.utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }
}
