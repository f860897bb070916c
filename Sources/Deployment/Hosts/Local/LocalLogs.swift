import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The log files of an environment's processes.
enum LocalLogs {
  /// A log is put aside at a deployment once it is larger.
  static let sizeLimit: Int64 = 10 << 20

  /// Renames the logs that have grown too large; a process goes on writing into its own.
  static func rotate(_ directory: FilePath, sizeLimit: Int64 = sizeLimit) throws {
    for name in try LocalStorage.names(in: directory) where name.hasSuffix(".log") {
      let path = directory.appending(name)
      guard LocalStorage.size(of: path) > sizeLimit else { continue }
      try LocalStorage.move(path, to: path.appendingToName(".1"))
    }
  }

  /// Writes down how large the logs are, so that what the next operation writes into them can be
  /// told from what was there. Where that cannot be done, less is known, and nothing fails.
  static func noteSizes(of directory: FilePath, at path: FilePath) {
    guard let names = try? LocalStorage.names(in: directory) else { return }
    let sizes = names.map { ($0, LocalStorage.size(of: directory.appending($0))) }
    guard let bytes = try? LocalJSON.bytes(of: Dictionary(sizes) { $1 }) else { return }
    let descriptor = unsafe open(path.string, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    _ = LocalStorage.writeAll(bytes[...], to: descriptor)
  }

  /// The sizes that were written down, by the logs' names; `nil` where they are not known.
  static func sizes(at path: FilePath) -> [String: Int64]? {
    guard let bytes = try? LocalStorage.read(path, limit: 1 << 20) else { return nil }
    return try? LocalJSON.value([String: Int64].self, from: bytes[...])
  }

  /// The last lines of what was appended behind `offset`, without control characters.
  static func tail(of path: FilePath, from offset: Int64, lines: Int = 10) -> [String] {
    let descriptor = unsafe open(path.string, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    let size = lseek(descriptor, 0, SEEK_END)
    let start = max(Int64(offset), Int64(size) - 65536)
    guard start < size else { return [] }
    var bytes = [UInt8](repeating: 0, count: Int(Int64(size) - start))
    let count = unsafe bytes.withUnsafeMutableBytes {
      unsafe pread(descriptor, $0.baseAddress, $0.count, off_t(start))
    }
    guard count > 0 else { return [] }
    return bytes[..<count].split(separator: UInt8(ascii: "\n")).suffix(lines).map { line in
      // A log must not speak to the terminal that it is shown on.
      let text = String(decoding: line.prefix(500), as: UTF8.self).unicodeScalars
      return String(
        String.UnicodeScalarView(
          text.filter { $0 == "\t" || !($0.value < 0x20 || (0x7f...0x9f).contains($0.value)) }))
    }
  }
}
