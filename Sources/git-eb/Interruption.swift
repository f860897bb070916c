import CPlatform
import Deployment

/// Ctrl-C and its like: noted by the first signal, obeyed at the next safe point. A second one
/// ends the program at once.
enum Interruption {
  /// Starts to take note. Commands that change nothing leave signals as they are.
  static func begin() {
    _ = platform_catch_signals()
  }

  static var isRequested: Bool { platform_caught_signal() != 0 }

  /// Waits so long, or until a signal asks git-eb to stop.
  static func pause(_ duration: Duration) async throws {
    let clock = ContinuousClock()
    let end = clock.now + duration
    while !isRequested, clock.now < end {
      try await Task.sleep(for: min(.milliseconds(100), end - clock.now))
    }
  }

  /// Ends the program by the signal that was noted.
  static func raiseAgain() {
    let signal = platform_caught_signal()
    if signal != 0 { platform_raise_default(signal) }
  }
}
