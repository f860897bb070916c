/// Walks through commits. Replaced commits and the end of a shallow history count as git counts
/// them, which libgit2 1.5 does not.
struct History {
  private let objects: ObjectDatabase
  private let shallow: Set<ObjectID>
  private var known: [ObjectID: Links] = [:]

  /// What the walk needs of a commit.
  struct Links {
    var parents: [ObjectID]
    /// The committer's, in seconds since 1970 UTC.
    var time: Int64
  }

  init(_ repository: Repository) {
    objects = repository.objects
    shallow = repository.location.shallowCommits
  }

  /// The commit has to be here.
  mutating func links(of id: ObjectID) throws(GitError) -> Links {
    if let links = known[id] { return links }
    let text = ObjectText(try objects.load(id, as: .commit).copy())
    let commit = try text.commit(id)
    let links = Links(
      parents: shallow.contains(id) ? [] : commit.parents, time: commit.committer.time)
    known[id] = links
    return links
  }

  /// From where a commit is reached.
  private struct Marks: OptionSet {
    let rawValue: UInt8

    static let left = Marks(rawValue: 1)
    static let right = Marks(rawValue: 2)
    static let both: Marks = [.left, .right]
  }

  /// How far clocks may have run apart: what both reach is followed for that long behind the oldest
  /// commit that only one reaches.
  private static let slop: Int64 = 86400

  /// Every commit that had to be looked at to tell what only one of two can reach. What both can
  /// reach is marked with both, as far as it was looked at.
  private mutating func marks(
    left: ObjectID, right: ObjectID?
  ) throws(GitError) -> [ObjectID: Marks] {
    var marks: [ObjectID: Marks] = [:]
    var queue = DateQueue()
    // Commits in the queue that not both can reach.
    var open: Set<ObjectID> = []
    var oldest = Int64.max
    func mark(_ id: ObjectID, _ new: Marks, _ time: Int64) {
      let old = marks[id] ?? []
      guard !old.isSuperset(of: new) else { return }
      let union = old.union(new)
      marks[id] = union
      if union == .both {
        open.remove(id)
      } else {
        open.insert(id)
        oldest = min(oldest, time)
      }
      queue.insert(id, time)
    }
    mark(left, .left, try links(of: left).time)
    if let right { mark(right, .right, try links(of: right).time) }
    while let id = queue.removeFirst() {
      let own = marks[id] ?? []
      let links = try links(of: id)
      // Once all that is left can be reached from both, only marks already set may still be wrong.
      let isSettled = open.isEmpty && links.time < oldest - min(oldest, Self.slop)
      open.remove(id)
      for parent in links.parents where !isSettled || marks[parent] != nil {
        mark(parent, own, try self.links(of: parent).time)
      }
    }
    return marks
  }

  mutating func isAncestor(_ ancestor: ObjectID, of commit: ObjectID) throws(GitError) -> Bool {
    if ancestor == commit { return true }
    return try marks(left: ancestor, right: commit)[ancestor] == .both
  }

  mutating func aheadBehind(
    _ local: ObjectID, _ other: ObjectID
  ) throws(GitError) -> (ahead: Int, behind: Int) {
    if local == other { return (0, 0) }
    let marks = try marks(left: local, right: other)
    return (
      marks.values.count { $0 == .left }, marks.values.count { $0 == .right }
    )
  }

  /// What `include` reaches and `exclude` does not: the newest first, and no commit before one that
  /// comes from it.
  mutating func commits(
    from exclude: ObjectID?, to include: ObjectID, limit: Int
  ) throws(GitError) -> [ObjectID] {
    if limit <= 0 || exclude == include { return [] }
    guard let exclude else { return try newest(from: include, limit: limit) }
    let wanted = try Set(marks(left: include, right: exclude).filter { $0.value == .left }.keys)
    var children: [ObjectID: Int] = [:]
    for id in wanted {
      for parent in try links(of: id).parents where wanted.contains(parent) {
        children[parent, default: 0] += 1
      }
    }
    guard wanted.contains(include) else { return [] }
    // All that is wanted comes from `include`: it alone has no child in the set.
    var queue = DateQueue()
    queue.insert(include, try links(of: include).time)
    var ids: [ObjectID] = []
    while ids.count < limit, let id = queue.removeFirst() {
      ids.append(id)
      for parent in try links(of: id).parents where wanted.contains(parent) {
        children[parent, default: 0] -= 1
        if children[parent] == 0 { queue.insert(parent, try links(of: parent).time) }
      }
    }
    return ids
  }

  /// The same without merges and without a limit.
  mutating func commitsWithoutMerges(
    from exclude: ObjectID?, to include: ObjectID
  ) throws(GitError) -> [ObjectID] {
    var ids: [ObjectID] = []
    for id in try commits(from: exclude, to: include, limit: .max)
    where try links(of: id).parents.count < 2 {
      ids.append(id)
    }
    return ids
  }

  private mutating func newest(
    from start: ObjectID, limit: Int
  ) throws(GitError) -> [ObjectID] {
    var queue = DateQueue()
    var seen: Set<ObjectID> = [start]
    queue.insert(start, try links(of: start).time)
    var ids: [ObjectID] = []
    while ids.count < limit, let id = queue.removeFirst() {
      ids.append(id)
      for parent in try links(of: id).parents where seen.insert(parent).inserted {
        queue.insert(parent, try links(of: parent).time)
      }
    }
    return ids
  }
}

/// Commits, the newest first; of the same time, the one that came first.
struct DateQueue {
  private var heap: [(id: ObjectID, time: Int64, order: Int)] = []
  private var count = 0

  mutating func insert(_ id: ObjectID, _ time: Int64) {
    heap.append((id, time, count))
    count += 1
    var child = heap.count - 1
    while child > 0, isBefore(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func removeFirst() -> ObjectID? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return first.id }
    heap[0] = last
    var parent = 0
    while true {
      let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < heap.count }
      guard let least = children.min(by: isBefore), isBefore(least, parent) else { break }
      heap.swapAt(least, parent)
      parent = least
    }
    return first.id
  }

  private func isBefore(_ left: Int, _ right: Int) -> Bool {
    heap[left].time != heap[right].time
      ? heap[left].time > heap[right].time : heap[left].order < heap[right].order
  }
}

extension Repository {
  /// Whether `commit` comes from `ancestor`, or is the same.
  package func isAncestor(
    _ ancestor: ObjectID, of commit: ObjectID
  ) throws(GitError) -> Bool {
    var history = History(self)
    return try history.isAncestor(ancestor, of: commit)
  }

  /// How many commits only `local` has, and only `other`.
  package func aheadBehind(
    _ local: ObjectID, _ other: ObjectID
  ) throws(GitError) -> (ahead: Int, behind: Int) {
    var history = History(self)
    return try history.aheadBehind(local, other)
  }

  /// The commits of `exclude..include`, the newest first; with `nil`, all that `include` has.
  package func commits(
    from exclude: ObjectID?, to include: ObjectID, limit: Int
  ) throws(GitError) -> [Commit] {
    var history = History(self)
    return try loaded(history.commits(from: exclude, to: include, limit: limit))
  }

  /// The same without merges: at most `limit` of them, and how many there are in all.
  package func commitsWithoutMerges(
    from exclude: ObjectID?, to include: ObjectID, limit: Int
  ) throws(GitError) -> (commits: [Commit], count: Int) {
    var history = History(self)
    let ids = try history.commitsWithoutMerges(from: exclude, to: include)
    return (try loaded(ids.prefix(limit)), ids.count)
  }

  private func loaded(_ ids: some Sequence<ObjectID>) throws(GitError) -> [Commit] {
    var commits: [Commit] = []
    for id in ids {
      guard let commit = try commit(id) else { throw objects.missing(id, .commit) }
      commits.append(commit)
    }
    return commits
  }
}
