/// The texts of the guard's hooks: POSIX sh, and nothing in them but paths.
enum GuardScript {
  private static let start = "#!/bin/sh\n# git-eb guard; 'git eb guard remove' takes it away.\n"
  private static let end = "# End of git-eb guard.\n"

  /// Whether a hook begins as ours do.
  static func isOurs(_ text: String) -> Bool { text.hasPrefix(start) }

  /// Whether nothing was added to it.
  static func isWhole(_ text: String) -> Bool { text.hasPrefix(start) && text.hasSuffix(end) }

  /// Hooks that are passed on to whether they are there yet or not: those that people and other
  /// tools add. The rest are run often or change what git does by being there.
  static let passedOn = [
    "applypatch-msg", "pre-applypatch", "post-applypatch", "pre-merge-commit",
    "prepare-commit-msg", "commit-msg", "post-commit", "pre-rebase", "post-checkout", "post-merge",
    "post-rewrite", "pre-auto-gc",
  ]

  /// A hook that calls the guard and the hook of the directory `next`; `remedy` takes the guard away
  /// without git-eb.
  static func hook(_ name: String, next: String?, remedy: String) -> String {
    let next = next.map { ShellWords.quoted($0 + "/" + name) }
    return start + (name == "pre-push" ? prePush(next, remedy) : preCommit(next, remedy)) + end
  }

  /// The hook that was there before comes first: it may add to what is committed.
  private static func preCommit(_ next: String?, _ remedy: String) -> String {
    (next.map {
      """
      next=\($0)
      if [ -f "$next" ] && [ -x "$next" ]; then "$next" "$@" || exit; fi

      """
    } ?? "") + presence("commit", remedy)
      + """
      git eb guard check-commit || exit

      """
  }

  /// Both read what is pushed. The one that was there before may take long, so it comes last.
  private static func prePush(_ next: String?, _ remedy: String) -> String {
    let check = presence("push", remedy)
    guard let next else { return check + "git eb guard check-push -- \"$1\" || exit\n" }
    return check
      + """
      lines=$(cat)
      [ -z "$lines" ] || git eb guard check-push -- "$1" <<LINES || exit
      $lines
      LINES
      next=\(next)
      if [ -f "$next" ] && [ -x "$next" ]; then
        [ -n "$lines" ] || exec "$next" "$@" </dev/null
        "$next" "$@" <<LINES || exit
      $lines
      LINES
      fi

      """
  }

  /// A guard that does nothing without a word would be worse than none.
  private static func presence(_ verb: String, _ remedy: String) -> String {
    """
    command -v git-eb >/dev/null || {
      cat >&2 <<'WORDS'
    error: there is no git-eb in PATH, which this repository's guard asks before a \(verb)
    hint: git \(verb) --no-verify, or without the guard: \(remedy.replacing("\n", with: " "))
    WORDS
      exit 1
    }

    """
  }

  /// A hook that only calls that of the directory `next`.
  static func passingOn(_ name: String, to next: String) -> String {
    start
      + """
      next=\(ShellWords.quoted(next + "/" + name))
      [ ! -f "$next" ] || [ ! -x "$next" ] || exec "$next" "$@"
      exit 0

      """ + end
  }

  // MARK: - What was there before

  /// The directory whose hooks are called, and the repository's own `core.hooksPath`, if it had one.
  static func previous(directory: String, setting: String?) -> String {
    directory + "\0" + (setting.map { $0 + "\0" } ?? "")
  }

  static func previous(in text: String) -> (directory: String, setting: String?)? {
    let parts = text.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 2 else { return nil }
    return (parts[0], parts.count > 2 ? parts[1] : nil)
  }
}
