import Git

/// What git itself says is in an index, in git's order: path, then stage.
struct IndexListing: Equatable {
  struct Entry: Equatable {
    var path: [UInt8]
    var mode: UInt32
    var id: ObjectID
    var stage: Int

    var name: String { String(decoding: path, as: UTF8.self) }
  }

  var entries: [Entry]

  /// From `git ls-files --stage -z`; `nil` when it is something else.
  init?(_ output: [UInt8]) {
    entries = []
    for record in output.split(separator: 0) {
      guard let tab = record.firstIndex(of: UInt8(ascii: "\t")) else { return nil }
      let head = String(decoding: record[..<tab], as: UTF8.self).split(separator: " ")
      guard head.count == 3, let mode = UInt32(head[0], radix: 8),
        let id = ObjectID(hex: String(head[1])), let stage = Int(head[2])
      else { return nil }
      entries.append(
        Entry(path: Array(record[(tab + 1)...]), mode: mode, id: id, stage: stage))
    }
  }

  /// The entry of a path that is not in conflict.
  func entry(at path: [UInt8]) -> Entry? {
    let position = position(of: path)
    guard position < entries.count, entries[position].path == path, entries[position].stage == 0
    else { return nil }
    return entries[position]
  }

  /// The names in conflict, each once.
  var conflicts: [String] {
    Set(entries.filter { $0.stage != 0 }.map(\.name)).sorted()
  }

  /// What an entry at `path` would push out of the index: a file above it, or the first below it.
  func obstacle(to path: [UInt8]) -> Entry? {
    let slash = UInt8(ascii: "/")
    for end in path.indices where path[end] == slash {
      if let entry = entry(at: Array(path[..<end])) { return entry }
    }
    let below = position(of: path + [slash])
    guard below < entries.count, entries[below].path.starts(with: path + [slash]) else {
      return nil
    }
    return entries[below]
  }

  /// The listing after the edits were made.
  func applying(_ edits: [IndexEdit]) -> IndexListing {
    var result = self
    let edited = Set(edits.map(\.path))
    result.entries.removeAll { edited.contains($0.path) }
    for edit in edits {
      guard let blob = edit.blob else { continue }
      result.entries.insert(
        Entry(path: edit.path, mode: blob.mode, id: blob.id, stage: 0),
        at: result.position(of: edit.path))
    }
    return result
  }

  private func position(of path: [UInt8]) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].path.lexicographicallyPrecedes(path) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }
}

/// One path of an index that is set or taken out.
struct IndexEdit: Equatable {
  struct Blob: Codable, Equatable, Sendable {
    var mode: UInt32
    var hex: String

    init(mode: UInt32, id: ObjectID) {
      self.mode = mode
      hex = id.hex
    }

    var id: ObjectID { ObjectID(hex: hex) ?? .emptyBlob }
  }

  var path: [UInt8]
  /// `nil` takes the path out.
  var blob: Blob?
}

/// Changes a copy of an index through git, so that every format of it stays git's own affair.
struct IndexEditor {
  private var git: ShieldedGit

  /// `git` has the repository's objects; `path` is the copy.
  init(_ git: ShieldedGit, copy path: String) {
    self.git = git
    self.git.variables["GIT_INDEX_FILE"] = path
    // A split index would leave a second file beside the repository's own.
    self.git.settings += ["core.splitIndex=false", "core.fsmonitor=false"]
  }

  func listing() throws -> IndexListing {
    let operation = "read the index"
    let output = try git.run(operation, ["ls-files", "--stage", "--full-name", "-z"])
    guard let listing = IndexListing(output) else {
      throw SourceError.git(operation: operation, reason: "unexpected output")
    }
    return listing
  }

  /// Makes the edits, and checks that the copy holds them, all that was there before, and nothing
  /// else.
  func apply(_ edits: [IndexEdit], to before: IndexListing) throws {
    var lines: [UInt8] = []
    for edit in edits {
      let mode = edit.blob.map { String($0.mode, radix: 8) } ?? "0"
      let id = edit.blob?.hex ?? String(repeating: "0", count: 40)
      lines += Array("\(mode) \(id) 0\t".utf8) + edit.path + [0]
    }
    _ = try git.run("stage secrets", ["update-index", "-z", "--index-info"], input: lines)
    let (expected, found) = (before.applying(edits), try listing())
    guard found == expected else {
      throw SafeguardError.unexpectedIndex(
        expected: expected.entries.count, found: found.entries.count)
    }
  }

  /// Fills the copy, which must not be there yet, with a commit's tree.
  func read(tree: String) throws {
    let operation = "read the tree"
    _ = try git.run(operation, ["read-tree", tree])
    let written = try git.run(operation, ["write-tree"])
    let wanted = try git.run(operation, ["rev-parse", "--verify", "\(tree)^{tree}"])
    guard written == wanted else {
      throw SourceError.git(operation: operation, reason: "it made another one of it")
    }
  }
}
