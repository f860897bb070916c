internal import CLibgit2

/// How work tree and index differ from HEAD.
package struct StatusSummary: Sendable, Equatable {
  /// How many paths, and the first of them.
  package struct Paths: Sendable, Equatable {
    package private(set) var count = 0
    /// As many as were asked for, in git's order.
    package private(set) var names: [String] = []

    package var isEmpty: Bool { count == 0 }

    package init() {}

    /// Counts a path, and keeps its name if there are fewer than `limit`.
    package mutating func append(_ path: [UInt8], limit: Int) {
      count += 1
      if names.count < limit { names.append(String(decoding: path, as: UTF8.self)) }
    }
  }

  /// In the index otherwise than in HEAD.
  package var staged = Paths()
  /// In the work tree otherwise than in the index; missing too.
  package var modified = Paths()
  /// Neither tracked nor ignored. A directory that has nothing tracked counts once.
  package var untracked = Paths()
  /// In conflict.
  package var conflicted = Paths()
  /// Perhaps modified: only git can tell, because it runs a filter or changes the encoding.
  package var unverified = Paths()

  package init() {}

  /// Whether everything is as in HEAD, as far as that is known.
  package var isClean: Bool {
    staged.isEmpty && modified.isEmpty && untracked.isEmpty && conflicted.isEmpty
      && unverified.isEmpty
  }
}

extension Repository {
  /// Compares HEAD, the index and the work tree. Nothing is written; in particular the index is not
  /// refreshed.
  ///
  /// - Parameter limit: how many names of each sort are kept. All are counted.
  package func status(limit: Int = 10) throws(GitError) -> StatusSummary {
    let index = try index()
    var status = StatusSummary()
    try compareHead(with: index, limit, &status)
    guard workTree != nil else { return status }
    let reader = try WorkTreeReader(location, index: index)
    try compareWorkTree(reader, with: index, limit, &status)
    for path in try reader.untracked(collapsing: true) {
      status.untracked.append(path, limit: limit)
    }
    return status
  }

  private func compareHead(
    with index: Index, _ limit: Int, _ status: inout StatusSummary
  ) throws(GitError) {
    let head: ObjectID
    if let id = try self.head().commit {
      guard let commit = try commit(id) else { throw objects.missing(id, .commit) }
      head = commit.tree
    } else {
      head = .emptyTree
    }
    let committed = try entries(ofTree: head)
    var next = 0
    var last: [UInt8]?
    for entry in index.entries where !entry.isIntentToAdd && entry.path != last {
      last = entry.path
      while next < committed.count,
        committed[next].path.lexicographicallyPrecedes(entry.path)
      {
        status.staged.append(committed[next].path, limit: limit)
        next += 1
      }
      let isThere = next < committed.count && committed[next].path == entry.path
      if entry.stage > 0 {
        status.conflicted.append(entry.path, limit: limit)
      } else if !isThere || committed[next].id != entry.id || committed[next].mode != entry.mode {
        status.staged.append(entry.path, limit: limit)
      }
      if isThere { next += 1 }
    }
    for entry in committed[next...] { status.staged.append(entry.path, limit: limit) }
  }

  private enum Comparison { case same, modified, unverified }

  private func compareWorkTree(
    _ reader: WorkTreeReader, with index: Index, _ limit: Int, _ status: inout StatusSummary
  ) throws(GitError) {
    let attributes = try AttributeReader(location, source: .workTree)
    for entry in index.entries
    where entry.stage == 0 && !entry.isSkipWorktree && !entry.isAssumedUnchanged {
      switch try compare(entry, reader, index, attributes) {
      case .same: break
      case .modified: status.modified.append(entry.path, limit: limit)
      case .unverified: status.unverified.append(entry.path, limit: limit)
      }
    }
  }

  private func compare(
    _ entry: IndexEntry, _ reader: WorkTreeReader, _ index: Index, _ attributes: AttributeReader
  ) throws(GitError) -> Comparison {
    guard let file = reader.status(of: entry.path), !entry.isIntentToAdd else { return .modified }
    if entry.mode == TreeEntry.submoduleMode {
      return file.kind == .directory
        ? compareSubmodule(entry, at: reader.absolute(entry.path)) : .modified
    }
    let configuration = location.configuration
    let isLink = entry.mode == TreeEntry.linkMode
    // Without links in the file system, a link is a file that holds its target.
    let isLinkFile = isLink && file.kind == .file && configuration.bool("core.symlinks") == false
    guard file.kind == (isLink && !isLinkFile ? .link : .file) else { return .modified }
    if !isLink, configuration.bool("core.fileMode") != false,
      file.isExecutable != (entry.mode & 0o100 != 0)
    {
      return .modified
    }
    if isUnchanged(entry, file, index) { return .same }
    // libgit2 cannot be given the name.
    guard String(validating: entry.path, as: UTF8.self) != nil else { return .unverified }
    if file.kind == .link {
      let target = FileSystem.target(ofLink: reader.absolute(entry.path))
      return try target.map(hashBlob) == entry.id ? .same : .modified
    }
    let asked = try attributes.values(["filter", "working-tree-encoding"], for: entry.path)
    if case .value(let filter) = asked[0],
      ["clean", "process"].contains(where: { configuration["filter.\(filter).\($0)"] != nil })
    {
      return .unverified
    }
    if case .value = asked[1] { return .unverified }
    var id = git_oid()
    let path = reader.absolute(entry.path)
    let result = unsafe withPointer {
      unsafe git_repository_hashfile(&id, $0, path, GIT_OBJECT_BLOB, nil)
    }
    try check(result, "read the work tree", path)
    return ObjectID(id) == entry.id ? .same : .modified
  }

  /// Whether the file looks as it did when it was last the same, by the rules of git's
  /// `ie_match_stat`: then it need not be read.
  private func isUnchanged(_ entry: IndexEntry, _ file: FileStatus, _ index: Index) -> Bool {
    let recorded = entry.recorded
    func same(_ time: (seconds: Int64, nanoseconds: Int64), _ seconds: UInt32, _ rest: UInt32)
      -> Bool
    {
      UInt32(truncatingIfNeeded: time.seconds) == seconds
        && (rest == 0 || time.nanoseconds == 0
          || UInt32(truncatingIfNeeded: time.nanoseconds) == rest)
    }
    guard
      same(file.modified, recorded.modifiedSeconds, recorded.modifiedNanoseconds),
      UInt32(truncatingIfNeeded: file.size) == recorded.size
    else { return false }
    let configuration = location.configuration
    if configuration["core.checkStat"]?.value?.lowercased() != "minimal" {
      if configuration.bool("core.trustCtime") != false,
        !same(file.changed, recorded.changedSeconds, recorded.changedNanoseconds)
      {
        return false
      }
      guard UInt32(truncatingIfNeeded: file.inode) == recorded.inode,
        file.owner == recorded.owner, file.group == recorded.group
      else { return false }
    }
    // A file that was written after the index, or in the same moment, may have changed unseen.
    guard let written = index.written?.modified else { return false }
    let seconds = Int64(recorded.modifiedSeconds)
    if seconds != written.seconds { return seconds < written.seconds }
    let nanoseconds = Int64(recorded.modifiedNanoseconds)
    return nanoseconds != 0 && written.nanoseconds != 0 && nanoseconds < written.nanoseconds
  }

  /// A submodule is modified when another commit is checked out, or anything in it is.
  private func compareSubmodule(_ entry: IndexEntry, at path: String) -> Comparison {
    // Not initialised: nothing is checked out that could differ.
    guard FileSystem.status(of: path.appending(path: ".git")) != nil else { return .same }
    do {
      guard let submodule = try checkedOutSubmodule(at: path) else { return .unverified }
      if try submodule.head().commit != entry.id { return .modified }
      return try submodule.status(limit: 0).isClean ? .same : .modified
    } catch {
      return .unverified
    }
  }
}
