#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One client of the front, and its connection to what serves.
struct FrontConnection {
  private enum Phase {
    case connecting
    case passing
    /// All is written; what the client still sends is thrown away until it has read that.
    case draining(until: ContinuousClock.Instant)
    case over
  }

  private var phase: Phase = .connecting
  private let client: Int32
  private var upstream: Int32 = -1
  /// Where the upstream connection goes.
  private var target: Target?
  private var attempts = 0
  private var upwards = FrontStream()
  private var downwards = FrontStream()

  var isOver: Bool {
    if case .over = phase { true } else { false }
  }

  init(client: Int32, layout: LocalEnvironmentLayout) {
    self.client = client
    connect(layout)
  }

  /// Adds two entries: the client's and the upstream connection's, -1 where nothing is waited for.
  func addInterest(to entries: inout [pollfd]) {
    var ofClient: Int32 = 0
    var ofUpstream: Int32 = 0
    switch phase {
    case .connecting: ofUpstream = POLLOUT
    case .passing:
      ofClient = upwards.readInterest | downwards.writeInterest
      ofUpstream = downwards.readInterest | upwards.writeInterest
    case .draining: ofClient = POLLIN
    case .over: break
    }
    // poll reports a hang-up also where nothing was asked for, again and again.
    entries.append(
      pollfd(fd: ofClient == 0 ? -1 : client, events: Int16(ofClient), revents: 0))
    entries.append(
      pollfd(fd: ofUpstream == 0 ? -1 : upstream, events: Int16(ofUpstream), revents: 0))
  }

  /// Does what has become possible, given poll's results for the two entries.
  mutating func advance(
    client clientEvents: Int16, upstream upstreamEvents: Int16, layout: LocalEnvironmentLayout,
    buffer: inout [UInt8]
  ) {
    switch phase {
    case .connecting:
      guard upstreamEvents != 0 else { return }
      if LocalSocket.connectionError(upstream) == 0 {
        phase = .passing
      } else {
        close(upstream)
        upstream = -1
        connect(layout)
      }
    case .passing:
      guard clientEvents != 0 || upstreamEvents != 0 else { return }
      upwards.pass(from: client, to: upstream, buffer: &buffer)
      downwards.pass(from: upstream, to: client, buffer: &buffer)
      if upwards.state == .sourceBroken || downwards.state == .targetBroken { return end() }
      switch downwards.state {
      case .open: break
      case .sourceBroken, .targetBroken: end()
      case .done where upwards.state == .done: end()
      // A server may answer and close before it has read the whole request.
      case .done where upwards.state == .targetBroken: drain()
      case .done: break
      }
    case .draining(let until):
      if clientEvents != 0 {
        let count = unsafe buffer.withUnsafeMutableBytes {
          unsafe recv(client, $0.baseAddress, $0.count, 0)
        }
        if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { return end() }
      }
      if ContinuousClock().now >= until { end() }
    case .over: break
    }
  }

  mutating func end() {
    if case .over = phase { return }
    close(client)
    if upstream >= 0 { close(upstream) }
    phase = .over
  }

  /// Connects to what serves now. When that refuses, something else may serve by now: a deployment
  /// ends the old processes right after the switch.
  private mutating func connect(_ layout: LocalEnvironmentLayout) {
    while attempts < 5 {
      guard let next = Target(layout), next != target else { break }
      attempts += 1
      target = next
      if let descriptor = LocalSocket.connect(port: next.port) {
        upstream = descriptor
        phase = .connecting
        return
      }
    }
    refuse(isAsleep: layout.isAsleep)
  }

  private mutating func refuse(isAsleep: Bool) {
    let status = isAsleep ? "503 Service Unavailable" : "502 Bad Gateway"
    let text =
      isAsleep
      ? "This environment sleeps: 'git eb wake' starts it again.\n"
      : "Nothing runs here: see 'git eb status'.\n"
    let answer = Array(
      """
      HTTP/1.1 \(status)\r
      Content-Type: text/plain; charset=utf-8\r
      Content-Length: \(text.utf8.count)\r
      Connection: close\r
      \r
      \(text)
      """.utf8)
    let count = unsafe answer.withUnsafeBytes {
      unsafe Glue.write(client, $0.baseAddress, $0.count)
    }
    guard count == answer.count, shutdown(client, Int32(SHUT_WR)) == 0 else { return end() }
    drain()
  }

  /// Ends in a moment: closing with unread data would reset the connection, and take with it what
  /// the client has not read yet.
  private mutating func drain() {
    phase = .draining(until: ContinuousClock().now + .seconds(2))
  }

  /// The run of the release that serves.
  private struct Target: Equatable {
    var number: Int
    var port: UInt16

    init?(_ layout: LocalEnvironmentLayout) {
      guard let number = (try? layout.currentNumber()) ?? nil,
        let live = (try? layout.readLive(number)) ?? nil, let port = live.port
      else { return nil }
      self.number = number
      self.port = port
    }
  }
}

/// One direction of a connection. It holds at most one buffer of bytes, and reads no more until
/// those are written.
struct FrontStream {
  enum State {
    case open
    /// The source's end has been passed on.
    case done
    case sourceBroken
    case targetBroken
  }

  private(set) var state: State = .open
  private var pending: ArraySlice<UInt8> = []
  private var hasEnded = false

  var readInterest: Int32 { state == .open && pending.isEmpty && !hasEnded ? POLLIN : 0 }
  var writeInterest: Int32 { state == .open && !pending.isEmpty ? POLLOUT : 0 }

  /// Passes on what there is.
  mutating func pass(from source: Int32, to target: Int32, buffer: inout [UInt8]) {
    guard state == .open else { return }
    if !pending.isEmpty {
      let count = unsafe pending.withUnsafeBytes {
        unsafe Glue.write(target, $0.baseAddress, $0.count)
      }
      if count < 0 {
        if !isPassing(errno) { state = .targetBroken }
        return
      }
      pending = pending.dropFirst(count)
      guard pending.isEmpty else { return }
      pending = []
    }
    if !hasEnded { move(from: source, to: target, buffer: &buffer) }
    if state == .open, hasEnded, pending.isEmpty {
      state = .done
      // A peer that has closed altogether is seen by the next write.
      _ = shutdown(target, Int32(SHUT_WR))
    }
  }

  private mutating func move(from source: Int32, to target: Int32, buffer: inout [UInt8]) {
    let count = unsafe buffer.withUnsafeMutableBytes {
      unsafe Glue.read(source, $0.baseAddress, $0.count)
    }
    if count < 0 {
      if !isPassing(errno) { state = .sourceBroken }
      return
    }
    if count == 0 {
      hasEnded = true
      return
    }
    let written = unsafe buffer.withUnsafeBytes {
      unsafe Glue.write(target, $0.baseAddress, count)
    }
    if written < 0, !isPassing(errno) {
      state = .targetBroken
    } else if written < count {
      // A copy: a slice would keep the shared buffer from being written in place.
      pending = Array(buffer[max(0, written)..<count])[...]
    }
  }

  private func isPassing(_ error: Int32) -> Bool {
    error == EAGAIN || error == EWOULDBLOCK || error == EINTR
  }
}
