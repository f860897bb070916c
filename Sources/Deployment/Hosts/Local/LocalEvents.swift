import FoundationEssentials
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `events.jsonl`: an environment's events, one JSON object in a line, the oldest first.
struct LocalEvents: Sendable {
  let path: FilePath

  /// Adds an event. One that cannot be stored is lost: a full disk must not fail a deployment that
  /// could go on.
  func append(_ event: Event) {
    guard var line = try? LocalJSON.bytes(of: event) else { return }
    line.append(UInt8(ascii: "\n"))
    let descriptor = unsafe open(path.string, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    // A line that a full disk or a kill tore must not swallow this one.
    if !endsWithNewline(descriptor) { line.insert(UInt8(ascii: "\n"), at: 0) }
    _ = LocalStorage.writeAll(line[...], to: descriptor)
  }

  /// The events at or after `start`; torn lines are left out.
  func read(since start: Date?) throws(HostError) -> [Event] {
    let bytes = try LocalStorage.read(path, limit: 256 << 20) ?? []
    let start = start.map { LocalJSON.stored($0) }
    return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      guard let event = try? LocalJSON.value(Event.self, from: line) else { return nil }
      if let start, event.date < start { return nil }
      return event
    }
  }

  private func endsWithNewline(_ descriptor: Int32) -> Bool {
    let size = lseek(descriptor, 0, SEEK_END)
    guard size > 0 else { return true }
    var last: UInt8 = 0
    let count = unsafe withUnsafeMutableBytes(of: &last) {
      unsafe pread(descriptor, $0.baseAddress, 1, size - 1)
    }
    return count != 1 || last == UInt8(ascii: "\n")
  }
}
