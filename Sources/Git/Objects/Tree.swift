/// A file, link or submodule in a tree. Directories appear only where it is said.
package struct TreeEntry: Sendable, Hashable {
  /// Relative to the tree, bytes as in git.
  package var path: [UInt8]
  /// 0o100644, 0o100755, 0o120000 (symbolic link), 0o160000 (submodule) or 0o040000 (directory).
  package var mode: UInt32
  package var id: ObjectID

  package init(path: [UInt8], mode: UInt32, id: ObjectID) {
    self.path = path
    self.mode = mode
    self.id = id
  }

  package static let directoryMode: UInt32 = 0o040000
  package static let linkMode: UInt32 = 0o120000
  package static let submoduleMode: UInt32 = 0o160000
}

/// One difference between two trees.
package struct Change: Sendable, Hashable {
  package enum Kind: String, Sendable {
    case added
    case changed
    case removed
  }

  package var path: [UInt8]
  package var kind: Kind

  package init(path: [UInt8], kind: Kind) {
    self.path = path
    self.kind = kind
  }
}

/// Walks through trees.
struct TreeReader {
  let objects: ObjectDatabase

  /// What one tree holds, in git's order; names only, with directories.
  func children(of id: ObjectID) throws(GitError) -> [TreeEntry] {
    var children: [TreeEntry] = []
    try unsafe forEachChild(of: id) { name, mode, id throws(GitError) in
      unsafe children.append(TreeEntry(path: Array(name), mode: mode, id: id))
    }
    return children
  }

  /// Everything below a tree that is not a directory, in git's order.
  func entries(of id: ObjectID) throws(GitError) -> [TreeEntry] {
    var entries: [TreeEntry] = []
    try collect(id, [], &entries)
    return entries
  }

  private func collect(
    _ id: ObjectID, _ directory: [UInt8], _ entries: inout [TreeEntry]
  ) throws(GitError) {
    // The tree stays in memory while its subtrees are read: as many as the path is deep.
    try unsafe forEachChild(of: id) { name, mode, id throws(GitError) in
      var path: [UInt8] = []
      let isDirectory = mode == TreeEntry.directoryMode
      path.reserveCapacity(directory.count + name.count + (isDirectory ? 1 : 0))
      path += directory
      unsafe path += name
      if isDirectory {
        path.append(UInt8(ascii: "/"))
        try collect(id, path, &entries)
      } else {
        entries.append(TreeEntry(path: path, mode: mode, id: id))
      }
    }
  }

  /// The entry at a path, which may be a directory; `nil` when there is none.
  func entry(at path: [UInt8], in tree: ObjectID) throws(GitError) -> TreeEntry? {
    var found = TreeEntry(path: [], mode: TreeEntry.directoryMode, id: tree)
    for part in path.split(separator: UInt8(ascii: "/")) {
      guard found.mode == TreeEntry.directoryMode else { return nil }
      var next: TreeEntry?
      try unsafe forEachChild(of: found.id) { name, mode, id throws(GitError) in
        if unsafe name.elementsEqual(part) { next = TreeEntry(path: path, mode: mode, id: id) }
      }
      guard let next else { return nil }
      found = next
    }
    found.path = path
    return found
  }

  /// What differs, by path. A file that became a directory is removed, and its files are added.
  func changes(from old: ObjectID?, to new: ObjectID?) throws(GitError) -> [Change] {
    var changes: [Change] = []
    try compare(old, new, [], &changes)
    return changes.sorted { $0.path.lexicographicallyPrecedes($1.path) }
  }

  private func compare(
    _ old: ObjectID?, _ new: ObjectID?, _ base: [UInt8], _ changes: inout [Change]
  ) throws(GitError) {
    if old == new { return }
    let left = try old.map(children(of:)) ?? []
    let right = try new.map(children(of:)) ?? []
    // By name and by being a directory: the two may stand at different places in git's order.
    var others: [Key: TreeEntry] = [:]
    for entry in right { others[Key(entry)] = entry }
    for entry in left {
      let other = others.removeValue(forKey: Key(entry))
      if other?.id != entry.id || other?.mode != entry.mode {
        try report(entry, other, base, &changes)
      }
    }
    for entry in others.values { try report(nil, entry, base, &changes) }
  }

  private struct Key: Hashable {
    var name: [UInt8]
    var isDirectory: Bool

    init(_ entry: TreeEntry) {
      name = entry.path
      isDirectory = entry.mode == TreeEntry.directoryMode
    }
  }

  private func report(
    _ old: TreeEntry?, _ new: TreeEntry?, _ base: [UInt8], _ changes: inout [Change]
  ) throws(GitError) {
    guard let entry = new ?? old else { return }
    let path = base + entry.path
    if entry.mode == TreeEntry.directoryMode {
      try compare(old?.id, new?.id, path + [UInt8(ascii: "/")], &changes)
    } else {
      let kind: Change.Kind = old == nil ? .added : new == nil ? .removed : .changed
      changes.append(Change(path: path, kind: kind))
    }
  }

  /// `mode SP name NUL id`, again and again.
  private func forEachChild(
    of id: ObjectID,
    _ body: (UnsafeRawBufferPointer, UInt32, ObjectID) throws(GitError) -> Void
  ) throws(GitError) {
    if id == .emptyTree { return }
    let corrupt = GitError(.corrupt, "read the tree", id.hex, detail: "broken entry")
    try unsafe objects.load(id, as: .tree).withBytes { bytes throws(GitError) in
      var position = 0
      while position < bytes.count {
        var mode: UInt32 = 0
        while position < bytes.count, case let digit = unsafe bytes[position],
          (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit)
        {
          mode = mode << 3 | UInt32(digit - UInt8(ascii: "0"))
          position += 1
        }
        guard position < bytes.count, unsafe bytes[position] == 0x20 else { throw corrupt }
        position += 1
        let start = position
        while position < bytes.count, case let byte = unsafe bytes[position], byte != 0 {
          if byte == UInt8(ascii: "/") { throw corrupt }
          position += 1
        }
        guard position > start, position + 20 < bytes.count else { throw corrupt }
        let child = unsafe ObjectID(in: bytes, at: position + 1)
        // As git, which takes no such name into an index: it would lead elsewhere.
        if position - start <= 2,
          unsafe bytes[start..<position].allSatisfy({ $0 == UInt8(ascii: ".") })
        {
          throw corrupt
        }
        try unsafe body(
          UnsafeRawBufferPointer(rebasing: bytes[start..<position]), Self.canonical(mode), child)
        position += 21
      }
    }
  }

  /// Trees of git's first days have other permissions; git reads them as one of the five modes.
  private static func canonical(_ mode: UInt32) -> UInt32 {
    switch mode & 0o170000 {
    case 0o100000: mode & 0o100 != 0 ? 0o100755 : 0o100644
    case 0o120000: TreeEntry.linkMode
    case 0o040000: TreeEntry.directoryMode
    default: TreeEntry.submoduleMode
    }
  }
}
