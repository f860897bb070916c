import Synchronization

/// Numbers that tell the files of one process apart.
final class StoreCounter: Sendable {
  private let last = Atomic<Int>(0)

  func next() -> Int { last.add(1, ordering: .relaxed).newValue }
}
