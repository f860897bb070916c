internal import CLibgit2

/// The types of objects.
package enum ObjectKind: String, Sendable {
  case commit
  case tree
  case blob
  case tag

  init?(_ type: git_object_t) {
    switch type {
    case GIT_OBJECT_COMMIT: self = .commit
    case GIT_OBJECT_TREE: self = .tree
    case GIT_OBJECT_BLOB: self = .blob
    case GIT_OBJECT_TAG: self = .tag
    default: return nil
    }
  }
}

/// The objects of a repository and of its alternates, with those that replace others in their
/// place. For one thread.
@safe final class ObjectDatabase {
  private let pointer: OpaquePointer
  private let location: Location

  init(_ location: Location) throws(GitError) {
    try Library.start()
    self.location = location
    var opened: OpaquePointer?
    try unsafe check(git_odb_new(&opened), Self.operation, location.objectDirectory)
    guard let opened = unsafe opened else {
      throw GitError(.other, Self.operation, location.objectDirectory)
    }
    unsafe pointer = unsafe opened
    var directories: [String] = []
    for path in [location.objectDirectory] + location.alternates {
      try Self.collect(path, &directories, depth: 0)
    }
    // Only what reads: nothing here can write an object.
    for (rank, path) in directories.reversed().enumerated() {
      try add(path, rank: rank)
    }
  }

  private static let operation = "open the objects"

  /// A directory and those that its `info/alternates` names, each once.
  private static func collect(
    _ path: String, _ directories: inout [String], depth: Int
  ) throws(GitError) {
    let path = FileSystem.realPath(path) ?? path
    // As git: five links of a chain.
    guard depth <= 5, !directories.contains(path), FileSystem.isDirectory(path) else { return }
    directories.append(path)
    let list = path.appending(path: "info/alternates")
    guard let bytes = try FileSystem.contents(of: list, for: operation) else { return }
    for line in bytes.split(separator: 0x0a) where line.first != UInt8(ascii: "#") {
      let text =
        line.first == UInt8(ascii: "\"")
        ? CQuoting.unquote(line)?.value ?? Array(line) : Array(line)
      let alternate = path.appending(path: String(decoding: text, as: UTF8.self))
      try collect(alternate, &directories, depth: depth + 1)
    }
  }

  /// The higher the rank, the earlier a directory is asked; of each, its packs first.
  private func add(_ path: String, rank: Int) throws(GitError) {
    var packs: UnsafeMutablePointer<git_odb_backend>?
    try unsafe check(git_odb_backend_pack(&packs, path), Self.operation, path)
    try unsafe check(
      git_odb_add_backend(pointer, packs, Int32(2 * rank + 2)), Self.operation, path)
    var loose: UnsafeMutablePointer<git_odb_backend>?
    try unsafe check(libgit2_loose_backend(&loose, path), Self.operation, path)
    try unsafe check(
      git_odb_add_backend(pointer, loose, Int32(2 * rank + 1)), Self.operation, path)
  }

  deinit {
    unsafe git_odb_free(pointer)
  }

  /// For a libgit2 call that wants the same objects.
  func withPointer<R>(_ body: (OpaquePointer) -> R) -> R {
    unsafe body(pointer)
  }

  /// An object in memory.
  @safe struct Loaded: ~Copyable {
    private let pointer: OpaquePointer
    let kind: ObjectKind

    init(_ pointer: OpaquePointer, _ kind: ObjectKind) {
      unsafe self.pointer = unsafe pointer
      self.kind = kind
    }

    deinit {
      unsafe git_odb_object_free(pointer)
    }

    /// The contents, for as long as `body` runs.
    borrowing func withBytes<R, E: Error>(
      _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
      try unsafe body(
        UnsafeRawBufferPointer(
          start: git_odb_object_data(pointer), count: git_odb_object_size(pointer)))
    }

    borrowing func copy() -> [UInt8] {
      unsafe withBytes { bytes in unsafe Array(bytes) }
    }
  }

  /// `nil` when there is no such object.
  func load(_ id: ObjectID) throws(GitError) -> Loaded? {
    var raw = replaced(id).raw
    var object: OpaquePointer?
    let result = unsafe git_odb_read(&object, pointer, &raw)
    if result == GIT_ENOTFOUND.rawValue { return nil }
    try check(result, "read the object", id.hex)
    guard let object = unsafe object else { throw GitError(.other, "read the object", id.hex) }
    guard let kind = ObjectKind(unsafe git_odb_object_type(object)) else {
      unsafe git_odb_object_free(object)
      throw GitError(.corrupt, "read the object", id.hex, detail: "unknown type")
    }
    return unsafe Loaded(object, kind)
  }

  /// The object, which has to be there and of this type.
  func load(_ id: ObjectID, as kind: ObjectKind) throws(GitError) -> Loaded {
    guard let object = try load(id) else { throw missing(id, kind) }
    guard object.kind == kind else {
      throw GitError(
        .wrongType, "read the \(kind.rawValue)", id.hex, detail: "it is a \(object.kind.rawValue)")
    }
    return object
  }

  /// Type and size without the contents; `nil` when there is no such object.
  func header(of id: ObjectID) throws(GitError) -> (kind: ObjectKind, size: Int)? {
    var raw = replaced(id).raw
    var size = 0
    var type = GIT_OBJECT_INVALID
    let result = unsafe git_odb_read_header(&size, &type, pointer, &raw)
    if result == GIT_ENOTFOUND.rawValue { return nil }
    try check(result, "read the object", id.hex)
    guard let kind = ObjectKind(type) else {
      throw GitError(.corrupt, "read the object", id.hex, detail: "unknown type")
    }
    return (kind, size)
  }

  func contains(_ id: ObjectID) -> Bool {
    var raw = replaced(id).raw
    return unsafe git_odb_exists(pointer, &raw) == 1
  }

  /// Those of `ids` that are not here, each once.
  func missing(among ids: some Sequence<ObjectID>) -> [ObjectID] {
    unsafe git_odb_refresh(pointer)
    // Without looking for new packs again for each of them.
    let flags = GIT_ODB_LOOKUP_NO_REFRESH.rawValue
    var seen = Set<ObjectID>()
    return ids.map(replaced).filter { id in
      guard seen.insert(id).inserted else { return false }
      var raw = id.raw
      return unsafe git_odb_exists_ext(pointer, &raw, flags) != 1
    }
  }

  func missing(_ id: ObjectID, _ kind: ObjectKind) -> GitError {
    GitError(
      location.isPartialClone ? .missingPromisorObject : .missingObject,
      "read the \(kind.rawValue)", id.hex, detail: "there is no such object here")
  }

  private func replaced(_ id: ObjectID) -> ObjectID {
    guard !location.replacements.isEmpty else { return id }
    var id = id
    // As git: a chain of five, which also ends a circle.
    for _ in 0..<5 {
      guard let replacement = location.replacements[id] else { break }
      id = replacement
    }
    return id
  }
}
