extension Repository {
  /// The full names of all references below a prefix such as `refs/tags/`, in the order of their
  /// bytes. What they point to is not read, so that many cost little. Names that are not UTF-8 are
  /// left out.
  package func referenceNames(under prefix: String) throws(GitError) -> [String] {
    let loose = try looseNames(below: prefix)
    let packed = try PackedReferences(in: commonDirectory).names(under: prefix)
    if packed.isEmpty { return loose }
    if loose.isEmpty { return packed }
    return Set(loose).union(packed).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func looseNames(below prefix: String) throws(GitError) -> [String] {
    let operation = "list the references"
    var names: [String] = []
    var directories = [prefix]
    while let directory = directories.popLast() {
      let path = commonDirectory.appending(path: directory)
      guard FileSystem.isDirectory(path) else { continue }
      let entries: [(name: [UInt8], kind: FileStatus.Kind?)]
      do throws(GitError) {
        entries = try FileSystem.names(in: path, for: operation)
      } catch {
        // Git removes a directory with its last reference.
        if error.code == .notFound { continue }
        throw error
      }
      for entry in entries {
        guard let name = String(validating: entry.name, as: UTF8.self), !name.hasSuffix(".lock")
        else { continue }
        let kind = entry.kind ?? FileSystem.status(of: path.appending(path: name))?.kind
        if kind == .directory {
          directories.append(directory + name + "/")
        } else if kind == .file {
          names.append(directory + name)
        }
      }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}

/// `packed-refs`: a line `<id> <name>` for each reference and, after an annotated tag, one with `^`
/// and what it names; sorted, where the first line says so.
///
/// Source: gitrepository-layout(5), and git's `refs/packed-backend.c`.
private struct PackedReferences {
  private let bytes: [UInt8]
  /// Where the lines begin.
  private let start: Int
  private let isSorted: Bool

  init(in directory: String) throws(GitError) {
    let path = directory.appending(path: "packed-refs")
    bytes = try FileSystem.contents(of: path, for: "read the packed references") ?? []
    guard bytes.first == UInt8(ascii: "#") else {
      start = 0
      isSorted = false
      return
    }
    let header = bytes.prefix { $0 != 0x0a }
    start = min(header.endIndex + 1, bytes.endIndex)
    isSorted = String(decoding: header, as: UTF8.self).split(separator: " ").contains("sorted")
  }

  func names(under prefix: String) -> [String] {
    var names: [String] = []
    var position = isSorted ? firstLine(notBefore: Array(prefix.utf8)) : start
    while position < bytes.endIndex {
      let end = self.end(ofLineAt: position)
      if let name = name(position..<end) {
        if name.starts(with: prefix.utf8) {
          if let text = String(validating: name, as: UTF8.self) { names.append(text) }
        } else if isSorted {
          break
        }
      }
      position = end + 1
    }
    return isSorted ? names : names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Where the first line begins whose name does not come before `name`.
  private func firstLine(notBefore name: [UInt8]) -> Int {
    var low = start
    var high = bytes.endIndex
    while low < high {
      // Back to the beginning of a line that has a name.
      var line = beginning(ofLineAt: low + (high - low) / 2)
      while line > low, bytes[line] == UInt8(ascii: "^") { line = beginning(ofLineAt: line - 1) }
      let end = self.end(ofLineAt: line)
      if let found = self.name(line..<end), !found.lexicographicallyPrecedes(name) {
        high = line
      } else {
        low = end + 1
      }
    }
    return low
  }

  private func beginning(ofLineAt position: Int) -> Int {
    var position = position
    while position > start, bytes[position - 1] != 0x0a { position -= 1 }
    return position
  }

  private func end(ofLineAt position: Int) -> Int {
    bytes[position...].firstIndex(of: 0x0a) ?? bytes.endIndex
  }

  /// `nil` for a line without one.
  private func name(_ line: Range<Int>) -> ArraySlice<UInt8>? {
    guard let first = bytes[line].first, first != UInt8(ascii: "^"),
      let blank = bytes[line].firstIndex(of: 0x20)
    else { return nil }
    return bytes[(blank + 1)..<line.upperBound]
  }
}
