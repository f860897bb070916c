import Git
import Zip

/// Reads and compresses entries on all processors, ahead of the one who writes them in order.
///
/// Each thread takes some entries that lie together, with a repository handle and a compressor of
/// its own, and hands over what it made of them. What waits for its turn is bounded, so memory does
/// not grow with the repository. The pieces of a large file, which the writer reads, go before.
final class ReadAhead: Sendable {
  /// What was made of entries that follow each other.
  struct Batch: Sendable {
    /// The place of the first one in the list of those that are to be read.
    var start: Int
    var results: [EntryReader.Result] = []
    /// The compressed bytes of all, one behind the other.
    var bytes = ContiguousArray<UInt8>()
  }

  /// The results one after the other, as the writer takes them.
  struct Results {
    private let ahead: ReadAhead
    private var batch = Batch(start: 0)
    // How many results of the batch are taken, and how many of its bytes.
    private var used = 0
    private var usedBytes = 0

    init(_ ahead: ReadAhead) {
      self.ahead = ahead
    }

    mutating func next() -> EntryReader.Result {
      if used == batch.results.count {
        batch = ahead.batch(at: batch.start + used)
        (used, usedBytes) = (0, 0)
      }
      let result = batch.results[used]
      used += 1
      if case .content(_, let count, _, _, _) = result { usedBytes += count }
      return result
    }

    /// The compressed bytes of the result that was taken last.
    func bytes(of result: EntryReader.Result) -> ArraySlice<UInt8> {
      guard case .content(_, let count, _, _, _) = result else { return [] }
      return batch.bytes[usedBytes - count..<usedBytes]
    }
  }

  private struct State {
    /// The first place that nobody has taken yet, and what was taken but given back.
    var next = 0
    var returned: [Range<Int>] = []
    var batches: [Int: Batch] = [:]
    var waitingBytes = 0
    /// The place that the writer waits for or is at.
    var turn = 0
    var pieces: [(number: Int, contents: ContiguousArray<UInt8>)] = []
    var deflated: [Int: DeflatedPiece] = [:]
    var workers = 0
    var isStopped = false
  }

  private enum Work {
    case piece(number: Int, contents: ContiguousArray<UInt8>)
    case entries(Range<Int>)
    case handed
    case stop
  }

  /// Compressed bytes that may wait for their turn.
  private static let waitingLimit = 8 << 20
  /// Entries that are taken at a time, and the bytes of contents after which the rest is given back.
  private static let batchCount = 64
  private static let batchSize = 256 << 10

  /// How many pieces may be under way.
  static let pieceLimit = Threads.processorCount + 2

  private let listing: Listing
  /// Which entries are to be read, in order.
  private let indexes: [Int]
  private let wants: EntryReader.Wants
  private let state = Monitor(State())

  init(_ listing: Listing, reading indexes: [Int], _ wants: EntryReader.Wants) {
    self.listing = listing
    self.indexes = indexes
    self.wants = wants
  }

  func start() {
    for _ in 0..<Threads.processorCount {
      state.update { $0.workers += 1 }
      let started = Threads.start { [self] in
        work()
        state.update { $0.workers -= 1 }
      }
      if !started {
        state.update { $0.workers -= 1 }
        break
      }
    }
  }

  /// Returns when all threads have ended. To be called in any case.
  func stop() {
    state.update { $0.isStopped = true }
    state.await { $0.workers == 0 ? () : nil }
  }

  func makeReader() -> EntryReader {
    EntryReader(listing.repositories, wants)
  }

  // MARK: - For the writer

  /// The batch that begins at a place.
  func batch(at place: Int) -> Batch {
    let found = state.await { state -> Batch?? in
      state.turn = place
      if let batch = state.batches.removeValue(forKey: place) {
        state.waitingBytes -= batch.bytes.count
        return batch
      }
      // Where not even one thread is to be had, there is still this one.
      return state.workers == 0 ? .some(nil) : nil
    }
    return found ?? read(place..<place + 1, makeReader())
  }

  /// Gives away a piece to be deflated.
  func add(piece number: Int, _ contents: ContiguousArray<UInt8>) {
    state.update { $0.pieces.append((number, contents)) }
  }

  /// The piece of that number, of those that were added.
  func piece(_ number: Int) -> DeflatedPiece {
    while true {
      let found = state.await { state -> (DeflatedPiece?, Work?)? in
        if let piece = state.deflated.removeValue(forKey: number) { return (piece, nil) }
        if state.workers == 0, !state.pieces.isEmpty { return (nil, Self.takePiece(&state)) }
        return nil
      }
      if let piece = found.0 { return piece }
      if case .piece(let number, let contents) = found.1 {
        deflate(number, contents, Deflater(level: wants.level))
      }
    }
  }

  // MARK: - Threads

  private func work() {
    let reader = makeReader()
    var finished: Batch?
    var rest = 0..<0
    while true {
      switch nextWork(finished, rest) {
      case .stop:
        return
      case .handed:
        finished = nil
      case .piece(let number, let contents):
        deflate(number, contents, reader.deflater)
      case .entries(let range):
        let batch = read(range, reader)
        finished = batch
        rest = range.lowerBound + batch.results.count..<range.upperBound
      }
    }
  }

  /// What a thread does next; `finished` is what it has not been able to hand over yet.
  private func nextWork(_ finished: Batch?, _ rest: Range<Int>) -> Work {
    state.await { state in
      if state.isStopped { return .stop }
      if let piece = Self.takePiece(&state) { return piece }
      if let finished {
        // The batch whose turn it is never waits, or nothing would move. What is given back is lower
        // than what anybody waits with, and is taken first.
        guard finished.start == state.turn || state.waitingBytes < Self.waitingLimit else {
          return nil
        }
        state.batches[finished.start] = finished
        state.waitingBytes += finished.bytes.count
        if !rest.isEmpty { state.returned.append(rest) }
        return .handed
      }
      return takeEntries(&state)
    }
  }

  private static func takePiece(_ state: inout State) -> Work? {
    guard !state.pieces.isEmpty else { return nil }
    let piece = state.pieces.removeFirst()
    return .piece(number: piece.number, contents: piece.contents)
  }

  private func takeEntries(_ state: inout State) -> Work? {
    let places = state.returned.indices
    if let lowest = places.min(by: {
      state.returned[$0].lowerBound < state.returned[$1].lowerBound
    }) {
      return .entries(state.returned.remove(at: lowest))
    }
    guard state.next < indexes.count else { return nil }
    let end = min(indexes.count, state.next + Self.batchCount)
    defer { state.next = end }
    return .entries(state.next..<end)
  }

  private func deflate(
    _ number: Int, _ contents: ContiguousArray<UInt8>, _ deflater: Deflater
  ) {
    let piece = unsafe contents.withUnsafeBytes { unsafe deflater.piece($0) }
    state.update { $0.deflated[number] = piece }
  }

  /// Reads entries until they are many bytes.
  private func read(_ range: Range<Int>, _ reader: EntryReader) -> Batch {
    var batch = Batch(start: range.lowerBound)
    batch.results.reserveCapacity(range.count)
    var size = 0
    for place in range {
      let result = reader.read(listing.entries[indexes[place]], appendingTo: &batch.bytes)
      batch.results.append(result)
      if case .content(let facts, _, _, _, _) = result { size += Int(facts.uncompressedSize) }
      if size >= Self.batchSize { break }
    }
    return batch
  }
}
