package import FoundationEssentials

/// A labelled source bundle on a host, and where it came from.
package struct ApplicationVersion: Sendable, Equatable, Codable {
  package var label: VersionLabel
  /// SHA-256 over the bundle's names, modes and contents, 64 hexadecimal digits.
  package var digest: String
  /// Bytes of the zip file.
  package var size: Int64
  package var created: Date
  package var description: String
  /// The full commit id that the source was made from or, for a staged or work-tree source, HEAD's.
  /// `nil` on an unborn branch.
  package var commit: String?
  /// The full reference name, such as `refs/heads/master`; `nil` when none was used.
  package var reference: String?
  /// `commit`, `staged`, `worktree` or `artifact`.
  package var source: String
  /// Names (never values) of the secrets that were laid over the bundle.
  package var secrets: [String]
  /// The version of git-eb that built the bundle.
  package var builtBy: String
  /// Whose preview it was made for: ``RepositoryIdentity/mark``; `nil` when it was made for an
  /// environment that stays.
  package var preview: String?

  package init(
    label: VersionLabel, digest: String, size: Int64, created: Date, description: String,
    commit: String?, reference: String?, source: String, secrets: [String], builtBy: String,
    preview: String? = nil
  ) {
    self.label = label
    self.digest = digest
    self.size = size
    self.created = created
    self.description = description
    self.commit = commit
    self.reference = reference
    self.source = source
    self.secrets = secrets
    self.builtBy = builtBy
    self.preview = preview
  }

  /// Whether both come from the same commit and kind of source and hold the same.
  package func hasSameContent(as other: ApplicationVersion) -> Bool {
    digest == other.digest && commit == other.commit && source == other.source
  }
}
