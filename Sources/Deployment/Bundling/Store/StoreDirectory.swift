#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// What a segment's files are called by: sorted by name, they are sorted by the time of writing.
struct StoreName: Hashable, Comparable {
  let text: String

  private static let counter = StoreCounter()

  /// A name that no other segment has.
  static func unique() -> StoreName {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    let nanoseconds = max(0, Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    let digits = String(nanoseconds, radix: 16)
    let padding = String(repeating: "0", count: max(0, 16 - digits.utf8.count))
    return StoreName(
      text: "\(padding)\(digits)-\(ProcessIdentity.current.text).\(counter.next())")
  }

  static func < (left: Self, right: Self) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }
}

/// The files of a store, and who may touch them.
struct StoreDirectory {
  let path: String

  enum Kind: String, CaseIterable {
    case records = ".blobs"
    case uses = ".uses"
  }

  private static let segmentPrefix = "segment-"
  private static let temporaryPrefix = "temporary-"
  private static let counter = StoreCounter()

  func path(of name: StoreName, _ kind: Kind) -> String {
    path + "/" + Self.segmentPrefix + name.text + kind.rawValue
  }

  /// A name for a file that is being written, which says whose it is.
  func temporaryPath() -> String {
    path + "/" + Self.temporaryPrefix + ProcessIdentity.current.text + ".\(Self.counter.next())"
  }

  func exists(_ name: StoreName, _ kind: Kind) -> Bool {
    (try? FileSystem.status(path(of: name, kind))) != nil
  }

  func remove(_ name: StoreName) {
    for kind in Kind.allCases { _ = unsafe unlink(path(of: name, kind)) }
  }

  static func remove(_ path: String) { _ = unsafe unlink(path) }

  static func rename(_ old: String, to new: String) -> Bool {
    #if canImport(Glibc)
      unsafe Glibc.rename(old, new) == 0
    #else
      unsafe Darwin.rename(old, new) == 0
    #endif
  }

  /// What a directory may be for a store.
  enum State {
    case missing
    case ours
    /// Somebody else's, open to others, a link, or no directory.
    case foreign
  }

  var state: State {
    let status: FileSystem.Status?
    do throws(FileError) { status = try FileSystem.status(path) } catch { return .foreign }
    guard let status else { return .missing }
    return status.isDirectory && status.owner == geteuid() && status.mode & 0o077 == 0
      ? .ours : .foreign
  }

  /// Makes the directory where it is missing.
  func make() -> Bool {
    if state == .missing { try? FileSystem.makeDirectories(path, mode: 0o700) }
    return state == .ours
  }

  /// What is in the directory, other than the lock.
  struct Contents {
    /// With records; the newest first.
    var segments: [StoreName] = []
    /// With a file of uses and no records.
    var orphans: [StoreName] = []
    /// Paths of what processes have left that are no more.
    var leftovers: [String] = []
    /// Paths of what others are writing now.
    var drafts: [String] = []
  }

  func contents() -> Contents {
    var contents = Contents()
    var records: Set<StoreName> = []
    var uses: Set<StoreName> = []
    for name in (try? FileSystem.names(in: path)) ?? [] {
      if name.hasPrefix(Self.segmentPrefix) {
        let rest = name.dropFirst(Self.segmentPrefix.count)
        if rest.hasSuffix(Kind.records.rawValue) {
          records.insert(StoreName(text: String(rest.dropLast(Kind.records.rawValue.count))))
        } else if rest.hasSuffix(Kind.uses.rawValue) {
          uses.insert(StoreName(text: String(rest.dropLast(Kind.uses.rawValue.count))))
        }
      } else if name.hasPrefix(Self.temporaryPrefix) {
        let owner = name.dropFirst(Self.temporaryPrefix.count).prefix { $0 != "." }
        if ProcessIdentity(String(owner))?.isAlive == true {
          contents.drafts.append(path + "/" + name)
        } else {
          contents.leftovers.append(path + "/" + name)
        }
      }
    }
    contents.segments = records.sorted(by: >)
    contents.orphans = uses.subtracting(records).sorted()
    return contents
  }

  /// Bytes of a file; 0 when it is gone.
  static func size(_ path: String) -> Int64 {
    (try? FileSystem.status(path))?.size ?? 0
  }

  /// Takes the lock of those who merge and remove; `nil` while another process has it.
  ///
  /// It saves double work and nothing else: two who merge the same leave the same records twice, for
  /// the next merge to find. So where the file system knows no locks, everybody has it.
  func lock() -> StoreLock? {
    guard let file = try? StoreFile.open(path + "/lock", forWriting: true, creating: true) else {
      return nil
    }
    if flock(file.descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK || errno == EINTR {
      return nil
    }
    return StoreLock(file: file)
  }

  /// Takes the lock, and waits for it a few seconds at most.
  func waitForLock() -> StoreLock? {
    for _ in 0..<250 {
      if let lock = lock() { return lock }
      // Nobody has what cannot be opened.
      guard (try? StoreFile.open(path + "/lock", forWriting: true)) != nil else { return nil }
      usleep(20_000)
    }
    return nil
  }
}

/// Held until its last reference goes, or the process.
final class StoreLock {
  private let file: StoreFile

  fileprivate init(file: StoreFile) { self.file = file }
}
