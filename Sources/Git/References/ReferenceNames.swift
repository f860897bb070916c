#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

extension Repository {
  /// The full names of all references below a prefix such as `refs/tags/`, in the order of their
  /// bytes. What they point to is not read, so that many cost little. Names that are not UTF-8 are
  /// left out.
  package func referenceNames(under prefix: String) throws(GitError) -> [String] {
    let directories = try referenceDirectories(under: prefix)
    let names = directories.flatMap(\.sorted)
    // What is sorted in itself is merged at little cost.
    return directories.count < 2 ? names : names.sorted { $0.precedes($1) }
  }

  /// The same names by the directories that they stand in, in the order of these directories' paths.
  package func referenceDirectories(
    under prefix: String
  ) throws(GitError) -> [ReferenceDirectory] {
    var found = FoundReferences()
    try collectLoose(below: prefix, &found)
    try packedReferences().forEach(under: prefix) { name, _ in
      guard let slash = name.lastIndex(of: UInt8(ascii: "/")) else { return }
      found.append(name[(slash + 1)...], in: name[...slash])
    }
    return found.directories.sorted { $0.path.precedes($1.path) }
  }

  /// All references below a prefix such as `refs/tags/`, by name. Symbolic ones are resolved; those
  /// that point to nothing, and what is no reference, are left out.
  ///
  /// Not by libgit2, which copies all packed references of the repository to go through some.
  package func references(
    under prefix: String
  ) throws(GitError) -> [(name: String, id: ObjectID)] {
    var found = FoundReferences()
    try collectLoose(below: prefix, &found)
    let loose = found.directories.flatMap(\.sorted)
    var references: [(name: String, id: ObjectID)] = []
    for name in loose {
      if let id = (try? reference(name)) ?? nil { references.append((name, id)) }
    }
    let isLoose = Set(loose)
    try packedReferences().forEach(under: prefix) { bytes, id in
      guard let name = String(validating: bytes, as: UTF8.self), !isLoose.contains(name),
        let id = ObjectID(hex: String(decoding: id, as: UTF8.self))
      else { return }
      references.append((name, id))
    }
    return references.sorted { $0.name.precedes($1.name) }
  }

  /// What the names of lock files end with.
  private static let lock = Array(".lock".utf8)

  private func collectLoose(
    below prefix: String, _ found: inout FoundReferences
  ) throws(GitError) {
    var directories = [prefix]
    while let directory = directories.popLast() {
      let path = commonDirectory.appending(path: directory)
      guard FileSystem.isDirectory(path) else { continue }
      let directoryBytes = Array(directory.utf8)
      do throws(GitError) {
        unsafe try FileSystem.forEachName(inBytes: Array(path.utf8), for: "list the references") {
          name, kind in
          if unsafe name.suffix(Self.lock.count).elementsEqual(Self.lock) { return }
          let kind =
            unsafe kind
            ?? FileSystem.status(ofBytes: Array(path.utf8) + [UInt8(ascii: "/")] + name)?.kind
          if kind == .directory {
            guard let text = unsafe String(validating: name, as: UTF8.self) else { return }
            directories.append(directory + text + "/")
          } else if kind == .file {
            unsafe found.append(name, in: directoryBytes[...])
          }
        }
      } catch {
        // Git removes a directory with its last reference.
        if error.code == .notFound { continue }
        throw error
      }
    }
  }
}

/// Directories with references, while these are being found.
private struct FoundReferences {
  private(set) var directories: [ReferenceDirectory] = []
  private var positions: [String: Int] = [:]
  /// Where the last one went: neighbours mostly stand in the same directory.
  private var last = 0

  mutating func append(_ name: some Collection<UInt8>, in directory: ArraySlice<UInt8>) {
    if !directories.indices.contains(last) || directories[last].pathBytes[...] != directory {
      let path = String(decoding: directory, as: UTF8.self)
      last = positions[path] ?? directories.count
      if last == directories.count {
        positions[path] = last
        directories.append(ReferenceDirectory(path: path))
      }
    }
    directories[last].append(name)
  }
}

extension String {
  /// Whether its bytes come before those of another, as git orders names.
  fileprivate func precedes(_ other: String) -> Bool {
    var (left, right) = (self, other)
    return left.withUTF8 { left in
      right.withUTF8 { right in
        let count = min(left.count, right.count)
        guard count > 0, let first = left.baseAddress, let second = right.baseAddress else {
          return left.count < right.count
        }
        let order = unsafe memcmp(first, second, count)
        return order == 0 ? left.count < right.count : order < 0
      }
    }
  }
}
