package import Git

/// Finds whether a branch has come into another, however that was done. git itself compares: it
/// knows what the same change is.
package struct MergeFinder: Sendable {
  /// How many commits of the base are compared at most.
  private static let limit = 5000

  private let location: Location
  private let git: GitProgram

  package init(_ location: Location, isInterrupted: @escaping @Sendable () -> Bool = { false }) {
    self.location = location
    git = GitProgram(location, isInterrupted: isInterrupted)
  }

  /// How `tip` came into `base`; `nil` when it did not, or this clone cannot tell. Both commits have
  /// to be here.
  ///
  /// - Parameter mayBeNew: whether the branch may never have had a commit that the base had not. One
  ///   that was just made looks as one that was merged by fast-forward, and is taken for the former.
  package func merge(
    of tip: ObjectID, into base: ObjectID, mayBeNew: Bool
  ) async throws -> BranchState.Merge? {
    guard let start = try await mergeBase(base, tip) else { return nil }
    if start == tip {
      if mayBeNew, try await isOnFirstLine(tip, of: base) { return nil }
      return .merged
    }
    let changes = try await changes(from: start, to: tip)
    // Of commits that change nothing in the end nobody can tell where they are.
    if changes.isEmpty { return nil }
    if try await isSquashed(changes, from: start, to: tip, into: base) { return .squashed }
    if try await isRebased(tip, onto: base) { return .rebased }
    return try await areInBase(changes, tip: tip, base: base) ? .contained : nil
  }

  private func ask(_ arguments: [String], input: [UInt8] = []) async throws -> [UInt8] {
    try await git.run("compare a branch with its base", arguments, input: input)
  }

  private func lines(_ arguments: [String]) async throws -> [Substring] {
    String(decoding: try await ask(arguments), as: UTF8.self)
      .split(separator: "\n").map { Substring($0) }
  }

  /// The commit where they parted; `nil` for histories that have nothing in common.
  private func mergeBase(_ one: ObjectID, _ other: ObjectID) async throws -> ObjectID? {
    let output = try await git.ask(["merge-base", one.hex, other.hex])
    return ObjectID(hex: String(decoding: output.output, as: UTF8.self).filter { $0 != "\n" })
  }

  /// Whether the commit is one that the base itself was at, and not one that was merged into it.
  private func isOnFirstLine(_ commit: ObjectID, of base: ObjectID) async throws -> Bool {
    if commit == base { return true }
    let oldest = try await lines(
      ["rev-list", "--first-parent", "--parents", base.hex, "^\(commit.hex)"]
    ).last
    return oldest?.split(separator: " ").dropFirst().first.map(String.init) == commit.hex
  }

  /// A path that one commit has otherwise than another.
  private struct PathChange: Hashable {
    var path: [UInt8]
    /// Of the blob, whose contents changed with the same mode: a patch tells all of it.
    var isTold: Bool
  }

  private func changes(from old: ObjectID, to new: ObjectID) async throws -> [PathChange] {
    let output = try await ask(["diff-tree", "-r", "-z", "--no-renames", old.hex, new.hex])
    let fields = output.split(separator: 0, omittingEmptySubsequences: true)
    var changes: [PathChange] = []
    for pair in stride(from: 0, to: fields.count - 1, by: 2) {
      // `:<mode> <mode> <id> <id> <status>`
      let words = fields[pair].dropFirst().split(separator: UInt8(ascii: " "))
      guard words.count == 5 else { continue }
      let isTold = words[4].first != UInt8(ascii: "M") || words[0].elementsEqual(words[1])
      changes.append(PathChange(path: Array(fields[pair + 1]), isTold: isTold))
    }
    return changes
  }

  /// Whether the base has each of these paths just as the branch has it.
  private func areInBase(
    _ changes: [PathChange], tip: ObjectID, base: ObjectID
  ) async throws -> Bool {
    let apart = Set(try await self.changes(from: base, to: tip).map(\.path))
    return changes.allSatisfy { !apart.contains($0.path) }
  }

  /// Whether each commit of the branch has one in the base with the same change: git-cherry(1).
  private func isRebased(_ tip: ObjectID, onto base: ObjectID) async throws -> Bool {
    let lines = try await lines(["cherry", base.hex, tip.hex])
    return !lines.isEmpty && lines.allSatisfy { $0.hasPrefix("- ") }
  }

  /// Whether the base has a commit whose patch is that of the whole branch: git-patch-id(1).
  private func isSquashed(
    _ changes: [PathChange], from start: ObjectID, to tip: ObjectID, into base: ObjectID
  ) async throws -> Bool {
    // What is no text, and a change of a mode alone, has no patch that tells one from another.
    guard changes.allSatisfy(\.isTold), let path = changes.first?.path,
      try await isText(from: start, to: tip)
    else { return false }
    let patch = ["diff-tree", "-p", "-r", "--no-renames", "--full-index"]
    guard
      let own = try await patchIDs(of: try await ask(patch + [start.hex, tip.hex])).first
    else { return false }
    // A commit with the same patch changes each of the paths, so also this one.
    let candidates = try await git.run(
      "compare a branch with its base",
      [
        "--literal-pathspecs", "rev-list", "--no-merges", "-n", "\(Self.limit)", base.hex,
        "^\(start.hex)", "--",
      ], paths: [path])
    if candidates.isEmpty { return false }
    let patches = try await ask(patch + ["--stdin"], input: candidates)
    return try await patchIDs(of: patches).contains(own)
  }

  private func isText(from start: ObjectID, to tip: ObjectID) async throws -> Bool {
    let lines = try await lines(
      ["diff-tree", "-r", "--numstat", "--no-renames", start.hex, tip.hex])
    return !lines.isEmpty && !lines.contains { $0.hasPrefix("-\t") }
  }

  private func patchIDs(of patches: [UInt8]) async throws -> [Substring] {
    if patches.isEmpty { return [] }
    let output = try await ask(["patch-id", "--stable"], input: patches)
    return String(decoding: output, as: UTF8.self).split(separator: "\n")
      .compactMap { $0.split(separator: " ").first }
  }
}
