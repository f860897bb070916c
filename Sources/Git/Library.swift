internal import CLibgit2

/// libgit2 itself: started once for the process, never stopped.
package enum Library {
  /// The answer of the one call of ``start()`` that did the work.
  private static let result: Result<Void, GitError> = Result(catching: begin)

  /// Starts libgit2. Every door of this module calls it; only the first call does anything.
  package static func start() throws(GitError) {
    try result.get()
  }

  private static func begin() throws(GitError) {
    try check(git_libgit2_init(), "start libgit2", "")
    try check(libgit2_set_extensions(), "start libgit2", "extensions")
    // What a bulk read needs: no second hash over every object (zlib's checksum stays), and small
    // windows over the packs, which cost nothing and keep the memory low.
    for (option, value) in [
      (GIT_OPT_SET_MWINDOW_SIZE, 1 << 20), (GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, 8 << 20),
    ] {
      try check(libgit2_set_size(Int32(option.rawValue), value), "start libgit2", "windows")
    }
    try check(
      libgit2_set_flag(Int32(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION.rawValue), 0),
      "start libgit2", "verification")
    // git's own rules of ownership and of configuration files are in `Ownership` and
    // `GitConfiguration`: libgit2's know neither GIT_CONFIG_GLOBAL nor SUDO_UID nor `git -c`, so
    // they would refuse what git allows. Each handle is given the right files (see `Handle`).
    try check(
      libgit2_set_flag(Int32(GIT_OPT_SET_OWNER_VALIDATION.rawValue), 0),
      "start libgit2", "ownership")
    for level in [
      GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
      GIT_CONFIG_LEVEL_GLOBAL,
    ] {
      try check(unsafe libgit2_set_search_path(level, ""), "start libgit2", "search path")
    }
  }
}

/// Throws what libgit2 just said when `result` is one of its error codes (a negative number).
///
/// libgit2's message belongs to the thread: this has to be the next call after the one that failed.
@discardableResult
func check(
  _ result: Int32, _ operation: String, _ subject: @autoclosure () -> String
) throws(GitError) -> Int32 {
  guard result < 0 else { return result }
  throw GitError(result, operation, subject())
}
