import Testing

@testable import Deployment

@Suite("Configuring: YAML") struct ConfiguringYAMLTests {
  private func parse(_ text: String) throws -> YAMLNode {
    try #require(try YAMLNode.parse(text, name: "x.yml"))
  }

  private func failure(_ text: String) -> YAMLError? {
    #expect(throws: YAMLError.self) { try YAMLNode.parse(text, name: "x.yml") }
  }

  @Test(arguments: ["", "\n", "# only a comment\n", "---\n", "---\n...\n", "\u{feff}", "null"])
  func `A document without a value is nil`(text: String) throws {
    #expect(try YAMLNode.parse(text, name: "x.yml") == nil)
  }

  @Test func `Scalars are read as git reads booleans and YAML reads null`() throws {
    let root = try parse(
      """
      a: Yes
      b: "yes"
      c: 12
      d: ~
      e:
      f: !!str 12
      g: |
        two
        lines
      h: 'null'
      i: ''
      j: offline
      """)
    #expect(root["a"]?.bool == true)
    #expect(root["b"]?.bool == nil)
    #expect(root["b"]?.string == "yes")
    #expect(root["c"]?.int == 12)
    #expect(root["c"]?.string == "12")
    #expect(root["d"]?.isNull == true)
    #expect(root["d"]?.string == nil)
    #expect(root["e"]?.isNull == true)
    #expect(root["f"]?.int == nil)
    #expect(root["f"]?.string == "12")
    #expect(root["g"]?.string == "two\nlines\n")
    #expect(root["h"]?.string == "null")
    #expect(root["i"]?.string == "")
    #expect(root["j"]?.bool == nil)
    #expect(root["k"] == nil)
  }

  @Test func `Every value knows its line and its column in characters`() throws {
    let root = try parse("\u{feff}é: {x: [1, 2]}\r\nb:\r\n  - c\r\n")
    let list = try #require(root["é"]?["x"]?.sequence)
    #expect(list.map(\.line) == [1, 1])
    #expect(list.map(\.column) == [9, 12])
    #expect(root["b"]?.sequence?.first?.line == 3)
    #expect(root["b"]?.sequence?.first?.column == 5)
  }

  @Test func `A mapping keeps its order and its duplicates`() throws {
    let root = try parse("b: 1\na: 2\nb: 3\n\"b\": 4\n")
    #expect(root.mapping?.compactMap(\.key.string) == ["b", "a", "b", "b"])
    #expect(root["b"]?.int == 4)
    let duplicates = root.duplicates()
    #expect(duplicates.map(\.key) == ["b", "b"])
    #expect(duplicates.map(\.firstLine) == [1, 1])
    #expect(duplicates.map(\.node.line) == [3, 4])
  }

  @Test func `Aliases stand for their anchors`() throws {
    let root = try parse("a: &x {k: [1, 2]}\nb: *x\nc: &x 5\nd: *x\n")
    #expect(root["b"]?["k"]?.sequence?.compactMap(\.int) == [1, 2])
    #expect(root["d"]?.int == 5)
    #expect(root["b"]?.line == 1)
  }

  @Test func `Merge keys add what a mapping does not have`() throws {
    let root = try parse(
      """
      one: &one {a: 1, b: 1}
      two: &two {b: 2, c: 2}
      x: {<<: *one, b: 9}
      y: {<<: [*one, *two], d: 4}
      z: {"<<": text}
      """)
    #expect(root["x"]?["a"]?.int == 1)
    #expect(root["x"]?["b"]?.int == 9)
    #expect(root["x"]?.duplicates().isEmpty == true)
    #expect(root["y"]?.mapping?.compactMap(\.key.string) == ["d", "a", "b", "c"])
    #expect(root["y"]?["b"]?.int == 1)
    #expect(root["z"]?["<<"]?.string == "text")
    #expect(failure("a: {<<: 5}\n")?.problem == "'<<' merges only mappings")
  }

  @Test(arguments: [
    ("a: 1\n  b: 2\n", 2, 4),
    ("a: [1, 2\nb: 3\n", 2, 2),
    ("a:\n\tb: 1\n", 2, 1),
    ("a: 'x\n", 2, 1),
    ("a: \"\\q\"\n", 1, 5),
    ("*: x\n", 1, 2),
    ("a: *none\n", 1, 4),
    ("a: &x [*x]\n", 1, 8),
    ("a: 1\n---\nb: 2\n", 2, 1),
    ("a: \u{1}\n", 1, 4),
  ])
  func `What is not YAML is an error at its place`(text: String, line: Int, column: Int) throws {
    let error = try #require(failure(text))
    #expect(error.file == "x.yml")
    #expect(!error.problem.isEmpty)
    #expect(error.line == line, "\(error)")
    #expect(error.column == column, "\(error)")
  }

  @Test func `Bytes that are not UTF-8 are an error at their place`() {
    let error = #expect(throws: YAMLError.self) {
      try YAMLNode.parse(Array("a: 1\nbé: ".utf8) + [0xff, 0x0a], name: "x.yml")
    }
    #expect(error?.line == 2)
    #expect(error?.column == 5)
  }

  @Test func `A few lines of aliases do not become billions of values`() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...12 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(aliases)]\n"
    }
    #expect(failure(text)?.problem == "more than 100000 values")
  }

  @Test func `Deep nesting is an error, also through aliases`() {
    let brackets = String(repeating: "[", count: 5000)
    #expect(failure("a: \(brackets)")?.problem.hasPrefix("nested more than 64") == true)
    var text = "a0: &a0 [x]\n"
    for level in 1...80 { text += "a\(level): &a\(level) [*a\(level - 1)]\n" }
    #expect(failure(text)?.problem.hasPrefix("nested more than 64") == true)
  }

  @Test func `A huge document is refused before it is parsed`() {
    let bytes = [UInt8](repeating: UInt8(ascii: "#"), count: YAMLNode.sizeLimit + 1)
    #expect(throws: YAMLError(file: "x", line: 1, column: 1, problem: "larger than 4 MiB")) {
      try YAMLNode.parse(bytes, name: "x")
    }
  }

  @Test func `Tags of other programs are passed over`() throws {
    let root = try parse("Resources:\n  x: !GetAtt a.b\n  y: !Sub [a, {b: 1}]\n")
    #expect(root["Resources"]?["x"]?.string == "a.b")
    #expect(root["Resources"]?["y"]?.sequence?.count == 2)
  }
}
