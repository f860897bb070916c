import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where an archive goes: bytes in order, never a step back.
package protocol ZipSink: Sendable {
  /// Takes all of `bytes`, or throws. The writer collects small pieces before it calls.
  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ZipError)
}

/// A file, pipe or socket that is open for writing. It stays open, and is not synced.
package struct FileDescriptorSink: ZipSink {
  package let descriptor: Int32

  package init(_ descriptor: Int32) {
    self.descriptor = descriptor
  }

  package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ZipError) {
    var rest = unsafe bytes[...]
    while unsafe !rest.isEmpty {
      let count = unsafe writeSome(descriptor, UnsafeRawBufferPointer(rebasing: rest))
      if count > 0 {
        unsafe rest.removeFirst(count)
      } else if count == 0 {
        throw ZipError(.io(EIO), .write)
      } else {
        let code = errno
        if code == EAGAIN {
          // The other end of a pipe may have made it non-blocking.
          var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = unsafe poll(&waiting, 1, -1)
        } else if code != EINTR {
          throw ZipError(.io(code), .write)
        }
      }
    }
  }
}

/// write(2), whose name a method of ours has too.
private func writeSome(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  unsafe write(descriptor, bytes.baseAddress, bytes.count)
}

/// Nowhere: for the size of an archive, which `ZipWriter.offset` knows.
package struct CountingSink: ZipSink {
  package init() {}

  package mutating func write(_ bytes: UnsafeRawBufferPointer) {}
}

/// Memory, for archives that are known to be small.
package final class MemorySink: ZipSink {
  private let collected = Mutex<[UInt8]>([])

  package init() {}

  package var bytes: [UInt8] { collected.withLock { $0 } }

  package func write(_ bytes: UnsafeRawBufferPointer) {
    collected.withLock { unsafe $0.append(contentsOf: bytes) }
  }
}
