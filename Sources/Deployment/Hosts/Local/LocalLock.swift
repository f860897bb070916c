import FoundationEssentials
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The lock of one environment, held from its taking until ``release()`` or the holder's end.
///
/// It is flock(2)'s, so the system drops it however the holder ends; the file says who has it.
final class LocalLock: Sendable {
  /// Who has the lock, and for what.
  struct Holder: Codable, Sendable {
    var pid: Int32
    /// Such as `deploying v1.4.0`.
    var work: String
    var status: String
    /// ``ProcessIdentity/text`` of the process.
    var process: String?
    /// The version that is being deployed.
    var label: String?

    /// For people.
    var text: String { "process \(pid), \(work)" }
    var environmentStatus: EnvironmentDescription.Status {
      EnvironmentDescription.Status(rawValue: status) ?? .updating
    }
  }

  private let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Says that nobody has the lock now. The descriptor is closed with the last reference.
  func release() {
    ftruncate(descriptor, 0)
    flock(descriptor, LOCK_UN)
  }

  /// Writes for what the lock is held from now on.
  func describe(_ holder: Holder) {
    guard let bytes = try? LocalJSON.bytes(of: holder) else { return }
    // On a full disk the holder stays unnamed; the lock itself needs no space.
    ftruncate(descriptor, 0)
    lseek(descriptor, 0, SEEK_SET)
    _ = LocalStorage.writeAll(bytes[...], to: descriptor)
  }

  /// Takes the lock if nobody has it; the file must be the one that the path still leads to.
  static func take(_ path: FilePath) throws(HostError) -> LocalLock? {
    let descriptor = unsafe open(path.string, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      // The environment was terminated in this instant.
      if errno == ENOENT { return nil }
      throw LocalStorage.failure("open", path)
    }
    let lock = LocalLock(descriptor: descriptor)
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      if errno == EWOULDBLOCK || errno == EINTR { return nil }
      throw LocalStorage.failure("lock", path)
    }
    // The environment may have been terminated between open and flock.
    return leads(path, to: descriptor) ? lock : nil
  }

  /// Who has the lock now; `nil` when nobody has.
  static func holder(of path: FilePath) -> Holder? {
    guard isHeld(path) else { return nil }
    let bytes = (try? LocalStorage.read(path, limit: 4096)) ?? nil
    guard let bytes, let holder = try? LocalJSON.value(Holder.self, from: bytes) else {
      return Holder(pid: 0, work: "", status: "")
    }
    return holder
  }

  /// Whether a process holds the lock.
  static func isHeld(_ path: FilePath) -> Bool {
    // An empty file is one that nobody holds: looking must not get in the way of taking.
    guard LocalStorage.size(of: path) > 0 else { return false }
    let descriptor = unsafe open(path.string, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  /// Whether `path` is the file that is open as `descriptor`.
  static func leads(_ path: FilePath, to descriptor: Int32) -> Bool {
    var open = stat()
    var named = stat()
    guard unsafe fstat(descriptor, &open) == 0, unsafe stat(path.string, &named) == 0 else {
      return false
    }
    return open.st_ino == named.st_ino && open.st_dev == named.st_dev
  }
}
