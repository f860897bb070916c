#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension ZipReader {
  /// Reads everything and verifies checksums and names, as `extract` does, without writing.
  package func check() throws(ZipError) {
    let stream = try InflateStream(self)
    let plan = try ExtractionPlan(self, with: stream)
    for step in plan.steps where step.kind == .file {
      try stream.begin(step.record)
      while try unsafe stream.next() != nil {}
    }
  }

  /// Verifies names as `extract` does, and that the contents can be read at all, without reading
  /// them.
  package static func check(_ records: [Record]) throws(ZipError) {
    var places = Places()
    for record in records {
      guard !record.isEncrypted, [.stored, .deflate].contains(record.method) else {
        throw ZipError(.unsupported, .read, record.path)
      }
      let (name, kind) = try ExtractionPlan.place(of: record)
      if !name.components.isEmpty { try places.add(name.components, kind, for: record) }
    }
  }

  /// Unpacks into a directory, which is made if it does not exist.
  ///
  /// Nothing outside of it is written, whatever the archive says, and no existing file is replaced:
  /// it is best empty. Permissions are those in the archive without set-user-id and the like,
  /// directories are 0755, times are those in the archive.
  /// - Throws: `ZipError` with the entry's name. Names and links are verified before the first byte
  ///   is written; what is there when a later step fails is the caller's to remove.
  package func extract(to directory: String) throws(ZipError) {
    let stream = try InflateStream(self)
    let plan = try ExtractionPlan(self, with: stream)
    if unsafe mkdir(directory, 0o755) != 0, errno != EEXIST {
      throw ZipError(.io(errno), .extract, directory)
    }
    let root = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard root >= 0 else { throw ZipError(.io(errno), .extract, directory) }
    var writer = TreeWriter(root: root)
    // Links are the last files: nothing can be written through them.
    for step in plan.steps {
      switch step.kind {
      case .directory: try writer.makeDirectory(step)
      case .file: try writer.write(step, from: stream)
      case .link: break
      }
    }
    for step in plan.steps where step.kind == .link {
      try writer.link(step)
    }
    // Making a file in a directory changes the directory's time.
    for step in plan.steps.reversed() where step.kind == .directory {
      try writer.setTime(ofDirectory: step)
    }
  }
}

/// What there is to unpack, once it is known that all of it stays inside.
private struct ExtractionPlan {
  enum Kind {
    case file, link, directory
  }

  struct Step {
    var kind: Kind
    var record: ZipReader.Record
    var components: [ArraySlice<UInt8>]
    /// A link's target.
    var target: [UInt8] = []
  }

  private(set) var steps: [Step] = []

  init(_ reader: ZipReader, with stream: InflateStream) throws(ZipError) {
    steps.reserveCapacity(reader.records.count)
    var places = Places()
    for record in reader.records {
      let (name, kind) = try Self.place(of: record)
      // The directory itself, as `./`.
      if name.components.isEmpty { continue }
      try places.add(name.components, kind, for: record)
      var step = Step(kind: kind, record: record, components: name.components)
      if kind == .link {
        guard record.uncompressedSize < UInt64(ZipFormat.longestLinkTarget) else {
          throw ZipError(.tooLong, .read, record.path)
        }
        step.target = try reader.contents(
          of: record, limit: ZipFormat.longestLinkTarget, with: stream)
      }
      steps.append(step)
    }
    let links = Links(steps)
    for step in steps where step.kind == .link {
      guard links.staysInside(step) else { throw ZipError(.unsafeLink, .read, step.record.path) }
    }
  }

  /// A safe name, and what it is the name of. Only a directory may have no components.
  static func place(
    of record: ZipReader.Record
  ) throws(ZipError) -> (name: EntryName, kind: Kind) {
    let name = EntryName(record.path)
    guard name.isSafe else { throw ZipError(.unsafeName, .read, record.path) }
    if record.isDirectory {
      guard record.uncompressedSize == 0 else { throw ZipError(.corrupt, .read, record.path) }
      return (name, .directory)
    }
    guard !name.components.isEmpty else { throw ZipError(.unsafeName, .read, record.path) }
    if record.isSymbolicLink { return (name, .link) }
    guard record.isRegularFile else { throw ZipError(.unsupported, .read, record.path) }
    return (name, .file)
  }
}

/// Which names are taken, and by what.
private struct Places {
  private enum Place {
    case file, link, directory
    /// Not an entry itself, but in the path of one.
    case impliedDirectory
  }

  private var places: [[UInt8]: Place] = [:]
  /// The directory of the entry before, which is mostly that of the next too.
  private var lastParent: [UInt8] = []

  mutating func add(
    _ components: [ArraySlice<UInt8>], _ kind: ExtractionPlan.Kind, for record: ZipReader.Record
  ) throws(ZipError) {
    var path: [UInt8] = []
    path.reserveCapacity(record.path.count)
    let parent = Array(components.dropLast().joined(separator: [UInt8(ascii: "/")]))
    if parent != lastParent {
      for component in components.dropLast() {
        if !path.isEmpty { path.append(UInt8(ascii: "/")) }
        path += component
        switch places[path] {
        case nil: places[path] = .impliedDirectory
        case .directory, .impliedDirectory: break
        case .file: throw ZipError(.duplicate, .read, record.path)
        case .link: throw ZipError(.unsafeLink, .read, record.path)
        }
      }
      lastParent = parent
    }
    path = parent
    if !path.isEmpty { path.append(UInt8(ascii: "/")) }
    if let last = components.last { path += last }
    switch places[path] {
    case nil: break
    case .impliedDirectory where kind == .directory: break
    case .impliedDirectory where kind == .link: throw ZipError(.unsafeLink, .read, record.path)
    default: throw ZipError(.duplicate, .read, record.path)
    }
    places[path] =
      switch kind {
      case .file: .file
      case .link: .link
      case .directory: .directory
      }
  }
}

/// The archive's symbolic links, to follow them before they exist.
private struct Links {
  private typealias Path = [ArraySlice<UInt8>]
  private var targets: [Path: [UInt8]] = [:]

  init(_ steps: [ExtractionPlan.Step]) {
    for step in steps where step.kind == .link {
      targets[step.components] = step.target
    }
  }

  /// Whether a link leads to something inside, also by way of other links; a name in the way that
  /// does not exist is taken for a directory.
  func staysInside(_ step: ExtractionPlan.Step) -> Bool {
    var place = Path(step.components.dropLast())
    // The components to walk, the next one last.
    guard var todo = Self.steps(of: step.target) else { return false }
    // No system follows more links than this.
    var follows = 0
    while let component = todo.popLast() {
      if component.elementsEqual("..".utf8) {
        guard place.popLast() != nil else { return false }
        continue
      }
      place.append(component)
      guard let target = targets[place] else { continue }
      follows += 1
      guard follows <= 40 else { return true }
      guard let more = Self.steps(of: target) else { return false }
      place.removeLast()
      todo += more
    }
    return true
  }

  /// The components of a target, backwards; `nil` when it is no relative path.
  private static func steps(of target: [UInt8]) -> Path? {
    guard let first = target.first, first != UInt8(ascii: "/"), !target.contains(0) else {
      return nil
    }
    return target.split(separator: UInt8(ascii: "/")).reversed()
      .filter { !$0.elementsEqual(".".utf8) }
  }
}

/// Writes files below a directory, each step from an open directory to a name in it, so that a link
/// which somebody puts there meanwhile is not followed.
private struct TreeWriter: ~Copyable {
  /// The directories that lead to the last one used.
  private var names: [[UInt8]] = []
  private var descriptors: [Int32]

  /// Takes over an open directory.
  init(root: Int32) {
    descriptors = [root]
  }

  deinit {
    for descriptor in descriptors { close(descriptor) }
  }

  mutating func makeDirectory(_ step: ExtractionPlan.Step) throws(ZipError) {
    _ = try enter(step.components[...], for: step.record)
  }

  mutating func write(_ step: ExtractionPlan.Step, from stream: InflateStream) throws(ZipError) {
    let record = step.record
    let parent = try enter(step.components.dropLast(), for: record)
    let file = unsafe openat(
      parent, Self.name(step.components.last), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
      0o600)
    guard file >= 0 else { throw ZipError(.io(errno), .extract, record.path) }
    defer { close(file) }
    var sink = FileDescriptorSink(file)
    try stream.begin(record)
    while let bytes = try unsafe stream.next() {
      do throws(ZipError) {
        try unsafe sink.write(bytes)
      } catch {
        throw ZipError(error.code, .extract, record.path)
      }
    }
    guard fchmod(file, mode_t(record.mode & 0o777)) == 0,
      unsafe futimens(file, Self.times(record)) == 0
    else { throw ZipError(.io(errno), .extract, record.path) }
  }

  mutating func link(_ step: ExtractionPlan.Step) throws(ZipError) {
    let parent = try enter(step.components.dropLast(), for: step.record)
    let name = Self.name(step.components.last)
    guard unsafe symlinkat(Self.name(step.target[...]), parent, name) == 0,
      unsafe utimensat(parent, name, Self.times(step.record), AT_SYMLINK_NOFOLLOW) == 0
    else { throw ZipError(.io(errno), .extract, step.record.path) }
  }

  mutating func setTime(ofDirectory step: ExtractionPlan.Step) throws(ZipError) {
    let directory = try enter(step.components[...], for: step.record)
    guard unsafe futimens(directory, Self.times(step.record)) == 0 else {
      throw ZipError(.io(errno), .extract, step.record.path)
    }
  }

  /// Opens a directory, and makes those that are missing.
  private mutating func enter(
    _ components: ArraySlice<ArraySlice<UInt8>>, for record: ZipReader.Record
  ) throws(ZipError) -> Int32 {
    var shared = 0
    for (name, component) in zip(names, components) {
      guard name.elementsEqual(component) else { break }
      shared += 1
    }
    while names.count > shared {
      names.removeLast()
      close(descriptors.removeLast())
    }
    for component in components.dropFirst(shared) {
      let parent = descriptors[descriptors.count - 1]
      let name = Self.name(component)
      let isNew = unsafe mkdirat(parent, name, 0o755) == 0
      guard isNew || errno == EEXIST else { throw ZipError(.io(errno), .extract, record.path) }
      let directory = unsafe openat(
        parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
      guard directory >= 0 else { throw ZipError(.io(errno), .extract, record.path) }
      names.append(Array(component))
      descriptors.append(directory)
      // Whatever the umask.
      guard !isNew || fchmod(directory, 0o755) == 0 else {
        throw ZipError(.io(errno), .extract, record.path)
      }
    }
    return descriptors[descriptors.count - 1]
  }

  private static func name(_ component: ArraySlice<UInt8>?) -> [CChar] {
    (component ?? []).map { CChar(bitPattern: $0) } + [0]
  }

  /// The time of last access and of modification.
  private static func times(_ record: ZipReader.Record) -> [timespec] {
    let time = timespec(tv_sec: time_t(record.modificationTime), tv_nsec: 0)
    return [time, time]
  }
}
