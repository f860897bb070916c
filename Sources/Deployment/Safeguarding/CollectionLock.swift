#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Keeps `git gc` away while secrets are in a repository's own index: it would put them into a pack,
/// where nothing takes out a single object.
///
/// It is git's own lock, `gc.pid`, which names a process and a machine (builtin/gc.c,
/// `lock_repo_for_gc`). Here that is the watcher, which lives as long as the secrets are there. git
/// passes over one whose process is gone.
struct CollectionLock {
  private let path: String
  /// What the file says.
  let text: String

  /// `process` is the one that the lock is for.
  init(commonDirectory: String, process: pid_t) {
    self.init(commonDirectory: commonDirectory, text: "\(process) \(Self.machine)")
  }

  /// One that was taken before.
  init(commonDirectory: String, text: String) {
    path = commonDirectory + "/gc.pid"
    self.text = text
  }

  /// Takes it, or waits until `deadline` for a collection that runs. `false` when that still does.
  /// `draft` is on the same file system.
  func take(
    draft: String, until deadline: ContinuousClock.Instant, isInterrupted: () -> Bool
  ) throws -> Bool {
    try DurableFile.create(draft, holding: Array(text.utf8), mode: 0o644)
    defer { _ = unsafe unlink(draft) }
    while true {
      if unsafe link(draft, path) == 0 { return true }
      // Without hard links: git would not take it for whole before it is.
      if errno != EEXIST {
        try DurableFile.rename(draft, to: path)
        return true
      }
      if !isHeld { try DurableFile.remove(path) }
      if isInterrupted() { throw Interrupted() }
      if ContinuousClock().now >= deadline { return false }
      usleep(20_000)
    }
  }

  /// Gives it back, if it is this one. One that a power cut has emptied is nobody's: git passes over
  /// it as well.
  func release() throws {
    guard let bytes = try FileSystem.contents(path, limit: 4096) else { return }
    if bytes.isEmpty || bytes.elementsEqual(text.utf8) { try DurableFile.remove(path) }
  }

  /// Whether the file is that of a living process, or of another machine's, as git judges it.
  private var isHeld: Bool {
    let bytes = (try? FileSystem.contents(path, limit: 4096)) ?? nil
    let words = String(decoding: bytes ?? [], as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard words.count == 2, let process = pid_t(words[0]) else { return false }
    return words[1] != Self.machine || kill(process, 0) == 0 || errno == EPERM
  }

  private static var machine: String {
    var name = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&name, name.count - 1) == 0 else { return "unknown" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
