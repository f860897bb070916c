import Git
import Zip

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// The contents of a large entry, read piece by piece.
///
/// Files are read as they lie. Blobs come from `git cat-file`, told to stream what is larger than
/// a megabyte: libgit2 can only give a packed blob whole.
final class ContentStream {
  private let descriptor: Int32
  /// Contents that are an entry of an archive.
  private var entry: EntryStream?
  private let outcome: Monitor<Result<ProgramOutput, ProgramError>?>?
  private let name: String

  init(_ content: BundleEntry.Content, repositories: [Location]) throws {
    switch content {
    case .file(let path), .largeObject(_, let path, _):
      name = path
      outcome = nil
      descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
      if descriptor < 0 { throw FileError(operation: "open", path: path, errno: errno) }
    case .blob(let id, _, let repository):
      let location = repositories[repository]
      name = id.hex
      let ends = try Self.makePipe()
      descriptor = ends.read
      let outcome = Monitor<Result<ProgramOutput, ProgramError>?>(nil)
      self.outcome = outcome
      Task.detached {
        let result: Result<ProgramOutput, ProgramError>
        do throws(ProgramError) {
          result = .success(
            try await GitProgram(location).write(
              ["-c", "core.bigFileThreshold=1m", "cat-file", "blob", id.hex], to: ends.write))
        } catch {
          result = .failure(error)
        }
        outcome.update { $0 = result }
      }
    case .rendered(let record, let archive):
      name = record.name
      outcome = nil
      descriptor = -1
      entry = try EntryStream(record, in: archive)
    case .secret, .directory, .copied:
      preconditionFailure("secrets and directories are never large, and copies not read")
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// The next `limit` bytes; fewer only at the end.
  func read(upTo limit: Int) throws -> ContiguousArray<UInt8> {
    try unsafe ContiguousArray(unsafeUninitializedCapacity: limit) { buffer, filled in
      if let entry {
        filled = try unsafe entry.read(into: UnsafeMutableRawBufferPointer(buffer))
        return
      }
      while filled < limit {
        let rest = unsafe UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
        let count = unsafe readSome(descriptor, rest)
        if count < 0 {
          if errno == EINTR { continue }
          throw FileError(operation: "read", path: name, errno: errno)
        }
        if count == 0 { break }
        filled += count
      }
    }
  }

  /// To be called at the end: throws when the program that gave the contents failed.
  func finish() throws {
    guard let outcome else { return }
    let result = outcome.await { $0 }
    switch result {
    case .success(let output) where output.succeeded: return
    case .success(let output):
      throw SourceError.git(operation: "read blob \(name)", reason: output.statusText)
    case .failure(let error):
      throw SourceError.git(operation: "read blob \(name)", reason: "\(error)")
    }
  }

  private static func makePipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else {
      throw FileError(operation: "pipe", path: "git cat-file", errno: errno)
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    #if os(Linux)
      // Room for a piece, so that git goes on while nobody reads; without it all is well too.
      _ = fcntl(ends[0], setPipeSize, 1 << 20)
    #endif
    return (ends[0], ends[1])
  }
}

#if os(Linux)
  /// F_SETPIPE_SZ, which glibc shows only to programs that ask for GNU's extensions.
  private let setPipeSize: Int32 = 1031
#endif

/// read(2), whose name a method of ours has too.
private func readSome(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
  unsafe read(descriptor, buffer.baseAddress, buffer.count)
}
