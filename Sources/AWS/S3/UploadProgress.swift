private import Synchronization

/// How far an upload is.
package struct UploadProgress: Sendable, Equatable {
  /// Bytes that have gone out. Never fewer than were told before: what is sent again is not counted
  /// until it passes what was sent the first time.
  package var sent: Int64
  package var total: Int64

  package init(sent: Int64, total: Int64) {
    self.sent = sent
    self.total = total
  }
}

/// Adds up what the parts have sent, as their requests tell it, from any thread.
final class UploadMeter: Sendable {
  private struct State {
    var sent: Int64 = 0
    /// By part, the most that was ever sent of it.
    var highest: [Int: Int64] = [:]
  }

  private let state = Mutex(State())
  private let total: Int64
  private let tell: @Sendable (UploadProgress) -> Void

  init(total: Int64, tell: @escaping @Sendable (UploadProgress) -> Void) {
    self.total = total
    self.tell = tell
  }

  /// Notes that `sent` bytes of a part with `length` bytes have gone out. The listener is called
  /// under the lock, or an older sum could overtake a newer one.
  func note(_ sent: Int64, ofPart part: Int, length: Int64) {
    let sent = min(max(sent, 0), length)
    state.withLock { state in
      let before = state.highest[part] ?? 0
      guard sent > before else { return }
      state.highest[part] = sent
      state.sent += sent - before
      tell(UploadProgress(sent: state.sent, total: total))
    }
  }
}
