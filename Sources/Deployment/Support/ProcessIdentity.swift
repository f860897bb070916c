private import CPlatform

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// One process, told apart from a later one that got the same number, also after another boot.
package struct ProcessIdentity: Sendable, Equatable {
  package let id: Int32
  /// In units that compare within one boot only.
  package let startTime: UInt64
  /// The first eight characters of ``boot``.
  package let bootPrefix: String

  package static let current: ProcessIdentity = {
    let id = getpid()
    return ProcessIdentity(
      id: id, startTime: startTime(of: id) ?? 0, bootPrefix: String(boot.prefix(8)))
  }()

  /// A process that runs now; `nil` when there is none of that number.
  package init?(of id: Int32) {
    guard let start = Self.startTime(of: id) else { return nil }
    self.init(id: id, startTime: start, bootPrefix: String(Self.boot.prefix(8)))
  }

  private init(id: Int32, startTime: UInt64, bootPrefix: String) {
    self.id = id
    self.startTime = startTime
    self.bootPrefix = bootPrefix
  }

  /// From ``text``.
  package init?(_ text: String) {
    let parts = text.split(separator: "-")
    guard parts.count == 3, let id = Int32(parts[0]), id > 0, let start = UInt64(parts[1]) else {
      return nil
    }
    self.init(id: id, startTime: start, bootPrefix: String(parts[2]))
  }

  /// For a file's name.
  package var text: String { "\(id)-\(startTime)-\(bootPrefix)" }

  /// Whether this very process still runs.
  package var isAlive: Bool {
    bootPrefix == Self.boot.prefix(8) && Self.startTime(of: id) == startTime
  }

  /// When a process started; `nil` when there is none of that number, or it has ended.
  package static func startTime(of id: Int32) -> UInt64? {
    var start: UInt64 = 0
    return unsafe platform_process_start(id, &start) == 1 ? start : nil
  }

  /// Identifies the machine's running time since its start.
  package static let boot: String = {
    var text = [CChar](repeating: 0, count: 128)
    guard unsafe platform_boot_identifier(&text, text.count) == 0 else { return "unknown" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }()
}
