#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// git's defence against repositories that somebody else has put there (CVE-2022-24765), as git
/// 2.39's `setup.c` has it.
enum Ownership {
  /// Whether `path` is this user's own. For root, what belongs to the user who called sudo is too.
  static func isOwn(_ path: String, environment: [String: String]) -> Bool {
    guard let owner = FileSystem.status(of: path, followingLinks: false)?.owner else {
      return false
    }
    var user = geteuid()
    if user == 0 {
      if owner == 0 { return true }
      if let caller = environment.nonEmpty("SUDO_UID"), let number = UInt32(caller) {
        user = number
      }
    }
    return owner == user
  }

  /// Whether `safe.directory` allows the repository at `path`. Only what the repository itself
  /// cannot say counts.
  static func isAllowed(
    _ path: String, by configuration: GitConfiguration, environment: [String: String]
  ) -> Bool {
    var isAllowed = false
    let real = FileSystem.realPath(path) ?? path
    for entry in configuration.all("safe.directory") {
      guard let value = entry.value, !value.isEmpty else {
        isAllowed = false
        continue
      }
      guard value != "*" else {
        isAllowed = true
        continue
      }
      guard let allowed = environment.expandingHome(value) else { continue }
      // `/*` at the end is newer than 2.39: everything below.
      let isBelow =
        allowed.hasSuffix("/*")
        && [path, real].contains { $0.hasPrefix(allowed.dropLast()) && $0 != allowed }
      if isBelow || [path, real].contains(allowed.withoutTrailingSlash) { isAllowed = true }
    }
    return isAllowed
  }
}
