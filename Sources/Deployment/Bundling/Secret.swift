private import CPlatform

/// A secret in memory, laid over the bundle: its name may be shown, its contents never.
///
/// The bytes are overwritten when the last reference goes. `@unchecked`: nothing changes them
/// between `init` and `deinit`.
@safe package final class Secret: @unchecked Sendable, CustomStringConvertible {
  /// Where it goes in the bundle, separated by slashes.
  package let path: String
  /// Where it was read from, for people.
  package let source: String
  /// `st_mode` with the type.
  package let mode: UInt32
  private let storage: UnsafeMutableRawBufferPointer

  /// Takes over `storage`, which was allocated by ``UnsafeMutableRawBufferPointer``'s `allocate`.
  package init(path: String, source: String, mode: UInt32, storage: UnsafeMutableRawBufferPointer) {
    self.path = path
    self.source = source
    self.mode = mode
    unsafe self.storage = unsafe storage
  }

  deinit {
    unsafe platform_wipe(storage.baseAddress, storage.count)
    unsafe storage.deallocate()
  }

  package var count: Int { unsafe storage.count }

  package func withContents<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try unsafe body(UnsafeRawBufferPointer(storage))
  }

  package var description: String { path }
}
