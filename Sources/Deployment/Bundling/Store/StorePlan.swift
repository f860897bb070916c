/// Which segments go, and which become one.
struct StorePlan {
  struct Segment {
    /// Of the file.
    var bytes: Int64
    /// Of records.
    var count: Int
  }

  /// What is known of each record of a segment.
  struct Records {
    /// In bytes.
    var sizes: ContiguousArray<Int64>
    /// In hours since 1970.
    var lastUses: ContiguousArray<UInt32>
  }

  /// Segments of which nothing stays.
  private(set) var removed: [Int] = []
  /// Segments that are written anew as one, in their order, without the records that are marked.
  private(set) var merged: [(segment: Int, dropped: StoreBits)] = []
  /// Whether this is because of a limit.
  private(set) var isForced = false

  /// What a segment costs besides its bytes, in bytes: tiny ones are merged at once.
  private static let overhead: Int64 = 1 << 20

  /// - Parameters:
  ///   - segments: the newest first.
  ///   - limit: bytes; where they are exceeded, the least used go until there are three quarters.
  ///   - recordLimit: a number of records, for which the same holds.
  ///   - records: those of a segment; asked only where a limit is exceeded.
  init(
    segments: [Segment], limit: Int64, recordLimit: Int = StoreUpkeep.recordLimit,
    records: (Int) -> Records
  ) {
    var kept = segments.map(\.bytes)
    var dropped: [Int: StoreBits] = [:]
    if kept.reduce(0, +) > limit || segments.reduce(0, { $0 + $1.count }) > recordLimit {
      isForced = true
      let records = segments.indices.map(records)
      var budget = StoreBudget(
        bytes: limit / 4 * 3, count: recordLimit / 4 * 3, of: records)
      for index in segments.indices {
        let (bits, bytes, count) = budget.drop(from: records[index])
        kept[index] = bytes
        if count == 0 {
          removed.append(index)
        } else if count < segments[index].count {
          dropped[index] = bits
        }
      }
    }
    let staying = segments.indices.filter { !removed.contains($0) }
    let small = Self.geometric(staying.map { kept[$0] + Self.overhead }).map { staying[$0] }
    merged = Set(dropped.keys).union(small).sorted().map { index in
      (index, dropped[index] ?? StoreBits(count: segments[index].count))
    }
  }

  /// Which of these sizes have to be merged, so that each of the rest is at least twice as large as
  /// all smaller ones together: their number grows with the logarithm of the whole, and so does how
  /// often a byte is copied.
  static func geometric(_ sizes: [Int64]) -> [Int] {
    let order = sizes.indices.sorted { sizes[$0] < sizes[$1] }
    var count = 0
    var sum: Int64 = 0
    for (position, index) in order.enumerated() {
      if position > 0, sizes[index] < 2 * sum { count = position + 1 }
      sum += sizes[index]
    }
    return Array(order.prefix(count))
  }
}

/// What may stay: all that was used after some hour, and a part of what was used in it.
private struct StoreBudget {
  private var bytes: Int64
  private var count: Int
  private var hour: UInt32 = 0

  init(bytes: Int64, count: Int, of records: [StorePlan.Records]) {
    self.bytes = bytes
    self.count = count
    var sums: [UInt32: (bytes: Int64, count: Int)] = [:]
    for segment in records {
      for (size, use) in zip(segment.sizes, segment.lastUses) {
        sums[use, default: (0, 0)].bytes += size
        sums[use, default: (0, 0)].count += 1
      }
    }
    for (hour, sum) in sums.sorted(by: { $0.key > $1.key }) {
      self.hour = hour
      guard sum.bytes <= self.bytes, sum.count <= self.count else { return }
      self.bytes -= sum.bytes
      self.count -= sum.count
    }
    hour = 0
  }

  /// Marks what does not stay of a segment, and says how much does.
  mutating func drop(
    from records: StorePlan.Records
  ) -> (dropped: StoreBits, bytes: Int64, count: Int) {
    var dropped = StoreBits(count: records.sizes.count)
    var kept: (bytes: Int64, count: Int) = (0, 0)
    for row in records.sizes.indices {
      let size = records.sizes[row]
      if records.lastUses[row] > hour || records.lastUses[row] == hour && take(size) {
        kept.bytes += size
        kept.count += 1
      } else {
        dropped[row] = true
      }
    }
    return (dropped, kept.bytes, kept.count)
  }

  private mutating func take(_ size: Int64) -> Bool {
    guard size <= bytes, count > 0 else { return false }
    bytes -= size
    count -= 1
    return true
  }
}
