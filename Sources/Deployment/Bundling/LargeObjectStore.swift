import Git

/// What a pointer of Git LFS says of the contents that it stands for.
///
/// Source: Git LFS's specification, docs/spec.md.
package struct LargeObject: Sendable, Equatable {
  /// SHA-256 of the contents, 64 hexadecimal digits.
  package var digest: String
  /// Bytes.
  package var size: Int64

  /// `nil` when `bytes` are not a pointer, but contents of their own.
  init?(pointer bytes: [UInt8]) {
    guard bytes.count <= Self.longestPointer, bytes.starts(with: Self.firstLine) else { return nil }
    var digest: String?
    var size: Int64?
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      if line.hasPrefix("oid sha256:") { digest = String(line.dropFirst("oid sha256:".count)) }
      if line.hasPrefix("size ") { size = Int64(line.dropFirst("size ".count)) }
    }
    guard let digest, let size, size >= 0, digest.utf8.count == 64,
      digest.utf8.allSatisfy(Hexadecimal.isDigit)
    else { return nil }
    self.digest = digest
    self.size = size
  }

  /// Longer files are contents.
  static let longestPointer = 1024
  private static let firstLine = Array("version https://git-lfs.github.com/spec/v1\n".utf8)
}

/// Where Git LFS keeps the contents of one repository.
struct LargeObjectStore {
  /// The name of Git LFS's filter.
  static let filter = "lfs"

  private let isEnabled: Bool
  private let directory: String
  private let reader: BlobReader
  /// Paths whose contents are not here.
  private(set) var missing: [String] = []

  /// `lfs.storage` names another directory than the repository's own `lfs`.
  init(_ repository: Repository, isEnabled: Bool) throws {
    self.isEnabled = isEnabled
    reader = try BlobReader(repository.location)
    let storage = try repository.configuration()["lfs.storage"]?.value ?? "lfs"
    directory =
      (storage.hasPrefix("/") ? storage : repository.commonDirectory + "/" + storage) + "/objects"
  }

  /// The contents that the blob points to; `nil` when it is no pointer, or pointers are wanted. Of
  /// contents that are not here the path is kept in ``missing``.
  mutating func content(of pointer: ObjectID, path: [UInt8]) throws -> BundleEntry.Content? {
    guard isEnabled, try reader.size(of: pointer) <= LargeObject.longestPointer,
      let object = LargeObject(pointer: try reader.contents(of: pointer)), object.size > 0
    else { return nil }
    let digest = object.digest
    let file = "\(directory)/\(digest.prefix(2))/\(digest.dropFirst(2).prefix(2))/\(digest)"
    guard let status = try FileSystem.status(file), status.isRegular, status.size == object.size
    else {
      missing.append(String(decoding: path, as: UTF8.self))
      return nil
    }
    return .largeObject(object, path: file, pointer: pointer)
  }
}
