import Deployment
import SystemPackage
import Zip

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file that is written beside its name and renamed to it: whole, or not there.
final class OutputFile {
  private let path: String
  private let temporary: String
  private let descriptor: Int32
  private var isFinished = false

  init(_ path: String, mode: UInt32 = 0o600) throws(FileError) {
    self.path = path
    temporary = "\(path).git-eb-\(ProcessIdentity.current.text)"
    descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode))
    if descriptor < 0 {
      throw FileError(operation: "create", path: path, errno: errno)
    }
  }

  var sink: FileDescriptorSink { FileDescriptorSink(descriptor) }

  func write(_ text: String) throws {
    var sink = sink
    try unsafe Array(text.utf8).withUnsafeBytes { unsafe try sink.write($0) }
  }

  /// Syncs the file and puts it in place.
  func finish() throws(FileError) {
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw FileError(operation: "sync", path: path, errno: errno)
    }
    guard unsafe rename(temporary, path) == 0 else {
      throw FileError(operation: "rename", path: path, errno: errno)
    }
    isFinished = true
  }

  deinit {
    close(descriptor)
    if !isFinished { _ = unsafe unlink(temporary) }
  }
}
