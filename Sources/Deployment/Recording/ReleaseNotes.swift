package import Git

/// What a release brings, in Markdown: a line for each commit since the release before.
///
/// Where at least half of the commits have the form of Conventional Commits, they are grouped by
/// what they are; else they are one list. The newest comes first.
package struct ReleaseNotes: Sendable, Equatable {
  /// How many commits are listed at most.
  package static let limit = 200

  /// What a group of commits is called, in the order that they are shown in.
  package enum Group: String, Sendable, CaseIterable {
    case breaking = "Breaking changes"
    case features = "Features"
    case fixes = "Fixes"
    case other = "Other changes"
  }

  /// Lines of Markdown, in ``Group``'s order; `nil` is the heading of a list without groups.
  private let groups: [(heading: Group?, lines: [String])]
  /// How many commits are not listed.
  private let rest: Int
  /// The tag of the release before; `nil` for a first one.
  private let previous: String?

  /// - Parameters:
  ///   - commits: the newest first, without merges; those above ``limit`` are counted only.
  ///   - count: how many there are in all.
  package init(commits: [Commit], count: Int, since previous: String?) {
    self.previous = previous
    let listed = commits.prefix(Self.limit)
    rest = max(0, count - listed.count)
    let forms = listed.map { commit in
      (commit, ConventionalCommit(summary: commit.summary, message: commit.message))
    }
    guard forms.count(where: { $0.1 != nil }) * 2 >= forms.count else {
      groups = [(nil, forms.map { Self.line($0.0, nil, in: .other) })]
      return
    }
    var lines: [Group: [String]] = [:]
    for (commit, form) in forms {
      let group = Self.group(of: commit, form)
      lines[group, default: []].append(Self.line(commit, form, in: group))
    }
    groups = Group.allCases.compactMap { group in lines[group].map { (group, $0) } }
  }

  private static func group(of commit: Commit, _ form: ConventionalCommit?) -> Group {
    if form?.isBreaking ?? ConventionalCommit.saysBreaking(commit.message) { return .breaking }
    switch form?.type {
    case "feat": return .features
    case "fix": return .fixes
    default: return .other
    }
  }

  /// Such as `- **cart:** add coupons (1a2b3c4)`. Of what is neither a feature nor a fix, the subject
  /// says what it is.
  private static func line(_ commit: Commit, _ form: ConventionalCommit?, in group: Group) -> String
  {
    let id = commit.id.abbreviated()
    guard let form, group != .other else {
      let subject = commit.summary
      return "- \(subject.isEmpty ? "(no subject)" : MarkdownText.escaped(subject)) (\(id))"
    }
    let scope = form.scope.map { "**\(MarkdownText.escaped($0)):** " } ?? ""
    return "- \(scope)\(MarkdownText.escaped(form.subject)) (\(id))"
  }

  /// Paragraphs and lists, with a line's end at the end.
  package var markdown: String {
    var blocks: [String] = []
    for (heading, lines) in groups where !lines.isEmpty {
      if let heading { blocks.append("### \(heading.rawValue)") }
      blocks.append(lines.joined(separator: "\n"))
    }
    if blocks.isEmpty {
      blocks.append(
        previous.map { "No changes since \(MarkdownText.escaped($0))." } ?? "No changes.")
    }
    if rest > 0 { blocks.append("and \(rest) more") }
    return blocks.joined(separator: "\n\n") + "\n"
  }

  package static func == (left: Self, right: Self) -> Bool { left.markdown == right.markdown }
}
