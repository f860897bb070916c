import Git

/// Which commits an environment takes: `environments.<name>.only`.
package enum Admission: String, Sendable, CaseIterable {
  /// Those that a tag names.
  case tags
  /// Those that are signed, or that a signed tag names, where git verifies the signature.
  case signed
}

/// Why an environment does not take what is to run on it.
package enum AdmissionError: Error, Equatable {
  /// No tag names the commit.
  case untagged(EnvironmentName, commit: String)
  /// Neither the commit nor a tag that names it has a signature that git verifies.
  case unsigned(EnvironmentName, commit: String)
  /// What is staged or lies in the work tree is no commit; `kind` is ``Source/kind``.
  case notACommit(EnvironmentName, Admission, kind: String)
}

/// Asks git whether an environment takes a commit.
struct AdmissionCheck {
  let location: Location
  let environment: EnvironmentName
  /// `nil` takes everything.
  let rule: Admission?

  /// - Parameters:
  ///   - commit: the full id; `nil` where there is none.
  ///   - kind: as ``Source/kind`` has it.
  func check(commit: String?, kind: String) async throws {
    guard let rule else { return }
    guard ["commit", "artifact"].contains(kind), let commit, let id = ObjectID(hex: commit) else {
      throw AdmissionError.notACommit(environment, rule, kind: kind)
    }
    let repository = try Repository.open(location)
    switch rule {
    case .tags:
      if try repository.tags(at: id).isEmpty {
        throw AdmissionError.untagged(environment, commit: commit)
      }
    case .signed:
      if try await !isSigned(id, repository) {
        throw AdmissionError.unsigned(environment, commit: commit)
      }
    }
  }

  /// Whether git verifies a signature: OpenPGP, X.509 or SSH, with the programs and keys that the
  /// user's configuration names.
  private func isSigned(_ commit: ObjectID, _ repository: Repository) async throws -> Bool {
    let git = GitProgram(location)
    if try await git.ask(["verify-commit", commit.hex]).succeeded { return true }
    for name in try repository.tags(at: commit) {
      let reference = "refs/tags/\(name)"
      guard let id = try repository.reference(reference), try repository.tag(id) != nil else {
        continue
      }
      if try await git.ask(["verify-tag", id.hex]).succeeded { return true }
    }
    return false
  }
}
