import CPlatform
package import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The process that holds an environment's address and passes connections on to whatever serves.
///
/// It keeps no state: for each connection it reads where `current` leads, so that renaming that
/// link moves the traffic, and a front that was killed is replaced by starting another one.
package enum LocalFront {
  /// Runs until the environment's directory is gone. `directory` is absolute. Returns the exit
  /// status; 0 when another front has the environment already.
  package static func run(directory: FilePath) -> Int32 {
    platform_ignore_sigpipe()
    let layout = LocalEnvironmentLayout(directory: directory)
    guard let lock = takeLock(layout) else { return 0 }
    guard let (listener, port) = listen(layout) else {
      close(lock)
      return 1
    }
    let text = Array("\(getpid()) \(port)\n".utf8)
    ftruncate(lock, 0)
    let isDescribed = LocalStorage.writeAll(text[...], to: lock)
    var server = FrontServer(layout: layout, listener: listener)
    while isDescribed, LocalLock.leads(layout.frontLock, to: lock) { server.serve(waiting: 500) }
    // The address is given up before the connections: another environment may get it.
    server.refuse()
    close(listener)
    close(lock)
    server.finish(within: .seconds(10))
    return isDescribed ? 0 : 1
  }

  /// The process id and the port of the front that runs; `nil` when none does, or not yet.
  static func running(_ layout: LocalEnvironmentLayout) -> (pid: Int32, port: UInt16)? {
    guard LocalLock.isHeld(layout.frontLock),
      let bytes = (try? LocalStorage.read(layout.frontLock, limit: 256)) ?? nil
    else { return nil }
    let fields = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard fields.count == 2, let pid = Int32(fields[0]), let port = UInt16(fields[1]) else {
      return nil
    }
    return (pid, port)
  }

  /// The port of the environment's address, whether a front runs or not; `nil` before the first.
  static func port(_ layout: LocalEnvironmentLayout) -> UInt16? {
    guard let bytes = (try? LocalStorage.read(layout.port, limit: 64)) ?? nil else { return nil }
    return UInt16(String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace })
  }

  /// Makes the front of the environment end, and waits for that for a moment.
  static func stop(_ layout: LocalEnvironmentLayout) async {
    // The front ends by itself when its lock file is no longer its own.
    let descriptor = unsafe open(layout.frontLock.string, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    unsafe unlink(layout.frontLock.string)
    // A connection wakes it, so that it looks at once.
    if let port = port(layout), let connection = LocalSocket.connect(port: port) {
      close(connection)
    }
    for _ in 0..<200 {
      if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return }
      await LocalProcesses.pause(.milliseconds(20))
    }
  }

  private static func takeLock(_ layout: LocalEnvironmentLayout) -> Int32? {
    let descriptor = unsafe open(layout.frontLock.string, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    // Somebody who only looks whether the lock is held has it for an instant.
    for _ in 0..<5 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
      usleep(20_000)
    }
    close(descriptor)
    return nil
  }

  /// Listens on the port that the environment had, or else on another one.
  private static func listen(_ layout: LocalEnvironmentLayout) -> (Int32, UInt16)? {
    if let kept = port(layout), let listener = LocalSocket.listen(port: kept) {
      return (listener, kept)
    }
    guard let listener = LocalSocket.listen(port: 0) else { return nil }
    guard let port = LocalSocket.port(of: listener),
      (try? LocalStorage.write(Array("\(port)\n".utf8), to: layout.port)) != nil
    else {
      close(listener)
      return nil
    }
    return (listener, port)
  }
}

/// The loop over all connections, on poll(2).
struct FrontServer {
  private let layout: LocalEnvironmentLayout
  /// -1 when nothing is accepted any more.
  private var listener: Int32
  private let limit: Int
  private var connections: [FrontConnection] = []
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  /// No descriptors were left; until then nothing is accepted.
  private var pausedUntil: ContinuousClock.Instant?

  init(layout: LocalEnvironmentLayout, listener: Int32) {
    self.layout = layout
    self.listener = listener
    limit = Self.raisedLimit() / 2 - 16
  }

  /// Passes on what there is; waits at most that many milliseconds for something.
  mutating func serve(waiting milliseconds: Int32) {
    if let until = pausedUntil, ContinuousClock().now >= until { pausedUntil = nil }
    var entries: [pollfd] = []
    entries.reserveCapacity(connections.count * 2 + 1)
    let accepts = listener >= 0 && pausedUntil == nil && connections.count < limit
    entries.append(pollfd(fd: accepts ? listener : -1, events: Int16(POLLIN), revents: 0))
    for connection in connections { connection.addInterest(to: &entries) }
    let wait = pausedUntil == nil ? milliseconds : 50
    let count = unsafe poll(&entries, nfds_t(entries.count), wait)
    if count < 0 {
      // A signal, or no memory: in neither case is anything known of the descriptors.
      if errno != EINTR { usleep(10_000) }
      return
    }
    for index in connections.indices {
      connections[index].advance(
        client: entries[2 * index + 1].revents, upstream: entries[2 * index + 2].revents,
        layout: layout, buffer: &buffer)
    }
    connections.removeAll { $0.isOver }
    if entries[0].revents != 0 { acceptAll() }
  }

  /// Accepts no more connections.
  mutating func refuse() { listener = -1 }

  /// Passes on what was begun, and breaks off what takes longer.
  mutating func finish(within limit: Duration) {
    let deadline = ContinuousClock().now + limit
    while !connections.isEmpty, ContinuousClock().now < deadline { serve(waiting: 100) }
    for index in connections.indices { connections[index].end() }
    connections = []
  }

  private mutating func acceptAll() {
    while connections.count < limit {
      guard let client = LocalSocket.accept(listener) else {
        if errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM {
          pausedUntil = ContinuousClock().now + .milliseconds(100)
        }
        return
      }
      connections.append(FrontConnection(client: client, layout: layout))
    }
  }

  /// Allows itself as many descriptors as it may have; two go to each connection.
  private static func raisedLimit() -> Int {
    var limits = rlimit()
    #if canImport(Glibc)
      let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let resource = RLIMIT_NOFILE
    #endif
    guard unsafe getrlimit(resource, &limits) == 0 else { return 256 }
    let wanted = min(limits.rlim_max, 16_384)
    if limits.rlim_cur < wanted {
      var raised = limits
      raised.rlim_cur = wanted
      if unsafe setrlimit(resource, &raised) == 0 { return Int(wanted) }
    }
    return Int(min(limits.rlim_cur, 16_384))
  }
}
