import FoundationEssentials
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The local host's files: private, and durable before anything relies on them.
enum LocalStorage {
  /// Makes a directory and those above it that are missing, for their owner only.
  static func makeDirectory(_ path: FilePath) throws(HostError) {
    if unsafe mkdir(path.string, 0o700) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, path.removingLastComponent() != path else {
      throw failure("create", path)
    }
    try makeDirectory(path.removingLastComponent())
    if unsafe mkdir(path.string, 0o700) != 0, errno != EEXIST { throw failure("create", path) }
  }

  /// Replaces a file in one step: whoever reads it sees the old bytes or the new ones, also after a
  /// power cut. `draft` is where the bytes are written first, on the same file system.
  static func write(_ bytes: [UInt8], to path: FilePath, draft: FilePath? = nil) throws(HostError) {
    let draft = draft ?? path.appendingToName(".tmp")
    do {
      try create(draft, holding: bytes)
      try move(draft, to: path)
    } catch {
      unsafe unlink(draft.string)
      throw error
    }
  }

  /// Renames a file or directory over another and makes that durable.
  static func move(_ old: FilePath, to new: FilePath) throws(HostError) {
    guard unsafe rename(old.string, new.string) == 0 else { throw failure("rename", old) }
    try sync(new.removingLastComponent())
  }

  /// Makes `path` a symbolic link to `target` in one step, whatever it led to before.
  static func pointLink(_ path: FilePath, to target: String) throws(HostError) {
    let draft = path.appendingToName(".tmp")
    unsafe unlink(draft.string)
    guard unsafe symlink(target, draft.string) == 0 else { throw failure("link", path) }
    try move(draft, to: path)
  }

  /// Removes a file or a link, if it is there.
  static func remove(_ path: FilePath) throws(HostError) {
    guard unsafe unlink(path.string) == 0 || errno == ENOENT else { throw failure("remove", path) }
  }

  /// Writes a file's or a directory's contents to the device.
  static func sync(_ path: FilePath) throws(HostError) {
    let descriptor = unsafe open(path.string, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("sync", path) }
  }

  /// All of a small file; `nil` when it is missing.
  static func read(_ path: FilePath, limit: Int = 16 << 20) throws(HostError) -> [UInt8]? {
    do throws(FileError) {
      return try FileSystem.contents(path.string, limit: limit)
    } catch {
      throw .storage(operation: error.operation, path: error.path, errno: error.errno)
    }
  }

  /// The names in a directory, sorted by their bytes; none when there is no such directory.
  static func names(in directory: FilePath) throws(HostError) -> [String] {
    do throws(FileError) {
      return try FileSystem.names(in: directory.string)
    } catch {
      if error.errno == ENOENT || error.errno == ENOTDIR { return [] }
      throw .storage(operation: error.operation, path: error.path, errno: error.errno)
    }
  }

  static func exists(_ path: FilePath) -> Bool {
    var status = stat()
    return unsafe lstat(path.string, &status) == 0
  }

  /// Bytes of a file; 0 when it is missing.
  static func size(of path: FilePath) -> Int64 {
    var status = stat()
    return unsafe lstat(path.string, &status) == 0 ? Int64(status.st_size) : 0
  }

  /// Copies a file to a new one for its owner only, durably.
  static func copy(_ source: FilePath, to target: FilePath) throws(HostError) {
    let input = unsafe open(source.string, O_RDONLY | O_CLOEXEC)
    guard input >= 0 else { throw failure("open", source) }
    defer { close(input) }
    let output = unsafe open(target.string, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard output >= 0 else { throw failure("create", target) }
    defer { close(output) }
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { bytes in
        Glue.retrying { unsafe Glue.read(input, bytes.baseAddress, bytes.count) }
      }
      guard count >= 0 else { throw failure("read", source) }
      if count == 0 { break }
      guard writeAll(chunk[..<count], to: output) else { throw failure("write", target) }
    }
    guard fsync(output) == 0 else { throw failure("sync", target) }
  }

  /// Writes all bytes or answers `false` with errno.
  static func writeAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
    unsafe bytes.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let count = Glue.retrying {
          unsafe Glue.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
        }
        guard count > 0 else { return false }
        done += count
      }
      return true
    }
  }

  static func failure(_ operation: String, _ path: FilePath) -> HostError {
    .storage(operation: operation, path: path.string, errno: errno)
  }

  private static func create(_ path: FilePath, holding bytes: [UInt8]) throws(HostError) {
    let descriptor = unsafe open(
      path.string, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("create", path) }
    defer { close(descriptor) }
    guard writeAll(bytes[...], to: descriptor), fsync(descriptor) == 0 else {
      throw failure("write", path)
    }
  }
}

extension FilePath {
  /// The path whose last component has `suffix` at its end.
  func appendingToName(_ suffix: String) -> FilePath {
    FilePath(string + suffix)
  }
}

/// JSON as the local host stores it: sorted keys, UTC dates to the millisecond.
enum LocalJSON {
  static func bytes(of value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .custom { date, encoder in
      var container = encoder.singleValueContainer()
      try container.encode(text(of: date))
    }
    return Array(try encoder.encode(value))
  }

  static func value<T: Decodable>(_ type: T.Type, from bytes: some Sequence<UInt8>) throws -> T {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .custom { decoder in
      return try date(decoder.singleValueContainer().decode(String.self))
    }
    return try decoder.decode(type, from: Data(bytes))
  }

  /// The date as it is read back after it was stored.
  static func stored(_ date: Date) -> Date {
    (try? self.date(text(of: date))) ?? date
  }

  /// As it is stored, else in any way of ISO 8601 that the style reads. Making the style takes
  /// longer than all else that is read of an environment.
  private static func date(_ text: String) throws -> Date {
    try RecordTime.date(text) ?? Date(text, strategy: style)
  }

  private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

  /// The style itself cuts off instead of rounding: a date that was read back would lose another
  /// millisecond.
  private static func text(of date: Date) -> String {
    let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
    let seconds = (milliseconds / 1000).rounded(.down)
    let rest = Int(milliseconds - seconds * 1000)
    let whole = Date(timeIntervalSince1970: seconds).formatted(Date.ISO8601FormatStyle())
    let digits = String(repeating: "0", count: 3 - "\(rest)".utf8.count) + "\(rest)"
    return whole.dropLast() + ".\(digits)Z"
  }
}

/// Calls whose names other declarations hide.
enum Glue {
  static func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
      unsafe Glibc.read(descriptor, buffer, count)
    #else
      unsafe Darwin.read(descriptor, buffer, count)
    #endif
  }

  static func write(_ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
      unsafe Glibc.write(descriptor, buffer, count)
    #else
      unsafe Darwin.write(descriptor, buffer, count)
    #endif
  }

  /// Repeats a call that a signal interrupted.
  static func retrying(_ call: () -> Int) -> Int {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }
}
