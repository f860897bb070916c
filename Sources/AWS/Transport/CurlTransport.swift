import CCurl
import FoundationEssentials
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Sends requests through libcurl, many at once over connections that are kept open.
///
/// One thread does it all. It is started by the first request, which also loads libcurl, and it ends
/// with the transport.
///
/// - Proxies are those of `https_proxy`, `HTTPS_PROXY`, `http_proxy`, `ALL_PROXY` and `NO_PROXY`, as
///   libcurl reads them (curl's manual, "ENVIRONMENT").
/// - Redirects are not followed, answers are not decompressed, no cookies, no `.netrc`.
/// - A request is sent once. Where a kept connection turns out to be dead and nothing of the request
///   was given to the system, libcurl takes another one; otherwise the request is `.broken`, and
///   not sent again by itself. (libcurl before 7.80 does send it again, when not one byte of an
///   answer came over a kept connection.)
/// - Bodies over 1 MiB wait up to a second for `100 Continue`. A service that refuses them answers
///   instead, and the body is not sent.
package final class CurlTransport: Transport {
  private let loop: CurlLoop

  /// - Parameters:
  ///   - caBundle: a file or directory of certificates that are trusted instead of the system's.
  ///   - isInterrupted: asked every 100 ms; ends the requests that are interruptible.
  package init(
    caBundle: String?, userAgent: String, isInterrupted: @escaping @Sendable () -> Bool
  ) {
    loop = CurlLoop(
      caBundle: caBundle, userAgent: userAgent, isInterrupted: isInterrupted)
  }

  deinit { loop.stop() }

  /// The end of the task ends the request with `.interrupted`, whether it is interruptible or not.
  package func send(
    _ request: HTTPRequest, sent: @escaping @Sendable (Int64) -> Void
  ) async throws(TransportError) -> HTTPResponse {
    let id = loop.nextID()
    let result: Result<HTTPResponse, TransportError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        loop.submit(CurlJob(id: id, request: request, sent: sent, continuation: continuation))
      }
    } onCancel: {
      loop.cancel(id)
    }
    loop.forget(id)
    return try result.get()
  }
}

/// A request and who waits for its answer.
private struct CurlJob: Sendable {
  var id: Int
  var request: HTTPRequest
  var sent: @Sendable (Int64) -> Void
  var continuation: CheckedContinuation<Result<HTTPResponse, TransportError>, Never>

  func end(_ result: Result<HTTPResponse, TransportError>) {
    continuation.resume(returning: result)
  }
}

// MARK: - The thread

/// What the thread and those who send share.
private final class CurlLoop: Sendable {
  private struct State {
    var submitted: [CurlJob] = []
    var cancelled: Set<Int> = []
    var lastID = 0
    var isStopping = false
    var thread: pthread_t?
    /// Why there is no thread and will be none.
    var failure: TransportError?
    /// While there is something to wake.
    var waker: CurlWaker?

    func wake() { waker?.wake() }
  }

  private let caBundle: String?
  private let userAgent: String
  private let isInterrupted: @Sendable () -> Bool
  private let state = Mutex(State())

  init(caBundle: String?, userAgent: String, isInterrupted: @escaping @Sendable () -> Bool) {
    self.caBundle = caBundle
    self.userAgent = userAgent
    self.isInterrupted = isInterrupted
  }

  func nextID() -> Int {
    state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
  }

  func submit(_ job: CurlJob) {
    let refusal: TransportError? = state.withLock { state in
      if state.cancelled.contains(job.id) { return .interrupted }
      if state.failure == nil, state.thread == nil, !start(&state) {
        return .unavailable(reason: "the system gives no thread")
      }
      if let failure = state.failure { return failure }
      state.submitted.append(job)
      state.wake()
      return nil
    }
    if let refusal { job.end(.failure(refusal)) }
  }

  func cancel(_ id: Int) {
    state.withLock { state in
      state.cancelled.insert(id)
      state.wake()
    }
  }

  /// The request has ended: nothing needs to be known of it any more.
  func forget(_ id: Int) { state.withLock { _ = $0.cancelled.remove(id) } }

  /// Ends the thread and waits for that, so that it does not work on while the process exits.
  func stop() {
    let thread = state.withLock { state in
      state.isStopping = true
      state.wake()
      return state.thread
    }
    guard let thread else { return }
    if pthread_equal(thread, pthread_self()) != 0 {
      pthread_detach(thread)
    } else {
      pthread_join(thread, nil)
    }
  }

  private func start(_ state: inout State) -> Bool {
    // The thread keeps the loop, and gives it up at its end.
    let this = unsafe Unmanaged.passRetained(self)
    var thread = pthread_t(bitPattern: 0)
    let status = unsafe pthread_create(
      &thread, nil,
      { pointer in
        guard let pointer = unsafe pointer else { return nil }
        unsafe Unmanaged<CurlLoop>.fromOpaque(pointer).takeRetainedValue().run()
        return nil
      }, this.toOpaque())
    guard status == 0 else {
      unsafe this.release()
      return false
    }
    state.thread = thread
    return true
  }

  private func run() {
    Self.blockSignals()
    if let reason = unsafe ccurl_load() { return fail(unsafe String(cString: reason)) }
    guard let handle = unsafe ccurl_loop_create() else {
      return fail("libcurl has no memory or descriptors left")
    }
    var transfers = unsafe CurlTransfers(
      handle: handle, userAgent: userAgent, trust: CurlTrust(caBundle: caBundle))
    let waker = unsafe CurlWaker(handle)
    state.withLock { $0.waker = waker }
    while true {
      let (jobs, cancelled, isStopping) = state.withLock { state in
        defer { state.submitted = [] }
        return (state.submitted, state.cancelled, state.isStopping)
      }
      for job in jobs { transfers.begin(job) }
      for id in cancelled { transfers.end(id, with: .interrupted) }
      if isStopping { break }
      if !transfers.isEmpty, isInterrupted() { transfers.endInterruptible() }
      transfers.advance()
    }
    transfers.endAll(with: .interrupted)
    state.withLock { $0.waker = nil }
    unsafe ccurl_loop_destroy(handle)
  }

  /// There is nothing to send with: says so to all who wait, and who come later.
  private func fail(_ reason: String) {
    let failure = TransportError.unavailable(reason: reason)
    let jobs = state.withLock { state in
      state.failure = failure
      defer { state.submitted = [] }
      return state.submitted
    }
    for job in jobs { job.end(.failure(failure)) }
  }

  /// Signals are the other threads' affair; SIGPIPE, which OpenSSL can cause, is nobody's.
  private static func blockSignals() {
    var all = sigset_t()
    unsafe sigfillset(&all)
    for fault in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP] {
      unsafe sigdelset(&all, fault)
    }
    unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
  }
}

/// Ends the thread's wait.
///
/// `@unchecked`: this is the one thing that any thread may do with the loop. It is done under the
/// lock, and the waker is taken away under the lock before the loop is destroyed.
@safe private struct CurlWaker: @unchecked Sendable {
  private let handle: OpaquePointer

  init(_ handle: OpaquePointer) { unsafe self.handle = handle }

  func wake() { unsafe ccurl_loop_wake(handle) }
}

// MARK: - What goes on in the thread

/// The transfers under way. Used by the thread alone.
@safe private struct CurlTransfers {
  private let handle: OpaquePointer
  private let userAgent: String
  private let trust: CurlTrust
  private let clock = SuspendingClock()
  private var running: [Int: CurlTransfer] = [:]

  init(handle: OpaquePointer, userAgent: String, trust: CurlTrust) {
    unsafe self.handle = handle
    self.userAgent = userAgent
    self.trust = trust
  }

  var isEmpty: Bool { running.isEmpty }

  mutating func begin(_ job: CurlJob) {
    do throws(TransportError) {
      let transfer = try CurlTransfer(job, userAgent: userAgent, trust: trust, at: clock.now)
      try unsafe transfer.join(handle)
      running[job.id] = transfer
    } catch {
      job.end(.failure(error))
    }
  }

  mutating func end(_ id: Int, with error: TransportError) {
    if let transfer = running[id] { end(transfer, .failure(error)) }
  }

  mutating func endInterruptible() {
    for transfer in running.values where transfer.job.request.isInterruptible {
      end(transfer, .failure(.interrupted))
    }
  }

  mutating func endAll(with error: TransportError) {
    for transfer in running.values { end(transfer, .failure(error)) }
  }

  /// Sends and receives what can be at once, then waits for more, for at most 100 ms.
  mutating func advance() {
    let failure = unsafe ccurl_loop_advance(handle)
    guard failure == 0 else {
      for transfer in running.values { end(transfer, .failure(transfer.broken(code: failure))) }
      usleep(10_000)
      return
    }
    var code: Int32 = 0
    while let context = unsafe ccurl_loop_next_ended(handle, &code) {
      let transfer = unsafe CurlTransfer.from(context)
      transfer.note(at: clock.now)
      end(transfer, transfer.result(code: code))
    }
    let now = clock.now
    var wait: Int64 = running.isEmpty ? 60_000 : 100
    for transfer in running.values {
      transfer.note(at: now)
      if let expired = transfer.expired(at: now) {
        end(transfer, .failure(expired))
      } else if let deadline = transfer.deadline {
        wait = min(wait, TransferClock.milliseconds(now.duration(to: deadline)))
      }
    }
    // Nothing that can fail here goes away by asking again at once.
    if unsafe ccurl_loop_wait(handle, Int32(wait)) != 0 { usleep(10_000) }
  }

  /// The answer is given after libcurl has let go of the transfer, and with it of descriptors.
  private mutating func end(
    _ transfer: CurlTransfer, _ result: Result<HTTPResponse, TransportError>
  ) {
    running[transfer.job.id] = nil
    unsafe transfer.leave(handle)
    transfer.job.end(result)
  }
}

/// Whose certificates are trusted.
private enum CurlTrust: Sendable {
  case bundle(String)
  case directory(String)
  /// What this libcurl was built with.
  case standard

  /// Where Debian and many others have each certificate in a file that is named after its hash.
  /// OpenSSL finds the one it needs there; the bundle would be parsed as a whole for every
  /// connection, which takes longer than the rest of the handshake.
  private static let system = "/etc/ssl/certs"

  init(caBundle: String?) {
    let manager = FileManager.default
    if let caBundle {
      var isDirectory = false
      _ = manager.fileExists(atPath: caBundle, isDirectory: &isDirectory)
      self = isDirectory ? .directory(caBundle) : .bundle(caBundle)
      return
    }
    // GnuTLS and others read the whole directory.
    let version = unsafe ccurl_version().map { unsafe String(cString: $0) } ?? ""
    guard version.contains("OpenSSL/"),
      let names = try? manager.contentsOfDirectory(atPath: Self.system),
      names.contains(where: Self.isHash)
    else {
      self = .standard
      return
    }
    self = .directory(Self.system)
  }

  /// Such as `5ad8a5d6.0` (openssl-rehash(1)).
  private static func isHash(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 2 && parts[0].utf8.count == 8 && parts[0].allSatisfy(\.isHexDigit)
      && !parts[1].isEmpty && parts[1].allSatisfy(\.isNumber)
  }
}

// MARK: - One request

/// A request on its way. Used by the thread alone, which keeps it until `leave`.
@safe private final class CurlTransfer {
  let job: CurlJob
  private let native: OpaquePointer
  private var body: OutgoingBody
  private var answer: IncomingAnswer
  private var clock: TransferClock
  private var sent: Int64 = 0
  /// What a callback found wrong; libcurl only knows that it was told to stop.
  private var failure: TransportError?
  /// There was a connection, and something of the request may have gone out.
  private var isSent = false
  /// How many bytes of heads had gone out before.
  private var sentBefore: Int64 = 0

  /// Bodies that are longer wait for `100 Continue`: libcurl's own EXPECT_100_THRESHOLD.
  private static let expectThreshold: Int64 = 1 << 20
  /// How long they wait, as in libcurl and botocore.
  private static let expectLimit: Int64 = 1000

  init(
    _ job: CurlJob, userAgent: String, trust: CurlTrust, at now: TransferClock.Instant
  ) throws(TransportError) {
    self.job = job
    let request = job.request
    body = OutgoingBody(request.body)
    answer = IncomingAnswer(host: request.endpoint.host, destination: request.destination)
    clock = TransferClock(request.limits, began: now)
    // libcurl is given `self`, which there is only when everything has a value.
    var callbacks = Self.callbacks
    guard let native = unsafe ccurl_transfer_create(&callbacks) else {
      throw .unavailable(reason: "libcurl cannot be set up")
    }
    unsafe self.native = native
    try check(
      unsafe ccurl_transfer_set_context(native, Unmanaged.passUnretained(self).toOpaque()))
    try configure(userAgent: userAgent, trust: trust)
  }

  deinit { unsafe ccurl_transfer_destroy(native) }

  static func from(_ context: UnsafeMutableRawPointer) -> CurlTransfer {
    // The context is always `self`, and the thread keeps it while libcurl has it.
    unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
  }

  func join(_ loop: OpaquePointer) throws(TransportError) {
    let code = unsafe ccurl_loop_add(loop, native)
    guard code == 0 else { throw .unavailable(reason: "libcurl takes no request (\(code))") }
  }

  func leave(_ loop: OpaquePointer) { unsafe ccurl_loop_remove(loop, native) }
}

extension CurlTransfer {
  private var host: String { job.request.endpoint.host }

  // MARK: Asking

  private func configure(userAgent: String, trust: CurlTrust) throws(TransportError) {
    let request = job.request
    try set(CCURL_URL, try url())
    try set(CCURL_USERAGENT, userAgent)
    try set(CCURL_CUSTOMREQUEST, request.method)
    let isUpload: Bool
    switch request.body {
    case .bytes, .file: isUpload = request.method != "HEAD"
    // Servers want to know that there is nothing to come (RFC 9110, 8.6).
    case .none: isUpload = ["POST", "PUT", "PATCH"].contains(request.method)
    }
    if request.method == "HEAD" { try set(CCURL_NOBODY, 1) }
    if isUpload {
      try set(CCURL_UPLOAD, 1)
      try set(CCURL_INFILESIZE_LARGE, request.body.length)
    }
    try set(CCURL_CONNECTTIMEOUT_MS, max(1, TransferClock.milliseconds(request.limits.connect)))
    try set(CCURL_EXPECT_100_TIMEOUT_MS, Self.expectLimit)
    switch trust {
    case .standard: break
    case .bundle(let path): try trustOnly(file: path, directory: nil)
    case .directory(let path): try trustOnly(file: nil, directory: path)
    }
    // Above the threshold libcurl asks by itself, and takes it back when the server answers 417,
    // which it cannot do with a header of ours. An empty value keeps it from asking.
    if request.body.length <= Self.expectThreshold { try add("Expect:") }
    for header in request.headers where header.name.lowercased() != "expect" {
      try add(header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
    }
  }

  private func trustOnly(file: String?, directory: String?) throws(TransportError) {
    try set(CCURL_CAINFO, file)
    try set(CCURL_CAPATH, directory)
    try set(CCURL_PROXY_CAINFO, file)
    try set(CCURL_PROXY_CAPATH, directory)
  }

  private func url() throws(TransportError) -> String {
    let request = job.request
    let forbidden = Set("/?#@\\[]%".utf8)
    guard !host.isEmpty,
      host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && !forbidden.contains($0) })
    else { throw .cannotConnect(host: host, reason: "'\(host)' is not the name of a host") }
    let path = request.endpoint.basePath + request.path
    let query = request.query.isEmpty ? "" : "?" + PercentEncoding.encode(request.query)
    return "\(request.endpoint.scheme)://\(request.endpoint.authority)\(path)\(query)"
  }

  private func set(_ option: ccurl_text, _ text: String?) throws(TransportError) {
    if let text { try checkLine(text) }
    try check(unsafe ccurl_set_text(native, option, text))
  }

  private func set(_ option: ccurl_number, _ number: Int64) throws(TransportError) {
    try check(unsafe ccurl_set_number(native, option, number))
  }

  private func add(_ line: String) throws(TransportError) {
    try checkLine(line)
    try check(unsafe ccurl_add_header(native, line))
  }

  /// What has a line end would be two headers.
  private func checkLine(_ text: String) throws(TransportError) {
    guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\t") }) else {
      throw .cannotConnect(host: host, reason: "the request has a control character in its head")
    }
  }

  private func check(_ code: Int32) throws(TransportError) {
    guard code == 0 else { throw .unavailable(reason: reason(code: code)) }
  }

  // MARK: Looking

  /// Looks how far it has come.
  func note(at now: TransferClock.Instant) {
    let progress = unsafe ccurl_transfer_progress(native)
    if !isSent, progress.request > 0, unsafe ccurl_transfer_prepares(native) == 0 {
      // An old libcurl does not say when there is a connection.
      isSent = true
      clock.connected(at: now)
    }
    clock.note(
      TransferClock.Traffic(
        sent: progress.request + progress.sent,
        received: Int64(answer.headLength) + progress.received),
      at: now)
    guard progress.sent != sent else { return }
    sent = progress.sent
    job.sent(sent)
  }

  var deadline: TransferClock.Instant? { clock.deadline }

  /// The time limit that has passed.
  func expired(at now: TransferClock.Instant) -> TransportError? {
    guard let what = clock.expired(at: now) else { return nil }
    return isSent
      ? .timedOut(host: host, what: what) : .cannotConnect(host: host, reason: what)
  }

  // MARK: Ending

  func broken(code: Int32) -> TransportError {
    .broken(host: host, reason: "libcurl gives up (\(code))")
  }

  /// What has come of it, from libcurl's CURLcode.
  func result(code: Int32) -> Result<HTTPResponse, TransportError> {
    if let failure { return .failure(failure) }
    if code == 0, answer.status != 0 { return .success(answer.response) }
    return .failure(error(code: code))
  }

  private func error(code: Int32) -> TransportError {
    let reason = reason(code: code)
    switch ccurl_code(rawValue: UInt32(bitPattern: code)) {
    case CCURL_UNSUPPORTED_PROTOCOL where job.request.endpoint.scheme == "https",
      CCURL_FAILED_INIT, CCURL_NOT_BUILT_IN, CCURL_UNKNOWN_OPTION:
      return .unavailable(reason: reason)
    case CCURL_SSL_CONNECT_ERROR where Self.isConnectionLost(reason):
      return .cannotConnect(host: host, reason: reason)
    case CCURL_SSL_CONNECT_ERROR, CCURL_SSL_CERTPROBLEM, CCURL_SSL_CIPHER,
      CCURL_PEER_FAILED_VERIFICATION, CCURL_SSL_CACERT_BADFILE, CCURL_SSL_ISSUER_ERROR,
      CCURL_SSL_INVALIDCERTSTATUS, CCURL_SSL_CLIENTCERT:
      return .notTrusted(host: host, reason: reason)
    case CCURL_COULDNT_RESOLVE_PROXY, CCURL_COULDNT_RESOLVE_HOST, CCURL_COULDNT_CONNECT:
      // Before any connection, also after one that broke before anything was sent.
      return .cannotConnect(host: host, reason: reason)
    default: break
    }
    return isSent ? .broken(host: host, reason: reason) : .cannotConnect(host: host, reason: reason)
  }

  /// libcurl has one code for a handshake that was refused and for one that the network broke. The
  /// words are OpenSSL's and GnuTLS's; others count as refused.
  private static func isConnectionLost(_ reason: String) -> Bool {
    ["reset by peer", "SSL_ERROR_SYSCALL", "unexpected eof", "roken pipe", "non-properly"]
      .contains { reason.contains($0) }
  }

  /// libcurl's words, as git writes messages.
  private func reason(code: Int32) -> String {
    guard let words = unsafe ccurl_transfer_reason(native, code) else { return "error \(code)" }
    let text = unsafe String(cString: words)
    guard let first = text.first, text.dropFirst().first?.isLowercase ?? true else { return text }
    return first.lowercased() + text.dropFirst()
  }

  // MARK: Callbacks

  /// Each is called within `ccurl_loop_advance`, with the transfer as context and with memory that
  /// is libcurl's and good for the call.
  private static var callbacks: ccurl_callbacks {
    unsafe ccurl_callbacks(
      read: { context, buffer, capacity in
        guard let context = unsafe context else { return 0x1000_0000 }
        let transfer = unsafe CurlTransfer.from(context)
        return transfer.attempt(orElse: 0x1000_0000) { () throws(TransportError) in
          try unsafe transfer.body.read(
            into: UnsafeMutableRawBufferPointer(start: buffer, count: capacity))
        }
      },
      rewind: { context, offset in
        guard let context = unsafe context else { return 1 }
        return unsafe CurlTransfer.from(context).body.rewind(to: offset) ? 0 : 1
      },
      write: { context, bytes, count in
        guard let context = unsafe context else { return 0 }
        let transfer = unsafe CurlTransfer.from(context)
        return transfer.attempt(orElse: count &- 1) { () throws(TransportError) in
          try unsafe transfer.answer.takeBody(UnsafeRawBufferPointer(start: bytes, count: count))
          return count
        }
      },
      header: { context, bytes, count in
        guard let context = unsafe context else { return 0 }
        let transfer = unsafe CurlTransfer.from(context)
        return transfer.attempt(orElse: count &- 1) { () throws(TransportError) in
          try unsafe transfer.answer.takeHead(
            Array(UnsafeRawBufferPointer(start: bytes, count: count)))
          return count
        }
      },
      prepare: { context in
        guard let context = unsafe context else { return 1 }
        return unsafe CurlTransfer.from(context).prepare() ? 0 : 1
      })
  }

  private func attempt(
    orElse refusal: Int, _ body: () throws(TransportError) -> Int
  ) -> Int {
    do throws(TransportError) {
      return try body()
    } catch {
      failure = error
      return refusal
    }
  }

  /// There is a connection. `false` when libcurl would send the request a second time, which is for
  /// others to decide: the first one may have taken effect.
  private func prepare() -> Bool {
    let before = unsafe ccurl_transfer_progress(native).request
    // 417 is a server that cannot do `100 Continue`; it has not looked at the request.
    if isSent, before > sentBefore, answer.status != 417 {
      failure = .broken(host: host, reason: "the connection was closed before an answer came")
      return false
    }
    isSent = true
    sentBefore = before
    clock.connected(at: SuspendingClock().now)
    return true
  }
}
