internal import CLibgit2

/// What went wrong in a repository: facts, which the command puts into words.
package struct GitError: Error, Equatable, CustomStringConvertible {
  package enum Code: String, Sendable {
    /// No repository at the place or above it.
    case notARepository
    /// The repository belongs to someone else and `safe.directory` does not allow it. `subject` is
    /// the path to give to `safe.directory`.
    case dubiousOwnership
    /// A bare repository, while `safe.bareRepository` is `explicit`.
    case bareRepositoryRefused
    /// A repository version or extension that is unknown here. `subject` is its name.
    case unsupportedExtension
    /// The objects are named with another hash than SHA-1. `subject` is its name.
    case unsupportedObjectFormat
    /// References are stored in another format than files. `subject` is its name.
    case unsupportedRefStorage
    /// A split or sparse index, or another required extension: `git ls-files` can read it.
    case unsupportedIndex
    /// `GIT_COMMON_DIR` names another directory than the repository itself does.
    case unsupportedCommonDirectory
    case missingObject
    /// Missing, in a partial clone: git would fetch it.
    case missingPromisorObject
    case unbornBranch
    /// An abbreviated id that several objects have.
    case ambiguous
    case notFound
    /// Not the name, revision or path that was needed, by git's rules of form.
    case invalidName
    /// An object of another type than was needed.
    case wrongType
    case corrupt
    case conflict
    /// The operation needs a work tree and the repository has none.
    case noWorkTree
    case permission
    case io
    case other
  }

  package var code: Code
  /// What was being done, such as `read the index`.
  package var operation: String
  /// What it was done to: a path, a name, an id. May be empty.
  package var subject: String
  /// libgit2's or the system's words. May be empty.
  package var detail: String

  package init(_ code: Code, _ operation: String, _ subject: String, detail: String = "") {
    self.code = code
    self.operation = operation
    self.subject = subject
    self.detail = detail
  }

  package var description: String {
    "cannot \(operation)"
      + (subject.isEmpty ? "" : " '\(subject)'") + (detail.isEmpty ? "" : ": \(detail)")
      + " (\(code.rawValue))"
  }

  /// From the result of the libgit2 call that this thread made last.
  init(_ result: Int32, _ operation: String, _ subject: String) {
    var detail = ""
    var area: UInt32 = 0
    if let last = unsafe git_error_last() {
      area = UInt32(bitPattern: unsafe last.pointee.klass)
      if let message = unsafe last.pointee.message { detail = unsafe String(cString: message) }
    }
    self.init(Self.code(result, area: area), operation, subject, detail: detail)
  }

  private static func code(_ result: Int32, area: UInt32) -> Code {
    switch git_error_code(result) {
    case GIT_ENOTFOUND: .notFound
    case GIT_EAMBIGUOUS: .ambiguous
    case GIT_EINVALIDSPEC: .invalidName
    case GIT_EUNBORNBRANCH: .unbornBranch
    case GIT_EOWNER: .dubiousOwnership
    case GIT_ECONFLICT, GIT_EUNMERGED, GIT_EMERGECONFLICT: .conflict
    case GIT_EMISMATCH: .corrupt
    case GIT_EPEEL: .wrongType
    case GIT_EBAREREPO: .noWorkTree
    default:
      switch git_error_t(area) {
      case GIT_ERROR_ZLIB, GIT_ERROR_OBJECT, GIT_ERROR_TREE, GIT_ERROR_TAG: .corrupt
      case GIT_ERROR_OS, GIT_ERROR_FILESYSTEM: .io
      default: .other
      }
    }
  }
}
