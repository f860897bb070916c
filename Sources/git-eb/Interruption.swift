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

  /// Ends the program by the signal that was noted.
  static func raiseAgain() {
    let signal = platform_caught_signal()
    if signal != 0 { platform_raise_default(signal) }
  }
}
