import Foundation
import Git
import TestSupport
import Testing

extension GitFixture {
  /// The repository as git-eb finds it from the fixture's work tree or a directory below it.
  func open(
    _ directory: String = "", environment: [String: String] = [:]
  ) throws(GitError) -> Repository {
    try Repository.discover(
      startingAt: directory.hasPrefix("/") ? directory : "\(path)/\(directory)",
      environment: self.environment.merging(environment) { $1 })
  }

  func id(_ revision: String) throws -> ObjectID {
    try #require(ObjectID(hex: git("rev-parse", "--verify", revision)))
  }
}

/// The code of the error that `body` ends with; `nil` when it ends well.
func code(of body: () throws -> Void) -> GitError.Code? {
  do {
    try body()
    return nil
  } catch let error as GitError {
    return error.code
  } catch {
    Issue.record(error)
    return nil
  }
}

func text(_ paths: [[UInt8]]) -> [String] { paths.map { String(decoding: $0, as: UTF8.self) } }

/// Only root may.
func setOwner(of path: String, to user: Int) throws {
  try FileManager.default.setAttributes(
    [.ownerAccountID: user, .groupOwnerAccountID: user], ofItemAtPath: path)
}
