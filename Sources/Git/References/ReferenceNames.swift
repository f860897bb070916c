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
    let loose = try looseNames(below: prefix)
    let packed = try PackedReferences(in: commonDirectory).names(under: prefix)
    if packed.isEmpty { return loose }
    if loose.isEmpty { return packed }
    return Set(loose).union(packed).sorted { $0.precedes($1) }
  }

  /// What the names of lock files end with.
  private static let lock = Array(".lock".utf8)

  private func looseNames(below prefix: String) throws(GitError) -> [String] {
    let operation = "list the references"
    var names: [String] = []
    var isSorted = true
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
      var files: [[UInt8]] = []
      for (name, kind) in entries where !name.suffix(Self.lock.count).elementsEqual(Self.lock) {
        let kind =
          kind ?? FileSystem.status(ofBytes: Array(path.utf8) + [UInt8(ascii: "/")] + name)?.kind
        if kind == .directory {
          guard let text = String(validating: name, as: UTF8.self) else { continue }
          directories.append(directory + text + "/")
        } else if kind == .file {
          files.append(name)
        }
      }
      if !names.isEmpty, !files.isEmpty { isSorted = false }
      names.reserveCapacity(names.count + files.count)
      for name in files.sortedByBytes() {
        guard let text = String(validating: name, as: UTF8.self) else { continue }
        names.append(directory + text)
      }
    }
    // What is sorted in itself is merged at little cost.
    return isSorted ? names : names.sorted { $0.precedes($1) }
  }
}

extension [[UInt8]] {
  /// In the order of their bytes. A directory may hold thousands of names that begin alike: what
  /// they have in common is looked at once, and the next eight bytes as one number.
  fileprivate func sortedByBytes() -> [[UInt8]] {
    guard let first else { return self }
    var common = first.count
    for name in self {
      var length = 0
      while length < common, length < name.count, name[length] == first[length] { length += 1 }
      common = length
    }
    func key(_ name: [UInt8]) -> UInt64 {
      (common..<common + 8).reduce(0) { key, position in
        key << 8 | (position < name.count ? UInt64(name[position]) : 0)
      }
    }
    return map { (key: key($0), name: $0) }
      .sorted {
        $0.key == $1.key ? $0.name.lexicographicallyPrecedes($1.name) : $0.key < $1.key
      }
      .map(\.name)
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
    return isSorted ? names : names.sorted { $0.precedes($1) }
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
