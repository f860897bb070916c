import Foundation
import TestSupport
import Testing

@Suite("bundle.root") struct BundleRootTests {
  private static let allowed = ["GIT_ALLOW_PROTOCOL": "file"]

  private func repository() throws -> Workplace {
    let place = try Workplace()
    let repository = place.repository
    try repository.write("services/web/a/f.txt", "f\n")
    try repository.write("services/web/run.sh", "#!/bin/sh\n", executable: true)
    try repository.write("services/web/.gitattributes", "dropped export-ignore\nversion ident\n")
    try repository.write("services/web/dropped", "dropped\n")
    try repository.write("services/web/version", "$Id$\n")
    try repository.link("services/web/link", to: "a/f.txt")
    try repository.write("services/web-other/x", "not of the root\n")
    try repository.write("services/web.txt", "nor this\n")
    try repository.write("top.txt", "top\n")
    try repository.commit("Services")
    return place
  }

  @Test(arguments: ["services/web", "services/web/", "./services/web", ".//services/./web//"])
  func `The bundle is what git archive makes in that directory`(_ root: String) throws {
    let place = try repository()
    let variables = ["GIT_EB_BUNDLE_ROOT": root]
    let directory = "\(place.path)/services/web"
    try place.expectSameArchive(in: directory, with: variables)
    try place.expectSameArchive(
      ["HEAD", "--", "a", "run.sh"], in: directory, with: variables)
    try place.expectSameArchive(["--prefix=p/", "HEAD"], in: directory, with: variables)
    let expected = try place.bytes("git", "eb", "archive", in: directory, with: variables)
    #expect(try place.bytes("git", "eb", "archive", with: variables) == expected)
    let names = try place.bundledNames(with: variables)
    for word in ["--staged", "--worktree"] {
      #expect(try place.bundledNames(word, with: variables) == names)
    }
  }

  @Test func `The attributes of the directories above hold too`() throws {
    let place = try repository()
    try place.repository.write(
      ".gitattributes",
      """
      services/web/a export-ignore
      *.txt eol=crlf
      services/web/version export-subst
      *.up filter=up

      """)
    try place.repository.write("services/web/version", "$Format:%H$\n")
    try place.repository.write("services/web/b.up", "up\n")
    try place.repository.write("services/web/c.txt", "one\ntwo\n")
    let commit = try place.repository.commit("Attributes")
    try place.repository.git("config", "eb.bundle.root", "services/web")
    try place.repository.git("config", "filter.up.smudge", "echo %f; tr a-z A-Z")
    #expect(
      try place.bundledNames() == [
        ".gitattributes", "b.up", "c.txt", "link", "run.sh", "version",
      ])
    #expect(try place.bundled("version") == commit + "\n")
    // Filters are told the path in the repository, as everywhere.
    #expect(try place.bundled("b.up") == "services/web/b.up\nUP\n")
    #expect(try place.bundled("b.up", "--staged") == "services/web/b.up\nUP\n")
    #expect(try place.bundled("c.txt") == "one\r\ntwo\r\n")
  }

  @Test func `A root that is not there, or is no directory within, is refused`() throws {
    let place = try Workplace.plain()
    try place.repository.write("file", "x\n")
    try place.repository.write("docs/only.md", "x\n")
    try place.repository.write(".gitattributes", "docs export-ignore\n")
    try place.repository.commit()
    for root in ["nowhere", "file", "docs"] {
      try place.expectRefusal(
        because: ["error: the source has no files in '\(root)', the bundle's root\n"],
        with: ["GIT_EB_BUNDLE_ROOT": root])
    }
    try place.expectRefusal(
      because: ["'../out' for 'bundle.root': must not contain '..'"],
      with: ["GIT_EB_BUNDLE_ROOT": "../out"])
    try place.expectRefusal(
      because: ["'/file' for 'bundle.root': "], with: ["GIT_EB_BUNDLE_ROOT": "/file"])
    let whole = try place.bundledNames()
    #expect(try place.bundledNames(with: ["GIT_EB_BUNDLE_ROOT": "."]) == whole)
  }

  @Test func `The root may be a submodule, lie in one, or have one`() throws {
    let (place, inner) = try (repository(), Workplace())
    defer { withExtendedLifetime(inner) {} }
    try inner.repository.write("deep/in.txt", "in\n")
    try inner.repository.write("top-of-inner.txt", "x\n")
    try inner.repository.commit()
    try place.repository.git(
      ["submodule", "--quiet", "add", inner.path, "services/web/sub"], environment: Self.allowed)
    try place.repository.commit("Submodule")
    for word in ["HEAD", "--staged", "--worktree"] {
      let names = try place.bundledNames(word, with: ["GIT_EB_BUNDLE_ROOT": "services/web"])
      #expect(names.contains("sub/deep/in.txt"))
      #expect(
        try place.bundledNames(word, with: ["GIT_EB_BUNDLE_ROOT": "services/web/sub"]) == [
          "deep/in.txt", "top-of-inner.txt",
        ])
      #expect(
        try place.bundledNames(word, with: ["GIT_EB_BUNDLE_ROOT": "services/web/sub/deep"]) == [
          "in.txt"
        ])
      // Those beside the root are not asked for.
      #expect(
        try place.bundledNames(word, with: ["GIT_EB_BUNDLE_ROOT": "services/web-other"]) == ["x"])
    }
  }

  @Test func `A submodule beside the root need not be initialised`() throws {
    let (place, inner) = try (repository(), Workplace())
    try inner.repository.commit()
    try place.repository.git(
      ["submodule", "--quiet", "add", inner.path, "services/other"], environment: Self.allowed)
    try place.repository.commit("Submodule")
    let clone = "\(place.base)/clone"
    try place.repository.git("clone", "--quiet", place.path, clone)
    let web = ["GIT_EB_BUNDLE_ROOT": "services/web"]
    #expect(try place.bundledNames(in: clone, with: web).contains("a/f.txt"))
    let all = try place.eb(
      "archive", "--list", in: clone, with: ["GIT_EB_BUNDLE_ROOT": "services"])
    #expect(all.error.contains("submodule 'services/other' is not initialised"))
  }

  @Test func `The local host runs what is below the root, with the secrets of there`() throws {
    let place = try Workplace.shop(
      configuration: Shop.configuration.replacing(
        "  - .secrets/\n",
        with: "  - services/web/.secrets/\n  - {from: ~/other, to: conf/other}\n")
        + "bundle: {root: services/web}\n")
    try Data("other".utf8).write(to: URL(filePath: "\(place.repository.home)/other"))
    try FileManager.default.createDirectory(
      atPath: "\(place.path)/services/web", withIntermediateDirectories: true)
    try place.repository.git("mv", "app.py", "Procfile", "greeting.txt", "services/web/")
    try FileManager.default.moveItem(
      atPath: "\(place.path)/.secrets", toPath: "\(place.path)/services/web/.secrets")
    let commit = try place.repository.commit("Move")
    let push = try place.eb("push")
    #expect(push.status == 0, "\(push)")
    #expect(try place.page("production") == Shop.page(commit))
    #expect(
      try place.bundledNames() == [
        ".secrets/key", "Procfile", "app.py", "conf/other", "greeting.txt",
      ])
  }
}
