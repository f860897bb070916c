/// Keeps a store small and in few files: removes what is of no use, drops what was not used for the
/// longest time where the limit is exceeded, and merges small segments.
///
/// A kill at any moment leaves what was there before, or the merged segment beside those that it was
/// made of, which the next upkeep merges again.
struct StoreUpkeep {
  let directory: StoreDirectory
  let header: [UInt8]
  let limit: Int64
  /// Since 1970.
  let hour: UInt32

  /// More than this many records are dropped like more than ``limit`` bytes: all keys are in memory,
  /// with 16 bytes each.
  static let recordLimit = 1 << 20

  /// Does what there is to do, unless another process is at it.
  /// - Parameter known: segments that are open already.
  func run(known: [StoreSegment]) {
    guard let lock = directory.lock() else { return }
    defer { withExtendedLifetime(lock) {} }
    let contents = directory.contents()
    for path in contents.leftovers { StoreDirectory.remove(path) }
    for name in contents.orphans { directory.remove(name) }
    let segments = open(contents.segments, known: known)
    let plan = StorePlan(
      segments: segments.map { .init(bytes: Int64($0.file.size), count: $0.rows.count) },
      limit: limit
    ) { index in
      let segment = segments[index]
      return .init(sizes: segment.recordSizes, lastUses: segment.uses(in: directory, now: hour))
    }
    for index in plan.removed { directory.remove(segments[index].name) }
    guard !plan.merged.isEmpty else { return }
    if merge(plan.merged.map { (segments[$0.segment], $0.dropped) }) {
      for part in plan.merged { directory.remove(segments[part.segment].name) }
    } else if plan.isForced {
      // No room to copy what is to stay: whole segments go, the oldest first.
      removeOldest(segments)
    }
  }

  private func open(_ names: [StoreName], known: [StoreSegment]) -> [StoreSegment] {
    let known = Dictionary(known.map { ($0.name, $0) }) { first, _ in first }
    var segments: [StoreSegment] = []
    for name in names {
      do throws(StoreSegment.Refusal) {
        if let segment = known[name] {
          segments.append(segment)
        } else {
          segments.append(try StoreSegment(name, in: directory, header: header))
        }
      } catch {
        if error == .useless { directory.remove(name) }
      }
    }
    return segments
  }

  /// Copies what is whole and not dropped into one new segment.
  /// - Parameter parts: the newest first.
  private func merge(_ parts: [(segment: StoreSegment, dropped: StoreBits)]) -> Bool {
    let count = parts.reduce(0) { $0 + $1.segment.rows.count }
    guard
      let writer = StoreWriter(
        in: directory, header: header, hour: hour, limit: UInt64(Int64.max), count: count)
    else { return false }
    let reader = StoreReader()
    for (index, part) in parts.enumerated() {
      let uses = part.segment.uses(in: directory, now: hour)
      let newer = parts[..<index].map(\.segment)
      let older = parts[(index + 1)...].map(\.segment)
      for number in part.segment.order where !part.dropped[Int(number)] {
        guard writer.isOpen else { return false }
        let row = Int(number)
        let key = part.segment.rows[row]
        // Of two that are the same, the newer, but rather the one that says more.
        if newer.contains(where: { $0.row(like: key, needs: key.merits) != nil })
          || key.merits.more.contains(where: { more in
            older.contains { $0.row(like: key, needs: more) != nil }
          })
        {
          continue
        }
        if !copy(row, of: part.segment, lastUse: uses[row], from: reader, to: writer) {
          part.segment.forget(row)
        }
      }
    }
    guard !writer.isEmpty else { return writer.isOpen }
    // Whoever empties the store while it is merged does not get it back.
    return writer.publish {
      parts.allSatisfy { directory.exists($0.segment.name, .records) }
    } != nil
  }

  private func copy(
    _ row: Int, of segment: StoreSegment, lastUse: UInt32, from reader: StoreReader,
    to writer: StoreWriter
  ) -> Bool {
    guard let record = reader.record(row, of: segment, for: nil) else { return false }
    let header = record.header
    if record.isSmall {
      return unsafe reader.withPieces(of: record) {
        unsafe writer.add(header.key, header.facts, $0, lastUse: lastUse)
      }
    }
    writer.begin(header.key)
    guard unsafe reader.withPieces(of: record, { unsafe writer.append($0) }) else {
      writer.abandon()
      return false
    }
    writer.end(header.facts, lastUse: lastUse)
    return true
  }

  private func removeOldest(_ segments: [StoreSegment]) {
    var rest = segments.filter { directory.exists($0.name, .records) }
    var size = rest.reduce(0) { $0 + Int64($1.file.size) }
    var count = rest.reduce(0) { $0 + $1.rows.count }
    while size > limit || count > Self.recordLimit, let oldest = rest.popLast() {
      directory.remove(oldest.name)
      size -= Int64(oldest.file.size)
      count -= oldest.rows.count
    }
  }
}
