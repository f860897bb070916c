#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A directory for secrets outside the repository: closed to others, in memory where the machine
/// has such a place, and named after the process that made it.
package final class PrivateStorage {
  package let path: String

  /// In the first fitting place of `places` that has room for `size` bytes.
  package init(places: [String], size: Int64) throws {
    var errors: [FileError] = []
    for place in places {
      do throws(FileError) {
        guard try Self.room(in: place) >= size else {
          throw FileError(operation: "write to", path: place, errno: ENOSPC)
        }
        path = try PrivateDirectory(below: place).path
        return
      } catch {
        errors.append(error)
      }
    }
    throw SafeguardError.noPlace(errors)
  }

  /// Where it may lie, best first: `$XDG_RUNTIME_DIR`, which is the user's own, `/dev/shm`, and the
  /// directory for temporary files.
  package static func places(
    environment: [String: String], temporaryDirectory: String
  ) -> [String] {
    var places: [String] = []
    if let runtime = environment["XDG_RUNTIME_DIR"], runtime.hasPrefix("/"),
      let status = try? FileSystem.status(runtime), status.isDirectory,
      status.owner == getuid(), status.mode & 0o077 == 0
    {
      places.append(runtime)
    }
    if let status = try? FileSystem.status("/dev/shm"), status.isDirectory,
      unsafe access("/dev/shm", W_OK | X_OK) == 0
    {
      places.append("/dev/shm")
    }
    if !places.contains(temporaryDirectory) { places.append(temporaryDirectory) }
    return places
  }

  /// Notes another process that uses it: while that one lives, nobody takes it for a leftover.
  package func note(_ user: ProcessIdentity) throws(FileError) {
    let file = path + "/" + PrivateDirectory.usersFile
    let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError(operation: "create", path: file, errno: errno) }
    defer { close(descriptor) }
    guard LocalStorage.writeAll(Array((user.text + "\n").utf8)[...], to: descriptor) else {
      throw FileError(operation: "write", path: file, errno: errno)
    }
  }

  /// Removes it. May be called again.
  package func remove() { Self.remove(path) }

  /// A process that was cut off may still be writing one more file.
  static func remove(_ path: String) {
    for _ in 0..<20 {
      FileSystem.removeTree(path)
      guard (try? FileSystem.status(path)) != nil else { return }
      usleep(10_000)
    }
  }

  deinit { remove() }

  private static func room(in place: String) throws(FileError) -> Int64 {
    var status = statvfs()
    guard unsafe statvfs(place, &status) == 0 else {
      throw FileError(operation: "look at", path: place, errno: errno)
    }
    return Int64(clamping: UInt64(status.f_bavail)) * Int64(status.f_frsize)
  }
}
