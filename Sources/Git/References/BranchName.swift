internal import CLibgit2

/// The short name of a local branch, such as `master` or `feature/login`.
package struct BranchName: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let text: String

  /// `nil` when `refs/heads/<text>` is not a reference name by git's rules.
  package init?(_ text: String) {
    guard !text.isEmpty, !text.utf8.contains(0), referenceNameIsValid("refs/heads/\(text)") else {
      return nil
    }
    self.text = text
  }

  /// From a full reference name; `nil` when it is not one under `refs/heads/`.
  package init?(fullName: String) {
    let prefix = "refs/heads/"
    guard fullName.utf8.starts(with: prefix.utf8) else { return nil }
    self.init(String(decoding: fullName.utf8.dropFirst(prefix.utf8.count), as: UTF8.self))
  }

  package var fullName: String { "refs/heads/\(text)" }

  package var description: String { text }

  package static func < (left: Self, right: Self) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }
}

/// Whether libgit2 takes `name` for a full reference name. Needs no repository.
func referenceNameIsValid(_ name: String) -> Bool {
  guard (try? Library.start()) != nil else { return false }
  var valid: Int32 = 0
  return unsafe git_reference_name_is_valid(&valid, name) == 0 && valid == 1
}
