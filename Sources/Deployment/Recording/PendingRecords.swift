package import Git

/// Records that are not in the repository yet: of a deployment that is going on, or that could not
/// be written. They lie outside of the repository, which is as it was until a deployment has ended.
package struct PendingRecords: Sendable {
  private static let directoryMode: UInt32 = 0o700
  private static let fileMode: UInt32 = 0o600
  private static let sizeLimit = 1 << 20

  /// Where those of all repositories lie; `nil` where there is no place for state.
  private let root: String?
  private let repository: String

  /// - Parameter state: git-eb's own directory for state, below which they lie by repository.
  package init(_ location: Location, below state: String?) {
    root = state.map { $0 + "/.records" }
    repository = location.commonDirectory
  }

  private var directory: String? {
    root.map { root in
      let common = FileSystem.realPath(repository) ?? repository
      return "\(root)/\(NameHash.text(of: common, count: 16))"
    }
  }

  /// One of them, by the process that keeps it.
  package struct Entry: Sendable {
    package var path: String
    package var owner: ProcessIdentity
    /// The contents of the tag object.
    package var text: [UInt8]
  }

  /// Keeps the text of a record; another call with the same path replaces it. `nil` where it cannot
  /// be kept.
  func keep(_ text: String, at path: String? = nil) -> String? {
    guard let directory else { return nil }
    do throws(FileError) {
      var place = path
      if place == nil { place = try freePath(in: directory) }
      guard let path = place else { return nil }
      let draft = DraftName.of(path)
      try DurableFile.create(
        draft, holding: Array(text.utf8), mode: Self.fileMode, isSynced: false)
      try DurableFile.rename(draft, to: path)
      return path
    } catch {
      return nil
    }
  }

  private func freePath(in directory: String) throws(FileError) -> String {
    try FileSystem.makeDirectories(directory, mode: Self.directoryMode)
    let stem = "\(directory)/\(ProcessIdentity.current.text)"
    // One process may deploy several branches.
    var number = 0
    while try FileSystem.status("\(stem)-\(number)") != nil { number += 1 }
    return "\(stem)-\(number)"
  }

  func drop(_ path: String) {
    try? DurableFile.remove(path)
    if let directory { DurableFile.removeDirectory(directory) }
  }

  /// Those whose process has ended, in no order. Costs one look where there are none.
  package func orphans() -> [Entry] {
    // Mostly there are none of any repository.
    guard let root, (try? FileSystem.names(in: root))?.isEmpty == false, let directory,
      let names = try? FileSystem.names(in: directory)
    else { return [] }
    return names.compactMap { name in
      let path = "\(directory)/\(name)"
      if let owner = DraftName.owner(of: name) {
        if !owner.isAlive { try? DurableFile.remove(path) }
        return nil
      }
      guard let dash = name.lastIndex(of: "-"), let owner = ProcessIdentity(String(name[..<dash])),
        !owner.isAlive,
        let text = try? FileSystem.contents(path, limit: Self.sizeLimit)
      else { return nil }
      return Entry(path: path, owner: owner, text: text)
    }
  }
}
