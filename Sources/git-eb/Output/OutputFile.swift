import Deployment
import SystemPackage
import Zip

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file that is written beside its name and renamed to it: whole, or not there. A link leads to
/// the file that is meant; a pipe or device is written to as it is.
final class OutputFile {
  private let path: String
  private let descriptor: Int32
  /// `nil` where nothing has to be put in place.
  private let temporary: String?
  private var isFinished = false

  init(_ path: String, mode: UInt32 = 0o600) throws(FileError) {
    let path = FileSystem.realPath(path) ?? path
    self.path = path
    if let status = try FileSystem.status(path), !status.isRegular {
      temporary = nil
      descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
    } else {
      Self.removeLeftovers(of: path)
      let draft = DraftName.of(path)
      temporary = draft
      descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode))
    }
    if descriptor < 0 { throw FileError(operation: "create", path: path, errno: errno) }
  }

  var sink: FileDescriptorSink { FileDescriptorSink(descriptor) }

  func write(_ text: String) throws {
    var sink = sink
    try unsafe Array(text.utf8).withUnsafeBytes { unsafe try sink.write($0) }
  }

  /// Syncs the file and puts it in place.
  func finish() throws(FileError) {
    guard let temporary else { return }
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw FileError(operation: "sync", path: path, errno: errno)
    }
    guard unsafe rename(temporary, path) == 0 else {
      throw FileError(operation: "rename", path: path, errno: errno)
    }
    isFinished = true
  }

  /// Of processes that were killed while they wrote the same file. It may hold secrets, and nobody
  /// else looks into this directory.
  private static func removeLeftovers(of path: String) {
    let path = FilePath(path)
    guard let file = path.lastComponent?.string else { return }
    let directory = path.removingLastComponent()
    for name in (try? FileSystem.names(in: directory.isEmpty ? "." : directory.string)) ?? []
    where DraftName.owner(of: name, for: file)?.isAlive == false {
      _ = unsafe unlink(directory.appending(name).string)
    }
  }

  deinit {
    close(descriptor)
    if let temporary, !isFinished { _ = unsafe unlink(temporary) }
  }
}
