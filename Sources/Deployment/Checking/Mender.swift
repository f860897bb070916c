package import Git

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// Carries out what `git eb check --fix` may: changes of the work tree and, through git itself, of
/// the index. Nothing is committed.
package struct Mender: Sendable {
  /// One change, and what it looks like.
  package struct Step: Sendable, Equatable {
    package let mend: Mend
    /// As a diff, for people.
    package let lines: [String]
    /// Why it is not carried out; `nil` where it is.
    package var refusal: String?
  }

  private let workTree: String
  private let root: String
  private let git: GitProgram

  /// - Parameter root: the directory of the repository that is the bundle's root; empty for its own.
  /// - Returns: `nil` where there is no work tree.
  package init?(_ location: Location, root: String) {
    guard let workTree = location.workTree else { return nil }
    self.workTree = workTree
    self.root = root
    git = GitProgram(location)
  }

  /// What can be done about the findings, each once.
  package func steps(for findings: [Finding]) async throws -> [Step] {
    var steps: [Step] = []
    for mend in findings.compactMap(\.sighting.mend)
    where !steps.contains(where: { $0.mend == mend }) {
      steps.append(try await step(mend))
    }
    return steps
  }

  package func carryOut(_ step: Step) async throws {
    switch step.mend {
    case .makeExecutable(let path): try await makeExecutable(place(path))
    case .endLinesWithLF(let path): try await endLinesWithLF(place(path))
    case .move(let from, let to): try await move(place(from), to: place(to))
    }
  }

  // MARK: - Planning

  private func step(_ mend: Mend) async throws -> Step {
    switch mend {
    case .makeExecutable(let path):
      let path = place(path)
      return Step(
        mend: mend,
        lines: ["diff --git a/\(path) b/\(path)", "old mode 100644", "new mode 100755"],
        refusal: try await whyNotTracked(path))
    case .endLinesWithLF(let path):
      let path = place(path)
      let count = (contents(path) ?? []).carriageReturnCount
      return Step(
        mend: mend,
        lines: try await attributeLines(path)
          + ["diff --git a/\(path) b/\(path)", "CRLF becomes LF in \(count) lines"],
        refusal: try await whyNotRewritten(path))
    case .move(let from, let to):
      let (from, to) = (place(from), place(to))
      var refusal = try await whyNotTracked(from)
      if refusal == nil, try FileSystem.status(workTree + "/" + to) != nil {
        refusal = "'\(to)' is there already"
      }
      return Step(
        mend: mend,
        lines: [
          "diff --git a/\(from) b/\(to)", "similarity index 100%", "rename from \(from)",
          "rename to \(to)",
        ], refusal: refusal)
    }
  }

  private func attributeLines(_ path: String) async throws -> [String] {
    if try await hasAttribute(path) { return [] }
    return [
      "diff --git a/.gitattributes b/.gitattributes", "+" + Self.attribute(path),
    ]
  }

  private func whyNotTracked(_ path: String) async throws -> String? {
    let listed = try await git.run(
      "look for \(path)", ["ls-files", "-s", "-z", "--", ":(literal)" + path])
    return listed.isEmpty ? "git does not track '\(path)' here" : nil
  }

  /// What is written must not stage changes that somebody else made.
  private func whyNotRewritten(_ path: String) async throws -> String? {
    if let refusal = try await whyNotTracked(path) { return refusal }
    for path in [path, ".gitattributes"] {
      let status = try await git.run(
        "look at \(path)",
        ["--no-optional-locks", "status", "--porcelain", "-z", "--", ":(literal)" + path])
      if !status.isEmpty { return "'\(path)' has changes that are not committed" }
    }
    return nil
  }

  // MARK: - Carrying out

  private func makeExecutable(_ path: String) async throws {
    _ = try await git.run(
      "set the executable bit of \(path)", ["update-index", "--chmod=+x", "--", path])
    let file = workTree + "/" + path
    var status = stat()
    guard unsafe lstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
    let mode = status.st_mode & 0o7777
    guard unsafe chmod(file, mode | (mode & 0o444) >> 2) == 0 else {
      throw FileError(operation: "chmod", path: file, errno: errno)
    }
  }

  private func endLinesWithLF(_ path: String) async throws {
    if try await !hasAttribute(path) {
      var attributes = contents(".gitattributes") ?? []
      if let last = attributes.last, last != UInt8(ascii: "\n") {
        attributes.append(UInt8(ascii: "\n"))
      }
      attributes += Array((Self.attribute(path) + "\n").utf8)
      try write(attributes, to: ".gitattributes")
    }
    if let contents = contents(path) { try write(contents.withLineFeeds, to: path) }
    _ = try await git.run("stage \(path)", ["add", "--", ".gitattributes", path])
  }

  private func move(_ from: String, to: String) async throws {
    if let slash = to.lastIndex(of: "/") {
      try FileSystem.makeDirectories(workTree + "/" + to[..<slash], mode: 0o777)
    }
    _ = try await git.run("move \(from)", ["mv", "--", from, to])
  }

  /// Beside and renamed, so that a file is never seen half written.
  private func write(_ bytes: [UInt8], to path: String) throws {
    let file = workTree + "/" + path
    var status = stat()
    let mode = unsafe lstat(file, &status) == 0 ? UInt32(status.st_mode & 0o7777) : 0o644
    let draft = DraftName.of(file)
    try DurableFile.create(draft, holding: bytes, mode: mode)
    do {
      try DurableFile.rename(draft, to: file)
    } catch {
      _ = unsafe unlink(draft)
      throw error
    }
  }

  // MARK: - Attributes and paths

  private func hasAttribute(_ path: String) async throws -> Bool {
    let answer = try await git.run(
      "read the attributes of \(path)", ["check-attr", "-z", "eol", "--", path])
    return answer.split(separator: 0).last.map(Array.init) == Array("lf".utf8)
  }

  /// The line of `.gitattributes` for exactly this file: from the root, with what patterns mean
  /// otherwise escaped, in quotes where blanks would end it.
  static func attribute(_ path: String) -> String {
    var pattern = "/"
    for character in path {
      if "*?[\\".contains(character) { pattern.append("\\") }
      pattern.append(character)
    }
    if pattern.contains(where: { " \t\"".contains($0) }) {
      pattern = "\"" + pattern.replacing("\\", with: #"\\"#).replacing("\"", with: #"\""#) + "\""
    }
    return pattern + " text eol=lf"
  }

  private func contents(_ path: String) -> [UInt8]? {
    try? FileSystem.contents(workTree + "/" + path, limit: 16 << 20)
  }

  /// A path of the bundle as it is in the repository.
  private func place(_ path: String) -> String { root.isEmpty ? path : root + "/" + path }
}

extension [UInt8] {
  /// With LF in place of each CRLF.
  fileprivate var withLineFeeds: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    for (index, byte) in enumerated() {
      if byte == UInt8(ascii: "\r"), index + 1 < count, self[index + 1] == UInt8(ascii: "\n") {
        continue
      }
      bytes.append(byte)
    }
    return bytes
  }
}
