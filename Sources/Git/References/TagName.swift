/// The short name of a tag, such as `v1.4.0` or `release/2026-11`.
package struct TagName: Hashable, Sendable, CustomStringConvertible {
  package let text: String

  /// `nil` when `git tag` would not take it: `refs/tags/<text>` has to be a reference name, the name
  /// must not look like an option (git's `check_tag_ref`), and `HEAD` would be ambiguous.
  package init?(_ text: String) {
    // libgit2 lets DEL pass, which git-check-ref-format(1) does not.
    guard !text.isEmpty, !text.hasPrefix("-"), text != "HEAD",
      !text.utf8.contains(where: { $0 == 0 || $0 == 0x7f }),
      referenceNameIsValid("refs/tags/\(text)")
    else { return nil }
    self.text = text
  }

  package var fullName: String { "refs/tags/\(text)" }

  package var description: String { text }
}
