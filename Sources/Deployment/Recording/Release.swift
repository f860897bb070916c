package import FoundationEssentials
package import Git

/// Which application version a release is: what the message of its tag says in trailers.
package struct Release: Sendable, Equatable {
  package var application: ApplicationName
  /// The environment that it was released from.
  package var environment: EnvironmentName
  package var label: VersionLabel
  /// The bundle's, 64 hexadecimal digits.
  package var digest: String
  /// When the version came to the environment; `nil` when it did not run there.
  package var deployedAt: Date?

  package init(
    application: ApplicationName, environment: EnvironmentName, label: VersionLabel,
    digest: String, deployedAt: Date?
  ) {
    self.application = application
    self.environment = environment
    self.label = label
    self.digest = digest
    self.deployedAt = deployedAt
  }

  private enum Key {
    static let application = "Application"
    static let environment = "Environment"
    static let label = "Version-Label"
    static let digest = "Bundle-Digest"
    static let deployedAt = "Deployed-At"
  }

  /// Reads what ``message(title:body:)`` made, with or without a signature at its end; `nil` for the
  /// message of any other tag.
  package init?(message: String) {
    let block = TrailerBlock(of: message)
    guard let application = block[Key.application].flatMap({ ApplicationName($0) }),
      let environment = block[Key.environment].flatMap({ EnvironmentName($0) }),
      let label = block[Key.label].flatMap({ VersionLabel($0) }), let digest = block[Key.digest]
    else { return nil }
    self.init(
      application: application, environment: environment, label: label, digest: digest,
      deployedAt: block[Key.deployedAt].flatMap { try? Date($0, strategy: .iso8601) })
  }

  /// The release that a tag names; `nil` when there is no such tag, or it names none.
  ///
  /// - Parameter tag: the short name, such as `v1.4.0`.
  package static func read(tag: String, in repository: Repository) throws(GitError) -> Release? {
    guard let name = TagName(tag), let id = try repository.reference(name.fullName) else {
      return nil
    }
    return try read(id, in: repository)
  }

  /// The release that a tag object names.
  static func read(_ id: ObjectID, in repository: Repository) throws(GitError) -> Release? {
    try repository.tag(id).flatMap { Release(message: $0.message) }
  }

  /// Whether both are the same version in the same environment, whenever it came there.
  package func isSame(as other: Release) -> Bool {
    var other = other
    other.deployedAt = deployedAt
    return self == other
  }

  /// The message of the release's tag, with the trailers at its end.
  package func message(title: String, body: String) -> String {
    let paragraphs = [title, body].map(Self.trimmed).filter { !$0.isEmpty }
    return paragraphs.map { $0 + "\n\n" }.joined() + trailers.text
  }

  private var trailers: TrailerBlock {
    var trailers: [TrailerBlock.Trailer] = [
      .init(key: Key.application, value: application.text),
      .init(key: Key.environment, value: environment.text),
      .init(key: Key.label, value: label.text),
      .init(key: Key.digest, value: digest),
    ]
    if let deployedAt {
      trailers.append(.init(key: Key.deployedAt, value: deployedAt.formatted(.iso8601)))
    }
    return TrailerBlock(trailers)
  }

  private static func trimmed(_ text: String) -> Substring {
    let start = text.drop(while: \.isNewline)
    let end = start.lastIndex { !$0.isWhitespace }
    return end.map { start[...$0] } ?? ""
  }
}
