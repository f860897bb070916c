/// One file on its way to one key.
package struct Upload: Sendable {
  package var key: String
  /// Open for reading, from the upload's beginning to its end; its position is not touched.
  package var descriptor: Int32
  /// Of the file, in bytes.
  package var length: Int64
  /// Of the file; `nil` to have it computed, which reads the file once more.
  package var digest: ContentDigest?
  package var description: S3ObjectDescription
  package var whenDifferent: WhenDifferent

  /// What happens when the key has an object with other contents.
  package enum WhenDifferent: Sendable {
    case replace
    /// ``ObjectDiffers`` is thrown, also when that object appears while the upload is under way.
    case refuse
  }

  package init(
    key: String, descriptor: Int32, length: Int64, digest: ContentDigest? = nil,
    description: S3ObjectDescription = S3ObjectDescription(),
    whenDifferent: WhenDifferent = .replace
  ) {
    self.key = key
    self.descriptor = descriptor
    self.length = length
    self.digest = digest
    self.description = description
    self.whenDifferent = whenDifferent
  }

  /// The metadata of an object that says what its contents are: 64 hexadecimal digits of SHA-256.
  /// S3's own checksum of an object in parts depends on how it was cut up.
  package static let digestName = "git-eb-digest"
}

/// What an upload came to.
package enum UploadOutcome: Sendable, Equatable {
  case uploaded
  /// The key had the same contents already, or got them from somebody else meanwhile.
  case present
}

/// The key has an object with other contents, and was not to be replaced.
package struct ObjectDiffers: Error, Equatable, Sendable {
  package var bucket: String
  package var key: String
}

/// The file has other contents than when the upload began.
package struct FileChanged: Error, Equatable, Sendable {
  package var key: String
}

/// What happens to multipart uploads on the way, for who keeps a record of them.
package enum UploadNote: Sendable, Equatable {
  case opened(OpenUpload)
  /// Completed, or aborted for good.
  case closed(OpenUpload)
  /// Could not be aborted: the next sweep will.
  case leftOpen(OpenUpload)
}
