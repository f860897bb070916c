import CPlatform
import Git

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The small process that outlives git-eb's death, and then takes back and removes what git-eb would
/// have. It is git-eb itself, in a session of its own, and knows of git-eb's end by that of a pipe.
package final class Watcher {
  let process: pid_t
  private let pipe: ShieldedProgram.Descriptor

  /// The hidden command, with the private storage and, in place, the git directory behind it.
  package static let command = "watch"

  /// Starts it. Nothing secret may be anywhere before.
  init(
    executable: String, storage: PrivateStorage, inPlace location: Location?
  ) throws {
    let (reading, writing) = try ShieldedProgram.pipeEnds()
    let null = ShieldedProgram.Descriptor(unsafe open("/dev/null", O_RDWR | O_CLOEXEC))
    var arguments = [executable, Self.command, storage.path]
    var environment = ProcessEnvironment.current()
    if let location {
      arguments.append(location.gitDirectory)
      // Wherever it runs, it must find the same repository.
      environment = location.environment
      environment["GIT_DIR"] = location.gitDirectory
      environment["GIT_WORK_TREE"] = location.workTree
      environment["GIT_INDEX_FILE"] = location.indexPath
      environment["GIT_OBJECT_DIRECTORY"] = location.objectDirectory
      environment["GIT_COMMON_DIR"] = nil
    }
    var child: platform_child
    do throws(FileError) {
      child = try GatedProgram.start(
        arguments, environment: environment, directory: "/",
        streams: .init(input: reading.value, output: null.value, error: null.value))
    } catch {
      throw SafeguardError.watcher(errno: error.errno)
    }
    process = child.pid
    pipe = writing
    do {
      if let identity = ProcessIdentity(of: child.pid) { try storage.note(identity) }
    } catch {
      unsafe platform_close_gate(&child)
      throw error
    }
    let error = unsafe platform_open_gate(&child)
    guard error == 0 else { throw SafeguardError.watcher(errno: error) }
  }

  /// Tells it that all is done, and waits a moment for its end.
  func finish() {
    guard pipe.value >= 0 else { return }
    _ = LocalStorage.writeAll(Array("done\n".utf8)[...], to: pipe.value)
    pipe.close()
    var status: Int32 = 0
    var signal: Int32 = 0
    for _ in 0..<500 {
      if unsafe platform_reap(process, &status, &signal) != 0 { return }
      usleep(2000)
    }
  }

  /// Lets it do what git-eb could not.
  func takeOver() { pipe.close() }

  deinit { takeOver() }

  // MARK: - The watcher itself

  /// How long a command may go on after its git-eb was killed, before its secrets are taken away.
  private static let patience = Duration.seconds(3600)

  /// Waits for the end of git-eb, then of the command, and cleans up. Standard input is the pipe.
  package static func watch(storage path: String, gitDirectory: String?) {
    platform_ignore_signals()
    platform_disable_core_dumps()
    guard
      let found = PrivateDirectory.all(in: DurableFile.directory(of: path))
        .first(where: { $0.path == path })
    else { return }
    if waitForEnd(of: found.owner) { return }
    let clock = ContinuousClock()
    let deadline = clock.now + patience
    func isInUse() -> Bool {
      PrivateDirectory.users(of: path).contains { $0.id != getpid() && $0.isAlive }
    }
    while isInUse(), clock.now < deadline { usleep(50_000) }
    if let gitDirectory { takeBack(gitDirectory) }
    PrivateStorage.remove(path)
  }

  /// `true` when git-eb has said that all is done.
  private static func waitForEnd(of owner: ProcessIdentity) -> Bool {
    var heard: [UInt8] = []
    while true {
      var waits = [pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)]
      let count = unsafe poll(&waits, 1, 5000)
      // Somebody may hold the other end who should not; what counts is git-eb.
      if count == 0, !owner.isAlive { return false }
      guard count > 0 else { continue }
      var chunk = [UInt8](repeating: 0, count: 64)
      let size = unsafe chunk.withUnsafeMutableBytes {
        unsafe Glue.read(STDIN_FILENO, $0.baseAddress, $0.count)
      }
      if size > 0 { heard += chunk[..<size] }
      if size == 0 || (size < 0 && errno != EINTR) { return heard.starts(with: "done".utf8) }
    }
  }

  private static func takeBack(_ gitDirectory: String) {
    guard
      let repository = try? Repository.discover(
        startingAt: "/", environment: ProcessEnvironment.current())
    else { return }
    let files = JournalFiles(gitDirectory: gitDirectory)
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(60)
    while clock.now < deadline {
      do {
        guard try FileSystem.status(files.directory) != nil else { return }
        // Another git-eb may be at it already.
        if let lock = try JournalLock.take(files, makingIt: false) {
          return try withExtendedLifetime(lock) {
            guard let journal = try files.read() else { return try files.remove() }
            _ = try IndexRollback(journal, files, repository.location).run()
          }
        }
      } catch {
        // Such as a foreign lock, which may go away.
      }
      usleep(50_000)
    }
  }
}
