import Foundation

/// A new directory that is removed, with everything in it, when the last reference goes.
///
/// Keep it in a property or a local of the test; a `path` alone does not keep it.
package final class TemporaryDirectory: Sendable {
  /// The absolute path, without symbolic links and without a slash at its end.
  package let path: String

  package init() throws {
    let base = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
    let url = base.appending(path: "git-eb-test-\(UUID().uuidString)", directoryHint: .notDirectory)
    try FileManager.default.createDirectory(
      at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    path = url.path(percentEncoded: false)
  }

  deinit {
    let manager = FileManager.default
    guard (try? manager.removeItem(atPath: path)) == nil else { return }
    // Something in it is not writable: allow everything, and once more.
    for name in (try? manager.subpathsOfDirectory(atPath: path)) ?? [] {
      try? manager.setAttributes([.posixPermissions: 0o700], ofItemAtPath: "\(path)/\(name)")
    }
    try? manager.removeItem(atPath: path)
  }

  /// The absolute path of `name` in it.
  package func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file, and the directories that lead to it.
  /// - Returns: its absolute path.
  @discardableResult
  package func write(_ contents: String, to name: String, mode: Int = 0o644) throws -> String {
    try write(Array(contents.utf8), to: name, mode: mode)
  }

  /// Writes a file, and the directories that lead to it.
  /// - Returns: its absolute path.
  @discardableResult
  package func write(_ contents: [UInt8], to name: String, mode: Int = 0o644) throws -> String {
    let url = URL(filePath: file(name))
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(contents).write(to: url)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
    return url.path
  }

  /// The contents of a file in it.
  package func read(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: file(name))))
  }
}
