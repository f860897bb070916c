import Git

/// Fetches what a partial clone does not have, as git does when it needs it: all that is missing
/// in one go.
struct PromisedObjects {
  let repository: Repository
  let isInterrupted: @Sendable () -> Bool

  /// Fetches those of `ids` that are not here. What the remote does not give stays missing, and is
  /// told by whoever reads it.
  func fetch(_ ids: [ObjectID]) async throws {
    let missing = try BlobReader(repository.location).missing(among: ids)
    guard !missing.isEmpty, let remote = try remote() else { return }
    // As fetch_objects of git's promisor-remote.c.
    _ = try await git.run(
      "fetch what this partial clone lacks",
      [
        "-c", "fetch.negotiationAlgorithm=noop", "fetch", remote, "--quiet", "--no-tags",
        "--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none", "--stdin",
      ],
      input: missing.flatMap { Array(($0.hex + "\n").utf8) }, timeLimit: GitProgram.longTimeLimit)
  }

  /// Has git fetch the trees below `tree`.
  func fetchTrees(below tree: ObjectID) async throws {
    _ = try await git.run(
      "fetch what this partial clone lacks", ["ls-tree", "-r", "-d", tree.hex],
      timeLimit: GitProgram.longTimeLimit)
  }

  private var git: GitProgram { GitProgram(repository.location, isInterrupted: isInterrupted) }

  private func remote() throws -> String? {
    let configuration = try repository.configuration()
    if let named = configuration["extensions.partialClone"]?.value { return named }
    let (prefix, suffix) = ("remote.", ".promisor")
    return configuration.entries.first {
      $0.name.hasPrefix(prefix) && $0.name.hasSuffix(suffix)
        && configuration.bool($0.name) == true
    }.map { String($0.name.dropFirst(prefix.count).dropLast(suffix.count)) }
  }
}
