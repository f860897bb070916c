import Git
import Testing

/// Cases of git's own t3070-wildmatch.sh: whether it matches with `pathname`, with `pathname` and
/// any case, without `pathname`, and without it in any case.
private let cases: [(String, String, String)] = [
  ("1111", "foo", "foo"), ("0000", "foo", "bar"), ("1111", "", ""), ("1111", "foo", "???"),
  ("0000", "foo", "??"), ("1111", "foo", "*"), ("1111", "foo", "f*"), ("0000", "foo", "*f"),
  ("1111", "foo", "*foo*"), ("1111", "foobar", "*ob*a*r*"), ("1111", "aaaaaaabababab", "*ab"),
  ("1111", "foo*", "foo\\*"), ("0000", "foobar", "foo\\*bar"), ("1111", "f\\oo", "f\\\\oo"),
  ("1111", "ball", "*[al]?"), ("0000", "ten", "[ten]"), ("1111", "ten", "**[!te]"),
  ("0000", "ten", "**[!ten]"), ("1111", "ten", "t[a-g]n"), ("0000", "ten", "t[!a-g]n"),
  ("1111", "ton", "t[!a-g]n"), ("1111", "ton", "t[^a-g]n"), ("1111", "a]b", "a[]]b"),
  ("1111", "a-b", "a[]-]b"), ("1111", "a]b", "a[]-]b"), ("0000", "aab", "a[]-]b"),
  ("1111", "aab", "a[]a-]b"), ("1111", "]", "]"),
  // Slashes.
  ("0011", "foo/baz/bar", "foo*bar"), ("0011", "foo/baz/bar", "foo**bar"),
  ("1111", "foobazbar", "foo**bar"), ("1111", "foo/baz/bar", "foo/**/bar"),
  ("1100", "foo/bar", "foo/**/bar"), ("1100", "foo/baz/bar", "foo/**/**/bar"),
  ("1111", "foo/b/a/z/bar", "foo/**/bar"), ("1111", "foo/b/a/z/bar", "foo/**/**/bar"),
  ("1100", "foo/bar", "foo/**/**/bar"), ("0011", "foo/bar", "foo?bar"),
  ("0011", "foo/bar", "foo[/]bar"), ("0011", "foo/bar", "foo[^a-z]bar"),
  ("0011", "foo/bar", "f[^eiu][^eiu][^eiu][^eiu][^eiu]r"),
  ("1111", "foo-bar", "f[^eiu][^eiu][^eiu][^eiu][^eiu]r"), ("1100", "foo", "**/foo"),
  ("1111", "XXX/foo", "**/foo"), ("1111", "bar/baz/foo", "**/foo"),
  ("0011", "bar/baz/foo", "*/foo"), ("0011", "foo/bar/baz", "**/bar*"),
  ("1111", "deep/foo/bar/baz", "**/bar/*"), ("0011", "deep/foo/bar/baz/", "**/bar/*"),
  ("1111", "deep/foo/bar/baz/", "**/bar/**"), ("0000", "deep/foo/bar", "**/bar/*"),
  ("1111", "deep/foo/bar/", "**/bar/**"), ("0011", "foo/bar/baz", "**/bar**"),
  ("1111", "foo/bar/baz/x", "*/bar/**"), ("0011", "deep/foo/bar/baz/x", "*/bar/**"),
  ("1111", "deep/foo/bar/baz/x", "**/bar/*/*"),
  // Various.
  ("0000", "acrt", "a[c-c]st"), ("1111", "acrt", "a[c-c]rt"), ("0000", "]", "[!]-]"),
  ("1111", "a", "[!]-]"), ("0000", "", "\\"), ("0000", "XXX/\\", "*/\\"),
  ("1111", "XXX/\\", "*/\\\\"), ("1111", "@foo", "@foo"), ("0000", "foo", "@foo"),
  ("1111", "[ab]", "\\[ab]"), ("1111", "[ab]", "[[]ab]"), ("1111", "[ab]", "[[:]ab]"),
  ("0000", "[ab]", "[[::]ab]"), ("1111", "[ab]", "[[:digit]ab]"), ("1111", "[ab]", "[\\[:]ab]"),
  ("1111", "?a?b", "\\??\\?b"), ("1111", "abc", "\\a\\b\\c"), ("1111", "foo/bar/baz/to", "**/t[o]"),
  // Classes.
  ("1111", "a1B", "[[:alpha:]][[:digit:]][[:upper:]]"),
  ("0101", "a", "[[:digit:][:upper:][:space:]]"),
  ("1111", "A", "[[:digit:][:upper:][:space:]]"), ("1111", "1", "[[:digit:][:upper:][:space:]]"),
  ("0000", "1", "[[:digit:][:upper:][:spaci:]]"), ("1111", " ", "[[:digit:][:upper:][:space:]]"),
  ("0000", ".", "[[:digit:][:upper:][:space:]]"), ("1111", ".", "[[:digit:][:punct:][:space:]]"),
  ("1111", "5", "[[:xdigit:]]"), ("1111", "f", "[[:xdigit:]]"), ("1111", "D", "[[:xdigit:]]"),
  (
    "1111", "_",
    "[[:alnum:][:alpha:][:blank:][:cntrl:][:digit:][:graph:][:lower:][:print:]"
      + "[:punct:][:space:][:upper:][:xdigit:]]"
  ),
  (
    "1111", ".",
    "[^[:alnum:][:alpha:][:blank:][:cntrl:][:digit:][:lower:][:space:][:upper:][:xdigit:]]"
  ),
  ("1111", "5", "[a-c[:digit:]x-z]"), ("1111", "b", "[a-c[:digit:]x-z]"),
  ("1111", "y", "[a-c[:digit:]x-z]"), ("0000", "q", "[a-c[:digit:]x-z]"),
  // Malformed and odd sets.
  ("1111", "]", "[\\\\-^]"), ("0000", "[", "[\\\\-^]"), ("1111", "-", "[\\-_]"),
  ("1111", "]", "[\\]]"), ("0000", "\\]", "[\\]]"), ("0000", "\\", "[\\]]"),
  ("0000", "ab", "a[]b"), ("0000", "a[]b", "a[]b"), ("0000", "ab[", "ab["), ("0000", "ab", "[!"),
  ("0000", "ab", "[-"), ("1111", "-", "[-]"), ("0000", "-", "[a-"), ("0000", "-", "[!a-"),
  ("1111", "-", "[--A]"), ("1111", "5", "[--A]"), ("1111", " ", "[ --]"), ("1111", "$", "[ --]"),
  ("1111", "-", "[ --]"), ("0000", "0", "[ --]"), ("1111", "-", "[---]"), ("1111", "-", "[------]"),
  ("0000", "j", "[a-e-n]"), ("1111", "-", "[a-e-n]"), ("1111", "a", "[!------]"),
  ("0000", "[", "[]-a]"), ("1111", "^", "[]-a]"), ("0000", "^", "[!]-a]"), ("1111", "[", "[!]-a]"),
  ("1111", "^", "[a^bc]"), ("1111", "-b]", "[a-]b]"), ("0000", "\\", "[\\]"),
  ("1111", "\\", "[\\\\]"),
  ("0000", "\\", "[!\\\\]"), ("1111", "G", "[A-\\\\]"), ("0000", "aaabbb", "b*a"),
  ("0000", "aabcaa", "*ba*"), ("1111", ",", "[,]"), ("1111", ",", "[\\\\,]"),
  ("1111", "\\", "[\\\\,]"),
  ("1111", "-", "[,-.]"), ("0000", "+", "[,-.]"), ("0000", "-.]", "[,-.]"),
  ("1111", "2", "[\\1-\\3]"), ("1111", "3", "[\\1-\\3]"), ("0000", "4", "[\\1-\\3]"),
  ("1111", "\\", "[[-\\]]"), ("1111", "[", "[[-\\]]"), ("1111", "]", "[[-\\]]"),
  ("0000", "-", "[[-\\]]"),
  // Recursion.
  (
    "1111", "-adobe-courier-bold-o-normal--12-120-75-75-m-70-iso8859-1",
    "-*-*-*-*-*-*-12-*-*-*-m-*-*-*"
  ),
  (
    "0000", "-adobe-courier-bold-o-normal--12-120-75-75-X-70-iso8859-1",
    "-*-*-*-*-*-*-12-*-*-*-m-*-*-*"
  ),
  (
    "1111", "XXX/adobe/courier/bold/o/normal//12/120/75/75/m/70/iso8859/1",
    "XXX/*/*/*/*/*/*/12/*/*/*/m/*/*/*"
  ),
  (
    "0000", "XXX/adobe/courier/bold/o/normal//12/120/75/75/X/70/iso8859/1",
    "XXX/*/*/*/*/*/*/12/*/*/*/m/*/*/*"
  ),
  ("1111", "abcd/abcdefg/abcdefghijk/abcdefghijklmnop.txt", "**/*a*b*g*n*t"),
  ("0000", "abcd/abcdefg/abcdefghijk/abcdefghijklmnop.txtz", "**/*a*b*g*n*t"),
  ("0000", "foo", "*/*/*"), ("0000", "foo/bar", "*/*/*"), ("1111", "foo/bba/arr", "*/*/*"),
  ("0011", "foo/bb/aa/rr", "*/*/*"), ("1111", "foo/bb/aa/rr", "**/**/**"),
  ("1111", "abcXdefXghi", "*X*i"), ("0011", "ab/cXd/efXg/hi", "*X*i"),
  ("1111", "ab/cXd/efXg/hi", "*/*X*/*/*i"), ("1111", "ab/cXd/efXg/hi", "**/*X*/**/*i"),
  ("0000", "foo", "fo"), ("1111", "foo/bar", "foo/bar"), ("1111", "foo/bar", "foo/*"),
  ("0011", "foo/bba/arr", "foo/*"), ("1111", "foo/bba/arr", "foo/**"),
  ("0011", "foo/bba/arr", "foo*"),
  ("0011", "foo/bba/arr", "foo**"), ("0011", "foo/bba/arr", "foo/*arr"),
  ("0011", "foo/bba/arr", "foo/**arr"),
  ("0000", "foo/bba/arr", "foo/*z"), ("0000", "foo/bba/arr", "foo/**z"),
  // Case.
  ("0101", "a", "[A-Z]"), ("1111", "A", "[A-Z]"), ("0101", "A", "[a-z]"), ("1111", "a", "[a-z]"),
  ("0101", "a", "[[:upper:]]"), ("1111", "A", "[[:upper:]]"), ("0101", "A", "[[:lower:]]"),
  ("1111", "a", "[[:lower:]]"), ("0101", "A", "[B-Za]"), ("1111", "a", "[B-Za]"),
  ("0101", "A", "[B-a]"), ("1111", "a", "[B-a]"), ("0101", "z", "[Z-y]"), ("1111", "Z", "[Z-y]"),
]

@Suite struct WildmatchTests {
  @Test(arguments: cases)
  func `patterns match as in git`(expected: String, text: String, pattern: String) {
    let answers = [
      Wildmatch.matches(pattern, text),
      Wildmatch.matches(pattern, text, ignoringCase: true),
      Wildmatch.matches(pattern, text, pathname: false),
      Wildmatch.matches(pattern, text, pathname: false, ignoringCase: true),
    ]
    #expect(answers.map { $0 ? "1" : "0" }.joined() == expected)
  }

  @Test func `a pattern made to take forever does not`() {
    let pattern = String(repeating: "*a", count: 30)
    #expect(!Wildmatch.matches(pattern + "b", String(repeating: "a", count: 60)))
  }

  @Test func `bytes that are no text are compared too`() {
    #expect(Wildmatch.matches([0x2a, 0xff], [0xfe, 0xff]))
    #expect(!Wildmatch.matches([0x3f], [0xc3, 0xa9]))
  }
}
