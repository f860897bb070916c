import Git
import Testing

@testable import Deployment

@Suite("Releases: notes") struct ReleaseNotesTests {
  private func notes(_ messages: [String], since previous: String? = nil) -> String {
    let commits = messages.enumerated().map { commit($0.element, number: $0.offset + 1) }
    return ReleaseNotes(commits: commits, count: commits.count, since: previous).markdown
  }

  @Test func `Commits without a form are one list, the newest first`() {
    #expect(
      notes(["Fix the login", "Add carts", "feat: rename"], since: "v1.3.0") == """
        - Fix the login (0100000)
        - Add carts (0200000)
        - feat: rename (0300000)

        """)
  }

  @Test func `Conventional Commits are grouped, what breaks first`() {
    #expect(
      notes([
        "docs: explain", "fix(login): keep the session", "feat: carts", "Say hello",
        "feat(api)!: rename _id", "fix: a\n\nBREAKING CHANGE: b is gone", "fix: 2 * 3",
      ]) == """
        ### Breaking changes

        - **api:** rename \\_id (0500000)
        - a (0600000)

        ### Features

        - carts (0300000)

        ### Fixes

        - **login:** keep the session (0200000)
        - 2 \\* 3 (0700000)

        ### Other changes

        - docs: explain (0100000)
        - Say hello (0400000)

        """)
  }

  @Test func `Half of the commits make the form, and less do not`() {
    #expect(notes(["feat: a", "b"]).hasPrefix("### Features\n"))
    #expect(notes(["feat: a", "b", "c"]).hasPrefix("- feat: a "))
  }

  @Test func `Without a change that is said`() {
    #expect(notes([], since: "v1.3.0_1") == "No changes since v1.3.0_1.\n")
    #expect(notes([]) == "No changes.\n")
    #expect(notes([""]) == "- (no subject) (0100000)\n")
  }

  @Test func `A long history is cut, and what is left out is counted`() {
    let commits = (1...ReleaseNotes.limit + 5).map { commit("Change \($0)", number: $0) }
    let markdown = ReleaseNotes(commits: commits, count: 1234, since: nil).markdown
    #expect(markdown.split(separator: "\n").count { $0.hasPrefix("- ") } == ReleaseNotes.limit)
    #expect(markdown.hasSuffix("\n\nand \(1234 - ReleaseNotes.limit) more\n"))
  }

  @Test(arguments: [
    ("plain text", "plain text"), ("snake_case stays", "snake_case stays"),
    ("_emphasis_", "\\_emphasis\\_"), ("2 * 3 * 4", "2 \\* 3 \\* 4"), ("`code`", "\\`code\\`"),
    ("[link](url)", "\\[link\\](url)"), ("<script>", "\\<script>"), ("a < b", "a \\< b"),
    ("back\\slash", "back\\\\slash"), ("# heading", "\\# heading"), ("fixes #12", "fixes #12"),
    ("- item", "\\- item"), ("+ item", "\\+ item"), ("> quote", "\\> quote"),
    ("1. one", "1\\. one"), ("12) twelve", "12\\) twelve"), ("v1. two", "v1. two"),
    ("~~gone~~", "\\~\\~gone\\~\\~"), ("&amp;", "\\&amp;"), ("R & D", "R & D"),
    ("&#35;", "\\&#35;"), ("bell\u{7}\u{1b}[31m", "bell  \\[31m"), ("tab\tand\u{9b}", "tab and "),
    ("", ""), ("日本_語", "日本_語"), ("=", "\\="),
  ])
  func `Nothing in a subject is markup`(text: String, escaped: String) {
    #expect(MarkdownText.escaped(text) == escaped)
  }
}
