import Git
import Testing

@testable import Deployment

@Suite("Releases: numbers") struct ReleaseNumberTests {
  @Test(
    arguments: [
      ("v1.4.0", "v", 1, 4, 0, nil), ("1.4.0", "", 1, 4, 0, nil),
      ("release-10.0.3", "release-", 10, 0, 3, nil), ("shop/v0.1.2", "shop/v", 0, 1, 2, nil),
      ("app2-v1.0.0", "app2-v", 1, 0, 0, nil), ("v2.0.0-rc.1", "v", 2, 0, 0, "rc.1"),
      ("v2.0.0-rc-1+build.05", "v", 2, 0, 0, "rc-1"), ("v1.0.0+7", "v", 1, 0, 0, nil),
      ("2026-v1.0.0", "2026-v", 1, 0, 0, nil),
    ] as [(String, String, Int, Int, Int, String?)])
  func `A number is found behind its prefix`(
    name: String, prefix: String, major: Int, minor: Int, patch: Int, prerelease: String?
  ) {
    #expect(
      ReleaseNumber(name)
        == ReleaseNumber(
          prefix: prefix, major: major, minor: minor, patch: patch, prerelease: prerelease))
  }

  @Test(arguments: [
    "", "v", "nightly", "v1.4", "v1.4.0.1", "1.2.3.4", "v01.4.0", "2026.01.15", "v1.4.x",
    "v1.4.0-", "v1.4.0-rc..1", "v1.4.0-01", "v1.4.0+", "v1.4.0_1", "v1.4.0 ",
    "v9999999999.0.0", "v1.2.99999999999999999999",
  ])
  func `What is no semantic version is no number`(name: String) {
    #expect(ReleaseNumber(name) == nil)
  }

  @Test(arguments: [
    ("v1.4.7", "v1.4.8", "v1.5.0", "v2.0.0"), ("0.3.1", "0.3.2", "0.4.0", "0.4.0"),
    ("v2.0.0-rc.1", "v2.0.0", "v2.0.0", "v2.0.0"), ("v2.1.0-rc.1", "v2.1.0", "v2.1.0", "v3.0.0"),
    ("v2.1.1-rc.1", "v2.1.1", "v2.2.0", "v3.0.0"), ("v1.0.0+7", "v1.0.1", "v1.1.0", "v2.0.0"),
    ("v999999999.0.0", "v999999999.0.1", "v999999999.1.0", "v1000000000.0.0"),
  ])
  func `The next number is counted up by the gravest change`(
    last: String, patch: String, minor: String, major: String
  ) throws {
    let number = try #require(ReleaseNumber(last))
    #expect(number.next(.patch).description == patch)
    #expect(number.next(.minor).description == minor)
    #expect(number.next(.major).description == major)
  }

  @Test(
    arguments: [
      ([], .patch), (["Fix the login"], .patch), (["fix: the login", "docs: say so"], .patch),
      (["feat: carts"], .minor), (["fix: a", "feat(cart): b", "chore: c"], .minor),
      (["feat!: carts"], .major), (["refactor(api)!: rename"], .major),
      (["fix: a\n\nBREAKING CHANGE: b is gone"], .major),
      (["Change it\n\nBody.\n\nBREAKING-CHANGE: b is gone"], .major),
      (["fix: a\n\nThis is no BREAKING CHANGE: really"], .patch),
      (["BREAKING CHANGE: in a subject"], .patch), (["feature: carts"], .patch),
      (["feat:carts"], .patch), (["feat (cart): b"], .patch), (["FEAT: carts"], .minor),
      (["net!: another project's way"], .patch), (["feat(): empty"], .patch),
    ] as [([String], ReleaseNumber.Step)])
  func `What commits come to is read from their messages`(
    messages: [String], step: ReleaseNumber.Step
  ) {
    #expect(ReleaseNumber.step(for: messages.map { commit($0) }) == step)
  }
}

/// A commit that is only its message.
func commit(_ message: String, number: Int = 1) -> Commit {
  let nobody = Signature(name: "", email: "", time: 0, offsetMinutes: 0)
  let id = ObjectID(bytes: (0..<20).map { $0 == 0 ? UInt8(truncatingIfNeeded: number) : 0 })
  return Commit(
    id: id ?? .emptyBlob, tree: .emptyTree, parents: [], author: nobody, committer: nobody,
    message: message)
}
