import Crypto

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A directory of small JSON files that AWS's tools share, named after the SHA-1 of what they are
/// for. What cannot be kept is not kept: a cache is no reason to fail.
struct FileCache {
  /// Ends with no slash.
  let directory: String

  /// What has less time left, in seconds, is not taken from a cache (botocore's
  /// `DEFAULT_EXPIRY_WINDOW_SECONDS`).
  static let margin = 900.0

  static func key(_ text: String) -> String {
    Hexadecimal.text(Insecure.SHA1.hash(data: Array(text.utf8)))
  }

  func path(for key: String) -> String { "\(directory)/\(key).json" }

  func read(_ key: String) -> [UInt8]? { SharedFiles.contents(path(for: key)) }

  /// Puts a file in place as a whole, readable by its owner alone from the beginning.
  @discardableResult
  func write(_ bytes: [UInt8], for key: String) -> Bool {
    makeDirectory()
    let draft = "\(path(for: key)).\(UInt64.random(in: .min ... .max)).tmp"
    let descriptor = unsafe open(
      draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return false }
    let isWhole = Self.writeAll(bytes, to: descriptor) && fsync(descriptor) == 0
    close(descriptor)
    if isWhole, unsafe rename(draft, path(for: key)) == 0 { return true }
    _ = unsafe unlink(draft)
    return false
  }

  /// Makes the directory and those that lead to it, for their owner alone.
  private func makeDirectory() {
    var path = ""
    for name in directory.split(separator: "/") {
      path += "/\(name)"
      _ = unsafe mkdir(path, 0o700)
    }
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { bytes in
        #if canImport(Glibc)
          unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #else
          unsafe Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
