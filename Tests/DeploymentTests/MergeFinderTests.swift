import Foundation
import Git
import TestSupport
import Testing

@testable import Deployment

@Suite("Whether a branch is merged") struct MergeFinderTests {
  private let fixture: GitFixture

  init() throws {
    fixture = try GitFixture()
    try fixture.write("list", (1...20).map { "line \($0)\n" }.joined())
    try fixture.commit("Begin")
  }

  private func write(_ file: String, _ text: String, _ message: String = "Change") throws {
    try fixture.write(file, text)
    try fixture.commit(message)
  }

  private func branch(_ name: String = "feature") throws {
    try fixture.git("switch", "--quiet", "--create", name)
  }

  private func master() throws { try fixture.git("switch", "--quiet", "master") }

  private func find(
    _ branch: String = "feature", mayBeNew: Bool = false
  ) async throws -> BranchState.Merge? {
    let repository = try Repository.discover(
      startingAt: fixture.path, environment: fixture.environment)
    let tip = try #require(ObjectID(hex: try fixture.git("rev-parse", branch)))
    let base = try #require(ObjectID(hex: try fixture.git("rev-parse", "master")))
    return try await MergeFinder(repository.location)
      .merge(of: tip, into: base, mayBeNew: mayBeNew)
  }

  /// Two commits on a branch of their own, and one beside them.
  private func feature() throws {
    try branch()
    try write("login", "form\n", "Add a form")
    try write("list", (1...20).map { $0 == 3 ? "three\n" : "line \($0)\n" }.joined(), "Change 3")
    try master()
    try write("other", "other\n", "Go on")
  }

  @Test func `One that is not merged is not`() async throws {
    try feature()
    #expect(try await find() == nil)
  }

  @Test func `A merge commit is enough by itself`() async throws {
    try feature()
    try fixture.git("merge", "--quiet", "--no-ff", "--no-edit", "feature")
    #expect(try await find(mayBeNew: true) == .merged)
    try write("later", "later\n")
    #expect(try await find(mayBeNew: true) == .merged)
  }

  @Test
  func `A fast-forward looks like a branch without commits, unless it is known to have had some`()
    async throws
  {
    try branch()
    #expect(try await find(mayBeNew: true) == nil)
    try write("login", "form\n")
    try master()
    try fixture.git("merge", "--quiet", "--ff-only", "feature")
    #expect(try await find(mayBeNew: true) == nil)
    #expect(try await find() == .merged)
    try write("later", "later\n")
    #expect(try await find(mayBeNew: true) == nil)
    #expect(try await find() == .merged)
  }

  @Test func `One commit in place of all is found, also when the base went on`() async throws {
    try feature()
    try fixture.git("merge", "--quiet", "--squash", "feature")
    try fixture.commit("Log in (#4)")
    #expect(try await find() == .squashed)
    // What the branch changed is otherwise by now.
    try write("login", "form with a name\n", "Go on")
    #expect(try await find() == .squashed)
    // And somebody goes on with the branch.
    try fixture.git("switch", "--quiet", "feature")
    try write("login", "form in two steps\n")
    #expect(try await find() == nil)
  }

  @Test func `Commits that were rebased are found one by one`() async throws {
    try feature()
    try fixture.git("cherry-pick", "master..feature")
    try write("login", "form with a name\n", "Go on")
    #expect(try await find() == .rebased)
  }

  @Test func `A branch that the base was merged into is compared by what is its own`()
    async throws
  {
    try feature()
    try fixture.git("switch", "--quiet", "feature")
    try fixture.git("merge", "--quiet", "--no-edit", "master")
    try write("login", "form 2\n")
    try master()
    #expect(try await find() == nil)
    try fixture.git("merge", "--quiet", "--squash", "feature")
    try fixture.commit("Log in (#4)")
    try write("login", "form 3\n")
    #expect(try await find() == .squashed)
  }

  @Test func `What changes nothing, and what has no patch, is not taken for merged`() async throws {
    try branch()
    try fixture.commit("Build again")
    try master()
    try write("other", "other\n")
    #expect(try await find() == nil)

    // Two pictures of the same name have the same patch in text.
    try branch("picture")
    try fixture.write("logo", Data([0, 1, 2, 3]))
    try fixture.commit("Draw")
    try master()
    try fixture.write("logo", Data([0, 9, 9, 9]))
    try fixture.commit("Draw otherwise")
    #expect(try await find("picture") == nil)
    try fixture.write("logo", Data([0, 1, 2, 3]))
    try fixture.commit("Take theirs")
    #expect(try await find("picture") == .contained)

    try branch("mode")
    try fixture.write("other", "other\n", executable: true)
    try fixture.commit("Make it a program")
    try master()
    #expect(try await find("mode") == nil)
  }

  @Test func `Names and settings of the user change nothing`() async throws {
    try fixture.git("config", "diff.noprefix", "true")
    try fixture.git("config", "diff.context", "0")
    try fixture.git("config", "color.ui", "always")
    try branch()
    try write("a b/*.[ch] 한글", "x\n")
    try master()
    try fixture.git("merge", "--quiet", "--squash", "feature")
    try fixture.commit("Squash")
    try write("a b/*.[ch] 한글", "y\n")
    #expect(try await find() == .squashed)
  }

  @Test func `Histories that have nothing in common are not merged`() async throws {
    try fixture.git("switch", "--quiet", "--orphan", "feature")
    try write("x", "x\n")
    #expect(try await find() == nil)
  }
}
