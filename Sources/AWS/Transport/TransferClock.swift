/// When a transfer has waited long enough. It is told what was seen and when.
struct TransferClock {
  typealias Instant = SuspendingClock.Instant

  /// What grows with every byte in either direction.
  struct Traffic: Equatable {
    /// The request's head, and its body.
    var sent: Int64 = 0
    /// The answer's head, line by line, and its body.
    var received: Int64 = 0
  }

  private let limits: HTTPRequest.Limits
  private let began: Instant
  private var traffic = Traffic()
  /// When there was traffic last; `nil` until there is a connection, which has a limit of its own.
  private var lastTraffic: Instant?

  init(_ limits: HTTPRequest.Limits, began: Instant) {
    self.limits = limits
    self.began = began
  }

  /// There is a connection.
  mutating func connected(at now: Instant) { lastTraffic = now }

  mutating func note(_ seen: Traffic, at now: Instant) {
    guard seen != traffic else { return }
    traffic = seen
    if lastTraffic != nil { lastTraffic = now }
  }

  /// When `expired` will have an answer, if nothing happens before; `nil` for never.
  var deadline: Instant? {
    let stall = lastTraffic.map { $0 + limits.stall }
    let total = limits.total.map { began + $0 }
    guard let stall, let total else { return stall ?? total }
    return min(stall, total)
  }

  /// The limit that has passed, in words for people.
  func expired(at now: Instant) -> String? {
    if let lastTraffic, now >= lastTraffic + limits.stall {
      return "nothing was sent or received for \(Self.text(limits.stall))"
    }
    if let total = limits.total, now >= began + total {
      return "there was no whole answer after \(Self.text(total))"
    }
    return nil
  }

  /// Such as `30 s` or `250 ms`.
  static func text(_ duration: Duration) -> String {
    let milliseconds = milliseconds(duration)
    return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
  }

  /// Rounded up, so that a wait is not over too early.
  static func milliseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    let limited = min(max(seconds, 0), 1 << 31)
    return limited * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
  }
}
