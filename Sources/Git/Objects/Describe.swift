/// A commit named by the nearest tag that it comes from, as `git describe --tags` does.
package struct Description: Sendable, Hashable {
  /// The tag's short name.
  package var tag: String
  package var isAnnotated: Bool
  /// The commit that the tag names.
  package var tagged: ObjectID
  /// How many commits there are since the tag: those that the tag does not reach.
  package var distance: Int
  package var commit: ObjectID

  /// `v1.4.0`, or `v1.4.0-3-g1a2b3c4` for the third commit after it. Seven digits of the id, as
  /// everywhere in git-eb; git takes more of them where there are very many objects.
  package var text: String {
    distance == 0 ? tag : "\(tag)-\(distance)-g\(commit.abbreviated())"
  }
}

/// Describes commits, as many as are wanted, with the tags read once. For one thread.
package struct TagDescriber {
  /// How many commits are looked at for one description unless said otherwise.
  package static let limit = 10_000

  private struct Name {
    var tag: String
    var isAnnotated: Bool
    /// When the tag was made, in seconds since 1970 UTC; 0 for one that is not annotated.
    var time: Int64
  }

  /// The name of each commit that has one.
  private var names: [ObjectID: Name] = [:]
  private var history: History

  /// Reads the tags that `isWanted` takes by their short name and the object that they point to.
  package init(
    _ repository: Repository,
    where isWanted: (_ tag: String, _ id: ObjectID) throws(GitError) -> Bool = { _, _ in true }
  ) throws(GitError) {
    history = History(repository)
    for (name, id) in try repository.references(under: "refs/tags/") {
      guard let tag = name.afterPrefix("refs/tags/"), try isWanted(tag, id) else { continue }
      // One that leads to nothing names nothing.
      guard let peeled = try? repository.peel(id), peeled.kind == .commit else { continue }
      let isAnnotated = peeled.id != id
      let time = isAnnotated ? try repository.tag(id)?.tagger?.time ?? 0 : 0
      let new = Name(tag: tag, isAnnotated: isAnnotated, time: time)
      if names[peeled.id].map({ Self.isBetter(new, than: $0) }) ?? true { names[peeled.id] = new }
    }
  }

  /// As git's `replace_name`: annotated ones first, of these the youngest, else the first by name.
  private static func isBetter(_ new: Name, than old: Name) -> Bool {
    guard new.isAnnotated else { return false }
    return !old.isAnnotated || old.time < new.time
  }

  /// The commit's description; `nil` when it comes from no tag, or when telling which is the
  /// nearest takes more than `limit` commits.
  package mutating func describe(
    _ commit: ObjectID, limit: Int = TagDescriber.limit
  ) throws(GitError) -> Description? {
    guard !names.isEmpty else { return nil }
    if let name = names[commit] { return Self.description(of: commit, name, tagged: commit, 0) }
    var walk = Walk(start: commit, time: try history.links(of: commit).time, limit: limit)
    guard let nearest = try walk.nearest(among: names, &history),
      let name = names[nearest.commit]
    else { return nil }
    return Self.description(of: commit, name, tagged: nearest.commit, nearest.depth)
  }

  private static func description(
    of commit: ObjectID, _ name: Name, tagged: ObjectID, _ distance: Int
  ) -> Description {
    Description(
      tag: name.tag, isAnnotated: name.isAnnotated, tagged: tagged, distance: distance,
      commit: commit)
  }

  // MARK: - The walk

  /// From where a commit is reached: one bit for each candidate.
  private typealias Marks = UInt16

  /// A tagged commit that was met.
  private struct Candidate {
    var commit: ObjectID
    var isAnnotated: Bool
    /// How many commits it does not reach.
    var depth: Int
    var mark: Marks
  }

  /// The walk of git's `describe_commit` (builtin/describe.c), step by step: what it gives where
  /// clocks are wrong depends on the order.
  private struct Walk {
    /// git's own `--candidates`.
    private static let maximumCandidates = 10

    private var queue = DateQueue()
    private var queued: Set<ObjectID>
    private var marks: [ObjectID: Marks]
    private var candidates: [Candidate] = []
    private var seen = 0
    private let limit: Int

    init(start: ObjectID, time: Int64, limit: Int) {
      queued = [start]
      marks = [start: 0]
      self.limit = limit
      queue.insert(start, time)
    }

    private mutating func next() -> ObjectID? {
      guard let id = queue.removeFirst() else { return nil }
      queued.remove(id)
      seen += 1
      return id
    }

    /// `nil` when there is no candidate, or when the limit was reached first.
    mutating func nearest(
      among names: [ObjectID: Name], _ history: inout History
    ) throws(GitError) -> Candidate? {
      while let id = next() {
        guard seen <= limit else { return nil }
        if let name = names[id] {
          if candidates.count == Self.maximumCandidates {
            queue.insert(id, try history.links(of: id).time)
            queued.insert(id)
            seen -= 1
            break
          }
          let mark: Marks = 1 << candidates.count
          candidates.append(
            Candidate(commit: id, isAnnotated: name.isAnnotated, depth: seen - 1, mark: mark))
          marks[id, default: 0] |= mark
        }
        let own = marks[id] ?? 0
        for index in candidates.indices where own & candidates[index].mark == 0 {
          candidates[index].depth += 1
        }
        if queued.isEmpty, isCovered(own) { break }
        try follow(id, own, &history)
      }
      // The first of those that are as near.
      guard let best = candidates.min(by: { $0.depth < $1.depth }) else { return nil }
      return try finished(best, &history)
    }

    /// Whether the last path that is left leads to the best candidates only.
    private func isCovered(_ own: Marks) -> Bool {
      guard candidates.contains(where: \.isAnnotated) else { return false }
      let least = candidates.map(\.depth).min()
      let best = candidates.filter { $0.depth == least }.reduce(0) { $0 | $1.mark }
      return own & best == best
    }

    private mutating func follow(
      _ id: ObjectID, _ own: Marks, _ history: inout History
    ) throws(GitError) {
      for parent in try history.links(of: id).parents {
        if marks[parent] == nil {
          queue.insert(parent, try history.links(of: parent).time)
          queued.insert(parent)
        }
        marks[parent, default: 0] |= own
      }
    }

    /// The candidate with its whole depth: git's `finish_depth_computation`.
    private mutating func finished(
      _ best: Candidate, _ history: inout History
    ) throws(GitError) -> Candidate? {
      var best = best
      // Commits in the queue that the candidate does not reach.
      var open = queued.filter { (marks[$0] ?? 0) & best.mark == 0 }
      while let id = next() {
        guard seen <= limit else { return nil }
        open.remove(id)
        let own = marks[id] ?? 0
        if own & best.mark == 0 {
          best.depth += 1
        } else if open.isEmpty {
          break
        }
        try follow(id, own, &history)
        for parent in try history.links(of: id).parents where queued.contains(parent) {
          if (marks[parent] ?? 0) & best.mark == 0 {
            open.insert(parent)
          } else {
            open.remove(parent)
          }
        }
      }
      return best
    }
  }
}

extension Repository {
  /// The nearest tag that the commit comes from. See ``TagDescriber``, which serves better where
  /// several commits are to be described; the same limit holds.
  package func describe(_ commit: ObjectID) throws(GitError) -> Description? {
    var describer = try TagDescriber(self)
    return try describer.describe(commit)
  }
}
