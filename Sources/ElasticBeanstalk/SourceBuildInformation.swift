import AWS

/// Where the service fetches the source itself.
package struct SourceBuildInformation: Shape, Sendable, Hashable {
  /// `Git` or `Zip`.
  package var type: String
  /// `CodeCommit` or `S3`.
  package var repository: String
  /// For CodeCommit the repository's name, a slash and the full commit id.
  package var location: String

  package init(type: String, repository: String, location: String) {
    self.type = type
    self.repository = repository
    self.location = location
  }

  /// A commit of a CodeCommit repository.
  package static func codeCommit(repository: String, commit: String) -> SourceBuildInformation {
    SourceBuildInformation(
      type: "Git", repository: "CodeCommit", location: "\(repository)/\(commit)")
  }

  init(_ element: XMLElement) throws(MissingMember) {
    type = try element.required("SourceType")
    repository = try element.required("SourceRepository")
    location = try element.required("SourceLocation")
  }
}
