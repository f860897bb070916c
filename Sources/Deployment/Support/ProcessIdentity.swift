#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// One process, told apart from a later one that got the same number.
package struct ProcessIdentity: Sendable, Equatable {
  package let id: Int32
  /// Clock ticks between boot and the process's start (field 22 of `/proc/<pid>/stat`).
  package let startTime: UInt64

  package static let current: ProcessIdentity = {
    let id = getpid()
    return ProcessIdentity(id: id, startTime: startTime(of: id) ?? 0)
  }()

  package init(id: Int32, startTime: UInt64) {
    self.id = id
    self.startTime = startTime
  }

  /// From ``text``.
  package init?(_ text: String) {
    let parts = text.split(separator: "-")
    guard parts.count == 2, let id = Int32(parts[0]), id > 0, let start = UInt64(parts[1]) else {
      return nil
    }
    self.init(id: id, startTime: start)
  }

  /// For a file's name.
  package var text: String { "\(id)-\(startTime)" }

  /// Whether this very process still runs.
  package var isAlive: Bool {
    if let now = Self.startTime(of: id) { return now == startTime }
    #if os(Linux)
      return false
    #else
      // Without a start time to compare, a process of that number counts as the same.
      return kill(id, 0) == 0 || errno == EPERM
    #endif
  }

  /// `nil` when there is no such process, or it is a zombie.
  package static func startTime(of id: Int32) -> UInt64? {
    #if os(Linux)
      guard let bytes = try? FileSystem.contents("/proc/\(id)/stat", limit: 4096),
        // The command's name is in parentheses and may hold anything, also parentheses.
        let end = bytes.lastIndex(of: UInt8(ascii: ")"))
      else { return nil }
      let fields = String(decoding: bytes[(end + 1)...], as: UTF8.self).split(separator: " ")
      guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
      return UInt64(fields[19])
    #else
      return nil
    #endif
  }
}
