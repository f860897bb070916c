internal import CLibgit2

/// Reads blobs. For one thread: each makes its own.
package final class BlobReader {
  private let objects: ObjectDatabase

  package init(_ location: Location) throws(GitError) {
    objects = try ObjectDatabase(location)
  }

  /// Bytes of the contents.
  package func size(of id: ObjectID) throws(GitError) -> Int {
    guard let (kind, size) = try objects.header(of: id) else { throw objects.missing(id, .blob) }
    guard kind == .blob else {
      throw GitError(.wrongType, "read the blob", id.hex, detail: "it is a \(kind.rawValue)")
    }
    return size
  }

  /// The contents, in memory that is libgit2's own and lives as long as `body` runs.
  package func withContents<R>(
    of id: ObjectID, _ body: (UnsafeRawBufferPointer) throws -> R
  ) throws -> R {
    try unsafe objects.load(id, as: .blob).withBytes(body)
  }

  /// A copy of the contents.
  package func contents(of id: ObjectID) throws(GitError) -> [UInt8] {
    try objects.load(id, as: .blob).copy()
  }

  /// Whether there is such an object here.
  package func contains(_ id: ObjectID) -> Bool { objects.contains(id) }

  /// Those of `ids` that are not here, each once. A replacement counts for what it replaces.
  package func missing(among ids: some Sequence<ObjectID>) -> [ObjectID] {
    objects.missing(among: ids)
  }

  /// The id that a blob of these contents has. Nothing is written.
  package static func id(of contents: some Sequence<UInt8>) throws(GitError) -> ObjectID {
    let bytes = Array(contents)
    return try id(ofBytes: bytes.span)
  }

  /// The same without a copy.
  package static func id(ofBytes contents: Span<UInt8>) throws(GitError) -> ObjectID {
    try Library.start()
    var id = git_oid()
    let result = unsafe contents.withUnsafeBytes { bytes in
      unsafe git_odb_hash(&id, bytes.baseAddress, bytes.count, GIT_OBJECT_BLOB)
    }
    try check(result, "hash", "")
    return ObjectID(id)
  }
}
