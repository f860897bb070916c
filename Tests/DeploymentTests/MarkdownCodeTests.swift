import Testing

@testable import Deployment

struct MarkdownCodeTests {
  @Test(arguments: [
    ("issue91", "`issue91`"), ("a|b", "`a|b`"), ("@team #7 <b>", "`@team #7 <b>`"),
    ("a`b", "``a`b``"), ("a```b``", "```` a```b`` ````"), ("`", "`` ` ``"), ("", "`  `"),
    (" a ", "`  a  `"), ("a\nb\r\u{2028}c", "`a b  c`"),
  ])
  func `Text in a code span is no markup`(text: String, expected: String) {
    #expect(MarkdownText.code(text) == expected)
  }

  @Test func `What is long is cut`() {
    #expect(MarkdownText.code(String(repeating: "x", count: 9), limit: 3) == "`xxx…`")
  }
}
