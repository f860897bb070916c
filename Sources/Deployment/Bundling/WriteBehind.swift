import CPlatform
import Zip

/// Takes bytes for another sink and hands them on from a thread of its own, so that the system's
/// part of writing goes on beside the making of what follows.
///
/// An error comes with a later call, at the latest with ``finish()``.
final class WriteBehind: ZipSink {
  private struct State {
    var waiting: [ContiguousArray<UInt8>] = []
    var waitingBytes = 0
    var error: ZipError?
    var isEnded = false
    var isRunning = false
  }

  /// Bytes that may wait to be written.
  private static let waitingLimit = 4 << 20

  /// Bytes after which the disk is set to work.
  private static let writeBackSize = 8 << 20

  private let sink: any ZipSink
  private let state = Monitor(State())

  init(_ sink: any ZipSink) {
    self.sink = sink
    state.update { $0.isRunning = true }
    if !Threads.start({ [self] in run() }) { state.update { $0.isRunning = false } }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(ZipError) {
    let copy = unsafe ContiguousArray(bytes)
    let (error, isRunning) = state.await { state -> (ZipError?, Bool)? in
      if let error = state.error { return (error, true) }
      guard state.isRunning else { return (nil, false) }
      guard state.waitingBytes < Self.waitingLimit else { return nil }
      state.waiting.append(copy)
      state.waitingBytes += copy.count
      return (nil, true)
    }
    if let error { throw error }
    // Where no thread is to be had, there is still this one.
    if !isRunning { try unsafe pass(bytes) }
  }

  /// Returns when all is written.
  func finish() throws(ZipError) {
    let error = state.update { state in
      state.isEnded = true
      return state.error
    }
    if let error { throw error }
    if let error = state.await({ $0.isRunning ? nil : .some($0.error) }) ?? nil { throw error }
  }

  /// Gives up what is not written yet, and returns when nothing more is. To be called in any case.
  func abandon() {
    state.update { state in
      state.isEnded = true
      state.waiting = []
    }
    state.await { $0.isRunning ? nil : () }
  }

  private func pass(_ bytes: UnsafeRawBufferPointer) throws(ZipError) {
    var sink = sink
    try unsafe sink.write(bytes)
  }

  private func run() {
    var written = 0
    while true {
      let next = state.await { state -> [ContiguousArray<UInt8>]?? in
        if state.waiting.isEmpty { return state.isEnded ? .some(nil) : nil }
        defer { state.waiting = [] }
        return state.waiting
      }
      guard let next else { break }
      for bytes in next {
        do throws(ZipError) {
          try unsafe bytes.withUnsafeBufferPointer { (bytes) throws(ZipError) in
            try unsafe pass(UnsafeRawBufferPointer(bytes))
          }
          state.update { $0.waitingBytes -= bytes.count }
          written += bytes.count
          if written >= Self.writeBackSize, let file = sink as? FileDescriptorSink {
            platform_begin_writing_back(file.descriptor)
            written = 0
          }
        } catch {
          state.update { state in
            state.error = error
            state.waiting = []
            state.isRunning = false
          }
          return
        }
      }
    }
    state.update { $0.isRunning = false }
  }
}
