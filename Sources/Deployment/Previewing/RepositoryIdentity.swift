package import Git

/// What tells whose an ephemeral environment is: the same for every clone of one repository, however
/// it is reached.
package struct RepositoryIdentity: Sendable, Hashable, CustomStringConvertible {
  /// Such as `github.com/o/shop`, or `root:` and the id of the oldest root commit.
  package let text: String

  package init(text: String) { self.text = text }

  package var description: String { text }

  /// What versions that are made for previews carry of it.
  package var mark: String { NameHash.text(of: text, count: 16) }

  /// From a remote's URL: without scheme, user, password, usual port, slashes at the end and
  /// `.git`, the host in lower case. `nil` when nothing is left.
  ///
  /// `directory` is what a path is relative to. The forms are those of git-clone(1), "GIT URLS";
  /// what a remote helper takes (`<helper>::<address>`) keeps the helper's name.
  package init?(url: String, relativeTo directory: String = "") {
    var rest = url[...]
    var helper = ""
    if let end = rest.firstRange(of: "::")?.upperBound, Self.isHelper(rest[..<end].dropLast(2)) {
      helper = String(rest[..<end])
      rest = rest[end...]
    }
    let place: String
    if let scheme = rest.firstRange(of: "://") {
      let name = rest[..<scheme.lowerBound].lowercased()
      rest = rest[scheme.upperBound...]
      // A helper's scheme may say more than how to get there, such as a region.
      if !helper.isEmpty { helper += name + "/" }
      place =
        name == "file"
        ? Self.path(rest, relativeTo: directory) : Self.place(rest, port: Self.ports[name])
    } else if helper.isEmpty, let colon = Self.hostEnd(of: rest) {
      place = Self.place(rest[..<colon] + "/" + rest[colon...].dropFirst(), port: nil)
    } else {
      place = Self.path(rest, relativeTo: helper.isEmpty ? directory : "")
    }
    guard !place.isEmpty else { return nil }
    text = helper + place
  }

  /// The identity of a repository for what is made of a branch: by the remote that the branch goes
  /// to, as ``ReleaseRemote`` finds it, else by its oldest root commit. `nil` without either.
  package static func find(
    in location: Location, for branch: BranchName?
  ) async throws -> RepositoryIdentity? {
    let configuration = location.configuration
    if let remote = ReleaseRemote.name(for: branch, in: configuration),
      let url = ReleaseRemote.url(of: remote, in: configuration),
      let identity = RepositoryIdentity(
        url: url, relativeTo: location.workTree ?? location.gitDirectory)
    {
      return identity
    }
    return try await oldestRoot(in: location).map { Self(text: "root:" + $0) }
  }

  /// The id of the oldest commit without parents that HEAD or a branch has.
  private static func oldestRoot(in location: Location) async throws -> String? {
    let repository = try Repository.open(location)
    let tips = try repository.branches().map(\.id.hex)
    let head = try repository.head().commit?.hex
    guard head != nil || !tips.isEmpty else { return nil }
    let output = try await GitProgram(location).run(
      "find the first commit",
      ["rev-list", "--max-parents=0", "--date-order", "--reverse", "--stdin"],
      input: Array((tips + [head].compactMap { $0 }).map { $0 + "\n" }.joined().utf8))
    return String(decoding: output, as: UTF8.self).split(separator: "\n").first.map(String.init)
  }

  // MARK: - Reading a URL

  private static let ports = [
    "ssh": "22", "git+ssh": "22", "ssh+git": "22", "https": "443", "http": "80", "git": "9418",
    "ftp": "21", "ftps": "990",
  ]

  private static func isHelper(_ name: Substring) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { EnvironmentName.isAllowed($0) || $0 == UInt8(ascii: "_") }
  }

  /// Where the host ends of `user@host:path`. A slash before the colon makes it a path.
  private static func hostEnd(of text: Substring) -> Substring.Index? {
    var start = text.startIndex
    // An IPv6 address has colons of its own, and stands in brackets.
    let host = text.firstIndex(of: "@").map { text.index(after: $0) } ?? text.startIndex
    if text[host...].hasPrefix("["), let end = text[host...].firstIndex(of: "]") { start = end }
    guard let colon = text[start...].firstIndex(of: ":"), colon > text.startIndex,
      !text[..<colon].contains("/")
    else { return nil }
    return colon
  }

  /// `user:password@HOST:22/path.git` → `host/path`.
  private static func place(_ text: Substring, port usual: String?) -> String {
    let end = text.firstIndex(of: "/") ?? text.endIndex
    var host = text[..<end]
    if let at = host.lastIndex(of: "@") { host = host[host.index(after: at)...] }
    let closing = host.lastIndex(of: "]") ?? host.startIndex
    if let colon = host[closing...].lastIndex(of: ":") {
      let port = host[host.index(after: colon)...]
      if port.isEmpty || port == usual ?? "" { host = host[..<colon] }
    }
    let path = components(text[end...]).joined(separator: "/")
    return path.isEmpty ? host.lowercased() : host.lowercased() + "/" + path
  }

  /// A path on this machine, absolute and without `.` and `..`.
  private static func path(_ text: Substring, relativeTo directory: String) -> String {
    guard !text.isEmpty else { return "" }
    let isAbsolute = text.hasPrefix("/") || directory.hasPrefix("/")
    let all = components(text.hasPrefix("/") ? text : directory + "/" + text)
    var kept: [Substring] = []
    for component in all where component != "." {
      if component == "..", !kept.isEmpty { kept.removeLast() } else { kept.append(component) }
    }
    return (isAbsolute ? "/" : "") + kept.joined(separator: "/")
  }

  /// The parts between slashes, the last one without `.git`.
  private static func components(_ path: some StringProtocol) -> [Substring] {
    var parts = String(path).split(separator: "/")
    guard let last = parts.popLast() else { return [] }
    let name = last.hasSuffix(".git") ? last.dropLast(".git".count) : last
    return name.isEmpty ? parts : parts + [name]
  }
}
