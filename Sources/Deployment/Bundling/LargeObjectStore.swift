import Git

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

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

  /// A pointer whose contents are not here.
  struct Missing {
    var path: [UInt8]
    var pointer: ObjectID
    var object: LargeObject
  }

  private let isEnabled: Bool
  private let mayFetch: Bool
  private let directory: String
  private let location: Location
  private let reader: BlobReader
  private let isInterrupted: @Sendable () -> Bool
  private(set) var missing: [Missing] = []

  /// `lfs.storage` names another directory than the repository's own `lfs`. `mayFetch` is whether Git
  /// LFS may be run, which follows the `.lfsconfig` of what is checked out.
  init(
    _ repository: Repository, isEnabled: Bool, mayFetch: Bool = true,
    isInterrupted: @escaping @Sendable () -> Bool
  ) throws {
    self.isEnabled = isEnabled
    self.mayFetch = mayFetch
    self.isInterrupted = isInterrupted
    location = repository.location
    reader = try BlobReader(repository.location)
    let storage = try repository.configuration()["lfs.storage"]?.value ?? "lfs"
    directory =
      (storage.hasPrefix("/") ? storage : repository.commonDirectory + "/" + storage) + "/objects"
  }

  /// The contents that the blob points to; `nil` when it is no pointer, or pointers are wanted. What
  /// is not here is kept in ``missing``.
  mutating func content(of pointer: ObjectID, path: [UInt8]) throws -> BundleEntry.Content? {
    guard isEnabled, try reader.size(of: pointer) <= LargeObject.longestPointer,
      let object = LargeObject(pointer: try reader.contents(of: pointer)), object.size > 0
    else { return nil }
    if let content = try content(of: object, pointer) { return content }
    missing.append(Missing(path: path, pointer: pointer, object: object))
    return nil
  }

  private func content(
    of object: LargeObject, _ pointer: ObjectID
  ) throws -> BundleEntry.Content? {
    let digest = object.digest
    let file = "\(directory)/\(digest.prefix(2))/\(digest.dropFirst(2).prefix(2))/\(digest)"
    guard let status = try FileSystem.status(file), status.isRegular, status.size == object.size
    else { return nil }
    return .largeObject(object, path: file, pointer: pointer)
  }

  /// Has Git LFS bring what is missing, where it is installed: `git lfs smudge` keeps in its store
  /// what it downloads.
  ///
  /// - Returns: the contents by path.
  /// - Throws: ``SourceError/missingLargeObjects(_:)`` with all that it does not bring.
  func fetchMissing() async throws -> [[UInt8]: BundleEntry.Content] {
    var found: [[UInt8]: BundleEntry.Content] = [:]
    var isReachable = mayFetch && Self.isInstalled
    for missing in missing {
      if isReachable { isReachable = try await fetch(missing) }
      if let content = try content(of: missing.object, missing.pointer) {
        found[missing.path] = content
      } else {
        isReachable = false
      }
    }
    let rest = missing.filter { found[$0.path] == nil }
    if !rest.isEmpty {
      throw SourceError.missingLargeObjects(rest.map { String(decoding: $0.path, as: UTF8.self) })
    }
    return found
  }

  /// Answers whether it succeeded.
  private func fetch(_ missing: Missing) async throws -> Bool {
    if isInterrupted() { throw Interrupted() }
    let path = String(decoding: missing.path, as: UTF8.self)
    // The contents themselves are of no use here: they lie in the store afterwards.
    let null = unsafe open("/dev/null", O_WRONLY | O_CLOEXEC)
    guard null >= 0 else { return false }
    let output = try? await GitProgram(location).write(
      ["lfs", "smudge", "--", path], input: try reader.contents(of: missing.pointer), to: null)
    if isInterrupted() { throw Interrupted() }
    return output?.succeeded == true
  }

  private static var isInstalled: Bool {
    (ProcessEnvironment.current()["PATH"] ?? "").split(separator: ":").contains {
      unsafe access($0 + "/git-lfs", X_OK) == 0
    }
  }
}
