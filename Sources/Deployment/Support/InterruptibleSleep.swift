/// Waits, and throws ``Interrupted`` as soon as a signal asks git-eb to stop.
struct InterruptibleSleep: Sendable {
  private let isInterrupted: @Sendable () -> Bool
  private let factor: Double

  /// - Parameter factor: what every wait is multiplied by.
  init(_ isInterrupted: @escaping @Sendable () -> Bool, factor: Double = 1) {
    self.isInterrupted = isInterrupted
    self.factor = factor
  }

  func callAsFunction(_ duration: Duration) async throws {
    let clock = ContinuousClock()
    let end = clock.now + duration * factor
    while true {
      if isInterrupted() { throw Interrupted() }
      let rest = end - clock.now
      guard rest > .zero else { return }
      try await Task.sleep(for: min(rest, .milliseconds(100)))
    }
  }
}
