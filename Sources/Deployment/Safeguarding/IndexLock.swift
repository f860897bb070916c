#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Replaces an index by git's own protocol: `index.lock` is made, which only one process can do, the
/// index is looked at again, and the lock is renamed over it.
///
/// The lock is a hard link to a draft that is already on the disk: so it is whole from its first
/// moment, and whoever finds it after a kill can tell by the draft that it is git-eb's.
final class IndexLock {
  /// The index, links resolved.
  private let index: String
  /// Where the new bytes are written first.
  private let draft: String
  /// How long a foreign lock is waited for.
  private let limit: Duration
  private let isInterrupted: () -> Bool
  private var isHeld = false

  init(
    index: String, draft: String, waiting limit: Duration = .seconds(10),
    isInterrupted: @escaping () -> Bool = { false }
  ) {
    self.index = FileSystem.realPath(index) ?? index
    self.draft = draft
    self.limit = limit
    self.isInterrupted = isInterrupted
  }

  deinit { release() }

  private var lock: String { index + ".lock" }
  private var heldDraft: String { draft + ".held" }

  /// What an index becomes.
  struct Contents {
    /// `nil` for none.
    var bytes: [UInt8]?
    var mode: UInt32 = 0o644
    /// Its time, where that is not to be now.
    var modified: IndexTime?
  }

  /// What a kill may leave of the drafts of a lock.
  static func drafts(_ draft: String) -> [String] { [draft, draft + ".held", draft + ".link"] }

  /// Takes the lock before it is known what the index is to become: for one that others write so
  /// often that it is never the same for long.
  func hold() throws {
    guard !isHeld else { return }
    try DurableFile.create(heldDraft, holding: [], mode: 0o600)
    try take(heldDraft, Contents(bytes: []))
    isHeld = true
  }

  /// Gives the lock back, if it is held.
  func release() {
    guard isHeld else { return }
    isHeld = false
    if isOurs { _ = unsafe unlink(lock) }
    _ = unsafe unlink(heldDraft)
  }

  /// Puts `contents` in place of the index whose checksum is `expected`. `false` when the index is
  /// another one by now; then nothing was changed. The lock is not held afterwards.
  func replace(expecting expected: String, with contents: Contents) throws -> Bool {
    defer {
      release()
      for path in Self.drafts(draft) { _ = unsafe unlink(path) }
    }
    try DurableFile.create(
      draft, holding: contents.bytes ?? [], mode: contents.mode, modified: contents.modified)
    if isHeld {
      // A second link, since the draft has to stay to know the lock by.
      let second = draft + ".link"
      try DurableFile.remove(second)
      if unsafe link(draft, second) != 0 {
        try DurableFile.create(
          second, holding: contents.bytes ?? [], mode: contents.mode, modified: contents.modified)
      }
      try DurableFile.rename(second, to: lock)
    } else {
      try take(draft, contents)
    }
    do {
      guard try IndexSnapshot(at: index).checksum == expected else {
        try DurableFile.remove(lock)
        return false
      }
      if contents.bytes == nil {
        try DurableFile.remove(index)
        try DurableFile.syncDirectory(DurableFile.directory(of: index))
        try DurableFile.remove(lock)
      } else {
        try DurableFile.rename(lock, to: index)
        try DurableFile.syncDirectory(DurableFile.directory(of: index))
      }
      return true
    } catch {
      // After the rename there is no lock of ours, and one that is there is another's.
      if isOurs { _ = unsafe unlink(lock) }
      throw error
    }
  }

  /// Removes a lock that git-eb left when it was cut off.
  func removeLeftover() throws {
    if isOurs { try DurableFile.remove(lock) }
    for path in Self.drafts(draft) { try DurableFile.remove(path) }
  }

  private func take(_ draft: String, _ contents: Contents) throws {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while true {
      if unsafe link(draft, lock) == 0 { return }
      // This file system has no hard links, or the index is on another one.
      if errno != EEXIST, errno != EINTR, try make(contents) { return }
      if isInterrupted() { throw Interrupted() }
      if clock.now >= deadline { throw try refusal() }
      usleep(5000)
    }
  }

  /// Makes the lock as a file of its own; `false` when there is one.
  private func make(_ contents: Contents) throws(FileError) -> Bool {
    let descriptor = unsafe open(lock, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      if errno == EEXIST || errno == EINTR { return false }
      throw FileError(operation: "create", path: lock, errno: errno)
    }
    defer { close(descriptor) }
    try DurableFile.fill(
      descriptor, of: lock, with: contents.bytes ?? [], mode: contents.mode,
      modified: contents.modified)
    return true
  }

  /// Whether the lock is a draft itself or, where there are no hard links, the beginning of one that
  /// no process writes.
  private var isOurs: Bool {
    guard let theirs = try? FileSystem.status(lock), theirs.isRegular else { return false }
    return [draft, heldDraft].contains { draft in
      guard let ours = try? FileSystem.status(draft) else { return false }
      if theirs.inode == ours.inode, theirs.device == ours.device { return true }
      guard theirs.size > 0, theirs.size <= ours.size, OpenFiles.users(of: lock).isEmpty,
        let written = try? FileSystem.contents(lock, limit: Int(ours.size)),
        let whole = try? FileSystem.contents(draft, limit: Int(ours.size))
      else { return false }
      return whole.starts(with: written)
    }
  }

  private func refusal() throws -> SafeguardError {
    var status = stat()
    let age =
      unsafe stat(lock, &status) == 0 ? Int64(time(nil)) - Int64(IndexTime(status).seconds) : 0
    return .locked(path: lock, holder: OpenFiles.users(of: lock).first, age: max(0, age))
  }
}

/// Who has a file open, as far as this user may see.
enum OpenFiles {
  /// Such as `process 4711 (git)`.
  static func users(of path: String) -> [String] {
    #if os(Linux)
      var users: [String] = []
      for process in (try? FileSystem.names(in: "/proc")) ?? [] where Int32(process) != nil {
        let descriptors = "/proc/\(process)/fd"
        let isUser = ((try? FileSystem.names(in: descriptors)) ?? []).contains { name in
          let target = try? FileSystem.linkTarget("\(descriptors)/\(name)")
          return target.map { $0.elementsEqual(path.utf8) } ?? false
        }
        guard isUser else { continue }
        let name = (try? FileSystem.contents("/proc/\(process)/comm", limit: 256)) ?? nil
        let word = String(decoding: (name ?? []).prefix { $0 != 0x0a }, as: UTF8.self)
        users.append("process \(process)" + (word.isEmpty ? "" : " (\(word))"))
      }
      return users
    #else
      return []
    #endif
  }
}
