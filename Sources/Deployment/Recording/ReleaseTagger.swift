package import Git

/// Makes and pushes the tags of releases. git itself does it, so that the user's set-up is obeyed:
/// who signs with what, hooks, credentials.
package struct ReleaseTagger {
  /// Whether a tag is signed.
  package enum Signing: Sendable, Equatable {
    /// As `tag.gpgSign` and its like say.
    case configured
    /// With the key that git takes for the user.
    case signed
    case key(String)
  }

  private let repository: Repository
  private let git: GitProgram
  private let isQuiet: Bool

  package init(
    _ repository: Repository, isQuiet: Bool,
    isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) {
    self.repository = repository
    git = GitProgram(repository.location, isInterrupted: isInterrupted)
    self.isQuiet = isQuiet
  }

  /// Makes an annotated tag. Throws ``SourceError/git(operation:reason:)`` when git does not, and
  /// ``ReleaseError/notSigned(_:)`` when it is not signed as it should be.
  package func make(
    _ tag: TagName, at commit: ObjectID, message: String, _ signing: Signing
  ) async throws {
    // `git tag` takes lines that begin with `#`, as headings do, for comments unless told otherwise.
    var arguments = ["tag", "--annotate", "--cleanup=verbatim", "--file=-"]
    switch signing {
    case .configured: break
    case .signed: arguments.append("--sign")
    case .key(let key): arguments.append("--local-user=\(key)")
    }
    // Somebody may have to type a passphrase.
    _ = try await git.run(
      "make the tag '\(tag)'", arguments + [tag.text, commit.hex], input: Array(message.utf8),
      timeLimit: GitProgram.longTimeLimit)
    try await checkSignature(of: tag, signing)
  }

  /// Takes back a tag that should be signed and is not: git 2.39 makes one all the same, and ends
  /// with status 0, when ssh-keygen fails (`do_sign` in its builtin/tag.c takes a positive status
  /// for success).
  private func checkSignature(of tag: TagName, _ signing: Signing) async throws {
    guard signing != .configured || location.configuration.bool("tag.gpgSign") == true,
      let id = try repository.reference(tag.fullName),
      let made = try repository.tag(id), !TagSignature.isIn(made.message)
    else { return }
    _ = try await git.run(
      "take back the tag '\(tag)'", ["update-ref", "-d", tag.fullName, id.hex])
    throw ReleaseError.notSigned(tag)
  }

  private var location: Location { repository.location }

  /// What the remote has under the tag's name.
  package struct RemoteTag: Sendable, Equatable {
    /// What the reference points to: the tag object of an annotated tag.
    package var id: ObjectID
    /// What it leads to in the end.
    package var target: ObjectID
  }

  /// `nil` when the remote has no such tag. Throws ``SourceError/git(operation:reason:)`` when it
  /// cannot be asked.
  package func find(_ tag: TagName, on remote: String) async throws -> RemoteTag? {
    // A peeled line is given only where its name matches, too.
    let names = [tag.fullName, tag.fullName + "^{}"]
    let output = try await git.run(
      "look at the tags of '\(remote)'", ["ls-remote", "--tags", "--", remote] + names,
      timeLimit: GitProgram.longTimeLimit)
    var ids: [String: ObjectID] = [:]
    for line in String(decoding: output, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: "\t", maxSplits: 1).map(String.init)
      // Patterns match from the right: `refs/tags/a/refs/tags/v1` would be among the answers.
      guard words.count == 2, names.contains(words[1]) else { continue }
      ids[words[1]] = ObjectID(hex: words[0])
    }
    guard let id = ids[names[0]] else { return nil }
    return RemoteTag(id: id, target: ids[names[1]] ?? id)
  }

  /// Throws ``ReleaseError/notPushed(_:remote:)`` when the remote does not take it.
  package func push(_ tag: ReleaseTag, to remote: String) async throws {
    do {
      _ = try await git.run(
        "push the tag '\(tag.name)'",
        ["push"] + (isQuiet ? ["--quiet"] : []) + ["--", remote, tag.name.fullName],
        timeLimit: GitProgram.longTimeLimit)
    } catch is SourceError {
      throw ReleaseError.notPushed(tag, remote: remote)
    }
  }
}
