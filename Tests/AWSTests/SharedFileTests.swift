import Foundation
import TestSupport
import Testing

@testable import AWS

@Suite("A shared file")
struct SharedFileTests {
  @Test("is read as botocore reads it, whatever is in it")
  func fuzz() throws {
    var generator = SplitMix(seed: 11)
    let pieces = [
      "[default]", "[profile a]", "[profile \"b c\"]", "[DEFAULT]", "[a]b]", "[]", "[", "a = 1",
      "b=2", "A: 3", "c", "d = e = f", "=x", ":", "# no", "; no", " # no", "", "  ", "\t",
      "  g = 1",
      "   h=2", "i =", "s3 =", "\tk = v", "é = ü", "\u{a0}x = y", "l = m # n", "o = 'p'", "\r",
      "q\u{301}=\u{301}r", "t = \u{2028}u", "\u{b}v = w", "x = \u{1d}",
    ]
    let wrong: Set = ["[]", "[", "=x", ":", "c"]
    let files = (0..<2000).map { number in
      // Every second file has only lines that are right by themselves, below a section.
      let allowed = number % 2 == 0 ? pieces : pieces.filter { !wrong.contains($0) }
      let lines = (0..<Int.random(in: 0...9, using: &generator)).map { _ in
        allowed.randomElement(using: &generator) ?? ""
      }
      return ((number % 2 == 0 ? [] : ["[x]"]) + lines)
        .joined(separator: Bool.random(using: &generator) ? "\n" : "\r\n")
    }
    let input = String(decoding: try JSONEncoder().encode(files), as: UTF8.self)
    let output = try Botocore.answer(
      """
      import json, os, sys, tempfile
      from botocore.configloader import raw_config_parse
      from botocore.exceptions import ConfigParseError
      answers = []
      with tempfile.TemporaryDirectory() as directory:
          path = os.path.join(directory, 'config')
          for text in json.load(sys.stdin):
              with open(path, 'wb') as file:
                  file.write(text.encode())
              try:
                  answers.append(raw_config_parse(path))
              except ConfigParseError:
                  answers.append(None)
      print(json.dumps(answers))
      """, input)
    let answers = try JSONDecoder().decode(
      [[String: [String: Value]]?].self, from: Data(output.utf8))
    #expect(answers.count == files.count)
    #expect(answers.count { $0 == nil } > 100)
    #expect(answers.count { ($0 ?? [:]).values.contains { $0.count > 1 } } > 100)
    for (file, answer) in zip(files, answers) {
      let ours = (try? SharedFile(parsing: Array(file.utf8))).map { read in
        Dictionary(
          uniqueKeysWithValues: read.sections.map { section in
            (section.name, section.values.mapValues { Value($0) })
          })
      }
      #expect(ours == answer, "\(file.debugDescription)")
    }
  }

  /// A value in JSON.
  enum Value: Decodable, Equatable {
    case text(String)
    case nested([String: String])

    init(_ value: SharedFile.Value) {
      switch value {
      case .text(let text): self = .text(text)
      case .nested(let nested): self = .nested(nested)
      }
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self = .text(text)
      } else {
        self = .nested(try container.decode([String: String].self))
      }
    }
  }

  @Test("is taken apart in words as Python's shlex does it")
  func words() throws {
    var generator = SplitMix(seed: 12)
    let pieces = ["a", "b c", "'", "\"", "\\", " ", "\t", "\n", "é", "#", "\\\"", "$x", "''"]
    let lines = (0..<1500).map { _ in
      (0..<Int.random(in: 0...8, using: &generator)).map { _ in
        pieces.randomElement(using: &generator) ?? ""
      }.joined()
    }
    let input = String(decoding: try JSONEncoder().encode(lines), as: UTF8.self)
    let output = try Botocore.answer(
      """
      import json, shlex, sys
      def split(text):
          try:
              return shlex.split(text)
          except ValueError:
              return None
      print(json.dumps([split(text) for text in json.load(sys.stdin)]))
      """, input)
    let answers = try JSONDecoder().decode([[String]?].self, from: Data(output.utf8))
    #expect(answers.count == lines.count)
    for (line, answer) in zip(lines, answers) {
      #expect(shellWords(line) == answer, "\(line.debugDescription)")
    }
  }

  @Test("says in which line it is wrong")
  func flaws() {
    let table: [(String, Int?)] = [
      ("a = 1", 1), ("[x]\n\n# c\nnonsense", 4), ("[x]\na = 1\n[y]\n[x]\n", 4),
      ("[x]\na = 1\nA = 2", 3), ("[x]\n= 2", 2), ("[x]\ny = 1\ns3 =\n  a = b\n  c", 3),
    ]
    for (text, line) in table {
      #expect(throws: SharedFile.Flaw.self) { try SharedFile(parsing: Array(text.utf8)) }
      do {
        _ = try SharedFile(parsing: Array(text.utf8))
      } catch {
        #expect(error.line == line, "\(text)")
      }
    }
  }

  @Test("may begin with a byte order mark, over which botocore stumbles")
  func mark() throws {
    let file = try SharedFile(parsing: [0xef, 0xbb, 0xbf] + Array("[default]\r\na=1\r\n".utf8))
    #expect(file.sections.first?.values == ["a": .text("1")])
  }

  @Test("never crashes the reader")
  func bytes() {
    var generator = SplitMix(seed: 13)
    let alphabet = Array("[]=:#;' \"\\\n\r\tab".utf8) + [0, 0x1c, 0xc3, 0xa9, 0xff]
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
        alphabet.randomElement(using: &generator) ?? 0
      }
      _ = try? SharedFile(parsing: bytes)
      _ = shellWords(String(decoding: bytes, as: UTF8.self))
      _ = Endpoint(url: "http://" + String(decoding: bytes, as: UTF8.self))
      _ = MetadataAddress("http://" + String(decoding: bytes, as: UTF8.self))
    }
  }

  @Test("is found through '~' and variables, as Python expands them")
  func paths() {
    let environment = ["A": "/a", "B_1": "b"]
    let table = [
      "~/x": "/home/me/x", "~": "/home/me", "~you/x": "~you/x", "$A/x": "/a/x",
      "${A}/$B_1.ini": "/a/b.ini", "$NONE/x": "$NONE/x", "${A": "${A", "$": "$", "/x~": "/x~",
    ]
    for (path, expanded) in table {
      #expect(SharedFiles.expanded(path, environment, "/home/me") == expanded)
    }
  }
}
