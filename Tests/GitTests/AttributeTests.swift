import Foundation
import Git
import TestSupport
import Testing

private let names = [
  "text", "eol", "export-ignore", "export-subst", "binary", "filter", "diff", "custom",
]

extension AttributeValue {
  /// As `git check-attr` writes it.
  fileprivate var word: String {
    switch self {
    case .unspecified: "unspecified"
    case .set: "set"
    case .unset: "unset"
    case .value(let text): text
    }
  }
}

/// What `git check-attr` says, as `path: name: value` each.
private func checked(
  _ fixture: GitFixture, _ paths: [String], cached: Bool, environment: [String: String] = [:]
) throws -> [String] {
  let output = try fixture.git(
    ["check-attr", "-z", "--stdin"] + (cached ? ["--cached"] : []) + names,
    environment: environment, input: paths.map { $0 + "\0" }.joined())
  let fields = output.split(separator: "\0", omittingEmptySubsequences: false)
  return stride(from: 0, to: fields.count - 1, by: 3).map {
    "\(fields[$0]): \(fields[$0 + 1]): \(fields[$0 + 2])"
  }
}

private func ours(_ reader: AttributeReader, _ paths: [String]) throws -> [String] {
  try paths.flatMap { path in
    try zip(names, reader.values(names, for: Array(path.utf8))).map { "\(path): \($0): \($1.word)" }
  }
}

private func expectAgreement(
  _ fixture: GitFixture, _ paths: [String], environment: [String: String] = [:],
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let repository = try fixture.open(environment: environment)
  let cached = try checked(fixture, paths, cached: true, environment: environment)
  let index = try AttributeReader(repository.location, source: .index)
  #expect(try ours(index, paths) == cached, sourceLocation: sourceLocation)
  let tree = try #require(ObjectID(hex: fixture.git("write-tree")))
  let reader = try AttributeReader(repository.location, source: .tree(tree))
  #expect(try ours(reader, paths) == cached, sourceLocation: sourceLocation)
  let entries = try repository.entries(ofTree: tree)
  let known = try AttributeReader(repository.location, entries: entries)
  #expect(try ours(known, paths) == cached, sourceLocation: sourceLocation)
  let workTree = try AttributeReader(repository.location, source: .workTree)
  #expect(
    try ours(workTree, paths) == checked(fixture, paths, cached: false, environment: environment),
    sourceLocation: sourceLocation)
}

@Suite struct AttributeTests {
  private let paths = [
    "a.txt", "b.bin", "dir", "dir/", "dir/a.txt", "dir/sub/a.txt", "dir/sub/", "top.sh", "quo ted",
    "x/y/z/deep.md", "vendor/", "vendor/lib", "é.txt", "UPPER.TXT", "-dash", "build/", "build",
    "sub/build/", "docs/a.md", "docs/b/c.md", ".gitattributes", "a]b", "weird\\name",
  ]

  @Test func `every rule of git's is obeyed`() throws {
    let fixture = try GitFixture()
    try fixture.write(
      ".gitattributes",
      """
      \u{feff}# a comment
        *.txt text eol=lf custom=a=b
      *.bin binary
      [attr]mine custom=macro -diff filter=lfs
      [attr]theirs mine export-subst
      *.sh theirs
      dir/ export-ignore
      /vendor export-ignore
      build/ export-ignore
      "quo ted" custom=quoted
      "\\303\\251.txt" custom=accent
      !negative custom
      x/**/deep.md text=auto
      **/c.md -text
      docs/*.md !text custom=
      -dash custom
      a[]]b custom=class
      weird\\\\name custom=escaped
      bad -=x text
      UPPER.txt custom=case
      top.sh -mine
      """)
    try fixture.write(
      "dir/.gitattributes", "*.txt -text custom=inner\r\n[attr]no custom\n/sub/a.txt eol=crlf\n")
    try fixture.write("dir/sub/.gitattributes", "a.txt !eol custom\n")
    for path in paths
    where !path.hasSuffix("/") && !["dir", "build"].contains(path) && !path.hasPrefix(".") {
      try fixture.write(path == "vendor/lib" ? path : path, "x")
    }
    try fixture.git("add", ".")
    try expectAgreement(fixture, paths)
    try expectAgreement(
      fixture, paths, environment: ["GIT_CONFIG_PARAMETERS": "'core.ignoreCase'='true'"])
  }

  @Test func `files outside of the tree apply, with their precedence`() throws {
    let fixture = try GitFixture()
    try fixture.write("a.txt", "x")
    try fixture.write("dir/a.txt", "x")
    try fixture.git("add", ".")
    let repository = try fixture.open()
    let tree = try #require(ObjectID(hex: fixture.git("write-tree")))
    #expect(try AttributeReader(repository.location, source: .tree(tree)).isEmpty)
    #expect(try AttributeReader(repository.location, source: .index).isEmpty)

    try fixture.write(
      "../home/.config/git/attributes", "*.txt text custom=user eol=lf\n[attr]m custom=u\n*.sh m\n")
    try expectAgreement(fixture, paths)
    #expect(try !AttributeReader(repository.location, source: .tree(tree)).isEmpty)
    try fixture.write(".gitattributes", "*.txt custom=tree\n[attr]m custom=t\n")
    try fixture.git("add", ".")
    try expectAgreement(fixture, paths)
    try fixture.write(".git/info/attributes", "dir/*.txt custom=info -eol\n")
    try expectAgreement(fixture, paths)
    try fixture.write("../mine", "*.txt filter=mine\n")
    try fixture.git("config", "core.attributesFile", "\(fixture.base)/mine")
    try expectAgreement(fixture, paths)
  }

  @Test func `the work tree's files come before the index's`() throws {
    let fixture = try GitFixture()
    try fixture.write(".gitattributes", "*.txt custom=committed\n")
    try fixture.write("dir/.gitattributes", "*.txt text\n")
    try fixture.write("dir/a.txt", "x")
    try fixture.commit()
    try fixture.write(".gitattributes", "*.txt custom=edited\n")
    try fixture.remove("dir/.gitattributes")
    try fixture.write("new/.gitattributes", "*.txt -text\n")
    try expectAgreement(fixture, ["a.txt", "dir/a.txt", "new/a.txt"])
    // A link is not followed, and what is no file counts as none.
    try fixture.remove(".gitattributes")
    try fixture.link(".gitattributes", to: "new/.gitattributes")
    try expectAgreement(fixture, ["a.txt", "dir/a.txt", "new/a.txt"])
  }

  @Test func `export-ignore takes out what git archive leaves out`() throws {
    let fixture = try GitFixture()
    try fixture.write(
      ".gitattributes",
      ["dir/", "keep.d/*", "*.log", "nested/**/tmp/", "some"]
        .map { "\($0) export-ignore\n" }.joined()
    )
    for file in [
      "dir/file", "keep.d/a/b", "keep.d/c", "x.log", "nested/a/b/tmp/file", "nested/tmp/file",
      "nested/tmpfile", "deep/dir/file", "some/file", "deep/some", "kept/x",
    ] { try fixture.write(file, "x") }
    try fixture.commit()
    let repository = try fixture.open()
    let tree = try fixture.id("HEAD^{tree}")
    let reader = try AttributeReader(repository.location, source: .tree(tree))
    let kept = try repository.entries(ofTree: tree).filter { entry in
      var parts: [UInt8] = []
      for byte in entry.path {
        parts.append(byte)
        if byte == UInt8(ascii: "/"), try reader.values(["export-ignore"], for: parts) == [.set] {
          return false
        }
      }
      return try reader.values(["export-ignore"], for: entry.path) != [.set]
    }
    try fixture.git("archive", "--format=tar", "--output=../archive.tar", "HEAD")
    let archived = try run(["tar", "tf", "\(fixture.base)/archive.tar"]).output
      .split(separator: "\n").map(String.init).filter { !$0.hasSuffix("/") }
    #expect(text(kept.map(\.path)) == archived)
  }

  @Test func `random patterns match as in git check-attr`() throws {
    let fixture = try GitFixture()
    var random = Random(seed: 42)
    let paths = (0..<120).map { _ in random.path() }
    for _ in 0..<6 {
      var lines = ""
      for number in 0..<60 { lines += "\(random.pattern()) custom=v\(number)\n" }
      try fixture.write(".gitattributes", lines)
      try fixture.write("a/.gitattributes", "\(random.pattern()) custom=inner\n")
      try fixture.git("add", ".")
      try expectAgreement(fixture, paths)
    }
  }
}

/// Patterns and paths over a few letters, so that they often match. Always the same.
struct Random {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func below(_ limit: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(limit))
  }

  mutating func path() -> String {
    var parts: [String] = []
    for _ in 0...below(3) {
      parts.append((0...below(3)).map { _ in ["a", "b", "c", ".", "B"][below(5)] }.joined())
    }
    let path = parts.map { $0.allSatisfy { $0 == "." } ? "a" : $0 }.joined(separator: "/")
    return below(4) == 0 ? path + "/" : path
  }

  mutating func pattern() -> String {
    let words = [
      "a", "b", "c", ".", "*", "?", "**", "/", "/", "**/", "/**", "[ab]", "[!a]", "\\a", "B",
      "[[:upper:]]",
    ]
    var pattern = (0...below(5)).map { _ in words[below(words.count)] }.joined()
    if below(5) == 0 { pattern = "/" + pattern }
    if below(5) == 0 { pattern += "/" }
    return pattern
  }
}
