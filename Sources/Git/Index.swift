internal import CLibgit2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// One entry of the index.
package struct IndexEntry: Sendable, Hashable {
  /// Relative to the top of the work tree, bytes as in git.
  package var path: [UInt8]
  /// 0o100644, 0o100755, 0o120000 (symbolic link) or 0o160000 (submodule).
  package var mode: UInt32
  package var id: ObjectID
  /// 0, or 1 (base), 2 (ours) and 3 (theirs) of a conflict.
  package var stage: Int
  /// `git add --intent-to-add`: there are no contents yet.
  package var isIntentToAdd: Bool
  /// Left out of the work tree by a sparse checkout.
  package var isSkipWorktree: Bool
  /// `git update-index --assume-unchanged`.
  package var isAssumedUnchanged: Bool
  /// What the file looked like when it was last known to be the same.
  let recorded: Recorded

  /// The part of stat(2) that the index keeps, cut to 32 bits as there.
  struct Recorded: Sendable, Hashable {
    var modifiedSeconds: UInt32
    var modifiedNanoseconds: UInt32
    var changedSeconds: UInt32
    var changedNanoseconds: UInt32
    var inode: UInt32
    var owner: UInt32
    var group: UInt32
    var size: UInt32
  }
}

/// The index as it is on disk, read whole. Entries are in git's order: path, then stage.
struct Index: Sendable {
  private(set) var entries: [IndexEntry] = []
  /// When the file was written; `nil` when there is none.
  private(set) var written: FileStatus?

  private static let operation = "read the index"

  /// An empty index.
  init() {}

  /// Reads the file at `path`. Without a file the index is empty; one that cannot be read, or not
  /// by libgit2, is an error.
  ///
  /// libgit2 takes a file that it cannot stat or open for none at all. So the file is opened here
  /// first, and the number of entries compared afterwards.
  init(at path: String) throws(GitError) {
    try Library.start()
    // Another process may replace the index between the two looks at it.
    for _ in 0..<5 {
      guard
        let header = try FileSystem.read(path, limit: 12, for: Self.operation),
        let before = FileSystem.status(of: path)
      else { return }
      let count = try Self.count(in: header, of: path)
      let entries = try Self.entries(of: path)
      if entries.count == count, FileSystem.status(of: path) == before {
        self.entries = entries
        written = before
        return
      }
    }
    throw GitError(.corrupt, Self.operation, path, detail: "it does not hold what it says")
  }

  private static func count(in header: [UInt8], of path: String) throws(GitError) -> Int {
    guard header.count == 12, header.starts(with: "DIRC".utf8) else {
      throw GitError(.corrupt, operation, path, detail: "bad signature")
    }
    let numbers = [4, 8].map { start in
      header[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) }
    }
    guard (2...4).contains(numbers[0]) else {
      throw GitError(.unsupportedIndex, operation, path, detail: "version \(numbers[0])")
    }
    return numbers[1]
  }

  private static func entries(of path: String) throws(GitError) -> [IndexEntry] {
    var index: OpaquePointer?
    let result = unsafe git_index_open(&index, path)
    defer { unsafe git_index_free(index) }
    if result < 0 {
      var error = GitError(result, operation, path)
      if error.detail.contains("unsupported mandatory extension") {
        error.code = .unsupportedIndex
      } else if hasNoChecksum(path) {
        // `index.skipHash` of git 2.40.
        error.code = .unsupportedIndex
      } else if error.code == .other || error.code == .notFound {
        error.code = .corrupt
      }
      throw error
    }
    let count = unsafe git_index_entrycount(index)
    var entries: [IndexEntry] = []
    entries.reserveCapacity(count)
    for position in 0..<count {
      guard let entry = unsafe git_index_get_byindex(index, position) else {
        throw GitError(.corrupt, operation, path)
      }
      entries.append(unsafe IndexEntry(entry.pointee))
    }
    return entries
  }

  /// Whether the hash at the end is zero, which says that none was computed.
  private static func hasNoChecksum(_ path: String) -> Bool {
    let bytes = try? FileSystem.contents(of: path, for: operation)
    return bytes?.suffix(20).allSatisfy { $0 == 0 } ?? false
  }

  /// The position of the first entry that is not before `path`.
  func position(of path: [UInt8]) -> Int {
    var low = 0
    var high = entries.count
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

  /// The entry of that path, of any stage.
  func entry(at path: [UInt8]) -> IndexEntry? {
    let position = position(of: path)
    return position < entries.count && entries[position].path == path ? entries[position] : nil
  }

  /// Whether there is anything below the directory `path`.
  func hasEntries(below path: [UInt8]) -> Bool {
    if path.isEmpty { return !entries.isEmpty }
    let prefix = path + [UInt8(ascii: "/")]
    let position = position(of: prefix)
    return position < entries.count && entries[position].path.starts(with: prefix)
  }
}

extension IndexEntry {
  fileprivate init(_ entry: git_index_entry) {
    self.init(
      path: unsafe entry.path.map { unsafe Self.bytes(of: $0) } ?? [],
      mode: unsafe entry.mode,
      id: ObjectID(unsafe entry.id),
      stage: Int(unsafe entry.flags >> UInt16(GIT_INDEX_ENTRY_STAGESHIFT)) & 3,
      isIntentToAdd: unsafe entry.flags_extended
        & UInt16(GIT_INDEX_ENTRY_INTENT_TO_ADD.rawValue) != 0,
      isSkipWorktree: unsafe entry.flags_extended
        & UInt16(GIT_INDEX_ENTRY_SKIP_WORKTREE.rawValue) != 0,
      isAssumedUnchanged: unsafe entry.flags & UInt16(GIT_INDEX_ENTRY_VALID.rawValue) != 0,
      recorded: Recorded(
        modifiedSeconds: UInt32(bitPattern: unsafe entry.mtime.seconds),
        modifiedNanoseconds: unsafe entry.mtime.nanoseconds,
        changedSeconds: UInt32(bitPattern: unsafe entry.ctime.seconds),
        changedNanoseconds: unsafe entry.ctime.nanoseconds,
        inode: unsafe entry.ino,
        owner: unsafe entry.uid,
        group: unsafe entry.gid,
        size: unsafe entry.file_size))
  }

  private static func bytes(of text: UnsafePointer<CChar>) -> [UInt8] {
    unsafe Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
  }
}

extension Repository {
  /// Every entry of the index. A missing index is an empty one; a split or sparse one is
  /// ``GitError/Code/unsupportedIndex``, which `git ls-files --stage -z` can read.
  package func indexEntries() throws(GitError) -> [IndexEntry] { try index().entries }

  /// Whether the path is in the index, in whatever stage, or anything below it is.
  package func isTracked(_ path: String) throws(GitError) -> Bool {
    let bytes = Array(path.withoutTrailingSlash.utf8)
    let index = try index()
    return index.entry(at: bytes) != nil || index.hasEntries(below: bytes)
  }
}
