private import CPlatform
package import Git

/// What must not get into a commit: the places of all listed secrets, of every environment, and the
/// contents that lie there now. Of contents only their blobs' ids are kept, and only in memory.
package struct GuardedSecrets: Sendable {
  /// A secret as it is listed or, for a file below a listed directory, as it was found.
  package struct Listed: Sendable, Hashable {
    package let name: String
    package let origin: Origin
  }

  /// A rule, and how many files it has here.
  package struct Rule: Sendable {
    package let listed: Listed
    package var fileCount = 0
    /// Whether there are files to look for: not for what a program prints.
    package let hasFiles: Bool
  }

  package enum Match: Sendable, Hashable {
    /// It lies where a secret lies.
    case place(Listed)
    /// It lies elsewhere and has the contents of a secret.
    case contents(Listed)
  }

  package private(set) var rules: [Rule] = []
  /// Files that cannot be read, so that only their places are known.
  package private(set) var unread: [String] = []
  private var places: [Place] = []
  private var contents: [ObjectID: Listed] = [:]
  private let ignoresCase: Bool

  private struct Place {
    var path: [UInt8]
    var listed: Listed
  }

  /// Shorter contents are in too many files that are no secrets.
  private static let shortestContents = 8

  package var isEmpty: Bool { rules.isEmpty }

  package init(
    repository: Repository, configurations: [Configuration], home: String?
  ) throws {
    // A crash must not leave secrets in a core file.
    platform_disable_core_dumps()
    ignoresCase = try repository.configuration().bool("core.ignorecase") ?? false
    let finder = SecretFinder(repository: repository, home: home)
    var seen: [SecretRule.Source] = []
    for configuration in configurations {
      for rule in configuration.allSecrets where !seen.contains(rule.source) {
        seen.append(rule.source)
        try add(rule, below: configuration.bundle.rootPath, finder)
      }
    }
  }

  /// What of this a file in a tree or in the index is.
  package func match(_ path: [UInt8], mode: UInt32, id: ObjectID) -> Match? {
    if mode == TreeEntry.submoduleMode { return nil }
    let folded = fold(path)
    for place in places where folded.starts(with: place.path) {
      if folded.count == place.path.count { return .place(place.listed) }
      let rest = folded[place.path.count...]
      if rest.first == UInt8(ascii: "/"), !Self.isPlaceholder(path) { return .place(place.listed) }
    }
    return match(id).map { .contents($0) }
  }

  /// The secret that has a blob's contents.
  func match(_ id: ObjectID) -> Listed? { contents[id] }

  private mutating func add(
    _ rule: SecretRule, below root: String, _ finder: SecretFinder
  ) throws {
    let name: String
    switch rule.source {
    case .path(let path): name = path
    case .file(let from, let to):
      name = from
      addPlace(finder.normal(root + "/" + to), of: Listed(name: to, origin: rule.origin))
    case .run(_, let to):
      let listed = Listed(name: to, origin: rule.origin)
      addPlace(finder.normal(root + "/" + to), of: listed)
      rules.append(Rule(listed: listed, hasFiles: false))
      return
    }
    let listed = Listed(name: name, origin: rule.origin)
    for place in finder.places(of: name) { addPlace(place, of: listed) }
    var counted = Rule(listed: listed, hasFiles: true)
    for file in finder.files(of: name) {
      counted.fileCount += 1
      do {
        let secret = try OverlayReader.readFile(
          file.path, name: file.name, place: file.name, rule: rule)
        try add(secret, Listed(name: file.name, origin: rule.origin))
      } catch let error as SecretError {
        // What is empty or has gone away meanwhile has no contents to look for.
        if error.problem != .empty, error.problem != .missing { unread.append(file.name) }
      }
    }
    rules.append(counted)
  }

  private mutating func addPlace(_ path: String, of listed: Listed) {
    let place = fold(Array(path.utf8))
    if !place.isEmpty { places.append(Place(path: place, listed: listed)) }
  }

  /// As it is, and as git or an editor makes it when it converts the ends of lines.
  private mutating func add(_ secret: Secret, _ listed: Listed) throws {
    guard secret.count >= Self.shortestContents else { return }
    for id in try unsafe secret.withContents({ try unsafe LineEndings.ids(of: $0) })
    where contents[id] == nil {
      contents[id] = listed
    }
  }

  private func fold(_ path: [UInt8]) -> [UInt8] {
    guard ignoresCase else { return path }
    return path.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
  }

  private static func isPlaceholder(_ path: [UInt8]) -> Bool {
    let name = path.suffix(while: { $0 != UInt8(ascii: "/") })
    return OverlayReader.placeholders.contains(String(decoding: name, as: UTF8.self))
  }
}

/// Where listed secrets lie, in this work tree and in the main one.
private struct SecretFinder {
  private let roots: [String]
  private let home: String?

  init(repository: Repository, home: String?) {
    self.home = home
    var roots = [repository.workTree].compactMap { $0 }
    // Ignored files are often in the main work tree alone.
    if repository.commonDirectory.hasSuffix("/.git") {
      let main = String(repository.commonDirectory.dropLast("/.git".count))
      if !roots.isEmpty, !roots.contains(main) { roots.append(main) }
    }
    self.roots = roots
  }

  /// The paths in the repository that a listed path stands for: its own, and where its links lead.
  func places(of listed: String) -> Set<String> {
    let own = isOutside(listed) ? [] : [normal(listed)]
    let ends = paths(of: listed).flatMap { [$0, FileSystem.realPath($0) ?? $0] }
    return Set(own + ends.compactMap(inside))
  }

  /// The files of a listed path that are there, with the names to call them by.
  func files(of listed: String) -> [(path: String, name: String)] {
    var files: [(path: String, name: String)] = []
    var seen: Set<String> = []
    let name = isOutside(listed) ? listed : normal(listed)
    for path in paths(of: listed) { collect(path, name, &seen, &files) }
    return files
  }

  /// Without `.`, `..` and doubled slashes.
  func normal(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part != ".." {
        parts.append(part)
      } else if !parts.isEmpty {
        parts.removeLast()
      }
    }
    return parts.joined(separator: "/")
  }

  private func isOutside(_ listed: String) -> Bool {
    listed.hasPrefix("/") || listed.hasPrefix("~/")
  }

  private func paths(of listed: String) -> [String] {
    if listed.hasPrefix("~/") {
      return home.map { ["/" + normal($0 + "/" + listed.dropFirst(2))] } ?? []
    }
    if listed.hasPrefix("/") { return ["/" + normal(listed)] }
    return roots.map { $0 + "/" + normal(listed) }
  }

  private func inside(_ path: String) -> String? {
    for root in roots where path.hasPrefix(root + "/") {
      return String(path.dropFirst(root.count + 1))
    }
    return nil
  }

  private func collect(
    _ path: String, _ name: String, _ seen: inout Set<String>,
    _ files: inout [(path: String, name: String)]
  ) {
    guard let real = FileSystem.realPath(path), seen.insert(real).inserted,
      let status = try? FileSystem.status(real)
    else { return }
    guard status.isDirectory else {
      files.append((path, name))
      return
    }
    for child in (try? FileSystem.names(in: path)) ?? []
    where !OverlayReader.placeholders.contains(child) {
      collect(path + "/" + child, name + "/" + child, &seen, &files)
    }
  }
}

/// Contents with other ends of lines, in memory that is overwritten.
private enum LineEndings {
  /// The ids of a blob of these contents, as they are and, for text, with LF and with CR LF.
  static func ids(of contents: UnsafeRawBufferPointer) throws -> [ObjectID] {
    let bytes = unsafe contents.bindMemory(to: UInt8.self)
    var ids = [try unsafe BlobReader.id(ofBytes: bytes.span)]
    let feed = UInt8(ascii: "\n")
    guard unsafe !bytes.contains(0), unsafe bytes.contains(feed) else { return ids }
    for withReturn in [false, true] {
      let other = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 2 * contents.count)
      unsafe other.initialize(repeating: 0)
      defer {
        unsafe platform_wipe(other.baseAddress, other.count)
        unsafe other.deallocate()
      }
      var count = 0
      for index in bytes.indices {
        let byte = unsafe bytes[index]
        if byte == feed {
          if count > 0, unsafe other[count - 1] == UInt8(ascii: "\r") { count -= 1 }
          if withReturn {
            unsafe other[count] = UInt8(ascii: "\r")
            count += 1
          }
        }
        unsafe other[count] = byte
        count += 1
      }
      let converted = unsafe UnsafeBufferPointer(rebasing: other[..<count])
      ids.append(try unsafe BlobReader.id(ofBytes: converted.span))
    }
    return ids
  }
}

extension [UInt8] {
  /// The last elements that satisfy a condition.
  fileprivate func suffix(while condition: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    let end = lastIndex { !condition($0) }
    return end.map { self[($0 + 1)...] } ?? self[...]
  }
}
