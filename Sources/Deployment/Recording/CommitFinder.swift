package import Git

/// Which commit a version was made from, as far as this clone can tell.
package enum RunningCommit: Sendable, Equatable {
  case known(ObjectID)
  /// The version says which, and this clone does not have it: the full id.
  case missing(String)
  /// Nothing tells: the version was made by something else, or from no commit.
  case unknown
}

/// Finds the commits of versions.
package struct CommitFinder {
  private let repository: Repository

  package init(_ repository: Repository) {
    self.repository = repository
  }

  package func commit(of version: ApplicationVersion) throws(GitError) -> RunningCommit {
    if let text = version.commit, let id = ObjectID(hex: text) {
      return try repository.kind(of: id) == .commit ? .known(id) : .missing(text)
    }
    guard let described = Self.described(version.label) else { return .unknown }
    guard let id = try find(described) else { return .unknown }
    // Four digits can be those of another commit by chance; the EB CLI describes a version by the
    // first line of its commit's message.
    guard let commit = try repository.commit(id), Self.agree(version.description, commit.summary)
    else { return .unknown }
    return .known(id)
  }

  /// What `git describe` said in a label of the EB CLI; `nil` for any other label.
  ///
  /// The label is `app-<git describe --always --abbrev=4>-<time>`, dots made to underscores, and for
  /// a staged source `-stage-<time>` after it: EB CLI 3, `ebcli/objects/sourcecontrol.py`.
  static func described(_ label: VersionLabel) -> String? {
    var text = label.text[...]
    guard text.hasPrefix("app-") else { return nil }
    text.removeFirst("app-".count)
    if let stage = text.ranges(of: "-stage-").last, isTime(text[stage.upperBound...]) {
      text = text[..<stage.lowerBound]
    }
    guard let dash = text.lastIndex(of: "-"), isTime(text[text.index(after: dash)...]),
      dash > text.startIndex
    else { return nil }
    return String(text[..<dash])
  }

  /// `%y%m%d_%H%M%S%f`
  private static func isTime(_ text: Substring) -> Bool {
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    return parts.map(\.utf8.count) == [6, 12]
      && parts.allSatisfy { $0.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= $0 } }
  }

  private func find(_ described: String) throws(GitError) -> ObjectID? {
    for tag in try repository.referenceNames(under: "refs/tags/")
    where tag.dropFirst("refs/tags/".count).replacing(".", with: "_") == described {
      return try resolve(tag)
    }
    // `<tag>-<number>-g<digits>`, or digits alone.
    let digits =
      described.ranges(of: "-g").last.map { described[$0.upperBound...] } ?? described[...]
    guard digits.utf8.count >= 4, digits.utf8.allSatisfy(Hexadecimal.isDigit) else { return nil }
    return try resolve(String(digits))
  }

  private func resolve(_ words: String) throws(GitError) -> ObjectID? {
    do throws(GitError) {
      return try repository.resolve(words)?.commit
    } catch {
      if [.ambiguous, .wrongType, .invalidName].contains(error.code) { return nil }
      throw error
    }
  }

  /// The EB CLI cuts what is longer than 200 characters to 195 and three dots.
  private static func agree(_ description: String, _ summary: String) -> Bool {
    if description == summary { return true }
    return description.hasSuffix("...") && description.count >= 100
      && summary.hasPrefix(description.dropLast(3))
  }
}
