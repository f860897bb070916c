/// The contents of one entry, given out in pieces of the caller's choosing.
package final class EntryStream {
  private let stream: InflateStream
  private var piece: [UInt8] = []
  private var used = 0

  package init(_ record: ZipReader.Record, in archive: ZipReader) throws(ZipError) {
    stream = try InflateStream(archive)
    try stream.begin(record)
  }

  /// Fills `buffer` as far as the contents go; 0 at their end, which is verified.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(ZipError) -> Int {
    var filled = 0
    while filled < buffer.count {
      if used == piece.count {
        guard let next = try unsafe stream.next() else { break }
        piece = unsafe Array(next)
        used = 0
      }
      let count = min(piece.count - used, buffer.count - filled)
      unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]).copyBytes(
        from: piece[used..<used + count])
      filled += count
      used += count
    }
    return filled
  }
}
