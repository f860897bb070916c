private import FoundationEssentials

/// The one question to CodeCommit that a deployment from there has.
package struct CodeCommitClient: Sendable {
  private let session: Session

  package init(_ session: Session) { self.session = session }

  private struct Question: Encodable {
    var repositoryName: String
    var branchName: String
  }

  private struct Answer: Decodable {
    struct Branch: Decodable {
      var commitId: String
    }

    var branch: Branch
  }

  /// The full id of the commit that the branch is at.
  /// - Throws: what ``Session`` throws, with `RepositoryDoesNotExistException` and
  ///   `BranchDoesNotExistException` for what is not there; ``InvalidAnswer``.
  package func getBranch(repository: String, branch: String) async throws -> String {
    let body = try JSONEncoder().encode(Question(repositoryName: repository, branchName: branch))
    // The protocol of the service's model: `json` 1.1.
    let request = HTTPRequest(
      "POST", try session.endpoint(of: .codeCommit), path: "/",
      headers: [
        HTTPHeader("Content-Type", "application/x-amz-json-1.1"),
        HTTPHeader("X-Amz-Target", "CodeCommit_20150413.GetBranch"),
      ], body: .bytes(Array(body)))
    let response = try await session.send(
      request, to: .codeCommit, operation: "GetBranch", isRepeatable: true)
    guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)) else {
      throw InvalidAnswer(
        service: "codecommit", operation: "GetBranch", reason: "it names no commit")
    }
    return answer.branch.commitId
  }
}
