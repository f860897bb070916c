/// What a file is called that is written beside its name and renamed to it: the name says which
/// process writes it, so that what a killed one left is told apart.
package enum DraftName {
  /// Between the file's name and the process.
  private static let infix = ".git-eb-"

  /// The draft of this process for the file at `path`.
  package static func of(_ path: String) -> String {
    path + infix + ProcessIdentity.current.text
  }

  /// Who writes a draft; `nil` when `name` is that of no draft.
  package static func owner(of name: String) -> ProcessIdentity? {
    guard let mark = name.ranges(of: infix).last else { return nil }
    return ProcessIdentity(String(name[mark.upperBound...]))
  }

  /// The same, of drafts for the file called `file` alone.
  package static func owner(of name: String, for file: String) -> ProcessIdentity? {
    guard name.hasPrefix(file + infix) else { return nil }
    return ProcessIdentity(String(name.dropFirst(file.count + infix.count)))
  }

  /// Whether a name looks like a draft's, whoever made it.
  static func isLike(_ name: String) -> Bool { name.contains(infix) }
}
