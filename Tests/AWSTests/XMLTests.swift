import FoundationEssentials
import Testing

@testable import AWS

@Suite("XML") struct XMLTests {
  private static let answer = """
    <?xml version="1.0" encoding="UTF-8"?>
    <DescribeResponse xmlns="https://elasticbeanstalk.amazonaws.com/docs/2010-12-01/">
      <DescribeResult>
        <Environments>
          <member><Name>one</Name><Date>2015-04-09T23:33:35.000Z</Date><Flag>true</Flag></member>
          <member><Name> two &amp; &lt;three&gt; &#233;&#x1F600; </Name><Count> 12 </Count></member>
        </Environments>
        <Empty/>
        <Raw><![CDATA[<b>]]>&quot;</Raw>
      </DescribeResult>
    </DescribeResponse>
    """

  private func parse(_ text: String) throws(XMLError) -> XMLElement {
    try XMLElement(parsing: Array(text.utf8))
  }

  @Test func `Elements, texts and lists come out as they are written`() throws {
    let root = try parse(Self.answer)
    #expect(root.name == "DescribeResponse")
    let result = try #require(root["DescribeResult"])
    let members = result.members("Environments")
    #expect(members.map { $0.string("Name") } == ["one", " two & <three> é😀 "])
    #expect(members.map { $0.integer("Count") } == [nil, 12])
    #expect(members.map { $0.flag("Flag") } == [true, nil])
    #expect(members[0].date("Date") == Date(timeIntervalSince1970: 1_428_622_415))
    #expect(result.string("Empty")?.isEmpty == true)
    #expect(result.string("Raw") == "<b>\"")
    #expect(result.string("Missing") == nil)
    #expect(result.members("Missing").isEmpty)
  }

  @Test func `EC2's lists have items`() throws {
    let root = try parse("<R><set><item><id>i-1</id></item><item><id>i-2</id></item></set></R>")
    #expect(root.members("set").map { $0.string("id") } == ["i-1", "i-2"])
  }

  @Test(arguments: [
    ("true", true), ("True", true), ("1", true), ("false", false), ("FALSE", false), ("0", false),
    (" true\n", true), ("yes", nil), ("", nil),
  ]) func `A flag is true, false or nothing`(_ text: String, _ expected: Bool?) {
    #expect(XMLElement("R", children: [XMLElement("F", text: text)]).flag("F") == expected)
  }

  @Test(
    arguments: [
      ("2015-08-30T12:36:00Z", 1_440_938_160), ("2015-08-30T12:36:00.250Z", 1_440_938_160.25),
      ("2015-08-30T12:36:00.5Z", 1_440_938_160.5), (" 2015-08-30T12:36:00Z\n", 1_440_938_160),
      ("2015-08-30T14:36:00+02:00", 1_440_938_160), ("2015-08-30", nil), ("", nil),
      ("2015-13-30T12:36:00Z", nil), ("soon", nil), ("2015-08-30T12:36:00.Z", nil),
    ] as [(String, Double?)]) func `A moment is read with and without a fraction`(
      _ text: String, _ expected: Double?
    )
  {
    let date = XMLElement("R", children: [XMLElement("D", text: text)]).date("D")
    #expect(date?.timeIntervalSince1970 == expected)
  }

  @Test(
    arguments: [
      ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
      ("Sun, 06 Nov 1994 08:49:37 UTC", 784_111_777),
      ("Sunday, 06-Nov-94 08:49:37 GMT", nil), ("Sun Nov  6 08:49:37 1994", nil),
      ("Sun, 06 Nov 1994 08:49:37 CET", nil), ("Sun, 6 Nov 1994 08:49:37 GMT", nil),
      ("Sun, 66 Nov 1994 08:49:37 GMT", nil), ("Sun, 06 Foo 1994 08:49:37 GMT", nil),
      ("Sun, 06 Nov 99994 08:49:37 GMT", nil), ("", nil), ("a b c d e f", nil),
    ] as [(String, Double?)]) func `The header's date is read in the form that may be sent`(
      _ text: String, _ expected: Double?
    )
  {
    #expect(Timestamp.date(ofHeader: text)?.timeIntervalSince1970 == expected)
  }

  @Test func `White space may come first, as S3 sends it to keep a connection busy`() throws {
    #expect(try parse(" \n\r\n\t<?xml version=\"1.0\"?>\n  <R><A>1</A></R>").string("A") == "1")
  }

  @Test(arguments: ["UTF-16LE", "UTF-16BE", "ISO-8859-1"])
  func `Other encodings that XML knows are read`(_ name: String) throws {
    let text = "<?xml version=\"1.0\" encoding=\"\(name.prefix(6))\"?><R>é</R>"
    let bytes: [UInt8] =
      switch name {
      case "UTF-16LE": [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
      case "UTF-16BE": [0xFE, 0xFF] + text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
      default:
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><R>é</R>".unicodeScalars
          .map { UInt8($0.value) }
      }
    #expect(try XMLElement(parsing: bytes).text == "é")
  }

  @Test func `An answer that is cut short anywhere is no answer`() {
    let bytes = Array(Self.answer.utf8)
    for length in 0..<bytes.count {
      #expect(throws: XMLError.self, "\(length) bytes") {
        try XMLElement(parsing: Array(bytes[..<length]))
      }
    }
  }

  @Test func `A document type is refused, and so is every entity it could define`() {
    let bomb = """
      <!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
      <R>&b;</R>
      """
    #expect(throws: XMLError.documentType(line: 1)) { try parse(bomb) }
    #expect(throws: XMLError.documentType(line: 2)) {
      try parse("<?xml version='1.0'?>\n<!DOCTYPE html><html></html>")
    }
    #expect(throws: XMLError.malformed(line: 1, reason: "undefined entity")) {
      try parse("<R>&b;</R>")
    }
  }

  @Test func `What is too deep or too large is refused`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
    }
    #expect(try parse(nested(XMLLimits.depth)).name == "a")
    #expect(throws: XMLError.tooDeep(line: 1)) { try parse(nested(XMLLimits.depth + 1)) }
    #expect(throws: XMLError.tooDeep(line: 1)) { try parse(nested(200_000)) }
    #expect(throws: XMLError.tooLarge) {
      try parse("<R>\(String(repeating: "<a/>", count: XMLLimits.elements))</R>")
    }
    #expect(throws: XMLError.tooLarge) {
      try XMLElement(parsing: [UInt8](repeating: 0x20, count: XMLLimits.size + 1))
    }
  }

  @Test(arguments: [
    ("", "no element found"), ("no xml", "syntax error"),
    ("<R></S>", "mismatched tag"), ("<R/><S/>", "junk after document element"),
    ("<R>\u{1}</R>", "not well-formed (invalid token)"),
  ]) func `What is not well formed is told`(_ text: String, _ reason: String) {
    #expect(throws: XMLError.malformed(line: 1, reason: reason)) { try parse(text) }
  }

  @Test func `Bytes that are changed at random never do worse than an error`() {
    var generator = SplitMix(seed: 7)
    let bytes = Array(Self.answer.utf8)
    let interesting: [UInt8] = [0, 0x3C, 0x3E, 0x26, 0x3B, 0x21, 0x5B, 0x5D, 0x22, 0x80, 0xFF]
    var parsed = 0
    for _ in 0..<5_000 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<changed.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: changed[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: changed[place] = interesting.randomElement(using: &generator) ?? 0
        case 2: changed.remove(at: place)
        default:
          let end = Int.random(in: place..<changed.count, using: &generator)
          changed.insert(contentsOf: changed[place...end], at: place)
        }
      }
      if (try? XMLElement(parsing: changed)) != nil { parsed += 1 }
    }
    // Most changes are in texts or break something: both happen.
    #expect((1..<5_000).contains(parsed))
  }
}
