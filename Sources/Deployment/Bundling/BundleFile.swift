private import CPlatform
package import SystemPackage
package import Zip

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// A bundle that is being written, or waits to be handed over: mode 0600 in a directory of mode
/// 0700, under a name that says whose it is, so that what a killed process left can be told apart
/// from what a living one writes.
package final class BundleFile: Sendable {
  package let path: FilePath
  private let descriptor: Int32
  /// Made for this bundle alone, and removed with it.
  private let ownDirectory: String?

  /// In `directory`, or in a new private one below `temporaryDirectory`.
  package init(in directory: FilePath?, temporaryDirectory: String) throws(FileError) {
    var place = directory
    if let directory {
      ownDirectory = nil
      Self.removeLeftovers(in: directory.string)
    } else {
      let made = try PrivateDirectory(below: temporaryDirectory)
      ownDirectory = made.path
      place = FilePath(made.path)
    }
    let file = (place ?? FilePath(temporaryDirectory)).appending(
      Self.prefix + ProcessIdentity.current.text + ".zip")
    path = file
    _ = unsafe unlink(file.string)
    descriptor = unsafe open(file.string, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if descriptor < 0 {
      let number = errno
      if let ownDirectory { FileSystem.removeTree(ownDirectory) }
      throw FileError(operation: "create", path: file.string, errno: number)
    }
  }

  /// Where the bundler writes.
  package var sink: FileDescriptorSink { FileDescriptorSink(descriptor) }

  /// Makes sure that the bytes are on the disk.
  package func synchronize() throws(FileError) {
    guard fsync(descriptor) == 0 else {
      throw FileError(operation: "sync", path: path.string, errno: errno)
    }
  }

  /// Removes the file, if it is still here, and its own directory. May be called again.
  package func remove() {
    _ = unsafe unlink(path.string)
    if let ownDirectory { FileSystem.removeTree(ownDirectory) }
  }

  deinit {
    remove()
    close(descriptor)
  }

  /// What the names of all files begin with that are on their way.
  static let prefix = "bundle-"

  // MARK: - Leftovers

  private static func removeLeftovers(in directory: String) {
    for name in (try? FileSystem.names(in: directory)) ?? []
    where owner(of: name)?.isAlive == false {
      _ = unsafe unlink(directory + "/" + name)
    }
  }

  /// Who writes a bundle on its way; `nil` when `name` is that of none. What follows the owner tells
  /// several files of one process apart.
  static func owner(of name: String) -> ProcessIdentity? {
    guard name.hasPrefix(prefix) else { return nil }
    let parts = name.dropFirst(prefix.count).split { $0 == "-" || $0 == "." }.prefix(3)
    return ProcessIdentity(parts.joined(separator: "-"))
  }
}
