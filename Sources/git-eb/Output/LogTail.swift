import Deployment
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The end of a log file, and what is appended to it later.
struct LogTail {
  /// At most so much is read of what is there already.
  private static let limit = 4 << 20

  private let path: String
  private var offset: Int64
  private var unfinished: [UInt8] = []
  private(set) var lines: [String] = []

  /// A log that is not on this machine has come as it is, and goes on no further.
  init(_ log: LogFile, lines count: Int) throws {
    path = log.path.string
    if let contents = log.contents {
      offset = .max
      let text = contents.last == UInt8(ascii: "\n") ? contents.dropLast() : contents[...]
      lines =
        contents.isEmpty
        ? []
        : text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
          .suffix(count).map { String(decoding: $0, as: UTF8.self) }
      return
    }
    let size = try FileSystem.status(path)?.size ?? 0
    offset = max(0, size - Int64(Self.limit))
    let all = try more()
    lines = count < all.count ? Array(all.suffix(count)) : all
    if !unfinished.isEmpty, count > 0 {
      lines.append(String(decoding: unfinished, as: UTF8.self))
      unfinished = []
    }
  }

  /// Whole lines that came since the last call. A file that shrank was begun anew.
  mutating func more() throws -> [String] {
    guard let status = try FileSystem.status(path) else { return [] }
    if status.size < offset {
      offset = 0
      unfinished = []
    }
    guard status.size > offset else { return [] }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(operation: "open", path: path, errno: errno) }
    defer { close(descriptor) }
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes {
        unsafe pread(descriptor, $0.baseAddress, $0.count, off_t(offset))
      }
      guard count > 0 else { break }
      unfinished += chunk[..<count]
      offset += Int64(count)
    }
    guard let end = unfinished.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    let whole = unfinished[..<end].split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    unfinished = Array(unfinished[(end + 1)...])
    return whole.map { String(decoding: $0, as: UTF8.self) }
  }
}
