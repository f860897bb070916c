#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A request's body on its way out. A file is read as it is sent, so that it is never in memory.
struct OutgoingBody {
  private let body: HTTPBody
  private var position: Int64 = 0

  init(_ body: HTTPBody) {
    self.body = body
  }

  /// Puts the next bytes into `buffer`, and says how many: 0 at the end.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(TransportError) -> Int {
    let left = body.length - position
    guard left > 0, buffer.count > 0 else { return 0 }
    let count = Int(min(Int64(buffer.count), left))
    switch body {
    case .none: return 0
    case .bytes(let bytes):
      let start = bytes.startIndex + Int(position)
      unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        .copyBytes(from: bytes[start..<start + count])
      position += Int64(count)
      return count
    case .file(let descriptor, let offset, _):
      while true {
        let read = unsafe pread(descriptor, buffer.baseAddress, count, off_t(offset + position))
        if read > 0 {
          position += Int64(read)
          return read
        }
        // A file that has become shorter cannot be sent as it was announced.
        if read == 0 { throw .file(errno: EIO) }
        if errno != EINTR { throw .file(errno: errno) }
      }
    }
  }

  /// The next bytes are those from `offset`; `false` when there is no such place.
  mutating func rewind(to offset: Int64) -> Bool {
    guard 0...body.length ~= offset else { return false }
    position = offset
    return true
  }
}
