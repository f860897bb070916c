import Git
import Testing

@testable import Deployment

@Suite struct GuardDifferenceTests {
  private static let zero = String(repeating: "0", count: 40)
  private static let one = String(repeating: "1", count: 40)
  private static let two = String(repeating: "2", count: 40)
  private static let commit = String(repeating: "c", count: 40)

  private func read(_ records: String...) throws -> [String] {
    var lines: [String] = []
    let output = Array(records.map { $0 + "\0" }.joined().utf8)
    try GuardDifference.forEach(in: output) { commit, path, mode, id in
      lines.append(
        "\(commit.abbreviated(3)) \(String(decoding: path, as: UTF8.self)) "
          + "\(String(mode, radix: 8)) \(id.abbreviated(3))")
    }
    return lines
  }

  @Test func `What a commit adds and changes is told, and what it removes is not`() throws {
    let lines = try read(
      Self.commit,
      ":000000 100644 \(Self.zero) \(Self.one) A", "new\nname",
      ":100644 100755 \(Self.one) \(Self.two) M", "a b",
      ":100644 000000 \(Self.one) \(Self.zero) D", "gone")
    #expect(lines == ["ccc new\nname 100644 111", "ccc a b 100755 222"])
  }

  @Test func `A merge has a mode and an id for each parent`() throws {
    let lines = try read(
      Self.one, Self.commit,
      ":::100644 000000 100644 100644 \(Self.one) \(Self.zero) \(Self.one) \(Self.two) MAM",
      ":odd")
    #expect(lines == ["ccc :odd 100644 222"])
    let removed = try read(
      Self.commit, "::100644 100644 000000 \(Self.one) \(Self.two) \(Self.zero) DD", "gone")
    #expect(removed == [])
  }

  @Test func `Output that is cut off or no difference is an error`() {
    let entry = ":000000 100644 \(Self.zero) \(Self.one) A"
    for records in [
      [entry, "no commit"], [Self.commit, entry], [Self.commit, ":1 2 A", "x"], ["?"],
    ] {
      #expect(throws: SourceError.self) {
        try GuardDifference.forEach(in: Array(records.map { $0 + "\0" }.joined().utf8)) {
          _, _, _, _ in
        }
      }
    }
    #expect(throws: SourceError.self) {
      try GuardDifference.forEach(in: Array(Self.commit.utf8)) { _, _, _, _ in }
    }
  }
}
