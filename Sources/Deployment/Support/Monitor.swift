#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// State that several threads share, with waiting for it to change.
///
/// Swift's own Mutex has no condition to wait on. For threads that block on files and libraries;
/// nothing here may be called from a task that others wait for.
@safe package final class Monitor<State>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var state: State
  private var waiting = 0

  package init(_ state: State) {
    self.state = state
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(condition, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  /// Changes the state and wakes all who wait for it.
  package func update<R>(_ body: (inout State) throws -> R) rethrows -> R {
    unsafe pthread_mutex_lock(mutex)
    defer { unlock() }
    return try body(&state)
  }

  /// Waits until `body` gives a value; it may change the state in the call that does.
  package func await<R>(_ body: (inout State) throws -> R?) rethrows -> R {
    unsafe pthread_mutex_lock(mutex)
    defer { unlock() }
    while true {
      if let result = try body(&state) { return result }
      waiting += 1
      unsafe pthread_cond_wait(condition, mutex)
      waiting -= 1
    }
  }

  private func unlock() {
    let isAwaited = waiting > 0
    unsafe pthread_mutex_unlock(mutex)
    // After the lock is free: who wakes takes it at once. Who begins to wait in between has seen
    // what was changed.
    if isAwaited { unsafe pthread_cond_broadcast(condition) }
  }
}

/// Threads of our own, for work that blocks: libgit2, compression, files.
package enum Threads {
  /// Processors that are online, between 1 and 16.
  package static var processorCount: Int {
    min(16, max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
  }

  /// Runs `body` on a new thread and waits for it without blocking the caller's executor.
  package static func run<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R
  {
    try await withCheckedThrowingContinuation { continuation in
      let started = start { continuation.resume(with: Result { try body() }) }
      if !started { continuation.resume(with: Result { try body() }) }
    }
  }

  /// Starts `body` on a new thread; `false` when the system gives no more threads.
  package static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
    let box = unsafe Unmanaged.passRetained(ThreadBody(body))
    var thread = pthread_t(bitPattern: 0)
    let status = unsafe pthread_create(
      &thread, nil,
      { pointer in
        guard let pointer = unsafe pointer else { return nil }
        unsafe Unmanaged<ThreadBody>.fromOpaque(pointer).takeRetainedValue().run()
        return nil
      }, box.toOpaque())
    guard status == 0 else {
      unsafe box.release()
      return false
    }
    if let thread = optional(thread) { pthread_detach(thread) }
    return true
  }

  /// `pthread_t` is a number on Linux and an optional pointer on macOS.
  private static func optional<T>(_ value: T?) -> T? { value }
}

private final class ThreadBody {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
