package import Git
import Zip

/// What a push would do. A value, so that plans can be compared and tested.
package struct DeploymentPlan: Sendable {
  package var target: Target
  package var host: HostKind
  /// Where the host is, for people.
  package var location: String
  package var version: ApplicationVersion
  package var summary: BundleSummary
  /// The environment as it is; `nil` when it would be created.
  package var running: EnvironmentDescription?
  /// Whether the host has this version already, so that nothing would be uploaded.
  package var isPublished: Bool
  /// Why the push would be refused.
  package var refusal: Ancestry.Refusal?
  package var isTooLarge: Bool
  /// What the checks find.
  package var findings: [Finding] = []
  /// The commits since what runs, the newest first; `nil` when that is not known here.
  package var commits: [Commit]?
  /// The files that differ from what runs; `nil` when that is not known here.
  package var changes: [Change]?
}

/// Compares a listing with what an environment runs.
struct Planner {
  /// At most so many commits are listed.
  static let commitLimit = 1000

  private let repository: Location
  private let running: ObjectID?

  init(repository: Location, runningVersion: ApplicationVersion?) {
    self.init(
      repository: repository, running: runningVersion?.commit.flatMap { ObjectID(hex: $0) })
  }

  /// - Parameter running: the commit that an environment runs.
  init(repository: Location, running: ObjectID?) {
    self.repository = repository
    self.running = running
  }

  func commits(since source: Source) throws -> [Commit]? {
    guard let running, let pushed = source.commit?.id else { return nil }
    let repository = try Repository.open(repository)
    guard repository.contains(running) else { return nil }
    return try repository.commits(from: running, to: pushed, limit: Self.commitLimit)
  }

  /// Files of the source against those of the running commit; secrets are not compared.
  func changes(to listing: Listing) throws -> [Change]? {
    guard let running else { return nil }
    let repository = try Repository.open(repository)
    guard repository.contains(running), let commit = try repository.commit(running) else {
      return nil
    }
    var before: [[UInt8]: (mode: UInt32, id: ObjectID)] = [:]
    for entry in try repository.entries(ofTree: commit.tree)
    where !NeverBundled.contains(entry.path) {
      if let mode = FileMode.bundled(entry.mode) { before[entry.path] = (mode, entry.id) }
    }
    var changes: [Change] = []
    for entry in listing.entries where !entry.isDirectory {
      if case .secret = entry.content { continue }
      // What a submodule holds is not in the tree that it is compared with.
      if case .blob(_, _, let repository) = entry.content, repository > 0 { continue }
      guard let old = before.removeValue(forKey: entry.path) else {
        changes.append(Change(path: entry.path, kind: .added))
        continue
      }
      let id = try id(of: entry, repository)
      if old.mode != entry.mode || old.id != id {
        changes.append(Change(path: entry.path, kind: .changed))
      }
    }
    // What is export-ignored was not in the running bundle either.
    let ignored = try exportIgnored(commit, among: before.keys)
    changes += before.keys.filter { !ignored.contains($0) }.map { Change(path: $0, kind: .removed) }
    return changes.sorted { $0.path.lexicographicallyPrecedes($1.path) }
  }

  private func id(of entry: BundleEntry, _ repository: Repository) throws -> ObjectID? {
    switch entry.content {
    case .blob(let id, _, _), .largeObject(_, _, let id): return id
    case .file(let path):
      let bytes =
        entry.isSymbolicLink
        ? try FileSystem.linkTarget(path) : try FileSystem.contents(path, limit: .max)
      return try bytes.map { try repository.hashBlob($0) }
    case .rendered(let record, let archive), .copied(let record, let archive):
      return try repository.hashBlob(archive.contents(of: record, limit: .max))
    case .secret, .directory: return nil
    }
  }

  private func exportIgnored(
    _ commit: Commit, among paths: some Sequence<[UInt8]>
  ) throws -> Set<[UInt8]> {
    let attributes = try AttributeReader(repository, source: .tree(commit.tree))
    var selection = AttributeSelection(attributes, repository.configuration)
    var ignored = Set<[UInt8]>()
    for path in paths where try selection.select(path, isDirectory: false) == nil {
      ignored.insert(path)
    }
    return ignored
  }
}
