#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// A file of the store that is open. Every failure is a plain no: the store is then without it.
final class StoreFile {
  let path: String
  let descriptor: Int32
  let size: UInt64

  private init(path: String, descriptor: Int32, size: UInt64) {
    self.path = path
    self.descriptor = descriptor
    self.size = size
  }

  deinit { close(descriptor) }

  /// Why a file was not opened.
  enum Refusal: Error {
    /// It is gone, or the system has no more descriptors, or the like.
    case unavailable
    /// It is somebody else's, open to others, or no file.
    case foreign
  }

  /// Opens a file that is ours alone.
  static func open(
    _ path: String, forWriting: Bool = false, creating: Bool = false
  ) throws(Refusal) -> StoreFile {
    // Not blocking: the name may be a pipe that nobody writes to.
    let flags =
      (forWriting ? O_RDWR : O_RDONLY) | (creating ? O_CREAT : 0) | O_CLOEXEC | O_NOFOLLOW
      | O_NONBLOCK
    let descriptor = Self.open(path, flags)
    if descriptor < 0 { throw errno == ELOOP ? .foreign : .unavailable }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      close(descriptor)
      throw .unavailable
    }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
      status.st_mode & 0o077 == 0, status.st_size >= 0
    else {
      close(descriptor)
      throw .foreign
    }
    return StoreFile(path: path, descriptor: descriptor, size: UInt64(status.st_size))
  }

  /// Makes a file that is not there yet.
  static func create(_ path: String) -> StoreFile? {
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW)
    return descriptor < 0 ? nil : StoreFile(path: path, descriptor: descriptor, size: 0)
  }

  private static func open(_ path: String, _ flags: Int32) -> Int32 {
    while true {
      #if canImport(Glibc)
        let descriptor = unsafe Glibc.open(path, flags, 0o600)
      #else
        let descriptor = unsafe Darwin.open(path, flags, 0o600)
      #endif
      if descriptor >= 0 || errno != EINTR { return descriptor }
    }
  }

  /// Reads until the buffer has `minimum` bytes at least.
  /// - Returns: how many it has; `nil` when there are not that many.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64, atLeast minimum: Int
  ) -> Int? {
    var total = 0
    while total < minimum {
      let count = unsafe pread(
        descriptor, buffer.baseAddress?.advanced(by: total), buffer.count - total,
        off_t(offset) + off_t(total))
      if count > 0 {
        total += count
      } else if count == 0 || errno != EINTR {
        return nil
      }
    }
    return total
  }

  /// Reads as much as the buffer holds.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Bool {
    unsafe read(into: buffer, at: offset, atLeast: buffer.count) != nil
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> Bool {
    guard offset + UInt64(bytes.count) <= Self.largestSize else { return false }
    var total = 0
    while total < bytes.count {
      let count = unsafe pwrite(
        descriptor, bytes.baseAddress?.advanced(by: total), bytes.count - total,
        off_t(offset) + off_t(total))
      if count > 0 {
        total += count
      } else if count == 0 || errno != EINTR {
        return false
      }
    }
    return true
  }

  func truncate(to size: UInt64) -> Bool { ftruncate(descriptor, off_t(size)) == 0 }

  /// Bytes that may still be written to the file system; a great many when it does not say.
  var freeSpace: UInt64 {
    var status = statvfs()
    guard unsafe fstatvfs(descriptor, &status) == 0 else { return .max }
    let (bytes, isTooMany) = UInt64(status.f_bavail).multipliedReportingOverflow(
      by: UInt64(status.f_frsize))
    return isTooMany ? .max : bytes
  }

  /// The size beyond which the system would end this process instead of writing on.
  static var largestSize: UInt64 {
    var limit = rlimit()
    #if canImport(Glibc)
      let status = unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    #else
      let status = unsafe getrlimit(RLIMIT_FSIZE, &limit)
    #endif
    return status == 0 ? min(UInt64(limit.rlim_cur), UInt64(Int64.max)) : UInt64(Int64.max)
  }
}
